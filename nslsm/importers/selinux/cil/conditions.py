"""Conditions of booleans, and expressions of constraints, with their names resolved."""

from collections.abc import Callable
from typing import Final, TypeAlias

from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.names import given
from nslsm.importers.selinux.cil.structure import Scope
from nslsm.importers.selinux.codes import SYNTAX
from nslsm.importers.selinux.policy import Boolean, Comparison, Expression, Logical, Operand

NameFinder: TypeAlias = Callable[[str, Item, Scope], str]
"""Finds the full name of a family, as it is meant somewhere."""

WORDS: Final = frozenset(f"{letter}{side}" for letter in "urt" for side in "123") | {"l1", "l2", "h1", "h2"}


def condition(build: NameFinder, item: Item, scope: Scope, form: Form) -> Expression:
    """The condition of a ``booleanif``."""
    if isinstance(item, str):
        return Boolean(build("boolean", item, scope))
    if len(item) == 1:
        return condition(build, item[0], scope, form)
    head, operands = item[0], tuple(condition(build, each, scope, form) for each in item[1:])
    if (head == "not" and len(operands) == 1) or (head in ("and", "or", "xor", "eq", "neq") and len(operands) == 2):
        return Logical(head, operands)  # type: ignore[arg-type]
    raise fault(SYNTAX, form, f"`{head}` is no operator of a condition")


def constraint(build: NameFinder, item: Item, scope: Scope, form: Form) -> Expression:
    """The expression of a constraint."""
    if not isinstance(item, Form) or not item:
        raise fault(SYNTAX, form, "a constraint compares, as in `(eq t1 t2)`")
    if len(item) == 1 and isinstance(item[0], Form):
        return constraint(build, item[0], scope, form)
    head = item[0]
    if (head == "not" and len(item) == 2) or (head in ("and", "or") and len(item) == 3):
        return Logical(head, tuple(constraint(build, each, scope, form) for each in item[1:]))  # type: ignore[arg-type]
    if head in ("eq", "neq", "dom", "domby", "incomp") and len(item) == 3 and item[1] in WORDS:
        left = str(item[1])
        if item[2] in WORDS:
            return Comparison(head, Operand(left), Operand(str(item[2])))  # type: ignore[arg-type]
        family = {"u": "user", "r": "role", "t": "type"}.get(left[0])
        if family is not None and head in ("eq", "neq"):
            value, where = given(item[2], scope)
            names = [value] if isinstance(value, str) else list(value)
            found = frozenset(build(family, each, where) for each in names)
            return Comparison(head, Operand(left), Operand("", found))  # type: ignore[arg-type]
    raise fault(SYNTAX, form, f"`{head}` does not compare so in a constraint")
