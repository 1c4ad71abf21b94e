"""``foreign-missing``: a rule about another process lets one from outside off, for nothing says what its attribute is."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.diagnostics.span import Span
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import TASK
from nslsm.hooks.model import HookClass
from nslsm.language.check import ir
from nslsm.language.check.attribute_flow import AttributeFlow
from nslsm.language.check.supposing import Supposing
from nslsm.language.check.whole import Rule, Whole
from nslsm.protocol.things import Value

FOREIGN_MISSING: Final = Code("foreign-missing", Severity.WARNING)

_OWN_CHILDREN: Final = frozenset({"task_alloc"})
"""Hooks whose task is never anybody else's."""

_BETWEEN_TASKS: Final = frozenset(
    hook.name
    for hook in CATALOGUE.values()
    if hook.object == TASK and hook.hook_class is HookClass.ACCESS and hook.name not in _OWN_CHILDREN
)
"""Hooks that are asked about two processes, of which one can be at home elsewhere (Model M4.1)."""


def foreign_missing(whole: Whole) -> Iterator[Diagnostic]:
    """Without a ``foreign`` value, a process from outside counts as one that no rule has touched (Model M4.1)."""
    for control in whole.controls.values():
        silent = {each.key: each for each in control.attributes if each.kind == TASK and each.foreign is None}
        constant = {key: each for key, each in silent.items() if isinstance(_plain(each.default), ir.Constant)}
        if not constant:
            continue
        flow = whole.flow(control)
        for rule in control.rules:
            for key, span, what in _let_off(rule, constant, flow):
                attribute = constant.pop(key)
                yield _missing(attribute, span, what)


def _let_off(
    rule: ir.Rule, attributes: dict[str, ir.Attribute], flow: AttributeFlow
) -> Iterator[tuple[str, Span, str]]:
    """The attributes for whose default a rule lets a process from outside off: where, and how."""
    if not isinstance(rule, ir.Deny | ir.Confine) or not any(_is_between_tasks(action) for action in rule.actions):
        return
    side = "subject" if isinstance(rule, ir.Deny) and rule.inbound else "object"
    condition = rule.where if isinstance(rule, ir.Confine) else rule.when
    for key in [key for key in flow.readings(condition) if key in attributes]:
        if _holds(condition, side, None) and not _holds(condition, side, attributes[key]):
            yield key, rule.span, f"rule `{rule.id}` never holds for it"
    for allow in rule.allows if isinstance(rule, ir.Confine) and _holds(condition, side, None) else ():
        for key in [key for key in flow.readings(allow.when) if key in attributes]:
            reads = _Outsider(side, attributes[key])
            can_hold = Supposing(reads.value).may_hold(allow.when) and reads.is_asked
            if can_hold and not _must_hold(allow.when, side):
                yield key, allow.span, f"rule `{allow.id}` can let it through"


def _is_between_tasks(action: ir.Action) -> bool:
    return any(target.hook in _BETWEEN_TASKS and target.at is None for target in action.targets)


def _holds(condition: ir.Expr | None, side: str, attribute: ir.Attribute | None) -> bool:
    return Supposing(_Outsider(side, attribute).value).may_hold(condition)


def _must_hold(condition: ir.Expr | None, side: str) -> bool:
    """Whether a condition holds for whoever is from outside, whatever its attributes are."""
    return condition is None or Supposing(_Outsider(side, None).value).value(condition) is True


class _Outsider:
    """Supposes that one side of a request is from outside, and that one of its attributes has its default."""

    def __init__(self, side: str, attribute: ir.Attribute | None) -> None:
        self._side = side
        self._attribute = attribute
        self.is_asked = False

    def value(self, expression: ir.Expr) -> Value | None:
        """What follows for an expression."""
        match expression:
            case ir.FactOf(thing=ir.Thing(name=side), name="foreign") if side == self._side:
                return True
            case ir.AttributeOf(thing=ir.Thing(name=side), attribute=key) if side == self._side:
                if self._attribute is not None and key == self._attribute.key:
                    self.is_asked = True
                    default = _plain(self._attribute.default)
                    return default.value if isinstance(default, ir.Constant) else None
        return None


def _plain(expression: ir.Expr) -> ir.Expr:
    while isinstance(expression, ir.Named):
        expression = expression.value
    return expression


def _missing(attribute: ir.Attribute, span: Span, what: str) -> Diagnostic:
    return FOREIGN_MISSING.at(
        attribute.span,
        f"nothing says what `{attribute.key}` is for a process from outside: it has the default, and {what}",
        help="write `foreign` and a value behind the default; the default itself, where that is meant",
        related=((span, "this rule"),),
    )


RULE: Final = Rule(FOREIGN_MISSING, foreign_missing)
