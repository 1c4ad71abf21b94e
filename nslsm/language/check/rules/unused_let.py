"""``unused-let``: a name that nothing reads."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Edit, Fix, Severity
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

UNUSED_LET: Final = Code("unused-let", Severity.WARNING)


def unused_let(whole: Whole) -> Iterator[Diagnostic]:
    """What a ``let`` means depends on the rule that reads it, so one that nothing reads is not checked either."""
    for module in whole.modules.values() if whole.sound else ():
        for declared in module.declarations():
            if isinstance(declared.node, ast.Control):
                members = [member for member in declared.node.members if isinstance(member, ast.Let)]
                for let in members:
                    if not whole.is_read(let):
                        fix = Fix("remove it", (Edit(let.span, lines=True),))
                        yield _unused(let, f"in control `{declared.name}`", fix)
            elif isinstance(declared.node, ast.Let) and not whole.is_read(declared.node):
                yield _unused(declared.node, "of all that was checked")


def _unused(let: ast.Let, where: str, fix: Fix | None = None) -> Diagnostic:
    """What a module names may be read by others, so that only what a control keeps to itself can go for certain."""
    message = f"nothing {where} reads `{let.name.text}`, so what it says was not checked"
    return UNUSED_LET.at(let.name.span, message, fix=fix)


RULE: Final = Rule(UNUSED_LET, unused_let)
