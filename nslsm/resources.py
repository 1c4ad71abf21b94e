"""The one place that knows where grammar, policies, examples and pages are: at the top of a checkout, or inside a wheel."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent

_IN_A_CHECKOUT: Final = {
    "grammar": "grammar",
    "policies": "policies",
    "examples": "examples",
    "cases": "tests/cases",
    "schema": "docs/schema",
}
"""Where each folder is below the top of a checkout; in a wheel they stand side by side in ``nslsm/_data``."""


class MissingData(Exception):
    """The package is there, and files that belong to it are not: an installation that was cut short."""


def grammar_text() -> str:
    """The text of ``policy.lark``; MissingData where it is not."""
    return (_folder("grammar") / "policy.lark").read_text(encoding="utf-8")


def policies_root() -> Path:
    """The folder of the shipped policies: ``std/operations.nslsm`` below it is the module ``std.operations``."""
    return _folder("policies")


def examples_root() -> Path:
    """The folder of the shipped examples, one folder each: ``01-…``, with a policy, a trace and what comes out."""
    return _folder("examples")


def cases_root() -> Path:
    """The folder of the pages about findings, ``<code>.md``: each is documentation, and a test of its rule."""
    return _folder("cases")


def schemas_root() -> Path:
    """The folder of the JSON Schemas of what other programs read: ``decision-1.json`` is version 1 of a decision."""
    return _folder("schema")


def _folder(name: str) -> Path:
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / _IN_A_CHECKOUT[name]):
        if folder.is_dir():
            return folder
    raise MissingData(f"nslsm is installed without its {name}: install it again")
