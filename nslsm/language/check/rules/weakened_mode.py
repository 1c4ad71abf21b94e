"""``weakened-mode``: something that only complains where the rest of the policy says, or relies on it, that it denies."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.diagnostics.span import Span
from nslsm.language.check import ir
from nslsm.language.check.modules import Declared, ModuleScope
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast
from nslsm.protocol.namespace import Mode

WEAKENED_MODE: Final = Code("weakened-mode", Severity.WARNING)

_Enforced = frozenset[tuple[str, tuple[tuple[str, ir.ArgumentValue], ...]]]
"""Controls with their arguments."""


def weakened_mode(whole: Whole) -> Iterator[Diagnostic]:
    """What only complains denies nothing (Model M2.5): under a lock nothing makes up for it (Model M5.3)."""
    if not whole.sound:
        return
    policies = _Policies(whole)
    for scope in whole.modules.values():
        for declared in scope.declarations():
            if isinstance(declared.node, ast.Policy):
                made = whole.policies.get(declared.qualified)
                binds = () if made is None else made.binds
                for use in declared.node.uses:
                    yield from policies.weakened(scope, use, binds)
            elif isinstance(declared.node, ast.Namespace):
                yield from _of_tree(policies, scope, declared.node, whole.namespaces[declared.qualified])


def _of_tree(
    policies: "_Policies", scope: ModuleScope, node: ast.Namespace, namespace: ir.Namespace
) -> Iterator[Diagnostic]:
    pending: list[tuple[ast.Namespace, ir.Namespace, ir.Namespace | None, _Enforced]] = [
        (node, namespace, None, frozenset())
    ]
    while pending:
        written, made, lock, enforced = pending.pop()
        lock = made if made.lock is not None else lock
        enforced |= {(bind.control.name, bind.arguments) for bind in made.binds if bind.mode is Mode.ENFORCE}
        uses = {member.span: member for member in written.members if isinstance(member, ast.Use)}
        told = set()
        for use in uses.values():
            for diagnostic in policies.weakened(scope, use, made.binds):
                told.add(use.span)
                yield diagnostic
        for bind in made.binds if lock is not None else ():
            is_made_up_for = (bind.control.name, bind.arguments) in enforced
            if lock is not None and bind.mode is Mode.COMPLAIN and not is_made_up_for and bind.span not in told:
                yield _under_lock(uses.get(bind.span), bind, lock)
        inner = [member for member in written.members if isinstance(member, ast.Namespace)]
        pending.extend((one, other, lock, enforced) for one, other in zip(inner, made.children, strict=True))


def _under_lock(use: ast.Use | None, bind: ir.Bind, lock: ir.Namespace) -> Diagnostic:
    brought = (
        "" if use is None or str(use.target).rpartition(".")[2] == bind.name else f", which `{use.target}` brings,"
    )
    return WEAKENED_MODE.at(
        _place(use, bind),
        f"`{bind.name}`{brought} only complains, and the lock of `{lock.name}` lets nothing else be bound in its place",
        label="denies nothing",
        help="let it enforce, or lock the namespace once it does",
        related=((lock.span, "locked here"),),
    )


def _place(use: ast.Use | None, bind: ir.Bind) -> Span:
    if use is None:
        return bind.span
    return use.span if use.mode is None else use.mode.span


class _Policies:
    """What policies say in so many words that it enforces."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        self._enforced: dict[int, ast.Use | None] = {}

    def weakened(self, scope: ModuleScope, use: ast.Use, binds: tuple[ir.Bind, ...]) -> Iterator[Diagnostic]:
        """Whether a use ``in complain`` takes back what the policy that it uses says; ``binds`` is what came of it."""
        if use.mode is None or use.mode.text != Mode.COMPLAIN.value:
            return
        inner = self._says(scope, use.target)
        if inner is None:
            return
        name = str(inner.target).rpartition(".")[2] if inner.alias is None else inner.alias.text
        if any(bind.mode is Mode.ENFORCE and bind.name.rpartition(".")[2] == name for bind in binds):
            return
        yield WEAKENED_MODE.at(
            use.mode.span,
            f"`{use.target}` says that `{inner.target}` enforces, and this takes it back",
            label="makes all of it complain",
            help=f"use `{inner.target}` beside it as well: of two modes the stricter one counts",
            related=((inner.span, "it is said here"),),
        )

    def _says(self, scope: ModuleScope, target: ast.Dotted) -> ast.Use | None:
        """The first use in a policy, or in those that it uses as they are, that says ``in enforce``."""
        found = scope.find(target.parts)
        if not isinstance(found, Declared) or not isinstance(found.node, ast.Policy):
            return None
        if id(found.node) not in self._enforced:
            self._enforced[id(found.node)] = self._first(found.module, found.node)
        return self._enforced[id(found.node)]

    def _first(self, scope: ModuleScope, policy: ast.Policy) -> ast.Use | None:
        for use in policy.uses:
            if use.mode is not None and use.mode.text == Mode.ENFORCE.value:
                return use
            inner = self._says(scope, use.target) if use.mode is None else None
            if inner is not None:
                return inner
        return None


RULE: Final = Rule(WEAKENED_MODE, weakened_mode)
