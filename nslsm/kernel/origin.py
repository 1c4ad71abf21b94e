"""How a recording began: who started the program, from where, on which kernel.

A trace of system calls does not say whose they are. The first line of our own recordings does; it is a comment
to every other reader::

    # nslsm-record 1 {"command": ["make"], "cwd": "/home/u/p", …}
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import Final

ORIGIN_VERSION: Final = 1
"""The version of the line's fields."""

PREFIX: Final = "# nslsm-record "
"""How the line begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The process that started a recorded program, as it was then: credentials(7), capabilities(7).

    Capability sets are masks, bit n for capability n. Ids: real, effective, saved, file system.
    """

    command: tuple[str, ...]
    cwd: str
    root: str = "/"
    umask: int = 0o022
    uids: tuple[int, ...] = ()
    gids: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    inheritable: int = 0
    permitted: int = 0
    effective: int = 0
    bounding: int = 0
    ambient: int = 0
    no_new_privs: bool = False
    securebits: int | None = None
    kernel: str = ""
    """``uname -r``."""
    machine: str = ""
    """``uname -m``."""
    tracer: str = ""
    """The program that wrote the trace, with its version."""
    time: float = 0.0
    """Seconds since the epoch."""
    line: int = 1

    def written(self) -> str:
        """The line, without its end. ``line`` is not part of it."""
        content = {name: value for name, value in asdict(self).items() if name != "line"}
        return f"{PREFIX}{ORIGIN_VERSION} {json.dumps(content, ensure_ascii=True, sort_keys=True)}"


_TUPLES: Final = {"command": str, "uids": int, "gids": int, "groups": int}
_TYPES: Final = {
    "cwd": str,
    "root": str,
    "kernel": str,
    "machine": str,
    "tracer": str,
    "umask": int,
    "inheritable": int,
    "permitted": int,
    "effective": int,
    "bounding": int,
    "ambient": int,
    "no_new_privs": bool,
}


def read_origin(text: str, line: int = 1) -> Origin:
    """The origin that a line tells; ValueError where it is not one, or one of a later version.

    >>> read_origin(Origin(command=("true",), cwd="/").written()).command
    ('true',)
    """
    version, _, content = text.removeprefix(PREFIX).partition(" ")
    if not text.startswith(PREFIX) or version != str(ORIGIN_VERSION):
        raise ValueError(f"not the first line of a recording of version {ORIGIN_VERSION}")
    try:
        found = json.loads(content)
    except RecursionError:
        raise ValueError("too deeply nested") from None
    names = {field.name for field in fields(Origin)} - {"line"}
    if not isinstance(found, dict) or not {"command", "cwd"} <= found.keys() <= names:
        raise ValueError("not the members of an origin")
    for name, value in found.items():
        if not _fits(name, value):
            raise ValueError(f"`{name}` is not of its type")
        if name in _TUPLES:
            found[name] = tuple(value)
    return Origin(**found, line=line)


def _fits(name: str, value: object) -> bool:
    if name in _TUPLES:
        return isinstance(value, list) and all(type(item) is _TUPLES[name] for item in value)
    if name == "securebits":
        return value is None or type(value) is int
    if name == "time":
        return type(value) in (int, float)
    return type(value) is _TYPES[name]
