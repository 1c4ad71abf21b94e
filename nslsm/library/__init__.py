"""Where modules are on this machine: in what was named, in the folders of ``NSLSM_PATH``, among the shipped and the installed.

A file is a module, a folder of files is a folder of modules. The root of a package is where its names begin: the folder
above as many as the ``module`` line of its files says, else the folder that was named (a file's own folder); a folder whose
name could not stand in a module's name always ends it, so ``examples/01-first/build.nslsm`` is module ``build``. Nothing is
read outside of a package's root, whatever links lead there (Model, Trust).
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from nslsm.diagnostics import Code, Diagnostic, DiagnosticError
from nslsm.language.check.package import Checked
from nslsm.language.check.requirements import FOLDER
from nslsm.language.check.table_data import MAX_TABLE_BYTES
from nslsm.language.load import ModuleText, OutsideRoot, check_modules
from nslsm.language.syntax.limits import MODULE_BYTES
from nslsm.language.syntax.parse import decode
from nslsm.library.cache import checked_before
from nslsm.library.installed import installed_roots
from nslsm.library.resting import without_collector
from nslsm.resources import policies_root

SUFFIX: Final = ".nslsm"
"""What the name of a module's file ends in."""

SEARCH_PATH: Final = "NSLSM_PATH"
"""The environment variable with further folders in which modules are looked for, parted as in ``PATH``."""

STANDARD_INPUT: Final = "-"
"""What stands for standard input where a file could be named."""

STANDARD_INPUT_NAME: Final = "<standard input>"
"""What a policy from standard input is called."""

NO_SUCH_POLICY: Final = Code("no-such-policy")
UNREADABLE: Final = Code("unreadable")
AMBIGUOUS_MODULE: Final = Code("ambiguous-module")

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MODULE_LINE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|#[^\n]*\n)*(?:language\s+\d+)?(?:\s|#[^\n]*\n)*module\s+([A-Za-z_][\w.]*)"
)
_HEAD: Final = 65_536
"""Bytes at the start of a file in which its ``module`` line is looked for."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Modules of one package that were asked for, and where they and what they import are found."""

    roots: tuple[str, ...]
    library: "Library"

    def check(self) -> Checked:
        """Load and check them, or find what came of it the last time; see :mod:`nslsm.library.cache`."""
        with without_collector():
            return checked_before(self.roots, self.library, lambda port: check_modules(self.roots, port))


class Written(NamedTuple):
    """A module that is in no file: the folder of its data, its text, and what that is called."""

    folder: Path
    text: str
    source: str = STANDARD_INPUT_NAME


@dataclass(frozen=True)
class Library:
    """A port over folders, searched in order; see :class:`nslsm.language.load.SourcePort`."""

    folders: tuple[Path, ...]
    texts: dict[str, Written] = field(default_factory=dict)
    """Modules that are in no file (standard input's, a scenario's), by name."""

    def module(self, name: str) -> ModuleText | None:
        """The module or folder of that dotted name, of the first folder that has it; None where none has.

        Raises :class:`~nslsm.diagnostics.DiagnosticError` where it cannot be read, or is both file and folder.
        """
        if name in self.texts:
            return ModuleText(source=self.texts[name].source, text=self.texts[name].text)
        if not all(_NAME.fullmatch(part) for part in name.split(".")):
            return None
        for root in self._roots(name):
            found = _module_in(root, name)
            if found is not None:
                return found
        return None

    def _roots(self, name: str) -> Iterator[Path]:
        """The folders that may have a module: the searched ones, then that of an installed package that claims the name."""
        yield from self.folders
        first = name.partition(".")[0]
        if not any(_file(root, first).is_file() or (root / first).is_dir() for root in self.folders):
            root = installed_roots().get(first)
            if root is not None:
                yield root

    def data(self, module: str, relative: str) -> bytes:
        """The contents of a file beside a module; OutsideRoot where it leads out of the package, OSError where unreadable."""
        if module in self.texts:
            root = self.texts[module].folder
            return _inside(root, root / relative)
        for root in self._roots(module):
            file = _file(root, module)
            if file.is_file():
                return _inside(root, file.parent / relative)
        raise FileNotFoundError(2, "No such file or directory", relative)

    def catalogue(self, name: str) -> tuple[str, bytes] | None:
        """A catalogue of :mod:`~nslsm.language.check.requirements`, of the first folder that has it; and its file

        Of an installed package, the one of its own name.
        """
        own = installed_roots().get(name)
        for root in (*self.folders, *([] if own is None else [own])):
            file = root / FOLDER / f"{name}.csv"
            if _NAME.fullmatch(name) and file.is_file():
                return str(file), _inside(root, file)
        return None

    def names(self) -> Sequence[str]:
        """The first names of the modules that there are."""
        return sorted({*installed_roots(), *(name for root in self.folders for name in _names_in(root))})


