"""Why a policy answers as it does: the allow rules behind a permission, and the constraints that take it away."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nslsm.diagnostics import Span
from nslsm.hooks.contexts import Context, context, level
from nslsm.importers.selinux.policy import (
    SELF,
    Boolean,
    Comparison,
    Conditional,
    Constraint,
    Expression,
    Logical,
    Operand,
    Policy,
    Triple,
    Vectors,
)


class Allow(NamedTuple):
    """A rule that allows, as it was written, attributes in their places."""

    source: str
    target: str
    permissions: frozenset[str]
    condition: str = ""
    """Of booleans, in words; empty where the rule always counts."""


class Denied(NamedTuple):
    """A constraint that does not hold."""

    permissions: frozenset[str]
    """What it takes away, of what rules allow."""
    expression: str
    """In words; where attributes are named, they are of the policy."""
    span: Span | None = None


class Why(NamedTuple):
    """An answer, and what it rests on."""

    source: str
    target: str
    class_: str
    allowed: frozenset[str]
    """Permissions that are granted."""
    rules: tuple[Allow, ...]
    off: tuple[Allow, ...]
    """Rules that would allow, with booleans set otherwise."""
    constraints: tuple[Denied, ...]
    audited: tuple[Allow, ...]
    """Rules of which records are kept where they grant (``auditallow``)."""
    quiet: tuple[Allow, ...]
    """Rules by which denials are not told (``dontaudit``)."""
    unknown: str = ""
    """Why nothing is allowed: a context or a class that the policy does not have."""


def explained(policy: Policy, source: str, target: str, class_: str, permission: str = "") -> Why:
    """The answer of a policy for two contexts; ``permission``: what is asked for, else all."""
    first, second = context(source), context(target)
    wanted = frozenset((permission,)) if permission else frozenset(policy.classes.get(class_, ()))
    unknown = _unknown(policy, first, second, source, target, class_, permission)
    if unknown:
        nothing: frozenset[str] = frozenset()
        return Why(source, target, class_, nothing, (), (), (), (), (), unknown)
    pair = (_names(policy, first.type), _names(policy, second.type), first.type == second.type)
    rules, off = list(_found(policy.allows, pair, class_, wanted)), list[Allow]()
    for each in policy.conditionals:
        into = rules if holds(each.condition, policy.booleans) else off
        into += [rule._replace(condition=condition_text(each.condition)) for rule in _of(each, pair, class_, wanted)]
    permitted = frozenset[str]().union(*(each.permissions for each in rules))
    constraints = tuple(_failing(policy, first, second, class_, permitted))
    left = permitted.difference(*(each.permissions for each in constraints))
    return Why(
        source, target, class_, left, tuple(rules), tuple(off), constraints,
        tuple(_found(policy.auditallows, pair, class_, wanted)), tuple(_found(policy.dontaudits, pair, class_, wanted)),
    )  # fmt: skip


Pair = tuple[frozenset[str], frozenset[str], bool]


def _unknown(
    policy: Policy, first: Context, second: Context, source: str, target: str, class_: str, permission: str
) -> str:
    for text, each in ((source, first), (target, second)):
        if each.type not in policy.types:
            return f"`{text}` is no context of the policy"
    if class_ not in policy.classes:
        return f"the policy has no class `{class_}`: such things are handled by `{policy.handle_unknown}`"
    if permission and permission not in policy.classes[class_]:
        return f"class `{class_}` has no permission `{permission}`"
    return ""


def _names(policy: Policy, type_: str) -> frozenset[str]:
    """A type and its attributes."""
    return frozenset((type_, *(name for name, members in policy.attributes.items() if type_ in members)))


def _found(vectors: Vectors, pair: Pair, class_: str, wanted: frozenset[str]) -> Iterator[Allow]:
    sources, targets, same = pair
    for source in sorted(sources):
        for target in (*sorted(targets), *((SELF,) if same else ())):
            key: Triple = (source, target, class_)
            permissions = vectors.get(key, frozenset()) & wanted
            if permissions:
                yield Allow(source, target, permissions)


def _of(conditional: Conditional, pair: Pair, class_: str, wanted: frozenset[str]) -> Iterator[Allow]:
    return _found(conditional.allows, pair, class_, wanted)


def holds(condition: Expression, booleans: Mapping[str, bool]) -> bool:
    """A condition of booleans, as they are set."""
    if isinstance(condition, Boolean):
        return booleans[condition.name]
    assert isinstance(condition, Logical)
    values = [holds(each, booleans) for each in condition.operands]
    match condition.operator:
        case "not":
            return not values[0]
        case "and":
            return all(values)
        case "or":
            return any(values)
        case "eq":
            return values[0] == values[1]
    return values[0] != values[1]


def condition_text(condition: Expression) -> str:
    """A condition of booleans in words."""
    if isinstance(condition, Boolean):
        return condition.name
    assert isinstance(condition, Logical)
    parts = [condition_text(each) for each in condition.operands]
    parts = [f"({part})" if " " in part else part for part in parts]
    return f"not {parts[0]}" if condition.operator == "not" else f" {condition.operator} ".join(parts)


# Constraints


def _failing(
    policy: Policy, first: Context, second: Context, class_: str, permitted: frozenset[str]
) -> Iterator[Denied]:
    for each in (*policy.constraints, *policy.mls_constraints):
        taken = each.classes.get(class_, frozenset()) & permitted
        if taken and not _satisfied(policy, each.expression, first, second):
            yield Denied(taken, constraint_text(each), each.span)
    roles = permitted & {"transition", "dyntransition"}
    if (
        class_ == "process"
        and roles
        and first.role != second.role
        and (first.role, second.role) not in policy.role_allows
    ):
        yield Denied(roles, f"no `roleallow {first.role} {second.role}`")


def _satisfied(policy: Policy, node: Expression, first: Context, second: Context) -> bool:
    if isinstance(node, Logical):
        values = [_satisfied(policy, each, first, second) for each in node.operands]
        return not values[0] if node.operator == "not" else all(values) if node.operator == "and" else any(values)
    assert isinstance(node, Comparison)
    left = _part(node.left, first, second)
    if not node.right.word:
        return _among(policy, node, left) == (node.operator == "eq")
    right = _part(node.right, first, second)
    if node.left.word[0] in "lh":
        return _dominance(policy, node.operator, left, right)
    return (left == right) == (node.operator not in ("neq", "incomp"))


def _part(operand: Operand, first: Context, second: Context) -> str:
    side = first if operand.word[1] == "1" else second
    return {
        "u": side.user, "r": side.role, "t": side.type, "l": side.low, "h": side.high,
    }[operand.word[0]]  # fmt: skip


def _among(policy: Policy, node: Comparison, value: str) -> bool:
    groups = policy.attributes if node.left.word[0] == "t" else policy.role_attributes
    return value in node.right.names or any(value in groups.get(name, ()) for name in node.right.names)


def _dominance(policy: Policy, operator: str, left: str, right: str) -> bool:
    one, other = level(left), level(right)
    ranks = {name: rank for rank, name in enumerate(policy.sensitivities)}
    here, there = ranks.get(one.sensitivity, -1), ranks.get(other.sensitivity, -1)
    over = here >= there and one.categories >= other.categories
    under = there >= here and other.categories >= one.categories
    return {"eq": over and under, "neq": not (over and under), "dom": over, "domby": under}.get(
        operator, not over and not under
    )


def constraint_text(constraint: Constraint) -> str:
    """A constraint as CIL has it."""
    return _text(constraint.expression)


def _text(node: Expression) -> str:
    if isinstance(node, Logical):
        return f"({node.operator} {' '.join(_text(each) for each in node.operands)})"
    assert isinstance(node, Comparison)
    names = sorted(node.right.names)
    right = node.right.word or (names[0] if len(names) == 1 else f"({' '.join(names)})")
    return f"({node.operator} {node.left.word} {right})"
