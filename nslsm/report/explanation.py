"""Why it was denied, or was not: one decision in full, for people."""

from collections.abc import Iterator

from nslsm.audit.naming import name_of, object_of
from nslsm.audit.occasion import Occasion
from nslsm.diagnostics.sources import Sources
from nslsm.engine.compositions import CONJUNCTION
from nslsm.engine.decision import Change, Move, Observed
from nslsm.engine.explain import Account, Explanation, Hearing, Level
from nslsm.engine.explain.wording import worded_value
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.language.check.ir import Annotations
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Object, Socket, Task
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.rule import show_rule, text_of
from nslsm.report.styles import (
    DENIED,
    DIM,
    FAULT,
    HEADING,
    INDETERMINATE,
    OBSERVED,
    OF_STANCE,
    OF_VERDICT,
    STRONG,
    WOULD_DENY,
)
from nslsm.report.turning import show_turning


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
        show_turning(page, explanation, told, texts)

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
    if explanation.composition is not CONJUNCTION:
        composition = explanation.composition
        page.line(("decided as by ", DIM), composition.name, (f": {composition.about}", DIM), indent=4)
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
