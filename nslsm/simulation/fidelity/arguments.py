"""Whether what we say that a hook was called with is what it was called with.

Of each task, the sequences of decision hooks are aligned (difflib's SequenceMatcher), and the hooks of matched places are
compared: each field that the truth has and that is compared at all (:data:`nslsm.kernel.seen.fields.FIELDS`), and ``ret``.
A value that we do not know counts as wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.seen.codes import integer
from nslsm.kernel.seen.fields import FIELDS, Field, Means, read, told_of
from nslsm.kernel.seen.hook import SeenHook
from nslsm.protocol.things import Value
from nslsm.simulation.fidelity.paths import same_path
from nslsm.simulation.fidelity.predict import Predicted

RETURNED: Final = "ret"


class Wrong(NamedTuple):
    """A field that is not as the truth has it."""

    hook: str
    field: str
    true: object
    ours: Value | Unknown | None
    line: int
    """Where the call begins in the trace."""


@dataclass(slots=True)
class Share:
    """How many of how many are right."""

    right: int = 0
    all: int = 0

    def count(self, *, right: bool) -> None:
        """One more."""
        self.right += right
        self.all += 1

    def add(self, other: "Share") -> None:
        """As many more as another count has."""
        self.right += other.right
        self.all += other.all

    @property
    def share(self) -> float:
        """The part that is right, 0 to 1; of none, all.

        >>> Share(19, 20).share
        0.95
        """
        return self.right / self.all if self.all else 1.0


MAX_WRONG: Final = 10_000
"""How many wrong fields are kept; all are counted."""


@dataclass(slots=True)
class Arguments:
    """What came of comparing arguments. ``hooks`` counts matched hooks, right where each field of theirs is."""

    hooks: Share = field(default_factory=Share)
    fields: Share = field(default_factory=Share)
    by_hook: dict[str, Share] = field(default_factory=dict)
    by_field: dict[tuple[str, str], Share] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)

    def add(self, other: "Arguments") -> None:
        """Count what another comparison came to as well."""
        self.hooks.add(other.hooks)
        self.fields.add(other.fields)
        for hook, share in other.by_hook.items():
            self.by_hook.setdefault(hook, Share()).add(share)
        for key, share in other.by_field.items():
            self.by_field.setdefault(key, Share()).add(share)
        self.wrong.extend(other.wrong[: MAX_WRONG - len(self.wrong)])


class Matched(NamedTuple):
    """A hook of the truth, and the one of ours in the same place."""

    true: SeenHook
    ours: Predicted


def matched(true: Sequence[SeenHook], ours: Sequence[Predicted]) -> Iterable[Matched]:
    """One task's hooks, aligned by their names."""
    names = [each.hook for each in true], [each.request.hook.name for each in ours]
    for begin, other, size in SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
        for step in range(size):
            yield Matched(true[begin + step], ours[other + step])


def compared(pairs: Iterable[Matched], true_tasks: Mapping[int, int], our_tasks: Mapping[int, int]) -> Arguments:
    """Compare what matched hooks were called with. The mappings lead from processes' numbers to tasks."""
    found = Arguments()
    for true, ours in pairs:
        if true.told is None:
            continue
        whole, any_field = True, False
        for name, right, value in _fields(true, ours, true_tasks, our_tasks):
            any_field = True
            whole &= right
            found.fields.count(right=right)
            found.by_field.setdefault((true.hook, name), Share()).count(right=right)
            if not right and len(found.wrong) < MAX_WRONG:
                found.wrong.append(Wrong(true.hook, name, told_of(true.told, name), value, ours.line))
        if any_field:
            found.hooks.count(right=whole)
            found.by_hook.setdefault(true.hook, Share()).count(right=whole)
    return found


UNTOLD: Final = frozenset({"created"})
"""Members of flags that our kernel has and recordings of hooks do not tell."""


def _fields(
    true: SeenHook, ours: Predicted, true_tasks: Mapping[int, int], our_tasks: Mapping[int, int]
) -> Iterable[tuple[str, bool, Value | Unknown | None]]:
    told = true.told or {}
    returned = integer(told.get(RETURNED))
    if returned is not None:
        yield RETURNED, returned == ours.returned, ours.returned
    for each in FIELDS.get(true.hook, ()):
        theirs = read(each, told)
        if theirs is None:
            continue
        value = each.of(ours.request)
        if each.means is Means.TASK:
            if not isinstance(theirs, int) or theirs not in true_tasks:
                continue  # a process that nobody recorded: both runs number it otherwise
            right = isinstance(value, int) and our_tasks.get(value) == true_tasks[theirs]
        elif each.means is Means.PATH:
            right = _same_path(each, value, theirs, told)
        else:
            told_of = value - UNTOLD if isinstance(value, frozenset) else value
            right = theirs is not UNKNOWN and _plain(told_of) == _plain(theirs)
        yield each.name, right, value


def _same_path(each: Field, value: Value | Unknown | None, theirs: Value | Unknown, told: Mapping[str, object]) -> bool:
    if not isinstance(value, str) or not isinstance(theirs, str):
        return False
    filesystem = told.get("fs") if each.name.startswith("path") else None
    return same_path(
        value,
        theirs,
        filesystem=filesystem if isinstance(filesystem, str) else None,
        whole=told.get("abs") is not False or not each.name.startswith("path"),
    )


def _plain(value: Value | Unknown | None) -> object:
    """Truth values are numbers in recordings, and so are IPv4 addresses in IPv6 clothes what they stand for."""
    if isinstance(value, bool):
        return int(value)
    mapped = getattr(value, "ipv4_mapped", None)
    return mapped if isinstance(mapped, IPv4Address) else value
