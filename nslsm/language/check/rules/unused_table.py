"""``unused-table``: a table that nothing looks anything up in."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check.mentions import final_modules, unmentioned
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

UNUSED_TABLE: Final = Code("unused-table", Severity.WARNING)


def unused_table(whole: Whole) -> Iterator[Diagnostic]:
    """A table that nothing reads is data which looks as if it decided something."""
    for scope in final_modules(whole) if whole.sound else ():
        for table in unmentioned(scope, ast.Table):
            message = f"nothing looks anything up in table `{table.name}`"
            yield UNUSED_TABLE.at(table.span, message, help="remove it, or look a key up in a rule")


RULE: Final = Rule(UNUSED_TABLE, unused_table)
