"""The formatter: what it may not change, over random texts; and that what it makes is its own answer."""

import re
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.language.program.digest import control_digest, policy_digest
from nslsm.language.syntax import ast
from nslsm.language.syntax.automaton import Text, tokens
from nslsm.language.syntax.format import format_module
from nslsm.language.syntax.format.comparison import says_the_same
from nslsm.language.syntax.format.layout import WIDTH
from nslsm.language.syntax.limits import NESTING
from nslsm.language.syntax.parse import SyntaxFailure, decode, parse
from nslsm.language.syntax.unparse import unparse
from nslsm.language.syntax.unparse_expression import unparse_expression
from nslsm.library import check_targets
from nslsm.resources import policies_root
from tests.language.syntax import trees
from tests.language.syntax.effort import seconds
from tests.language.syntax.scattered import scattered
from tests.language.syntax.test_hostile import nested
from tests.language.syntax.test_round_trip import SHIPPED, damaged


def formatted(text: str) -> str:
    """The layout of a text, held to what every layout must be."""
    made = format_module(text, "made")
    before, after = parse(text, "made"), parse(made, "made")

    assert after == before
    assert bases(after) == bases(before)
    assert [comment.text for comment in after.comments] == [comment.text for comment in before.comments]
    assert format_module(made, "made") == made
    assert made == "" or (made.endswith("\n") and not made.endswith("\n\n") and not made.startswith("\n"))
    assert "\n\n\n" not in made or '"""' in made
    assert all(line == line.rstrip() for line in made.split("\n"))
    assert "\r" not in made
    return made


def bases(module: ast.Module) -> list[int]:
    return [node.base for node in module.walk() if isinstance(node, ast.Integer)]


@settings(max_examples=60)
@given(st.data(), trees.modules)
def test_a_layout_says_the_same_has_all_comments_and_is_its_own_layout(data: st.DataObject, module: ast.Module) -> None:
    formatted(data.draw(scattered(unparse(module))))


@settings(max_examples=30)
@given(st.data(), st.sampled_from(SHIPPED))
def test_so_has_that_of_a_real_policy(data: st.DataObject, text: str) -> None:
    formatted(data.draw(scattered(text, comments=12, gaps=60)))


@pytest.mark.sweep
@settings(max_examples=3000)
@given(st.data(), trees.modules)
def test_in_a_long_search_too(data: st.DataObject, module: ast.Module) -> None:
    formatted(data.draw(scattered(unparse(module), comments=8, gaps=30)))


@settings(max_examples=50)
@given(damaged())
def test_a_damaged_policy_has_a_layout_or_a_diagnostic(text: str) -> None:
    try:
        parse(text, "damaged")
    except SyntaxFailure:
        with pytest.raises(SyntaxFailure):
            format_module(text, "damaged")
    else:
        formatted(text)


@settings(max_examples=40)
@given(st.data(), trees.modules)
def test_how_the_author_broke_lines_does_not_matter(data: st.DataObject, module: ast.Module) -> None:
    text = unparse(module)
    one = data.draw(scattered(text, comments=0, blank=False))
    other = data.draw(scattered(text, comments=0, blank=False))

    assert formatted(one) == formatted(other)


@given(st.recursive(trees.references, trees._wider, max_leaves=60))
def test_no_line_is_too_long_that_could_be_broken(tree: ast.Expr) -> None:
    made = formatted(f"let x = {unparse_expression(tree)}")

    for line in made.splitlines():
        assert len(line) <= WIDTH or not breakable(line), line


def breakable(line: str) -> bool:
    """Whether a line has a place where it could end: before an operator, behind a comma or an opening bracket."""
    words = [word for _, word, _ in tokens(Text("line", line), [])][:-1]
    operators = {"and", "or", "+", "-", "&", "if", "else", ","}
    inside = [word for word in words[1:-1] if word in operators]
    called = [word for word, behind in pairwise(words) if word in {"(", "{"} and behind not in {")", "}"}]
    return len(inside) + len(called) > 1


@pytest.mark.parametrize("text", SHIPPED, ids=lambda text: text.split("\n", 1)[0])
def test_real_policies_fit_into_the_width(text: str) -> None:
    lines = re.sub(r'"{3}.*?"{3}', "", formatted(text), flags=re.DOTALL).splitlines()

    assert [line for line in lines if len(line.split("  #")[0]) > WIDTH] == []


def test_the_digest_of_what_is_shipped_does_not_change(tmp_path: Path) -> None:
    root = policies_root()
    for path in root.rglob("*"):
        if path.is_file():
            new = tmp_path / path.relative_to(root)
            new.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_bytes()
            new.write_bytes(format_module(squeezed(text.decode()), "new").encode() if path.suffix == ".nslsm" else text)

    assert digests(tmp_path) == digests(root)


def squeezed(text: str) -> str:
    """The words of a text, each on a line of its own where that is allowed."""
    return "\n".join(line.strip() for line in text.splitlines())


