"""What judging a part of a recording in columns adds to the summary of the whole, as a value that can be sent anywhere.

A part is a range of the file's batches: ``Recorded(path).batches(first, last)`` are those from ``first`` up to, not including,
``last``, of ``Recorded.batch_count`` (Arrow's record batches, Parquet's row groups). ``Recorded.rows_before(first)`` is how
many rows stand before them. :func:`nslsm.columns.count.counted` judges a range and makes a :class:`Partial` of it.

Ranges can be judged apart, in any order and anywhere, where what happens in one says nothing about another: where
:func:`nslsm.columns.count.is_settled` says so. Otherwise the whole file is the only part there is.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nslsm.audit.summary import Ledger, Share, Summary
from nslsm.diagnostics import Diagnostic


class Partial(NamedTuple):
    """A part of a recording, judged and counted. Plain values: it can be pickled."""

    first: int
    """The sequence of its first row, from 1: what parts are put in order by."""
    rows: int
    shares: tuple[tuple[Share, int], ...]
    """What its rows come to, and how many of them, in the order in which each first came up."""


def merged(
    partials: Iterable[Partial],
    *,
    policy: str,
    walk: str,
    findings: Iterable[Diagnostic] = (),
    lines: int | None = None,
    understood: int | None = None,
) -> Summary:
    """The summary of the parts together, as one pass over all their rows would have it; they may come in any order.

    ValueError where a part is missing, or is there twice.
    """
    ledger = Ledger(policy, walk)
    for finding in findings:
        ledger.find(finding)
    for share, times in in_order(partials):
        ledger.take(share, times)
    return ledger.summary(lines=lines, understood=understood)


def in_order(partials: Iterable[Partial]) -> Iterator[tuple[Share, int]]:
    """What the parts of a recording come to, the first first; ValueError where a part is missing, or is there twice."""
    reached = 1
    for part in sorted(partials, key=lambda each: each.first):
        if not part.rows:
            continue
        if part.first != reached:
            raise ValueError(f"a part begins with row {part.first}, and rows up to {reached - 1} are there")
        reached += part.rows
        yield from part.shares
