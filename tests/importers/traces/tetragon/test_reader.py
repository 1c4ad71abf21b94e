"""Tetragon's events: processes by exec id and ancestry, what they executed, calls traced by their functions."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics import Diagnostic
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.importers.traces import Item, open_trace
from nslsm.importers.traces.decode import decoded
from nslsm.importers.traces.findings import MAX_LINE
from nslsm.importers.traces.tetragon import TetragonReader
from nslsm.kernel import operations as op
from nslsm.kernel.call import Described, Exited, Killed, Remark, SystemCall
from nslsm.kernel.occurrence import Occurrence

SAMPLE = Path(__file__).parents[1] / "samples" / "tetragon.jsonl"
LINES = SAMPLE.read_bytes().splitlines(keepends=True)

SHELL = {"exec_id": "c2g=", "pid": 7, "uid": 5, "binary": "/bin/sh", "cwd": "/srv", "flags": "execve clone"}
ABOVE = {"exec_id": "YXBw", "pid": 3, "uid": 0, "binary": "/sbin/init", "cwd": "/", "flags": "procFS"}


def event(kind: str, /, node: str = "a", **members: object) -> bytes:
    inside = {"process": SHELL, "parent": ABOVE, **members}
    return json.dumps({kind: inside, "node_name": node, "time": "2024-05-01T10:00:00.25Z"}).encode() + b"\n"


def traced(function: str, *arguments: dict[str, object], **members: object) -> bytes:
    return event("process_kprobe", function_name=function, args=list(arguments), **members)


def read(lines: Iterable[bytes]) -> list[Item]:
    reader = TetragonReader("t")
    items: list[Item] = []
    for number, raw in enumerate(lines, 1):
        items += reader.line(raw, number)
    return items + reader.finish(0)


def asked(*lines: bytes) -> list[op.Operation | None]:
    return [item.operation for item in decoded(read(lines)) if isinstance(item, Occurrence)]


def findings(items: Iterable[object]) -> list[str]:
    return [item.code.name for item in items if isinstance(item, Diagnostic)]


def test_the_sample_is_understood_as_a_whole() -> None:
    with open_trace(SAMPLE) as trace:
        items = list(decoded(trace, trace.source))

    assert findings(items) == []
    assert trace.tally == (len(LINES), len(LINES), 0)


def test_a_program_that_begins_is_an_execve_by_a_child_of_its_parent() -> None:
    arguments = 'run "two words" last'
    process = {**SHELL, "arguments": arguments, "cap": {"effective": ["DAC_OVERRIDE"], "permitted": ["CAP_CHOWN"]}}

    parent, before, call, after = read([event("process_exec", process=process)])

    assert isinstance(parent, Described)
    assert isinstance(before, Described)
    assert isinstance(call, SystemCall)
    assert isinstance(after, Described)
    assert (parent.task, parent.exe, before.task, before.parent) == (3, "/sbin/init", 7, 3)
    assert (before.exe, before.directory, after.exe, after.comm) == (None, "/srv", "/bin/sh", "sh")
    assert dict(after.ids) == {"uid": 5}
    assert dict(after.capabilities)["effective"] == {Capability.CAP_DAC_OVERRIDE}
    [occurrence] = [item for item in decoded([call]) if isinstance(item, Occurrence)]
    assert isinstance(occurrence.operation, op.Execute)
    assert occurrence.operation.at.path == "/bin/sh"
    assert isinstance(occurrence.operation.arguments, tuple)
    assert occurrence.operation.arguments[1:] == ("run", "two words", "last")
    assert call.time == 1714557600.25


def test_a_process_that_ran_before_is_told_of_and_executes_nothing() -> None:
    assert asked(event("process_exec", process=ABOVE, parent={})) == []


def test_a_process_is_told_of_once_and_again_after_another_execve() -> None:
    again = {**SHELL, "exec_id": "bmV3", "binary": "/bin/ls", "flags": "execve"}

    items = read(
        [traced("x"), traced("x"), event("process_exec", process=again, parent=SHELL), traced("x", process=again)]
    )

    told = [(item.task, item.exe, item.parent) for item in items if isinstance(item, Described)]
    assert told == [
        (3, "/sbin/init", None),
        (7, "/bin/sh", 3),
        (7, None, None),
        (7, "/bin/ls", None),
    ]


def test_a_number_that_is_given_again_is_another_process() -> None:
    other = {**SHELL, "exec_id": "b3RoZXI=", "binary": "/bin/ls"}

    items = read([event("process_exec"), event("process_exec", process=other)])

    assert [item.task for item in items if isinstance(item, Exited)] == [7]


def test_an_event_that_comes_after_its_processs_end_does_not_bring_it_back() -> None:
    items = read([event("process_exit", status=3), event("process_exec")])

    assert [item.status for item in items if isinstance(item, Exited)] == [3, 0]
    assert isinstance(items[-1], Exited)


def test_ends_have_a_status_or_a_signal() -> None:
    [exited] = read([event("process_exit", status=3)])
    [killed] = read([event("process_exit", signal="SIGKILL")])

    assert isinstance(exited, Exited)
    assert isinstance(killed, Killed)
    assert (exited.status, killed.signal) == (3, Signal.SIGKILL)


def test_pods_are_where_a_task_is() -> None:
    pod = {"namespace": "shop", "name": "cart-1", "container": {"name": "cart"}}

    told = [item for item in read([traced("x", process={**SHELL, "pod": pod})]) if isinstance(item, Described)]

    assert [item.whereabouts for item in told] == [(), ("shop", "cart-1", "cart")]


def test_machines_of_one_file_have_processes_of_their_own() -> None:
    items = read([event("process_exit", node="a"), event("process_exit", node="b")])

    assert len({item.task for item in items if isinstance(item, Exited)}) == 2


@pytest.mark.parametrize(
    ("arguments", "path", "flags"),
    [
        (({"int_arg": -100}, {"string_arg": "/f"}, {"int_arg": 1}), "/f", {"write"}),
        (({"string_arg": "/f"}, {"int_arg": 1}), "/f", {"write"}),
        (({"path_arg": {"path": "f", "mount": "/mnt"}}, {"uint_arg": 0}), "/mnt/f", {"read"}),
    ],
)
def test_arguments_go_where_they_belong_whichever_were_recorded(
    arguments: tuple[dict[str, object], ...], path: str, flags: set[str]
) -> None:
    [operation] = asked(traced("__x64_sys_open", *arguments[-2:]))
    assert isinstance(operation, op.Open)
    assert (operation.at.path, operation.flags) == (path, flags)


def test_a_descriptor_is_known_by_its_file_and_a_path_without_its_first_slash_too() -> None:
    [operation] = asked(traced("__x64_sys_write", {"file_arg": {"path": "etc/passwd"}}, {"bytes_arg": "aGk="}))

    assert isinstance(operation, op.Write)
    assert operation.descriptor.annotation == "/etc/passwd"


def test_a_failure_has_its_errno() -> None:
    line = traced("__arm64_sys_openat", {"string_arg": "/f"}, **{"return": {"int_arg": -13}})
    [call] = [item for item in read([line]) if isinstance(item, SystemCall)]

    assert (call.errno, call.failed) == (Errno.EACCES, True)


def test_connections_have_their_addresses() -> None:
    line = event("process_connect", destination_ip="2001:db8::1", destination_port=443, protocol="TCP")
    [operation] = asked(line)

    assert isinstance(operation, op.Connect)
    assert (str(operation.address.address), operation.address.port) == ("2001:db8::1", 443)
    assert operation.descriptor.annotation == "TCPv6:[0]"


def test_events_in_an_envelope_are_read() -> None:
    for name in ("event", "result"):
        wrapped = json.dumps({name: json.loads(event("process_exit"))}).encode() + b"\n"

        assert [type(item) for item in read([wrapped])] == [Exited]


@pytest.mark.parametrize("kind", ["process_uprobe", "process_loader", "process_of_the_future", "rate_limit_info"])
def test_events_about_no_call_are_remarks(kind: str) -> None:
    assert [type(item) for item in read([event(kind)])] == [Remark]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{\n", "trace-malformed-line"),
        (b'{"process_exec": {"process"', "trace-cut-line"),
        (b"[" * 200_000 + b"\n", "trace-malformed-line"),
        (b'{"a": ' + b"9" * 10_000 + b"}\n", "trace-malformed-line"),
        (b'"x"\n', "trace-unexpected-shape"),
        (b"{}\n", "trace-unexpected-shape"),
        (b'{"process_exec": 3}\n', "trace-unexpected-shape"),
        (b'{"process_exec": {}}\n', "trace-unexpected-shape"),
        (b'{"process_exec": {"process": {"pid": "x"}}}\n', "trace-unexpected-shape"),
        (b'{"process_exec": {"process": {"pid": -1}}}\n', "trace-unexpected-shape"),
        (b'{"process_exec": {"process": {"pid": true}}}\n', "trace-unexpected-shape"),
        (b'{"process_exec": {"process": {"pid": 1, "binary": []}}}\n', "trace-unexpected-shape"),
        (b'{"process_exit": {"process": {"pid": 1}}, "time": "now"}\n', "trace-unexpected-shape"),
        (
            b'{"process_kprobe": {"process": {"pid": 1}, "function_name": "sys_read", "args": 1}}\n',
            "trace-unexpected-shape",
        ),
        (b'{"x": "\xff"}\n', "trace-not-utf8"),
        (b"x" * (MAX_LINE + 2), "trace-line-too-long"),
    ],
)
def test_damage_is_a_finding_and_reading_goes_on(line: bytes, code: str) -> None:
    items = read([line, event("process_exit")] if line.endswith(b"\n") else [event("process_exit"), line])

    assert findings(items) == [code]
    assert any(isinstance(item, Exited) for item in items)


def values() -> st.SearchStrategy[object]:
    leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False)
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner))


@given(st.data())
def test_members_of_other_types_are_findings_at_most(data: st.DataObject) -> None:
    read_line = json.loads(data.draw(st.sampled_from(LINES)))
    at: object = read_line
    while isinstance(at, dict | list) and at:
        keys = sorted(at) if isinstance(at, dict) else list(range(len(at)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or data.draw(st.booleans()):
            at[key] = data.draw(values())
            break
        at = at[key]

    items = read([json.dumps(read_line).encode() + b"\n"])

    assert len(findings(items)) <= 1
    list(decoded(items))


@given(st.data())
def test_damage_never_breaks_the_reader_and_each_line_is_counted(data: st.DataObject) -> None:
    octets = bytearray(b"".join(LINES))
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    del octets[data.draw(st.integers(0, len(octets))) :]
    lines = bytes(octets).splitlines(keepends=True)
    reader = TetragonReader("x")

    items = [item for number, raw in enumerate(lines, 1) for item in reader.line(raw, number)]
    list(decoded(items))

    assert reader.tally.lines == len(lines)
    assert reader.tally.findings == len(findings(items)) == len(lines) - reader.tally.understood
