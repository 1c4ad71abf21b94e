"""Decisions as Arrow columns, one row for each event, for those who count, group and join; needs the extra ``nslsm[arrow]``.

pyarrow is imported by who asks for columns, and by nobody else.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from nslsm.diagnostics import Diagnostic
from nslsm.hooks.types import Unknown
from nslsm.simulation.replay import Judged, Replayed

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA: Final = "1"
"""The version of the columns, in the table's metadata as ``nslsm.decisions``; a column that is added does not change it."""

BATCH: Final = 16_384
"""Rows to a batch: so much is held in Python's own values at a time."""

MISSING: Final = "columns need pyarrow: install `nslsm[arrow]`"


class Missing(ImportError):
    """pyarrow is not installed."""


def pyarrow() -> "pa":
    """The library; :class:`Missing` where it is not installed."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - 50 MB: only who asks for columns pays for it
    except ImportError as error:
        raise Missing(MISSING) from error
    return pa


def schema() -> "pa.Schema":
    """The columns. Names are dictionary-encoded; what is not known, and what there is not, is null.

    ``sequence`` counts events from 1; ``line`` is the trace's; ``time`` is in seconds, as the trace has it; ``pid`` and
    ``comm`` are the task's, ``namespace`` where it was; ``call`` the system call. ``verdict`` is ``grant``, ``deny`` or
    ``indeterminate`` (Model M2.4), ``errno`` its name, ``rule`` and ``blamed`` say whose denial decided, in which namespace,
    ``kernel`` for the kernel's own. ``hooks`` were asked, in order; ``unknown`` are the facts that an indeterminate verdict
    hangs on; ``changes`` and ``moves`` count attributes that were set and namespaces that were entered.
    """
    arrow = pyarrow()
    name = arrow.dictionary(arrow.int32(), arrow.string())
    fields = [
        ("sequence", arrow.int64()),
        ("line", arrow.int64()),
        ("time", arrow.float64()),
        ("pid", arrow.int64()),
        ("comm", name),
        ("namespace", name),
        ("call", name),
        ("verdict", name),
        ("errno", name),
        ("rule", name),
        ("blamed", name),
        ("hooks", arrow.list_(arrow.string())),
        ("unknown", arrow.list_(arrow.string())),
        ("changes", arrow.int32()),
        ("moves", arrow.int32()),
    ]
    return arrow.schema(fields, metadata={"nslsm.decisions": SCHEMA})


def table(replayed: Iterable[Replayed]) -> "pa.Table":
    """All events of a replay; its findings are left out."""
    arrow = pyarrow()
    columns = schema()
    batches = [
        arrow.Table.from_pylist(rows, schema=columns)
        for rows in _batches(_row(item) for item in replayed if not isinstance(item, Diagnostic))
    ]
    return arrow.concat_tables(batches).unify_dictionaries() if batches else columns.empty_table()


def _batches(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _row(judged: Judged) -> dict[str, object]:
    decision, occasion = judged.decision, judged.occasion
    comm = occasion.task.comm
    blame = decision.blame
    opinion = None if blame is None else blame.opinion
    return {
        "sequence": occasion.sequence,
        "line": occasion.line,
        "time": occasion.time,
        "pid": occasion.task.pid,
        "comm": None if isinstance(comm, Unknown) else comm.encode("utf-8", "backslashreplace").decode(),
        "namespace": occasion.namespace,
        "call": occasion.call,
        "verdict": str(decision.verdict),
        "errno": None if decision.errno is None else decision.errno.name,
        "rule": "kernel" if blame is not None and opinion is None else None if opinion is None else opinion.rule,
        "blamed": None if opinion is None else opinion.namespace.path,
        "hooks": [judgement.request.hook.name for judgement in decision.judgements],
        "unknown": list(decision.unknown),
        "changes": len(decision.changes),
        "moves": len(decision.moves),
    }
