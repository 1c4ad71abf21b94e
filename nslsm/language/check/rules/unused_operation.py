"""``unused-operation``: an operation that no rule names."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check.mentions import final_modules, unmentioned
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

UNUSED_OPERATION: Final = Code("unused-operation", Severity.WARNING)


def unused_operation(whole: Whole) -> Iterator[Diagnostic]:
    """An operation only names hooks: without a rule about it, nothing is asked."""
    for scope in final_modules(whole) if whole.sound else ():
        for operation in unmentioned(scope, ast.Operation):
            message = f"no rule is about operation `{operation.name}`"
            yield UNUSED_OPERATION.at(operation.span, message, help="remove it, or name it in a rule")


RULE: Final = Rule(UNUSED_OPERATION, unused_operation)
