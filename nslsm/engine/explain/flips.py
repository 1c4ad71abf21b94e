"""What would turn a verdict: whose answers stand in the way, and the smallest sets of facts that would have to differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nslsm.engine.decision import Opinion
from nslsm.engine.explain.formula import Changes, Formula, Found, Key, all_of, any_of, holds, smallest
from nslsm.engine.explain.propositions import Asked, Atom, Propositions
from nslsm.language.check import ir
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request

MOST_FLIPS: Final = 20
"""How many sets of changes are kept; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A condition, and the truth that it would have to have."""

    atom: Atom
    to: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a binding would answer then."""

    opinion: Opinion
    stance: Stance
    rule: str = ""
    """The rule that would deny, ``module.control#rule``."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One smallest set of changes, and what comes of it."""

    turns: tuple[Turn, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Flips:
    """All smallest sets of changes that reach a goal, those that are easiest to bring about first.

    None where no fact of the request can reach it. Conditions are taken to be independent of one another, except that a
    fact cannot equal two values. What the operation is (a read, a write) is taken as given, unless nothing else would do.
    """

    flips: tuple[Flip, ...]
    more: int = 0
    """How many there are beyond :data:`MOST_FLIPS`."""
    cut: bool = False
    """The search gave up before it had looked at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """An enforcing answer that is no yes: it must change before the event is granted."""

    request: Request
    opinion: Opinion
    flips: Flips
    """What would change this answer alone."""
    stuck: str = ""
    """Why no fact can change it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An enforcing binding's answer to one request; ``asked`` None where its rules cannot be read."""

    request: Request
    opinion: Opinion
    asked: Asked | None
    why_opaque: str = ""

    @property
    def in_the_way(self) -> bool:
        """Whether it denies, or might."""
        return self.opinion.answer.stance in (Stance.DENY, Stance.UNKNOWN)


def obstacle(standing: Standing) -> Obstacle:
    """What would change one answer alone."""
    flips = _found([standing], grant=True)
    stuck = standing.why_opaque
    if not stuck and not flips.flips and not flips.cut:
        stuck = "no fact of this request would change it"
    return Obstacle(request=standing.request, opinion=standing.opinion, flips=flips, stuck=stuck)


def to_grant(standings: Iterable[Standing]) -> Flips:
    """What would leave no binding that denies or might."""
    return _found(list(standings), grant=True)


def to_deny(standings: Iterable[Standing]) -> Flips:
    """What would make some binding deny."""
    return _found(list(standings), grant=False)


def _found(standings: list[Standing], *, grant: bool) -> Flips:
    if grant and any(each.in_the_way and each.asked is None for each in standings):
        return Flips(())
    propositions = Propositions()
    readable = [(each, each.asked) for each in standings if each.asked is not None]
    parts = [propositions.permits(asked) if grant else propositions.denies(asked) for _, asked in readable]
    found = _smallest(all_of(parts) if grant else any_of(parts), propositions)
    ordered = sorted(found.sets, key=lambda changes: _order(changes, propositions))
    concerned = [asked for each, asked in readable if each.in_the_way or not grant]
    reactions = [(asked.opinion, _reactions(asked, propositions)) for asked in concerned]
    truths = propositions.truths()
    flips = (
        Flip(_turns(changes, propositions), _outcomes(changes, reactions, truths, grant=grant))
        for changes in ordered[:MOST_FLIPS]
    )
    return Flips(tuple(flips), len(ordered) - len(ordered[:MOST_FLIPS]), found.cut)


def _smallest(goal: Formula, propositions: Propositions) -> Found:
    """The smallest sets, of conditions of the rules themselves where those will do."""
    guards = frozenset(key for key, atom in propositions.atoms.items() if atom.guard)
    truths = propositions.truths()
    found = smallest(
        goal, truths, lambda changes: _possible(changes) and guards.isdisjoint(each.atom for each in changes)
    )
    return found if found.sets or found.cut or not guards else smallest(goal, truths, _possible)


def _turns(changes: Changes, propositions: Propositions) -> tuple[Turn, ...]:
    turns = (Turn(propositions.atoms[literal.atom], literal.wanted) for literal in changes)
    return tuple(sorted(turns, key=lambda turn: (_ease(turn.atom), turn.atom.text)))


def _reactions(asked: Asked, propositions: Propositions) -> list[tuple[Formula, Stance, str]]:
    """What the binding may answer, and the goal of each answer; the first that holds is its answer, else unknown."""
    name = asked.program.name
    denials = [(propositions.applies(asked, rule, wanted=True), rule.id) for rule in asked.denies()]
    denials += [(propositions.stops(asked, region), region.id) for region in asked.regions()]
    permits = propositions.permits(asked)
    inside = any_of(propositions.contains(asked, region) for region in asked.regions())
    return [
        *((goal, Stance.DENY, f"{name}#{rule}") for goal, rule in denials),
        (all_of((permits, inside)), Stance.ALLOW, ""),
        (permits, Stance.ABSTAIN, ""),
    ]


def _outcomes(
    changes: Changes,
    reactions: list[tuple[Opinion, list[tuple[Formula, Stance, str]]]],
    truths: dict[Key, bool | None],
    *,
    grant: bool,
) -> tuple[Outcome, ...]:
    outcomes = (
        next(
            (Outcome(opinion, stance, rule) for goal, stance, rule in possible if holds(goal, truths, changes)),
            Outcome(opinion, Stance.UNKNOWN),
        )
        for opinion, possible in reactions
    )
    return tuple(outcome for outcome in outcomes if grant or outcome.stance is Stance.DENY)


def _possible(changes: Changes) -> bool:
    """Whether no fact would have to equal two values at once."""
    wanted = [literal.atom for literal in changes if literal.wanted]
    equal = [_equated(key) for key in wanted]
    facts = [fact for fact in equal if fact is not None]
    return len(facts) == len(set(facts))


def _equated(key: Key) -> Key | None:
    """The fact that a condition says to be one constant, with what it is read from; None for any other condition."""
    assert isinstance(key, tuple)
    condition, *footing = key
    if isinstance(condition, ir.Compare) and condition.operator == "==" and isinstance(condition.right, ir.Constant):
        return (condition.left, *footing)
    return None


def _order(changes: Changes, propositions: Propositions) -> tuple[int, list[tuple[int, str, bool]]]:
    ranked = sorted(
        (_ease(propositions.atoms[each.atom]), propositions.atoms[each.atom].text, each.wanted) for each in changes
    )
    return sum(ease for ease, _, _ in ranked), ranked


def _ease(atom: Atom) -> int:
    """How far from the subject's own doing a condition is: what people change first comes first."""
    if atom.guard:
        return 4
    if any(reading.source is not None for reading in atom.readings) and "subject" in atom.about:
        return 0
    return 1 if "subject" in atom.about else 3 if "object" in atom.about else 2
