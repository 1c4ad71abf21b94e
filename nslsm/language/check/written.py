"""Rules as they were written: what the typed program says, back in the text, for findings that point at a part of a rule."""

from collections.abc import Iterator, Mapping

from nslsm.diagnostics.span import Span
from nslsm.language.check import ir
from nslsm.language.check.whole import Whole
from nslsm.language.syntax import ast


def written(whole: Whole) -> Mapping[Span, ast.Rule | ast.Allow]:
    """Every rule of every control, an ``allow`` too, by the place that its typed form names."""
    return {rule.span: rule for control in _controls(whole) for rule in _rules(control)}


def _controls(whole: Whole) -> Iterator[ast.Control]:
    for scope in whole.modules.values():
        for declared in scope.declarations():
            if isinstance(declared.node, ast.Control):
                yield declared.node


def _rules(control: ast.Control) -> Iterator[ast.Rule | ast.Allow]:
    for member in control.members:
        if isinstance(member, ast.Deny | ast.Confine | ast.On | ast.Audit):
            yield member
            if isinstance(member, ast.Confine):
                yield from member.allows


def condition_of(texts: Mapping[Span, ast.Rule | ast.Allow], rule: ir.Rule | ir.Allow) -> Span:
    """Where a rule's condition stands; the whole rule where it has none."""
    node = texts.get(rule.span)
    condition = None if node is None else node.where if isinstance(node, ast.Confine) else node.when
    return rule.span if condition is None else condition.span
