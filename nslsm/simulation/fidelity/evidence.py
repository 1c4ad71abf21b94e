"""What a corpus shows of the mapping: which of its rows real kernels were seen to follow, in how many programs.

A row that no program exercises rests on knowledge of Linux alone; one that a single program exercises may be less general
than it looks. Rows that name functions of the kernel are held against the callers that were recorded.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple, TypeAlias

from nslsm.kernel.mapping import MAPPING, Mapped, Raised
from nslsm.kernel.operations import Operation
from nslsm.kernel.seen.hook import SeenHook
from nslsm.simulation.fidelity.predict import Predicted, Prediction

SEARCHES: Final = frozenset({"link_path_walk"})
"""Calls ``inode_permission`` for each directory on the way to a file: said of all system calls at once, and in no row."""

Row: TypeAlias = tuple[type[Operation], int]
"""An operation, and which of its rows."""

_BY_OPERATION: Final = {entry.operation: entry for entry in MAPPING}


class Exercised(NamedTuple):
    """A row of the mapping, and the programs in which a kernel called the hook where we raised it."""

    entry: Mapped
    raised: Raised
    programs: tuple[str, ...]
    times: int


class Stray(NamedTuple):
    """A hook that was called by a function which no row of the operation names for it."""

    operation: str
    hook: str
    caller: str
    named: tuple[str, ...]
    """Those that its rows name; empty where they name none."""
    programs: tuple[str, ...]


class Evidence(NamedTuple):
    """What a corpus shows of the mapping."""

    rows: tuple[Exercised, ...]
    """All rows, in their order."""
    strays: tuple[Stray, ...]
    """Callers that are not named where functions are."""
    unnamed: tuple[Stray, ...]
    """Callers of hooks whose rows name no function."""


def evidence(programs: Iterable[tuple[str, Sequence[SeenHook], Prediction]]) -> Evidence:
    """What programs (name, what was seen, what was predicted) show."""
    seen: dict[Row, set[str]] = defaultdict(set)
    times: Counter[Row] = Counter()
    strays: dict[tuple[type[Operation], str, str], set[str]] = defaultdict(set)
    for name, true, prediction in programs:
        for theirs, ours in in_calls(true, prediction.hooks):
            entry = _BY_OPERATION.get(ours.operation)
            if entry is None:
                continue
            caller = theirs.caller.partition(".")[0]
            if caller in SEARCHES:
                continue
            for place in rows_of(entry, theirs.hook, caller):
                seen[entry.operation, place].add(name)
                times[entry.operation, place] += 1
            if caller and not any(caller in raised.follows for raised in entry.raises if raised.hook == theirs.hook):
                strays[entry.operation, theirs.hook, caller].add(name)
    rows = tuple(
        Exercised(entry, raised, tuple(sorted(seen[entry.operation, place])), times[entry.operation, place])
        for entry in MAPPING
        for place, raised in enumerate(entry.raises)
    )
    found = [
        Stray(operation.__name__, hook, caller, _named(_BY_OPERATION[operation], hook), tuple(sorted(names)))
        for (operation, hook, caller), names in strays.items()
    ]
    found.sort(key=lambda stray: stray[:3])
    return Evidence(rows, tuple(each for each in found if each.named), tuple(each for each in found if not each.named))


def in_calls(true: Iterable[SeenHook], ours: Iterable[Predicted]) -> Iterator[tuple[SeenHook, Predicted]]:
    """Hooks of both that are in the same call and in the same place of it."""
    theirs: dict[tuple[int, int], list[SeenHook]] = defaultdict(list)
    mine: dict[tuple[int, int], list[Predicted]] = defaultdict(list)
    for row in true:
        if not row.interrupting:
            theirs[row.task, row.nth].append(row)
    for hook in ours:
        mine[hook.task, hook.nth].append(hook)
    for key in theirs.keys() & mine.keys():
        names = [row.hook for row in theirs[key]], [hook.request.hook.name for hook in mine[key]]
        for begin, other, size in SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
            for step in range(size):
                yield theirs[key][begin + step], mine[key][other + step]


def rows_of(entry: Mapped, hook: str, caller: str) -> list[int]:
    """The rows that a call of a hook exercises: those that name its caller, else those that name none."""
    about = [place for place, raised in enumerate(entry.raises) if raised.hook == hook]
    named = [place for place in about if caller in entry.raises[place].follows]
    return named or [place for place in about if not entry.raises[place].follows or not caller]


def _named(entry: Mapped, hook: str) -> tuple[str, ...]:
    names = (function for raised in entry.raises if raised.hook == hook for function in raised.follows)
    return tuple(dict.fromkeys(names))
