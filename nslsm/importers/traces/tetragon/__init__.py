"""The reader of Tetragon's exported events: a line of JSON each."""

from nslsm.importers.traces.tetragon.reader import TetragonReader

__all__ = ["TetragonReader"]
