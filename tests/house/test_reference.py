"""The reference describes the whole language: each production of the grammar has its place and an example there."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from unittest.mock import patch

import pytest

from nslsm.diagnostics import Span
from nslsm.hooks.types import SCALARS
from nslsm.kernel.boot import ORDINARY_UID
from nslsm.kernel.files import OPEN_WORLD_MODE
from nslsm.language.check.annotations import ANNOTATIONS, COVERAGES, SEVERITIES
from nslsm.language.check.calls import BUILTINS
from nslsm.language.check.case_rows import MAX_ROWS as MAX_CASES
from nslsm.language.check.controls import ATTRIBUTE_KINDS, JOINS, MAX_RULES
from nslsm.language.check.modules import RESERVED as EVERYWHERE
from nslsm.language.check.steps import CALLS, FILE_FACTS, OPEN_WORDS, TASK_FACTS
from nslsm.language.check.table_data import MAX_ROWS, MAX_TABLE_BYTES
from nslsm.language.syntax import automaton
from nslsm.language.syntax.ast import COMPARISONS
from nslsm.language.syntax.build import Build
from nslsm.language.syntax.build.steps import STEP_WORDS
from nslsm.language.syntax.grammar import RESERVED, Production, grammar
from nslsm.language.syntax.limits import MODULE_BYTES, NESTING
from nslsm.library import SEARCH_PATH
from nslsm.library.cache import MOST_BYTES, MOST_FILES, OFF, VARIABLE
from nslsm.library.installed import GROUP
from nslsm.protocol.namespace import Limits
from nslsm.resources import policies_root
from tests.house.checkout import ROOT
from tests.house.pages import FENCE, fences, sections

MAKER = automaton._maker
MIB = 2**20
REFERENCE = ROOT / "docs" / "reference"
INDEX = REFERENCE / "README.md"
ROW = re.compile(r"^\| (?P<links>.*?\]\(.*?) \| (?P<names>(?:`\w+` ?)+) \|$", re.MULTILINE)
TARGET = re.compile(r"\((?P<page>[\w-]+\.md)#(?P<anchor>[\w-]+)\)")


def name_of(production: Production) -> str:
    """What a production makes by the name that the grammar gives it; empty where it only passes on what others made."""
    if production.build in ("", "_"):
        return production.origin.strip("<>") if production.build == "" and production.size > 1 else ""
    return production.build


CONSTRUCTS = {name_of(production) for production in grammar().productions} - {""}
"""What the grammar can make: its productions, and those of their alternatives that have names of their own."""


def described() -> Iterator[tuple[str, str]]:
    """Each construct that the index names, with the text of the places that it leads to."""
    for row in ROW.finditer(INDEX.read_text()):
        places = [sections((REFERENCE / to["page"]).read_text())[to["anchor"]] for to in TARGET.finditer(row["links"])]
        for name in re.findall(r"`(\w+)`", row["names"]):
            yield name, "\n".join(places)


def policies(text: str) -> list[str]:
    return [fence.text for fence in fences(text) if fence.kind == "nslsm" and "excerpt" not in fence.words]


def constructs(texts: Iterable[str]) -> set[str]:
    """The constructs that occur in policies; an optional part that is left out does not."""
    seen: set[str] = set()

    def noting(production: Production, build: Build) -> Callable[[Span, list[object]], object]:
        make = MAKER(production, build)

        def noted(span: Span, values: list[object]) -> object:
            if production.size:
                seen.add(name_of(production))
            return make(span, values)

        return noted

    with patch.object(automaton, "_maker", noting):
        for text in texts:
            automaton.run(automaton.Text("page", text), Build(), [])
    return seen - {""}


DESCRIBED = list(described())
EVERY_POLICY = [text for page in sorted(REFERENCE.glob("*.md")) for text in policies(page.read_text())]


def test_the_index_names_each_construct_of_the_grammar_once() -> None:
    assert sorted(name for name, _ in DESCRIBED) == sorted(CONSTRUCTS)


@pytest.mark.parametrize(("name", "text"), DESCRIBED, ids=[name for name, _ in DESCRIBED])
def test_where_a_construct_is_described_an_example_has_it(name: str, text: str) -> None:
    assert name in constructs(policies(text))


def test_every_keyword_and_mark_stands_in_an_example() -> None:
    found = {word for text in EVERY_POLICY for _, word, _ in automaton.tokens(automaton.Text("page", text), [])}

    assert {*grammar().words, *grammar().marks} - found == set()


def test_an_optional_part_that_is_left_out_is_no_example() -> None:
    assert "mode" not in constructs(["policy p { use a }"])
    assert "mode" in constructs(["policy p { use a in complain }"])
    assert "seal" in constructs(["namespace n { seal }"])
    assert "seal" not in constructs(["namespace n { }"])
    assert "with" not in constructs(['control c { deny read because "x" }'])
    assert "with" in constructs(["control c { deny read with EPERM }"])


OPERATIONS = re.findall(r"^operation (\w+)", (policies_root() / "std" / "operations.nslsm").read_text(), re.MULTILINE)

NAMED = {
    "modules.md": [*RESERVED, *EVERYWHERE, *STEP_WORDS],
    "packages.md": [SEARCH_PATH, VARIABLE, OFF, GROUP],
    "values.md": [*map(str, SCALARS), "tree"],
    "expressions.md": [*BUILTINS, *COMPARISONS, "subject", "object", "namespace"],
    "controls.md": [*JOINS, *ATTRIBUTE_KINDS, *OPERATIONS],
    "namespaces.md": [part.name for part in fields(Limits)],
    "annotations.md": [*ANNOTATIONS, *SEVERITIES, *COVERAGES],
    "tests.md": [*CALLS, *OPEN_WORDS, *FILE_FACTS, *TASK_FACTS, *COMPARISONS[:6]],
}
"""What there is of each kind: the page that has to name it."""


@pytest.mark.parametrize("page", sorted(NAMED))
def test_a_page_names_all_that_there_is(page: str) -> None:
    said = " ".join(re.findall(r"`([^`\n]+)`", FENCE.sub("", (REFERENCE / page).read_text())))

    assert [name for name in NAMED[page] if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)] == []


NUMBERS = {
    "modules.md": [
        f"{MODULE_BYTES // MIB} MiB of UTF-8",
        f"| {NESTING} |",
        f"| {MAX_RULES:,} |",
        f"{MAX_ROWS:,}, from a file of {MAX_TABLE_BYTES // MIB} MiB",
    ],
    "packages.md": [f"{MOST_FILES} results", f"{MOST_BYTES // MIB} MiB"],
    "tests.md": [f"At most {MAX_CASES:,} rows", f"{ORDINARY_UID} where nothing is said", f"`{OPEN_WORLD_MODE:#o}`"],
}
"""Numbers that pages tell, as they are in the program."""


@pytest.mark.parametrize("page", sorted(NUMBERS))
def test_a_page_tells_the_numbers_that_hold(page: str) -> None:
    text = (REFERENCE / page).read_text()

    assert [number for number in NUMBERS[page] if number not in text] == []


def test_the_limits_of_namespaces_are_those_that_are_told() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| .* \| (\d+) \|$", (REFERENCE / "namespaces.md").read_text(), re.MULTILINE))

    assert {name: int(number) for name, number in told.items()} == {
        part.name: getattr(Limits(), part.name) for part in fields(Limits)
    }
