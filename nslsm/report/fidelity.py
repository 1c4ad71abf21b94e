"""How faithful the simulated kernel is, for people: scores, where it parts from the real one, which arguments are wrong."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from nslsm.report.page import Fitted, Page
from nslsm.report.styles import DIM, HEADING, STRONG
from nslsm.report.summary import count, number
from nslsm.simulation.fidelity import (
    Arguments,
    Compared,
    Difference,
    Evidence,
    Exercised,
    Kind,
    Score,
    Stray,
    Wrong,
    mean,
)

WORDS: Final = {Kind.LACK: "we lack", Kind.EXTRA: "we have too many", Kind.MOVED: "elsewhere in the call:"}
SHOWN_HOOKS: Final = 12
"""How many hooks around the first difference of a call are shown."""
MEAN: Final = "mean"


def render_programs(programs: Sequence[tuple[str, Compared]]) -> Fitted:
    """A table with a row for each program, and the means."""

    def write(page: Page) -> None:
        together = Arguments()
        for _, found in programs:
            together.add(found.arguments)
        rows = [
            (name, *_cells(found.decision.total), *_cells(found.every.total), _share(found.arguments))
            for name, found in programs
        ]
        rows.append(
            (
                MEAN,
                *_cells(mean(found.decision.total for _, found in programs)),
                *_cells(mean(found.every.total for _, found in programs)),
                _share(together),
            )
        )
        head = (count(len(programs), "program"), "decisions", "order", "all hooks", "order", "arguments")
        widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]

        def fitted(row: tuple[str, ...]) -> str:
            rest = (f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
            return "  ".join((f"{row[0]:<{widths[0]}}", *rest))

        page.line((fitted(head), DIM))
        for row in rows[:-1]:
            page.line(fitted(row))
        page.line((fitted(rows[-1]), STRONG))

    return Fitted(write)


def render_fidelity(found: Compared, *, limit: int | None = None) -> Fitted:
    """One program: its scores, task by task where it has several, and where both part."""

    def write(page: Page) -> None:
        for what, scores in (("decision hooks", found.decision), ("all hooks", found.every)):
            page.line(
                (f"{what:<15}", STRONG),
                f" F1 {scores.total.f1:.4f}, order {scores.total.order:.4f}",
                (f": {number(scores.true)} that the kernel called, {number(scores.predicted)} of ours", DIM),
                hang=16,
            )
            if len(scores.tasks) > 1:
                for each in scores.tasks:
                    page.line(
                        f"task {each.task}: F1 {each.score.f1:.4f}, order {each.score.order:.4f}",
                        (f": {number(each.true)} and {number(each.predicted)}", DIM),
                        indent=16,
                    )
        arguments = found.arguments
        page.line(
            (f"{'arguments':<15}", STRONG),
            f" {_share(arguments)} of {count(arguments.hooks.all, 'matched hook')} right in every field",
            (f": {number(arguments.fields.right)} of {count(arguments.fields.all, 'field')}", DIM),
            hang=16,
        )
        if found.unattributed:
            page.line((f"{count(found.unattributed, 'hook')} called in interrupts left out", DIM), indent=16)
        page.gap()
        _differences(page, found.differences, limit)
        _wrong(page, arguments, limit)

    return Fitted(write)


def render_evidence(found: Evidence, programs: int) -> Fitted:
    """The mapping, each row with the number of programs that show it; then those that one shows, and callers not named."""

    def write(page: Page) -> None:
        shown = sum(bool(row.programs) for row in found.rows)
        page.line(
            (f"{number(shown)} of {count(len(found.rows), 'row')} of the mapping", HEADING),
            f" are exercised by {count(programs, 'program')}",
        )
        entry = None
        for row in found.rows:
            if row.entry is not entry:
                entry = row.entry
                page.gap()
                page.line((entry.operation.__name__, STRONG), (f"  {' '.join(entry.calls)}", DIM), hang=4)
            page.line(f"{len(row.programs):>4}  ", *_row(row), hang=8)
        single = [row for row in found.rows if len(row.programs) == 1]
        page.gap()
        page.line((f"{count(len(single), 'row')} that a single program exercises", HEADING))
        for row in single:
            page.line(f"{row.programs[0]}: {row.entry.operation.__name__} ", *_row(row), indent=2, hang=4)
        _strays(page, found.strays, "called by a function that no row names")
        _strays(page, found.unnamed, "whose rows name no function, and who called them")

    return Fitted(write)


def _row(row: Exercised) -> tuple[str | tuple[str, str], ...]:
    follows = f" @ {' '.join(row.raised.follows)}" if row.raised.follows else ""
    when = f": {row.raised.when}" if row.raised.when else ""
    return (f"{'~' if row.raised.routine else ''}{row.raised.hook}", (f"{follows}{when}", DIM))


def _strays(page: Page, strays: Sequence[Stray], what: str) -> None:
    if not strays:
        return
    page.gap()
    page.line((f"{count(len(strays), 'hook')} {what}", HEADING))
    for each in strays:
        named = f", not by {' '.join(each.named)}" if each.named else ""
        page.line(
            f"{each.operation} {each.hook}: {each.caller}",
            (f"{named}, in {_programs(each.programs)}", DIM),
            indent=2,
            hang=4,
        )


def _programs(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} alone"
    return f"{count(len(names), 'program')}, such as {names[0]}"


def _differences(page: Page, differences: Sequence[Difference], limit: int | None) -> None:
    if not differences:
        page.line("both agree in every call")
        return
    total = sum(each.times for each in differences)
    page.line((f"both part in {count(total, 'hook')}, {count(len(differences), 'kind')} of difference", HEADING))
    told: set[tuple[int, int]] = set()
    for each in differences if limit is None else differences[:limit]:
        first = each.first
        where = f"line {first.line}" if first.line is not None else "no line of the trace"
        page.line(
            (f"{each.call or 'no call'}: ", STRONG),
            f"{WORDS[each.kind]} {each.hook}, {_times(each.times)}",
            (f", first at {where} (task {first.task}, call {first.nth})", DIM),
            indent=2,
            hang=4,
        )
        if (first.task, first.nth) in told:
            continue
        told.add((first.task, first.nth))
        true, ours = _around(first.true, first.ours)
        page.line(("kernel  ", DIM), " ".join(true) or "nothing", indent=6, hang=8)
        page.line(("ours    ", DIM), " ".join(ours) or "nothing", indent=6, hang=8)
    _rest(page, len(differences), limit, "more kind")


def _around(true: Sequence[str], ours: Sequence[str]) -> tuple[list[str], list[str]]:
    """The hooks around the place where both begin to differ."""
    begin = next(
        (place for place, pair in enumerate(zip(true, ours, strict=False)) if pair[0] != pair[1]),
        min(len(true), len(ours)),
    )
    begin = max(0, begin - 2)
    return _window(true, begin), _window(ours, begin)


def _window(hooks: Sequence[str], begin: int) -> list[str]:
    shown = list(hooks[begin : begin + SHOWN_HOOKS])
    before = [f"({begin} the same)"] if begin else []
    left = len(hooks) - begin - len(shown)
    return [*before, *shown, *([f"(and {left} more)"] if left > 0 else [])]


def _wrong(page: Page, arguments: Arguments, limit: int | None) -> None:
    if not arguments.wrong:
        return
    times: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Wrong] = {}
    for each in arguments.wrong:
        times[each.hook, each.field] += 1
        first.setdefault((each.hook, each.field), each)
    page.gap()
    page.line((f"{count(arguments.fields.all - arguments.fields.right, 'wrong field')}", HEADING))
    for what, amount in times.most_common(limit):
        each = first[what]
        page.line(
            (f"{each.hook}.{each.field}: ", STRONG),
            f"{amount} of {arguments.by_field[what].all}",
            (f", first at line {each.line}: {_shown(each.true)} is {_shown(each.ours)} here", DIM),
            indent=2,
            hang=4,
        )
    _rest(page, len(times), limit, "more field")


def _times(amount: int) -> str:
    return "once" if amount == 1 else f"{number(amount)} times"


def _rest(page: Page, amount: int, limit: int | None, noun: str) -> None:
    if limit is not None and amount > limit:
        page.line((f"and {count(amount - limit, noun)}", DIM), indent=2)


def _shown(value: object) -> str:
    if isinstance(value, frozenset):
        return "|".join(sorted(str(_name(each)) for each in value)) or "nothing"
    return str(_name(value))


def _name(value: object) -> object:
    if value is None:
        return "nothing"
    return "unknown" if repr(value) == "UNKNOWN" else getattr(value, "name", value)


def _cells(score: Score) -> Iterable[str]:
    return f"{score.f1:.3f}", f"{score.order:.3f}"


def _share(arguments: Arguments) -> str:
    return f"{100 * arguments.hooks.share:.1f} %" if arguments.hooks.all else "none"
