"""The layout of expressions, names and types."""

from collections.abc import Generator, Sequence
from typing import Final, TypeAlias

from nslsm.language.syntax import ast
from nslsm.language.syntax.format.document import LINE, SOFT, SPACE, Document, group, joined, nest, row, words
from nslsm.language.syntax.format.reader import Reader
from nslsm.language.syntax.unparse_expression import unparse_expression

_LITERALS: Final = (
    ast.Boolean,
    ast.Integer,
    ast.String,
    ast.AddressLiteral,
    ast.NetworkLiteral,
    ast.ErrnoLiteral,
    ast.Reference,
)

_Making: TypeAlias = Generator[ast.Expr, Document, Document]
"""The making of an expression's document: it asks for those of its parts, and ends with its own."""


class Expressions(Reader):
    """Lays out expressions and what declarations are made of."""

    def expression(self, expression: ast.Expr) -> Document:
        """An expression. Iterative, for expressions may go deep."""
        document = self._path(expression)
        making = [] if document is not None else [self._made(expression)]
        while making:
            try:
                asked = next(making[-1]) if document is None else making[-1].send(document)
            except StopIteration as done:
                document = done.value
                making.pop()
            else:
                document = self._path(asked)
                if document is None:
                    making.append(self._made(asked))
        assert document is not None
        return document

    def _path(self, node: ast.Expr) -> Document | None:
        """``object.path``, a word or a name with members; None where it is more than that, or has comments in it."""
        count = 1
        part = node
        while isinstance(part, ast.Member):
            part = part.base
            count += 2
        end = self.place + count
        if (
            not isinstance(part, ast.Reference | ast.String | ast.ErrnoLiteral)
            or self._starts[end - 1] >= node.span.end
        ):
            return None
        if self.is_bracketed(node) or (self.notes and not self.notes.keys().isdisjoint(range(self.place, end))):
            return None
        text = "".join(self.words[self.place : end])
        self.place = end
        return words(text)

    def _made(self, node: ast.Expr) -> _Making:
        """An expression with the brackets around it."""
        before = self.comments()
        if self.is_bracketed(node):
            opening = [self.take("("), self.between(SOFT)]
            document = yield from self._bare(node, nested=False)
            inside = nest(*opening, document, *self.dangling())
            document = group(inside, SOFT, self.take(")"))
        else:
            document = yield from self._bare(node, nested=True)
        return joined([*before, document]) if before else document

    def _bare(self, node: ast.Expr, *, nested: bool) -> _Making:
        """An expression without brackets around it. ``nested``: its further lines are indented."""
        match node:
            case ast.Integer():
                return self.take_as(unparse_expression(node))
            case ast.AddressLiteral() | ast.NetworkLiteral():
                return self.take_as(self.next.lower())
            case ast.Member():
                base = yield node.base
                return row(base, self.take("."), self.take())
            case ast.Call():
                function = yield node.function
                arguments = yield from self._elements(node.arguments, "()")
                return row(function, arguments)
            case ast.SetLiteral():
                return (yield from self._elements(node.elements, "{}"))
            case ast.Not():
                word = self.take("not")
                return row(word, SPACE, (yield node.operand))
            case ast.And() | ast.Or():
                return (yield from self._operands(node.operands, nested=nested))
            case ast.Arithmetic():
                return (yield from self._operands(_sum(node), nested=nested))
            case ast.Compare():
                return (yield from self._compared(node, nested=nested))
            case ast.Conditional():
                return (yield from self._conditional(node, nested=nested))
            case _:
                return self.take()

    def _elements(self, elements: Sequence[ast.Expr], brackets: str) -> _Making:
        filled = brackets == "{}" and all(isinstance(each, _LITERALS) for each in elements)
        made = self.opened(brackets[0], SOFT, filled=filled)
        for element in elements:
            made.add((yield element))
        return made.closed(brackets[1])

    def _operands(self, operands: Sequence[ast.Expr], *, nested: bool) -> _Making:
        """Operands on one line, or each on its own with the operator before it."""
        first = yield operands[0]
        further: list[Document] = []
        for operand in operands[1:]:
            line = self.between(LINE)
            operator = self.take()
            further += [line, operator, SPACE, (yield operand)]
        return group(first, nest(*further) if nested else joined(further))

    def _compared(self, node: ast.Compare, *, nested: bool) -> _Making:
        """A comparison; a set or brackets on its right begin on the line of the operator."""
        left = yield node.left
        count = len(node.operator.split())
        right = node.right
        hugged = self.is_bracketed(right, count) or (isinstance(right, ast.SetLiteral) and bool(right.elements))
        gap = self.between(SPACE if hugged else LINE)
        operator = [part for _ in range(count) for part in (self.take(), SPACE)]
        further = [gap, *operator, (yield right)]
        return row(left, *further) if hugged or not nested else group(left, nest(*further))

    def _conditional(self, node: ast.Conditional, *, nested: bool) -> _Making:
        """``a if b``, each ``else c if d`` and ``else e`` on lines of their own, where all do not fit on one."""
        links = [node]
        while isinstance(link := links[-1].otherwise, ast.Conditional) and link.span.end == links[-1].span.end:
            links.append(link)
        parts: list[Document] = []
        word: list[Document] = []
        for link in links:
            then = yield link.then
            line, if_ = self.between(LINE), self.take("if")
            condition = yield link.condition
            parts.append(group(*word, then, nest(line, if_, SPACE, condition)))
            parts.append(self.between(LINE))
            word = [self.take("else"), SPACE]
        parts.append(row(*word, (yield links[-1].otherwise)))
        return group(parts[0], nest(*parts[1:]) if nested else joined(parts[1:]))

    def cell(self, cell: ast.Expr | ast.Endpoint) -> Document:
        """What stands beside others without a comma between."""
        return self.take_as(self.next.lower()) if isinstance(cell, ast.Endpoint) else self.expression(cell)

    def cells(self, cells: Sequence[ast.Expr | ast.Endpoint]) -> list[Document]:
        """What stands beside each other without commas, and the places between where a line may end."""
        parts = [self.cell(cells[0])]
        for cell in cells[1:]:
            parts += [self.between(LINE), self.cell(cell)]
        return parts

    # Names and types

    def dotted(self, name: ast.Dotted) -> Document:
        """A qualified name."""
        parts = [self.take()]
        for _ in name.parts[1:]:
            parts += [self.take("."), self.take()]
        return joined(parts)

    def type(self, kind: ast.TypeName) -> Document:
        """A type's name."""
        parts: list[Document] = []
        if kind.keys:
            parts += [self.take("table"), SPACE, self.parameters(kind.keys)]
            if kind.element is not None:
                parts += [self.between(SPACE), self.take("->"), SPACE, self.type(kind.element)]
            return joined(parts)
        while kind.element is not None:
            parts += [self.take("set"), SPACE, self.take("of"), SPACE]
            kind = kind.element
        parts.append(self.take())
        if kind.members:
            members = self.opened("(", SOFT, filled=True)
            for _ in kind.members:
                members.add(self.take())
            parts += [SPACE, members.closed(")")]
        return joined(parts)

    def clause(self, word: str, value: ast.Expr | None) -> list[Document]:
        """A word and an expression behind a blank, if it is there."""
        if value is None:
            return []
        return [self.between(SPACE), self.take(word), self.between(SPACE), self.expression(value)]

    def parameters(self, parameters: Sequence[ast.Parameter]) -> Document:
        """What a control, policy or table takes, in brackets; nothing where it takes nothing."""
        made = self.opened("(", SOFT)
        for one in parameters:
            named = row(self.take(), self.take(":"), SPACE, self.type(one.type))
            made.add(row(named, *self.clause("=", one.default)))
        return made.closed(")")

    def arguments(self, arguments: Sequence[ast.Argument | ast.AnnotationArgument], brackets: str) -> list[Document]:
        """What is given to something, in brackets; nothing where nothing is given."""
        if not arguments:
            return []
        made = self.opened(brackets[0], SOFT if brackets == "()" else LINE)
        for one in arguments:
            name = [] if one.name is None else [self.take(), SPACE, self.take("="), self.between(SPACE)]
            made.add(row(*name, self.expression(one.value)))
        return [made.closed(brackets[1])]


def _sum(node: ast.Arithmetic) -> list[ast.Expr]:
    """The operands of a run of ``+``, ``-`` and ``&`` without brackets."""
    operands = [node.right]
    left = node.left
    while isinstance(left, ast.Arithmetic) and left.span.start == node.span.start:
        operands.append(left.right)
        left = left.left
    operands.append(left)
    return operands[::-1]
