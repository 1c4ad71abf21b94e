"""What authors are told: each text in `errors/*.md` with its diagnostics beside it, word for word."""

import re
from pathlib import Path

import pytest

from nslsm.language.syntax.explain_syntax_error import EXPLANATIONS
from nslsm.language.syntax.grammar import grammar
from nslsm.language.syntax.parse import SyntaxFailure, parse

FOLDER = Path(__file__).parent / "errors"
PAIR = re.compile(r"^```nslsm\n(?P<wrong>.*?)^```\n\n```text\n(?P<said>.*?)^```$", re.MULTILINE | re.DOTALL)

PAIRS = [
    pytest.param(pair["wrong"], pair["said"].rstrip("\n"), id=f"{page.stem}-{number}")
    for page in sorted(FOLDER.glob("*.md"))
    for number, pair in enumerate(PAIR.finditer(page.read_text(encoding="utf-8")), 1)
]


def told(text: str) -> SyntaxFailure:
    with pytest.raises(SyntaxFailure) as failure:
        parse(text, "a.nslsm")
    return failure.value


@pytest.mark.parametrize(("wrong", "said"), PAIRS)
def test_the_message_is_the_one_on_the_page(wrong: str, said: str) -> None:
    assert str(told(wrong)) == said


def test_the_names_of_tokens_and_productions_never_show() -> None:
    internal = re.compile(
        "|".join([r"\$END", r"\bBAD\b", "__", "<_", *(rf"\b{kind}\b" for kind, _ in grammar().patterns)])
    )

    assert not [pair.id for pair in PAIRS if internal.search(str(pair.values[1]))]


def test_every_fence_is_one_of_a_pair() -> None:
    fences = sum(page.read_text(encoding="utf-8").count("\n```nslsm\n") for page in FOLDER.glob("*.md"))

    assert fences == len(PAIRS) > 150


def test_every_explanation_is_needed_by_some_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """An explanation that no page shows is either dead or untested."""
    texts = [pair.values[0] for pair in PAIRS]
    needed = set()
    for number, explanation in enumerate(EXPLANATIONS):
        others = EXPLANATIONS[:number] + EXPLANATIONS[number + 1 :]
        monkeypatch.setattr("nslsm.language.syntax.explain_syntax_error.EXPLANATIONS", others)
        if any(str(told(str(text))) != pair.values[1] for text, pair in zip(texts, PAIRS, strict=True)):
            needed.add(explanation.__name__)
        monkeypatch.undo()

    assert {explanation.__name__ for explanation in EXPLANATIONS} - needed == {"_too_deep"}


def test_what_was_understood_before_an_error_is_not_read_again() -> None:
    """`table` is a name here, though it stands where a declaration could begin."""
    found = told("let x = a +\ntable\nlet y = 1 1\n").diagnostics

    assert [(each.span.line, each.span.column) for each in found if each.span] == [(3, 11)]
