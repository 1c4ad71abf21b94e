"""Declared namespaces: what they bind, who enters them, what nobody may change (Model M5)."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Final

from nslsm.diagnostics.span import Span
from nslsm.hooks.types import INT
from nslsm.language.check import codes, ir
from nslsm.language.check.annotations import annotations
from nslsm.language.check.findings import listed, nearest
from nslsm.language.check.modules import ModuleScope
from nslsm.language.check.policies import MAX_BINDINGS, Policies
from nslsm.language.check.session import Session
from nslsm.language.check.site import CONSTANT
from nslsm.language.check.walk import tables_in
from nslsm.language.syntax import ast
from nslsm.language.syntax.codes import OVER_LIMIT
from nslsm.protocol.namespace import Limits

LIMITS: Final = tuple(part.name for part in fields(Limits))
"""What a namespace can limit (Model M5.4)."""

MAX_DEPTH: Final = Limits().depth
"""How deep declared namespaces may nest."""


class Namespaces:
    """Checks namespaces with all that is in them."""

    def __init__(self, session: Session, policies: Policies) -> None:
        self._session = session
        self._policies = policies

    def check(self, module: ModuleScope, node: ast.Namespace) -> ir.Namespace:
        """A top-level namespace; whatever is wrong in it is reported and left out."""
        return self._namespace(module, node, depth=1)

    def _namespace(self, module: ModuleScope, node: ast.Namespace, *, depth: int) -> ir.Namespace:
        findings = self._session.findings
        if depth > MAX_DEPTH:
            message = f"namespaces are nested deeper than the limit of {MAX_DEPTH}"
            findings.add(OVER_LIMIT, node.name.span, message)
            return _empty(node)
        inner = [member for member in node.members if isinstance(member, ast.Namespace)]
        self._unique(inner)
        enters = [member for member in node.members if isinstance(member, ast.Enter)]
        if enters and depth == 1:
            message = (
                f"`{node.name.text}` is the root: there is no namespace above it that a process could enter it from"
            )
            findings.add(codes.ENTER_WITHOUT_PARENT, enters[0].span, message)
        seals = [member for member in node.members if isinstance(member, ast.Seal)]
        locks = [member for member in node.members if isinstance(member, ast.Lock)]
        self._once("seal", [member.span for member in seals])
        self._once("lock", [member.span for member in locks])
        binds = self._policies.uses(module, [member for member in node.members if isinstance(member, ast.Use)])
        if len(binds) > MAX_BINDINGS:
            message = f"`{node.name.text}` has {len(binds)} bindings, more than the limit of {MAX_BINDINGS}"
            findings.add(OVER_LIMIT, node.name.span, message)
        checked = [self._enter(module, member) for member in enters]
        return ir.Namespace(
            name=node.name.text,
            doc="" if node.doc is None else node.doc.value,
            annotations=annotations(findings, self._session.catalogues, node.annotations),
            binds=binds,
            enters=tuple(enter for enter in checked if enter is not None),
            sealed=bool(seals),
            lock=self._lock(module, locks[0]) if locks else None,
            limits=self._limits(module, node),
            children=tuple(self._namespace(module, member, depth=depth + 1) for member in inner),
            span=node.name.span,
        )

    def _unique(self, siblings: Iterable[ast.Namespace]) -> None:
        names: dict[str, Span] = {}
        for node in siblings:
            name, span = node.name.text, node.name.span
            before = names.setdefault(name, span)
            if before is not span:
                self._session.findings.add(
                    codes.DUPLICATE_NAME,
                    span,
                    f"two namespaces side by side are called `{name}`",
                    related=((before, "the other is here"),),
                )

    def _once(self, what: str, spans: list[Span]) -> None:
        for span in spans[1:]:
            related = ((spans[0], "it is said here"),)
            self._session.findings.add(
                codes.REPEATED_CLAUSE, span, f"`{what}` is said twice in this namespace", related=related
            )

    def _enter(self, module: ModuleScope, node: ast.Enter) -> ir.Enter | None:
        actions = self._session.actions.resolve(module, node.hooks, judged=False)
        if not actions:
            return None
        here = self._session.expressions(module, None, self._session.actions.site(actions))
        when, sound = here.condition(node.when)
        if not sound:
            return None
        enter = ir.Enter(actions=actions, when=when)
        return replace(enter, tables=self._session.tables.named(tables_in((enter,))))

    def _lock(self, module: ModuleScope, node: ast.Lock) -> tuple[ir.Control, ...]:
        found: dict[str, ir.Control] = {}
        for name in node.controls:
            found.update((control.name, control) for control in self._policies.controls_of(module, name))
        return tuple(found.values())

    def _limits(self, module: ModuleScope, node: ast.Namespace) -> Limits:
        findings = self._session.findings
        here = self._session.expressions(module, None, CONSTANT)
        found: dict[str, int] = {}
        for member in node.members:
            if not isinstance(member, ast.Limit):
                continue
            name = member.name.text
            if name not in LIMITS:
                way_out = nearest(name, LIMITS) or f"there are {listed(LIMITS)}"
                findings.add(
                    codes.UNKNOWN_LIMIT, member.name.span, f"nothing that has a limit is called `{name}`", help=way_out
                )
                continue
            if name in found:
                findings.add(codes.REPEATED_CLAUSE, member.span, f"`limit {name}` is said twice in this namespace")
            constant = here.constant(member.value, INT, f"limit `{name}`")
            if constant is None or not isinstance(constant.value, int):
                continue
            found[name] = constant.value
            if constant.value < 0:
                findings.add(codes.UNKNOWN_LIMIT, member.value.span, "a limit is a number of things: not below zero")
        return Limits(**found)


def _empty(node: ast.Namespace) -> ir.Namespace:
    return ir.Namespace(
        name=node.name.text,
        doc="",
        binds=(),
        enters=(),
        sealed=False,
        lock=None,
        limits=Limits(),
        children=(),
        span=node.name.span,
    )
