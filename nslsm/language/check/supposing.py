"""What becomes of a condition if some of what it reads is known: true, false, or open."""

from collections.abc import Callable
from typing import TypeAlias

from nslsm.language.check import ir
from nslsm.language.check.operators import Settling
from nslsm.protocol.things import Value

Supposition: TypeAlias = Callable[[ir.Expr], Value | None]
"""The value that an expression is supposed to have; None where nothing is supposed of it."""


class Supposing(Settling):
    """Works out conditions under a supposition; what it does not speak of stays open, and Kleene's logic decides the rest."""

    def __init__(self, supposed: Supposition) -> None:
        super().__init__()
        self._supposed = supposed

    def value(self, expression: ir.Expr) -> Value | None:
        """The expression's value, or None where it is open."""
        known = self._supposed(expression)
        return super().value(expression) if known is None else known

    def may_hold(self, condition: ir.Expr | None) -> bool:
        """Whether a condition (None: none is set) is not ruled out."""
        return condition is None or self.value(condition) is not False
