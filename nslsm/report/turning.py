"""What would turn a verdict, in sentences: whose answers stand in the way, and which facts would have to differ."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.sources import Sources
from nslsm.engine.compositions import CONJUNCTION
from nslsm.engine.decision import Verdict
from nslsm.engine.explain import Explanation, Flip, Flips, Obstacle, Outcome, Turn
from nslsm.protocol.opinion import Stance
from nslsm.report.page import Page
from nslsm.report.rule import in_authors_words, known, provenance, spelled_effect, told_facts
from nslsm.report.styles import DIM, HEADING, OF_TRUTH, STRONG

SHOWN_FLIPS: Final = 6
"""How many smallest sets of changes are told; the rest are counted."""

SHOWN_OF_EACH: Final = 3
"""How many are told of each of several answers that stand in the way."""


def show_turning(page: Page, explanation: Explanation, told: set[str], sources: Sources) -> None:
    """Whose answers stand in the way, and the smallest sets of facts that would have to differ.

    ``told`` is what the page says already, and what this adds.
    """
    page.gap()
    if explanation.kernel:
        _kernel(page, explanation, told, sources)
        return
    if explanation.composition is not CONJUNCTION:
        page.line(("What would turn the verdict is worked out under ", DIM), CONJUNCTION.name, (" only.", DIM), hang=0)
        return
    if explanation.decision.verdict is not Verdict.GRANT and explanation.obstacles:
        page.line(("what would have it granted", HEADING))
        if len(explanation.obstacles) > 1:
            _each(page, explanation, told, sources)
        elif explanation.obstacles[0].stuck:
            _stuck(page, explanation.obstacles[0])
        if explanation.to_grant is not None and _is_news(explanation, explanation.to_grant):
            _flips(page, explanation.to_grant, told, sources, together=len(explanation.obstacles) > 1)
        if explanation.decision.verdict is Verdict.DENY:
            page.line(("The kernel may then go on, and ask more than it did.", DIM), indent=2, hang=0)
    if explanation.to_deny is not None and explanation.to_deny.flips:
        page.gap()
        page.line(("what would have it denied", HEADING))
        _flips(page, explanation.to_deny, told, sources, together=False)


def _is_news(explanation: Explanation, together: Flips) -> bool:
    """Whether the answers share conditions, so that fewer changes turn them all than each for itself."""
    alone = [len(each.flips.flips[0].turns) for each in explanation.obstacles if each.flips.flips]
    return len(alone) <= 1 or (bool(together.flips) and len(together.flips[0].turns) < sum(alone))


def _kernel(page: Page, explanation: Explanation, told: set[str], sources: Sources) -> None:
    page.line(("what would have it granted", HEADING))
    page.line("The kernel itself refuses, before or beside any control: ", explanation.kernel, ".", indent=2, hang=0)
    if explanation.obstacles:
        page.line("It asked for more, and was denied; granted, it may go on:", indent=2, hang=0)
        _obstacles(page, explanation, told, sources)


def _each(page: Page, explanation: Explanation, told: set[str], sources: Sources) -> None:
    count = len(explanation.obstacles)
    page.line(f"{count} answers stand in the way, and all must change:", indent=2, hang=0)
    _obstacles(page, explanation, told, sources)


def _obstacles(page: Page, explanation: Explanation, told: set[str], sources: Sources) -> None:
    for obstacle in explanation.obstacles:
        opinion = obstacle.opinion
        page.line(
            "- ", (opinion.rule, STRONG), f" in {opinion.namespace.path}, on {obstacle.request.hook.name}", indent=2
        )
        if obstacle.stuck:
            page.line(_sentence(obstacle.stuck), indent=6, hang=0)
        for flip in obstacle.flips.flips[:SHOWN_OF_EACH]:
            page.line(_clause(flip, sources, told), indent=6, hang=2)
            _tell_how(page, flip, told, indent=8)
        rest = len(obstacle.flips.flips) - SHOWN_OF_EACH + obstacle.flips.more
        if rest > 0:
            page.line((f"or {rest} more", DIM), indent=6)


def _stuck(page: Page, obstacle: Obstacle) -> None:
    opinion = obstacle.opinion
    page.line((opinion.rule, STRONG), f" in {opinion.namespace.path}: {obstacle.stuck}.", indent=2, hang=0)


def _flips(page: Page, flips: Flips, told: set[str], sources: Sources, *, together: bool) -> None:
    if not flips.flips:
        if flips.cut:
            page.line(("there are too many conditions to search", DIM), indent=2)
        return
    size = len(flips.flips[0].turns)
    if size == 0:
        return
    one = len(flips.flips) + flips.more == 1
    if together:
        page.line(f"Together, {_these(size)}:", indent=2, hang=0)
    elif not one:
        page.line(f"Any one of these{'' if size == 1 else f' {size} together'} would do:", indent=2, hang=0)
    for number, flip in enumerate(flips.flips[:SHOWN_FLIPS], 1):
        label = "" if one else f"{number}. "
        page.line(label, _clause(flip, sources, told), indent=2, hang=len(label))
        _tell_how(page, flip, told, indent=2 + len(label))
    rest = len(flips.flips) - SHOWN_FLIPS + flips.more
    if rest > 0:
        page.line((f"and {rest} more", DIM), indent=2)


def _tell_how(page: Page, flip: Flip, told: set[str], *, indent: int) -> None:
    for turn in flip.turns:
        for line in _how(turn):
            if line not in told:
                page.line((line, DIM), indent=indent, hang=2)
                told.add(line)


def _these(size: int) -> str:
    return "one change does it" if size == 1 else f"{size} changes do it"


def _clause(flip: Flip, sources: Sources, told: set[str]) -> str:
    """``X is false; were it true, A would allow``."""
    now = ", and ".join(_now(turn, sources, told) for turn in flip.turns)
    if len(flip.turns) == 1:
        then = f"were it {_word(flip.turns[0])}"
    elif len({turn.to for turn in flip.turns}) == 1:
        then = f"were {'both' if len(flip.turns) == 2 else 'all of them'} {_word(flip.turns[0])}"
    else:
        then = "were " + ", and ".join(f"the {_ORDINALS[place]} {_word(turn)}" for place, turn in enumerate(flip.turns))
    return f"{now}; {then}, {_outcomes(flip.outcomes)}."


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", *(["next"] * 64))


def _now(turn: Turn, sources: Sources, told: set[str]) -> str:
    atom = turn.atom
    words = atom.text if atom.guard else in_authors_words(atom.text, atom.span, sources)
    aim = f" (of `{atom.aim}`)" if atom.aim else ""
    return f"`{words}`{aim} is {OF_TRUTH[known(atom.truth)][0]}{_facts_of(turn, told)}"


def _facts_of(turn: Turn, told: set[str]) -> str:
    """The facts that a condition reads, each told once."""
    new = [each for each in turn.atom.readings if f"fact {each.text}" not in told]
    told.update(f"fact {each.text}" for each in new)
    facts = told_facts(turn.atom.text, new)
    return f" ({facts})" if facts else ""


def _word(turn: Turn) -> str:
    return OF_TRUTH[turn.to][0]


def _outcomes(outcomes: tuple[Outcome, ...]) -> str:
    """``charts and egress would abstain``."""
    would: dict[str, dict[str, None]] = {}
    for outcome in outcomes:
        denies = outcome.stance is Stance.DENY
        who = f"{outcome.rule} in {outcome.opinion.namespace.path}" if denies else outcome.opinion.binding.name
        would.setdefault(_WOULD[outcome.stance], {})[who] = None
    return ", and ".join(f"{' and '.join(who)} would {verb}" for verb, who in would.items())


_WOULD = {Stance.ALLOW: "allow", Stance.ABSTAIN: "abstain", Stance.UNKNOWN: "not know", Stance.DENY: "deny"}


def _how(turn: Turn) -> Iterator[str]:
    """How an attribute comes to be what it is, and the rules by which it changes."""
    for reading in turn.atom.readings:
        if reading.source is None:
            continue
        yield from provenance(reading)
        control = turn.atom.opinion.binding.control.name
        for effect in reading.source.setters:
            yield f"{control}#{effect.id} sets it ({effect.span.place}): {spelled_effect(effect)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
