"""Tests with a ``for``: one test for each row, the row's values written in place of the names.

What a name stands for is text, not a value: it means whatever it would mean if it had been written there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Final, TypeVar, cast

from nslsm.diagnostics.span import Span
from nslsm.language.check import codes
from nslsm.language.check.findings import Findings, listed, nearest
from nslsm.language.check.modules import Declared, ModuleScope
from nslsm.language.syntax import ast
from nslsm.language.syntax.unparse_expression import unparse_expression

MAX_ROWS: Final = 10_000
"""How many rows one test may have."""

_LITERALS: Final = (
    ast.Boolean,
    ast.Integer,
    ast.String,
    ast.AddressLiteral,
    ast.NetworkLiteral,
    ast.ErrnoLiteral,
)

Cell = ast.Expr | ast.Endpoint
N = TypeVar("N", bound=ast.Node)


def tests_of(node: ast.Test, module: ModuleScope, findings: Findings) -> Iterator[ast.Test]:
    """The tests that a test stands for: itself, or one for each of its rows; none where its ``for`` is wrong."""
    if node.cases is None:
        yield node
        return
    rows = _rows(node.cases, module, findings)
    if rows is None or not _is_fit(node, node.cases, rows, findings):
        return
    names = [name.text for name in node.cases.names]
    for row in rows:
        meant = dict(zip(names, row.cells, strict=True))
        said = ", ".join(f"{name} = {_shown(cell)}" for name, cell in meant.items())
        title = replace(node.title, value=f"{node.title.value} [{said}]")
        yield replace(node, title=title, cases=None, steps=tuple(_written(step, meant) for step in node.steps))


def _rows(cases: ast.CaseRows, module: ModuleScope, findings: Findings) -> tuple[ast.CaseRow, ...] | None:
    if cases.source is None:
        return cases.rows
    name = str(cases.source)
    found = module.find(cases.source.parts)
    if not isinstance(found, Declared) or not isinstance(found.node, ast.Let):
        if not isinstance(found, Declared) and found is not None:
            return None
        what = f"`{name}` is no `let`" if found is not None else f"no `let` is called `{name}` here"
        known = [each.name for each in module.declarations() if isinstance(each.node, ast.Let)]
        way_out = nearest(name, known) or 'rows can stand here: `for path in { "/a", "/b" }`'
        findings.add(codes.UNKNOWN_NAME, cases.source.span, what, help=way_out)
        return None
    value = found.node.value
    if not isinstance(value, ast.SetLiteral) or not all(isinstance(each, _LITERALS) for each in value.elements):
        message = f"a test's rows are written out, and `{name}` is no set of literals"
        findings.add(codes.BAD_STEP, cases.source.span, message, related=((found.node.name.span, "declared here"),))
        return None
    return tuple(ast.CaseRow(span=each.span, cells=(each,)) for each in value.elements)


def _is_fit(node: ast.Test, cases: ast.CaseRows, rows: tuple[ast.CaseRow, ...], findings: Findings) -> bool:
    """Whether the rows fit the names, and the names the steps; what does not is reported."""
    before = findings.errors
    names = [name.text for name in cases.names]
    tasks = _tasks(node)
    for place, name in enumerate(cases.names):
        if name.text in names[:place]:
            findings.add(codes.DUPLICATE_NAME, name.span, f"this test has a name `{name.text}` already")
        elif name.text in tasks:
            related = ((tasks[name.text], "the task is here"),)
            findings.add(codes.DUPLICATE_NAME, name.span, f"this test has a task `{name.text}`", related=related)
        elif not any(_reads(step, name.text) for step in node.steps):
            message = f"no step of this test reads `{name.text}`, so that all rows would be the same test"
            findings.add(codes.BAD_STEP, name.span, message)
    if not rows:
        findings.add(codes.BAD_STEP, cases.span, "this test has no rows, so that it would never run")
    if len(rows) > MAX_ROWS:
        findings.add(codes.BAD_STEP, cases.span, f"this test has {len(rows)} rows, more than the limit of {MAX_ROWS}")
    seen: dict[tuple[Cell, ...], Span] = {}
    for row in rows:
        if len(row.cells) != len(names):
            message = f"this row has {len(row.cells)} values, and the names are {listed(names)}"
            help_ = "each row has a value for each name; rows are parted by commas"
            findings.add(codes.BAD_STEP, row.span, message, help=help_)
        elif row.cells in seen:
            related = ((seen[row.cells], "the first is here"),)
            findings.add(codes.TABLE_DUPLICATE, row.span, "this row stands here twice", related=related)
        seen.setdefault(row.cells, row.span)
    return findings.errors == before


def _tasks(node: ast.Test) -> dict[str, Span]:
    return {step.name.text: step.name.span for step in node.steps if isinstance(step, ast.TaskStep)}


def _reads(step: ast.Step, name: str) -> bool:
    return any(isinstance(node, ast.Reference) and node.name == name for node in step.walk())


def _shown(cell: Cell) -> str:
    if isinstance(cell, ast.Endpoint):
        address = f"[{cell.address}]" if cell.address.version == 6 else str(cell.address)
        return f"{address}:{cell.port}"
    return unparse_expression(cell)


def _written(node: N, meant: Mapping[str, Cell]) -> N:
    """The node with the values in place of the names."""
    if isinstance(node, ast.Reference):
        return cast("N", meant.get(node.name, node))
    changed: dict[str, object] = {}
    for part in fields(node):
        value: object = getattr(node, part.name)
        if isinstance(value, ast.Node):
            new: object = _written(value, meant)
        elif isinstance(value, tuple):
            new = tuple(_written(each, meant) if isinstance(each, ast.Node) else each for each in value)
            new = value if all(a is b for a, b in zip(new, value, strict=True)) else new
        else:
            continue
        if new is not value:
            changed[part.name] = new
    return replace(node, **changed) if changed else node  # type: ignore[arg-type]
