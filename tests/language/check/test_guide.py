"""The guide's policies are without a finding, and it names what there is."""

import re
from pathlib import Path

import pytest

from nslsm.hooks.types import SCALARS
from nslsm.language.check.calls import BUILTINS
from nslsm.language.syntax.ast import COMPARISONS
from tests.language.check.memory import checked, shown

GUIDE = (Path(__file__).parents[3] / "docs/guide/language-meaning.md").read_text(encoding="utf-8")
POLICIES = re.findall(r"^```nslsm\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", POLICIES, ids=range(len(POLICIES)))
def test_a_policy_of_the_guide_is_without_a_finding(text: str) -> None:
    found = checked(text)

    assert not found.diagnostics, shown(found)


def test_the_guide_names_every_operator_type_and_function() -> None:
    assert POLICIES
    for name in (*map(str, SCALARS), *BUILTINS, *(each for each in COMPARISONS if each != "not in")):
        assert name in GUIDE, name