def select(targets: Sequence[str]) -> tuple[Selection, ...]:
    """What is meant by files, folders, names of modules and ``-``, package by package.

    Each package finds its own modules first, then those of the other targets, of the search path, the shipped ones, and
    those of installed packages. Raises
    :class:`~nslsm.diagnostics.DiagnosticError` where a target is nothing that can be read.
    """
    packages: dict[Path | None, dict[str, None]] = {}
    problems: list[Diagnostic] = []
    texts: dict[str, Written] = {}
    for target in targets:
        try:
            for root, name in _located(target, texts):
                packages.setdefault(root, {})[name] = None
        except DiagnosticError as error:
            problems.extend(error.diagnostics)
    if problems:
        raise DiagnosticError(problems)
    roots = [root for root in packages if root is not None]
    found = []
    for root, names in packages.items():
        order = dict.fromkeys([*([] if root is None else [root]), *roots, *search_path(), policies_root()])
        found.append(Selection(tuple(names), Library(tuple(order), texts)))
    return tuple(found)


def search_path() -> tuple[Path, ...]:
    """The folders that :data:`SEARCH_PATH` names; :class:`~nslsm.diagnostics.DiagnosticError` where one is none."""
    folders = [Path(each) for each in os.environ.get(SEARCH_PATH, "").split(os.pathsep) if each]
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        message = f"`{missing[0]}` in `{SEARCH_PATH}` is no folder"
        raise DiagnosticError([NO_SUCH_POLICY.at(None, message)])
    return tuple(folders)


def check_targets(targets: Sequence[str]) -> tuple[Checked, ...]:
    """Check what files, folders and names of modules stand for, package by package; see :func:`select`."""
    return tuple(selection.check() for selection in select(targets))


def files_of(target: str) -> tuple[Path, ...]:
    """The files of policies that a file or folder stands for: itself, or all below it, links and hidden folders apart.

    Raises :class:`~nslsm.diagnostics.DiagnosticError` where there are none.
    """
    path = Path(target)
    try:
        if path.is_dir():
            files = tuple(_files_below(path))
            if not files:
                raise DiagnosticError([_none_in(target)])
            return files
        if not path.exists():
            raise DiagnosticError([NO_SUCH_POLICY.at(None, f"there is no file `{target}`")])
        if path.suffix != SUFFIX:
            raise DiagnosticError([_no_policy(target)])
        if not path.is_file():
            raise DiagnosticError([UNREADABLE.at(None, f"`{target}` is no regular file")])
    except OSError as error:
        raise DiagnosticError([UNREADABLE.at(None, f"`{target}` cannot be read: {_reason(error)}")]) from None
    return (path,)


def content_of(file: Path) -> bytes:
    """The bytes of a policy's file, one more than allowed at most; DiagnosticError where it cannot be read."""
    return _read(file, MODULE_BYTES + 1)


def _none_in(target: str) -> Diagnostic:
    return NO_SUCH_POLICY.at(None, f"no policy (`*{SUFFIX}`) is in `{target}`")


def _no_policy(target: str) -> Diagnostic:
    return NO_SUCH_POLICY.at(None, f"`{target}` is no policy: the name of one ends in `{SUFFIX}`")


def _located(target: str, texts: dict[str, Written]) -> Iterator[tuple[Path | None, str]]:
    """The package roots and names of the modules that a target stands for."""
    if target == STANDARD_INPUT:
        yield _from_standard_input(texts)
        return
    path = Path(target)
    if path.is_dir():
        files = sorted(_files_below(path))
        if not files and "/" not in target and _NAME.fullmatch(target):
            yield None, target
            return
        if not files:
            raise DiagnosticError([_none_in(target)])
        yield from (_placed(file, path) for file in files)
    elif path.is_file() or "/" in target or target.endswith(SUFFIX):
        if path.suffix != SUFFIX:
            raise DiagnosticError([_no_policy(target)])
        _read(path, _HEAD)
        yield _placed(path, path.parent)
    else:
        yield None, target


def _from_standard_input(texts: dict[str, Written]) -> tuple[Path | None, str]:
    data = sys.stdin.buffer.read(MODULE_BYTES + 1)
    line = _MODULE_LINE.match(data[:_HEAD])
    name = "stdin" if line is None else line.group(1).decode("ascii", "replace")
    texts[name] = Written(Path.cwd(), decode(data, STANDARD_INPUT_NAME))
    return None, name


