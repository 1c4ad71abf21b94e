"""Tree to text and back, over random trees; random damage to real texts."""

from hypothesis import given
from hypothesis import strategies as st

from nslsm.language.syntax import ast
from nslsm.language.syntax.grammar import grammar
from nslsm.language.syntax.parse import SyntaxFailure, decode, parse
from nslsm.language.syntax.unparse import unparse
from nslsm.language.syntax.unparse_expression import quote, unparse_expression
from nslsm.resources import policies_root
from tests.language.syntax import trees
from tests.language.syntax.nodes import expression, text

SHIPPED = [path.read_text(encoding="utf-8") for path in sorted(policies_root().rglob("*.nslsm"))]
PIECES = [
    *sorted(grammar().words),
    *grammar().marks,
    '"',
    '"""',
    "#x",
    "\\",
    "EPERM",
    "1.2.3.4",
    "7",
    "x",
    "é",
    "\0",
    "\n",
]


@given(trees.modules)
def test_whatever_a_tree_says_its_text_says_too(module: ast.Module) -> None:
    said = unparse(module)

    assert parse(said, "said") == module
    assert unparse(parse(said, "said")) == said


@given(trees.expressions)
def test_expressions_need_the_brackets_they_get_and_get_those_they_need(tree: ast.Expr) -> None:
    assert expression(unparse_expression(tree)) == tree


@given(trees.text_values)
def test_a_quoted_string_is_read_back_and_shows_nothing_that_does_not_print(value: str) -> None:
    assert quote(value).isprintable()
    assert expression(quote(value)) == text(value)


def test_the_shipped_policies_survive_being_written_again() -> None:
    for source in SHIPPED:
        module = parse(source, "shipped")

        assert parse(unparse(module), "again") == module


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A shipped policy, cut, with pieces put in, taken out, doubled and moved."""
    source = draw(st.sampled_from(SHIPPED))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(source)))
        end = min(len(source), start + draw(st.integers(0, 12)))
        new = draw(st.sampled_from([*PIECES, "", source[start:end] * 2]) | st.text(max_size=3))
        between = draw(st.sampled_from(["", " "]))
        source = f"{source[:start]}{between}{new}{between}{source[end:]}"
    return source


def read(source: str) -> ast.Module | SyntaxFailure:
    try:
        return parse(source, "hostile")
    except SyntaxFailure as failure:
        return failure


@given(damaged())
def test_a_damaged_policy_is_a_tree_or_a_diagnostic_and_nothing_else(source: str) -> None:
    found = read(source)

    if isinstance(found, ast.Module):
        assert parse(unparse(found), "again") == found
    else:
        assert str(found)
        for diagnostic in found.diagnostics:
            assert diagnostic.span is not None
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(source)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))
def test_any_words_in_any_order_are_a_tree_or_a_diagnostic(source: str) -> None:
    assert str(read(source))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_text_or_a_diagnostic(data: bytes) -> None:
    try:
        source = decode(data, "bytes")
    except SyntaxFailure as failure:
        source = str(failure)

    assert str(read(source))
