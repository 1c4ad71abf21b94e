"""What was checked before: kept by content, so that a large policy that has not changed is there at once.

A kept result holds every question that the checker had about the outside (which text a module has, which bytes a file) with a
digest of the answer. It is used where all the answers are the same today; nothing else can make a difference. It lies in a
folder that only its owner can write to, and is plain data: nothing in it is run.

``NSLSM_CACHE`` names the folder, or says ``off``; by default it is ``nslsm`` in the user's cache folder.
"""

import json
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from time import perf_counter
from typing import Final, TypeVar, cast

from nslsm.diagnostics import Diagnostic, DiagnosticError, Sources
from nslsm.hooks.catalogue import VERSION
from nslsm.language.check.package import Checked, Package
from nslsm.language.check.stored import Json, NotStored, layout, restored, stored
from nslsm.language.load import ModuleText, SourcePort
from nslsm.version import __version__

VARIABLE: Final = "NSLSM_CACHE"
OFF: Final = "off"

WORTH: Final = 0.5
"""Seconds that checking must have taken for its result to be kept."""

MOST_FILES: Final = 64
"""How many results are kept; beyond that, those that were not used for longest go."""

MOST_BYTES: Final = 256 * 1024 * 1024
"""Bytes of one kept result, and of all together."""

Answer = TypeVar("Answer")


@dataclass
class Asking:
    """A port that notes every question with a digest of its answer."""

    port: SourcePort
    asked: dict[tuple[str, ...], str] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The texts that came, by digest, and the question each came for."""

    def module(self, name: str) -> ModuleText | None:
        """See :class:`~nslsm.language.load.SourcePort`."""
        found = self._noted(("module", name), lambda: self.port.module(name))
        if found is not None and found.text is not None:
            self.texts[found.source] = ("module", name)
        return found

    def data(self, module: str, relative: str) -> bytes:
        """See :class:`~nslsm.language.load.SourcePort`."""
        return self._noted(("data", module, relative), lambda: self.port.data(module, relative))

    def catalogue(self, name: str) -> tuple[str, bytes] | None:
        """See :class:`~nslsm.language.load.SourcePort`."""
        return self._noted(("catalogue", name), lambda: self.port.catalogue(name))

    def names(self) -> Sequence[str]:
        """See :class:`~nslsm.language.load.SourcePort`."""
        return self._noted(("names",), self.port.names)

    def _noted(self, question: tuple[str, ...], ask: Callable[[], Answer]) -> Answer:
        try:
            answer = ask()
        except (DiagnosticError, OSError) as refusal:
            self.asked[question] = _digest(f"{type(refusal).__name__}: {refusal}")
            raise
        self.asked[question] = _digest(answer)
        return answer


def checked_before(roots: tuple[str, ...], port: SourcePort, check: Callable[[SourcePort], Checked]) -> Checked:
    """What ``check`` makes of ``roots``, or made of them before, where nothing that it asked ``port`` has changed."""
    folder = cache_folder()
    if folder is None:
        return check(port)
    kept = folder / f"{_digest([roots, _program()])}.json"
    found = _kept(kept, port)
    if found is not None:
        return found
    asking = Asking(port)
    start = perf_counter()
    checked = check(asking)
    if perf_counter() - start >= WORTH:
        with suppress(OSError, NotStored, UnicodeEncodeError):
            _keep(kept, checked, asking)
    return checked


def cache_folder() -> Path | None:
    """Where results are kept; None where nothing is to be kept, or could be safely."""
    said = os.environ.get(VARIABLE, "")
    if said == OFF:
        return None
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - `~` may stay as it is
    folder = Path(said or f"{base}/nslsm")
    if not folder.is_absolute() and not said:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.lstat()
    except OSError:
        return None
    own = stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid()
    return folder if own and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else None


def _kept(path: Path, port: SourcePort) -> Checked | None:
    """A kept result, if it is there, whole, and still true."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        head, _, body = data.partition(b"\n")
        asked, digest, inline = json.loads(head)
        if sha256(body).hexdigest() != digest or len(data) > MOST_BYTES:
            return None
        asking = Asking(port)
        texts: dict[str, str] = dict(inline)
        for question, answer in asked:
            text = _ask(asking, tuple(question))
            if asking.asked.get(tuple(question)) != answer:
                return None
            texts.update(text)
        diagnostics, package, names = cast(
            "tuple[tuple[Diagnostic, ...], Package | None, tuple[str, ...]]", restored(json.loads(body))
        )
        os.utime(path)
    except (OSError, ValueError, TypeError, NotStored, RecursionError):
        return None
    sources = Sources(texts)
    return Checked(diagnostics, None if package is None else replace(package, sources=sources), sources, names)


def _ask(asking: Asking, question: tuple[str, ...]) -> dict[str, str]:
    """Put a question again; the text that comes, by its name."""
    with suppress(DiagnosticError, OSError):
        match question:
            case ("module", name):
                found = asking.module(name)
                if found is not None and found.text is not None:
                    return {found.source: found.text}
            case ("data", module, relative):
                asking.data(module, relative)
            case ("catalogue", name):
                asking.catalogue(name)
            case ("names",):
                asking.names()
    return {}


def _keep(path: Path, checked: Checked, asking: Asking) -> None:
    body = json.dumps(stored((checked.diagnostics, checked.package, checked.asked)), separators=(",", ":")).encode()
    inline = {name: text for name, text in checked.sources.texts.items() if name not in asking.texts}
    head: list[Json] = [
        [[list(question), answer] for question, answer in asking.asked.items()],
        sha256(body).hexdigest(),
        cast("Json", inline),
    ]
    data = json.dumps(head, separators=(",", ":")).encode() + b"\n" + body
    if len(data) > MOST_BYTES:
        return
    _make_room(path.parent, len(data))
    descriptor, name = mkstemp(prefix=".new.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _make_room(folder: Path, size: int) -> None:
    """Let the results go that were not used for longest, as far as there are too many, or too large ones."""
    files = sorted(((each.stat().st_mtime, each.stat().st_size, each) for each in folder.glob("*.json")), reverse=True)
    for place, (_, bytes_, file) in enumerate(files, 2):
        size += bytes_
        if place > MOST_FILES or size > MOST_BYTES:
            file.unlink(missing_ok=True)


def _digest(value: object) -> str:
    """A digest of an answer: of its text, or of how it shows."""
    if isinstance(value, ModuleText):
        value = (value.source, value.text, sorted(value.submodules))
    data = value if isinstance(value, bytes) else repr(value).encode(errors="surrogatepass")
    return sha256(data).hexdigest()


@cache
def _program() -> str:
    """What tells this program from another: a result of another is not used."""
    root = Path(__file__).parents[1]
    files = sorted((*root.glob("language/**/*.py"), *root.glob("hooks/*.py"), *root.glob("language/**/*.json")))
    states = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return _digest([__version__, VERSION, layout(), states])
