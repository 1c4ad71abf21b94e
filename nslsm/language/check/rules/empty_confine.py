"""``empty-confine``: a region that lets nothing through."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check import ir
from nslsm.language.check.findings import listed
from nslsm.language.check.whole import Rule, Whole

EMPTY_CONFINE: Final = Code("empty-confine", Severity.WARNING)


def empty_confine(whole: Whole) -> Iterator[Diagnostic]:
    """A region denies whatever no ``allow`` in it is for: with none for an action, that action is denied throughout."""
    for control in whole.controls.values():
        for rule in control.rules:
            if not isinstance(rule, ir.Confine):
                continue
            allowed = {name for allow in rule.allows for name in allow.actions}
            without = [action.name.rpartition(".")[2] for action in rule.actions if action.name not in allowed]
            if without:
                yield EMPTY_CONFINE.at(
                    rule.span,
                    f"nothing in this region allows {listed(without)}: it is denied wherever the region holds",
                    help="where that is meant, a `deny` says it",
                )


RULE: Final = Rule(EMPTY_CONFINE, empty_confine)
