"""Simulations for people: what came of each step, run by run; and which boundary stops which scenario."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from nslsm.diagnostics.sources import Sources
from nslsm.engine.decision import Verdict
from nslsm.report.cases import show_failure
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.styles import DENIED, DIM, GRANTED, HEADING, INDETERMINATE, STRONG
from nslsm.report.summary import count, number
from nslsm.simulation.scenarios.matrix import KERNEL, Row, Stop
from nslsm.simulation.scenarios.scenario import Scenario, done_alone
from nslsm.simulation.scenarios.script import Script
from nslsm.simulation.scenarios.tally import HELD, Tally

SHOWN_STEPS: Final = 30
"""How many steps of one run are shown, if nobody says otherwise."""
SHOWN_OUTCOMES: Final = 3
"""How many outcomes of one step."""
WIDEST_STEP: Final = 40
"""Columns for a step; a longer one has its outcome on the line below."""


def render_simulation(
    scenario: Scenario, tallies: Sequence[Tally], sources: Sources, *, limit: int = SHOWN_STEPS
) -> Fitted:
    """What came of the runs of a scenario, step by step; of a long run, the first ``limit`` steps that differ."""

    def write(page: Page) -> None:
        page.line((scenario.title, HEADING), *_tags(scenario.tags))
        for tally in tallies:
            page.gap()
            _run(page, scenario, tally, limit)
            for failure in tally.failures:
                page.gap()
                page.line(("FAILED", DENIED), indent=2)
                show_failure(page, failure, sources)
            if tally.failed > len(tally.failures):
                page.line((f"and {number(tally.failed - len(tally.failures))} more", DIM), indent=2)

    return Fitted(write)


def render_total(tallies: Iterable[Tally]) -> Fitted:
    """One line about all runs."""

    def write(page: Page) -> None:
        runs = list(tallies)
        expected, failed = sum(each.expected for each in runs), sum(each.failed for each in runs)
        done = sum(each.done for each in runs)
        held = (
            f"{number(expected - failed)} of {count(expected, 'expectation')} met" if expected else "nothing expected"
        )
        style = DENIED if failed else GRANTED if expected else DIM
        page.line((f"{count(len(runs), 'run')}, {count(done, 'step')}: ", STRONG), (held, style))

    return Fitted(write)


def _tags(tags: Iterable[str]) -> Iterable[Part]:
    return ((f"  {' '.join(tags)}", DIM),) if tags else ()


def _values(scenario: Scenario, values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {values[name]}" for name in scenario.varied)


def _run(page: Page, scenario: Scenario, tally: Tally, limit: int) -> None:
    words = (
        (Verdict.GRANT, "granted"),
        (Verdict.DENY, "denied"),
        (Verdict.INDETERMINATE, "unknown"),
    )
    counts = [f"{number(tally.verdicts[verdict])} {word}" for verdict, word in words if tally.verdicts[verdict]]
    if tally.impossible:
        counts.append(f"{number(tally.impossible)} not possible")
    head = " ".join(
        part
        for part in (_values(scenario, tally.run.values), f"seed {tally.run.seed}" if tally.run.seed else "")
        if part
    )
    page.line((head or f"run {tally.run.number}", STRONG), (f"  {', '.join(counts)}", DIM))
    shown = list(tally.steps.items())[:limit]
    width = min(max((len(done_alone(text)) for text, _ in shown), default=0), WIDEST_STEP)
    for text, outcomes in shown:
        _step(page, done_alone(text), outcomes, width)
    if len(tally.steps) > limit:
        page.line((f"and {number(len(tally.steps) - limit)} more steps that differ", DIM), indent=2)


def _step(page: Page, text: str, outcomes: Counter[str], width: int) -> None:
    told = outcomes.most_common(SHOWN_OUTCOMES)
    several = outcomes.total() > 1
    margin = width + 4
    if len(text) > width:
        page.line(text, indent=2, hang=4)
        margin = 6
    for place, (outcome, times) in enumerate(told):
        often = f"{number(times):>9} times " if several else ""
        if not place and len(text) <= width:
            page.line(f"{text:<{width}}  {often}", (outcome, _style(outcome)), indent=2, hang=width + 4 + len(often))
        else:
            page.line(often, (outcome, _style(outcome)), indent=margin, hang=len(often) + 2)
    left = outcomes.total() - sum(times for _, times in told)
    if left:
        page.line((f"{number(left):>9} times others", DIM), indent=margin)


def _style(outcome: str) -> str:
    if outcome in ("allow", HELD):
        return GRANTED
    return DENIED if outcome.startswith(("deny", "does not")) else INDETERMINATE


# Matrices


def render_matrix(rows: Sequence[Row]) -> Fitted:
    """A row for each run, a column for each boundary: 1 who stops it first, 2 who would have been second, by which rule."""

    def write(page: Page) -> None:
        paths = sorted({stop.boundary for row in rows for stop in (row.first, row.second) if stop}, key=_outermost)
        heads = [path.rpartition(".")[2] for path in paths]
        cells = [[_cell(row, path) for path in paths] for row in rows]
        widths = [max([len(head), *(len(line[place]) for line in cells)]) for place, head in enumerate(heads)]
        room = page.width - sum(widths) - 2 * len(widths)
        if room < NARROWEST:
            _list(page, rows)
            return
        wide = min(room, max(len(text) for row in rows for text in _titles(row)))
        page.line(" " * wide, (_line(heads, widths), DIM))
        before: Script | None = None
        for row, line in zip(rows, cells, strict=True):
            title, case = _titles(row)
            if case and row.script is not before:
                for part in textwrap.wrap(title, wide, subsequent_indent="  "):
                    page.exact((part, STRONG))
            before = row.script
            first, *rest = textwrap.wrap(f"  {case}" if case else title, wide, subsequent_indent="  ")
            page.exact(*_columns(first, wide, line, widths, row))
            for part in rest:
                page.exact((part, _weight(row)))
            if row.first is None:
                page.exact(("  nothing stops it", DENIED))
        page.gap()
        _summary(page, rows)

    return Fitted(write)


NARROWEST: Final = 24
"""Columns that a scenario's title needs beside those of boundaries; with fewer, runs are listed one below the other."""


