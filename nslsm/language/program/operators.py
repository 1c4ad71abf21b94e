"""What operators, functions and tables make of known values: no request, no state, nothing unknown (Model M3.5)."""

from typing import Final, cast

from nslsm.hooks import contexts
from nslsm.hooks.types import ADDRESS, NETWORK, NO_ADDRESS, Address, Network, SetOf
from nslsm.language.check import ir
from nslsm.protocol.things import Value

INT_MAX: Final = 2**63 - 1
INT_MIN: Final = -(2**63)


class Defect(Exception):
    """A program that the checker would not have passed: a fault, never a grant (Model M2.8)."""


def compare(expression: ir.Compare, left: Value, right: Value) -> bool:
    """The truth of a comparison between two known values."""
    match expression.operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<" | "<=" | ">" | ">=":
            return _ordered(expression, left, right)
        case "in":
            return is_in(expression, left, right)
        case "not in":
            return not is_in(expression, left, right)
        case "has":
            return right in as_set(left)
        case "has all":
            return as_set(right) <= as_set(left)
        case "has any":
            return not as_set(right).isdisjoint(as_set(left))
    raise Defect(f"no comparison `{expression.operator}`")


def _ordered(expression: ir.Compare, left: Value, right: Value) -> bool:
    if expression.members:
        a, b = expression.members.index(as_string(left)), expression.members.index(as_string(right))
    else:
        a, b = as_int(left), as_int(right)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[expression.operator]


def is_in(expression: ir.Compare, left: Value, right: Value) -> bool:
    """Membership: of a value in a set, of an address in a network or in one of a set of networks."""
    if expression.left.type == ADDRESS and expression.right.type in (NETWORK, SetOf(NETWORK)):
        networks = right if isinstance(right, frozenset) else {right}
        return any(_contains(cast("Network", network), cast("Address", left)) for network in networks)
    return left in as_set(right)


def _contains(network: Network, address: Address) -> bool:
    return address is not NO_ADDRESS and address in network


def is_under(path: str, directory: str) -> bool:
    """Whether ``path`` is ``directory`` or beneath it.

    >>> is_under("/srv/phi/7.hl7", "/srv"), is_under("/srv2", "/srv"), is_under("/srv", "/"), is_under("", "/")
    (True, False, True, False)
    """
    stem = directory.rstrip("/")
    return bool(path) and (path in (directory, stem) or path.startswith(f"{stem}/"))


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """``+`` and ``-`` on integers that saturate at 64 bits, ``&`` on their bits; ``+``, ``-``, ``&`` on sets (Model M3.5)."""
    if isinstance(left, frozenset):
        other = as_set(right)
        return {"+": left | other, "-": left - other, "&": left & other}[operator]
    a, b = as_int(left), as_int(right)
    if operator == "&":
        return a & b
    return max(INT_MIN, min(INT_MAX, a + b if operator == "+" else a - b))


def builtin(name: str, values: list[Value]) -> Value:
    """The built-in functions: ``basename``, ``size``, ``context_type`` and the others."""
    match name:
        case "basename":
            return as_string(values[0]).rstrip("/").rpartition("/")[2]
        case "dirname":
            return as_string(values[0]).rstrip("/").rpartition("/")[0] or "/"
        case "size":
            return len(as_set(values[0]))
        case "context_user":
            return contexts.context(as_string(values[0])).user
        case "context_role":
            return contexts.context(as_string(values[0])).role
        case "context_type":
            return contexts.context(as_string(values[0])).type
        case "context_low":
            return contexts.context(as_string(values[0])).low
        case "context_high":
            return contexts.context(as_string(values[0])).high
        case "context_of":
            user, role, type_, low, high = map(as_string, values)
            return contexts.written(user, role, type_, low, high)
        case "level_sensitivity":
            return contexts.level(as_string(values[0])).sensitivity
        case "level_categories":
            return contexts.level(as_string(values[0])).categories
        case "level_of":
            return contexts.written_level(as_string(values[0]), as_strings(values[1]))
    raise Defect(f"no function `{name}`")


# Values of the type that the checker promised; Defect where it did not


def as_string(value: Value) -> str:
    """The value, a text."""
    if isinstance(value, str):
        return value
    raise Defect(f"{value!r} is no text")


def as_strings(value: Value) -> frozenset[str]:
    """The texts of a set, or the one text."""
    return frozenset({value}) if isinstance(value, str) else frozenset(as_string(each) for each in as_set(value))


def as_int(value: Value) -> int:
    """The value, an integer."""
    if isinstance(value, int):
        return value
    raise Defect(f"{value!r} is no integer")


def as_set(value: Value) -> frozenset[Value]:
    """The value, a set."""
    if isinstance(value, frozenset):
        return value
    raise Defect(f"{value!r} is no set")
