"""Findings about whole programs, one file each; each has a page in ``tests/cases`` that is its test and its explanation."""

from typing import Final

from nslsm.language.check.rules import (
    empty_confine,
    errno_not_returned,
    join_missing,
    locked_out,
    overlapping_effects,
    unused_let,
)
from nslsm.language.check.whole import Rule

RULES: Final[tuple[Rule, ...]] = (
    overlapping_effects.RULE,
    locked_out.RULE,
    join_missing.RULE,
    empty_confine.RULE,
    errno_not_returned.RULE,
    unused_let.RULE,
)
"""All of them, in the order in which they look."""
