"""What the operators make of known values: for constants, which the checker works out once and for all.

Only operands that are all known are ever worked out, so every result here is the one that an evaluator would come to
(Model L7); ``and`` and ``or`` are simplified by the checker itself, as Kleene's logic allows.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network

from nslsm.hooks import contexts
from nslsm.hooks.types import NO_ADDRESS, Address
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob, GlobError
from nslsm.language.check.types import INT_MAX, INT_MIN
from nslsm.protocol.things import Value


class Settling:
    """Works out expressions made of constants and parameters alone.

    What a ``let`` names is worked out once, so that time is linear however often it is named.
    """

    def __init__(self, arguments: Mapping[str, ir.ArgumentValue] | None = None) -> None:
        self._arguments = arguments or {}
        self._known: dict[int, Value | None] = {}

    def value(self, expression: ir.Expr) -> Value | None:
        """The expression's value; None where it reads anything else, or has none (a glob that cannot be read)."""
        match expression:
            case ir.Constant():
                return expression.value
            case ir.Parameter():
                argument = self._arguments.get(expression.name)
                return argument.value if isinstance(argument, ir.Constant) else None
            case ir.Named():
                if id(expression) not in self._known:
                    self._known[id(expression)] = self.value(expression.value)
                return self._known[id(expression)]
            case ir.And() | ir.Or():
                return self._settled(expression.operands, by=isinstance(expression, ir.Or))
            case ir.Conditional():
                condition = self.value(expression.condition)
                if condition is None:
                    return None
                return self.value(expression.then if condition else expression.otherwise)
        parts = parts_of(expression)
        if not parts and not isinstance(expression, ir.SetOfParts):
            return None
        values = [self.value(part) for part in parts]
        known = [each for each in values if each is not None]
        return None if len(known) < len(values) else _result(expression, known)

    def _settled(self, operands: tuple[ir.Expr, ...], *, by: bool) -> Value | None:
        values = [self.value(operand) for operand in operands]
        if any(each is by for each in values):
            return by
        return None if None in values else not by


def parts_of(expression: ir.Expr) -> tuple[ir.Expr, ...]:
    """The expressions that an operator works on; none for what reads a request, a parameter or a table."""
    match expression:
        case ir.Not():
            return (expression.operand,)
        case ir.And() | ir.Or():
            return expression.operands
        case ir.SetOfParts():
            return expression.elements
        case ir.Compare() | ir.Arithmetic():
            return (expression.left, expression.right)
        case ir.Conditional():
            return (expression.condition, expression.then, expression.otherwise)
        case ir.Builtin():
            return expression.arguments
        case ir.Matches():
            return (expression.path, expression.patterns)
        case ir.Under():
            return (expression.path, expression.directories)
        case ir.Named():
            return (expression.value,)
        case _:
            return ()


def _result(expression: ir.Expr, values: list[Value]) -> Value | None:
    """What an operator makes of values that are all known."""
    match expression:
        case ir.Not():
            return not values[0]
        case ir.SetOfParts():
            return frozenset(values)
        case ir.Compare():
            return compare(expression.operator, values[0], values[1], expression.members)
        case ir.Arithmetic():
            return arithmetic(expression.operator, values[0], values[1])
        case ir.Matches():
            return matches(values[0], values[1])
        case ir.Under():
            return under(values[0], values[1])
        case ir.Builtin():
            return builtin(expression.name, values)
        case _:
            return None


def compare(operator: str, left: Value, right: Value, members: tuple[str, ...] = ()) -> bool:
    """The truth of a comparison between known values of types that the checker made agree."""
    match operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "in":
            return contains(right, left)
        case "not in":
            return not contains(right, left)
        case "has":
            return contains(left, right)
        case "has all":
            return elements(right) <= elements(left)
        case "has any":
            return not elements(right).isdisjoint(elements(left))
    one, other = _rank(left, members), _rank(right, members)
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]


def _rank(operand: Value, members: tuple[str, ...]) -> int:
    if isinstance(operand, str):
        return members.index(operand)
    assert isinstance(operand, int)
    return operand


