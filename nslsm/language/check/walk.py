"""Walking a typed program: every node below another, each once however often it is shared."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Final

from nslsm.language.check import ir

Node = object
"""A node of :mod:`nslsm.language.check.ir`, or a tuple of such."""


def nodes(root: Node) -> Iterator[Node]:
    """``root`` and all nodes below it, each once. Iterative, and linear however much is shared."""
    seen: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, tuple):
            pending.extend(node)
            continue
        names = parts_of(type(node))
        if names is None or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        pending.extend(getattr(node, name) for name in names)


_KNOWN: Final[dict[type, tuple[str, ...] | None]] = {}


def parts_of(class_: type) -> tuple[str, ...] | None:
    """The names of a class's fields that may hold nodes; None for what is no node."""
    if class_ not in _KNOWN:
        _KNOWN[class_] = _fields(class_)
    return _KNOWN[class_]


def _fields(class_: type) -> tuple[str, ...] | None:
    if class_.__module__ != ir.__name__ or not is_dataclass(class_):
        return None
    if class_ in (ir.Constant, ir.Table):
        return ()
    return tuple(part.name for part in fields(class_) if part.name not in ("span", "type", "globs"))


def tables_in(roots: Iterable[Node]) -> list[str]:
    """The names of the tables that are looked up below, sorted."""
    return sorted({node.table for node in nodes(tuple(roots)) if isinstance(node, ir.Lookup)})
