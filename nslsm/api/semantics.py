"""A recording under the composition rules of real systems, side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

from nslsm.api.policies import PolicyTree
from nslsm.api.recordings import beginning
from nslsm.diagnostics import Diagnostic
from nslsm.engine.compositions import COMPOSITIONS, CONJUNCTION, Composition
from nslsm.importers.traces import Progress, Trace, open_trace
from nslsm.importers.traces.decode import decoded
from nslsm.simulation.replay import Bench
from nslsm.simulation.semantics import Compared, Semantics, compared


@dataclass
class Comparison:
    """A recording under several compositions: its calls, lazily and once. ``semantics`` counts what went by."""

    trace: Trace
    benches: tuple[Bench, ...]
    semantics: Semantics

    def __iter__(self) -> Iterator[Compared | Diagnostic]:
        """Each system call as all compositions judge it, each finding, in the order of the trace."""
        with self.trace:
            for item in compared(decoded(self.trace, self.trace.source), self.benches):
                if isinstance(item, Compared):
                    self.semantics.add(item)
                yield item


def compare_semantics(
    trace: str | PathLike[str],
    tree: PolicyTree,
    *,
    start: str | None = None,
    compositions: Sequence[Composition] = COMPOSITIONS,
    profile: str = "6.12",
    place_by: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Judge a recording under the namespaces of ``tree`` once for each composition, each with attributes of its own.

    The model's is always among them, and first: the others are held against it. ``start`` and ``place_by`` are as for
    :func:`~nslsm.api.recordings.replay`. Raises :class:`nslsm.importers.traces.TraceError` for what is no trace,
    :class:`PolicyError` for an unknown ``start``, ValueError for another ``place_by``.
    """
    chosen = (CONJUNCTION, *(each for each in compositions if each is not CONJUNCTION))
    benches = tuple(Bench(beginning(tree, start, profile, place_by), tree.digest, composition=each) for each in chosen)
    names = tuple(each.name for each in chosen)
    return Comparison(open_trace(trace, progress=progress), benches, Semantics(names, tree.digest))
