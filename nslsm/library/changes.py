"""The files that a check read, and whether they have changed since: for whoever checks again when they have."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from nslsm.language.check.package import Checked
from nslsm.language.load import ModuleText, SourcePort, check_modules
from nslsm.library import STANDARD_INPUT_NAME, SUFFIX, Selection
from nslsm.library.cache import checked_before

KINDS: Final = frozenset({SUFFIX, ".csv", ".json"})
"""Files that can come to matter by being made: modules, and the data of tables."""

Fingerprint: TypeAlias = frozenset[tuple[str, int, int]]
"""Files with the times of their last changes and their sizes; one that is not there is not in it."""


@dataclass
class Reading:
    """A port that notes which files were read; see :class:`nslsm.language.load.SourcePort`."""

    port: SourcePort
    files: dict[Path, None] = field(default_factory=dict)
    _sources: dict[str, Path] = field(default_factory=dict)

    def module(self, name: str) -> ModuleText | None:
        """See :class:`~nslsm.language.load.SourcePort`."""
        found = self.port.module(name)
        if found is not None and found.text is not None and found.source != STANDARD_INPUT_NAME:
            self._sources[name] = Path(found.source)
            self.files[Path(found.source)] = None
        return found

    def data(self, module: str, relative: str) -> bytes:
        """See :class:`~nslsm.language.load.SourcePort`."""
        if module in self._sources:
            self.files[self._sources[module].parent / relative] = None
        return self.port.data(module, relative)

    def catalogue(self, name: str) -> tuple[str, bytes] | None:
        """See :class:`~nslsm.language.load.SourcePort`."""
        found = self.port.catalogue(name)
        if found is not None:
            self.files[Path(found[0])] = None
        return found

    def names(self) -> Sequence[str]:
        """See :class:`~nslsm.language.load.SourcePort`."""
        return self.port.names()


def check_noting(selection: Selection) -> tuple[Checked, tuple[Path, ...]]:
    """Check modules, and say which files were read for it."""
    reading = Reading(selection.library)
    checked = checked_before(selection.roots, reading, lambda port: check_modules(selection.roots, port))
    return checked, tuple(reading.files)


def fingerprint(targets: Iterable[str], files: Iterable[Path]) -> Fingerprint:
    """The state of ``files``, of what stands beside them, and of all policies in the files and folders that were named."""
    known = set(files)
    folders = {file.parent for file in known}
    for target in map(Path, targets):
        if target.is_dir():
            folders.update(
                (target, *(each for each in target.rglob("*") if each.is_dir() and not _hidden(each, target)))
            )
        else:
            known.add(target)
    known.update(each for folder in folders for each in _members(folder))
    return frozenset(_stated(known))


def _hidden(folder: Path, above: Path) -> bool:
    return any(part.startswith(".") for part in folder.relative_to(above).parts)


def _members(folder: Path) -> Iterator[Path]:
    try:
        yield from (each for each in folder.iterdir() if each.suffix in KINDS)
    except OSError:
        return


def _stated(files: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    for file in files:
        try:
            state = file.stat()
        except OSError:
            continue
        yield str(file), state.st_mtime_ns, state.st_size
