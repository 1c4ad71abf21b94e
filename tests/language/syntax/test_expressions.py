"""Expressions: what binds tighter, literals, operators."""

import pytest

from nslsm.language.syntax import ast
from tests.language.syntax.nodes import (
    S,
    address,
    arithmetic,
    boolean,
    both,
    call,
    choice,
    compare,
    either,
    errno,
    expression,
    members,
    name,
    network,
    no,
    number,
    ref,
    text,
)

a, b, c, d = ref("a"), ref("b"), ref("c"), ref("d")


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("0", number(0)),
        ("1001", number(1001)),
        ("0o644", number(0o644)),
        ("0xFF", number(255)),
        ("-5", number(-5)),
        ("- 5", number(-5)),
        ("9223372036854775807", number(2**63 - 1)),
        ("-9223372036854775808", number(-(2**63))),
        ("true", boolean(True)),
        ("false", boolean(False)),
        ('"/srv/**"', text("/srv/**")),
        ('""', text("")),
        (r'"\"\\\n\r\t"', text('"\\\n\r\t')),
        (r'"\x41\u{1F600}\u{0}"', text("A\U0001f600\0")),
        (r'"caf\xc3\xa9"', text("café")),
        (r'"caf\xe9"', text("caf\udce9")),
        ('"# no comment"', text("# no comment")),
        ("8.8.8.8", address("8.8.8.8")),
        ("[2001:db8::1]", address("2001:db8::1")),
        ("[::ffff:192.0.2.1]", address("::ffff:192.0.2.1")),
        ("10.0.0.0/8", network("10.0.0.0/8")),
        ("0.0.0.0/0", network("0.0.0.0/0")),
        ("[2001:db8::/32]", network("2001:db8::/32")),
        ("EHOSTUNREACH", errno("EHOSTUNREACH")),
        ("E2BIG", errno("E2BIG")),
        ("E", ref("E")),
        ("E_mail", ref("E_mail")),
        ("Exit", ref("Exit")),
        ("{}", members()),
        ("{1, 2}", members(number(1), number(2))),
        ("{1, 2,}", members(number(1), number(2))),
        ("{{a}, b}", members(members(a), b)),
    ],
)
def test_literals(source: str, tree: ast.Expr) -> None:
    assert expression(source) == tree


@pytest.mark.parametrize(("source", "base"), [("493", 10), ("0o755", 8), ("0x1ed", 16), ("-0x1", 16), ("0", 10)])
def test_a_number_remembers_how_it_was_written(source: str, base: int) -> None:
    found = expression(source)

    assert isinstance(found, ast.Integer)
    assert found.base == base


@pytest.mark.parametrize("operator", ast.COMPARISONS)
def test_each_comparison(operator: str) -> None:
    assert expression(f"a {operator} b") == compare(a, operator, b)


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("a.b.c", ref("a.b.c")),
        ("a(b, c).d", ast.Member(span=S, base=call(a, b, c), name=name("d"))),
        ("a()", call(a)),
        ("a(b,)", call(a, b)),
        ("a.b(c)", call(ref("a.b"), c)),
        ("a + b - c & d", arithmetic(arithmetic(arithmetic(a, "+", b), "-", c), "&", d)),
        ("a - (b - c)", arithmetic(a, "-", arithmetic(b, "-", c))),
        ("a - -5", arithmetic(a, "-", number(-5))),
        ("a-5", arithmetic(a, "-", number(5))),
        ("a + b in c - d", compare(arithmetic(a, "+", b), "in", arithmetic(c, "-", d))),
        ("a not in b", compare(a, "not in", b)),
        ("not a in b", no(compare(a, "in", b))),
        ("not not a", no(no(a))),
        ("not a and b", both(no(a), b)),
        ("a and b and c", both(a, b, c)),
        ("a and (b and c)", both(a, both(b, c))),
        ("a or b and c or d", either(a, both(b, c), d)),
        ("(a or b) and c", both(either(a, b), c)),
        ("a if b else c", choice(a, b, c)),
        ("a if b else c if d else a", choice(a, b, choice(c, d, a))),
        ("(a if b else c) if d else a", choice(choice(a, b, c), d, a)),
        ("a or b if c and d else not a", choice(either(a, b), both(c, d), no(a))),
        ("a == (b < c)", compare(a, "==", compare(b, "<", c))),
        ("((a))", a),
        ('a has all {"x", "y"}', compare(a, "has all", members(text("x"), text("y")))),
    ],
)
def test_what_binds_tighter(source: str, tree: ast.Expr) -> None:
    assert expression(source) == tree


@pytest.mark.parametrize(
    "word", ["in", "and", "or", "not", "has", "all", "any", "matches", "under", "if", "else", "true"]
)
def test_a_reserved_word_is_a_name_behind_a_dot(word: str) -> None:
    assert expression(f"object.{word}") == ref(f"object.{word}")


@pytest.mark.parametrize(
    "word", ["file", "task", "test", "set", "at", "mode", "limit", "from", "name", "type", "of", "by"]
)
def test_other_keywords_are_names_wherever_an_expression_is_expected(word: str) -> None:
    assert expression(f"{word} == object.{word} and {word}({word})") == both(
        compare(ref(word), "==", ref(f"object.{word}")), call(ref(word), ref(word))
    )
