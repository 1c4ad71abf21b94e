"""The wire format of simulations: a manifest that says what was run, rows that say what came of each step, and matrices."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final, Literal

from nslsm.hooks.catalogue import VERSION
from nslsm.simulation.outcomes import got
from nslsm.simulation.scenarios.matrix import Row, Stop
from nslsm.simulation.scenarios.run import Happened
from nslsm.simulation.scenarios.script import Run, Script
from nslsm.version import __version__
from nslsm.wire.base import Document, Model, canonical
from nslsm.wire.columns import BATCH, pyarrow
from nslsm.wire.record import verdict_name

if TYPE_CHECKING:
    import pyarrow as pa

METADATA: Final = "nslsm.simulation"
"""Where the manifest is in a Parquet file's metadata."""


class ManifestRecord(Document):
    """What was run: enough to run it again and get the same."""

    name: ClassVar[str] = "simulation"
    record: Literal["simulation"] = "simulation"
    version: Literal[1] = 1
    scenario: str
    """What its file is called."""
    title: str
    tags: tuple[str, ...]
    sha256: str
    """Of the scenario's text."""
    policy: str
    """The digest of the namespaces that the tasks live in, with their controls (Model M6.1), of the first row of values."""
    nslsm: str
    catalogue: str
    """The version of the catalogue of hooks."""
    kernel: str
    world: Literal["closed", "open", "recorded"]
    seeds: tuple[int, ...]
    parameters: tuple[str, ...]
    runs: int


class StepRecord(Model):
    """What came of one step."""

    run: int
    """From 1."""
    seed: int
    parameters: dict[str, str]
    number: int
    """From 1, in its run."""
    step: str
    """As the scenario has it, filled in."""
    line: int
    """Where the scenario has it."""
    verdict: Literal["grant", "deny", "indeterminate"] | None = None
    """None where nothing was decided: an expectation, or a step that could not be done."""
    errno: str | None = None
    rule: str | None = None
    """Who denied; ``kernel`` for the kernel itself."""
    blamed: str | None = None
    """In which namespace."""
    outcome: str | None = None
    """The same in the language's words."""
    hooks: tuple[str, ...] = ()
    impossible: str | None = None
    """Why the step could not be done."""
    expected: bool
    """Whether it says what is to come of it."""
    failures: tuple[str, ...] = ()
    """What of that did not hold."""


class StopRecord(Model):
    """What stopped a run."""

    boundary: str
    """A namespace's path, or ``the kernel``."""
    rule: str
    reason: str
    step: str
    certain: bool


class StoppedRecord(Model):
    """A run, and who stops it."""

    title: str
    tags: tuple[str, ...]
    scenario: str
    parameters: dict[str, str]
    seed: int
    first: StopRecord | None = None
    second: StopRecord | None = None
    """Who would have, had the first looked away; never there where the kernel itself was first."""


class MatrixRecord(Document):
    """Which boundary stops which scenario first, by which rule, and which would have been second."""

    name: ClassVar[str] = "matrix"
    record: Literal["matrix"] = "matrix"
    version: Literal[1] = 1
    rows: tuple[StoppedRecord, ...]


def to_manifest(script: Script) -> ManifestRecord:
    """What is run when this script is."""
    scenario = script.scenario
    return ManifestRecord(
        scenario=_text(scenario.source),
        title=_text(scenario.title),
        tags=tuple(map(_text, scenario.tags)),
        sha256=script.text_digest,
        policy=script.policy_digest,
        nslsm=__version__,
        catalogue=VERSION,
        kernel=scenario.profile,
        world=scenario.world.value,
        seeds=scenario.seeds,
        parameters=tuple(scenario.rows[0]),
        runs=sum(1 for _ in script.runs),
    )


def to_step(happened: Happened) -> StepRecord:
    """What came of a step."""
    decision = happened.decision
    blame = None if decision is None else decision.blame
    opinion = None if blame is None else blame.opinion
    kernel = blame is not None and opinion is None
    return StepRecord(
        run=happened.run.number,
        seed=happened.run.seed,
        parameters=_parameters(happened.run),
        number=happened.number,
        step=_text(happened.text),
        line=happened.step.span.line,
        verdict=None if decision is None else verdict_name(decision),
        errno=None if decision is None or decision.errno is None else decision.errno.name,
        rule="kernel" if kernel else None if opinion is None else opinion.rule,
        blamed=None if opinion is None else opinion.namespace.path,
        outcome=None if decision is None else _text(got(decision)),
        hooks=() if decision is None else tuple(each.request.hook.name for each in decision.judgements),
        impossible=_text(happened.impossible) if happened.impossible else None,
        expected=happened.expected,
        failures=tuple(_text(reason) for failure in happened.failures for reason in failure.reasons),
    )


def to_matrix(rows: Iterable[Row]) -> MatrixRecord:
    """Who stops what."""
    return MatrixRecord(rows=tuple(map(_stopped, rows)))


def _stopped(row: Row) -> StoppedRecord:
    scenario = row.script.scenario
    return StoppedRecord(
        title=_text(scenario.title),
        tags=tuple(map(_text, scenario.tags)),
        scenario=_text(scenario.source),
        parameters=_parameters(row.run),
        seed=row.run.seed,
        first=None if row.first is None else _stop(row.first),
        second=None if row.second is None else _stop(row.second),
    )


def _stop(stop: Stop) -> StopRecord:
    return StopRecord(
        boundary=stop.boundary,
        rule=stop.rule,
        reason=_text(stop.reason),
        step=_text(stop.happened.text),
        certain=stop.certain,
    )


def _text(text: str) -> str:
    """A text as JSON and Arrow can have it: what is no Unicode is spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _parameters(run: Run) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in run.values.items()}


# In columns


def schema(manifest: ManifestRecord) -> "pa.Schema":
    """The columns of the rows, as Arrow has them, with the manifest beside them; needs the extra ``nslsm[arrow]``."""
    arrow = pyarrow()
    name = arrow.dictionary(arrow.int32(), arrow.string())
    fields = [
        ("run", arrow.int32()),
        ("seed", arrow.int64()),
        ("parameters", arrow.map_(arrow.string(), arrow.string())),
        ("number", arrow.int64()),
        ("step", name),
        ("line", arrow.int32()),
        ("verdict", name),
        ("errno", name),
        ("rule", name),
        ("blamed", name),
        ("outcome", name),
        ("hooks", arrow.list_(arrow.string())),
        ("impossible", name),
        ("expected", arrow.bool_()),
        ("failures", arrow.list_(arrow.string())),
    ]
    return arrow.schema(fields, metadata={METADATA: canonical(manifest)})


def write_parquet(steps: Iterable[StepRecord], manifest: ManifestRecord, stream: BinaryIO) -> None:
    """Write rows as Parquet, a batch at a time."""
    arrow = pyarrow()
    from pyarrow import parquet  # noqa: PLC0415 - an extra

    columns = schema(manifest)
    with parquet.ParquetWriter(stream, columns) as writer:
        for batch in _batches(steps):
            writer.write_table(arrow.Table.from_pylist(batch, schema=columns))


def _batches(steps: Iterable[StepRecord]) -> Iterator[list[dict[str, object]]]:
    rows = ({**each.model_dump(), "parameters": list(each.parameters.items())} for each in steps)
    while batch := list(islice(rows, BATCH)):
        yield batch
