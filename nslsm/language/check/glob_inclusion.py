"""Whether everything that a glob takes is taken by some of others: language inclusion, with cheap answers first.

Most questions need no search: the glob is one of the others, or a text that it takes is taken by none of them. Where one is
needed, the others are one automaton, made deterministic as far as the search comes, with one state for all that can follow one
beginning; bytes that nothing in a state tells apart are one step. Behind a state in which anything may follow nothing is looked
at (``/srv/**`` behind ``/srv/x``). What may go wrong soonest is looked at first, so that what is not within is mostly told
after a few steps.

All questions about one control share one account of steps. Every positive answer is a proof; where the account is used up, or
what one search may take, there is none.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Final

from nslsm.language.check.glob import Glob
from nslsm.language.check.glob_automaton import ANY, Automaton, members

MAX_PAIRS: Final = 3000
"""How many pairs of a position in the one and a state of the others a search goes through before it gives up."""

MAX_WORK: Final = 4_000_000
"""How many steps all the questions about one control may take together: some seconds, whatever the policy."""

_FILLER: Final = 1
"""The byte that samples have where a class takes it: patterns do not name it."""

_LETTERS: Final = 4
"""How many letters of a text that is held against a glob count for a step."""


class Inclusions:
    """Questions whether globs are within others: answers are remembered, and their cost is bounded together.

    >>> known = Inclusions()
    >>> known.within(Glob("/{a,b}/x"), (Glob("/a/*"), Glob("/b/*"))), known.within(Glob("/a/**"), (Glob("/a/*"),))
    (True, False)
    """

    __slots__ = ("_answers", "_containers", "_endless", "_left", "_samples")

    def __init__(self, work: int = MAX_WORK) -> None:
        """``work`` is how many steps there are for all the questions."""
        self._left = work
        self._containers: dict[tuple[Glob, ...], _Container] = {}
        self._answers: dict[tuple[tuple[Glob, ...], tuple[Glob, ...]], bool] = {}
        self._samples: dict[Glob, tuple[str, ...]] = {}
        self._endless: dict[Glob, int] = {}

    @property
    def exhausted(self) -> bool:
        """Whether all steps are taken: then nothing more is proved."""
        return self._left < 0

    def within(self, one: Glob, others: Sequence[Glob]) -> bool:
        """Whether certainly every text that ``one`` takes is taken by one of ``others``."""
        return self.all_within((one,), tuple(others))

    def all_within(self, globs: tuple[Glob, ...], others: tuple[Glob, ...]) -> bool:
        """Whether certainly every text that one of ``globs`` takes is taken by one of ``others``."""
        key = (globs, others)
        if key not in self._answers:
            if others not in self._containers:
                self._containers[others] = _Container(others)
            container = self._containers[others]
            self._answers[key] = all(self._is_within(glob, container) for glob in globs)
        return self._answers[key]

    def spend(self, steps: int) -> bool:
        """Take steps; whether there were any left."""
        self._left -= steps
        return self._left >= 0

    def _is_within(self, one: Glob, container: "_Container") -> bool:
        if one.text in container.texts:
            return True
        if one.exact is not None:
            if one.exact in container.exact:
                return True
            near = [each for each in container.above(one.prefix) if each.exact is None]
            tried = len(near) * len(one.exact)
            return self.spend(1 + len(near) + tried // _LETTERS) and any(each.matches(one.exact) for each in near)
        near = [*container.above(one.prefix), *container.below(one.prefix)]
        if one not in self._samples:
            self._samples[one] = tuple(samples(one))
        found = self._samples[one]
        tried = sum(each.exact is None for each in near) * sum(map(len, found))
        if not self.spend(1 + len(near) * len(found) + tried // _LETTERS):
            return False
        takers = [{place for place, each in enumerate(near) if each.matches(text)} for text in found]
        if not all(takers):
            return False
        # One that takes all by itself is found with a small search, however many there are.
        single = (near[place] for place in sorted(set[int].intersection(*takers)) if near[place].exact is None)
        return any(self._covers(one, [each]) for each in single) or (len(near) > 1 and self._covers(one, near))

    def _covers(self, one: Glob, others: Sequence[Glob]) -> bool:
        for each in others:
            if each not in self._endless:
                self._endless[each] = _endless(each.automaton)
        endless = [self._endless[each] for each in others]
        return _Search(self, one.automaton, [each.automaton for each in others], endless).succeeds()


class _Container:
    """The globs that others are held against, by what they begin with."""

    def __init__(self, globs: tuple[Glob, ...]) -> None:
        self.texts = {glob.text for glob in globs}
        self.exact = {glob.exact for glob in globs if glob.exact is not None}
        self._by_prefix: dict[str, list[Glob]] = defaultdict(list)
        for glob in dict.fromkeys(globs):
            self._by_prefix[glob.prefix].append(glob)
        self._prefixes = sorted(self._by_prefix)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    def above(self, prefix: str) -> Iterator[Glob]:
        """Those that may take what begins with ``prefix`` by what they begin with themselves."""
        for length in self._lengths:
            if length > len(prefix):
                return
            yield from self._by_prefix.get(prefix[:length], ())

    def below(self, prefix: str) -> Iterator[Glob]:
        """Those that begin with ``prefix`` and more."""
        for place in range(bisect_left(self._prefixes, prefix), len(self._prefixes)):
            found = self._prefixes[place]
            if not found.startswith(prefix):
                return
            if found != prefix:
                yield from self._by_prefix[found]


class _State:
    """All that may follow one beginning: for each of the automata that have taken it, where that can stand."""

    __slots__ = ("accepting", "branches", "live", "takes_all")

    def __init__(
        self, live: tuple[tuple[int, int], ...], automata: Sequence[Automaton], endless: Sequence[int]
    ) -> None:
        self.live = live
        self.accepting = any(positions & automata[which].accepting for which, positions in live)
        self.takes_all = any(positions & endless[which] for which, positions in live)
        self.branches: list[tuple[int, _State]] | None = None


class _Search:
    """One glob against several: for each beginning that the one can have, whether what may follow is taken."""

    def __init__(
        self, account: Inclusions, own: Automaton, automata: Sequence[Automaton], endless: Sequence[int]
    ) -> None:
        self._account = account
        self._own = own
        self._automata = automata
        self._endless = endless
        self._unions: list[dict[int, tuple[tuple[int, int], ...]]] = [{} for _ in automata]
        self._states: dict[tuple[tuple[int, int], ...], _State] = {}
        self._to_end = _distances(own)

    def succeeds(self) -> bool:
        """Whether all is taken; False too where that takes too long to tell."""
        own = self._own
        start = self._state(tuple((which, 1) for which in range(len(self._automata))))
        if not self._account.spend(len(own.classes) + len(start.live)):
            return False
        seen = {(0, id(start))}
        pending = [(0, 0, 0, start)]
        number = 0
        while pending:
            _, _, position, state = heappop(pending)
            if own.accepting >> position & 1 and not state.accepting:
                return False
            branches = self._branches(state)
            following = list(members(own.follows[position]))
            if branches is None or not self._account.spend(len(branches) * len(following)):
                return False
            for bytes_, after in branches:
                for each in following:
                    if not own.classes[each] & bytes_ or after.takes_all or (each, id(after)) in seen:
                        continue
                    if len(seen) > MAX_PAIRS or not after.live:
                        return False  # behind every position there is an end
                    seen.add((each, id(after)))
                    number += 1
                    heappush(pending, (len(after.live) + self._to_end[each], number, each, after))
        return True

    def _state(self, live: tuple[tuple[int, int], ...]) -> _State:
        if live not in self._states:
            self._states[live] = _State(live, self._automata, self._endless)
        return self._states[live]

    def _branches(self, state: _State) -> list[tuple[int, _State]] | None:
        """Sets of bytes, which together are all, with the state behind each; None where too much was looked at."""
        if state.branches is None:
            by_class: dict[int, list[tuple[int, int]]] = defaultdict(list)
            for which, positions in state.live:
                for class_, taking in self._following(which, positions):
                    by_class[class_].append((which, taking))
            blocks = [ANY]
            for class_ in by_class:
                blocks = [part for block in blocks for part in (block & class_, block & ~class_) if part]
                if not self._account.spend(len(blocks)):
                    return None
            branches = []
            for block in blocks:
                reached: dict[int, int] = {}
                for class_, places in by_class.items():
                    if class_ & block:
                        if not self._account.spend(len(places)):
                            return None
                        for which, taking in places:
                            reached[which] = reached.get(which, 0) | taking
                branches.append((block, self._state(tuple(sorted(reached.items())))))
            state.branches = branches
        return state.branches

    def _following(self, which: int, positions: int) -> tuple[tuple[int, int], ...]:
        """Where an automaton can go: positions by the bytes that they take."""
        known = self._unions[which]
        if positions not in known:
            automaton = self._automata[which]
            union = 0
            for position in members(positions):
                union |= automaton.follows[position]
            by_class: dict[int, int] = defaultdict(int)
            for position in members(union):
                by_class[automaton.classes[position]] |= 1 << position
            self._account.spend(positions.bit_count() + union.bit_count())
            known[positions] = tuple(by_class.items())
        return known[positions]


def _endless(automaton: Automaton) -> int:
    """The positions behind which a pattern takes whatever follows: those that ``**`` at its end can follow."""
    forever = 0
    for position, follows in enumerate(automaton.follows):
        if automaton.classes[position] == ANY and follows >> position & 1 and automaton.accepting >> position & 1:
            forever |= 1 << position
    return sum(
        1 << position
        for position, follows in enumerate(automaton.follows)
        if follows & forever and automaton.accepting >> position & 1
    )


def _distances(automaton: Automaton) -> list[int]:
    """For each position, how many bytes there are to an end at least; positions lead to themselves and to later ones only."""
    found = [0] * len(automaton.classes)
    for position in range(len(found) - 1, -1, -1):
        if not automaton.accepting >> position & 1:
            later = (found[each] for each in members(automaton.follows[position]) if each > position)
            found[position] = 1 + min(later, default=0)
    return found


def samples(glob: Glob) -> Iterable[str]:
    r"""Some texts that a glob takes: one through every star and first alternatives, one through the last and no star.

    >>> list(samples(Glob("/{a,b}*.so")))
    ['/a\x01.so', '/b.so']
    """
    automaton = glob.automaton
    found: dict[str, None] = {}
    for last in (False, True):
        text = bytearray()
        position = 0
        while True:
            later = automaton.follows[position] >> position + 1
            if not later or (last and automaton.accepting >> position & 1):
                break
            position += later.bit_length() if last else (later & -later).bit_length()
            class_ = automaton.classes[position]
            text.append(_FILLER if class_ >> _FILLER & 1 else (class_ & -class_).bit_length() - 1)
        found[text.decode("utf-8", "surrogateescape")] = None
    return found
