"""What an expression comes to in a scene: a value, or a doubt with the names of the facts that it hangs on."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network

from nslsm.hooks.types import GLOB, NO_ADDRESS, UNKNOWN, SetOf, Type
from nslsm.language.check import ir
from tests.laws.second_evaluator.built_in import built_in
from tests.laws.second_evaluator.doubt import Doubt, Judged, Truth, all_of, any_of, doubts_in, negated
from tests.laws.second_evaluator.glob import glob_matches
from tests.laws.second_evaluator.scene import Scene, identity_of

LARGEST, SMALLEST = 2**63 - 1, -(2**63)


def truth(expression: ir.Expr | None, scene: Scene) -> Truth:
    """What a condition comes to; a rule without one always holds."""
    found = True if expression is None else value(expression, scene)
    assert isinstance(found, bool | Doubt), found
    return found


def value(expression: ir.Expr, scene: Scene) -> Judged:
    """What an expression comes to."""
    match expression:
        case ir.Constant():
            return expression.value
        case ir.Thing() | ir.FactOf() | ir.Argument() | ir.AttributeOf() | ir.MethodOf():
            return _read(expression, scene)
        case ir.Named():
            return value(expression.value, scene)
        case ir.Not():
            return negated(truth(expression.operand, scene))
        case ir.And():
            return all_of([truth(operand, scene) for operand in expression.operands])
        case ir.Or():
            return any_of([truth(operand, scene) for operand in expression.operands])
        case ir.Conditional():
            return _conditional(expression, scene)
        case ir.Parameter():
            raise AssertionError(f"{expression.name}: arguments are filled in before a control is asked")
        case _:
            operands = [value(operand, scene) for operand in _operands(expression)]
            return doubts_in(operands) or _applied(expression, operands, scene)


def _operands(expression: ir.Expr) -> Iterable[ir.Expr]:
    """What must all be known before an operator can be applied."""
    match expression:
        case ir.Compare() | ir.Arithmetic():
            return (expression.left, expression.right)
        case ir.SetOfParts():
            return expression.elements
        case ir.Matches():
            return (expression.path, expression.patterns)
        case ir.Under():
            return (expression.path, expression.directories)
        case ir.Builtin():
            return expression.arguments
        case ir.Lookup():
            return expression.keys
    raise AssertionError(expression)


def _applied(expression: ir.Expr, operands: list[Judged], scene: Scene) -> Judged:
    """What an operator makes of operands that are known."""
    match expression:
        case ir.Compare():
            return _compared(expression, *operands)
        case ir.Arithmetic():
            return _calculated(expression.operator, *operands)
        case ir.SetOfParts():
            return frozenset(operands)
        case ir.Matches():
            return any(glob_matches(each, operands[0]) for each in _several(operands[1]))
        case ir.Under():
            return any(_under(operands[0], each) for each in _several(operands[1]))
        case ir.Builtin():
            return built_in(expression.name, operands)
        case ir.Lookup():
            return _looked_up(expression, operands, scene)
    raise AssertionError(expression)


# Facts and attributes


def _read(expression: ir.Expr, scene: Scene) -> Judged:
    """A fact as it is, or the doubt that bears its name (ADR 0001)."""
    found = _known(expression, scene)
    return Doubt(frozenset({written(expression)})) if found is UNKNOWN else found


def _known(expression: ir.Expr, scene: Scene) -> Judged:
    match expression:
        case ir.Thing():
            return scene.named(expression.name)
        case ir.Argument():
            return scene.request.argument(expression.name)
        case ir.FactOf():
            thing = _known(expression.thing, scene)
            return UNKNOWN if thing is UNKNOWN else scene.fact(thing, expression.name)
        case ir.AttributeOf():
            thing = _known(expression.thing, scene)
            return UNKNOWN if thing is UNKNOWN else attribute(thing, expression.attribute, scene)
        case ir.MethodOf():
            thing = _known(expression.thing, scene)
            arguments = [value(argument, scene) for argument in expression.arguments]
            if doubt := doubts_in(arguments):
                return doubt
            return UNKNOWN if thing is UNKNOWN else scene.method(thing, expression.name, arguments)
        case _:
            raise AssertionError(expression)


def attribute(thing: object, name: str, scene: Scene) -> Judged:
    """An attribute of a thing as this binding sees it.

    Foreign things have the declared ``foreign`` value, or the default (M4.1). Others have what effects have set, which may be
    unknown (M3.4), or, as long as none has, what the default comes to over the thing's facts (M3.3). Of a thing that nobody
    can identify, nothing is known (ADR 0001).
    """
    declared = scene.declared(name)
    if scene.foreign(thing):
        return value(declared.default if declared.foreign is None else declared.foreign, scene.about(thing))
    identity = identity_of(thing)
    if identity is None:
        return UNKNOWN
    cell = scene.cell(name, identity)
    return value(declared.default, scene.about(thing)) if cell is None else cell


def written(expression: ir.Expr) -> str:
    """A fact by the words in which a rule speaks of it: ``object.sha256``."""
    match expression:
        case ir.FactOf():
            return f"{written(expression.thing)}.{expression.name}"
        case ir.AttributeOf():
            return f"{written(expression.thing)}.{expression.attribute.partition('.')[2]}"
        case ir.MethodOf():
            fact = expression.arguments[
                :1
            ]  # what to take instead of an extended attribute that is absent is no part of it
            return f"{written(expression.thing)}.{expression.name}({', '.join(map(written, fact))})"
        case ir.Thing() | ir.Argument():
            return expression.name
        case ir.Constant() if isinstance(expression.value, str):
            return f'"{expression.value}"'
        case _:
            raise AssertionError(expression)


# Operators


def _conditional(expression: ir.Conditional, scene: Scene) -> Judged:
    """Unknown where the condition is, even where both branches agree (ADR 0001)."""
    condition = truth(expression.condition, scene)
    if isinstance(condition, Doubt):
        return condition
    return value(expression.then if condition else expression.otherwise, scene)


def _several(found: Judged) -> Iterable[Judged]:
    return found if isinstance(found, frozenset) else (found,)


def _under(path: str, directory: str) -> bool:
    """The directory itself, or what is beneath it."""
    above = directory.rstrip("/")
    return path in (directory, above) or path.startswith(above + "/")


def _compared(expression: ir.Compare, left: Judged, right: Judged) -> Judged:
    operator = expression.operator
    if expression.members and operator in ("<", "<=", ">", ">="):
        left, right = expression.members.index(left), expression.members.index(right)
    match operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "in":
            return _is_in(left, right)
        case "not in":
            return not _is_in(left, right)
        case "has":
            return _is_in(right, left)
        case "has all":
            return all(each in left for each in right)
        case "has any":
            return any(each in left for each in right)
    raise AssertionError(operator)


def _is_in(element: Judged, whole: Judged) -> bool:
    """An element of a set; an address in a network, or in one of several."""
    for each in _several(whole):
        if isinstance(each, IPv4Network | IPv6Network) and not isinstance(element, IPv4Network | IPv6Network):
            if element is not NO_ADDRESS and element.version == each.version and element in each:
                return True
        elif each == element:
            return True
    return False


def _calculated(operator: str, left: Judged, right: Judged) -> Judged:
    """Integers saturate at 64 bits (M3.5); sets unite, differ, meet."""
    if isinstance(left, frozenset):
        assert isinstance(right, frozenset)
        return {"+": left | right, "-": left - right, "&": left & right}[operator]
    if operator == "&":
        return left & right
    exact = left + right if operator == "+" else left - right
    return max(SMALLEST, min(LARGEST, exact))


# Tables


def _looked_up(expression: ir.Lookup, keys: list[Judged], scene: Scene) -> Judged:
    """The row of these keys, or the table's ``else``; several rows where a key is a set, or a path in a tree: united."""
    table = next(each for each in scene.tables if each.name == expression.table)
    asked: list[tuple[Judged, ...]] = [()]
    for key, lifted in zip(keys, expression.lifted, strict=True):
        asked = [(*before, each) for before in asked for each in (key if lifted else (key,))]
    answers = [_row(table, each) for each in asked]
    if not any(expression.lifted):
        return answers[0]
    return _united(answers, expression)


