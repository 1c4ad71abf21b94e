"""``unreachable-rule``: a rule that never fires, because its condition contradicts what it stands on."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check import firing, ir
from nslsm.language.check.findings import listed
from nslsm.language.check.implication import Reasoner
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.check.written import condition_of, written

UNREACHABLE_RULE: Final = Code("unreachable-rule", Severity.WARNING)


def unreachable_rule(whole: Whole) -> Iterator[Diagnostic]:
    """A condition can be right by itself and still exclude the operation that the rule names, or the region around it."""
    texts = written(whole)
    for name, control in whole.controls.items():
        reasoner = whole.reasoner(name)
        for rule in control.rules:
            if isinstance(rule, ir.Confine):
                for allow in _unreachable(reasoner, rule):
                    yield UNREACHABLE_RULE.at(
                        condition_of(texts, allow),
                        f"this lets nothing through: no request in the region is {_asked(allow.actions)} and meets it",
                        help="hold it against the region's `where`, and against what the operation asks",
                        related=((condition_of(texts, rule), "the region is here"),),
                    )
            elif firing.contradicts_its_targets(reasoner, rule.when, rule.actions):
                names = [action.name for action in rule.actions]
                yield UNREACHABLE_RULE.at(
                    condition_of(texts, rule),
                    f"this rule never fires: no request is {_asked(names)} and meets its condition",
                    help="hold the condition against what the operation asks, or name another",
                )


def _unreachable(reasoner: Reasoner, region: ir.Confine) -> Iterator[ir.Allow]:
    """Allows that can hold, but nowhere in the region; not those of an action that nothing lets through."""
    places = firing.live_targets(reasoner, region)
    closed = firing.closed_actions(reasoner, region)
    for allow in region.allows:
        own = [target for name in allow.actions for target in places.get(name, ())]
        if not own or reasoner.never((allow.when,), None) or closed.keys() >= set(allow.actions):
            continue
        if not firing.lets_through(reasoner, region, allow, own):
            yield allow


def _asked(names: Iterator[str] | tuple[str, ...] | list[str]) -> str:
    return listed(dict.fromkeys(name.rpartition(".")[2] for name in names)).replace(" and ", " or ")


RULE: Final = Rule(UNREACHABLE_RULE, unreachable_rule)
