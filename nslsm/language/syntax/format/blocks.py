"""The layout of a whole module: statements below each other, blocks with their members further in."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from nslsm.language.syntax import ast
from nslsm.language.syntax.format.columns import ATTRIBUTE, CALL, NAMESPACE, TASK
from nslsm.language.syntax.format.document import (
    CELL,
    LINE,
    SPACE,
    STEP,
    Beside,
    Comment,
    Document,
    Space,
    group,
    nest,
    row,
)
from nslsm.language.syntax.format.layout import Line, lay_out
from nslsm.language.syntax.format.rules import Rules
from nslsm.language.syntax.format.steps import Steps

_Statement: TypeAlias = (
    ast.String
    | ast.Import
    | ast.Let
    | ast.Table
    | ast.Operation
    | ast.Attribute
    | ast.Deny
    | ast.Allow
    | ast.On
    | ast.Audit
    | ast.Use
    | ast.Enter
    | ast.Seal
    | ast.Lock
    | ast.Limit
    | ast.Step
    | ast.Try
    | ast.Never
)
_Block: TypeAlias = ast.Control | ast.Confine | ast.Policy | ast.Namespace | ast.Test | ast.Claim | ast.Given
_Member: TypeAlias = _Statement | _Block

_HEAD: Final = "head"
_IMPORT: Final = "import"
_DATA: Final = "data"

_RUNS: Final = {ast.Import: _IMPORT, ast.Let: _DATA, ast.Table: _DATA, ast.Namespace: NAMESPACE, ast.Policy: "policy"}
"""Items of which several, each on one line, need no empty line between them."""

_KINDS: Final = {ast.Attribute: ATTRIBUTE, ast.CallStep: CALL, ast.TaskStep: TASK}
"""What of neighbouring statements is aligned."""


class Blocks(Rules, Steps):
    """Lays out one module; ``lines`` is what it comes to."""

    def __init__(self, text: str, source: str, module: ast.Module) -> None:
        super().__init__(text, source, module)
        self._module = module
        self.lines: list[Line] = []

    def everything(self) -> None:
        """Lay out the whole module."""
        module = self._module
        before: tuple[str, bool] | None = None
        if module.language is not None:
            before = self._top(before, module.language)
        if module.name is not None:
            before = self._top(before, module.name)
        if module.doc is not None:
            before = self._top(before, module.doc)
        for item in (*module.imports, *module.items):
            before = self._top(before, item)
        self._notes(0, first=before is None)

    # Items, with empty lines between

    def _top(
        self, before: tuple[str, bool] | None, item: ast.Integer | ast.Dotted | ast.String | ast.Import | ast.Item
    ) -> tuple[str, bool]:
        """An item of the module; what run of items it belongs to, and whether it is on one line."""
        start = len(self.lines)
        blank = self._notes(0, first=before is None)
        own = len(self.lines)
        first = self.place
        match item:
            case ast.Integer():
                self._put(row(self.take("language"), SPACE, self.expression(item)), 0, first=first)
            case ast.Dotted():
                self._put(row(self.take("module"), SPACE, self.dotted(item)), 0, first=first)
            case _:
                self._member(item, 0)
        run = _RUNS.get(type(item), "") if isinstance(item, ast.Import | ast.Item) else _HEAD
        is_one_line = len(self.lines) == own + 1
        self.lines[own].blank = blank
        if before is None:
            return run, is_one_line
        is_run = run != "" and run == before[0] and (run in {_HEAD, _IMPORT} or (is_one_line and before[1]))
        if run == _HEAD and own == start:
            self.lines[own].blank = False
        elif not is_run and not any(line.blank for line in self.lines[start : own + 1]):
            self.lines[start].blank = True
        return run, is_one_line

    def _notes(self, indent: int, *, first: bool) -> bool:
        """The comments before a statement, on lines of their own; whether an empty line comes before the statement."""
        for note in self.notes.pop(self.place, ()):
            self.lines.append(Line(indent, [note.text], blank=note.blank and not first))
            first = False
        return self.blank[self.place] and not first

    # Statements

    def _put(self, document: Document, indent: int, kind: str = "", *, first: int) -> None:
        """A statement, whose first word was ``first``, with the comment that ends its line.

        As in lists: what was on one line keeps it at its first line.
        """
        start = len(self.lines)
        remark = self.remark()
        if remark and self.is_one_line(first):
            document = row(Beside(remark), document)
        elif remark:
            document = row(document, Comment(remark, own=False))
        lay_out(document, indent, self.lines)
        if len(self.lines) == start + 1:
            self.lines[start].kind = kind

    def _member(self, node: _Member, indent: int) -> None:
        """A statement or block, with all inside."""
        pending = [self._blocks(node, indent)]
        while pending:
            inner = next(pending[-1], None)
            if inner is None:
                pending.pop()
            else:
                pending.append(self._blocks(inner, indent + STEP * len(pending)))

    def _blocks(self, node: _Member, indent: int) -> Iterator[ast.Namespace]:
        """A statement or block; the namespaces inside one are left to the caller."""
        first = self.place
        match node:
            case ast.Control():
                head = row(self.annotations(node.annotations), self.head(node.parameters), *self._opening())
                yield from self._block(node, head, (node.doc, *node.members), indent, first)
            case ast.Confine():
                yield from self._block(node, self.region(node), node.allows, indent, first)
            case ast.Test():
                yield from self._block(node, self.test_head(node), node.steps, indent, first)
            case ast.Claim():
                head = row(self.annotations(node.annotations), self.head(()), *self._opening())
                members = (node.doc, node.given, node.attempts, *node.nevers)
                yield from self._block(node, head, members, indent, first)
            case ast.Given():
                yield from self._block(node, row(self.take("given"), *self._opening()), node.steps, indent, first)
            case ast.Policy():
                annotations, head = self.annotations(node.annotations), self.head(node.parameters)
                if node.doc is None and len(node.uses) == 1 and self._has_no_notes(node):
                    inside = self._braces(SPACE, node.uses[0])
                    self._put(row(annotations, group(head, *inside)), indent, first=first)
                else:
                    yield from self._block(
                        node, row(annotations, head, *self._opening()), (node.doc, *node.uses), indent, first
                    )
            case ast.Namespace():
                annotations, head = self.annotations(node.annotations), self.head(())
                only = node.members[0] if node.doc is None and len(node.members) == 1 else None
                if only is not None and not isinstance(only, ast.Namespace) and self._has_no_notes(node):
                    inside = self._braces(CELL, only)
                    self._put(row(annotations, group(head, *inside)), indent, NAMESPACE, first=first)
                else:
                    yield from self._block(
                        node, row(annotations, head, *self._opening()), (node.doc, *node.members), indent, first
                    )
            case _:
                self._put(self._statement(node), indent, _KINDS.get(type(node), ""), first=first)

    def _statement(self, node: _Statement) -> Document:
        match node:
            case ast.String():
                return self.doc(node)
            case ast.Import():
                return self.imported(node)
            case ast.Let():
                return self.let(node)
            case ast.Table():
                return self.table(node)
            case ast.Operation():
                return self.operation(node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Deny() | ast.Allow() | ast.On() | ast.Audit():
                return self.rule(node)
            case ast.Use():
                return self.binding(node, self.next)
            case ast.Enter() | ast.Seal() | ast.Lock() | ast.Limit():
                return self.member(node)
            case ast.Try():
                return self.attempts(node)
            case ast.Never():
                return self.never(node)
            case _:
                return self.step(node)

    # Blocks

    def _has_no_notes(self, block: ast.Node) -> bool:
        """Whether no comment is in what is left to read of a block."""
        return not self.notes or self.notes.keys().isdisjoint(range(self.place, self.place_behind(block)))

    def _opening(self) -> list[Document]:
        """A blank and the opening brace."""
        return [self.between(SPACE), self.take("{")]

    def _braces(self, space: Space, only: _Statement) -> list[Document]:
        """A block's one member in its braces, for one line if it fits."""
        opening = [space, self.take("{")]
        inside = nest(LINE, self._statement(only))
        return [*opening, inside, LINE, self.take("}")]

    def _block(
        self, node: ast.Node, head: Document, members: Sequence[_Member | None], indent: int, first: int
    ) -> Iterator[ast.Namespace]:
        """A block with each member on lines of its own. The opening brace is in its head."""
        if self.next == "}" and self.place not in self.notes:
            self._put(row(head, self.take("}")), indent, first=first)
            return
        remark = self._remark_behind(node)
        self._put(row(Beside(remark), head) if remark else head, indent, first=first)
        is_first = True
        for member in members:
            if member is not None:
                blank = self._notes(indent + STEP, first=is_first)
                start = len(self.lines)
                if isinstance(member, ast.Namespace):
                    yield member
                else:
                    yield from self._blocks(member, indent + STEP)
                self.lines[start].blank = blank
                is_first = False
        self._notes(indent + STEP, first=is_first)
        last = self.place
        self._put(self.take("}"), indent, first=last)

    def _remark_behind(self, block: ast.Node) -> str:
        """The comment behind a block that was on one line, taken out: it belongs to the block's first line."""
        if not self.notes or block.span.line != block.span.end_line:
            return ""
        here, self.place = self.place, self.place_behind(block)
        remark = self.remark()
        self.place = here
        return remark
