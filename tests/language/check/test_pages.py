"""Every finding of the checker has a page, and the page is true: its wrong example yields that finding, the right one none."""

import re
from pathlib import Path

import pytest

import nslsm
from nslsm import library
from nslsm.cli.explain_error import UNKNOWN_CODE
from nslsm.diagnostics import Code
from nslsm.language.check import codes
from nslsm.language.check.allowances import BAD_ALLOW, UNUSED_ALLOW
from nslsm.language.check.findings import TOO_MANY_FINDINGS
from nslsm.language.check.rules import RULES
from nslsm.language.syntax.codes import CODES
from tests.language.check.memory import checked, shown

PAGES = Path(__file__).parents[2] / "cases"
FENCE = re.compile(r"^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

CHECKER = {each.name for each in vars(codes).values() if isinstance(each, Code)}
CHECKER |= {rule.code.name for rule in RULES} | {BAD_ALLOW.name, UNUSED_ALLOW.name}
FILES = {each.name for each in vars(library).values() if isinstance(each, Code)}
"""Findings about files: tests of the library yield them, no text can."""
ELSEWHERE = FILES | {TOO_MANY_FINDINGS.name}
"""Findings whose example would be no page, but a folder or a thousand lines."""
SYNTAX = {code.name for code in CODES}
"""What does not parse: its pages are tested where the parser is."""
IN_SOURCE = re.compile(r'\bCode\(\s*"([a-z0-9-]+)"')


def examples(page: Path) -> dict[str, list[re.Match[str]]]:
    """The fenced examples of a page by the heading that they stand under."""
    found: dict[str, list[re.Match[str]]] = {}
    for section in page.read_text().split("\n## ")[1:]:
        heading, _, rest = section.partition("\n")
        found[heading] = list(FENCE.finditer(rest))
    return found


def outcome(fences: list[re.Match[str]]) -> tuple[list[str], str]:
    """What is found in one example: the fence without a name is module `case`, the others are beside it."""
    main = next(fence["text"] for fence in fences if fence["name"] is None)
    others = [fence for fence in fences if fence["name"] is not None]
    modules = {
        fence["name"].removesuffix(".nslsm").replace("/", "."): fence["text"]
        for fence in others
        if fence["kind"] == "nslsm"
    }
    files = {fence["name"]: fence["text"].encode() for fence in others if fence["kind"] != "nslsm"}
    found = checked(main, modules, files)
    return [each.code.name for each in found.diagnostics], shown(found)


def test_each_finding_has_a_page_and_each_page_a_finding() -> None:
    package = Path(nslsm.__file__).parent
    everywhere = {name for path in package.rglob("*.py") for name in IN_SOURCE.findall(path.read_text())}

    assert everywhere >= CHECKER | ELSEWHERE | SYNTAX
    assert {page.stem for page in PAGES.glob("*.md")} == everywhere | {UNKNOWN_CODE}


@pytest.mark.parametrize("code", sorted({page.stem for page in PAGES.glob("*.md")} - CHECKER - SYNTAX))
def test_a_page_without_examples_says_what_to_do(code: str) -> None:
    assert "\n## What to do\n\n" in (PAGES / f"{code}.md").read_text() or code in ELSEWHERE


@pytest.mark.parametrize("code", sorted(CHECKER))
def test_the_wrong_example_yields_the_finding_and_the_right_one_nothing(code: str) -> None:
    sections = examples(PAGES / f"{code}.md")

    wrong, text = outcome(sections["Wrong"])
    right, why = outcome(sections["Right"])

    assert set(wrong) == {code}, text
    assert not right, why


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_begins_with_its_code_and_says_why(page: Path) -> None:
    first, blank, why = page.read_text().split("\n")[:3]

    assert first == f"# {page.stem}"
    assert not blank
    assert len(why) > 40
