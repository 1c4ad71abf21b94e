"""``constant-condition``: a condition, or a part of one, that has the same answer whatever the request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.diagnostics.span import Span
from nslsm.language.check import ir
from nslsm.language.check.constancy import Constancy, reason
from nslsm.language.check.implication import Reasoner, constant
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast
from nslsm.language.syntax.unparse_expression import unparse_expression

CONSTANT_CONDITION: Final = Code("constant-condition", Severity.WARNING)

_LONG: Final = 60
_FEW: Final = 12


def constant_condition(whole: Whole) -> Iterator[Diagnostic]:
    """What is the same for every request selects nothing: the rule always holds there, or never."""
    for scope in whole.modules.values():
        for declared in scope.declarations():
            node = declared.node
            if isinstance(node, ast.Control):
                search = _Search(whole, whole.reasoner(declared.qualified))
                for member in node.members:
                    if isinstance(member, ast.Deny | ast.Confine | ast.On | ast.Audit):
                        yield from _rule(search, member)
            elif isinstance(node, ast.Operation | ast.Namespace):
                search = _Search(whole, whole.reasoner(""))
                for guard in _guards(node):
                    yield from search.findings(guard)
        for item in scope.loaded.tree.items if scope.loaded.tree is not None else ():
            if isinstance(item, ast.Claim):
                search = _Search(whole, whole.reasoner(""))
                for never in item.nevers:
                    yield from search.findings(
                        _Condition(never.when, "so nothing can break the claim", "the claim is the same without it")
                    )


def _rule(search: "_Search", rule: ast.Rule) -> Iterator[Diagnostic]:
    match rule:
        case ast.Confine():
            yield from search.findings(
                _Condition(rule.where, "so the region never holds", "the region holds without it")
            )
            for allow in rule.allows:
                yield from search.findings(
                    _Condition(allow.when, "so it lets nothing through", "it lets the same through without it")
                )
        case ast.On():
            yield from search.findings(_Condition(rule.when, "so the rule never fires", "the rule fires without it"))
            for assign in rule.assignments:
                yield from search.within(assign.value)
        case _:
            yield from search.findings(_Condition(rule.when, "so the rule never fires", "the rule fires without it"))


@dataclass(frozen=True, slots=True)
class _Condition:
    """A condition with what follows where it never holds, and where it always does."""

    node: ast.Expr | None
    never: str
    always: str


def _guards(node: ast.Operation | ast.Namespace) -> Iterator[_Condition]:
    if isinstance(node, ast.Operation):
        for hook in node.hooks:
            yield _Condition(hook.when, f"so the operation never is `{hook.hook.name}`", "the hook is in any case")
        return
    pending = [node]
    while pending:
        for member in pending.pop().members:
            if isinstance(member, ast.Namespace):
                pending.append(member)
            elif isinstance(member, ast.Enter):
                yield _Condition(member.when, "so nobody is moved here", "everybody who does it is moved here")


class _Search:
    """Looks for causes in the conditions of one control."""

    def __init__(self, whole: Whole, reasoner: Reasoner) -> None:
        self._whole = whole
        self._reasoner = reasoner
        self._constancy = Constancy(reasoner)
        self._suspect = False
        """Whether the condition that is looked at contradicts itself somewhere: else no part of it does."""

    def findings(self, condition: _Condition) -> Iterator[Diagnostic]:
        """What of a condition is constant: the whole, or the outermost parts that are."""
        if condition.node is None:
            return
        meaning = self._whole.meaning(condition.node)
        if meaning is None:
            return
        self._suspect = self._reasoner.contradicts_itself(meaning)
        answer = self._answer(meaning)
        if answer is None:
            yield from self._parts(condition.node)
        elif answer:
            yield self._finding(condition.node, f"leave it out: {condition.always}", answer=True)
        else:
            yield self._finding(condition.node, f"{condition.never}: say what was meant, or take it out", answer=False)

    def within(self, node: ast.Expr) -> Iterator[Diagnostic]:
        """The conditions of ``if`` inside a value."""
        if isinstance(node, ast.Conditional):
            yield from self.findings(_Condition(node.condition, _OTHERWISE, _FIRST))
        for child in node.children():
            yield from self.within(child)  # type: ignore[arg-type]  # below an expression are expressions, and names

    def _answer(self, meaning: ir.Expr) -> bool | None:
        answer = self._constancy.of(meaning)
        if answer is None and self._suspect and self._reasoner.never((meaning,), None):
            return False
        return answer

    def _parts(self, node: ast.Expr) -> Iterator[Diagnostic]:
        """The constant parts of a condition that is not constant as a whole."""
        match node:
            case ast.And() | ast.Or():
                word, kept = ("and", True) if isinstance(node, ast.And) else ("or", False)
                for operand in node.operands:
                    part = self._whole.meaning(operand)
                    answer = None if part is None else self._answer(part)
                    if part is not None and answer is None:
                        yield from self._parts(operand)
                    elif answer is kept:
                        yield self._finding(operand, f"leave it out: it changes nothing in this `{word}`", answer=kept)
            case ast.Not():
                yield from self._parts(node.operand)
            case ast.Conditional():
                for condition in (_Condition(node.condition, _OTHERWISE, _FIRST),):
                    yield from self.findings(condition)
                for branch in (node.then, node.otherwise):
                    part = self._whole.meaning(branch)
                    if part is not None and self._answer(part) is None:
                        yield from self._parts(branch)
            case ast.Compare():
                yield from self.within(node)

    def _finding(self, node: ast.Expr, help_: str, *, answer: bool) -> Diagnostic:
        """A finding at what makes ``node`` constant."""
        cause, answer = self._cause(node, answer=answer)
        meaning = self._whole.meaning(cause)
        word = "always holds" if answer else "never holds"
        related: Sequence[tuple[Span, str]] = ()
        if meaning is None or self._constancy.of(meaning) is None:
            why, related = self._contradiction(cause)
        elif constant(meaning) is not None and not isinstance(cause, ast.Boolean):
            why = f"it is `{'true' if answer else 'false'}` whatever the request"
        else:
            why = self._why(cause, meaning)
        message = f"this {word}: {why}" if why else f"this {word}"
        return CONSTANT_CONDITION.at(cause.span, message, help=help_, related=tuple(related))

    def _cause(self, node: ast.Expr, *, answer: bool) -> tuple[ast.Expr, bool]:
        """The smallest part that makes ``node`` what it is."""
        while True:
            meaning = self._whole.meaning(node)
            let = None if meaning is None else self._whole.behind(meaning)
            if isinstance(node, ast.Not):
                node, answer = node.operand, not answer
            elif isinstance(node, ast.And | ast.Or):
                decisive = isinstance(node, ast.Or)
                found = self._deciding(node, answer=answer) if answer is decisive else None
                if found is None:
                    return node, answer
                node = found
            elif let is not None and self._says(let.value, answer=answer):
                node = let.value
            else:
                return node, answer

    def _deciding(self, node: ast.And | ast.Or, *, answer: bool) -> ast.Expr | None:
        return next((operand for operand in node.operands if self._says(operand, answer=answer)), None)

    def _says(self, node: ast.Expr, *, answer: bool) -> bool:
        meaning = self._whole.meaning(node)
        return meaning is not None and self._answer(meaning) is answer

    def _contradiction(self, node: ast.Expr) -> tuple[str, Sequence[tuple[Span, str]]]:
        """Which two parts of an ``and`` exclude each other, if two alone do."""
        if not isinstance(node, ast.And) or len(node.operands) > _FEW:
            return "its parts exclude each other", ()
        for one, other in combinations(node.operands, 2):
            left, right = self._whole.meaning(one), self._whole.meaning(other)
            if left is not None and right is not None and self._reasoner.never((left, right), None):
                why = f"{_quoted(one, 'one part')} and {_quoted(other, 'another')} exclude each other"
                return why, ((one.span, "this"), (other.span, "and this")) if len(node.operands) > 2 else ()
        return "its parts exclude each other", ()

    def _why(self, node: ast.Expr, meaning: ir.Expr) -> str:
        if not isinstance(node, ast.Compare):
            return ""
        while isinstance(meaning, ir.Named | ir.Not):
            meaning = meaning.value if isinstance(meaning, ir.Named) else meaning.operand
        left, right = (self._whole.meaning(side) for side in (node.left, node.right))
        term = node.right if left is not None and constant(left) is not None and right is not None else node.left
        return reason(meaning, unparse_expression(term))


_OTHERWISE: Final = "so it is always the value behind `else`"
_FIRST: Final = "it is always the value before `if`"


def _quoted(node: ast.Expr, otherwise: str) -> str:
    text = unparse_expression(node)
    return f"`{text}`" if len(text) <= _LONG else otherwise


RULE: Final = Rule(CONSTANT_CONDITION, constant_condition)
