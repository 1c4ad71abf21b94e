"""Breadth first through everything that tasks can do, up to so many steps, for one that breaks a claim.

States are values that share what is alike, so that a state costs what it differs by; and of states that are the same up to
the names of things (:mod:`nslsm.simulation.exploration.canonical`) one is followed. At the last level only steps are taken
that can raise a hook which the claim is about: no others can break it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from nslsm.controls.declare import namespace_tree
from nslsm.engine.decision import Decision, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.language.check.cases import Act, Endpoint, FileFixture
from nslsm.language.check.claims import Attempt, Claim
from nslsm.language.program.interpret import Missing
from nslsm.protocol.namespace import NamespaceTree
from nslsm.simulation.exploration.bench import Bench, Moment
from nslsm.simulation.exploration.breach import Access, Watch
from nslsm.simulation.exploration.canonical import Canonical, Key, Surroundings
from nslsm.simulation.exploration.symmetry import numbers_are_seen
from nslsm.simulation.exploration.vocabulary import Template, Vocabulary, filled, vocabulary
from nslsm.simulation.exploration.words import BY_ITSELF, HOLDING, NEEDS, SOLITARY, hooks_of
from nslsm.simulation.machine import PROFILE, NotPossible

DEPTH: Final = 4
"""How many steps a search looks ahead where nobody says."""
MAX_STATES: Final = 100_000
"""How many states a search keeps where nobody says: some two kilobytes each."""
MAX_REMEMBERED: Final = 200_000
"""Of how many steps it is remembered what came of them."""
OFTEN: Final = 256
"""After so many transitions somebody who waits is told how far it is."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told of states and transitions, now and then."""


class Came(NamedTuple):
    """What came of a step, as far as a search goes on with it."""

    accesses: int
    undecided: frozenset[str]
    unsure: frozenset[str]


Memory: TypeAlias = tuple[int, int]
"""What a step comes out by: what is around its task, and which step it is."""


class Ready(NamedTuple):
    """A step that any task can take, with what a search has to know of it."""

    number: int
    template: Template
    can_break: bool
    """It can raise a hook that the claim is about."""
    depends: int | None
    """Which of :class:`Surroundings` it comes out by; None where it may have to do with other tasks."""
    needs: str | None
    """The path that must be open for it."""


def ready(templates: Iterable[Template], hooks: frozenset[str]) -> Iterator[Ready]:
    """The steps of a vocabulary, for a claim about ``hooks``."""
    for number, template in enumerate(templates):
        word = template.call
        elsewhere = word in ("connect", "send") and not isinstance(template.operands[0], Endpoint)
        path = template.operands[0] if word in NEEDS else None
        yield Ready(
            number,
            template,
            can_break=not hooks.isdisjoint(hooks_of(word)),
            depends=None if template.tasks or elsewhere else surroundings_of(word),
            needs=path if isinstance(path, str) else None,
        )


def surroundings_of(word: str) -> int | None:
    """Which of :class:`Surroundings` a word comes out by; None for one that may have to do with other tasks."""
    if word not in SOLITARY:
        return None
    names = Surroundings._fields
    return names.index("by_itself" if word in BY_ITSELF else "whole" if word in HOLDING else "with_files")


class Step(NamedTuple):
    """A step of a sequence, and what came of it."""

    act: Act
    decision: Decision


@dataclass(frozen=True, slots=True)
class Break:
    """A sequence of steps after which a claim is broken: by the last step, in ``access``."""

    steps: tuple[Step, ...]
    access: Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What came of a search."""

    claim: Claim
    depth: int
    """How many steps it was to look ahead."""
    vocabulary: Vocabulary
    merging: bool
    unmerged: str = ""
    """Why states were not merged although they were to be: the numbers of things are seen."""
    broken: Break | None = None
    searched: int = 0
    """The depth up to which everything was tried."""
    closed: bool = False
    """Nothing new can be reached: what holds up to the depth holds for any number of steps."""
    states: int = 0
    transitions: int = 0
    """Steps out of states whose outcome was looked at."""
    performed: int = 0
    """Those that were carried out; of the others it was known what came of the same step in the same surroundings."""
    accesses: int = 0
    """Accesses of the claim's operations in its namespaces that were tried, whatever came of them."""
    undecided: frozenset[str] = frozenset()
    """Unknown facts on which it hangs whether an access that was granted breaks the claim."""
    unsure: frozenset[str] = frozenset()
    """Unknown facts on which verdicts hung: such a step counts as refused."""

    @property
    def exhaustive(self) -> bool:
        """Whether everything within the bound was tried."""
        return self.searched >= self.depth or self.closed

    @property
    def holds(self) -> bool:
        """Whether the claim was shown within the bound: all was tried, its operations among it, and nothing broke it."""
        return self.broken is None and self.exhaustive and not self.undecided and self.accesses > 0


