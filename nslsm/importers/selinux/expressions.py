"""Expressions of SELinux in our language: constraints on two contexts, conditions of booleans, and whether a context is one."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from nslsm.importers.policy_text import quoted, texts
from nslsm.importers.selinux.policy import Boolean, Comparison, Expression, Logical, Operand, Policy

PARTS: Final = (
    "user",
    "role",
    "type",
    "types",
    "low",
    "high",
    "low_rank",
    "high_rank",
    "low_categories",
    "high_categories",
)
"""What lets give of a context, each as ``NAME_PART``."""

_OF_WORD: Final[Mapping[str, str]] = {"u": "user", "r": "role", "t": "type", "l": "low", "h": "high"}


class Sides(NamedTuple):
    """What lets call the contexts that ``u1``, ``u2`` and ``u3`` speak of."""

    first: str
    second: str
    third: str = ""

    def of(self, word: str) -> str:
        """The let of a word: ``t2`` is ``object_type``."""
        return f"{self[int(word[1]) - 1]}_{_OF_WORD[word[0]]}"


def parts(name: str, context: str) -> dict[str, str]:
    """The expressions of the lets that take a context apart.

    >>> parts("object", "object.context")["type"]
    'context_type(object.context)'
    """
    return {
        "user": f"context_user({context})",
        "role": f"context_role({context})",
        "type": f"context_type({context})",
        "types": f"attributes({name}_type)",
        "low": f"context_low({context})",
        "high": f"context_high({context})",
        "low_rank": f"rank(level_sensitivity({name}_low))",
        "high_rank": f"rank(level_sensitivity({name}_high))",
        "low_categories": f"level_categories({name}_low)",
        "high_categories": f"level_categories({name}_high)",
    }


class Written:
    """Writes the expressions of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def constraint(self, expression: Expression, sides: Sides) -> str:
        """What must hold of two contexts (three, where a new label is judged)."""
        match expression:
            case Logical(operator="not", operands=(operand,)):
                return f"not ({self.constraint(operand, sides)})"
            case Logical(operator="and" | "or" as operator, operands=operands):
                return f" {operator} ".join(self._grouped(each, sides) for each in operands)
            case Comparison():
                return self._compared(expression, sides)
        raise AssertionError(expression)

    def _grouped(self, expression: Expression, sides: Sides) -> str:
        text = self.constraint(expression, sides)
        joined = isinstance(expression, Logical) and expression.operator in ("and", "or")
        return f"({text})" if joined or _is_joined(expression) else text

    def _compared(self, node: Comparison, sides: Sides) -> str:
        negated = node.operator == "neq"
        if not node.right.word:
            return self._among(sides.of(node.left.word), node.left.word[0], node.right, negated=negated)
        left, right = sides.of(node.left.word), sides.of(node.right.word)
        if node.left.word[0] in "lh":
            return _level(node.operator, left, right)
        # What dominates a role is nothing but itself: no policy says otherwise since roles have attributes.
        if node.operator == "incomp":
            return f"{left} != {right}"
        return f"{left} {'!=' if negated else '=='} {right}"

    def _among(self, side: str, kind: str, names: Operand, *, negated: bool) -> str:
        """A user, role or type and a set of names: attributes are what a type has, those of roles their members."""
        if kind == "t":
            condition = _any_of(f"{side}s", names.names)
            return f"not ({condition})" if negated else condition
        found = set(names.names)
        for name in names.names & self._policy.role_attributes.keys() if kind == "r" else ():
            found = found - {name} | self._policy.role_attributes[name]
        return f"{side} {'not in' if negated else 'in'} {texts(found)}"

    def condition(self, expression: Expression) -> str:
        """A condition of booleans, each a parameter of the control."""
        match expression:
            case Boolean(name=name):
                return parameter(name)
            case Logical(operator="not", operands=(operand,)):
                return f"not ({self.condition(operand)})"
            case Logical(operator="and" | "or" as operator, operands=operands):
                return f" {operator} ".join(f"({self.condition(each)})" for each in operands)
            case Logical(operator="xor" | "neq" | "eq" as operator, operands=(one, other)):
                sign = "==" if operator == "eq" else "!="
                return f"({self.condition(one)}) {sign} ({self.condition(other)})"
        raise AssertionError(expression)

    def valid(self, name: str) -> str:
        """Whether the context that lets call ``name`` is one of the policy (``policydb_context_isvalid``)."""
        user, role = f"{name}_user", f"{name}_role"
        made = [f"roles_of_user({user}) has {role}"]
        alone = f'{role} == "object_r" and {name}_types != {{}}'
        if not self._policy.mls:
            return f"{alone} or {made[0]} and roles_of_type({name}_type) has {role}"
        level = f"{name}_low_rank >= 0 and {_dominates(f'{name}_high', f'{name}_low')}"
        range_ = (
            f"{name}_low_rank >= rank(level_sensitivity(low_of_user({user}))) "
            f"and {name}_low_categories has all level_categories(low_of_user({user})) "
            f"and rank(level_sensitivity(high_of_user({user}))) >= {name}_high_rank "
            f"and level_categories(high_of_user({user})) has all {name}_high_categories"
        )
        within = f"{made[0]} and roles_of_type({name}_type) has {role} and {range_}"
        return f"{level} and ({alone} or {within})"


def parameter(boolean: str) -> str:
    """The name of a boolean's parameter: names of blocks have dots, ours have none."""
    return boolean.replace(".", "_").replace("-", "_")


def _any_of(types: str, names: Iterable[str]) -> str:
    found = sorted(names)
    return f"{types} has {quoted(found[0])}" if len(found) == 1 else f"{types} has any {texts(found)}"


def _is_joined(expression: Expression) -> bool:
    """Whether a comparison is written as several."""
    return isinstance(expression, Comparison) and expression.left.word[:1] in ("l", "h")


def _level(operator: str, left: str, right: str) -> str:
    match operator:
        case "dom":
            return _dominates(left, right)
        case "domby":
            return _dominates(right, left)
        case "incomp":
            return f"not ({_dominates(left, right)}) and not ({_dominates(right, left)})"
    same = f"{left}_rank == {right}_rank and {left}_categories == {right}_categories"
    return same if operator == "eq" else f"not ({same})"


def _dominates(left: str, right: str) -> str:
    return f"{left}_rank >= {right}_rank and {left}_categories has all {right}_categories"
