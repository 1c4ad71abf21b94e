"""The layout of the steps of tests. Up to its arrow, a step's words stand on one line; the arrows of several are aligned."""

from collections.abc import Sequence

from nslsm.language.syntax import ast
from nslsm.language.syntax.build.steps import KERNEL
from nslsm.language.syntax.format.declarations import Declarations
from nslsm.language.syntax.format.document import CELL, CELL_LINE, LINE, SOFT, SPACE, Document, group, joined, nest, row

BESIDE_ARROW = 3
"""Columns of ``-> ``, behind which outcomes stand below each other."""


class Steps(Declarations):
    """Lays out what stands in a test."""

    def test_head(self, test: ast.Test) -> Document:
        """``test "…" for path, port in { "/a" 80, "/b" 443 } {``, up to the opening brace."""
        parts = [self.take("test"), SPACE, self.take()]
        cases = test.cases
        if cases is None:
            return row(*parts, self.between(SPACE), self.take("{"))
        gap = self.between(SPACE if cases.source is None else LINE)
        names = [self.take("for"), SPACE, self.take()]
        for _ in cases.names[1:]:
            names += [self.take(","), self.between(SPACE), self.take()]
        names += [self.between(SPACE), self.take("in"), self.between(SPACE)]
        if cases.source is None:
            return row(*parts, gap, *names, self._case_rows(cases.rows), self.between(SPACE), self.take("{"))
        within = nest(gap, *names, self.dotted(cases.source))
        return group(*parts, within, self.between(LINE), self.take("{"))

    def _case_rows(self, rows: Sequence[ast.CaseRow]) -> Document:
        made = self.opened("{", LINE if rows else SOFT)
        for one in rows:
            cells = self.cells(one.cells)
            made.add(group(cells[0], nest(*cells[1:])) if cells[1:] else cells[0])
        return made.closed("}")

    def step(self, step: ast.Step) -> Document:
        """One step."""
        match step:
            case ast.FileStep():
                return row(self.take("file"), SPACE, self.take(), *self._facts(step))
            case ast.TaskStep():
                task = [self.take("task"), SPACE, self.take(), CELL, self.take("in"), SPACE]
                return row(*task, self.dotted(step.namespace), *self._facts(step))
            case ast.CallStep():
                return self._call(step)
            case ast.Expect():
                return row(self.take("expect"), self.between(SPACE), self.expression(step.condition))

    def attempts(self, tries: ast.Try) -> Document:
        """``try open, rename, setuid 0``."""
        parts: list[Document] = [self.take("try"), SPACE]
        rest: list[Document] = []
        for attempt in tries.attempts:
            if attempt is not tries.attempts[0]:
                rest += [self.take(","), self.between(LINE)]
            rest.append(self._attempt(attempt))
        return row(*parts, nest(group(*rest)))

    def _attempt(self, attempt: ast.Attempt) -> Document:
        parts: list[Document] = [self.take()]
        for operand in sorted((*attempt.operands, *attempt.named), key=lambda operand: operand.span.start):
            parts += [SPACE, self._operand(operand)]
        return row(*parts)

    def never(self, never: ast.Never) -> Document:
        """``never read in tenant_a when object.tenant == "b"``."""
        parts = [self.take("never"), SPACE, self.hooks(never.hooks), self.between(SPACE), self.take("in"), SPACE]
        return group(*parts, self.dotted(never.namespace), *self.condition("when", never.when))

    def _facts(self, step: ast.FileStep | ast.TaskStep) -> list[Document]:
        facts = self.arguments(step.facts, "{}")
        return [SPACE, *facts] if facts else []

    def _call(self, step: ast.CallStep) -> Document:
        parts = [self.take(), CELL, self.take()]
        for operand in sorted((*step.operands, *step.named), key=lambda operand: operand.span.start):
            parts += [SPACE, self._operand(operand)]
        if step.policy is not None:
            parts += [SPACE, self.binding(step.policy, "with")]
        if not step.outcomes:
            return row(*parts)
        arrow = [self.between(CELL_LINE), self.take("->"), self.between(SPACE)]
        outcomes: list[Document] = []
        for outcome in step.outcomes:
            if outcomes:
                outcomes.append(self.between(LINE))
            said = self._outcome(outcome)
            outcomes.append(said if outcome is step.outcomes[-1] else row(said, self.take(",")))
        return row(*parts, group(nest(*arrow, nest(group(*outcomes), by=BESIDE_ARROW))))

    def _operand(self, operand: ast.Expr | ast.Endpoint | ast.Argument) -> Document:
        if not isinstance(operand, ast.Argument):
            return self.cell(operand)
        name = [self.take(), SPACE, self.take("="), self.between(SPACE)]
        return row(*name, self.expression(operand.value))

    def _outcome(self, outcome: ast.Outcome) -> Document:
        if outcome.unknown is not None:
            word = self.take("unknown")
            return row(word, self.between(SPACE), self.expression(outcome.unknown))
        parts = [self.take()]
        by_kernel = outcome.by is not None and outcome.by.parts == (KERNEL,) and outcome.by.span == outcome.span
        if outcome.errno is not None and not by_kernel:
            parts += [SPACE, self.take()]
        if outcome.by is not None and not by_kernel:
            parts += [SPACE, self.take("by"), SPACE, self.dotted(outcome.by)]
            parts += [] if outcome.rule is None else [self.take()]
        if outcome.within is not None:
            parts += [SPACE, self.take("in"), SPACE, self.dotted(outcome.within)]
        return joined(parts)
