"""What an ABI of AppArmor's knows: which classes of rules it confines. Rules of other classes decide nothing under it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from nslsm.diagnostics.span import Span
from nslsm.importers.apparmor.codes import ABI, LIMIT
from nslsm.importers.apparmor.lexer import Reading

MAX_FEATURES: Final = 65_536
"""How long a file of features may be; AppArmor's own have two thousand characters."""
_WORD: Final = re.compile(r"[{}]|[^\s{}]+")

CLASSES: Final = {
    "signal": "signal", "ptrace": "ptrace", "dbus": "dbus", "mount": "mount", "network": "network",
    "network_v8": "network", "network_v9": "network", "network/af_unix": "unix", "rlimit": "rlimit",
    "namespaces/userns_create": "userns", "io_uring": "io_uring", "ipc/posix_mqueue": "mqueue",
}  # fmt: skip
"""The class of rules that a feature stands for, by its path in the file. Files and capabilities are always confined."""

_OLD: Final = frozenset({"signal", "ptrace", "mount", "rlimit"})
_USUAL: Final = _OLD | {"dbus", "network", "unix"}
_NEW: Final = _USUAL | {"userns", "io_uring", "mqueue"}
KNOWN: Final = {
    "kernel-5.4-vanilla": _OLD,
    "kernel-5.4-outoftree-network": _USUAL,
    "3.0": _USUAL,
    "4.0": _NEW,
    "5.0": _NEW,
}
"""The ABIs that AppArmor ships, for where their files are not at hand."""


class Features(NamedTuple):
    """An ABI: its name, and the classes that it confines."""

    name: str
    classes: frozenset[str]

    def confines(self, kind: str) -> bool:
        """Whether rules of a kind decide anything."""
        kind = {"remount": "mount", "umount": "mount", "pivot_root": "mount"}.get(kind, kind)
        return kind not in _NEW or kind in self.classes


USUAL: Final = Features("3.0", _USUAL)
"""What a file without an abi rule gets: more than AppArmor's parser confines by default."""


def features(name: str, inside: Path | None, span: Span, reading: Reading) -> Features:
    """The ABI of a rule ``abi <name>,``, or of ``abi "name",`` in a file: as its file says, else as AppArmor ships it."""
    last = name.rpartition("/")[2]
    files = reading.found(name, inside or Path("/nowhere/none"))
    if files:
        classes = (
            frozenset(_classes(_words(files[0], span, reading), span, reading)) if len(files) == 1 else frozenset()
        )
        if not classes:
            raise reading.fault(ABI, span, f"`{name}` is no file of features: nothing would be confined under it")
        return Features(last, classes)
    if name == f"abi/{last}" and last in KNOWN:
        return Features(last, KNOWN[last])
    known = ", ".join(sorted(KNOWN))
    raise reading.fault(
        ABI, span, f"the ABI `{name}` is not known, and its file is not there", f"-I adds a folder; known are {known}"
    )


def _words(file: Path, span: Span, reading: Reading) -> Sequence[str]:
    text = reading.file(file, span)
    if len(text) > MAX_FEATURES:
        raise reading.fault(LIMIT, span, f"the ABI `{file}` is longer than the limit of {MAX_FEATURES} characters")
    return _WORD.findall(text)


def _classes(words: Sequence[str], span: Span, reading: Reading) -> Iterator[str]:
    """The classes: a feature is ``name {…}``, in which there are features or values."""
    path: list[str] = []
    before = ""
    for word in words:
        if word == "{":
            path.append(before)
            found = CLASSES.get("/".join(path))
            if found is not None:
                yield found
        elif word == "}":
            del path[-1:]  # the file of kernel-5.4-vanilla closes one more than it opens
        before = word if word not in "{}" else ""
    if path:
        raise reading.fault(ABI, span, "the file of this ABI is cut off")
