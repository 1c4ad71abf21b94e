"""Where modules are: a file, the files of a folder, those of an archive. Nothing is unpacked to disk."""

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from nslsm.diagnostics import DiagnosticError
from nslsm.importers.selinux.cil.forms import Text
from nslsm.importers.selinux.codes import LIMIT, UNREADABLE

MAX_BYTES: Final = 96 * 1024 * 1024
"""Bytes of all modules together."""

MAX_FILES: Final = 20_000
"""Modules of one import."""

_ARCHIVES: Final = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".zip")
SUFFIX: Final = ".cil"


def texts(paths: Sequence[Path]) -> list[Text]:
    """The texts of all modules, in the order of their names within a folder or an archive."""
    found: list[Text] = []
    left = MAX_BYTES
    for name, data in _files(paths):
        left -= len(data)
        if left < 0:
            raise DiagnosticError(
                [LIMIT.at(None, f"the modules have more than the limit of {MAX_BYTES} bytes", help="name fewer")]
            )
        if len(found) >= MAX_FILES:
            raise DiagnosticError([LIMIT.at(None, f"there are more modules than the limit of {MAX_FILES}")])
        found.append(_text(name, data))
    return found


def _text(name: str, data: bytes) -> Text:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = Text(name, data.decode("utf-8", "replace"))
        at = len(data[: error.start].decode("utf-8"))
        raise shown.fault(UNREADABLE, at, "this is not UTF-8") from None
    if "\0" in text:
        raise Text(name, text).fault(UNREADABLE, text.index("\0"), "a text holds no zero byte")
    return Text(name, text)


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            yield from _of(path)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise DiagnosticError([UNREADABLE.at(None, f"`{path}` cannot be read: {reason}")]) from None


def _of(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        files = sorted(each for each in path.rglob(f"*{SUFFIX}") if each.is_file() and not each.is_symlink())
        if not files:
            raise DiagnosticError([UNREADABLE.at(None, f"no module (`*{SUFFIX}`) is in `{path}`")])
        for file in files:
            yield str(file), _read(file)
    elif path.exists() and not path.is_file():
        raise DiagnosticError([UNREADABLE.at(None, f"`{path}` is no regular file")])
    elif path.name.endswith(_ARCHIVES):
        yield from sorted(_archived(path))
    else:
        yield str(path), _read(path)


def _read(file: Path) -> bytes:
    with file.open("rb") as content:
        return content.read(MAX_BYTES + 1)


def _archived(path: Path) -> Iterable[tuple[str, bytes]]:
    """The modules in an archive; :class:`DiagnosticError` where it is damaged, or a member is somewhere else."""
    found: list[tuple[str, bytes]] = []
    left = MAX_BYTES
    try:
        for name, content in _members(path, left):
            left -= len(content)
            if left < 0 or len(found) >= MAX_FILES:
                message = f"`{path}` holds more than the limit of {MAX_BYTES} bytes, or of {MAX_FILES} modules"
                raise DiagnosticError([LIMIT.at(None, message)])
            found.append((f"{path}:{name}", content))
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        ValueError,
        RuntimeError,
    ) as error:
        raise DiagnosticError([UNREADABLE.at(None, f"`{path}` is no archive, or a damaged one: {error}")]) from None
    if not found:
        raise DiagnosticError([UNREADABLE.at(None, f"no module (`*{SUFFIX}`) is in `{path}`")])
    return found


def _members(path: Path, most: int) -> Iterator[tuple[str, bytes]]:
    """The files in an archive, each read no further than may be."""
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                _inside(path, entry.filename)
                if not entry.is_dir() and entry.filename.endswith(SUFFIX):
                    if (entry.external_attr >> 16) & 0o170000 not in (0, 0o100000):
                        raise _no_file(path, entry.filename)
                    with archive.open(entry) as content:
                        yield entry.filename, content.read(most + 1)
        return
    with path.open("rb") as raw, tarfile.open(fileobj=io.BufferedReader(raw), mode="r|*") as stream:
        for count, member in enumerate(stream):
            if count > 10 * MAX_FILES or stream.offset > 4 * MAX_BYTES:
                raise DiagnosticError([LIMIT.at(None, f"`{path}` has more in it than an import goes through")])
            _inside(path, member.name)
            if member.name.endswith(SUFFIX) and not member.isdir():
                if not member.isfile():
                    raise _no_file(path, member.name)
                if member.size > most:
                    raise DiagnosticError([LIMIT.at(None, f"`{path}` holds more than the limit of {MAX_BYTES} bytes")])
                inside = stream.extractfile(member)
                assert inside is not None
                yield member.name, inside.read()


def _no_file(path: Path, name: str) -> DiagnosticError:
    return DiagnosticError([UNREADABLE.at(None, f"`{path}` has a member that is a link or a device: `{name[:80]}`")])


def _inside(path: Path, name: str) -> None:
    if name.startswith("/") or ".." in name.split("/") or "\\" in name or "\0" in name:
        raise DiagnosticError([UNREADABLE.at(None, f"`{path}` has a member that leads out of it: `{name[:80]}`")])
