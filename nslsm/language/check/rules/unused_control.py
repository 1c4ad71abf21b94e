"""``unused-control``: a control that is bound nowhere, so that nobody asks it."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check.mentions import final_modules, unmentioned
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

UNUSED_CONTROL: Final = Code("unused-control", Severity.WARNING)


def unused_control(whole: Whole) -> Iterator[Diagnostic]:
    """A control looks like protection and is none before a namespace binds it (Model M1, Binding)."""
    for scope in final_modules(whole) if whole.sound else ():
        for control in unmentioned(scope, ast.Control):
            yield UNUSED_CONTROL.at(
                control.span,
                f"no namespace and no policy here binds control `{control.name}`, and no lock lets it in",
                label="nobody asks it",
                help=f"`bind {control.name}` in a namespace, or `use` it in a policy",
            )


RULE: Final = Rule(UNUSED_CONTROL, unused_control)