@dataclass(kw_only=True)
class _Search:
    """A search under way. ``came_from`` has for each state the one that it was reached from, and the step."""

    vocabulary: Vocabulary
    bench: Bench
    watch: Watch
    canonical: Canonical
    depth: int
    max_states: int
    progress: Progress | None
    ready: tuple[Ready, ...]
    remembers: bool
    came_from: list[tuple[int, Act] | None] = field(default_factory=list)
    seen: set[Key] = field(default_factory=set)
    remembered: dict[Memory, Came] = field(default_factory=dict)
    idle: set[Memory] = field(default_factory=set)
    """Steps that leave everything as it is, where a task has these surroundings."""
    transitions: int = 0
    performed: int = 0
    accesses: int = 0
    undecided: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    full: bool = False

    def run(self, start: Moment) -> tuple[tuple[int, Act, Access] | None, int, bool]:
        """The first step that breaks the claim, with its state; how deep all was tried; whether nothing more is to come."""
        self.seen.add(self.canonical.key(start))
        self.came_from.append(None)
        frontier = [(0, start)]
        for level in range(1, self.depth + 1):
            following: list[tuple[int, Moment]] = []
            for number, moment in frontier:
                found = self._expand(number, moment, following, last=level == self.depth)
                if found is not None:
                    return (number, *found), level - 1, False
                if self.full:
                    return None, level - 1, False
            if not following and level < self.depth:
                return None, level, True
            frontier = following
        return None, self.depth, False

    def _expand(
        self, number: int, moment: Moment, following: list[tuple[int, Moment]], *, last: bool
    ) -> tuple[Act, Access] | None:
        """All steps out of one state; the one that breaks the claim, if any does."""
        living = sorted(moment.names)
        child = f"task{moment.state.next_pid}"
        for name in living:
            around = self.canonical.surroundings(moment, name) if self.remembers else None
            for ready in self.ready:
                if last and not ready.can_break:
                    continue
                if ready.needs is not None and (name, ready.needs) not in moment.opened:
                    continue
                known = None if around is None else self._known(ready, around, last=last)
                if known is not None:
                    self._count(known)
                    continue
                for act in filled(ready.template, name, living, child):
                    access = self._take(number, moment, act, ready, around, None if last else following)
                    if access is not None:
                        return act, access
                    if self.full:
                        return None
        return None

    def _known(self, ready: Ready, around: Surroundings, *, last: bool) -> Came | None:
        """What comes of a step, where that is known and nothing new is to follow; None where it must be carried out."""
        if ready.depends is None or not (last or (around.whole, ready.number) in self.idle):
            return None
        return self.remembered.get((around[ready.depends], ready.number))

    def _take(
        self,
        number: int,
        moment: Moment,
        act: Act,
        ready: Ready,
        around: Surroundings | None,
        following: list[tuple[int, Moment]] | None,
    ) -> Access | None:
        """One step out of a state: the access that breaks the claim, if any does."""
        self.bench.put(moment)
        try:
            self.bench.perform_act(act)
        except NotPossible:
            return None
        self.performed += 1
        found, access = self._looked_at()
        self._count(found)
        if around is not None and ready.depends is not None:
            self._remember((around[ready.depends], ready.number), found)
        if following is None or access is not None:
            return access
        after = self.bench.take() if self.bench.state is not moment.state else None
        if ready.depends is not None and around is not None and self._is_as_before(after, around, act.task):
            self._settle(around.whole, ready.number)
        elif after is not None:
            self._reached(number, act, after, following)
        return None

    def _is_as_before(self, after: Moment | None, around: Surroundings, name: str) -> bool:
        """Whether a step has left its task and all around it as it was, so that nothing new can follow."""
        return after is None or self.canonical.surroundings(after, name) == around

    def _settle(self, around: int, number: int) -> None:
        if len(self.idle) >= MAX_REMEMBERED:
            self.idle.clear()
        self.idle.add((around, number))

    def _remember(self, memory: Memory, found: Came) -> None:
        if len(self.remembered) >= MAX_REMEMBERED:
            self.remembered.clear()
        self.remembered[memory] = found

    def _count(self, found: Came) -> None:
        self.transitions += 1
        self.accesses += found.accesses
        if found.undecided or found.unsure:
            self.undecided |= found.undecided
            self.unsure |= found.unsure
        if self.progress is not None and self.transitions % OFTEN == 0:
            self.progress(len(self.seen), self.transitions)

    def _looked_at(self) -> tuple[Came, Access | None]:
        """What came of the step that was just taken, and the access that breaks the claim, if any does."""
        accesses = 0
        undecided: frozenset[str] = frozenset()
        unsure: frozenset[str] = frozenset()
        for before, decided in self.bench.decided:
            if decided.verdict is Verdict.INDETERMINATE:
                unsure |= frozenset(decided.unknown)
            for access in self.watch.accesses(decided, before):
                accesses += 1
                if access.breaks:
                    return Came(accesses, undecided, unsure), access
                if access.granted and isinstance(access.truth, Missing):
                    undecided |= access.truth.facts
        return Came(accesses, undecided, unsure), None

    def _reached(self, number: int, act: Act, after: Moment, following: list[tuple[int, Moment]]) -> None:
        key = self.canonical.key(after)
        if key in self.seen:
            return
        if len(self.seen) >= self.max_states:
            self.full = True
            return
        self.seen.add(key)
        self.came_from.append((number, act))
        following.append((len(self.came_from) - 1, after))

    def path_to(self, number: int) -> list[Act]:
        """The steps that lead to a state."""
        acts: list[Act] = []
        origin = self.came_from[number]
        while origin is not None:
            acts.append(origin[1])
            origin = self.came_from[origin[0]]
        return acts[::-1]


