"""The layout of declarations, each as one document; blocks have their heads here."""

from collections.abc import Sequence

from nslsm.language.syntax import ast
from nslsm.language.syntax.format.document import (
    CELL,
    HARD,
    LINE,
    SOFT,
    SPACE,
    STEP,
    Document,
    fill,
    group,
    joined,
    nest,
    row,
    verbatim,
)
from nslsm.language.syntax.format.expressions import Expressions

BESIDE_EQUALS = 2
"""Columns of ``= ``, behind which an operation's hooks stand below each other."""


class Declarations(Expressions):
    """Lays out what stands in a module, but rules and tests."""

    def doc(self, doc: ast.String) -> Document:
        """A doc string, its lines indented as it is itself; the text stays what it is."""
        before = self.comments()
        self.take()
        return joined([*before, verbatim(_doc_lines(doc.value))])

    def imported(self, item: ast.Import) -> Document:
        """``import std.operations (read, write)``."""
        parts = [self.take("import"), SPACE, self.dotted(item.module)]
        if item.names:
            parts.append(SPACE)
            names = self.opened("(", SOFT, filled=True)
            for _ in item.names:
                names.add(self.take())
            parts.append(names.closed(")"))
        return row(*parts, *self._named("as", item.alias))

    def _named(self, word: str, name: ast.Name | None) -> list[Document]:
        return [] if name is None else [self.between(SPACE), self.take(word), SPACE, self.take()]

    def annotation(self, annotation: ast.Annotation) -> Document:
        """``@ref(hipaa, "164.312(a)(1)", coverage = partial)``."""
        return row(self.take("@"), self.take(), *self.arguments(annotation.arguments, "()"))

    def let(self, let: ast.Let) -> Document:
        """``let clinicians = {1001, 1002}``."""
        return row(self.take("let"), SPACE, self.take(), *self.clause("=", let.value))

    def table(self, table: ast.Table) -> Document:
        """``table modality(program: path) -> set of int = from "modalities.csv" else {}``."""
        parts = [self.take("table"), SPACE, self.take(), self.parameters(table.keys)]
        if table.value is not None:
            parts += [SPACE, self.take("->"), SPACE, self.type(table.value)]
        parts += [SPACE, self.take("="), self.between(SPACE)]
        if table.source is not None:
            parts += [self.take("from"), SPACE, self.take()]
        else:
            parts.append(self._rows(table.rows))
        if table.otherwise is None:
            return row(*parts)
        gap = self.between(SPACE if table.source is None else LINE)
        otherwise = [gap, self.take("else"), self.between(SPACE), self.expression(table.otherwise)]
        return group(*parts, nest(*otherwise) if table.source is not None else row(*otherwise))

    def _rows(self, rows: Sequence[ast.Row]) -> Document:
        made = self.opened("{", LINE if rows else SOFT)
        for one in rows:
            cells = self.cells(one.keys)
            if one.value is not None:
                cells += [self.between(LINE), self.take("->"), SPACE, self.expression(one.value)]
            made.add(group(cells[0], nest(*cells[1:])) if cells[1:] else cells[0])
        return made.closed("}")

    def operation(self, operation: ast.Operation) -> Document:
        """An operation. Its hooks stand on one line where it fits and none, or the only one, has a condition."""
        head = row(self.take("operation"), SPACE, self.take())
        if operation.doc is not None:
            line = self.between(HARD)
            head = row(head, nest(line, self.doc(operation.doc)))
        conditional = len(operation.hooks) > 1 and any(hook.when is not None for hook in operation.hooks)
        before = self.between(LINE if operation.doc is None else HARD)
        equals = [before, self.take("="), self.between(SPACE)]
        hooks: list[Document] = []
        for number, hook in enumerate(operation.hooks):
            if number:
                line = self.between_elements()
                hooks += [line, HARD] if conditional else [line]
            first = self.place
            said = self._operation_hook(hook)
            if self.next == "," and number + 1 < len(operation.hooks):
                said = row(said, self.take(","))
            hooks.append(self.remarked(first, said))
        return group(head, nest(*equals, nest(group(*hooks), by=BESIDE_EQUALS)))

    def _operation_hook(self, hook: ast.OperationHook) -> Document:
        parts = [self.dotted(hook.hook.name)]
        if hook.at is not None:
            parts += self._named("at", hook.at)
        return joined([*parts, *self.condition("when", hook.when)])

    def condition(self, word: str, condition: ast.Expr | None) -> list[Document]:
        """``when`` or ``where`` with a condition, on the line of what is before it or, further in, on the next; or nothing."""
        if condition is None:
            return []
        line = self.between(LINE)
        return [group(nest(line, self.take(word), self.between(SPACE), self.expression(condition)))]

    def attribute(self, attribute: ast.Attribute) -> Document:
        """``attr task.label: string = "_" foreign "?" join first``; the types of several may be aligned."""
        said = [self.take("attr"), SPACE, self.take(), self.take("."), self.take(), self.take(":"), CELL]
        said += [self.type(attribute.type), *self.clause("=", attribute.default)]
        further: list[Document] = []
        if attribute.foreign is not None:
            further += [self.between(LINE), self.take("foreign"), self.between(SPACE)]
            further.append(self.expression(attribute.foreign))
        if attribute.join is not None:
            further += [self.between(LINE), self.take("join"), SPACE, self.take()]
        return group(*said, nest(*further)) if further else row(*said)

    def annotations(self, annotations: Sequence[ast.Annotation]) -> Document:
        """Annotations, each on a line, and the end of the last one's."""
        return row(*(part for each in annotations for part in (self.annotation(each), self.between(HARD))))

    def head(self, parameters: Sequence[ast.Parameter]) -> Document:
        """What stands before the braces: the kind of block, its name, and what it takes."""
        name = row(self.take(), SPACE, self.take())
        return row(name, self.parameters(parameters)) if parameters else name

    def binding(self, use: ast.Use, word: str) -> Document:
        """``use base.yama(scope = 2) as y in complain``; ``bind`` or ``with`` for ``use``."""
        parts = [self.take(word), SPACE, self.dotted(use.target), *self.arguments(use.arguments, "()")]
        return row(*parts, *self._named("as", use.alias), *self._named("in", use.mode))

    def member(self, member: ast.Enter | ast.Seal | ast.Lock | ast.Limit) -> Document:
        """What a namespace says of itself."""
        match member:
            case ast.Enter():
                words = [self.take("enter"), SPACE, self.take("on"), SPACE]
                return group(*words, self.hooks(member.hooks), *self.condition("when", member.when))
            case ast.Seal():
                return self.take("seal")
            case ast.Lock():
                word = self.take("lock")
                controls = self.opened("{", LINE if member.controls else SOFT, filled=True)
                for control in member.controls:
                    controls.add(self.dotted(control))
                return row(word, SPACE, controls.closed("}"))
            case ast.Limit():
                return row(self.take("limit"), SPACE, self.take(), *self.clause("=", member.value))

    def hooks(self, hooks: Sequence[ast.HookRef]) -> Document:
        """The hooks that a rule is about, as many on a line as fit, further in than a rule's clauses."""
        parts: list[Document] = []
        for number, hook in enumerate(hooks):
            if number:
                parts.append(self.between(LINE))
            said = self.dotted(hook.name)
            parts.append(row(said, self.take(",")) if number + 1 < len(hooks) else said)
        return nest(fill(parts), by=2 * STEP) if len(parts) > 1 else parts[0]


def _doc_lines(text: str) -> list[str]:
    """The lines of a doc string, so that reading them gives ``text`` back.

    The first stands behind the quotes, unless it would then lose what tells its indentation from the others'.
    """
    lines = text.split("\n")
    if len(lines) == 1 and not text.endswith('"'):
        return [f'"""{text}"""']
    indents = [len(line) - len(line.lstrip()) for line in lines if line]
    if indents[0] == 0 and min(indents[1:], default=0) == 0:
        return [f'"""{lines[0]}', *lines[1:], '"""']
    return ['"""', *lines, '"""']
