"""Builds tests: what there is, what is done, what is expected."""

# Each method makes what its production in grammar/policy.lark says; all of them take the place of the whole.
# ruff: noqa: D102, ARG002

from typing import Final, TypeAlias

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast, codes
from nslsm.language.syntax.build.expressions import Expressions
from nslsm.language.syntax.token import Token

STEP_WORDS: Final = ("file", "task", "expect", "by")
"""Words that begin a step of their own or go on with the one before, so that no task can be called that."""

KERNEL: Final = "kernel"
"""Who is to blame for what the kernel itself refuses (Model M2.1)."""

Operand: TypeAlias = ast.Expr | ast.Endpoint | ast.Argument


class Steps(Expressions):
    """The productions of tests."""

    def test(self, span: Span, title: ast.String, cases: ast.CaseRows | None, *steps: ast.Step) -> ast.Test:
        return ast.Test(span=span, title=title, cases=cases, steps=steps)

    def cases_here(self, span: Span, names: tuple[ast.Name, ...], *rows: ast.CaseRow) -> ast.CaseRows:
        return ast.CaseRows(span=span, names=names, rows=rows, source=None)

    def cases_elsewhere(self, span: Span, names: tuple[ast.Name, ...], source: ast.Dotted) -> ast.CaseRows:
        return ast.CaseRows(span=span, names=names, rows=(), source=source)

    def case_names(self, span: Span, *names: ast.Name) -> tuple[ast.Name, ...]:
        return names

    def case(self, span: Span, *cells: ast.Expr | ast.Endpoint) -> ast.CaseRow:
        return ast.CaseRow(span=span, cells=cells)

    def file_step(self, span: Span, path: ast.String | ast.Reference, facts: tuple[ast.Argument, ...]) -> ast.FileStep:
        return ast.FileStep(span=span, path=path, facts=facts)

    def task_step(
        self, span: Span, name: ast.Name, namespace: ast.Dotted, facts: tuple[ast.Argument, ...]
    ) -> ast.TaskStep:
        self._check_task(name)
        return ast.TaskStep(span=span, name=name, namespace=namespace, facts=facts)

    def call_step(
        self,
        span: Span,
        task: ast.Name,
        call: ast.Name,
        operands: tuple[Operand, ...],
        policy: ast.Use | None,
        outcomes: tuple[ast.Outcome, ...],
    ) -> ast.CallStep:
        before: ast.Node = task
        for part in (call, *operands, *(() if policy is None else (policy,))):
            if part.span.line > before.span.end_line:
                self.problems.append(missing_outcome(task.span.to(before.span)))
                break
            before = part
        return self._statement(
            ast.CallStep(
                span=span,
                task=task,
                call=call,
                operands=tuple([operand for operand in operands if not isinstance(operand, ast.Argument)]),
                named=tuple([operand for operand in operands if isinstance(operand, ast.Argument)]),
                policy=policy,
                outcomes=outcomes,
            )
        )

    def operand_named(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.Argument:
        return ast.Argument(span=span, name=name, value=value)

    def with_policy(
        self,
        span: Span,
        target: ast.Dotted | None = None,
        arguments: tuple[ast.Argument, ...] = (),
        alias: ast.Name | None = None,
        mode: ast.Name | None = None,
    ) -> ast.Use | None:
        return (
            None if target is None else ast.Use(span=span, target=target, arguments=arguments, alias=alias, mode=mode)
        )

    def fork_step(
        self,
        span: Span,
        task: ast.Name,
        call: Token,
        child: ast.Name,
        outcomes: tuple[ast.Outcome, ...] | None,
    ) -> ast.CallStep:
        self._check_task(child)
        operand = ast.Reference(span=child.span, name=child.text)
        return self._call(span, task, call, (operand,), outcomes)

    def exit_step(
        self, span: Span, task: ast.Name, call: Token, outcomes: tuple[ast.Outcome, ...] | None
    ) -> ast.CallStep:
        return self._call(span, task, call, (), outcomes)

    def _call(
        self,
        span: Span,
        task: ast.Name,
        call: Token,
        operands: tuple[ast.Expr, ...],
        outcomes: tuple[ast.Outcome, ...] | None,
    ) -> ast.CallStep:
        return ast.CallStep(
            span=span,
            task=task,
            call=ast.Name(span=call.span, text=call.text),
            operands=operands,
            named=(),
            policy=None,
            outcomes=outcomes or (),
        )

    def _check_task(self, name: ast.Name) -> None:
        if name.text in STEP_WORDS:
            self.problems.append(
                codes.RESERVED_WORD.at(
                    name.span,
                    f"a task cannot be called `{name.text}`",
                    help=f"a step that begins with `{name.text}` means something else; call the task otherwise",
                )
            )

    # Claims

    def claim(
        self,
        span: Span,
        annotations: tuple[ast.Annotation, ...],
        name: ast.Name,
        doc: ast.String | None,
        given: ast.Given | None,
        attempts: ast.Try | None,
        *nevers: ast.Never,
    ) -> ast.Claim:
        return ast.Claim(
            span=span, annotations=annotations, name=name, doc=doc, given=given, attempts=attempts, nevers=nevers
        )

    def given(self, span: Span, *steps: ast.FileStep | ast.TaskStep) -> ast.Given:
        return ast.Given(span=span, steps=steps)

    def try_(self, span: Span, *attempts: ast.Attempt) -> ast.Try:
        return self._statement(ast.Try(span=span, attempts=attempts))

    def attempt(self, span: Span, call: ast.Name, operands: tuple[Operand, ...]) -> ast.Attempt:
        return ast.Attempt(
            span=span,
            call=call,
            operands=tuple([operand for operand in operands if not isinstance(operand, ast.Argument)]),
            named=tuple([operand for operand in operands if isinstance(operand, ast.Argument)]),
        )

    def never(
        self, span: Span, hooks: tuple[ast.HookRef, ...], namespace: ast.Dotted, when: ast.Expr | None
    ) -> ast.Never:
        return self._statement(ast.Never(span=span, hooks=hooks, namespace=namespace, when=when))

    # Outcomes

    def allowed(self, span: Span) -> ast.Outcome:
        return _outcome(span, "allow")

    def refused(
        self,
        span: Span,
        word: Token,
        errno: ast.ErrnoLiteral | None,
        by: tuple[ast.Dotted, ast.Name | None] | None,
        within: ast.Dotted | None,
    ) -> ast.Outcome:
        control, rule = (None, None) if by is None else by
        return ast.Outcome(
            span=span, verdict=word.text, errno=errno, by=control, rule=rule, within=within, unknown=None
        )

    def kernel_refused(self, span: Span, errno: ast.ErrnoLiteral) -> ast.Outcome:
        return _outcome(span, "deny", errno=errno, by=ast.Dotted(span=span, parts=(KERNEL,)))

    def unknown(self, span: Span, fact: ast.Expr) -> ast.Outcome:
        return _outcome(span, "unknown", unknown=fact)

    def by(
        self, span: Span, control: ast.Dotted | None = None, rule: ast.Name | None = None
    ) -> tuple[ast.Dotted, ast.Name | None] | None:
        return None if control is None else (control, rule)

    def rule_name(self, span: Span, token: Token) -> ast.Name:
        return ast.Name(span=span, text=token.text[1:])

    def expect(self, span: Span, condition: ast.Expr) -> ast.Expect:
        return self._statement(ast.Expect(span=span, condition=condition))


def _outcome(
    span: Span,
    verdict: str,
    *,
    errno: ast.ErrnoLiteral | None = None,
    by: ast.Dotted | None = None,
    unknown: ast.Expr | None = None,
) -> ast.Outcome:
    return ast.Outcome(span=span, verdict=verdict, errno=errno, by=by, rule=None, within=None, unknown=unknown)


def missing_outcome(step: Span) -> Diagnostic:
    """What to say of a step that goes on to the next line without an arrow."""
    return codes.MISSING_OUTCOME.at(
        step,
        "this step says nothing about what comes out",
        label="`->` and an outcome belong behind this, on the same line or the next",
        help="the outcomes are `allow`, `deny`, `would-deny`, `unknown` and a fact, or the kernel's errno",
        notes=("only `fork`, `vfork`, `clone` and `exit` need none",),
    )
