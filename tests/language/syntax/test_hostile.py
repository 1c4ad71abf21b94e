"""Texts that a stranger may hand in: bounded time and depth, one clear error, never another exception."""

from collections.abc import Callable
from functools import partial

import pytest

from nslsm.language.syntax import ast
from nslsm.language.syntax.limits import MODULE_BYTES, NESTING, REPORTED_ERRORS
from nslsm.language.syntax.parse import SyntaxFailure, decode, parse
from nslsm.language.syntax.unparse import unparse
from tests.language.syntax.effort import seconds


def codes(function: Callable[..., object], given: str | bytes) -> list[str]:
    with pytest.raises(SyntaxFailure) as failure:
        function(given, "hostile")
    assert str(failure.value)
    return [found.code.name for found in failure.value.diagnostics]


MANY = 20_000


@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "(" * MANY,
        "let x = " + "(" * MANY + "a" + ")" * MANY,
        "let x = " + "{" * MANY,
        "let x = " + "not " * MANY + "a",
        "let x = a" + " + a" * MANY,
        "let x = a" + ".a" * MANY,
        "let x = a" + "(a)" * MANY,
        "let x = " + "f(" * MANY,
        "let x = " + "a if b else " * MANY + "c",
        "let x = a" + " if b else c" * MANY,
        "control c { attr task.x: " + "set of " * MANY + "int }",
        "namespace a {" * MANY,
        "control c { deny read when " + "(a or b and " * 150 + "not " * 100 + "c" + ")" * 150 + "}",
    ],
    ids=lambda text: text[:24],
)
def test_nesting_without_end_is_over_the_limit(text: str) -> None:
    assert codes(parse, text) == ["over-limit"]


def nested(depth: int) -> str:
    """An expression with ``depth`` compound expressions inside each other."""
    text = "a"
    for level in range(depth):
        text = (f"{{{text}}}", f"({text} or b)", f"not {text}", f"f({text})")[level % 4]
    return f"let x = {text}"


def test_nesting_is_allowed_up_to_the_limit_and_no_further() -> None:
    module = parse(nested(NESTING), "deep")

    assert parse(unparse(module), "deep") == module
    assert codes(parse, nested(NESTING + 1)) == ["over-limit"]


@pytest.mark.parametrize(("opening", "closing"), ["()", "{}"])
def test_brackets_are_counted_even_where_they_leave_no_trace_in_the_tree(opening: str, closing: str) -> None:
    def brackets(depth: int) -> str:
        return f"let x = {opening * depth}a{closing * depth}"

    assert parse(brackets(NESTING), "deep")
    assert codes(parse, brackets(NESTING + 1)) == ["over-limit"]


def test_the_error_about_nesting_names_the_limit_and_the_expression() -> None:
    with pytest.raises(SyntaxFailure) as failure:
        parse("let fine = a\n" + nested(NESTING + 1), "deep")

    (found,) = failure.value.diagnostics
    assert f"deeper than {NESTING}" in found.message
    assert "NESTING" in found.label
    assert found.span is not None
    assert (found.span.line, found.span.column) == (2, 9)


@pytest.mark.parametrize(
    "text",
    [
        "let x = a" + " and a" * MANY,
        "let x = {" + "a, " * MANY + "}",
        "control c { deny " + "a, " * MANY + "a }",
        "control c { " + "deny a when (b or c) and not d " * 3000 + "}",
        "#" * 100_000,
        "\n" * 100_000,
        " " * 100_000,
        "import " + "a." * MANY + "a",
        "table t(a: int) = {" + " ".join("1" * MANY) + "}",
    ],
    ids=lambda text: text[:16].strip() or "blank",
)
def test_what_is_long_but_not_deep_is_no_problem(text: str) -> None:
    assert isinstance(parse(text, "long"), ast.Module)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("let a = " + "9" * 1_000_000, "number-range"),
        ("let a = 0x" + "f" * 1_000_000, "number-range"),
        ("let a = 0" + "7" * 1_000_000, "bad-number"),
        ("let a = 1.2.3." + "4" * 1_000_000, "bad-address"),
        ("let a = 1.2.3.4/" + "9" * 1_000_000, "bad-network"),
        ('test "t" { a b 1.2.3.4:' + "9" * 1_000_000 + " -> allow }", "bad-port"),
        ('test "t" { a b 1.2.3.4:' + "0" * 1_000_000 + "1 -> allow }", "bad-port"),
        ("let a = [" + ":" * 1_000_000 + "]", "bad-address"),
        ('let a = "' + "\\q" * 500_000 + '"', "bad-escape"),
        ('let a = "' + "\\" * 999_999, "unterminated-string"),
        ('let a = "' + "x" * 1_000_000, "unterminated-string"),
        ('"""' + "x" * 1_000_000, "unterminated-doc"),
        ("control c { deny read with E" + "X" * 1_000_000 + " }", "unknown-errno"),
        ("x" * 1_000_000, "unexpected"),
        ("}" * 100_000, "unexpected"),
        ("let a = " + "-" * 100_000 + "1", "unexpected"),
    ],
    ids=lambda value: value[:20],
)
def test_tokens_of_any_length_give_a_short_message(text: str, code: str) -> None:
    with pytest.raises(SyntaxFailure) as failure:
        parse(text, "long")

    assert failure.value.diagnostics[0].code.name == code
    assert len(str(failure.value)) < 2000