def _files_below(folder: Path) -> Iterator[Path]:
    """The policies in a folder and below, links and hidden folders apart."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DiagnosticError([UNREADABLE.at(None, f"`{folder}` cannot be read: {_reason(error)}")]) from None
    for entry in entries:
        if entry.is_symlink() or entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files_below(entry)
        elif entry.suffix == SUFFIX and entry.is_file():
            yield entry


def _placed(file: Path, named: Path) -> tuple[Path, str]:
    """The root of a file's package and the file's name in it."""
    shipped = policies_root()
    if file.resolve().is_relative_to(shipped.resolve()):
        parts = file.resolve().relative_to(shipped.resolve()).with_suffix("").parts
        if all(_NAME.fullmatch(part) for part in parts):
            return shipped, ".".join(parts)
    said = _said(file)
    folders = file.absolute().parent.parts
    if len(said) > 1 and folders[len(folders) - len(said) + 1 :] == said[:-1] and said[-1] == file.stem:
        return _up(file.parent, len(said) - 1), ".".join(said)
    return _by_folder(file, named)


def _by_folder(file: Path, named: Path) -> tuple[Path, str]:
    """A file's place below the folder that was named, as far as the names between could be modules'."""
    names = [file.stem]
    root = file.parent
    while root != named and _NAME.fullmatch(root.name):
        names.insert(0, root.name)
        root = root.parent
    if not _NAME.fullmatch(file.stem):
        message = f"`{file}` cannot be a module: `{file.stem}` is no name"
        raise DiagnosticError([NO_SUCH_POLICY.at(None, message)])
    return root, ".".join(names)


def _up(folder: Path, levels: int) -> Path:
    """The folder so many levels above."""
    if len(folder.parts) < levels or ".." in folder.parts:
        folder = folder.absolute()
    for _ in range(levels):
        folder = folder.parent
    return folder


def _said(file: Path) -> tuple[str, ...]:
    """The name that a file's ``module`` line says, in parts."""
    try:
        with file.open("rb") as text:
            line = _MODULE_LINE.match(text.read(_HEAD))
    except OSError:
        return ()
    return () if line is None else tuple(line.group(1).decode("ascii", "replace").split("."))


def _file(root: Path, name: str) -> Path:
    return root.joinpath(*name.split(".")).with_suffix(SUFFIX)


def _module_in(root: Path, name: str) -> ModuleText | None:
    file = _file(root, name)
    folder = root.joinpath(*name.split("."))
    names = frozenset(_names_in(folder))
    if file.is_file() and names:
        message = f"`{name}` is both the file `{file}` and the folder `{folder}`"
        raise DiagnosticError([AMBIGUOUS_MODULE.at(None, message, help="rename one of them")])
    if file.is_file():
        return ModuleText(source=str(file), text=decode(_read_inside(root, file), str(file)))
    return ModuleText(source=str(folder), text=None, submodules=names) if names else None


def _names_in(folder: Path) -> Iterator[str]:
    """The last names of the modules and folders of modules in a folder."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.suffix == SUFFIX and _NAME.fullmatch(entry.stem):
            yield entry.stem
        elif _NAME.fullmatch(entry.name) and entry.is_dir() and not entry.is_symlink():
            yield entry.name


def _read_inside(root: Path, file: Path) -> bytes:
    """A module's file; DiagnosticError where it cannot be read, or is a link out of its package."""
    if not file.resolve().is_relative_to(root.resolve()):
        raise DiagnosticError([UNREADABLE.at(None, f"`{file}` is a link that leads out of its package")])
    return _read(file, MODULE_BYTES + 1)


def _read(file: Path, most: int) -> bytes:
    """The first bytes of a file; DiagnosticError where it cannot be read."""
    try:
        with file.open("rb") as content:
            return content.read(most)
    except FileNotFoundError:
        raise DiagnosticError([NO_SUCH_POLICY.at(None, f"there is no file `{file}`")]) from None
    except OSError as error:
        raise DiagnosticError([UNREADABLE.at(None, f"`{file}` cannot be read: {_reason(error)}")]) from None


def _inside(root: Path, file: Path) -> bytes:
    """A file of data, no larger than a table may be and a byte, so that the limit is seen to be passed."""
    if not file.resolve().is_relative_to(root.resolve()):
        raise OutsideRoot(str(file))
    if not file.is_file() and file.exists():
        raise OSError(22, "It is no regular file", str(file))
    with file.open("rb") as content:
        return content.read(MAX_TABLE_BYTES + 1)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
