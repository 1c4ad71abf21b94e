"""Law L7 for columns: what an event comes to from its row is what it comes to from the trace, to the last opinion."""

from pathlib import Path
from random import Random

import pytest

from nslsm.api.policies import load_policy
from nslsm.columns.schema import ColumnsError
from nslsm.engine.decision import Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.model import Consequence
from nslsm.resources import examples_root
from tests.columns.recordings import recording
from tests.columns.sameness import converted, everything, from_columns, from_text
from tests.laws.occurrences import tree_of
from tests.laws.rich_programs import HOOKS

pytest.importorskip("pyarrow")

RAISED = (*HOOKS, "system_call", "task_alloc", "file_permission", "inode_permission", "inode_getattr")
EXAMPLES = {
    "01-a-build-under-watch/build.strace": "01-a-build-under-watch/build.nslsm",
    "02-the-hospital/visit.strace": "healthcare",
    "08-a-web-server/shop.strace": "08-a-web-server/shop.nslsm",
}


def compared(folder: Path, seed: int) -> tuple[list[Verdict], bool]:
    """The verdicts of a random recording under random namespaces, once they are known to be the same; and whether it got to
    the end, or to an answer after which its columns do not know how Linux went on."""
    chance = Random(seed)
    trace = folder / "t.strace"
    trace.write_text(recording(seed))
    tree = tree_of(chance, tuple(chance.sample(RAISED, 5)))
    home, walk = chance.choice(sorted(tree.members)), chance.choice(tuple(Walk))
    columns = converted(trace)

    expected = list(from_text(trace, tree, home, walk))
    found, error = [], None
    try:
        for each in from_columns(columns, tree, home, walk):
            found.append(each)  # noqa: PERF402 - what came before an error counts
    except ColumnsError as raised:
        error = raised

    for one, two in zip(found, expected, strict=error is None):
        assert everything(one) == everything(two)
    if error is not None:
        assert error.diagnostics[0].code.name == "columns-not-held"
        denied = expected[len(found)].decision.judgements
        assert any(
            each.verdict is not Verdict.GRANT for each in denied if each.request.consequence is not Consequence.FATAL
        )
    return [each.decision.verdict for each in expected[: len(found)]], error is None


def test_random_recordings_under_random_policies_come_to_the_same(tmp_path: Path) -> None:
    results = [compared(tmp_path, seed) for seed in range(40)]

    verdicts = [verdict for some, _ in results for verdict in some]
    assert all(verdicts.count(verdict) > 0.03 * len(verdicts) for verdict in Verdict)
    assert sum(ended for _, ended in results) > 0.8 * len(results)


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1_000, 3_000))
def test_more_of_them_do(seed: int, tmp_path: Path) -> None:
    assert compared(tmp_path, seed)


@pytest.mark.parametrize("trace", EXAMPLES)
@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
def test_recordings_of_examples_come_to_the_same(
    trace: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nslsm.columns.write.BATCH", 150)
    monkeypatch.setattr("nslsm.columns.write.GROUP", 170)
    policy = EXAMPLES[trace]
    tree = load_policy(policy if "/" not in policy else examples_root() / policy).tree().namespaces
    copy = tmp_path / "t.strace"
    copy.write_bytes((examples_root() / trace).read_bytes())
    columns = converted(copy, suffix)

    found = [everything(each) for each in from_columns(columns, tree, tree.root)]

    assert found == [everything(each) for each in from_text(copy, tree, tree.root)]


def test_a_way_that_the_file_does_not_hold_is_an_error_and_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "t.strace"
    trace.write_text('100 1.0 execve("/bin/sh", ["sh"], 0x7ffe /* 4 vars */) = 0\n100 1.1 chroot("/srv") = 0\n')
    (tmp_path / "p.nslsm").write_text("control c { deny capable }\nnamespace host { bind c }\n")
    tree = load_policy(tmp_path / "p.nslsm").tree().namespaces
    assert all(list(from_columns(converted(trace), tree, tree.root)))
    monkeypatch.setattr("nslsm.columns.unfold.WAYS", 1)

    with pytest.raises(ColumnsError, match="columns-not-held"):
        list(from_columns(converted(trace), tree, tree.root))
