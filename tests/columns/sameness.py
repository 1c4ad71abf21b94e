"""A recording judged twice, from its text and from its columns: everything that is said, to be compared."""

from collections.abc import Iterator
from pathlib import Path

from nslsm.api.columns import convert
from nslsm.columns.read import Recorded
from nslsm.columns.replay import judged as judged_from_columns
from nslsm.columns.stage import Stage
from nslsm.diagnostics import Diagnostic
from nslsm.engine.evaluate import Walk
from nslsm.importers.traces import open_trace
from nslsm.importers.traces.absent import with_absent
from nslsm.importers.traces.decode import decoded
from nslsm.kernel.recording import Recording
from nslsm.protocol.namespace import NamespaceTree
from nslsm.simulation.replay import Bench, Judged, replay

PROFILE = "6.12"


def everything(judged: Judged) -> tuple[object, ...]:
    """All that a decision says: who, what, why, on whose account, and what it changed."""
    decision = judged.decision
    return (
        judged.occasion,
        (decision.verdict, decision.errno, str(decision.blame), decision.unknown),
        (decision.result, decision.recorded_errno),
        tuple((seen.namespace.path, seen.binding.name, seen.request, seen.observation) for seen in decision.observed),
        tuple(
            (change.namespace.path, change.binding.name, change.attribute, change.thing, change.value, change.rule)
            for change in decision.changes
        ),
        tuple((move.source.path, move.target and move.target.path, *move[2:]) for move in decision.moves),
        tuple((fault.namespace.path, fault.binding.name, fault.answer) for fault in decision.faults),
        tuple(
            (
                (each.request, each.verdict, each.errno, each.unknown),
                tuple((opinion.namespace.path, opinion.binding.name, opinion.answer) for opinion in each.opinions),
            )
            for each in decision.judgements
        ),
    )


def from_text(trace: Path, tree: NamespaceTree, home: int, walk: Walk = Walk.FULL) -> Iterator[Judged]:
    """The reference: the trace run through the kernel of recordings, each call judged on the way."""
    bench = Bench(Recording.of(tree, home=home, profile=PROFILE), "", walk)
    with open_trace(trace) as opened:
        items = with_absent(decoded(opened, opened.source), opened.source, PROFILE)
        yield from (each for each in replay(items, bench) if not isinstance(each, Diagnostic))


def from_columns(columns: Path, tree: NamespaceTree, home: int, walk: Walk = Walk.FULL) -> Iterator[Judged]:
    """The same from columns, row by row."""
    return judged_from_columns(Recorded(columns), Stage(tree, "", home, walk))


def converted(trace: Path, suffix: str = ".arrow") -> Path:
    """The trace's columns, beside it."""
    columns = trace.with_suffix(suffix)
    convert(trace, columns, profile=PROFILE)
    return columns
