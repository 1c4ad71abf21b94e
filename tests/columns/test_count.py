"""Law L7 for counting: a recording counted by kinds of rows is the recording counted row by row, to the last example."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from nslsm.api.policies import load_policy
from nslsm.audit.summary import Ledger, Summary
from nslsm.columns import count, memory, ordered, read
from nslsm.columns.count import Unsettled, by_rows, counted, is_settled
from nslsm.columns.outcomes import Outcomes
from nslsm.columns.partial import Partial, merged
from nslsm.columns.reach import reach_of
from nslsm.columns.read import Recorded
from nslsm.columns.replay import judged
from nslsm.columns.schema import ColumnsError, pyarrow, schema
from nslsm.columns.stage import Stage
from nslsm.engine.evaluate import Walk
from nslsm.engine.path_classes import PathClasses
from nslsm.kernel.placement import placing
from nslsm.protocol.namespace import NamespaceTree
from nslsm.resources import examples_root
from tests.columns.recordings import recording
from tests.columns.repeated import repeated
from tests.columns.sameness import converted
from tests.columns.test_replay import EXAMPLES, RAISED
from tests.columns.thinned import thinned
from tests.laws.occurrences import tree_of

pytest.importorskip("pyarrow")

STATELESS = """
import std.operations (read, write)
control c {{
    deny read when object.path matches "/srv/**" and subject.exe != "/srv/a"
    deny socket_connect when subject.uid == 1000 because "users stay"
    audit write when object.path under "/srv/d"
}}
control d {{
    confine changes: write where object.path under "/" {{ allow write when object.path under "/srv/e" }}
}}
namespace host {{ bind c  bind d {mode} namespace inner {{ bind c }} }}
"""
TAINTED = """
import std.operations (read, write)
control c {{
    attr task.tainted: bool = false
    on read when object.path matches "/srv/**" set subject.tainted = true
    deny write when subject.tainted because "it has read"
}}
namespace host {{ bind c {mode} }}
"""
COUNTING = """
import std.operations (read, write)
control c {{
    attr task.seen: int = 0
    attr file.marked: bool = false
    on read set subject.seen = subject.seen + 1
    on denied read set object.marked = true
    on write set object.marked = true
    deny read when subject.seen > 3 or object.marked because "enough"
}}
namespace host {{ bind c {mode} }}
"""
MOVING = """
import std.operations (read, write, exec)
control c {{ deny read when object.path matches "/srv/**" }}
namespace host {{
    namespace inner {{ enter on exec when object.path matches "/srv/**"  bind c {mode} }}
}}
"""
LABELLED = """
control c {{
    attr socket.used: bool = false
    attr task.signalled: int = 0
    on socket_connect set object.used = true
    deny socket_connect when object.used because "once is enough"
    on task_kill when object.signalled < 2 set object.signalled = object.signalled + 1
    deny task_kill when object.signalled > 1
}}
namespace host {{ bind c {mode} }}
"""
POLICIES = {"labelled": LABELLED, "stateless": STATELESS, "tainted": TAINTED, "counting": COUNTING, "moving": MOVING}


def summed(run: Callable[[], Partial]) -> Summary | str:
    """A summary, or the error that there is none for."""
    try:
        return merged([run()], policy="", walk="")
    except ColumnsError as error:
        return str(error)


def row_by_row(columns: Path, stage: Stage) -> Summary | str:
    """The reference."""
    ledger = Ledger("", "")
    try:
        for each in judged(Recorded(columns), stage):
            ledger.add(each.decision, each.occasion)
    except ColumnsError as error:
        return str(error)
    return ledger.summary()


def compared(folder: Path, seed: int, calls: int = 40, *, thin: bool = False) -> Summary | str:
    """A random recording under random namespaces, once both summaries are known to be the same.

    ``thin``: without what keeps kinds of rows apart, and every other time without effects.
    """
    chance = Random(seed)
    trace = folder / "t.strace"
    trace.write_text(recording(seed, calls))
    tree = tree_of(chance, tuple(chance.sample(RAISED, 5)))
    tree = thinned(tree, lasting=bool(seed % 2)) if thin else tree
    home, walk = chance.choice(sorted(tree.members)), chance.choice(tuple(Walk))
    columns = converted(trace)
    if chance.random() < 0.4:
        columns = repeated(columns, folder / "again.arrow", 3)

    expected = row_by_row(columns, Stage(tree, "", home, walk))
    assert summed(lambda: counted(Recorded(columns), lambda: Stage(tree, "", home, walk))) == expected
    assert summed(lambda: by_rows(Recorded(columns), lambda: Stage(tree, "", home, walk))) == expected
    return expected


def test_random_recordings_under_random_policies_are_counted_alike(tmp_path: Path) -> None:
    found = [compared(tmp_path, seed) for seed in range(30)]

    summaries = [each for each in found if isinstance(each, Summary)]
    assert len(summaries) > 0.8 * len(found)
    for counts in ("denied", "indeterminate", "would_deny", "observed", "moves", "faults"):
        assert sum(getattr(each, counts) > 0 for each in summaries) > 2, counts


def test_so_are_those_under_policies_that_tell_little_apart(tmp_path: Path) -> None:
    found = [compared(tmp_path, seed, thin=True) for seed in range(100, 124)]

    assert sum(isinstance(each, Summary) and each.denied > 0 for each in found) > 10


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(5_000, 6_500))
def test_more_of_them_are(seed: int, tmp_path: Path) -> None:
    assert compared(tmp_path, seed, calls=40 + seed % 3 * 120, thin=bool(seed % 5 < 2))


def tree_from(folder: Path, text: str, *, complain: bool = False) -> NamespaceTree:
    (folder / "p.nslsm").write_text("module p\n" + text.format(mode="in complain" if complain else ""))
    return load_policy(folder / "p.nslsm").tree().namespaces


@pytest.mark.parametrize("complain", [False, True])
@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
def test_repeated_recordings_are_counted_alike(
    name: str, suffix: str, complain: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "PIECE", 97)
    tree = tree_from(tmp_path, POLICIES[name], complain=complain)
    for seed in range(4):
        trace = tmp_path / "t.strace"
        trace.write_text(recording(seed, 60))
        columns = repeated(converted(trace), tmp_path / f"again{suffix}", 5, batch=140)

        expected = row_by_row(columns, Stage(tree, "", tree.root))

        assert summed(lambda: counted(Recorded(columns), lambda: Stage(tree, "", tree.root))) == expected  # noqa: B023
        assert isinstance(expected, Summary)
        assert expected.would_deny if complain else expected.denied


@pytest.mark.parametrize("trace", EXAMPLES)
def test_recordings_of_examples_are_counted_alike(trace: str, tmp_path: Path) -> None:
    policy = EXAMPLES[trace]
    tree = load_policy(policy if "/" not in policy else examples_root() / policy).tree().namespaces
    copy = tmp_path / "t.strace"
    copy.write_bytes((examples_root() / trace).read_bytes())
    columns = converted(copy)

    for home in sorted(tree.members)[:4]:
        found = summed(lambda: counted(Recorded(columns), lambda: Stage(tree, "", home)))  # noqa: B023
        assert found == row_by_row(columns, Stage(tree, "", home))


@pytest.mark.parametrize("name", POLICIES)
def test_kinds_that_are_forgotten_are_found_again(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, limit, most in ((count, "KEPT", 20), (memory, "KEPT", 5), (count, "_TABLE", 0), (read, "PIECE", 31)):
        monkeypatch.setattr(module, limit, most)
    monkeypatch.setattr(count, "_TABLE_IN_ORDER", 0)
    tree = tree_from(tmp_path, POLICIES[name])
    trace = tmp_path / "t.strace"
    trace.write_text(recording(7, 200))
    columns = repeated(converted(trace), tmp_path / "again.arrow", 3)

    found = summed(lambda: counted(Recorded(columns), lambda: Stage(tree, "", tree.root)))

    assert found == row_by_row(columns, Stage(tree, "", tree.root))


def test_what_has_too_many_kinds_of_rows_is_judged_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "_MOST", 5)
    tree = tree_from(tmp_path, TAINTED)
    trace = tmp_path / "t.strace"
    trace.write_text(recording(7, 100))
    columns = converted(trace)
    with pytest.raises(count.Overfull):
        count.Count(Recorded(columns), Stage(tree, "", tree.root), reach_of(tree), settled=False).counted()

    found = summed(lambda: counted(Recorded(columns), lambda: Stage(tree, "", tree.root)))

    assert found == row_by_row(columns, Stage(tree, "", tree.root))


def test_parts_of_a_settled_recording_come_to_the_whole_in_any_order(tmp_path: Path) -> None:
    tree = tree_from(tmp_path, STATELESS)
    trace = tmp_path / "t.strace"
    trace.write_text(recording(3, 100))
    columns = repeated(converted(trace), tmp_path / "again.arrow", 6, batch=150)
    batches = Recorded(columns).batch_count
    assert batches > 3

    parts = [
        counted(Recorded(columns), lambda: Stage(tree, "", tree.root), number, number + 1)
        for number in reversed(range(batches))
    ]

    assert is_settled(Stage(tree, "", tree.root))
    assert merged(parts, policy="", walk="") == row_by_row(columns, Stage(tree, "", tree.root))
    with pytest.raises(ValueError, match="a part begins with row"):
        merged(parts[:-1], policy="", walk="")


@pytest.mark.parametrize("name", ["tainted", "counting", "moving"])
def test_what_hangs_on_the_rows_before_has_no_parts(name: str, tmp_path: Path) -> None:
    tree = tree_from(tmp_path, POLICIES[name])
    trace = tmp_path / "t.strace"
    trace.write_text(recording(3))
    columns = converted(trace)

    assert not is_settled(Stage(tree, "", tree.root))
    with pytest.raises(Unsettled):
        counted(Recorded(columns), lambda: Stage(tree, "", tree.root), 0, 1)


def test_tasks_that_are_placed_by_their_pods_are_counted_there(tmp_path: Path) -> None:
    tree = tree_from(tmp_path, STATELESS)
    trace = tmp_path / "t.strace"
    trace.write_text(recording(3, 100))
    columns = converted(trace)

    def stage() -> Stage:
        return Stage(tree, "", tree.root, placing=placing("pod", tree.root))

    assert not is_settled(stage())
    assert summed(lambda: counted(Recorded(columns), stage)) == row_by_row(columns, stage())


@pytest.mark.parametrize("name", POLICIES)
def test_rows_of_note_are_told_of_in_full_and_in_order(name: str, tmp_path: Path) -> None:
    tree = tree_from(tmp_path, POLICIES[name])
    trace = tmp_path / "t.strace"
    trace.write_text(recording(5, 100))
    columns = converted(trace)
    told: list[Any] = []

    counted(Recorded(columns), lambda: Stage(tree, "", tree.root), notable=told.append)

    expected = [
        each
        for each in judged(Recorded(columns), Stage(tree, "", tree.root))
        if not each.decision.granted
        or each.decision.observed
        or any(one.would_deny for one in each.decision.judgements)
    ]
    assert [(each.occasion, str(each.decision.blame), each.occurrence) for each in told] == [
        (each.occasion, str(each.decision.blame), each.occurrence) for each in expected
    ]
    assert Counter(each.decision.verdict for each in told)


ADDRESS = '{sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("10.1.2.3")}'
SOCKETS = "".join(
    f"100 {number}.0 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = {number}\n"
    f"100 {number}.1 connect({number}, {ADDRESS}, 16) = 0\n"
    f"100 {number}.2 connect({number}, {ADDRESS}, 16) = 0\n"
    for number in range(3, 8)
)
"""One task, several sockets, the same said of each."""
OPENED = "".join(
    f'100 9.{number} openat(AT_FDCWD, "{path}", {mode}, 0644) = 9<{path}>\n100 9.{number} close(9) = 0\n'
    for number, (path, mode) in enumerate(
        (
            *(("/srv/e/f", "O_WRONLY"), ("/opt/z", "O_WRONLY"), ("/srv/e/g", "O_WRONLY"), ("/opt/y", "O_WRONLY")),
            *(("/srv/a", "O_WRONLY"), ("/srv/a", "O_RDONLY"), ("/srv/a", "O_WRONLY"), ("/srv/a", "O_RDONLY")),
        )
    )
)
"""One task that writes, reads, and writes again."""


MUTANTS: dict[str, tuple[object, str, Any]] = {
    "who acts is not told apart": (count.Count, "_of_subject", lambda _count, _number: 0),
    "which things, neither": (count.Count, "_of_things", lambda _count, _number: 0),
    "paths are all of one class": (PathClasses, "of", lambda _classes, _path: 0),
    "what was denied is not looked at": (Outcomes, "is_named", lambda _outcomes, _number: False),
    "nothing is opened again": (ordered.Ordered, "opened", lambda self: self.memory.touched.clear() or set()),
    "what is found on the way does not count": (memory.Memory, "_found", lambda _memory, _thing: 0),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_these_tests_find(mutant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*MUTANTS[mutant])
    differing = 0
    for name, policy in POLICIES.items():
        tree = tree_from(tmp_path, policy)
        trace = tmp_path / f"{name}.strace"
        trace.write_text(SOCKETS + OPENED + recording(3, 100))
        columns = converted(trace)
        found = summed(lambda: counted(Recorded(columns), lambda: Stage(tree, "", tree.root)))  # noqa: B023
        differing += found != row_by_row(columns, Stage(tree, "", tree.root))

    assert differing


def test_tasks_beside_the_one_that_was_started_are_counted_in_order(tmp_path: Path) -> None:
    tree = tree_from(tmp_path, STATELESS)
    inner = next(number for number in tree.members if number != tree.root)
    trace = tmp_path / "t.strace"
    trace.write_text(OPENED)
    arrow = pyarrow()
    file = arrow.ipc.open_file(str(converted(trace)))
    metadata = file.get_batch_with_custom_metadata(file.num_record_batches - 1).custom_metadata
    (batch,) = file.read_all().unify_dictionaries().combine_chunks().to_batches()
    said = arrow.array(['[[],[[7,["pod"],0]]]', *[None] * (batch.num_rows - 1)]).dictionary_encode()
    batch = batch.set_column(batch.schema.get_field_index("meanwhile"), "meanwhile", said).cast(schema())
    with arrow.ipc.new_file(str(tmp_path / "beside.arrow"), schema()) as writer:
        writer.write_batch(batch, custom_metadata=metadata)

    def stage() -> Stage:
        return Stage(tree, "", inner)

    recorded = Recorded(tmp_path / "beside.arrow")
    with pytest.raises(Unsettled):
        count.Count(recorded, stage(), reach_of(tree), settled=True).counted()
    assert summed(lambda: counted(recorded, stage)) == row_by_row(recorded.path, stage())
