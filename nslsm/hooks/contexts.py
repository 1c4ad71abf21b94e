"""Security contexts of SELinux as texts: taken apart, and put together as the kernel writes them.

A context is ``user:role:type:range``, a range one level or two with ``-`` between, a level a sensitivity and, behind a
colon, categories: ``s0:c0.c3,c7``. Every question has an answer: of a text that is no context, all parts are empty.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

MOST_CATEGORIES: Final = 4096
"""Categories of one level; a text with more is no level."""

_NUMBERED: Final = re.compile(r"(.*?)(0|[1-9][0-9]{0,6})", re.ASCII | re.DOTALL)
_KEPT: Final = 1 << 16


class Context(NamedTuple):
    """The parts of a context; all empty where the text was none."""

    user: str
    role: str
    type: str
    low: str
    high: str


class Level(NamedTuple):
    """A sensitivity and its categories."""

    sensitivity: str
    categories: frozenset[str]


NO_CONTEXT: Final = Context("", "", "", "", "")
NO_LEVEL: Final = Level("", frozenset())


@lru_cache(_KEPT)
def context(text: str) -> Context:
    """The parts of a context. Where the range is left out, as policies without levels have it, both levels are empty.

    >>> context("system_u:object_r:etc_t:s0-s0:c0.c3")
    Context(user='system_u', role='object_r', type='etc_t', low='s0', high='s0:c0.c3')
    >>> context("etc_t") == NO_CONTEXT
    True
    """
    user, *more = text.split(":", 3)
    if len(more) < 2 or not (user and more[0] and more[1]):
        return NO_CONTEXT
    if len(more) == 2:
        return Context(user, more[0], more[1], "", "")
    low, dash, high = more[2].partition("-")
    if level(low) is NO_LEVEL or (dash and level(high) is NO_LEVEL):
        return NO_CONTEXT
    return Context(user, more[0], more[1], low, high if dash else low)


@lru_cache(_KEPT)
def level(text: str) -> Level:
    """A level taken apart. A span of categories, ``c0.c3``, is counted by the numbers at the end of names that begin alike.

    >>> sorted(level("s0:c0.c2,c7").categories)
    ['c0', 'c1', 'c2', 'c7']
    >>> level("s0:c3.c0") is NO_LEVEL
    True
    """
    sensitivity, colon, written = text.partition(":")
    if not sensitivity or not colon:
        return Level(sensitivity, frozenset()) if sensitivity else NO_LEVEL
    found: set[str] = set()
    for part in written.split(","):
        names = _span(part)
        if names is None or len(found) + len(names) > MOST_CATEGORIES:
            return NO_LEVEL
        found.update(names)
    return Level(sensitivity, frozenset(found))


def _span(part: str) -> list[str] | None:
    first, dot, last = part.partition(".")
    if not dot:
        return [part] if part else None
    one, other = _NUMBERED.fullmatch(first), _NUMBERED.fullmatch(last)
    if one is None or other is None or one[1] != other[1]:
        return None
    low, high = int(one[2]), int(other[2])
    if low > high or high - low >= MOST_CATEGORIES:
        return None
    return [f"{one[1]}{number}" for number in range(low, high + 1)]


@lru_cache(_KEPT)
def written_level(sensitivity: str, categories: frozenset[str]) -> str:
    """A level as the kernel writes it: categories in order, three and more that follow one another as a span.

    >>> written_level("s0", frozenset({"c9", "c10", "c1", "c2", "c3"}))
    's0:c1.c3,c9,c10'
    """
    ordered = sorted(
        ((found[1], int(found[2])) if (found := _NUMBERED.fullmatch(each)) else (each, -1)) for each in categories
    )
    parts: list[str] = []
    place = 0
    while place < len(ordered):
        stem, number = ordered[place]
        end = place
        while end + 1 < len(ordered) and number >= 0 and ordered[end + 1] == (stem, number + end + 1 - place):
            end += 1
        first, last = _name(ordered[place]), _name(ordered[end])
        parts.append(first if end == place else f"{first}{',' if end == place + 1 else '.'}{last}")
        place = end + 1
    return f"{sensitivity}:{','.join(parts)}" if parts else sensitivity


def _name(category: tuple[str, int]) -> str:
    stem, number = category
    return stem if number < 0 else f"{stem}{number}"


def written(user: str, role: str, type_: str, low: str, high: str) -> str:
    """A context as text; without levels where there are none, and one level where both are the same.

    >>> written("user_u", "user_r", "user_t", "s0", "s0")
    'user_u:user_r:user_t:s0'
    """
    levels = low if low == high or not high else f"{low}-{high}"
    return f"{user}:{role}:{type_}:{levels}" if levels else f"{user}:{role}:{type_}"
