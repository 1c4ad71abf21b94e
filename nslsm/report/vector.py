"""The verdict vector of a decision in columns: each request, and what every binding answered, nearest namespace first."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from rich.cells import cell_len

from nslsm.audit.naming import object_of
from nslsm.diagnostics.escape import escape
from nslsm.engine.decision import Decision, Judgement
from nslsm.kernel.state import State
from nslsm.protocol.opinion import Stance
from nslsm.report.page import Page, Part
from nslsm.report.styles import DENIED, DIM, FAULT, HEADING, INDETERMINATE, OF_STANCE, OF_VERDICT, STRONG, WOULD_DENY
from nslsm.simulation.vector import Entry, vector

_GAP: Final = 2
"""Columns between columns."""

_WIDEST: Final = (28, 24, 22, 24)
"""What is wider pushes the rest of its line to the right, and no other line."""


class _Row(NamedTuple):
    cells: tuple[Part, Part, Part, Part]
    note: Sequence[Part] = ()


def show_vectors(page: Page, decision: Decision, state: State | None, *, indent: int) -> None:
    """Each request of a decision, with who answered what.

    Where all abstain a line is enough, and those that nobody has a rule about share one.
    """
    silent: list[str] = []
    for judgement in decision.judgements:
        entries = vector(judgement, state)
        stances = {entry.opinion.answer.stance for entry in entries if entry.opinion is not None}
        if not stances:
            silent.append(judgement.request.hook.name)
        elif stances == {Stance.ABSTAIN}:
            _all_abstain(page, judgement, entries, indent)
        else:
            _request(page, judgement, entries, indent)
    if silent:
        names = list(dict.fromkeys(silent))
        also = "also asked: " if len(silent) < len(decision.judgements) else ""
        them = "it" if len(names) == 1 else "them"
        page.line((f"{also}{', '.join(names)}; no control has a rule about {them}", DIM), indent=indent, hang=2)


def _all_abstain(page: Page, judgement: Judgement, entries: tuple[Entry, ...], indent: int) -> None:
    asked = [entry for entry in entries if entry.opinion is not None]
    levels = [
        f"{', '.join(entry.binding.name for entry in group)} in {path}"
        for path, group in groupby(asked, key=lambda entry: entry.namespace.path)
    ]
    verb = "abstains" if len(asked) == 1 else "abstain"
    page.line(*_head(judgement), (f"; {', '.join(levels)} {verb}", DIM), indent=indent, hang=2)


def _head(judgement: Judgement) -> list[Part]:
    word, style = OF_VERDICT[judgement.verdict]
    about = object_of(judgement.request)
    parts: list[Part] = [(judgement.request.hook.name, HEADING), f" {about}" if about else "", "  ", (word, style)]
    if judgement.errno is not None:
        parts.append((f" {judgement.errno.name}", style))
    if judgement.request.consequence.value != "fatal":
        parts.append((f"  {judgement.request.consequence.value}", DIM))
    return parts


def _request(page: Page, judgement: Judgement, entries: tuple[Entry, ...], indent: int) -> None:
    page.line(*_head(judgement), indent=indent, hang=2)
    rows = list(_rows(judgement, entries))
    widths = [
        min(widest, max((cell_len(_plain(row.cells[column])) for row in rows), default=0))
        for column, widest in enumerate(_WIDEST)
    ]
    for row in rows:
        _show(page, row, widths, indent + 2)


def _show(page: Page, row: _Row, widths: list[int], indent: int) -> None:
    parts: list[Part] = []
    last = max(column for column, cell in enumerate(row.cells) if _plain(cell)) if not row.note else len(row.cells)
    used = 0
    for column, cell in enumerate(row.cells):
        if column > last:
            break
        parts.append(cell)
        if column < last:
            used += widths[column] + _GAP
            parts.append(" " * max(_GAP, widths[column] + _GAP - cell_len(_plain(cell))))
    page.line(*parts, *row.note, indent=indent, hang=used)


def _rows(judgement: Judgement, entries: Iterable[Entry]) -> Iterator[_Row]:
    said: tuple[int, bool] | None = None
    for (silent, *key), group in groupby(
        entries, key=lambda each: (each.opinion is None, each.namespace.id, each.inbound)
    ):
        members = list(group)
        where = members[0].namespace.path + (" (object's side)" if members[0].inbound else "")
        first = where if tuple(key) != said else ""
        said = (members[0].namespace.id, members[0].inbound)
        if silent:
            names = ", ".join(entry.binding.name for entry in members)
            yield _Row((first, (names, DIM), "", ""), (("no rule about it", DIM),) if len(names) <= _WIDEST[1] else ())
            continue
        for place, entry in enumerate(members):
            yield _answer(judgement, entry, "" if place else first)


def _answer(judgement: Judgement, entry: Entry, where: str) -> _Row:
    opinion = entry.opinion
    assert opinion is not None
    answer = opinion.answer
    word, style = OF_STANCE[answer.stance]
    if opinion.would_deny:
        word, style = "would deny", WOULD_DENY
    errno = answer.errno or judgement.request.hook.default_errno
    if answer.stance is Stance.DENY and errno is not None:
        word = f"{word} {errno.name}"
    note: list[Part] = []
    if entry.decides:
        note.append(("<- decides", DENIED))
    elif opinion.would_deny or (not opinion.enforced and answer.stance is Stance.UNKNOWN):
        note.append(("complain: it does not count", DIM))
    if answer.fault:
        note += [" " if note else "", (f"it broke: {answer.fault}", FAULT)]
    if answer.unknown:
        note += [" " if note else "", ("hangs on ", DIM), (", ".join(sorted(answer.unknown)), INDETERMINATE)]
    rule = f"#{answer.rule}" if answer.rule else ""
    return _Row((where, (opinion.binding.name, STRONG), (word, style), rule), note)


def _plain(part: Part) -> str:
    text = part[0] if isinstance(part, tuple) else part if isinstance(part, str) else part.plain
    return escape(text)
