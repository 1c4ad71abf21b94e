"""The guide's examples parse, and it names every word that is not free."""

import re
from pathlib import Path

import pytest

from nslsm.language.syntax.build.steps import STEP_WORDS
from nslsm.language.syntax.grammar import RESERVED
from nslsm.language.syntax.parse import parse

GUIDE = (Path(__file__).parents[3] / "docs/guide/language-syntax.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```nslsm\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == GUIDE.count("```nslsm") == 3


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("\n", 1)[0])
def test_the_examples_parse(example: str) -> None:
    parse(example, "guide")


def test_the_guide_names_the_reserved_words() -> None:
    assert {word for word in RESERVED | set(STEP_WORDS) if f"`{word}`" not in GUIDE} == set()
