"""The tools that judge the source have nothing to say about it. What they say otherwise is in the failure."""

import sys

from tests.house.checkout import succeed, tool


def test_ruff_finds_nothing() -> None:
    succeed([tool("ruff"), "check", "--no-fix", "."])


def test_every_file_is_formatted() -> None:
    succeed([tool("ruff"), "format", "--diff", "."])


def test_mypy_finds_nothing() -> None:
    succeed([sys.executable, "-m", "mypy"])


def test_layers_are_kept() -> None:
    succeed([tool("lint-imports"), "--no-logo", "--no-cache"])
