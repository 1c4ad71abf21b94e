"""The guide has a row for every composition, and the bounds that the compositions have."""

import re

from nslsm.engine.compositions import COMPOSITIONS, NAMES
from tests.house.checkout import ROOT

GUIDE = (ROOT / "docs" / "guide" / "compositions.md").read_text()


def rows(heading: str) -> dict[str, str]:
    """The rows of the table below a heading, by the compositions named in the first cell."""
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    found = (line.strip("|").split("|", 1) for line in section.splitlines() if line.startswith("| `"))
    return {name: rest for first, rest in found for name in re.findall(r"`([^`]+)`", first)}


def test_every_composition_has_its_rule_in_the_guide() -> None:
    assert sorted(rows("The rules")) == sorted(NAMES)


def test_the_guide_has_the_bounds_of_each() -> None:
    told = rows("How far they go")

    for composition in COMPOSITIONS:
        capacity, row = composition.capacity, told[composition.name].replace(",", "")
        for bound in (capacity.levels, capacity.namespaces, capacity.controls):
            assert bound is None or str(bound) in row
        assert capacity.errno is None or capacity.errno.name in row


def test_every_composition_has_its_sources_in_the_guide() -> None:
    assert [name for name in NAMES[1:] if f"### {name}\n" not in GUIDE] == []
