"""Every policy of the project is in the one layout."""

from pathlib import Path

import pytest

from nslsm.language.syntax.format import format_module
from tests.house.checkout import ROOT, files

POLICIES = [path for path in files() if path.suffix == ".nslsm"]


def test_there_are_policies() -> None:
    assert len(POLICIES) >= 5


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_policy_is_in_the_one_layout(path: Path) -> None:
    text = path.read_bytes().decode()

    assert format_module(text, path.name) == text, "`nslsm fmt` mends it"
