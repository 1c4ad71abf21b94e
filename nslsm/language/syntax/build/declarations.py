"""Builds declarations: lets, tables, operations, controls with their rules, policies, namespaces."""

# Each method makes what its production in grammar/policy.lark says; all of them take the place of the whole.
# ruff: noqa: D102, ARG002, FBT001

from typing import NamedTuple, TypeAlias

from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast
from nslsm.language.syntax.build.expressions import Expressions
from nslsm.language.syntax.token import Token


class NamedHooks(NamedTuple):
    """The head of a rule that has a name."""

    name: ast.Name
    hooks: tuple[ast.HookRef, ...]


Head: TypeAlias = NamedHooks | tuple[ast.HookRef, ...]


def _parted(head: Head) -> tuple[ast.Name | None, tuple[ast.HookRef, ...]]:
    return head if isinstance(head, NamedHooks) else (None, head)


class Declarations(Expressions):
    """The productions of everything that stands in a module but tests."""

    def annotation(self, span: Span, name: ast.Name, *arguments: ast.AnnotationArgument) -> ast.Annotation:
        return ast.Annotation(span=span, name=name, arguments=arguments)

    def positional(self, span: Span, value: ast.Expr) -> ast.AnnotationArgument:
        return ast.AnnotationArgument(span=span, name=None, value=value)

    def keyword(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.AnnotationArgument:
        return ast.AnnotationArgument(span=span, name=name, value=value)

    # Declarations

    def let(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.Let:
        return self._statement(ast.Let(span=span, name=name, value=value))

    def table(
        self,
        span: Span,
        name: ast.Name,
        keys: tuple[ast.Parameter, ...],
        value: ast.TypeName | None,
        data: ast.String | tuple[ast.Row, ...],
        otherwise: ast.Expr | None,
    ) -> ast.Table:
        source = data if isinstance(data, ast.String) else None
        rows = () if isinstance(data, ast.String) else data
        return self._statement(
            ast.Table(span=span, name=name, keys=keys, value=value, source=source, rows=rows, otherwise=otherwise)
        )

    def key(self, span: Span, name: ast.Name, kind: ast.TypeName) -> ast.Parameter:
        return ast.Parameter(span=span, name=name, type=kind, default=None)

    def row(self, span: Span, keys: tuple[ast.Expr, ...], value: ast.Expr | None) -> ast.Row:
        return self._statement(ast.Row(span=span, keys=keys, value=value))

    def operation(self, span: Span, name: ast.Name, doc: ast.String | None, *hooks: ast.OperationHook) -> ast.Operation:
        return ast.Operation(span=span, name=name, doc=doc, hooks=hooks)

    def operation_hook(
        self, span: Span, hook: ast.HookRef, at: ast.Name | None, when: ast.Expr | None
    ) -> ast.OperationHook:
        return self._statement(ast.OperationHook(span=span, hook=hook, at=at, when=when))

    def control(
        self,
        span: Span,
        annotations: tuple[ast.Annotation, ...],
        name: ast.Name,
        parameters: tuple[ast.Parameter, ...],
        doc: ast.String | None,
        *members: ast.Attribute | ast.Let | ast.Rule,
    ) -> ast.Control:
        return ast.Control(
            span=span, annotations=annotations, name=name, parameters=parameters, doc=doc, members=members
        )

    def attribute(
        self,
        span: Span,
        kind: ast.Name,
        name: ast.Name,
        type_: ast.TypeName,
        default: ast.Expr | None,
        foreign: ast.Expr | None,
        join: ast.Name | None,
    ) -> ast.Attribute:
        return self._statement(
            ast.Attribute(span=span, kind=kind, name=name, type=type_, default=default, foreign=foreign, join=join)
        )

    # Rules

    def deny(
        self,
        span: Span,
        inbound: bool,
        head: Head,
        when: ast.Expr | None,
        errno: ast.ErrnoLiteral | None,
        because: ast.String | None,
    ) -> ast.Deny:
        name, hooks = _parted(head)
        return self._statement(
            ast.Deny(span=span, name=name, inbound=inbound, hooks=hooks, when=when, errno=errno, because=because)
        )

    def confine(
        self,
        span: Span,
        head: Head,
        where: ast.Expr | None,
        errno: ast.ErrnoLiteral | None,
        because: ast.String | None,
        *allows: ast.Allow,
    ) -> ast.Confine:
        name, hooks = _parted(head)
        return self._statement(
            ast.Confine(span=span, name=name, hooks=hooks, where=where, errno=errno, because=because, allows=allows)
        )

    def allow(self, span: Span, head: Head, when: ast.Expr | None) -> ast.Allow:
        name, hooks = _parted(head)
        return self._statement(ast.Allow(span=span, name=name, hooks=hooks, when=when))

    def on(self, span: Span, denied: bool, head: Head, when: ast.Expr | None, *assignments: ast.Assign) -> ast.On:
        name, hooks = _parted(head)
        return ast.On(span=span, name=name, denied=denied, hooks=hooks, when=when, assignments=assignments)

    def assign(self, span: Span, target: ast.Member, value: ast.Expr) -> ast.Assign:
        return self._statement(ast.Assign(span=span, target=target, value=value))

    def path(self, span: Span, first: ast.Name, *names: ast.Name) -> ast.Member:
        base: ast.Expr = ast.Reference(span=first.span, name=first.text)
        for name in names[:-1]:
            base = self._compound(ast.Member(span=span.to(name.span), base=base, name=name))
        return self._compound(ast.Member(span=span, base=base, name=names[-1]))

    def audit(
        self, span: Span, inbound: bool, head: Head, when: ast.Expr | None, because: ast.String | None
    ) -> ast.Audit:
        name, hooks = _parted(head)
        return self._statement(
            ast.Audit(span=span, name=name, inbound=inbound, hooks=hooks, when=when, because=because)
        )

    def inbound(self, span: Span, *words: Token) -> bool:
        return bool(words)

    def denied(self, span: Span, *words: Token) -> bool:
        return bool(words)

    def named_hooks(self, span: Span, name: ast.Name, hooks: tuple[ast.HookRef, ...]) -> NamedHooks:
        return NamedHooks(name, hooks)

    def hook(self, span: Span, name: ast.Dotted) -> ast.HookRef:
        return ast.HookRef(span=span, name=name)

    def family(self, span: Span, token: Token) -> ast.HookRef:
        return ast.HookRef(span=span, name=ast.Dotted(span=span, parts=(token.text,)))

    # Policies and namespaces

    def policy(
        self,
        span: Span,
        annotations: tuple[ast.Annotation, ...],
        name: ast.Name,
        parameters: tuple[ast.Parameter, ...],
        doc: ast.String | None,
        *uses: ast.Use,
    ) -> ast.Policy:
        return ast.Policy(span=span, annotations=annotations, name=name, parameters=parameters, doc=doc, uses=uses)

    def use(
        self,
        span: Span,
        target: ast.Dotted,
        arguments: tuple[ast.Argument, ...],
        alias: ast.Name | None,
        mode: ast.Name | None,
    ) -> ast.Use:
        return ast.Use(span=span, target=target, arguments=arguments, alias=alias, mode=mode)

    bind = use

    def mode(self, span: Span, word: Token | None = None) -> ast.Name | None:
        return None if word is None else ast.Name(span=word.span, text=word.text)

    def namespace(
        self,
        span: Span,
        annotations: tuple[ast.Annotation, ...],
        name: ast.Name,
        doc: ast.String | None,
        *members: ast.Use | ast.Enter | ast.Seal | ast.Lock | ast.Limit | ast.Namespace,
    ) -> ast.Namespace:
        return ast.Namespace(span=span, annotations=annotations, name=name, doc=doc, members=members)

    def enter(self, span: Span, hooks: tuple[ast.HookRef, ...], when: ast.Expr | None) -> ast.Enter:
        return self._statement(ast.Enter(span=span, hooks=hooks, when=when))

    def seal(self, span: Span) -> ast.Seal:
        return ast.Seal(span=span)

    def lock(self, span: Span, *controls: ast.Dotted) -> ast.Lock:
        return ast.Lock(span=span, controls=controls)

    def limit(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.Limit:
        return self._statement(ast.Limit(span=span, name=name, value=value))
