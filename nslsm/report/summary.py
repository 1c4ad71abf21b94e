"""A run's summary, as a person wants it: what came out, who denied what and why, how much was understood."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from rich.cells import cell_len

from nslsm.audit.summary import KERNEL, Denial, RuleCount, Summary
from nslsm.diagnostics.render import render_line
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.styles import (
    DENIED,
    DIM,
    FAULT,
    GRANTED,
    HEADING,
    INDETERMINATE,
    OBSERVED,
    STRONG,
    WOULD_DENY,
)

SHOWN_RULES: Final = 12
"""How many rules a summary lists; the rest are counted."""

SHOWN_NAMESPACES: Final = 12
"""How many namespaces a summary lists."""

SHOWN_FINDINGS: Final = 8
"""How many kinds of findings a summary lists."""

Row: TypeAlias = "Sequence[Part]"


def render_summary(summary: Summary, *, seconds: float | None = None) -> Fitted:
    """The summary of a run; ``seconds`` is how long it took."""

    def write(page: Page) -> None:
        _verdicts(page, summary)
        _denials(page, summary)
        _rules(page, summary)
        _namespaces(page, summary)
        _unknown(page, summary)
        _understood(page, summary, seconds)

    return Fitted(write)


def _verdicts(page: Page, summary: Summary) -> None:
    page.line(
        (count(summary.events, "event"), STRONG),
        (f", {number(summary.without_hooks)} of them raise no hook" if summary.without_hooks else "", DIM),
        (f"; {count(summary.requests, 'request')} judged" if summary.requests != summary.events else "", DIM),
    )
    width = len(number(max(summary.events, summary.observed, summary.would_deny)))
    for amount, word, style in (
        (summary.granted, "granted", GRANTED),
        (summary.denied, "denied", DENIED),
        (summary.indeterminate, "indeterminate", INDETERMINATE),
    ):
        page.line(
            (f"{number(amount):>{width}} ", STRONG if amount else DIM), (word, style if amount else DIM), indent=2
        )
    for amount, word, style in (
        (summary.would_deny, "would-be denials, by bindings that complain only", WOULD_DENY),
        (summary.observed, "observed by audit rules", OBSERVED),
        (summary.faults, "faults: a control broke", FAULT),
        (summary.moves, "moves by `enter on`", ""),
        (summary.failed, "failed when they were recorded, whatever the verdict", DIM),
    ):
        if amount:
            page.line((f"{number(amount):>{width}} ", STRONG), (word, style), indent=2)


def _denials(page: Page, summary: Summary) -> None:
    if not summary.denials:
        return
    page.gap()
    whole = sum(denial.times for denial in summary.denials) == summary.denied
    page.line(("denied" if whole else "the first that were denied", HEADING))
    for denial in summary.denials:
        page.line(*_denial(denial), indent=2, hang=4)
        if denial.reason:
            page.line((denial.reason, DIM), indent=6, hang=0)


def _denial(denial: Denial) -> Iterator[Part]:
    yield (f"#{denial.sequence} ", DIM)
    yield f"{denial.comm or 'task'}[{denial.pid}] "
    yield (denial.call, STRONG)
    if denial.object:
        yield f" {denial.object}"
    yield f" -> {denial.errno} by "
    yield (denial.rule, STRONG)
    if denial.namespace:
        yield f" in {denial.namespace}"
    if denial.times > 1:
        yield (f"  ({denial.times} times)", DIM)


def _rules(page: Page, summary: Summary) -> None:
    if not summary.rules:
        return
    page.gap()
    page.line(("by rule", HEADING))
    rows = [_rule(rule) for rule in summary.rules[:SHOWN_RULES]]
    _table(page, ("denied", "would deny", "observed", "faults"), rows)
    _rest(page, len(summary.rules) - SHOWN_RULES, "rule")


def _rule(rule: RuleCount) -> tuple[tuple[int, ...], Row]:
    where = "" if rule.rule == KERNEL else f" in {rule.namespace}"
    severity = f"  {rule.severity}" if rule.severity else ""
    return (rule.denied, rule.would_deny, rule.observed, rule.faults), ((rule.rule, STRONG), where, (severity, DIM))


def _namespaces(page: Page, summary: Summary) -> None:
    if not summary.namespaces:
        return
    page.gap()
    page.line(("by namespace", HEADING))
    rows: list[tuple[tuple[int, ...], Row]] = [
        ((each.granted, each.denied, each.indeterminate), ((each.namespace, STRONG),))
        for each in summary.namespaces[:SHOWN_NAMESPACES]
    ]
    _table(page, ("granted", "denied", "indeterminate"), rows)
    _rest(page, len(summary.namespaces) - SHOWN_NAMESPACES, "namespace")


def _table(page: Page, names: tuple[str, ...], rows: list[tuple[tuple[int, ...], Row]]) -> None:
    """Columns of numbers, those that are all zero left out, then what they count; the last wraps."""
    kept = [place for place in range(len(names)) if any(numbers[place] for numbers, _ in rows)]
    widths = {
        place: max(cell_len(names[place]), *(len(number(numbers[place])) for numbers, _ in rows)) for place in kept
    }
    page.line((" ".join(f"{names[place]:>{widths[place]}}" for place in kept), DIM), indent=2)
    for numbers, what in rows:
        cells: list[Part] = [
            (f"{number(numbers[place]):>{widths[place]}} ", "" if numbers[place] else DIM) for place in kept
        ]
        page.line(*cells, " ", *what, indent=2, hang=sum(widths.values()) + len(kept) + 3)


def _unknown(page: Page, summary: Summary) -> None:
    if not summary.unknown:
        return
    page.gap()
    page.line(("indeterminate for want of", HEADING))
    for fact, times in summary.unknown:
        page.line(f"{fact}  ", (count(times, "event"), DIM), indent=2)


def _understood(page: Page, summary: Summary, seconds: float | None) -> None:
    page.gap()
    if summary.lines is not None and summary.understood is not None:
        share = summary.understood / summary.lines if summary.lines else 1.0
        style = GRANTED if share >= 0.99 else INDETERMINATE
        page.line(
            "understood ",
            (percent(share), style),
            f" of {count(summary.lines, 'line')}",
            (f"; {number(summary.lines - summary.understood)} not" if summary.lines > summary.understood else "", DIM),
        )
    for finding in summary.findings[:SHOWN_FINDINGS]:
        page.line(
            f"{number(finding.times)} x {finding.code}",
            (f"  first: {render_line(finding.first)}", DIM),
            indent=2,
            hang=4,
        )
    _rest(page, len(summary.findings) - SHOWN_FINDINGS, "kind of finding")
    if seconds is not None:
        rate = f", {number(round(summary.events / seconds))} events per second" if seconds > 0 else ""
        page.line((f"{seconds:.2f} s{rate}", DIM))
    if summary.policy:
        page.line((f"policy {summary.policy[:16]}, {summary.walk} walk", DIM))


def _rest(page: Page, amount: int, noun: str) -> None:
    if amount > 0:
        page.line((f"and {count(amount, f'more {noun}')}", DIM), indent=2)


def number(amount: int) -> str:
    """A number with its thousands told apart.

    >>> number(1234567)
    '1,234,567'
    """
    return f"{amount:,}"


def count(amount: int, noun: str) -> str:
    """A number of things.

    >>> count(1, "event"), count(2, "kind of finding"), count(0, "policy")
    ('1 event', '2 kinds of finding', '0 policies')
    """
    head, of, rest = noun.partition(" of ")
    plural = f"{head[:-1]}ies" if head.endswith("y") else f"{head}s"
    return f"{number(amount)} {head if amount == 1 else plural}{of}{rest}"


def percent(share: float) -> str:
    """A share in percent; never rounded up to the whole.

    >>> percent(1.0), percent(0.99999), percent(0.5)
    ('100 %', '99.9 %', '50.0 %')
    """
    return "100 %" if share >= 1 else f"{min(int(share * 1000) / 10, 99.9):.1f} %"