def test_the_errors_of_one_module_that_are_looked_for_are_limited() -> None:
    assert len(codes(parse, "let\n" * 10_000)) == REPORTED_ERRORS
    assert len(codes(parse, "let a = 1_0\n" * 10_000)) == REPORTED_ERRORS


def test_time_grows_with_the_length_and_not_faster() -> None:
    """Ten times the text may take twenty times as long, not a hundred times."""
    for unit in ("control c { deny read when a in {1, 2} }\n", "let a =\n", "@a ", '"', "[", "let a = 1_0\n", "\\"):
        short, long = (seconds(partial(tried, unit * count)) for count in (300, 3000))

        assert long < 20 * short + 0.5, unit


def tried(text: str) -> None:
    try:
        parse(text, "t")
    except SyntaxFailure as failure:
        str(failure)


# Bytes


def test_bytes_are_utf8_with_or_without_a_mark() -> None:
    assert decode("let é".encode(), "a") == "let é"
    assert decode("\ufefflet é".encode(), "a") == "let é"


@pytest.mark.parametrize("data", ["let x = 1".encode("utf-16"), b"\xfe\xff\0l", b"\xff\xfel\0"])
def test_utf16_is_named(data: bytes) -> None:
    with pytest.raises(SyntaxFailure, match="UTF-16"):
        decode(data, "a")


def test_the_first_byte_that_is_not_utf8_is_shown_where_it_is() -> None:
    with pytest.raises(SyntaxFailure) as failure:
        decode('let a = 1\nlet é = "caf\xe9"'.encode("latin-1").replace(b"let \xe9", "let é".encode()), "a")

    assert str(failure.value) == (
        "error[not-utf8]: byte 0xe9 is not UTF-8\n"
        "  --> a:2:13\n"
        ' 2 | let é = "caf�"\n'
        "   |             ^\n"
        "   = help: policies are UTF-8; in a string, write the byte as `\\xHH`"
    )


def test_a_module_of_bytes_over_the_limit_is_refused_before_it_is_read() -> None:
    assert codes(decode, b"#" * (MODULE_BYTES + 1)) == ["over-limit"]


def test_a_module_of_text_over_the_limit_is_refused_in_bytes_not_characters() -> None:
    text = "#" + "\U0001f600" * (MODULE_BYTES // 4)

    assert len(text) < MODULE_BYTES
    assert codes(parse, text) == ["over-limit"]


@pytest.mark.parametrize("text", ["let a = 1\0", "\0", 'let a = "\0"', "\x7fELF\0\0"])
def test_a_nul_byte_means_that_this_is_no_policy(text: str) -> None:
    assert codes(parse, text) == ["nul-byte"]


@pytest.mark.parametrize(
    "character",
    ["\u202e", "\u2066", "\u200b", "\u200f", "\u2028", "\x1b", "\x0b", "\x85", "\u061c", "\u00ad", "\ufeff"],
)
@pytest.mark.parametrize("place", ["let a = 1 # {}", 'let a = "{}"', "let a{} = 1", '"""{}"""'])
def test_what_does_not_show_is_refused_wherever_it_hides(character: str, place: str) -> None:
    assert codes(parse, place.format(character)) == ["hidden-character"]


def test_a_carriage_return_that_ends_no_line_is_hidden_text() -> None:
    assert codes(parse, "# allow everything\rlet a = 1") == ["hidden-character"]


def test_a_hidden_character_is_named_and_shown_harmless() -> None:
    with pytest.raises(SyntaxFailure) as failure:
        parse('let a = "x\u202ey"', "a")

    assert str(failure.value) == (
        "error[hidden-character]: a character that does not show: U+202E\n"
        "  --> a:1:11\n"
        ' 1 | let a = "x\\u{202e}y"\n'
        "   |           ^^^^^^^^\n"
        "   = note: such characters can make a policy read as something that it does not say\n"
        "   = help: remove it; in a string, write it as `\\u{202e}`"
    )


def test_a_lone_surrogate_is_no_text() -> None:
    assert codes(parse, "let a = 1 # \ud800") == ["not-utf8"]
