"""A rule where it stands in its policy, each condition marked with its truth for one request."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span
from nslsm.engine.explain import Clause, Condition, Reading, RuleAccount, Way
from nslsm.engine.explain.wording import worded, worded_head, worded_value
from nslsm.language.check import ir
from nslsm.language.program.interpret import Missing, Truth
from nslsm.report.excerpt import Mark, place_of, show
from nslsm.report.page import Page
from nslsm.report.styles import GUTTER, OF_TRUTH


def show_rule(page: Page, rule: RuleAccount, sources: Sources, *, indent: int) -> tuple[str, ...]:
    """The rule's place, its lines with marks under its conditions, and what the lines do not say, which is returned."""
    text = text_of(rule.span, sources)
    page.line((f"{' ' * 2}--> ", GUTTER), rule.span.place, indent=indent)
    found, missed = ([], list(_conditions(rule))) if text is None else _marks(rule, text)
    gutter = 4
    if text is not None:
        gutter = show(page, text, found, list(_ranges(rule, text)), indent=indent) - indent
    notes = tuple(dict.fromkeys((*_notes(rule), *(_told(condition) for _, condition, _ in missed))))
    for note in notes:
        page.line((f"{' ' * gutter}= ", GUTTER), note, indent=indent, hang=gutter + 2)
    return notes


def text_of(span: Span, sources: Sources) -> str | None:
    """The text that the rule stands in; None where it is not at hand, or has changed since."""
    text = sources.texts.get(span.source)
    return text if text is not None and 0 <= span.start < span.end <= len(text) else None


def telling(rule: RuleAccount) -> tuple[Way, ...]:
    """The ways that made the rule answer as it did: those of its own truth, or all."""
    if isinstance(rule.truth, Missing):
        return tuple(way for way in rule.ways if isinstance(way.truth, Missing))
    return tuple(way for way in rule.ways if way.truth is rule.truth) or rule.ways


def _conditions(rule: RuleAccount) -> Iterator[tuple[Clause, Condition, Way]]:
    """The conditions without parts of a rule's telling ways, with the clause that each stands in."""
    for way in telling(rule):
        lets = (let.clause for let in way.allows if let.clause is not None)
        for clause in (*(each for each in way.clauses if each.role != "operation"), *lets):
            for condition in _leaves(clause.condition):
                yield clause, condition, way


def _leaves(condition: Condition) -> Iterator[Condition]:
    """The conditions to be marked: what reads facts, and a ``let`` by its name."""
    if not condition.parts or condition.joined == condition.text:
        yield condition
        return
    for part in condition.parts:
        yield from _leaves(part)


def _marks(rule: RuleAccount, text: str) -> tuple[list[Mark], list[tuple[Clause, Condition, Way]]]:
    """Marks for the conditions that are found in the text, and the conditions that are not."""
    marks: dict[Mark, None] = {}
    missed: list[tuple[Clause, Condition, Way]] = []
    several = len({way.aim for way in telling(rule)}) > 1
    known_by_now: set[tuple[str | None, Reading]] = set()
    for clause, condition, way in _conditions(rule):
        start, end = _scope(rule, clause)
        words = written(condition.text, text, start, end)
        if words is None:
            missed.append((clause, condition, way))
            continue
        new = [reading for reading in condition.readings if (way.aim, reading) not in known_by_now]
        known_by_now.update((way.aim, reading) for reading in new)
        label, style = _label(replace(condition, readings=tuple(new)))
        if several or way.aim is not None:
            label = f"{label} (object: {way.aim or 'the old one'})"
        first_line = text.find("\n", words[0], words[1])
        stop = words[1] if first_line < 0 else len(text[words[0] : first_line].rstrip()) + words[0]
        if all((mark.start, mark.end) != (words[0], stop) or not mark.label.startswith(label) for mark in marks):
            marks[Mark(words[0], stop, label, style)] = None
    return list(marks), missed


def _scope(rule: RuleAccount, clause: Clause) -> tuple[int, int]:
    """The characters that a clause stands in."""
    if clause.span != rule.span:
        return clause.span.start, clause.span.end
    lets = [let.span.start for way in rule.ways for let in way.allows]
    return rule.span.start, min([rule.span.end, *lets])


_OPERATOR: Final = re.compile(r".*\s(?:[=!<>]=|[<>]|in|has|all|any|matches|under)(?=\s)")
_OPERAND: Final = re.compile(r'\s*(?:\{[^}]*\}|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[\w./:-]+)')


