"""Which hooks are routine."""

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.routine import REASONS, ROUTINE


def test_routine_hooks_are_in_the_catalogue_and_have_one_reason_each() -> None:
    named = [hook for _, hooks in REASONS for hook in hooks]

    assert len(named) == len(set(named)) == len(ROUTINE)
    assert set(CATALOGUE) >= ROUTINE
