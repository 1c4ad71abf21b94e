"""``unused-parameter``: a parameter of a control or a policy that changes nothing."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check.mentions import mentioned
from nslsm.language.check.modules import Declared
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

UNUSED_PARAMETER: Final = Code("unused-parameter", Severity.WARNING)


def unused_parameter(whole: Whole) -> Iterator[Diagnostic]:
    """Whoever gives an argument believes that it counts."""
    for scope in whole.modules.values() if whole.sound else ():
        for declared in scope.declarations():
            if isinstance(declared.node, ast.Control | ast.Policy) and declared.node.parameters:
                yield from _unused(declared, declared.node)


def _unused(declared: Declared, node: ast.Control | ast.Policy) -> Iterator[Diagnostic]:
    written = node.members if isinstance(node, ast.Control) else node.uses
    names = {parts[0] for parts in mentioned(written)}
    for parameter in node.parameters:
        name = parameter.name.text
        if name not in names:
            message = (
                f"{declared.kind} `{declared.name}` does not use its parameter `{name}`: an argument changes nothing"
            )
            yield UNUSED_PARAMETER.at(parameter.name.span, message, help="remove it, or use it")


RULE: Final = Rule(UNUSED_PARAMETER, unused_parameter)
