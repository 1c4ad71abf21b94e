"""The layout of rules: on one line; else their clauses, from the last on, on lines of their own."""

from nslsm.language.syntax import ast
from nslsm.language.syntax.format.declarations import Declarations
from nslsm.language.syntax.format.document import HARD, LINE, SPACE, Document, group, nest, row


class Rules(Declarations):
    """Lays out the rules of a control."""

    def rule(self, rule: ast.Deny | ast.Allow | ast.Audit | ast.On) -> Document:
        """A rule that is no block."""
        said = self._rule_head(rule)
        match rule:
            case ast.Deny():
                return group(*said, *self._reasons(rule.errno, rule.because))
            case ast.Audit():
                return group(*said, *self._reasons(None, rule.because))
            case ast.Allow():
                return group(*said)
            case ast.On():
                return row(group(*said), nest(*self._assignments(rule)))

    def region(self, region: ast.Confine) -> Document:
        """The head of a ``confine``, up to its opening brace, which has a line of its own behind a head of several lines."""
        said = self._rule_head(region)
        reasons = self._reasons(region.errno, region.because)
        line = self.between(LINE)
        return group(*said, *reasons, line, self.take("{"))

    def _rule_head(self, rule: ast.Deny | ast.Allow | ast.Confine | ast.Audit | ast.On) -> list[Document]:
        """Everything up to the condition."""
        parts: list[Document] = []
        is_marked = (isinstance(rule, ast.Deny | ast.Audit) and rule.inbound) or (
            isinstance(rule, ast.On) and rule.denied
        )
        for _ in range(1 + is_marked):
            parts += [self.take(), SPACE]
        if rule.name is not None:
            parts += [self.take(), self.take(":"), SPACE]
        parts.append(self.hooks(rule.hooks))
        if isinstance(rule, ast.Confine):
            return [*parts, *self.condition("where", rule.where)]
        return [*parts, *self.condition("when", rule.when)]

    def _reasons(self, errno: ast.ErrnoLiteral | None, because: ast.String | None) -> list[Document]:
        parts: list[Document] = []
        if errno is not None:
            parts += [self.between(LINE), self.take("with"), SPACE, self.take()]
        if because is not None:
            parts += [self.between(LINE), self.take("because"), SPACE, self.take()]
        return [nest(*parts)] if parts else []

    def _assignments(self, rule: ast.On) -> list[Document]:
        parts: list[Document] = []
        for assign in rule.assignments:
            parts.append(self.between(HARD))
            first = self.place
            path = [self.take("set"), SPACE, self.take()]
            while self.next == ".":
                path += [self.take("."), self.take()]
            parts.append(self.remarked(first, row(*path, *self.clause("=", assign.value))))
        return parts
