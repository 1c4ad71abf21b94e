"""The guide to the layout shows what the formatter makes."""

import re
from pathlib import Path

from nslsm.language.syntax.format import format_module
from nslsm.language.syntax.format.layout import WIDTH

GUIDE = (Path(__file__).parents[3] / "docs/guide/formatting.md").read_text(encoding="utf-8")


def test_the_guides_example_is_laid_out_as_it_shows() -> None:
    before, after = re.findall(r"^```nslsm\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)

    assert format_module(before, "guide") == after
    assert format_module(after, "guide") == after


def test_the_guide_says_how_long_a_line_may_be() -> None:
    assert f"up to {WIDTH} columns" in GUIDE
