"""Why it was denied, or was not: one decision in full, for people."""

from collections.abc import Iterator
from typing import Final

from nslsm.audit.naming import name_of, object_of
from nslsm.audit.occasion import Occasion
from nslsm.diagnostics.sources import Sources
from nslsm.engine.decision import Change, Move, Observed, Verdict
from nslsm.engine.explain import Account, Explanation, Flip, Flips, Hearing, Level, Obstacle, Outcome, Turn
from nslsm.engine.explain.wording import worded_value
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.language.check.ir import Annotations
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Object, Socket, Task
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.rule import in_authors_words, known, provenance, show_rule, spelled_effect, text_of, told_facts
from nslsm.report.styles import (
    DENIED,
    DIM,
    FAULT,
    HEADING,
    INDETERMINATE,
    OBSERVED,
    OF_STANCE,
    OF_TRUTH,
    OF_VERDICT,
    STRONG,
    WOULD_DENY,
)

SHOWN_FLIPS: Final = 6
"""How many smallest sets of changes are told; the rest are counted."""

SHOWN_OF_EACH: Final = 3
"""How many are told of each of several answers that stand in the way."""


def render_explanation(
    explanation: Explanation, sources: Sources | None = None, occasion: Occasion | None = None
) -> Fitted:
    """One decision in full: each request with each level's opinion, the rules where they stand, what would turn it."""
    texts = Sources() if sources is None else sources

    def write(page: Page) -> None:
        _head(page, explanation, occasion)
        count = len(explanation.hearings)
        told: set[str] = set()
        for number, hearing in enumerate(explanation.hearings, 1):
            page.gap()
            told.update(_hearing(page, hearing, texts, number, count))
        _aftermath(page, explanation)
        _turning(page, explanation, told, texts)

    return Fitted(write)


# What came out


def _head(page: Page, explanation: Explanation, occasion: Occasion | None) -> None:
    decision = explanation.decision
    word, style = OF_VERDICT[decision.verdict]
    if occasion is not None:
        _who(page, occasion)
    parts: list[Part] = [(word, style)]
    if decision.errno is not None:
        parts += [" ", (decision.errno.name, STRONG)]
    if decision.blame is not None:
        parts += [" by ", (str(decision.blame), STRONG)]
    page.line(*parts, hang=4)
    if decision.blame is not None and decision.blame.reason:
        page.line(decision.blame.reason, indent=4, hang=0)
    if decision.unknown:
        page.line("nobody knows ", (", ".join(decision.unknown), INDETERMINATE), indent=4)
    opinion = None if decision.blame is None else decision.blame.opinion
    if opinion is not None:
        accounts = (each for hearing in explanation.hearings for level in hearing.levels for each in level.accounts)
        said = next((account.annotations for account in accounts if account.opinion == opinion), None)
        for line in () if said is None else _said(said):
            page.line((line, DIM), indent=4)
    if decision.recorded_errno is not None:
        page.line(("the recording shows that it failed with ", DIM), decision.recorded_errno.name, indent=4)


def _who(page: Page, occasion: Occasion) -> None:
    task = occasion.task
    name = task.comm if isinstance(task.comm, str) else "a task"
    line = "" if occasion.line is None else f", line {occasion.line}"
    page.line(
        (f"#{occasion.sequence} ", DIM),
        (occasion.call, STRONG),
        f" by {name}[{task.pid}] in {occasion.namespace}",
        (line, DIM),
        hang=4,
    )


def _said(said: Annotations) -> Iterator[str]:
    words = [f"{each.catalogue} {each.id} ({each.coverage})" for each in said.references]
    words += [f"severity {said.severity}"] if said.severity else []
    words += [f"owner {said.owner}"] if said.owner else []
    title = f"{said.title}: " if said.title and words else said.title
    if words or title:
        yield f"{title}{', '.join(words)}"


# One request


def _hearing(page: Page, hearing: Hearing, sources: Sources, number: int, count: int) -> Iterator[str]:
    """Write one request; what has been told about attributes is yielded, so that it is not told again."""
    judgement = hearing.judgement
    request = judgement.request
    word, style = OF_VERDICT[judgement.verdict]
    which = f"request {number} of {count}: " if count > 1 else ""
    parts: list[Part] = [which, (request.hook.name, HEADING), "  ", (word, style)]
    if judgement.errno is not None:
        parts.append(f" {judgement.errno.name}")
    if request.consequence.value != "fatal":
        parts.append((f", {_CONSEQUENCES[request.consequence.value]}", DIM))
    page.line(*parts)
    if not hearing.observed and not any(level.accounts for level in hearing.levels):
        about = object_of(request)
        page.line(f"{about}  " if about else "", (_nobody(request), DIM), indent=2)
        return
    page.line((request.hook.doc, DIM), indent=2, hang=0)
    facts = dict(_facts(request))
    pad = max(map(len, facts)) + 2
    for name, value in facts.items():
        page.line((f"{name:<{pad}}", DIM), value, indent=2, hang=pad)
    for level in hearing.levels:
        yield from _level(page, level, judgement.errno, sources)
    for seen in hearing.observed:
        _seen(page, seen)


def _nobody(request: Request) -> str:
    if request.hook.hook_class is HookClass.ACCESS:
        return "no control that is asked has a rule about this hook"
    return "the kernel tells, it does not ask: nobody can deny here"


_CONSEQUENCES = {
    "probe": "and the kernel goes on either way",
    "element": "and only this one is left out",
}


_THINGS = (Task, File, Socket)


