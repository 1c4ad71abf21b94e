"""Numbers for expressions: equal where two expressions are the same question about one request.

A program is a graph: what a ``let`` names is one node in many places. Numbering looks at each node once, so it is linear
where comparing the expressions as trees need not be.
"""

from collections.abc import Hashable
from dataclasses import fields
from typing import Final

from nslsm.language.check import ir

_PARTS: Final[dict[type, tuple[str, ...]]] = {}
"""The fields of each sort of expression that say what it asks."""


class Terms:
    """Numbers expressions, however they are named by ``let``, and wherever ``object`` is aimed."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._done: dict[tuple[int, str | None], tuple[int, object]] = {}

    def number(self, node: ir.Expr, at: str | None) -> int:
        """The number of ``node`` where ``object`` stands for the fact ``at`` (None: for itself)."""
        while isinstance(node, ir.Named):
            node = node.value
        key = (id(node), at)
        if key not in self._done:
            # The node is kept beside its number, so that its identity stays its own.
            self._done[key] = (self._numbers.setdefault(self._content(node, at), len(self._numbers)), node)
        return self._done[key][0]

    def _content(self, node: ir.Expr, at: str | None) -> Hashable:
        if isinstance(node, ir.Constant):
            return ("constant", node.type, node.value)
        if isinstance(node, ir.Thing):
            return ("thing", at if node.name == "object" and at is not None else node.name)
        class_ = type(node)
        names = _PARTS.get(class_)
        if names is None:
            names = _PARTS[class_] = tuple(part.name for part in fields(node) if part.name not in ("type", "globs"))
        return (class_.__name__, *[self._part(getattr(node, name), at) for name in names])

    def _part(self, value: object, at: str | None) -> Hashable:
        if isinstance(value, tuple):
            return tuple(self._part(part, at) for part in value)
        if isinstance(value, str | bool):
            return value
        return self.number(value, at)  # type: ignore[arg-type]  # the fields of an expression are texts, truths, expressions
