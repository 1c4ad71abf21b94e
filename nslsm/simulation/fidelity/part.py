"""Where a prediction and the truth part: call by call, by what one has and the other has not, counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

Key: TypeAlias = tuple[int, int]
"""A task, and which of its calls."""

MAX_IN_CALL: Final = 5_000
"""Of a call with more hooks than this, only the number of each is compared, not the order."""


class Kind(Enum):
    """How they part."""

    LACK = "lack"
    """The kernel called the hook, we did not raise it."""
    EXTRA = "extra"
    """We raised it, the kernel did not call it."""
    MOVED = "moved"
    """Both have it, elsewhere in the call."""


class Call(NamedTuple):
    """A system call of both recordings, with the hooks of each."""

    task: int
    nth: int
    name: str
    line: int | None
    """Where it begins in the trace; None where that lacks it."""
    true: tuple[str, ...]
    ours: tuple[str, ...]


class Difference(NamedTuple):
    """One kind of difference: in which system call, about which hook, how often, and the first call that has it."""

    call: str
    kind: Kind
    hook: str
    times: int
    first: Call


def calls(
    true: Mapping[Key, Sequence[str]],
    ours: Mapping[Key, Sequence[str]],
    places: Mapping[Key, tuple[str, int]],
    names: Mapping[Key, str],
) -> Iterable[Call]:
    """All calls of either, in the order of tasks. ``places``: name and line in the trace; ``names``: what the truth says."""
    for key in sorted(true.keys() | ours.keys()):
        name, line = places.get(key, (names.get(key, ""), None))
        yield Call(*key, name, line, tuple(true.get(key, ())), tuple(ours.get(key, ())))


def parted(found: Iterable[Call]) -> list[Difference]:
    """The differences, system calls with the most of them in front."""
    times: Counter[tuple[str, Kind, str]] = Counter()
    first: dict[tuple[str, Kind, str], Call] = {}
    for call in found:
        if call.true == call.ours:
            continue
        for kind, hook, count in _in_call(call.true, call.ours):
            what = (call.name, kind, hook)
            times[what] += count
            known = first.get(what)
            if known is None or _earlier(call, known):
                first[what] = call
    of_call: Counter[str] = Counter()
    for what, count in times.items():
        of_call[what[0]] += count
    return sorted(
        (Difference(*what, count, first[what]) for what, count in times.items()),
        key=lambda each: (-of_call[each.call], each.call, -each.times, each.kind.value, each.hook),
    )


def _earlier(one: Call, other: Call) -> bool:
    if one.line is None or other.line is None:
        return one.line is not None
    return one.line < other.line


def _in_call(true: tuple[str, ...], ours: tuple[str, ...]) -> Iterable[tuple[Kind, str, int]]:
    gone: Counter[str] = Counter()
    come: Counter[str] = Counter()
    if max(len(true), len(ours)) > MAX_IN_CALL:
        gone, come = Counter(true) - Counter(ours), Counter(ours) - Counter(true)
    else:
        for tag, begin, end, other_begin, other_end in SequenceMatcher(None, true, ours, autojunk=False).get_opcodes():
            if tag != "equal":
                gone.update(true[begin:end])
                come.update(ours[other_begin:other_end])
    for hook in gone.keys() | come.keys():
        moved = min(gone[hook], come[hook])
        for kind, count in (
            (Kind.MOVED, moved),
            (Kind.LACK, gone[hook] - moved),
            (Kind.EXTRA, come[hook] - moved),
        ):
            if count:
                yield kind, hook, count