def contains(container: Value, element: Value) -> bool:
    """Membership in a set; of an address in a network or in one of a set of networks."""
    if isinstance(container, IPv4Network | IPv6Network):
        return _within(container, element)
    if element in elements(container):
        return True
    return any(_within(network, element) for network in elements(container))


def _within(network: Value, element: Value) -> bool:
    if not isinstance(network, IPv4Network | IPv6Network) or element is NO_ADDRESS:
        return False
    address: Address = element  # type: ignore[assignment]  # the checker lets nothing else near a network
    return not isinstance(address, IPv4Network | IPv6Network) and address in network


def elements(container: Value) -> frozenset[Value]:
    """The elements of a set."""
    assert isinstance(container, frozenset)
    return container


def texts(operand: Value) -> tuple[str, ...]:
    """One text, or those of a set, sorted."""
    if isinstance(operand, str):
        return (operand,)
    return tuple(sorted(str(each) for each in elements(operand)))


def matches(path: Value, patterns: Value) -> bool | None:
    """Whether a path matches any of the globs; None where one of them cannot be read."""
    try:
        globs = [Glob(pattern) for pattern in texts(patterns)]
    except GlobError:
        return None
    return any(glob.matches(str(path)) for glob in globs)


def under(path: Value, directories: Value) -> bool:
    """Whether a path is one of the directories, or beneath it."""
    return any(is_under(str(path), directory) for directory in texts(directories))


def is_under(path: str, directory: str) -> bool:
    """Whether ``path`` is ``directory`` or beneath it.

    >>> is_under("/srv/phi/7.hl7", "/srv"), is_under("/srv2", "/srv"), is_under("/srv", "/")
    (True, False, True)
    """
    return bool(path) and (path == directory or path.startswith(f"{directory.rstrip('/')}/"))


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """``+ -`` on integers that saturate at 64 bits, ``&`` on their bits, ``+ - &`` on sets (Model M3.5)."""
    if isinstance(left, frozenset):
        other = elements(right)
        return {"+": left | other, "-": left - other, "&": left & other}[operator]
    assert isinstance(left, int)
    assert isinstance(right, int)
    return left & right if operator == "&" else saturated(left + right if operator == "+" else left - right)


def saturated(number: int) -> int:
    """The 64-bit integer nearest to ``number``."""
    return max(INT_MIN, min(INT_MAX, number))


def builtin(name: str, operands: Sequence[Value]) -> Value:
    """A built-in function of known values: parts of paths and of security contexts, and how many values a set has."""
    match name:
        case "size":
            return len(elements(operands[0]))
        case "level_of":
            return contexts.written_level(str(operands[0]), frozenset(map(str, elements(operands[1]))))
    return of_texts(name, [str(each) for each in operands])


def of_texts(name: str, texts: Sequence[str]) -> Value:
    """A built-in function that takes texts only."""
    match name:
        case "basename":
            return texts[0].rstrip("/").rpartition("/")[2]
        case "dirname":
            return texts[0].rstrip("/").rpartition("/")[0] or "/"
        case "context_user" | "context_role" | "context_type" | "context_low" | "context_high":
            return str(getattr(contexts.context(texts[0]), name.removeprefix("context_")))
        case "level_sensitivity":
            return contexts.level(texts[0]).sensitivity
        case "level_categories":
            return contexts.level(texts[0]).categories
    assert name == "context_of"
    user, role, type_, low, high = texts
    return contexts.written(user, role, type_, low, high)


def is_settled(expression: ir.Expr, known: dict[int, bool]) -> bool:
    """Whether an expression is constant once parameters are filled in.

    ``known`` remembers the answers for what a ``let`` names, by node; the caller keeps it with the nodes.
    """
    match expression:
        case ir.Constant() | ir.Parameter():
            return True
        case ir.Named():
            if id(expression) not in known:
                known[id(expression)] = is_settled(expression.value, known)
            return known[id(expression)]
    parts = parts_of(expression)
    return bool(parts) and all(is_settled(part, known) for part in parts)
