"""Every way in which a text can be wrong has a page, and it is true: its wrong example is that error, the right one none."""

import re

import pytest

from nslsm.language.syntax.codes import CODES, HIDDEN_CHARACTER, NOT_UTF8, NUL_BYTE, OVER_LIMIT
from nslsm.language.syntax.parse import SyntaxFailure, parse
from nslsm.resources import cases_root

FENCE = re.compile(r"^```nslsm\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

OF_BYTES = {NOT_UTF8, NUL_BYTE, HIDDEN_CHARACTER, OVER_LIMIT}
"""What no example on a page can show."""


def examples(code: str, heading: str) -> list[str]:
    page = (cases_root() / f"{code}.md").read_text(encoding="utf-8")
    section = next(section for section in page.split("\n## ") if section.startswith(heading))
    return [fence["text"] for fence in FENCE.finditer(section)]


def test_no_two_errors_have_one_name() -> None:
    assert len({code.name for code in CODES}) == len(CODES)


@pytest.mark.parametrize("code", [code.name for code in CODES])
def test_each_error_has_a_page(code: str) -> None:
    page = (cases_root() / f"{code}.md").read_text(encoding="utf-8")

    assert page.startswith(f"# {code}\n\n")


@pytest.mark.parametrize("code", [code.name for code in CODES if code not in OF_BYTES])
def test_the_wrong_example_is_that_error_and_the_right_one_parses(code: str) -> None:
    (wrong,), (right,) = examples(code, "Wrong"), examples(code, "Right")

    parse(right, "right")
    with pytest.raises(SyntaxFailure) as failure:
        parse(wrong, "wrong")

    assert [found.code.name for found in failure.value.diagnostics] == [code], str(failure.value)
