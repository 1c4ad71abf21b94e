"""What is not known, and Kleene's connectives over it (Model M2.9)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Doubt:
    """A value that nobody knows; ``names`` are the facts that it hangs on, as the author wrote them."""

    names: frozenset[str]


Judged = Any
"""What an expression comes to: a value of its type, or a doubt. The checker of policies has seen to the types."""

Truth = bool | Doubt
"""What a condition comes to."""


def doubts_in(values: Iterable[object]) -> Doubt | None:
    """All that the unknown ones among ``values`` hang on, or None where all are known."""
    names = [value.names for value in values if isinstance(value, Doubt)]
    return Doubt(frozenset().union(*names)) if names else None


def all_of(truths: Iterable[Truth]) -> Truth:
    """Conjunction: one that is false settles it, whatever the others are; else one that is unknown leaves it open."""
    heard = list(truths)
    if any(truth is False for truth in heard):
        return False
    return doubts_in(heard) or True


def any_of(truths: Iterable[Truth]) -> Truth:
    """Disjunction: one that is true settles it; else one that is unknown leaves it open."""
    heard = list(truths)
    if any(truth is True for truth in heard):
        return True
    return doubts_in(heard) or False


def negated(truth: Truth) -> Truth:
    """Negation: of what is unknown, unknown."""
    return truth if isinstance(truth, Doubt) else not truth
