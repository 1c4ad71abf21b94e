"""Lines of strace become events, or findings that say why not."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.diagnostics import Diagnostic
from nslsm.hooks.linux import Errno, Signal
from nslsm.importers.traces import findings
from nslsm.importers.traces.strace import Item, StraceReader, read
from nslsm.importers.traces.strace import pending as pending_module
from nslsm.importers.traces.strace.values import MAX_ARGUMENTS
from nslsm.kernel.call import (
    Began,
    Exited,
    Fd,
    Killed,
    Named,
    Numbered,
    Remark,
    SignalDelivered,
    Stopped,
    Struct,
    Superseded,
    Symbols,
    SystemCall,
    Text,
)
from nslsm.kernel.origin import Origin

SAMPLES = Path(__file__).parent.parent / "samples"


def items(*lines: str) -> list[Item]:
    return list(read([line.encode("utf-8", "surrogateescape") + b"\n" for line in lines]))


def codes(found: list[Item]) -> list[str]:
    return [item.code.name for item in found if isinstance(item, Diagnostic)]


def call(*lines: str) -> SystemCall:
    [event] = items(*lines)
    assert isinstance(event, SystemCall)
    return event


@pytest.mark.parametrize(
    ("line", "task", "time"),
    [
        ("getpid() = 7", 0, None),
        ("7 getpid() = 7", 7, None),
        ("7     getpid()            = 7", 7, None),
        ("[pid     7] getpid() = 7", 7, None),
        ('7<n\\74a\\76me \\"x> getpid() = 7<n\\74a\\76me \\"x>', 7, None),
        ("7 01:02:03 getpid() = 7", 7, 3723.0),
        ("7 01:02:03.5 getpid() = 7", 7, 3723.5),
        ("7 1795401467.25 getpid() = 7", 7, 1795401467.25),
        ("1795401467.250000001 getpid() = 7", 0, 1795401467.250000001),
        ("7       0.000123 getpid() = 7", 7, 0.000123),
        ("7 01:02:03 (+     0.000048) getpid() = 7", 7, 3723.0),
        ("7 [00007f9dbeba2ad7] getpid() = 7", 7, None),
        ("7 [????????????????] getpid() = 7", 7, None),
        ("7       0.000046 [  39] [00007fec2cb6e9e7] getpid() = 7", 7, 0.000046),
    ],
)
def test_whose_line_it_is_and_when_is_read_off_its_beginning(line: str, task: int, time: float | None) -> None:
    event = call(line)

    assert (event.task, event.name, event.time, event.result) == (task, "getpid", time, 7)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("= 0", (0, None, "", None, "", None)),
        ("= 0x7f00", (0x7F00, None, "", None, "", None)),
        ("= 022", (0o22, None, "", None, "", None)),
        ("= ?", (None, None, "", None, "", None)),
        ("= ? <unavailable>", (None, None, "", None, "<unavailable>", None)),
        ("= 3</etc/passwd>", (3, None, "", Fd(3, "/etc/passwd"), "", None)),
        ("= 3</tmp/#2>(deleted)", (3, None, "", Fd(3, "/tmp/#2", True), "", None)),
        ("= -1 ENOENT (No such file or directory)", (-1, Errno.ENOENT, "ENOENT", None, "", None)),
        ("= -1 EXXX (Strange)", (-1, None, "EXXX", None, "", None)),
        ("= -1 (errno 530)", (-1, None, "errno 530", None, "", None)),
        ("= -1 EPERM (Operation not permitted) (INJECTED)", (-1, Errno.EPERM, "EPERM", None, "INJECTED", None)),
        (
            "= ? ERESTARTSYS (To be restarted if SA_RESTART is set)",
            (None, Errno.ERESTARTSYS, "ERESTARTSYS", None, "", None),
        ),
        ("= 0 (Timeout)", (0, None, "", None, "Timeout", None)),
        ("= 0x8002 (flags O_RDWR|O_LARGEFILE)", (0x8002, None, "", None, "flags O_RDWR|O_LARGEFILE", None)),
        ("= 1 ([{fd=16, revents=POLLIN}])", (1, None, "", None, "[{fd=16, revents=POLLIN}]", None)),
        ("= 2 /* 1002 in strace's PID NS */", (2, None, "", None, "1002 in strace's PID NS", None)),
        ("= 0 <0.000012>", (0, None, "", None, "", 0.000012)),
        ("= 3</a> <0.5>", (3, None, "", Fd(3, "/a"), "", 0.5)),
        ("= ? <unavailable> <unavailable>", (None, None, "", None, "<unavailable>", None)),
    ],
)
def test_what_came_of_a_call_is_read_off_its_end(tail: str, expected: tuple[object, ...]) -> None:
    event = call(f"7 fcntl(3, F_GETFL) {tail}")

    assert (event.result, event.errno, event.error, event.result_fd, event.detail, event.duration) == expected
    assert event.failed == bool(event.error)


def test_a_call_goes_on_where_other_tasks_lines_came_between() -> None:
    found = items(
        '7 1795401467.0 newfstatat(3</a>, "",  <unfinished ...>',
        "8 1795401467.1 close(3</a>) = 0",
        "7 1795401467.2 <... newfstatat resumed>{st_mode=S_IFREG|0644, ...}, AT_EMPTY_PATH) = 0",
    )

    [first, second] = found
    assert isinstance(first, SystemCall)
    assert first.task == 8
    assert isinstance(second, SystemCall)
    assert (second.task, second.line, second.end_line, second.time) == (7, 1, 3, 1795401467.0)
    assert second.arguments[0] == Fd(3, "/a")
    assert second.arguments[3] == Symbols(frozenset({"AT_EMPTY_PATH"}))


def test_older_strace_leaves_a_blank_behind_resumed() -> None:
    event = call("7 read(3,  <unfinished ...>", '7 <... read resumed> "abc", 3) = 3')

    assert event.arguments == (3, Text("abc"), 3)


def test_a_call_may_be_interrupted_twice() -> None:
    event = call(
        "7 wait4(-1,  <unfinished ...>",
        "7 <... wait4 resumed>NULL,  <unfinished ...>",
        "7 <... wait4 resumed>0, NULL) = 8",
    )

    assert event.arguments == (-1, None, 0, None)


@pytest.mark.parametrize("line", ["7 exit_group(0 <unfinished ...>) = ?", "7 exit_group(0) = ?"])
def test_a_call_that_does_not_return_has_no_result(line: str) -> None:
    event = call(line)

    assert (event.arguments, event.result, event.unfinished) == ((0,), None, False)


def test_a_resumed_call_may_be_given_up() -> None:
    event = call("7 read(3,  <unfinished ...>", "7 <... read resumed> <unfinished ...>) = ?")

    assert (event.arguments, event.result) == ((3,), None)


def test_a_call_ends_unfinished_with_its_task() -> None:
    first, second = items("7 read(3,  <unfinished ...>", "7 +++ killed by SIGKILL +++")

    assert isinstance(first, SystemCall)
    assert (first.unfinished, first.arguments, first.line, first.end_line) == (True, (3,), 1, 2)
    assert second == Killed(7, Signal.SIGKILL, "SIGKILL", False, 2)


def test_a_detached_call_is_no_finding() -> None:
    event = call("7 read(3,  <detached ...>")

    assert (event.unfinished, event.arguments) == (True, (3,))


def test_calls_that_make_tasks_are_told_when_they_begin() -> None:
    began, ended = items(
        "7 clone(child_stack=NULL, flags=CLONE_THREAD|CLONE_VM <unfinished ...>",
        "7 <... clone resumed>, child_tidptr=0x7f00) = 8",
    )

    flags = Named("flags", Symbols(frozenset({"CLONE_THREAD", "CLONE_VM"})))
    assert began == Began(7, "clone", (Named("child_stack", None), flags), 1)
    assert isinstance(ended, SystemCall)
    assert (ended.result, ended.named("flags")) == (8, flags.value)


def test_their_beginning_is_told_once() -> None:
    found = items(
        "7 clone( <unfinished ...>",
        "7 <... clone resumed>child_stack=NULL,  <unfinished ...>",
        "7 <... clone resumed>flags=SIGCHLD) = 8",
    )

    assert [type(item) for item in found] == [Began, SystemCall]


def test_signals_stops_and_ends_are_events() -> None:
    found = items(
        "7 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=8, si_status=3} ---",
        "7 --- SIGRT_5 {si_signo=SIGRT_5, si_code=SI_USER} ---",
        "7 --- SIGINT (Interrupt) @ 0 (0) ---",
        "7 --- stopped by SIGSTOP ---",
        "7 +++ exited with 3 +++",
        "8 +++ killed by SIGSEGV (core dumped) +++",
    )

    delivered = found[0]
    assert isinstance(delivered, SignalDelivered)
    assert delivered.signal is Signal.SIGCHLD
    assert isinstance(delivered.info, Struct)
    assert delivered.info.get("si_pid") == 8
    assert isinstance(found[1], SignalDelivered)
    assert found[1].signal is Signal.SIGRT_5
    assert found[2] == SignalDelivered(7, Signal.SIGINT, "SIGINT", 3)
    assert found[3] == Stopped(7, Signal.SIGSTOP, "SIGSTOP", 4)
    assert found[4] == Exited(7, 3, 5)
    assert found[5] == Killed(8, Signal.SIGSEGV, "SIGSEGV", True, 6)


def test_a_thread_that_executes_goes_on_under_its_processs_number() -> None:
    found = items(
        '8 execve("/bin/true", ["true"], 0x7ffe /* 1 var */ <unfinished ...>',
        "7 pause( <unfinished ...>",
        "7 <... pause resumed>) = ?",
        "7 +++ superseded by execve in pid 8 +++",
        "7 <... execve resumed>) = 0",
    )

    assert [type(item) for item in found] == [SystemCall, Superseded, SystemCall]
    executed = found[2]
    assert isinstance(executed, SystemCall)
    assert (executed.task, executed.name, executed.line, executed.result) == (7, "execve", 1, 0)
    assert found[1] == Superseded(7, 8, 4)


def test_a_thread_that_executes_is_followed_although_the_trace_does_not_say_so() -> None:
    found = items(
        '8 execve("/bin/true", ["true"], 0x7ffe /* 1 var */ <unfinished ...>',
        "7 <... execve resumed>) = 0",
    )

    assert found[0] == Superseded(7, 8, 2)
    assert isinstance(found[1], SystemCall)
    assert found[1].task == 7


def test_a_thread_is_taken_for_the_one_that_executes_only_while_it_does() -> None:
    found = items(
        '8 execve("/bin/true", ["true"], 0x7ffe /* 1 var */ <unfinished ...>',
        "8 <... execve resumed>) = 0",
        "7 <... execve resumed>) = 0",
    )

    assert codes(found) == ["trace-orphan-resumed"]
    assert not any(isinstance(item, Superseded) for item in found)


def test_tasks_are_told_apart_where_only_some_lines_are_numbered() -> None:
    found = items(
        'execve("/bin/sh", ["sh"], 0x7ffe /* 1 var */) = 0',
        "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 9 attached",
        ", child_tidptr=0x7f) = 9",
        "[pid     9] close(3 <unfinished ...>",
        "[pid     7] wait4(-1,  <unfinished ...>",
        "[pid     9] <... close resumed>) = 0",
        "[pid     9] +++ exited with 0 +++",
        "<... wait4 resumed>NULL, 0, NULL) = 9",
        "close(4) = 0",
    )

    assert codes(found) == []
    assert [(type(item), item.task) for item in found if not isinstance(item, Diagnostic | Origin)] == [
        (SystemCall, 0),
        (Remark, 0),
        (SystemCall, 0),
        (Numbered, 0),
        (SystemCall, 9),
        (Exited, 9),
        (SystemCall, 0),
        (SystemCall, 0),
    ]
    numbered = found[3]
    assert isinstance(numbered, Numbered)
    assert numbered.number == 7


def test_lines_without_number_are_the_last_tasks_once_the_first_is_gone() -> None:
    found = items(
        "clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f) = 9",
        "strace: Process 9 attached",
        "[pid     7] exit_group(0) = ?",
        "[pid     7] +++ exited with 0 +++",
        "close(3) = 0",
    )

    last = found[-1]
    assert isinstance(last, SystemCall)
    assert last.task == 9


def test_they_are_the_one_that_is_left_whoever_ended_before() -> None:
    found = items(
        "clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f) = 9",
        "clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f) = 10",
        "[pid     7] +++ exited with 0 +++",
        "[pid     9] +++ exited with 0 +++",
        "close(3) = 0",
    )

    assert isinstance(found[-1], SystemCall)
    assert found[-1].task == 10


def test_a_day_passes_at_midnight() -> None:
    first, second = items("7 23:59:59.5 getpid() = 7", "7 00:00:00.5 getpid() = 7")

    assert isinstance(first, SystemCall)
    assert isinstance(second, SystemCall)
    assert first.time is not None
    assert second.time == first.time + 1


def test_what_the_tracer_says_and_adds_is_a_remark() -> None:
    lines = [
        "strace: Process 8 attached",
        "/usr/bin/strace: Process 9 attached",
        "[ Process PID=8 runs in 32 bit mode. ]",
        " > /usr/lib/libc.so.6(__write+0x10) [0xfe1b0]",
        " | 00000  7f 45 4c 46 02  .ELF. |",
        " * 3 bytes in buffer 0",
        "",
        "% time     seconds  usecs/call     calls    errors syscall",
        "------ ----------- ----------- --------- --------- ----------------",
        " 61.66    0.005386         673         8         3 wait4",
    ]

    assert items(*lines) == [Remark(0, line, number) for number, line in enumerate(lines, 1)]


def test_the_first_line_of_a_recording_tells_its_origin() -> None:
    origin = Origin(command=("make", "\udcff"), cwd="/src", uids=(1, 1, 1, 1), groups=(4, 24), effective=1 << 40)

    [found] = items(origin.written())

    assert found == origin


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["hello"], ["trace-malformed-line"]),
        (["7 openat(AT_FDCWD) "], ["trace-malformed-line"]),
        (["7 close(3) = -1 ENOENT"], ["trace-malformed-line"]),
        (["7 --- what ---"], ["trace-malformed-line"]),
        (["7 +++ vanished +++"], ["trace-malformed-line"]),
        (["7 read({a b= c}, 1) = 0"], ["trace-malformed-value"]),
        (["7 <... read resumed>) = 0"], ["trace-orphan-resumed"]),
        (
            ["7 read(3 <unfinished ...>", "7 <... write resumed>) = 0"],
            ["trace-orphan-resumed", "trace-unfinished-at-end"],
        ),
        (["7 read(3 <unfinished ...>", "7 close(3) = 0"], ["trace-never-resumed"]),
        (["7 read(3 <unfinished ...>"], ["trace-unfinished-at-end"]),
        (['7 write(1, "\udcff", 1) = 1'], ["trace-not-utf8"]),
        (["# nslsm-record 9 {}"], ["trace-malformed-line"]),
        (['# nslsm-record 1 {"command": 1, "cwd": "/"}'], ["trace-malformed-line"]),
        (["7 clone(strace: Process 8 attached", "7 close(3) = 0"], ["trace-malformed-line"]),
    ],
)
def test_what_is_wrong_is_a_finding_and_reading_goes_on(lines: list[str], expected: list[str]) -> None:
    found = items(*lines, "9 getpid() = 9")

    assert codes(found) == expected
    assert any(isinstance(item, SystemCall) and item.task == 9 for item in found)


def test_a_finding_tells_line_and_text() -> None:
    [_, finding] = items("7 close(3) = 0", "garbage \x1b[31m")

    assert isinstance(finding, Diagnostic)
    assert finding.span is not None
    assert (finding.span.source, finding.span.line) == ("<trace>", 2)
    assert "garbage" in finding.message


def test_a_half_written_last_line_is_a_finding() -> None:
    for end in (
        b'7 openat(AT_FDCWD, "/etc/pa',
        b"7 close(3) = 1",
        b'7 read(3</etc/a>, "", 1)',
        b"7 close(3) = -1 ENOE",
    ):
        found = list(read([b"7 close(3) = 0\n", end]))

        assert codes(found) == ["trace-cut-line"], end
        assert len(found) == 2


def test_a_last_line_that_is_whole_but_for_its_newline_is_an_event() -> None:
    assert list(read([b"7 +++ exited with 0 +++"])) == [Exited(7, 0, 1)]
    assert isinstance(next(read([b"7 close(3) = -1 EBADF (Bad file descriptor)"])), SystemCall)


def test_a_line_over_the_limit_is_a_finding() -> None:
    line = b'7 write(1, "' + b"a" * findings.MAX_LINE + b'", 9) = 9\n'

    assert codes(list(read([line, b"7 close(3) = 0\n"]))) == ["trace-line-too-long"]


def test_a_call_put_together_from_too_many_lines_is_a_finding() -> None:
    lines = ["7 read( <unfinished ...>"] + ["7 <... read resumed>3,  <unfinished ...>"] * findings.MAX_PARTS

    assert codes(items(*lines)) == ["trace-line-too-long"]


@pytest.mark.parametrize("end", [") = 0", " <unfinished ...>"])
def test_arguments_are_bounded(end: str) -> None:
    found = items("7 read(" + ", ".join(["{a=b}"] * 5 + ["[{}]"] * 500) + end)

    assert len(codes(found)) == 1
    assert all(len(item.arguments) <= MAX_ARGUMENTS for item in found if isinstance(item, SystemCall))


def test_calls_under_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_module, "MAX_PENDING", 3)

    found = items(*(f"{task} read(3 <unfinished ...>" for task in range(1, 6)))

    assert codes(found) == ["trace-too-many-pending"] * 2 + ["trace-unfinished-at-end"] * 3
    assert [item.task for item in found if isinstance(item, SystemCall)] == [1, 2, 3, 4, 5]


def test_their_text_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_module, "MAX_PENDING_TEXT", 100)

    found = items(*(f'{task} write(3, "{"a" * 40}" <unfinished ...>' for task in range(1, 4)))

    assert codes(found).count("trace-too-many-pending") == 2


def test_the_tally_counts_lines_that_were_understood() -> None:
    reader = StraceReader("t")

    list(
        reader.read(
            [b"7 close(3) = 0\n", b"nonsense\n", b"7 read(3 <unfinished ...>\n", b"7 <... read resumed>, ) = x\n"]
        )
    )

    assert reader.tally == (4, 1, 2)
    assert reader.tally.share == 0.25


REAL = [line for path in sorted(SAMPLES.glob("*.strace")) for line in path.read_bytes().splitlines(keepends=True)]


@st.composite
def damaged(draw: st.DrawFn) -> list[bytes]:
    """A few real lines, next to one another, in which bytes were changed, lost or added."""
    start = draw(st.integers(0, len(REAL) - 1))
    lines = []
    for line in REAL[start : start + draw(st.integers(1, 6))]:
        octets = bytearray(line)
        for _ in range(draw(st.integers(0, 3))):
            place = draw(st.integers(0, max(0, len(octets) - 1)))
            match draw(st.sampled_from(["change", "lose", "add", "cut"])):
                case "change" if octets:
                    octets[place] = draw(st.sampled_from(b' "\\<>{}[](),|=.*/-0x\xff\n'))
                case "lose":
                    del octets[place : place + draw(st.integers(1, 9))]
                case "add":
                    octets[place:place] = draw(st.sampled_from([b'"', b"[", b"{", b" /* ", b" => ", b"<", b"|", b"\\"]))
                case _:
                    del octets[place:]
        lines += bytes(octets).splitlines(keepends=True)
    return lines


@settings(max_examples=400)
@given(damaged())
def test_damage_never_raises_and_is_never_dropped(lines: list[bytes]) -> None:
    reader = StraceReader("t")
    findings_seen = 0

    for number, line in enumerate(lines, 1):
        found = reader.line(line, number)
        findings_seen += len(codes(found))
        kept = b"...>" in line or b"attached" in line or b"detached" in line
        assert found or kept, line
    findings_seen += len(codes(reader.finish(len(lines))))

    assert reader.tally.lines == len(lines)
    assert reader.tally.findings == findings_seen
    assert 0 <= reader.tally.understood <= len(lines)
