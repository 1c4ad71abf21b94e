"""``unsatisfiable-region``: a region that nothing is in, or one whose allows nothing in it can meet."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check import firing, ir
from nslsm.language.check.findings import listed
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.check.written import condition_of, written

UNSATISFIABLE_REGION: Final = Code("unsatisfiable-region", Severity.WARNING)


def unsatisfiable_region(whole: Whole) -> Iterator[Diagnostic]:
    """A region with an action that no request in it can be allowed denies that action, although allows are written for it."""
    texts = written(whole)
    for name, control in whole.controls.items():
        reasoner = whole.reasoner(name)
        for region in control.rules:
            if not isinstance(region, ir.Confine):
                continue
            if firing.contradicts_its_targets(reasoner, region.where, region.actions):
                yield UNSATISFIABLE_REGION.at(
                    condition_of(texts, region),
                    f"this region confines nothing: no request is {_or(region)} and meets its `where`",
                    help="hold the `where` against what the operation asks",
                )
                continue
            closed = firing.closed_actions(reasoner, region)
            if closed:
                allows = {allow.id: allow for each in closed.values() for allow in each}
                yield UNSATISFIABLE_REGION.at(
                    condition_of(texts, region),
                    f"nothing in this region can be allowed {listed(_short(each) for each in closed)}:"
                    " it is denied wherever the region holds",
                    help="an `allow` and the region's `where` contradict each other; a `deny` says it plainly",
                    related=tuple((condition_of(texts, allow), "this never holds there") for allow in allows.values()),
                )


def _or(region: ir.Confine) -> str:
    return listed(dict.fromkeys(_short(action.name) for action in region.actions)).replace(" and ", " or ")


def _short(name: str) -> str:
    return name.rpartition(".")[2]


RULE: Final = Rule(UNSATISFIABLE_REGION, unsatisfiable_region)
