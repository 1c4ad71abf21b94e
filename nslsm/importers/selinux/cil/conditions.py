"""Conditions of booleans, and expressions of constraints, with their names resolved."""

from collections.abc import Callable
from typing import Final, TypeAlias

from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.places import Scope, given
from nslsm.importers.selinux.codes import SYNTAX
from nslsm.importers.selinux.policy import Boolean, Comparison, Expression, Logical, Operand

NameFinder: TypeAlias = Callable[[str, Item, Scope], str]
"""Finds the full name of a family, as it is meant somewhere."""

OPERATORS: Final = ("eq", "neq", "dom", "domby", "incomp")
PAIRS: Final = frozenset(
    (
        *(("u1", "u2"), ("r1", "r2"), ("t1", "t2"), ("l1", "l2"), ("l1", "h2"), ("h1", "l2"), ("h1", "h2")),
        *(("l1", "h1"), ("l2", "h2"), ("h1", "l1")),
    )
)
"""What can be compared with what."""
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
        operands = tuple(constraint(build, each, scope, form) for each in item[1:])
        return Logical(head, operands)  # type: ignore[arg-type]
    if len(item) == 3 and isinstance(item[1], str) and item[1] in WORDS and head in OPERATORS:
        left, right = item[1], item[2]
        if "3" in left and form[0] not in ("validatetrans", "mlsvalidatetrans"):
            raise fault(SYNTAX, form, f"`{left}` stands only in `validatetrans` and `mlsvalidatetrans`")
        plain = left[0] in "ut" and head not in ("eq", "neq")
        if isinstance(right, str) and right in WORDS:
            if not plain and (left, right) in PAIRS:
                return Comparison(head, Operand(left), Operand(right))  # type: ignore[arg-type]
        elif left[0] in "urt" and head in ("eq", "neq"):
            family = {"u": "user", "r": "role", "t": "type"}[left[0]]
            value, where = given(right, scope)
            names = [value] if isinstance(value, str) else list(value)
            found = frozenset(build(family, each, where) for each in names)
            return Comparison(head, Operand(left), Operand("", found))  # type: ignore[arg-type]
    raise fault(SYNTAX, form, f"`{_shown(item)}` does not compare so in a constraint")


def _shown(item: Item) -> str:
    return item if isinstance(item, str) else f"({' '.join(map(_shown, item[:4]))})"[:60]
