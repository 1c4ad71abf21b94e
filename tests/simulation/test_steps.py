"""Every word that a test may use is carried out."""

from nslsm.language.check import steps as vocabulary
from nslsm.simulation import steps


def test_every_call_that_the_checker_lets_through_can_be_made() -> None:
    assert steps.CALLS.keys() == vocabulary.CALLS.keys()
