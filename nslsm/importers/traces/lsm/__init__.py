"""Recordings of the hooks themselves, as a kernel called them: rows of JSON, their arguments in a second file.

The format is that of ``docs/guide/fidelity.md``: what ftrace or BPF programs on a kernel's ``security_*`` functions can tell.
"""

from nslsm.importers.traces.lsm.reader import LsmReader
from nslsm.importers.traces.lsm.rows import load

__all__ = ["LsmReader", "load"]
