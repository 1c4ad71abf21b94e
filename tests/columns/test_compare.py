"""Two policies on one recording in columns: the differences are those of the trace."""

from json import loads
from pathlib import Path

import pytest

from nslsm.api.policies import load_policy
from nslsm.api.recordings import replay
from nslsm.cli.main import main
from nslsm.diagnostics import Diagnostic
from nslsm.resources import examples_root
from nslsm.simulation.replay import Difference
from tests.columns.recordings import recording
from tests.columns.repeated import repeated
from tests.columns.sameness import converted
from tests.columns.test_count import POLICIES

pytest.importorskip("pyarrow")

OTHER = """
import std.operations (read, write)
control c {
    deny read when object.path matches "/srv/**" because "another reason"
    deny write when object.owner == 7
}
namespace host { bind c }
"""


def files(folder: Path, policy: str) -> tuple[Path, Path, Path]:
    """A trace, and two policies."""
    trace = folder / "t.strace"
    trace.write_text(recording(11, 120))
    (folder / "p.nslsm").write_text("module p\n" + policy.format(mode=""))
    (folder / "q.nslsm").write_text("module q\n" + OTHER)
    return trace, folder / "p.nslsm", folder / "q.nslsm"


def told(difference: Difference) -> tuple[object, ...]:
    """What a difference tells."""
    return tuple(
        (
            each.occasion.sequence,
            each.occasion.line,
            each.occasion.task,
            each.decision.verdict,
            str(each.decision.blame),
        )
        for each in (difference.one, difference.other)
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_each_difference_is_that_of_the_trace(policy: str, tmp_path: Path) -> None:
    trace, one, other = files(tmp_path, POLICIES[policy])
    first, second = load_policy(one).tree(), load_policy(other).tree()

    found = [told(each) for each in replay(converted(trace), first).against(second) if not isinstance(each, Diagnostic)]

    expected = [each for each in replay(trace, first).against(second) if not isinstance(each, Diagnostic)]
    assert found == [told(each) for each in expected]
    assert len(found) > 3


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("form", ["human", "json"])
def test_causes_are_told_alike(policy: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace, one, other = files(tmp_path, POLICIES[policy])
    columns = converted(trace)
    texts = []
    for each in (trace, columns):
        assert main(["replay", str(each), "--policy", str(one), "--against", str(other), "--format", form]) == 0
        texts.append(capsys.readouterr().out)

    assert texts[0] == texts[1]
    assert "q.c#" in texts[0]


def test_rows_that_differ_alike_are_told_of_together(tmp_path: Path) -> None:
    trace, one, other = files(tmp_path, POLICIES["stateless"])
    columns = repeated(converted(trace), tmp_path / "again.parquet", 4, batch=150)
    first, second = load_policy(one).tree(), load_policy(other).tree()

    together = list(replay(columns, first).differing(second))

    alone = [each for each in replay(columns, first).against(second) if isinstance(each, Difference)]
    assert sum(times for _, times in together) == len(alone)
    assert len(together) <= len(alone) / 4
    assert {told(each) for each, _ in together} <= {told(each) for each in alone}


@pytest.mark.parametrize(
    "arguments", [[], ["--audit", "denials"], ["--short"], ["--audit", "all"], ["--in", "host.build"]]
)
def test_the_verb_says_the_same_of_columns_and_of_the_trace(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = examples_root() / "01-a-build-under-watch"
    trace = tmp_path / "t.strace"
    trace.write_bytes((build / "build.strace").read_bytes())
    policy = ["--policy", str(build / "build.nslsm"), "--format", "json"]
    said = []
    for each in (trace, converted(trace)):
        records = tmp_path / "records"
        to = ["--audit-to", str(records)] if "--audit" in arguments else []
        assert main(["replay", str(each), *policy, *arguments, *to]) == 0
        summary = loads(capsys.readouterr().out)
        del summary["pace"]
        said.append((summary, records.read_text() if to else ""))

    assert said[0] == said[1]