def _facts(request: Request) -> Iterator[tuple[str, str]]:
    yield "subject", _described(request.subject)
    if isinstance(request.object, Unknown):
        yield "object", "nobody knows which"
    elif request.object is not None:
        yield "object", _described(request.object)
    unknown = []
    for fact, value in zip(request.hook.facts, request.arguments, strict=True):
        if isinstance(value, Unknown):
            unknown.append(fact.name)
        else:
            yield fact.name, _described(value) if isinstance(value, _THINGS) else worded_value(value, fact.type)
    if unknown:
        yield "unknown", ", ".join(unknown)


def _described(thing: Object) -> str:
    match thing:
        case Task():
            credentials = thing.credentials
            words = [f"process {thing.tgid}"]
            words += [f"thread {thing.pid}"] if thing.pid != thing.tgid else []
            words += [thing.exe] if isinstance(thing.exe, str) else []
            words.append(f"uid {worded_value(credentials.uid)}")
            if credentials.euid != credentials.uid and isinstance(credentials.euid, int):
                words.append(f"euid {worded_value(credentials.euid)}")
            return ", ".join(words)
        case File():
            words = [name_of(thing) if isinstance(thing.path, str) else "a file that nobody knows the path of"]
            words += [str(thing.type)] if isinstance(thing.type, str) else []
            words += [f"owner {thing.owner}"] if thing.owner is not UNKNOWN else []
            words += [f"mode {thing.mode:04o}"] if isinstance(thing.mode, int) else []
            return ", ".join(words)
    return name_of(thing)


def _level(page: Page, level: Level, errno: Errno | None, sources: Sources) -> Iterator[str]:
    where = f"{level.namespace.path} (the object's side)" if level.inbound else level.namespace.path
    page.gap()
    page.line(("in ", DIM), (where, HEADING), indent=2)
    for account in level.accounts:
        yield from _account(page, account, errno, sources)
    if level.silent:
        names = ", ".join(binding.name for binding in level.silent)
        have = "has" if len(level.silent) == 1 else "have"
        page.line((f"{names} {have} no rule about this hook", DIM), indent=4)
    if not level.accounts and not level.silent:
        page.line(("nothing is bound here", DIM), indent=4)


def _account(page: Page, account: Account, default: Errno | None, sources: Sources) -> Iterator[str]:
    opinion = account.opinion
    word, style = OF_STANCE[opinion.answer.stance]
    if opinion.would_deny:
        word, style = "would deny", WOULD_DENY
    parts: list[Part] = [(opinion.binding.name, STRONG), " ", (word, style)]
    errno = opinion.answer.errno or (default if account.decides else None)
    if opinion.answer.stance is Stance.DENY and errno is not None:
        parts.append(f" {errno.name}")
    if opinion.answer.rule:
        parts += ["  ", (f"#{opinion.answer.rule}", "")]
    if not opinion.enforced:
        parts.append(("  complain: it does not count", DIM))
    if account.decides:
        parts.append(("  <- decides", DENIED))
    page.line(*parts, indent=4)
    readable = any(text_of(rule.span, sources) is not None for rule in account.rules)
    if opinion.answer.because and opinion.answer.stance is Stance.DENY and not readable:
        page.line(opinion.answer.because, indent=6, hang=0)
    if opinion.answer.fault:
        page.line(("the control broke: ", FAULT), opinion.answer.fault, indent=6)
    elif account.opaque and opinion.answer.stance is not Stance.ABSTAIN:
        page.line((account.opaque, DIM), indent=6)
    for place, rule in enumerate(account.rules):
        if place and rule.id != opinion.answer.rule:
            page.line(("and by ", DIM), f"#{rule.id}", (f": {rule.because}" if rule.because else "", DIM), indent=6)
        yield from show_rule(page, rule, sources, indent=4)


def _seen(page: Page, seen: Observed) -> None:
    rule = f"{seen.binding.control.name}#{seen.observation.rule}"
    sure = "" if seen.observation.certain else f", if {', '.join(sorted(seen.observation.unknown))} is so"
    because = f": {seen.observation.because}" if seen.observation.because else ""
    page.line(("observed ", OBSERVED), f"by {rule} in {seen.namespace.path}{sure}{because}", indent=2)


# What came of it


def _aftermath(page: Page, explanation: Explanation) -> None:
    decision = explanation.decision
    if not decision.changes and not decision.moves:
        return
    page.gap()
    page.line(("what came of it", HEADING))
    for change in decision.changes:
        page.line(*_changed(change), indent=2)
    for move in decision.moves:
        page.line(_moved(move), indent=2)


def _changed(change: Change) -> Iterator[Part]:
    thing = f"{change.thing.kind} {change.thing.name}"
    yield f"{change.binding.control.name} in {change.namespace.path} sets "
    yield (f"{change.attribute}", STRONG)
    yield f" of {thing} to {worded_value(change.value)}"  # type: ignore[arg-type]
    yield (f"  #{change.rule}", DIM)


def _moved(move: Move) -> str:
    if move.refused:
        return f"the process stays in {move.source.path}: {move.refused}"
    if move.target is None:
        return f"the process stays in {move.source.path}: nobody knows whether it should move"
    though = ", although the event is denied: the recording shows that it happened" if move.counterfactual else ""
    return f"the process moves from {move.source.path} to {move.target.path}{though}"


# What would turn it


def _turning(page: Page, explanation: Explanation, told: set[str], sources: Sources) -> None:
    page.gap()
    if explanation.kernel:
        _kernel(page, explanation, told, sources)
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
