"""Where things stand: each node's span is exactly its text; comments are kept."""

import re
from pathlib import Path

import pytest

from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import parse
from nslsm.resources import policies_root

POLICY = '''language 1
module a.b

"""Doc
of two lines."""

import std (read)  # why

@ref(hipaa, "x")
control c(n: int = 1) {
    # about the attribute
    attr task.é_free: bool = false
    deny late: read, inode_* when subject.uid in {1, 2}
        with EPERM because "so"
    confine read where not (a or b) { allow read }
}

test "t" {
    a open "/ü" 1.2.3.4:5 -> deny EACCES by c#late in n
}
'''.replace("é_", "e_")


def said(node: ast.Node, text: str) -> str:
    return text[node.span.start : node.span.end]


def nodes(kind: type[ast.Node]) -> list[ast.Node]:
    return [node for node in parse(POLICY, "p").walk() if isinstance(node, kind)]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (ast.Import, ["import std (read)"]),
        (ast.Annotation, ['@ref(hipaa, "x")']),
        (ast.Parameter, ["n: int = 1"]),
        (ast.Attribute, ["attr task.e_free: bool = false"]),
        (
            ast.Deny,
            ['deny late: read, inode_* when subject.uid in {1, 2}\n        with EPERM because "so"'],
        ),
        (ast.HookRef, ["read", "inode_*", "read", "read"]),
        (ast.Compare, ["subject.uid in {1, 2}"]),
        (ast.Member, ["subject.uid"]),
        (ast.SetLiteral, ["{1, 2}"]),
        (ast.ErrnoLiteral, ["EPERM", "EACCES"]),
        (ast.Confine, ["confine read where not (a or b) { allow read }"]),
        (ast.Not, ["not (a or b)"]),
        (ast.Or, ["a or b"]),
        (ast.Endpoint, ["1.2.3.4:5"]),
        (ast.Outcome, ["deny EACCES by c#late in n"]),
        (ast.CallStep, ['a open "/ü" 1.2.3.4:5 -> deny EACCES by c#late in n']),
    ],
)
def test_a_span_is_the_text_of_its_node(kind: type[ast.Node], texts: list[str]) -> None:
    assert [said(node, POLICY) for node in nodes(kind)] == texts


def test_lines_and_columns_count_from_one_in_characters() -> None:
    (compare,) = nodes(ast.Compare)
    (endpoint,) = nodes(ast.Endpoint)

    assert (compare.span.line, compare.span.column, compare.span.end_line, compare.span.end_column) == (13, 35, 13, 56)
    assert (endpoint.span.line, endpoint.span.column, endpoint.span.end_column) == (19, 17, 26)
    assert compare.span.source == "p"


def test_a_doc_string_spans_its_lines() -> None:
    doc = parse(POLICY, "p").doc

    assert doc is not None
    assert doc.span[1:5] == (4, 1, 5, 17)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_of_either_kind_count_once(newline: str) -> None:
    (let,) = parse(newline.join(["", "", "  let x = 1"]), "p").items

    assert (let.span.line, let.span.column) == (3, 3)


def test_comments_are_kept_with_their_places_and_without_their_line_ends() -> None:
    comments = parse(POLICY, "p").comments

    assert [(comment.text, comment.span.line, comment.span.column) for comment in comments] == [
        ("# why", 7, 20),
        ("# about the attribute", 11, 5),
    ]
    assert parse("# a \r\n#b", "p").comments[0].text == "# a"


@pytest.mark.parametrize("path", sorted(policies_root().rglob("*.nslsm")), ids=lambda path: path.stem)
def test_in_the_shipped_policies_every_part_lies_within_the_whole(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    module = parse(text, path.name)

    for node in module.walk():
        assert recount(node.span, text) == node.span
        for child in node.children():
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end


def recount(span: Span, text: str) -> Span:
    """The span with lines and columns counted anew from its offsets."""
    line, column = place(text, span.start)
    end_line, end_column = place(text, span.end)
    return Span(span.source, line, column, end_line, end_column, span.start, span.end)


def place(text: str, offset: int) -> tuple[int, int]:
    lines = re.split("\n", text[:offset])
    return len(lines), len(lines[-1]) + 1
