"""What tests have seen, as one page that stands for itself: scores, namespaces, and the source with what was not seen marked.

It loads nothing and runs nothing. Whatever comes from a policy is escaped (Model, Trust).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from html import escape as html_escape
from typing import NamedTuple

from nslsm.diagnostics.escape import escape
from nslsm.diagnostics.sources import Sources
from nslsm.report.coverage.look import STYLE
from nslsm.report.coverage.words import called, counts, gap_of_condition, gap_of_rule, gaps, percent, share, tale, where
from nslsm.simulation.coverage import Condition, Covered, Group, Module, Role, Rule, Score, Sight
from nslsm.simulation.coverage.findings import missing_of


class _Mark(NamedTuple):
    """Characters of a text with what there is to say about them."""

    start: int
    end: int
    class_: str
    hover: str


def coverage_document(covered: Covered, sources: Sources) -> str:
    """The page, as HTML."""
    body = [
        "<h1>What the tests have seen</h1>",
        f'<div class="totals">{_total("rules", covered.score)}{_total("branches of conditions", covered.branches)}</div>',
        f'<div class="tables"><div><h2>By module</h2>{_table(_module_rows(covered))}</div>',
        f"<div><h2>By namespace</h2>{_table(_namespace_rows(covered))}</div></div>",
        _LEGEND,
    ]
    for number, module in enumerate(covered.modules):
        body.append(_module(module, sources.texts.get(module.source, ""), f"m{number}"))
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>Coverage: {_text(', '.join(module.name for module in covered.modules))}</title>",
            f"<style>{STYLE}</style></head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


_LEGEND = (
    '<p class="legend">'
    "<span><code><mark>seen</mark></code>true and false</span>"
    '<span><code><mark class="part">half seen</mark></code>one of them only</span>'
    '<span><code><mark class="none">not seen</mark></code>neither, or never as it must be</span>'
    '<span><code><mark class="out">settled</mark></code>by the arguments wherever it is bound: not counted</span>'
    "<span>Point at a condition for its numbers in each namespace.</span></p>"
)


def _text(text: str) -> str:
    """A stranger's text, harmless in HTML and for eyes."""
    return html_escape(escape(text))


def _class(score: Score) -> str:
    if not score.total:
        return "out"
    return "full" if score.covered == score.total else "part" if score.covered else "none"


def _total(what: str, score: Score) -> str:
    return (
        f'<div class="total"><span class="soft">{what}</span><b class="{_class(score)}">{percent(score) or "-"}</b>'
        f"{score.covered} of {score.total}</div>"
    )


class _Row(NamedTuple):
    name: str
    link: str
    top: bool
    rules: Score
    branches: Score


def _module_rows(covered: Covered) -> Iterator[_Row]:
    for number, module in enumerate(covered.modules):
        yield _Row(module.name, f"#m{number}", True, module.score, module.branches)
        for group in module.groups:
            name = group.name.rpartition(".")[2] if group.kind == "control" else group.name
            shown = {"namespace": f"enter on {name}", "lets": "let"}.get(group.kind, name)
            yield _Row(shown, f"#m{number}-{group.span.line}", False, group.score, group.branches)


def _namespace_rows(covered: Covered) -> Iterator[_Row]:
    before: tuple[str, str] | None = None
    for place, rules, branches in covered.shares():
        here = (place.module, place.namespace)
        if here != before:
            yield _Row(f"{place.namespace} ({place.module})", "", True, Score(0, 0), Score(0, 0))
        before = here
        yield _Row(place.binding or "enter on", "", False, rules, branches)