def digests(root: Path) -> dict[str, str]:
    (checked,) = check_targets([str(root)])
    package = checked.package
    assert package is not None, checked.diagnostics
    found = {name: control_digest(control) for name, control in package.controls.items() if not control.parameters}
    return {**found, "": policy_digest(package.namespaces)}


# What belongs where


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("let a = (((1)))", "let a = 1\n"),
        ("let a = (b or c) and ((d == 1))", "let a = (b or c) and (d == 1)\n"),
        ("let a = 1 - (-0X1)".replace("X", "x"), "let a = 1 - (-0x1)\n"),
        ("let a = 0xFF + 0o0007", "let a = 0xff + 0o7\n"),
        ("let a = [2001:DB8::1]", "let a = [2001:db8::1]\n"),
        (r'let a = "\x41 \u{e9}"', 'let a = "\\x41 \\u{e9}"\n'),
        ("control c() { }", "control c {}\n"),
        ('test "t" { file "/a" { } }', 'test "t" {\n    file "/a"\n}\n'),
        ("\ufefflet a = 1\r\n\r\n\r\nlet b = 2\r\n", "let a = 1\n\nlet b = 2\n"),
        ("", ""),
        ("# all", "# all\n"),
        ("let a = 1\nlet b = 2\ncontrol c { }", "let a = 1\nlet b = 2\n\ncontrol c {}\n"),
        ("control c { # why\n}", "control c {}  # why\n"),
        ("control c {\n\n# why\n}", "control c {\n    # why\n}\n"),
        ("let a = {1, # one\n2}", "let a = {\n    1,  # one\n    2\n}\n"),
        ("let a = f(1 # one\n, 2)", "let a = f(\n    1,  # one\n    2,\n)\n"),
        ('control c { """a\n   b\n     c""" }', 'control c {\n    """a\n    b\n      c\n    """\n}\n'),
        ('"""\n  a\n    b"""', '"""\na\n  b\n"""\n'),
        ("namespace a { bind b }\nnamespace cde { bind f }", "namespace a   { bind b }\nnamespace cde { bind f }\n"),
        ("on", None),
    ],
)
def test_a_text_has_this_layout(text: str, made: str | None) -> None:
    if made is None:
        with pytest.raises(SyntaxFailure):
            format_module(text, "a")
    else:
        assert formatted(text) == made


LONG = "subject.tainted and address not in 10.0.0.0/8 and port not in modality(subject.exe)"


def member(text: str) -> str:
    """A control's one member, laid out, without the control around it and its indentation."""
    lines = formatted(f"control c {{\n{text}\n}}").splitlines()[1:-1]
    return "".join(line[4:] + "\n" for line in lines)


def test_a_rule_that_does_not_fit_has_its_reasons_on_lines_of_their_own() -> None:
    assert member(f'deny connect when {LONG} with EHOSTUNREACH because "why"') == (
        f'deny connect when {LONG}\n    with EHOSTUNREACH\n    because "why"\n'
    )


def test_a_condition_that_does_not_fit_is_broken_at_its_loosest_operators() -> None:
    assert member(f"deny connect when {LONG} or {LONG}") == (f"deny connect\n    when {LONG}\n        or {LONG}\n")
    assert member(f"deny a when ({LONG} or x) and {LONG}") == (
        f"deny a\n    when ({LONG} or x)\n"
        "        and subject.tainted\n"
        "        and address not in 10.0.0.0/8\n"
        "        and port not in modality(subject.exe)\n"
    )


def test_the_brace_of_a_region_whose_head_is_broken_has_a_line_of_its_own() -> None:
    assert member(f'confine a where {LONG} because "why" {{ allow a }}') == (
        f'confine a where {LONG}\n    because "why"\n{{\n    allow a\n}}\n'
    )


def test_what_an_effect_sets_has_a_line_each() -> None:
    assert member("on a set subject.x = 1 set subject.y = 2") == "on a\n    set subject.x = 1\n    set subject.y = 2\n"


def test_one_long_name_does_not_push_the_types_of_others_away() -> None:
    long = "a" * 50

    assert member(f"attr task.a: int = 0 attr file.{long}: int = 0 attr task.bcd: int = 0") == (
        f"attr task.a:   int = 0\nattr file.{long}: int = 0\nattr task.bcd: int = 0\n"
    )


def test_columns_end_where_lines_would_get_too_long() -> None:
    path = "a" * 40
    steps = f'a open "/x" -> deny EACCES by {"c" * 70}\n b open "/{path}" -> allow'

    assert formatted(f'test "t" {{ {steps} }}').splitlines()[1:-1] == [
        "    " + line.strip() for line in steps.split("\n")
    ]


@pytest.mark.parametrize("remark", ["# why", "# nslsm: allow(constant-condition) it is meant"])
def test_a_comment_behind_a_rule_stays_on_its_first_line(remark: str) -> None:
    rule = f'deny connect when {LONG} with EHOSTUNREACH because "why"'

    assert member(f"{rule} {remark}") == (
        f'deny connect when {LONG}  {remark}\n    with EHOSTUNREACH\n    because "why"\n'
    )
    assert member(f"{remark}\n{rule}").startswith(f"{remark}\ndeny connect")