def _columns(title: str, wide: int, line: Sequence[str], widths: Sequence[int], row: Row) -> Iterable[Part]:
    yield (f"{title:<{wide}}", _weight(row))
    for cell, width in zip(line, widths, strict=True):
        yield (f"  {cell:<{width}}", GRANTED if cell.startswith("1") else DIM)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"  {cell:<{width}}" for cell, width in zip(cells, widths, strict=True))


def _outermost(path: str) -> tuple[int, str]:
    return (-1 if path == KERNEL else path.count("."), path)


def _titles(row: Row) -> tuple[str, str]:
    """What a row is called: the scenario's title with its tags; and which of its runs, where there are several."""
    scenario = row.script.scenario
    values = _values(scenario, row.run.values)
    seed = f"seed {row.run.seed}" if len(scenario.seeds) > 1 else ""
    return " ".join((scenario.title, *scenario.tags)), " ".join(part for part in (values, seed) if part)


def _weight(row: Row) -> str:
    return DENIED if row.first is None else STRONG if not _titles(row)[1] else ""


def _cell(row: Row, path: str) -> str:
    for place, stop in ((1, row.first), (2, row.second)):
        if stop is not None and stop.boundary == path:
            return f"{place} {_rule(stop)}"
    return ""


def _rule(stop: Stop) -> str:
    name = stop.rule.rpartition("#")[2] if stop.boundary != KERNEL else stop.rule
    return name if stop.certain else f"{name}?"


def _list(page: Page, rows: Sequence[Row]) -> None:
    for row in rows:
        page.gap()
        page.line((" ".join(_titles(row)).strip(), STRONG))
        for place, stop in (("first ", row.first), ("second", row.second)):
            if stop is not None:
                page.line(f"{place}  ", (stop.boundary, HEADING), f" {_rule(stop)}", indent=2, hang=10)
        if row.first is None:
            page.line(("nothing stops it", DENIED), indent=2)
    page.gap()
    _summary(page, rows)


def _summary(page: Page, rows: Sequence[Row]) -> None:
    through = sum(row.first is None for row in rows)
    alone = sum(row.first is not None and row.second is None for row in rows)
    twice = len(rows) - through - alone
    page.line(
        (f"{count(len(rows), 'run')}: ", STRONG),
        f"{number(twice)} stopped twice over, {number(alone)} by one boundary only, ",
        (f"{number(through)} by none", DENIED if through else GRANTED),
    )
