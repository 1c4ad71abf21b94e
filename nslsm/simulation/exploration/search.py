"""Breadth first through everything that tasks can do, up to so many steps, for one that breaks a claim.

States are values that share what is alike, so that a state costs what it differs by; and of states that are the same up to
the names of things (:mod:`nslsm.simulation.exploration.canonical`) one is followed. At the last level only steps are taken
that can raise a hook which the claim is about: no others can break it.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nslsm.controls.declare import namespace_tree
from nslsm.engine.decision import Verdict
from nslsm.engine.evaluate import Walk
from nslsm.language.check.cases import Act, FileFixture
from nslsm.language.check.claims import Attempt, Claim
from nslsm.language.program.interpret import Missing
from nslsm.protocol.namespace import NamespaceTree
from nslsm.simulation.exploration.bench import Bench, Moment
from nslsm.simulation.exploration.breach import Access, Watch
from nslsm.simulation.exploration.canonical import Canonical, Key
from nslsm.simulation.exploration.outcome import Break, Exploration, Step
from nslsm.simulation.exploration.readiness import Came, Memory, Ready, Scene, made_ready
from nslsm.simulation.exploration.surroundings import Surroundings
from nslsm.simulation.exploration.symmetry import numbers_are_seen
from nslsm.simulation.exploration.vocabulary import Vocabulary, filled, vocabulary
from nslsm.simulation.exploration.words import RELEASING
from nslsm.simulation.machine import PROFILE, NotPossible

DEPTH: Final = 4
"""How many steps a search looks ahead where nobody says."""
MAX_STATES: Final = 50_000
"""How many states a search keeps where nobody says: some seven kilobytes each, with all that is remembered of them."""
MAX_REMEMBERED: Final = 200_000
"""Of how many steps it is remembered what came of them."""
OFTEN: Final = 256
"""After so many transitions somebody who waits is told how far it is."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told of states and transitions, now and then."""


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
    led_to: dict[Memory, tuple[int, int]] = field(default_factory=dict)
    """Where others lead to: what all have in common then, and what is the task's own."""
    composed: set[Hashable] = field(default_factory=set)
    """States that were reached, told in full by their parts."""
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
        scene = self._scene(moment, living)
        for name in living:
            around = scene.around[name]
            for ready in self.ready:
                if last and not ready.can_break:
                    continue
                if ready.needs is not None and (name, ready.needs) not in moment.opened:
                    continue
                known = None if around is None else self._known(ready, scene, name, around, last=last)
                if known is not None:
                    self._count(known)
                    continue
                for act in filled(ready.template, name, living, child):
                    access = self._take(number, moment, act, ready, scene, None if last else following)
                    if access is not None:
                        return act, access
                    if self.full:
                        return None
        return None

    def _scene(self, moment: Moment, living: Sequence[str]) -> Scene:
        around = {name: self.canonical.surroundings(moment, name) if self.remembers else None for name in living}
        frame = self.canonical.frame(moment) if None not in around.values() else None
        return Scene(frame, around)

    def _known(self, ready: Ready, scene: Scene, name: str, around: Surroundings, *, last: bool) -> Came | None:
        """What comes of a step, where that is known and nothing new is to follow; None where it must be carried out."""
        if ready.depends is None:
            return None
        memory = (around.whole, ready.number)
        if not last and memory not in self.idle:
            led_to = self.led_to.get(memory)
            if led_to is None or scene.frame is None or scene.after(name, *led_to) not in self.composed:
                return None
        return self.remembered.get((around[ready.depends], ready.number))

    def _take(
        self,
        number: int,
        moment: Moment,
        act: Act,
        ready: Ready,
        scene: Scene,
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
        around = scene.around[act.task]
        if around is not None and ready.depends is not None:
            self._remember((around[ready.depends], ready.number), found)
        if following is None or access is not None:
            return access
        after = self.bench.take() if self.bench.state is not moment.state else None
        if around is None or ready.depends is None:
            if after is not None:
                self._reached(number, act, after, following)
        elif after is None:
            self._settle((around.whole, ready.number))
        else:
            self._follow(number, moment, after, act, ready, scene, following)
        return None

    def _follow(
        self,
        number: int,
        moment: Moment,
        after: Moment,
        act: Act,
        ready: Ready,
        scene: Scene,
        following: list[tuple[int, Moment]],
    ) -> None:
        """A step that has to do with no other task has led elsewhere: where, for whenever its surroundings are the same."""
        before, around = scene.around[act.task], self.canonical.surroundings(after, act.task)
        assert before is not None
        if around == before:
            self._settle((before.whole, ready.number))
            return
        keeps = ready.template.call not in RELEASING and after.state.processes is moment.state.processes
        if around is None or not keeps:
            self._reached(number, act, after, following)
            return
        composed: Hashable = None
        if scene.frame is not None and self.canonical.frame(after) == scene.frame:
            composed = scene.after(act.task, around.shared, around.own)
        if composed is None or composed not in self.composed:
            self._reached(number, act, after, following)
        if self.full:
            return
        if len(self.led_to) >= MAX_REMEMBERED:
            self.led_to.clear()
        self.led_to[before.whole, ready.number] = (around.shared, around.own)
        if len(self.composed) >= MAX_REMEMBERED:
            self.composed.clear()
        if composed is not None:
            self.composed.add(composed)

    def _settle(self, memory: Memory) -> None:
        if len(self.idle) >= MAX_REMEMBERED:
            self.idle.clear()
        self.idle.add(memory)

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
    watch = Watch(claim, tree)
    bench = Bench(tree, profile=profile, walk=Walk.SHORT, watched=watch.hooks)
    search = _Search(
        vocabulary=tried,
        bench=bench,
        watch=watch,
        canonical=canonical,
        depth=depth,
        max_states=max_states,
        progress=progress,
        ready=tuple(made_ready(tried.templates, watch.hooks)),
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