def written(words: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where a condition stands in ``text[start:end]``; its last operand may be written otherwise, by the name of a ``let``.

    >>> text = "allow read when object.path matches libraries"
    >>> place = written('object.path matches {"/lib/**", "/usr/lib/**"}', text, 0, len(text))
    >>> text[slice(*place)]
    'object.path matches libraries'
    """
    found = place_of(words, text, start, end)
    head = _OPERATOR.match(words)
    if found is not None or head is None:
        return found
    begun = place_of(head.group(), text, start, end)
    operand = None if begun is None else _OPERAND.match(text, begun[1], end)
    return begun if begun is None or operand is None else (begun[0], operand.end())


def in_authors_words(words: str, span: Span, sources: Sources) -> str:
    """A condition as it stands in its rule, where that is found; else as it is worded."""
    text = text_of(span, sources)
    place = None if text is None else written(words, text, span.start, span.end)
    return words if text is None or place is None else " ".join(text[slice(*place)].split())


def _ranges(rule: RuleAccount, text: str) -> Iterator[tuple[int, int]]:
    """What is shown of the rule beside its marks: all of a short one; of a region its head, and the allows that count."""
    if rule.kind != "confine":
        yield rule.span.start, rule.span.end
        return
    lets = [let for way in rule.ways for let in way.allows]
    head_end = min([rule.span.end, *(let.span.start for let in lets)])
    yield rule.span.start, rule.span.start + len(text[rule.span.start : head_end].rstrip())
    for way in telling(rule):
        for let in way.allows:
            yield let.span.start, let.span.end


def _label(condition: Condition) -> tuple[str, str]:
    word, style = OF_TRUTH[known(condition.truth)]
    told = told_facts(condition.text, condition.readings)
    return (f"{word}: {told}" if told else word), style


def told_facts(words: str, readings: Sequence[Reading]) -> str:
    """The facts that a condition reads, with their values; not those that nobody knows, nor what its words say."""
    told = (reading for reading in readings if reading.text != words and not isinstance(reading.value, Missing))
    return ", ".join(f"{reading.text} is {value_of(reading)}" for reading in told)


def called(action: str) -> str:
    """An operation's name without its module's, as rules use it."""
    return action.rpartition(".")[2]


def known(truth: Truth) -> bool | None:
    """The truth, None where nobody knows."""
    return None if isinstance(truth, Missing) else truth


def value_of(reading: Reading) -> str:
    """A fact's value in words."""
    return "unknown" if isinstance(reading.value, Missing) else worded_value(reading.value, reading.type)


def _told(condition: Condition) -> str:
    label, _ = _label(condition)
    return f"`{condition.text}` is {label}"


def _notes(rule: RuleAccount) -> Iterator[str]:
    ways = telling(rule)
    for way in ways:
        for clause in way.clauses:
            if clause.role == "operation":
                name, meant = called(way.action), f"`{clause.condition.text}`"
                holds = clause.condition.truth is True
                yield f"it is a `{name}`: {meant}" if holds else f"whether it is a `{name}` hangs on {meant}"
    if rule.kind == "confine" and rule.truth is True:
        yield _not_let_through(ways, several=len({way.action for way in rule.ways}) > 1)
    for _, condition, _ in _conditions(rule):
        for part in condition.leaves():
            if part is not condition:
                yield _told(part)
            for reading in part.readings:
                yield from provenance(reading)


def _not_let_through(ways: Sequence[Way], *, several: bool) -> str:
    names = dict.fromkeys(f"a `{called(way.action)}`" for way in ways)
    what = f" as {' or '.join(names)}" if several else ""
    return (
        f"no `allow` lets it through{what}" if any(way.allows for way in ways) else f"there is no `allow` for it{what}"
    )


def provenance(reading: Reading) -> Iterator[str]:
    """Where an attribute has its value from, and which rules set it."""
    source = reading.source
    if source is None:
        return
    default = source.attribute.default
    match source.origin:
        case "foreign":
            yield f"`{reading.text}` is {value_of(reading)} for whatever is at home elsewhere"
        case "default" if isinstance(default, ir.Constant):
            yield f"`{reading.text}` is {value_of(reading)} from the start: no rule has set it"
        case "default":
            yield f"`{reading.text}` is {value_of(reading)} from its default, `{worded(default)}`"
        case _:
            yield f"`{reading.text}` was set to {value_of(reading)} by an earlier event"


def spelled_effect(effect: ir.Effect) -> str:
    """``on exec when …``."""
    return f"on {'denied ' if effect.denied else ''}{worded_head(effect.actions, effect.when)}"
