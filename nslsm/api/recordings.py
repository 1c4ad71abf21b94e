"""Recordings, judged by a policy."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from nslsm.api.binding import PolicyItem
from nslsm.api.calls import Told, holds_calls, open_told
from nslsm.api.policies import PolicyTree
from nslsm.audit.summary import Ledger, Summary
from nslsm.columns.schema import SUFFIXES
from nslsm.diagnostics import Diagnostic
from nslsm.engine.evaluate import Walk
from nslsm.importers.traces import Progress
from nslsm.importers.traces.absent import with_absent
from nslsm.importers.traces.decode import decoded
from nslsm.kernel.placement import LEVELS, placing
from nslsm.kernel.recording import Recording
from nslsm.simulation.replay import Bench, Difference, Item, Replayed, differences
from nslsm.simulation.replay import replay as judge_all

if TYPE_CHECKING:
    import pyarrow as pa


class Wanted(Enum):
    """Which calls are wanted one by one, beside the counts."""

    NONE = "none"
    NOTABLE = "notable"
    """Those that records are about: not granted, or somebody had something to say."""
    ALL = "all"


@dataclass
class Replay(ABC):
    """A recording under a policy: its decisions, lazily and once, and how much of the trace has been read so far."""

    tree: PolicyTree
    bench: Bench

    @abstractmethod
    def __iter__(self) -> Iterator[Replayed]:
        """Each system call judged, each finding, in the order of the trace."""

    @property
    @abstractmethod
    def lines(self) -> int:
        """The lines of the trace that have been read."""

    @property
    @abstractmethod
    def understood(self) -> int:
        """Those of them that were parsed, applied to the state and mapped to hooks, or to a sourced "raises none".

        A call that was read but could not be decoded counts as one line that was not understood.
        """

    @abstractmethod
    def against(
        self, other: PolicyItem, *, start: str | None = None, place_by: str | None = None
    ) -> Iterator[Difference | Diagnostic]:
        """The calls that another policy judges differently; instead of iterating, and once as well."""

    def differing(
        self, other: PolicyItem, *, start: str | None = None, place_by: str | None = None
    ) -> "Iterator[tuple[Difference, int]]":
        """The same calls, those that are alike perhaps together: the first of them, and how many; without findings."""
        for each in self.against(other, start=start, place_by=place_by):
            if not isinstance(each, Diagnostic):
                yield each, 1

    def summary(self) -> Summary:
        """Everything counted: verdicts, rules, namespaces, findings; instead of iterating, and once as well.

        >>> from nslsm.api.policies import load_policy
        >>> from nslsm.resources import examples_root
        >>> build = examples_root() / "01-a-build-under-watch"
        >>> replay(build / "build.strace", load_policy(build / "build.nslsm").tree()).summary().denied
        8
        """
        return self.counted()

    def counted(
        self, wanted: Wanted = Wanted.NONE, hear: "Callable[[Replayed], None]" = lambda _replayed: None
    ) -> Summary:
        """The same, with somebody who hears of each finding, and at least of the calls that are ``wanted``, in their order."""
        del wanted
        ledger = Ledger(self.tree.digest, self.bench.walk.value)
        for item in self:
            if isinstance(item, Diagnostic):
                ledger.find(item)
            else:
                ledger.add(item.decision, item.occasion)
            hear(item)
        return ledger.summary(lines=self.lines, understood=self.understood)

    def to_arrow(self) -> "pa.Table":
        """All decisions as Arrow columns (:func:`nslsm.wire.columns.schema`); instead of iterating, and once as well.

        Raises :class:`nslsm.wire.columns.Missing`, an ImportError, where pyarrow is not installed (``nslsm[arrow]``).
        """
        from nslsm.wire.columns import pyarrow, table  # noqa: PLC0415 - pydantic and pyarrow: only who asks pays for them

        pyarrow()
        return table(self)


@dataclass
class TraceReplay(Replay):
    """A trace as a tool has written it, decoded and judged call by call."""

    trace: Told
    findings: int = 0
    """How many findings there were so far, of the reader and of what came after it."""

    def __iter__(self) -> Iterator[Replayed]:
        """Each system call judged, each finding, in the order of the trace."""
        with self.trace:
            for item in judge_all(self._items(), self.bench):
                self.findings += isinstance(item, Diagnostic)
                yield item

    @property
    def lines(self) -> int:
        """The lines of the trace that have been read."""
        return self.trace.tally.lines

    @property
    def understood(self) -> int:
        """Those of them that became calls, applied to the state."""
        tally = self.trace.tally
        return max(0, tally.understood - (self.findings - tally.findings))

    def against(
        self, other: PolicyItem, *, start: str | None = None, place_by: str | None = None
    ) -> Iterator[Difference | Diagnostic]:
        """The calls that another policy judges differently."""
        bench = _bench(tree_of(other), start, self.bench.recording.profile, self.bench.walk, place_by)
        with self.trace:
            yield from differences(self._items(), self.bench, bench)

    def _items(self) -> Iterator[Item]:
        source = self.trace.source
        return with_absent(decoded(self.trace, source), source, self.bench.recording.profile)


def replay(
    trace: str | PathLike[str],
    tree: PolicyItem,
    *,
    start: str | None = None,
    profile: str = "6.12",
    walk: Walk = Walk.FULL,
    place_by: str | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Judge a recording under the namespaces of ``tree``; its first task is in ``start``, by default the root.

    A file of columns, which :func:`nslsm.api.columns.convert` writes (``.arrow``, ``.parquet``), is a recording too; so is a
    table of calls, of :func:`nslsm.api.calls.convert_calls`.

    ``place_by`` is ``"namespace"``, ``"pod"`` or ``"container"``: tasks that the recording says to be in a pod start in the
    namespace below ``start`` that has the names of where they are, as deep as that goes.

    Raises :class:`nslsm.importers.traces.TraceError` for what is no trace, :class:`PolicyError` for an unknown ``start``,
    TypeError for what is no namespace of a policy, ValueError for another ``place_by``.
    :class:`nslsm.columns.schema.ColumnsError` for a file of columns that is damaged, or was made for another ``profile``.
    """
    namespaces = tree_of(tree)
    bench = _bench(namespaces, start, profile, walk, place_by)
    if fspath(trace).endswith(SUFFIXES) and not holds_calls(trace):
        from nslsm.api.columns import columns_replay  # noqa: PLC0415 - numpy and pyarrow: only who has columns pays for them

        return columns_replay(Path(trace), namespaces, bench, place_by)
    return TraceReplay(namespaces, bench, open_told(trace, progress=progress))


def tree_of(found: PolicyItem) -> PolicyTree:
    """TypeError for what is no namespace of a policy."""
    if not isinstance(found, PolicyTree):
        raise TypeError(f'{found!r:.80} declares no namespaces: say policy["host"]')
    return found


def _bench(tree: PolicyTree, start: str | None, profile: str, walk: Walk, place_by: str | None) -> Bench:
    return Bench(beginning(tree, start, profile, place_by), tree.digest, walk)


def beginning(tree: PolicyTree, start: str | None, profile: str, place_by: str | None) -> Recording:
    """A recording's state before its first call, as :func:`replay` begins; PolicyError and ValueError as there."""
    if place_by is not None and place_by not in LEVELS:
        raise ValueError(f"tasks are placed by {', '.join(LEVELS)}, not by {place_by!r:.40}")
    home = tree.find(start).id if start is not None else tree.namespaces.root
    recording = Recording.of(tree.namespaces, home=home, profile=profile)
    recording.placing = None if place_by is None else placing(place_by, home)
    return recording
