"""Findings about whole programs, one file each; each has a page in ``tests/cases`` that is its test and its explanation."""

from typing import Final

from nslsm.language.check.rules import (
    constant_condition,
    empty_confine,
    empty_seal,
    errno_not_returned,
    foreign_missing,
    glob_matches_everything,
    glob_matches_nothing,
    join_missing,
    label_laundering,
    locked_out,
    overlapping_effects,
    shadowed_rule,
    unreachable_rule,
    unsatisfiable_region,
    unset_attribute,
    unused_attribute,
    unused_control,
    unused_import,
    unused_let,
    unused_operation,
    unused_parameter,
    unused_table,
    weakened_mode,
)
from nslsm.language.check.whole import Rule

RULES: Final[tuple[Rule, ...]] = (
    overlapping_effects.RULE,
    locked_out.RULE,
    join_missing.RULE,
    empty_confine.RULE,
    constant_condition.RULE,
    unreachable_rule.RULE,
    unsatisfiable_region.RULE,
    shadowed_rule.RULE,
    glob_matches_nothing.RULE,
    glob_matches_everything.RULE,
    errno_not_returned.RULE,
    label_laundering.RULE,
    foreign_missing.RULE,
    weakened_mode.RULE,
    empty_seal.RULE,
    unused_attribute.RULE,
    unset_attribute.RULE,
    unused_parameter.RULE,
    unused_let.RULE,
    unused_control.RULE,
    unused_operation.RULE,
    unused_table.RULE,
    unused_import.RULE,
)
"""All of them, in the order in which they look."""
