"""What tests have seen, as a table for a terminal, and what they have not, each with its place."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from rich.cells import cell_len

from nslsm.diagnostics.escape import escape
from nslsm.diagnostics.span import Span
from nslsm.report.coverage.words import called, gap_of_condition, gap_of_rule, gaps, percent, share
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.styles import DENIED, DIM, GRANTED, GUTTER, HEADING, INDETERMINATE, STRONG
from nslsm.simulation.coverage import Covered, Group, Module, Score

_NUMBERS: Final = 34
"""Columns of the two scores."""


class _Row(NamedTuple):
    name: str
    style: str
    indent: int
    rules: Score
    branches: Score


def render_coverage(covered: Covered) -> Fitted:
    """Scores by module, control and namespace, then what was not seen."""

    def write(page: Page) -> None:
        page.gap()
        _table(page, "coverage", list(_by_module(covered)))
        page.gap()
        _table(page, "by namespace", list(_by_namespace(covered)))
        _unseen(page, covered)

    return Fitted(write)


def _by_module(covered: Covered) -> Iterator[_Row]:
    for module in covered.modules:
        yield _Row(module.name, STRONG, 0, module.score, module.branches)
        for group in module.groups:
            yield _Row(_group_name(group), "", 2, group.score, group.branches)
    yield _Row("total", STRONG, 0, covered.score, covered.branches)


def _group_name(group: Group) -> str:
    match group.kind:
        case "control":
            return group.name.rpartition(".")[2]
        case "namespace":
            return f"enter on {group.name}"
    return "let"


def _by_namespace(covered: Covered) -> Iterator[_Row]:
    shares = covered.shares()
    paths = {(share.place.module, share.place.namespace) for share in shares}
    modules = {path: {module for module, other in paths if other == path} for _, path in paths}
    before: tuple[str, str] | None = None
    for place, rules, branches in shares:
        here = (place.module, place.namespace)
        if here != before:
            several = len(modules[place.namespace]) > 1
            name = f"{place.namespace}  ({place.module})" if several else place.namespace
            inside = [each for each in shares if (each.place.module, each.place.namespace) == here]
            yield _Row(
                name,
                STRONG,
                0,
                Score(sum(each.rules.covered for each in inside), sum(each.rules.total for each in inside)),
                Score(sum(each.branches.covered for each in inside), sum(each.branches.total for each in inside)),
            )
        before = here
        yield _Row(place.binding or "enter on", "", 2, rules, branches)


def _table(page: Page, title: str, rows: list[_Row]) -> None:
    widest = max([cell_len(title), *(row.indent + cell_len(escape(row.name)) for row in rows)])
    names = min(widest, max(20, page.width - _NUMBERS))
    page.line((f"{title:<{names}}", HEADING), (f"{'rules':>10}{'branches':>17}", DIM))
    for row in rows:
        pad = names - row.indent - cell_len(escape(row.name))
        parts: list[Part] = [(row.name, row.style), " " * max(0, pad)]
        scores = (row.rules, row.branches)
        parts.extend((f"{share(score):>10}{percent(score):>7}", _style(score)) for score in scores)
        page.line(*parts, indent=row.indent)


def _style(score: Score) -> str:
    if not score.total:
        return DIM
    return GRANTED if score.covered == score.total else INDETERMINATE if score.covered else DENIED


def _unseen(page: Page, covered: Covered) -> None:
    for module in covered.modules:
        lines = list(_lines(module))
        if lines:
            page.gap()
            page.line(("not seen in ", HEADING), (module.source, STRONG))
        for place, parts, indent in lines:
            page.line((f"{place:>7}  ", GUTTER), " " * indent, *parts, indent=2, hang=11 + indent)


def _lines(module: Module) -> Iterator[tuple[str, list[Part], int]]:
    for group in module.groups:
        for condition in group.lets:
            if condition.missing:
                gap = gap_of_condition(condition.seen, condition.missing)
                yield _place(condition.span), ["let ", (condition.text, ""), "  ", (gap, INDETERMINATE)], 0
        if not group.bound and group.kind == "control":
            unbound: list[Part] = [
                group.name.rpartition(".")[2],
                "  ",
                ("bound in no namespace that a test uses", DENIED),
            ]
            yield _place(group.span), unbound, 0
            continue
        for rule in group.rules:
            gap = gap_of_rule(rule, rule.seen, bound=group.bound) if rule.live else ""
            inner = list(gaps(rule))
            if gap or inner:
                yield _place(rule.span), [called(group, rule), "  ", (gap, DENIED)], 0
            for condition, what in inner:
                place = _place(condition.span) if condition.own_place else ""
                yield place, [(condition.text, ""), "  ", (what, INDETERMINATE)], 2


def _place(span: Span) -> str:
    return f"{span.line}:{span.column}"
