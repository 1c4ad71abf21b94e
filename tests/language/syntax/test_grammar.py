"""The grammar, its tables, and the builder hold together."""

import inspect
import json
import re

import pytest
from lark import Lark
from lark.exceptions import GrammarError

from nslsm.language.syntax import grammar as tables
from nslsm.language.syntax.build import Build
from nslsm.language.syntax.build.expressions import Expressions
from nslsm.language.syntax.generate import dump, generate
from nslsm.language.syntax.grammar import RESERVED, TABLES_FILE, from_data, grammar
from nslsm.language.syntax.parse import parse
from nslsm.resources import grammar_text, policies_root


def test_the_tables_are_those_of_the_grammar_which_has_no_conflict() -> None:
    made = dump(generate(grammar_text(), strict=True))

    assert made == TABLES_FILE.read_text(encoding="utf-8"), "run python -m nslsm.language.syntax.generate"


def test_a_grammar_with_a_conflict_is_refused() -> None:
    ambiguous = grammar_text().replace("?sum: postfix\n", '?sum: postfix\n    | sum "+" sum -> plus\n')

    assert ambiguous != grammar_text()
    with pytest.raises(GrammarError, match="Shift/Reduce"):
        generate(ambiguous, strict=True)


def test_every_production_has_its_method_and_every_method_its_production() -> None:
    named = {production.build for production in grammar().productions} - {"", "_"}
    methods = {name for name, _ in inspect.getmembers(Build, inspect.isfunction) if not name.startswith("_")}

    assert named == methods


def test_the_reserved_words_are_keywords() -> None:
    assert grammar().words >= RESERVED


def test_tables_that_are_older_than_the_grammar_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    edited = grammar_text().replace('"control"', '"kontrol"')
    monkeypatch.setattr(tables, "grammar_text", lambda: edited)

    fresh = tables.grammar.__wrapped__()

    assert "kontrol" in fresh.words
    assert fresh != grammar()


def test_tables_survive_their_file() -> None:
    assert from_data(json.loads(TABLES_FILE.read_bytes())) == grammar()


KEYWORD_CALLED = re.compile(r'^(    \w+ +)bind(?= +[\d\["])', re.MULTILINE)
"""A step that calls what is a keyword elsewhere: lark's lexer takes it for that, ours looks at what can stand there."""


def test_lark_itself_reads_the_shipped_policies_with_this_grammar() -> None:
    lark = Lark(grammar_text(), parser="lalr")

    for path in policies_root().rglob("*.nslsm"):
        text = path.read_text(encoding="utf-8")
        module = parse(text, path.name)
        tree = lark.parse(KEYWORD_CALLED.sub(r"\1connect", text))

        assert len(list(tree.find_pred(lambda node: node.data in ("control", "test")))) == sum(
            type(item).__name__ in ("Control", "Test") for item in module.items
        )


def test_the_builder_counts_what_has_parts() -> None:
    """A compound expression that is not counted could be nested without a limit."""
    counted = inspect.getsource(Expressions)

    for node in ("SetLiteral", "Member", "Call", "Arithmetic", "Compare", "Not", "And", "Or", "Conditional"):
        assert counted.count(f"ast.{node}(") == counted.count(f"self._compound(ast.{node}(") > 0


@pytest.mark.parametrize(
    "text",
    [
        "claim a {\n try a a with = a\n never a in a\n}",
        "claim a {\n try a a with, b\n never a in a\n}",
        'test "x" {\n a b c never = a -> allow\n}',
        'test "x" {\n a b c never -> allow\n}',
    ],
)
def test_words_that_end_the_operands_of_steps_are_names_in_attempts_and_the_other_way_round(text: str) -> None:
    assert len(parse(text, "t").items) == 1