def _row(table: ir.Table, keys: tuple[Judged, ...]) -> Judged:
    """Every row is held against the keys: for patterns the most specific one counts, for trees all that are above."""
    found = [row for row in table.rows if all(map(_answers, table.keys, table.trees, row, keys))]
    if not found:
        return table.otherwise
    if GLOB in table.keys:
        return table.rows[max(found, key=lambda row: _precedence(table, row))]
    if any(table.trees) and isinstance(table.rows[found[0]], frozenset):
        return frozenset().union(*(table.rows[row] for row in found))
    return table.rows[found[0]]


def _answers(type_: Type, tree: bool, row: Judged, key: Judged) -> bool:
    if type_ == GLOB:
        return glob_matches(row, key)
    return row in _directories(key) if tree else row == key


def _precedence(table: ir.Table, row: tuple[Judged, ...]) -> list[tuple[bool, int, int, str] | int]:
    """Patterns by how special they are; of directories, the nearest."""
    order: list[tuple[bool, int, int, str] | int] = []
    for type_, key in zip(table.keys, row, strict=True):
        if type_ == GLOB:
            plain = next((place for place, letter in enumerate(key) if letter in "*?[{"), len(key))
            order.append((plain == len(key), plain, len(key), key))
        else:
            order.append(len(str(key)))
    return order


def _directories(path: str) -> list[str]:
    """The path and all directories above it."""
    names = [name for name in path.split("/") if name]
    return ["/" + "/".join(names[:count]) for count in range(len(names), -1, -1)]


def _united(answers: list[Judged], expression: ir.Lookup) -> Judged:
    if isinstance(expression.type, SetOf):
        return frozenset().union(*answers)
    return any(answers)
