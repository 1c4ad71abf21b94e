"""Recordings of hooks, read and judged."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.api.policies import load_policy
from nslsm.api.recordings import Replay, replay
from nslsm.diagnostics import Diagnostic
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import UNKNOWN
from nslsm.importers.traces import Format, TraceError, open_trace, sniff
from nslsm.importers.traces.decode import decoded
from nslsm.importers.traces.lsm import LsmReader
from nslsm.importers.traces.lsm.reader import MAX_UNKNOWN
from nslsm.kernel.call import Described, Exited, Remark
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.told import FileAt, SocketOf, TaskNumber, Told, ToldRequest
from nslsm.protocol.things import Credentials, Thing
from nslsm.simulation.replay import Judged

DATA = Path(__file__).parents[3] / "data" / "fidelity"


def row(hook: str, task: int = 0, sc: int = 0, call: str = "openat", **more: object) -> dict[str, object]:
    return {"hook": hook, "pid": 7 + task, "task": task, "syscall": call, "sc": sc, **more}


def events(*rows: object, whole: bool = True) -> list[object]:
    reader = LsmReader("x")
    lines = [each if isinstance(each, str) else json.dumps(each) for each in rows]
    found: list[object] = []
    for number, line in enumerate(lines, 1):
        ends = "\n" if whole or number < len(lines) else ""
        found += reader.line(f"{line}{ends}".encode(), number)
    return [*found, *reader.finish(len(lines))]


def asked(*rows: object) -> list[tuple[ToldRequest, ...]]:
    return [
        each.operation.requests
        for each in events(*rows)
        if isinstance(each, Occurrence) and isinstance(each.operation, Told)
    ]


def told(hook: str, **fields: object) -> ToldRequest:
    [[request]] = asked(row(hook, **fields))
    return request


def fact(request: ToldRequest, name: str) -> object:
    return dict(request.facts).get(name)


# Events


def test_the_hooks_of_one_system_call_are_one_event() -> None:
    found = asked(row("file_alloc_security"), row("file_open"), row("file_permission", sc=1, call="read"))

    assert [[each.hook for each in requests] for requests in found] == [
        ["file_alloc_security", "file_open"],
        ["file_permission"],
    ]


def test_tasks_may_take_turns_within_a_call() -> None:
    found = asked(row("file_open"), row("path_mkdir", task=1), row("file_permission"), row("inode_mkdir", task=1))

    assert [[each.hook for each in requests] for requests in found] == [
        ["file_open", "file_permission"],
        ["path_mkdir", "inode_mkdir"],
    ]


def test_what_is_put_off_until_after_a_call_is_no_part_of_it() -> None:
    assert len(asked(row("file_open"), row("file_free_security", phase="post"))) == 2


def test_a_row_that_does_not_say_which_call_it_is_of_is_an_event_by_itself() -> None:
    found = asked({"hook": "file_open", "pid": 7}, {"hook": "file_open", "pid": 7})

    assert len(found) == 2


def test_a_hook_in_an_interrupt_is_nobodys() -> None:
    found = events(row("cred_free", ctx="softirq"))

    assert [type(each) for each in found] == [Remark]


def test_a_hook_that_refused_ended_its_call() -> None:
    [_, event] = events(row("path_mkdir", ret=-13))

    assert isinstance(event, Occurrence)
    assert event.recorded.errno is Errno.EACCES


def test_a_capability_that_was_refused_did_not_end_its_call() -> None:
    *_, event = events(row("capable", ret=-1))

    assert isinstance(event, Occurrence)
    assert event.recorded.errno is None


# Tasks


def test_tasks_are_who_their_rows_say() -> None:
    found = [each for each in events(row("file_open", ppid=3, uid=33, comm="tool")) if isinstance(each, Described)]

    assert found[0].parent == 3
    assert (found[1].task, found[1].comm, found[1].ids) == (7, "tool", (("uid", 33),))


def test_a_task_that_nobody_describes_is_the_child_of_the_one_that_makes_one() -> None:
    found = events(row("task_alloc", call="clone"), row("file_open", task=1))

    assert [each.parent for each in found if isinstance(each, Described)] == [None, 7]


@pytest.mark.parametrize("told", [{"tgid": 7, "ppid": 3}, {}])
def test_a_thread_is_one_of_its_process(told: dict[str, object]) -> None:
    making = row("task_alloc", call="clone", clone_flags="0x10000")

    found = [each for each in events(making, row("file_open", task=1, **told)) if isinstance(each, Described)]

    assert [(each.task, each.process, each.parent) for each in found] == [(7, None, None), (8, 7, None)]


def test_a_thread_has_what_its_process_has(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks.jsonl"
    rows = (
        row("file_open", comm="tool", ppid=3),
        row("task_alloc", sc=1, call="clone"),
        row("file_open", task=1, tgid=7),
    )
    hooks.write_text("".join(json.dumps(each) + "\n" for each in rows))
    policy = tmp_path / "p.nslsm"
    policy.write_text("namespace host {}\n")

    *_, last = replay(hooks, load_policy(policy).tree(), profile="6.1")

    assert isinstance(last, Judged)
    assert (last.before.tasks[8].tgid, last.before.tasks[8].ppid, last.before.tasks[8].comm) == (7, 3, "tool")


def test_a_task_is_what_it_executed_from_the_next_call_on() -> None:
    found = events(
        row("bprm_check_security", call="execve", path="/bin/dash", comm="sh"),
        row("bprm_committed_creds", call="execve", path="/bin/dash", comm="dash"),
    )

    kinds = [type(each) for each in found]
    assert kinds.index(Occurrence) < len(kinds) - 1
    assert isinstance(found[-1], Described)
    assert (found[-1].exe, found[-1].comm) == ("/bin/dash", "dash")


def test_a_task_ends_with_its_last_call() -> None:
    found = events(row("file_free_security", call="exit_group"))

    assert isinstance(found[-1], Exited)


# Requests


def test_an_object_is_what_the_row_says() -> None:
    assert told("file_open", path="/srv/a", abs=True).about == FileAt("/srv/a")
    assert told("task_kill", target=8, sig=15).about == TaskNumber(8)
    assert told("socket_connect", sk_family=2, sk_type=1).about == SocketOf("inet", "stream")
    assert told("sb_umount", path="/mnt").about == Thing(
        kind="mount", identity=UNKNOWN, facts=Thing(kind="mount", identity=UNKNOWN).facts.insert("path", "/mnt")
    )


def test_what_a_row_does_not_tell_is_unknown() -> None:
    assert told("file_open") == ToldRequest("file_open", UNKNOWN, ())
    assert told("file_permission", path="/", fs="sockfs").about is UNKNOWN


def test_facts_are_in_the_catalogues_words() -> None:
    assert fact(told("capable", cap_name="CAP_KILL"), "cap") is Capability.CAP_KILL
    assert fact(told("task_kill", sig=15), "signal") is Signal.SIGTERM
    assert fact(told("file_open", f_flags=0x8001), "flags") == {"write"}
    assert fact(told("socket_connect", addr={"family": "AF_INET", "port": 80}), "port") == 80
    assert fact(told("path_rename", path="/a", path2="/b"), "new") == FileAt("/b")


def test_of_credentials_what_is_told_is_known_and_no_more() -> None:
    new = fact(told("task_fix_setuid", new_uid=33), "new")

    assert isinstance(new, Credentials)
    assert (new.uid, new.euid) == (33, UNKNOWN)


def test_a_path_within_a_file_system_is_known_where_the_call_named_it_whole() -> None:
    [[_, after]] = asked(
        row("path_mkdir", path="/mnt/d", abs=True), row("inode_mkdir", path="/d", abs=False, fs="tmpfs")
    )

    assert after.about == FileAt("/mnt/d")
    assert told("inode_mkdir", path="/d", abs=False, fs="tmpfs").about is UNKNOWN


def test_a_path_within_a_file_system_is_not_that_of_another_file() -> None:
    [[_, after]] = asked(row("path_link", path="/mnt/e", abs=True), row("inode_link", path="/d", path2="/e", abs=False))

    assert after.about is UNKNOWN


# Findings


def codes(found: list[object]) -> list[str]:
    return [each.code.name for each in found if isinstance(each, Diagnostic)]


def test_a_hook_that_nobody_knows_is_a_finding_once() -> None:
    assert codes(events(row("file_opened"), row("file_opened"), row("file_open"))) == ["trace-unknown-hook"]


def test_very_many_unknown_hooks_are_not_all_found() -> None:
    found = events(*(row(f"hook_{number}") for number in range(MAX_UNKNOWN + 5)))

    assert len(codes(found)) == MAX_UNKNOWN


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("[]", "trace-unexpected-shape"),
        ('{"hook": 7, "task": 0}', "trace-unexpected-shape"),
        ('{"hook": "file_open"}', "trace-unexpected-shape"),
        ('{"hook": "file_open", "task": -1}', "trace-unexpected-shape"),
        ('{"hook": "file_open", "task": 9999999999}', "trace-unexpected-shape"),
        ('{"hook": "file_open", "task"', "trace-malformed-line"),
        ("[" * 100_000, "trace-malformed-line"),
    ],
)
def test_a_line_that_is_no_row_is_a_finding(line: str, code: str) -> None:
    assert codes(events(row("file_open"), line, row("file_open", sc=1))) == [code]


def test_a_last_line_may_be_half_written() -> None:
    assert codes(events(row("file_open"), '{"hook": "file_op', whole=False)) == ["trace-cut-line"]


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_recordings_are_judged_as_far_as_they_can_be_read(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["hooks.jsonl", "args.jsonl"]))
    octets = bytearray((DATA / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 30))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    reader = LsmReader("x")
    lines = bytes(octets).splitlines(keepends=True)

    found = [item for number, raw in enumerate(lines, 1) for item in reader.line(raw, number)]
    found += reader.finish(len(lines))

    assert reader.tally.lines == len(lines)
    assert list(decoded(found))


# As an input of replay


POLICY = """\
module p
control c {
    deny path_mkdir when object.path matches "/srv/**"
    deny socket_connect when port == 80
    deny task_kill when signal == SIGCONT and object.comm == "tool"
}
namespace host {
    namespace tools {
        enter on bprm_check_security when object.path == "/usr/bin/tool"
        bind c
    }
}
"""


@pytest.fixture
def run(tmp_path: Path) -> Replay:
    policy = tmp_path / "p.nslsm"
    policy.write_text(POLICY)
    return replay(DATA, load_policy(policy).tree(), profile="6.1")


def test_a_folder_is_replayed_hooks_joined_with_their_arguments(run: Replay) -> None:
    denied = {
        each.occurrence.call: each.decision.blame.opinion.rule
        for each in run
        if isinstance(each, Judged) and each.decision.blame is not None and each.decision.blame.opinion is not None
    }

    assert denied == {"mkdir": "p.c#deny-1", "connect": "p.c#deny-2", "kill": "p.c#deny-3"}
    assert run.understood == run.lines


def test_a_program_enters_a_namespace_by_what_it_executes_and_its_children_are_there_too(run: Replay) -> None:
    where = {
        each.occurrence.task: each.before.namespaces[each.before.tasks[each.occurrence.task].home].path
        for each in run
        if isinstance(each, Judged)
    }

    assert where == {507: "host.tools", 508: "host.tools"}


def test_the_arguments_are_found_beside_a_file_of_hooks() -> None:
    with open_trace(DATA / "hooks.jsonl") as one, open_trace(DATA) as other:
        assert list(one) == list(other)


def test_a_file_of_arguments_alone_is_a_recording_too(tmp_path: Path) -> None:
    alone = tmp_path / "alone.jsonl"
    alone.write_bytes((DATA / "args.jsonl").read_bytes())

    with open_trace(alone) as trace:
        hooks = [item for item in trace if isinstance(item, Occurrence)]

    assert len(hooks) == len((DATA / "args.jsonl").read_text().splitlines())


def test_arguments_of_another_recording_are_findings(tmp_path: Path) -> None:
    (tmp_path / "hooks.jsonl").write_text(json.dumps(row("file_open", i=0)) + "\n")
    (tmp_path / "args.jsonl").write_text(
        json.dumps({"i": 0, "task": 0, "hook": "path_mkdir", "ret": 0})
        + "\n"
        + json.dumps({"i": 5, "hook": "x", "pid": 7})
    )

    with open_trace(tmp_path) as trace:
        found = [item for item in trace if isinstance(item, Diagnostic)]

    assert [each.code.name for each in found] == ["trace-unexpected-shape"] * 2


def test_hooks_of_another_kernel_are_findings_once(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks.jsonl"
    hooks.write_text("".join(json.dumps(row("key_free", sc=number)) + "\n" for number in range(3)))
    policy = tmp_path / "p.nslsm"
    policy.write_text("namespace host {}\n")

    found = list(replay(hooks, load_policy(policy).tree(), profile="6.12"))

    assert codes(found) == ["trace-absent-hook"]


def test_a_recording_is_recognised_by_its_rows() -> None:
    for name in ("hooks.jsonl", "args.jsonl"):
        assert sniff((DATA / name).read_bytes()[:4096]) is Format.LSM
    assert sniff(b'{"hook": "file_open"}\n') is Format.JSON


def test_a_folder_without_one_is_no_trace(tmp_path: Path) -> None:
    with pytest.raises(TraceError) as error:
        open_trace(tmp_path)

    assert error.value.diagnostic.code.name == "trace-is-directory"
