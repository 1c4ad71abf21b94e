"""A recording under several compositions, for people: what came out under each, and where they part, by cause."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from nslsm.engine.decision import Verdict
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.styles import DIM, HEADING, OF_VERDICT, STRONG
from nslsm.report.summary import count, number
from nslsm.simulation.semantics import Aspect, Cause, Outcome, Outcomes, Semantics, Tally, Telling

WORDS: Final = {
    Aspect.VERDICT: "verdict",
    Aspect.ERRNO: "errno",
    Aspect.BLAME: "who is blamed",
    Aspect.ASKED: "who is asked",
    Aspect.OBSERVED: "who sees it",
}
GAP: Final = 2
"""Columns between those of a table."""


def render_semantics(found: Semantics, *, limit: int | None = None) -> Fitted:
    """A table of what came out, one of what differs from the first composition, and the causes; ``limit``: so many of them."""

    def write(page: Page) -> None:
        page.line((count(found.events, "event"), STRONG), f" under {count(len(found.compositions), 'composition')}")
        page.gap()
        _table(
            page, ("", "granted", "denied", "indeterminate", "asked", "observed"), map(_came, found.tallies), _errnos
        )
        page.gap()
        base = found.compositions[0]
        if not found.differing:
            page.line(f"every event comes out as under {base}, and is seen by the same")
            return
        head = (f"not as under {base}", *WORDS.values())
        _table(page, head, (_differs(tally) for tally in found.tallies[1:]), lambda _: ())
        causes = found.causes()
        shown = causes if limit is None else causes[:limit]
        page.gap()
        reasons = (
            f", for {count(len(causes), 'cause')}"
            if not found.untold
            else f", for more than {number(len(causes))} causes"
        )
        page.line(
            (f"{count(found.differing, 'event')} {'differs' if found.differing == 1 else 'differ'}{reasons}", HEADING)
        )
        for cause in shown:
            page.gap()
            _cause(page, cause, found.compositions)
        if len(shown) < len(causes):
            page.gap()
            page.line((f"and {count(len(causes) - len(shown), 'more cause')}", DIM))

    return Fitted(write)


# Tables


class _Row(NamedTuple):
    cells: tuple[str, ...]
    tally: Tally


def _came(tally: Tally) -> _Row:
    verdicts = (number(tally.verdicts[verdict]) for verdict in (Verdict.GRANT, Verdict.DENY, Verdict.INDETERMINATE))
    return _Row((tally.composition, *verdicts, number(tally.asked), number(tally.observed)), tally)


def _errnos(tally: Tally) -> Sequence[Part]:
    told = sorted(tally.errnos.items(), key=lambda item: (-item[1], item[0]))
    return ((" " * GAP + ", ".join(f"{errno} {number(times)}" for errno, times in told), DIM),) if told else ()


def _differs(tally: Tally) -> _Row:
    return _Row((tally.composition, *(number(tally.differing[aspect]) for aspect in Aspect)), tally)


def _table(page: Page, head: tuple[str, ...], rows: Iterable[_Row], more: Callable[[Tally], Sequence[Part]]) -> None:
    body = list(rows)
    widths = [max(len(row[place]) for row in (head, *(row.cells for row in body))) for place in range(len(head))]

    def fitted(cells: tuple[str, ...]) -> str:
        rest = (f"{cell:>{width}}" for cell, width in zip(cells[1:], widths[1:], strict=True))
        return (" " * GAP).join((f"{cells[0]:<{widths[0]}}", *rest))

    page.line((fitted(head), DIM))
    for row in body:
        page.line(fitted(row.cells), *more(row.tally), hang=widths[0] + GAP)


# Causes


def _cause(page: Page, cause: Cause, names: tuple[str, ...]) -> None:
    example = cause.example
    about = " ".join(part for part in (example.comm or "task", example.call, example.object) if part)
    page.line(
        (count(cause.events, "event"), STRONG),
        f", the first #{example.sequence} {about}: ",
        (", ".join(WORDS[aspect] for aspect in cause.aspects), STRONG),
        hang=4,
    )
    base = cause.outcomes[0][0]
    for outcome, who in _alike(cause.outcomes, names, lambda outcome: (_answer(outcome[0]), outcome[1])):
        telling, reason = outcome
        page.line((who, STRONG), ": ", (_answer(telling), OF_VERDICT[telling.verdict][1]), indent=2, hang=4)
        if reason is not None:
            page.line((reason.value, DIM), indent=6, hang=0)
    for (telling, _), who in _alike(cause.outcomes, names, lambda outcome: _seen(outcome[0], base)):
        for line in _seen(telling, base):
            page.line((f"{who}: ", DIM), line, indent=2, hang=4)


def _alike(
    outcomes: Outcomes, names: tuple[str, ...], key: Callable[[Outcome], object]
) -> Iterator[tuple[Outcome, str]]:
    """The outcomes that are not the same by ``key``, each with the compositions that have it."""
    groups: dict[object, tuple[Outcome, list[str]]] = {}
    for outcome, name in zip(outcomes, names, strict=True):
        groups.setdefault(key(outcome), (outcome, []))[1].append(name)
    return ((outcome, "all" if len(who) == len(names) else ", ".join(who)) for outcome, who in groups.values())


def _answer(telling: Telling) -> str:
    word, _ = OF_VERDICT[telling.verdict]
    if telling.verdict is Verdict.GRANT:
        return word
    if telling.verdict is Verdict.INDETERMINATE:
        return f"{word}: {', '.join(telling.unknown)}"
    where = f" in {telling.namespace}" if telling.namespace else ""
    return f"{word} {telling.errno} by {telling.rule}{where}"


def _seen(telling: Telling, base: Telling) -> tuple[str, ...]:
    """What of the asking and the seeing is not as under the first composition."""
    pairs = (
        ("nobody asked about", base.asked - telling.asked),
        ("asked as well about", telling.asked - base.asked),
        ("not seen by", base.observed - telling.observed),
        ("seen as well by", telling.observed - base.observed),
    )
    return tuple(f"{words} {_places(places)}" for words, places in pairs if places)


def _places(places: Iterable[tuple[str, str]]) -> str:
    by_what: dict[str, list[str]] = {}
    for what, namespace in sorted(places):
        by_what.setdefault(what, []).append(namespace)
    return "; ".join(f"{what} in {', '.join(namespaces)}" for what, namespaces in by_what.items())