def _table(rows: Iterable[_Row]) -> str:
    lines = ['<table><tr><th></th><th colspan="2">rules</th><th colspan="2">branches</th></tr>']
    for row in rows:
        name = _text(row.name)
        name = f'<a href="{row.link}">{name}</a>' if row.link else name
        cells = f"<td{'' if row.top else ' class=in'}>{name}</td>{_cells(row.rules)}{_cells(row.branches)}"
        lines.append(f"<tr{' class=top' if row.top else ''}>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _cells(score: Score) -> str:
    if not score.total:
        return "<td></td><td></td>"
    meter = f'<meter min="0" max="{score.total}" value="{score.covered}"></meter>'
    return f'<td class="n">{share(score)}</td><td class="{_class(score)}">{meter}{percent(score)}</td>'


# The source


def _module(module: Module, text: str, anchor: str) -> str:
    marks = _by_line(module, text)
    notes: dict[int, list[str]] = {}
    states: dict[int, str] = {}
    for group in module.groups:
        for rule in group.rules:
            notes.setdefault(rule.span.line, []).append(_note(group, rule))
            states.update(dict.fromkeys(range(rule.span.line, rule.span.end_line + 1), rule.state))
        for condition in group.lets:
            gap = gap_of_condition(condition.seen, condition.missing)
            if gap:
                note = f'<p>let: <code>{_text(condition.text)}</code> <span class="part">{gap}</span></p>'
                notes.setdefault(condition.span.line, []).append(note)
        if not group.bound:
            unbound = '<p class="none">bound in no namespace that a test uses</p>'
            notes.setdefault(group.span.line, []).append(unbound)
    lines = [
        f'<h2 id="{anchor}">{_text(module.name)}<small>{_text(module.source)}</small></h2>',
        '<div class="source">',
    ]
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        content = "".join(_marked(text, start, start + len(line), marks.get(number, [])))
        state = states.get(number, "")
        note = "".join(notes.get(number, ()))
        place = f"{anchor}-{number}"
        lines.append(
            f'<div class="l {state}" id="{place}"><a href="#{place}">{number}</a>'
            f'<code>{content}</code><div class="note">{note}</div></div>'
        )
        start += len(line) + 1
    return "\n".join([*lines, "</div>"])


def _by_line(module: Module, text: str) -> dict[int, list[_Mark]]:
    """The marks that touch each line, from left to right, those around others first."""
    starts = [0, *(place + 1 for place, character in enumerate(text) if character == "\n")]
    found: dict[int, list[_Mark]] = {}
    for mark in sorted(_marks(module), key=lambda mark: (mark.start, -mark.end)):
        for line in range(bisect_right(starts, mark.start), bisect_left(starts, mark.end) + 1):
            found.setdefault(line, []).append(mark)
    return found


def _marks(module: Module) -> Iterator[_Mark]:
    for group in module.groups:
        for condition in group.lets:
            yield _mark(condition, whole=False)
        for rule in group.rules:
            own = [condition for condition in rule.conditions if condition.own_place]
            parts = any(condition.role is Role.PART for condition in own)
            for condition in own:
                yield _mark(condition, whole=parts and condition.role is Role.WHOLE)


def _mark(condition: Condition, *, whole: bool) -> _Mark:
    class_ = _class(condition.branches)
    lines = [_hover(condition)]
    lines += [f"{place}: {_of_place(condition, sight)}" for place, sight in where(condition.sights)]
    return _Mark(condition.span.start, condition.span.end, f"{class_} whole" if whole else class_, "\n".join(lines))


def _hover(condition: Condition) -> str:
    if not condition.live:
        return "settled by the arguments wherever it is bound: not counted"
    gap = gap_of_condition(condition.seen, condition.missing)
    return gap or ("seen true and false" if condition.two_sided else "seen")


def _of_place(condition: Condition, sight: Sight) -> str:
    said = counts(condition, sight.seen)
    return said if sight.live or not condition.live else f"{said}, settled by the arguments"


def _marked(text: str, start: int, end: int, marks: Sequence[_Mark]) -> Iterator[str]:
    """The characters from ``start`` up to ``end``, with the marks on them as nested elements; marks nest, as conditions do."""
    here = [mark for mark in marks if mark.start < end and mark.end > start]
    place = start
    while here:
        first = here.pop(0)
        low, high = max(first.start, place), min(first.end, end)
        inner = []
        while here and here[0].start < high:
            inner.append(here.pop(0))
        if low >= high:
            continue
        yield _text(text[place:low])
        hover = "&#10;".join(_text(line) for line in first.hover.split("\n"))
        content = "".join(_marked(text, low, high, [mark for mark in inner if mark.end <= first.end]))
        yield f'<mark class="{first.class_}" title="{hover}">{content}</mark>'
        place = high
    yield _text(text[place:end].rstrip("\r"))


def _note(group: Group, rule: Rule) -> str:
    """What the margin says about a rule."""
    name = _text(called(group, rule))
    if not rule.live:
        return f'<p class="out">{name}: out of play, by the arguments wherever it is bound</p>'
    gap = gap_of_rule(rule, rule.seen, bound=group.bound)
    said = (
        f'<span class="none">{_text(gap)}</span>'
        if gap
        else f'<span class="{rule.state}">{_text(tale(rule, rule.seen))}</span>'
    )
    lines = [f"<p><b>{name}</b> {said}</p>"]
    lines += [
        f'<p><code>{_text(each.text)}</code> <span class="part">{_text(what)}</span></p>' for each, what in gaps(rule)
    ]
    if len(rule.sights) > 1:
        lines.append(_places(rule))
    return "".join(lines)


def _places(rule: Rule) -> str:
    """Each place that the rule is bound in, with what is missing there."""
    rows = []
    for place, sight in where(rule.sights):
        if not sight.live:
            rows.append(f"<tr><td>{_text(place)}</td><td>out of play, by its arguments</td></tr>")
            continue
        missing = []
        for condition in rule.conditions:
            seen = next((each for each in condition.sights if each.place == sight.place), None)
            if seen is not None and seen.live and sight.seen.asked:
                gap = gap_of_condition(seen.seen, missing_of(condition, seen.seen))
                missing += [f"<code>{_text(condition.text)}</code> {_text(gap)}"] if gap else []
        class_ = "" if sight.seen.true else ' class="none"'
        said = _text(tale(rule, sight.seen) if sight.seen.asked else "never asked")
        rows.append(
            f"<tr><td>{_text(place)}</td><td><span{class_}>{said}</span>{''.join(f'<br>{each}' for each in missing)}</td></tr>"
        )
    return f"<details><summary>in {len(rule.sights)} places</summary><table>{''.join(rows)}</table></details>"