def test_a_finding_that_a_comment_silences_stays_silenced(tmp_path: Path) -> None:
    paths = ", ".join(f'"/srv/{number}"' for number in range(20))
    long = f"let a = {{{paths}}} # nslsm: allow(unused-let) for others\n"
    because = f'because "{"why " * 20}" # nslsm: allow(constant-condition) meant'
    rule = f'deny file_open when object.path == "/a" and 1 == 2 with EPERM {because}'
    before, after = tmp_path / "before.nslsm", tmp_path / "after.nslsm"
    text = f"control c {{\n{long}{rule}\n}}"
    before.write_text(text)
    after.write_text(formatted(text))

    assert check_targets([str(before)])[0].diagnostics == ()
    assert check_targets([str(after)])[0].diagnostics == ()
    after.write_text(after.read_text().replace("# nslsm", "# not nslsm"))
    assert {each.code.name for each in check_targets([str(after)])[0].diagnostics} >= {
        "unused-let",
        "constant-condition",
    }


def test_a_comment_within_a_rule_breaks_it_where_it_stands() -> None:
    assert member("deny a # one\n when b # two\n with EPERM") == "deny a  # one\n    when b  # two\n    with EPERM\n"
    assert member("deny # one\n a") == "deny  # one\n    a\n"
    assert member("deny a when b\n# two\nand c") == "deny a\n    when b\n        # two\n        and c\n"


def test_blank_lines_are_kept_as_groups_and_dropped_at_the_ends_of_blocks() -> None:
    text = "control c {\n\n\n    deny a\n\n\n\n    # why\n\n    deny b\n    deny c\n\n}\n"

    assert formatted(text) == "control c {\n    deny a\n\n    # why\n\n    deny b\n    deny c\n}\n"


# Limits

MANY = 3000


def test_what_is_nested_up_to_the_limit_is_laid_out() -> None:
    formatted(nested(NESTING))
    formatted("namespace a { " * NESTING + "seal" + " }" * NESTING)
    deepest = "namespace a { " * NESTING + f"limit depth = {'not ' * NESTING}a" + " }" * NESTING
    assert says_the_same(deepest, format_module(deepest, "deep"), "deep")
    formatted("let a = b" + ".c" * (NESTING - 1))
    formatted("let a = b" + "(c)" * (NESTING - 1))
    formatted("let a = " + "b if c else " * (NESTING - 1) + "d")
    formatted("let a = b" + " + c" * (NESTING - 1))
    formatted("let a = " + "(" * NESTING + "b" + ")" * NESTING)


@pytest.mark.parametrize(
    "text",
    [
        "let x = a" + " and a" * MANY,
        "let x = {" + "a, " * MANY + "}",
        "control c { deny " + "a, " * MANY + "a }",
        "#" * 100_000,
        "\n" * 100_000,
        "import " + "a." * MANY + "a",
        "table t(a: int) = {" + " ".join("1" * MANY) + "}",
        "control c { attr task.x: " + "set of " * 1000 + "int }",
        "let x = {" + "1, # one\n" * MANY + "}",
    ],
    ids=lambda text: text[:16].strip() or "blank",
)
def test_what_is_long_is_no_problem(text: str) -> None:
    made = format_module(text, "long")

    assert format_module(made, "long") == made
    assert says_the_same(text, made, "long")


def test_time_grows_with_the_length_and_not_faster() -> None:
    """Ten times the text may take twenty times as long, not a hundred times."""
    rule = "deny n: a, b when c in {1, 2} and (d or not e) with EPERM # why\n"
    for before, unit, after in (
        ("control c {", rule, "}"),
        ("let a = {", "1, ", "}"),
        ("let a = b", " or (c and d)", ""),
        ('test "t" {', 'a open "/x" -> allow\n', "}"),
        ("", "# why\n", ""),
    ):
        short, long = (seconds(partial(format_module, before + unit * count + after, "t")) for count in (200, 2000))

        assert long < 20 * short + 0.5, unit


@given(st.binary(max_size=80))
def test_any_bytes_have_a_layout_or_a_diagnostic(data: bytes) -> None:
    try:
        text = decode(data, "bytes")
        parse(text, "bytes")
    except SyntaxFailure:
        with pytest.raises(SyntaxFailure):
            format_module(decode(data, "bytes"), "bytes")
    else:
        formatted(text)


# The comparison that keeps a wrong layout from being written


@pytest.mark.parametrize(
    "other",
    ["let a = 2", "let b = 1", "let a = 0x1", "let a = 1 # x", "let a = {1}", "let a = 1 let b = 1", "let a = true"],
)
def test_texts_that_say_something_else_are_told_apart(other: str) -> None:
    assert not says_the_same("let a = 1", other, "a")
