"""``empty-seal``: a namespace is sealed in which there is nothing to keep."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check import ir
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

EMPTY_SEAL: Final = Code("empty-seal", Severity.WARNING)


def empty_seal(whole: Whole) -> Iterator[Diagnostic]:
    """A seal keeps bindings, moves, limits and lock of its own namespace, not of those inside (Model M5.3)."""
    for scope in whole.modules.values() if whole.sound else ():
        for declared in scope.declarations():
            if isinstance(declared.node, ast.Namespace):
                yield from _below(declared.node, whole.namespaces[declared.qualified])


def _below(node: ast.Namespace, namespace: ir.Namespace) -> Iterator[Diagnostic]:
    pending = [(node, namespace)]
    while pending:
        written, made = pending.pop()
        seals = [member for member in written.members if isinstance(member, ast.Seal)]
        kept = made.binds or any(isinstance(member, ast.Limit | ast.Lock) for member in written.members)
        if seals and not kept:
            inner = [member for member in written.members if isinstance(member, ast.Namespace)]
            yield EMPTY_SEAL.at(
                seals[0].span,
                f"`{made.name}` binds nothing, and from here on nothing can ever be bound in it",
                help="bind what is to be kept, or leave the seal out",
                notes=("the namespaces inside are not sealed by this: each says `seal` for itself",) if inner else (),
            )
        inside = [member for member in written.members if isinstance(member, ast.Namespace)]
        pending.extend(zip(inside, made.children, strict=True))


RULE: Final = Rule(EMPTY_SEAL, empty_seal)
