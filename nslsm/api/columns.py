"""Recordings in columns: written once from any trace, judged by any policy (``nslsm[arrow]``)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from nslsm.api.binding import PolicyItem
from nslsm.api.calls import open_told
from nslsm.api.recordings import Replay, Wanted, tree_of
from nslsm.api.recordings import beginning as begun
from nslsm.audit.summary import Summary
from nslsm.columns.compare import differences, differing
from nslsm.columns.count import counted
from nslsm.columns.findings import finding_of, told_of
from nslsm.columns.partial import merged
from nslsm.columns.read import Recorded
from nslsm.columns.replay import judged
from nslsm.columns.schema import SUFFIXES, UNREADABLE, ColumnsError
from nslsm.columns.stage import Stage
from nslsm.diagnostics import Diagnostic
from nslsm.importers.traces import Progress
from nslsm.importers.traces.absent import with_absent
from nslsm.importers.traces.decode import decoded
from nslsm.kernel.placement import placing
from nslsm.simulation.replay import Bench, Difference, Item, Replayed


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion came to."""

    path: Path
    events: int
    lines: int
    understood: int
    findings: tuple[Diagnostic, ...]


def convert(
    trace: str | PathLike[str],
    path: str | PathLike[str],
    *,
    profile: str = "6.12",
    progress: Progress | None = None,
) -> Converted:
    """Write a recording as columns to ``path``, which ends in ``.arrow`` or ``.parquet``.

    Raises :class:`nslsm.importers.traces.TraceError` for what is no trace, ValueError for another ending,
    :class:`nslsm.columns.schema.Missing`, an ImportError, where pyarrow is not installed, OSError where nothing can be written.
    """
    from nslsm.columns.encode import Encoder  # noqa: PLC0415 - the kernel of recordings: only who converts needs it
    from nslsm.columns.write import ColumnsFile  # noqa: PLC0415

    where = Path(path)
    if where.suffix not in SUFFIXES:
        raise ValueError(f"`{where}` ends in neither {' nor '.join(SUFFIXES)}")
    encoder = Encoder(profile)
    opened = open_told(trace, progress=progress)
    with opened, ColumnsFile(where) as file:
        items: Iterator[Item] = with_absent(decoded(opened, opened.source), opened.source, profile)
        file.add(encoder.rows(items))
        tally, findings = opened.tally, encoder.findings
        understood = max(0, tally.understood - (len(findings) - tally.findings))
        told = {
            "profile": profile,
            "source": opened.source,
            "events": file.rows,
            "lines": tally.lines,
            "understood": understood,
            "findings": [told_of(finding) for finding in findings],
        }
        file.finish(told)
    return Converted(where, file.rows, tally.lines, understood, tuple(findings))


def columns_replay(path: Path, tree: Any, bench: Bench, place_by: str | None) -> "ColumnsReplay":  # noqa: ANN401
    """A recording in columns under a policy, as :func:`nslsm.api.recordings.replay` has it."""
    recorded = Recorded(path)
    made_for = recorded.told.get("profile")
    if made_for != bench.recording.profile:
        message = f"`{path}` holds what the kernel {made_for} asks, not {bench.recording.profile}"
        raise ColumnsError([UNREADABLE.at(None, message, help=f"replay with `--profile {made_for}`, or convert again")])
    return ColumnsReplay(tree, bench, recorded, place_by)


@dataclass
class ColumnsReplay(Replay):
    """A recording in columns under a policy."""

    recorded: Recorded
    place_by: str | None = None

    def __iter__(self) -> Iterator[Replayed]:
        """The findings of the trace, and each system call judged, in its order."""
        yield from self.findings
        yield from judged(self.recorded, self.stage())

    def counted(
        self, wanted: Wanted = Wanted.NONE, hear: "Callable[[Replayed], None]" = lambda _replayed: None
    ) -> Summary:
        """Everything counted; rows that must come to the same are judged once, unless all are ``wanted``."""
        if wanted is Wanted.ALL:
            return super().counted(wanted, hear)
        for finding in self.findings:
            hear(finding)
        return merged(
            [counted(self.recorded, self.stage, notable=hear if wanted is Wanted.NOTABLE else None)],
            policy=self.tree.digest,
            walk=self.bench.walk.value,
            findings=self.findings,
            lines=self.lines,
            understood=self.understood,
        )

    @property
    def lines(self) -> int:
        """The lines of the trace that the columns were made of."""
        return int(self.recorded.told["lines"])

    @property
    def understood(self) -> int:
        """Those of them that became events."""
        return int(self.recorded.told["understood"])

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What was found about the trace when it was converted."""
        try:
            return tuple(finding_of(told) for told in self.recorded.told["findings"])
        except (KeyError, TypeError, ValueError) as error:
            message = f"`{self.recorded.path}` is no recording in columns: its findings are damaged"
            raise ColumnsError([UNREADABLE.at(None, message)]) from error

    def against(
        self, other: PolicyItem, *, start: str | None = None, place_by: str | None = None
    ) -> Iterator[Difference | Diagnostic]:
        """The calls that another policy judges differently."""
        second = self._second(other, start, place_by)
        yield from self.findings
        yield from differences(self.recorded, self.stage, second.stage)

    def differing(
        self, other: PolicyItem, *, start: str | None = None, place_by: str | None = None
    ) -> Iterator[tuple[Difference, int]]:
        """The same calls, those that are alike together where the policies allow that."""
        yield from differing(self.recorded, self.stage, self._second(other, start, place_by).stage)

    def _second(self, other: PolicyItem, start: str | None, place_by: str | None) -> "ColumnsReplay":
        tree = tree_of(other)
        recording = begun(tree, start, self.bench.recording.profile, place_by)
        return ColumnsReplay(tree, Bench(recording, tree.digest, self.bench.walk), self.recorded, place_by)

    def stage(self) -> Stage:
        """The policy before the first event."""
        recording = self.bench.recording
        put = None if self.place_by is None else placing(self.place_by, recording.home)
        return Stage(self.tree.namespaces, self.bench.policy, recording.home, self.bench.walk, put)
