"""``unused-parameter``: a parameter of a control or a policy that changes nothing."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check import ir
from nslsm.language.check.mentions import mentioned
from nslsm.language.check.modules import Declared
from nslsm.language.check.walk import nodes
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

UNUSED_PARAMETER: Final = Code("unused-parameter", Severity.WARNING)


def unused_parameter(whole: Whole) -> Iterator[Diagnostic]:
    """Whoever gives an argument believes that it counts."""
    for scope in whole.modules.values() if whole.sound else ():
        for declared in scope.declarations():
            if not isinstance(declared.node, ast.Control | ast.Policy) or not declared.node.parameters:
                continue
            if not _reads_all(whole.controls.get(declared.qualified)):
                yield from _unused(declared, declared.node)


def _reads_all(control: ir.Control | None) -> bool:
    """Whether a control reads all of its parameters; where it seems not to, what is written decides."""
    if control is None:
        return False
    unread = {parameter.name for parameter in control.parameters}
    for node in nodes((control.attributes, control.rules)):
        if isinstance(node, ir.Parameter | ir.Lookup):
            unread.discard(node.name if isinstance(node, ir.Parameter) else node.table.removeprefix("."))
            if not unread:
                return True
    return False


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