def explore(
    claim: Claim,
    *,
    depth: int = DEPTH,
    attempts: tuple[Attempt, ...] | None = None,
    max_states: int = MAX_STATES,
    merge: bool = True,
    profile: str = PROFILE,
    progress: Progress | None = None,
) -> Exploration:
    """Search all sequences of at most ``depth`` steps for one that breaks ``claim``; the first that is found is a shortest.

    ``attempts``: what to try, in place of what the claim says. ``merge`` False: states that differ by the numbers of things
    only are followed each, which finds the same and takes longer. No more than ``max_states`` states are kept.
    """
    tree = namespace_tree(claim.root)
    tried = vocabulary(claim, tree, attempts)
    seen = numbers_are_seen(tree, claim, tried.places) if merge else ""
    canonical = Canonical(merging=merge and not seen, named=tried.named)
    bench = Bench(tree, profile=profile, walk=Walk.SHORT)
    watch = Watch(claim, tree)
    search = _Search(
        vocabulary=tried,
        bench=bench,
        watch=watch,
        canonical=canonical,
        depth=depth,
        max_states=max_states,
        progress=progress,
        ready=tuple(ready(tried.templates, watch.hooks)),
        remembers=canonical.merging,
    )
    found, searched, closed = search.run(begun(bench, tried))
    broken = None if found is None else _replayed(claim, tree, tried, profile, search, found)
    return Exploration(
        claim=claim,
        depth=depth,
        vocabulary=tried,
        merging=canonical.merging,
        unmerged=seen,
        broken=broken,
        searched=searched,
        closed=closed,
        states=len(search.seen),
        transitions=search.transitions,
        performed=search.performed,
        accesses=search.accesses,
        undecided=frozenset(search.undecided),
        unsure=frozenset(search.unsure),
    )


def begun(bench: Bench, tried: Vocabulary) -> Moment:
    """The moment in which a search begins."""
    for each in tried.given:
        if isinstance(each, FileFixture):
            bench.declare_file(each.path, dict(each.facts))
        else:
            bench.start_task(each.name, each.namespace, dict(each.facts))
    return bench.take()


def _replayed(
    claim: Claim,
    tree: NamespaceTree,
    tried: Vocabulary,
    profile: str,
    search: _Search,
    found: tuple[int, Act, Access],
) -> Break:
    """The sequence, carried out once more from the beginning as a test would, everybody asked."""
    number, last, _ = found
    bench = Bench(tree, profile=profile, walk=Walk.FULL)
    begun(bench, tried)
    watch = Watch(claim, tree)
    steps: list[Step] = []
    access: Access | None = None
    for act in (*search.path_to(number), last):
        bench.decided.clear()
        steps.append(Step(act, bench.perform_act(act)))
        accesses = (each for before, decided in bench.decided for each in watch.accesses(decided, before))
        access = next((each for each in accesses if each.breaks), None)
    assert access is not None, "a sequence does in a test what it does in a search"
    return Break(tuple(steps), access)
