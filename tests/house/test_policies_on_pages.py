"""Every policy that a page shows is one: checked without a finding, its tests passed, in the canonical layout.

A line that is to be wrong says so: ``# error: unknown-hook`` behind it, or ``# warning: …``; then the page has just that
finding there.
"""

import re
from pathlib import Path

import pytest

from nslsm.diagnostics import Diagnostic
from nslsm.language.load import check_modules
from nslsm.language.syntax.format import format_module
from nslsm.simulation.cases import run
from tests.house.checkout import ROOT, files
from tests.house.pages import LEFT_OUT, Fence, fences, fits, leaves
from tests.house.test_commands_on_pages import PAGES
from tests.language.check.memory import Memory, shown

FORMATTING = ROOT / "docs" / "guide" / "formatting.md"
"""The one page that shows policies as they are before anybody lays them out."""
SAID = re.compile(r"# (?P<severity>error|warning): (?P<code>[a-z-]+)$")
MODULE = re.compile(r"^module (\S+)", re.MULTILINE)


def name_of(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else ""


def examples(page: Path) -> list[tuple[Fence, list[Fence]]]:
    """The whole policies of a page, each with the files that stand under the same heading."""
    found = []
    for section in leaves(page.read_text()):
        every = list(fences(section))
        beside = [fence for fence in every if fence.name and "append" not in fence.words]
        found += [(fence, beside) for fence in every if fence.kind == "nslsm" and not (fence.name or fence.words)]
    return found


EXAMPLES = [(page, example, beside) for page in PAGES for example, beside in examples(page)]
FILES = [(page, fence) for page in PAGES for fence in fences(page.read_text()) if fence.kind == "nslsm" and fence.name]
EXCERPTS = [(page, fence) for page in PAGES for fence in fences(page.read_text()) if "excerpt" in fence.words]


@pytest.mark.parametrize(("page", "example", "beside"), EXAMPLES, ids=name_of)
def test_a_policy_has_no_finding_but_those_that_it_announces_and_its_tests_pass(
    page: Path, example: Fence, beside: list[Fence]
) -> None:
    said = MODULE.search(example.text)
    name = said[1] if said else "example"
    modules = {each.name.removesuffix(".nslsm").replace("/", "."): each.text for each in beside if each.kind == "nslsm"}
    others = {each.name: each.text.encode() for each in beside if each.kind != "nslsm"}

    checked = check_modules([name], Memory({**modules, name: example.text}, others))

    assert sorted(map(placed, checked.diagnostics)) == announced(example.text), f"{page.name}: {shown(checked)}"
    if checked.package is not None:
        failed = [result for result in run(checked.package.tests) if not result.passed]
        assert not failed, [reason for result in failed for failure in result.failures for reason in failure.reasons]


def placed(diagnostic: Diagnostic) -> tuple[int, str, str]:
    line = 0 if diagnostic.span is None else diagnostic.span.line
    return line, diagnostic.severity.value, diagnostic.code.name


def announced(text: str) -> list[tuple[int, str, str]]:
    """The findings that an example says it has, with their lines."""
    lines = [(number, SAID.search(line)) for number, line in enumerate(text.splitlines(), 1)]
    return sorted((number, found["severity"], found["code"]) for number, found in lines if found)


@pytest.mark.parametrize(("page", "example", "beside"), EXAMPLES, ids=name_of)
def test_a_policy_has_the_canonical_layout(page: Path, example: Fence, beside: list[Fence]) -> None:  # noqa: ARG001
    if page != FORMATTING and not any(severity == "error" for _, severity, _ in announced(example.text)):
        assert format_module(example.text, page.name) == example.text


@pytest.mark.parametrize(("page", "excerpt"), EXCERPTS, ids=name_of)
def test_an_excerpt_is_of_a_policy_of_this_project(page: Path, excerpt: Fence) -> None:
    policies = [path.read_text() for path in files() if path.suffix == ".nslsm"]
    policies += [fence.text for other, fence in FILES if other == page]

    assert any(fits(f"{LEFT_OUT}\n{excerpt.text.rstrip()}\n{LEFT_OUT}", policy) for policy in policies)


def test_there_are_examples_and_one_that_is_wrong() -> None:
    shown_by = {page.parent.name for page, _, _ in EXAMPLES}

    assert {"reference"} <= shown_by
    assert any(announced(example.text) for _, example, _ in EXAMPLES)
    assert EXCERPTS


def test_a_finding_is_announced_on_its_line() -> None:
    assert announced("a\n    deny file_opne  # error: unknown-hook\n# warning: x at all\n") == [
        (2, "error", "unknown-hook")
    ]


@pytest.mark.parametrize(("page", "file"), FILES, ids=name_of)
def test_a_file_that_a_page_shows_has_the_canonical_layout(page: Path, file: Fence) -> None:
    assert format_module(file.text, f"{page.name}: {file.name}") == file.text
