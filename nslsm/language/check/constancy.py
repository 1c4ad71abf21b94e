"""Which conditions have one answer whatever the request, as far as their parts show by themselves.

A comparison is always true where nothing that its term can be is anything else: ``port >= 0``. That is so whenever the term
is known; where it is unknown, so is the comparison (Model M2.9), and therefore ``p or not p`` counts as nothing: only
constants decide an ``or`` (Model L7). That ``p and not p`` never holds is another question, which
:class:`nslsm.language.check.implication.Reasoner` answers.
"""

from typing import Final

from nslsm.hooks.types import Bounds, Enumeration
from nslsm.language.check import ir
from nslsm.language.check.disjoint import asked
from nslsm.language.check.implication import Reasoner, bounds_of, constant, natural
from nslsm.language.check.operators import texts

_SAME: Final = {"==": True, "<=": True, ">=": True, "has all": True, "!=": False, "<": False, ">": False}


class Constancy:
    """Answers for one control; each condition is looked at once."""

    def __init__(self, reasoner: Reasoner) -> None:
        self._reasoner = reasoner
        self._known: dict[int, tuple[ir.Expr, bool | None]] = {}

    def of(self, node: ir.Expr) -> bool | None:
        """True where the condition always holds, False where it never does, None where that depends."""
        if id(node) not in self._known:
            # The node is kept beside the answer, so that its identity stays its own.
            self._known[id(node)] = (node, self._of(node))
        return self._known[id(node)][1]

    def _of(self, node: ir.Expr) -> bool | None:
        match node:
            case ir.Constant(value=value):
                return value if isinstance(value, bool) else None
            case ir.Named():
                return self.of(node.value)
            case ir.Not():
                answer = self.of(node.operand)
                return None if answer is None else not answer
            case ir.And() | ir.Or():
                decisive = isinstance(node, ir.Or)
                answers = [self.of(operand) for operand in node.operands]
                if decisive in answers:
                    return decisive
                return None if None in answers else not decisive
            case ir.Conditional():
                return self._chosen(node)
            case ir.Compare() | ir.Matches() | ir.Under():
                return self._literal(node) if self._is_telling(node) else None
            case _:
                return None

    def _chosen(self, node: ir.Conditional) -> bool | None:
        condition = self.of(node.condition)
        if condition is not None:
            return self.of(node.then if condition else node.otherwise)
        then, otherwise = self.of(node.then), self.of(node.otherwise)
        return then if then is otherwise else None

    def _literal(self, node: ir.Compare | ir.Matches | ir.Under) -> bool | None:
        if isinstance(node, ir.Compare) and _is_within(node):
            return None
        if isinstance(node, ir.Compare) and self.is_same(node):
            return _SAME[node.operator]
        if _is_vain(node, negated=False):
            return False
        return True if _is_vain(node, negated=True) else None

    def _is_telling(self, node: ir.Compare | ir.Matches | ir.Under) -> bool:
        """Whether the comparison may have one answer: most need no proof that they have not."""
        match node:
            case ir.Compare():
                return is_of_nothing(node) or _is_closed(node) or self.is_same(node)
            case ir.Matches(globs=globs):
                return globs == ()
            case ir.Under(directories=directories):
                return isinstance(directories, ir.Constant) and not texts(directories.value)

    def is_same(self, node: ir.Compare) -> bool:
        """Whether both sides are the same expression."""
        if node.operator not in _SAME or isinstance(node.left, ir.Constant) or isinstance(node.right, ir.Constant):
            return False
        return self._reasoner.number(node.left) == self._reasoner.number(node.right)


def _is_within(node: ir.Compare) -> bool:
    """Whether a number is compared with one strictly between its bounds, so that either answer is possible."""
    number = constant(node.right)
    if not isinstance(number, int):
        return False
    bounds = bounds_of(node.left)
    if bounds is None or bounds.least is None or number <= bounds.least:
        return False
    return bounds.most is None or number < bounds.most


def _is_vain(node: ir.Expr, *, negated: bool) -> bool:
    """Whether nothing that the term of a comparison can be is what it asks for."""
    for term, demand in asked(node, negated=negated):
        certain = natural(term)
        if demand.is_vain or (certain is not None and demand.excludes(certain)):
            return True
    return False


def is_of_nothing(node: ir.Compare) -> bool:
    """Whether the comparison asks an empty set for an element, or for the elements of one."""
    return node.operator in ("in", "not in", "has all", "has any") and constant(node.right) == frozenset()


def _is_closed(node: ir.Compare) -> bool:
    """Whether a constant is compared with what has few values, or bounds."""
    if constant(node.right) is None and constant(node.left) is None:
        return False
    term = node.left if constant(node.left) is None else node.right
    return isinstance(term.type, Enumeration) or natural(term) is not None


def described(bounds: Bounds) -> str:
    """What is certain of a fact, as the end of a sentence that begins with it.

    >>> described(Bounds(0, 65535)), described(Bounds(0)), described(Bounds(longest=15))
    ('is 0 to 65535', 'is never below 0', 'has 15 bytes at most')
    """
    if bounds.letters:
        return f"is written with `{bounds.letters}` only, {bounds.longest} of them at most"
    if bounds.longest is not None:
        return f"has {bounds.longest} bytes at most"
    if bounds.least is not None and bounds.most is not None:
        return f"is {bounds.least} to {bounds.most}"
    return f"is never below {bounds.least}" if bounds.least is not None else f"is never above {bounds.most}"


def reason(node: ir.Expr, term: str) -> str:
    """Why a comparison has one answer, ``term`` being what it is about, as written."""
    match node:
        case ir.Matches() | ir.Under():
            return "the set is empty"
        case ir.Compare() if is_of_nothing(node):
            return "the set is empty"
        case ir.Compare():
            asked = node.left if constant(node.left) is None else node.right
            bounds = bounds_of(asked)
            if constant(node.left) is None and constant(node.right) is None:
                return "both sides are the same"
            if bounds is not None:
                return f"`{term}` {described(bounds)}"
            return f"`{term}` is never below 0" if isinstance(asked, ir.Builtin) else f"`{term}` has no other values"
        case _:
            return ""
