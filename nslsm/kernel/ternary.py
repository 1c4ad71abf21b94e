"""Arithmetic with what nobody knows: truth values by Kleene, and sets of capabilities (Model M2.9)."""

from collections.abc import Iterable
from typing import TypeAlias, TypeVar

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.protocol.things import ALL_CAPABILITIES, NO_CAPABILITIES, Capabilities

Truth: TypeAlias = bool | Unknown

_T = TypeVar("_T")


def choose(condition: Truth, yes: _T, no: _T) -> _T | Unknown:
    """``yes`` where the condition holds, else ``no``; unknown where it is unknown and they differ.

    >>> choose(UNKNOWN, 1, 1), choose(UNKNOWN, 1, 2)
    (1, UNKNOWN)
    """
    if isinstance(condition, Unknown):
        return yes if yes == no else UNKNOWN
    return yes if condition else no


def equal(one: object, other: object) -> Truth:
    """Whether two values are one; unknown where either is."""
    return UNKNOWN if isinstance(one, Unknown) or isinstance(other, Unknown) else one == other


def negation(truth: Truth) -> Truth:
    """The opposite."""
    return truth if isinstance(truth, Unknown) else not truth


def all_of(*truths: Truth) -> Truth:
    """Whether all hold: one that does not settles it.

    >>> all_of(True, UNKNOWN, False), all_of(True, UNKNOWN)
    (False, UNKNOWN)
    """
    if False in truths:
        return False
    return UNKNOWN if UNKNOWN in truths else True


def any_of(*truths: Truth) -> Truth:
    """Whether any holds: one that does settles it."""
    if True in truths:
        return True
    return UNKNOWN if UNKNOWN in truths else False


def member(element: _T | Unknown, group: frozenset[_T] | Unknown) -> Truth:
    """Whether the set has the element."""
    return UNKNOWN if isinstance(element, Unknown) or isinstance(group, Unknown) else element in group


def among(value: int | Unknown, others: Iterable[int | Unknown]) -> Truth:
    """Whether a value is one of several."""
    return any_of(*(equal(value, other) for other in others))


def meet(one: Capabilities | Unknown, other: Capabilities | Unknown) -> Capabilities | Unknown:
    """What is in both; nothing, where nothing is in either."""
    if NO_CAPABILITIES in (one, other):
        return NO_CAPABILITIES
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return UNKNOWN
    return one & other


def union(one: Capabilities | Unknown, other: Capabilities | Unknown) -> Capabilities | Unknown:
    """What is in either; everything, where everything is in one."""
    if ALL_CAPABILITIES in (one, other):
        return ALL_CAPABILITIES
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return UNKNOWN
    return one | other


def within(part: Capabilities | Unknown, whole: Capabilities | Unknown) -> Truth:
    """Whether one set is part of the other."""
    if part == NO_CAPABILITIES or whole == ALL_CAPABILITIES:
        return True
    if isinstance(part, Unknown) or isinstance(whole, Unknown):
        return UNKNOWN
    return part <= whole
