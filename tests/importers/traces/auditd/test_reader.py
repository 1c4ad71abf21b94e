"""Lines of an audit log to events; records of one event find each other."""

import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics import Diagnostic
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.importers.traces import Item, open_trace
from nslsm.importers.traces.auditd import AuditReader
from nslsm.importers.traces.auditd.window import WINDOW
from nslsm.importers.traces.decode import Decoded, decoded
from nslsm.importers.traces.findings import MAX_LINE
from nslsm.kernel import operations as op
from nslsm.kernel.call import ABSENT, Array, Described, Killed, Remark, SystemCall, Text
from nslsm.kernel.occurrence import Occurrence

SAMPLE = Path(__file__).parents[1] / "samples" / "audit.log"
LINES = SAMPLE.read_bytes().splitlines(keepends=True)
WHO = "ppid=1 pid=7 auid=1000 uid=1000 gid=100 euid=0 suid=0 fsuid=0 egid=100 sgid=100 fsgid=100"


def syscall(number: int, *arguments: int, result: str = "success=yes exit=0", arch: str = "c000003e") -> str:
    given = " ".join(f"a{place}={value:x}" for place, value in enumerate((*arguments, 0, 0, 0, 0)[:4]))
    return f'SYSCALL: arch={arch} syscall={number} {result} {given} items=0 {WHO} comm="p" exe="/bin/p" key=(null)'


def log(*records: str, serial: int = 1, second: int = 0) -> list[bytes]:
    """The lines of one event: ``KIND: fields``."""
    lines = []
    for record in records:
        kind, _, fields = record.partition(": ")
        lines.append(f"type={kind} msg=audit({1_700_000_000 + second}.000:{serial}): {fields}\n".encode())
    return lines


def read(lines: Iterable[bytes]) -> list[Item]:
    reader = AuditReader("audit.log")
    items: list[Item] = []
    number = 0
    for number, raw in enumerate(lines, 1):
        items += reader.line(raw, number)
    return items + reader.finish(number)


def call(*records: str) -> SystemCall:
    [found] = [item for item in read(log(*records)) if isinstance(item, SystemCall)]
    return found


def asked(*records: str) -> op.Operation | None:
    [found] = [item for item in decoded(read(log(*records))) if isinstance(item, Occurrence)]
    return found.operation


def findings(items: Iterable[Decoded]) -> list[str]:
    return [item.code.name for item in items if isinstance(item, Diagnostic)]


def test_the_sample_is_understood_as_a_whole() -> None:
    with open_trace(SAMPLE) as trace:
        items = list(decoded(trace, trace.source))

    calls = [item.call for item in items if isinstance(item, Occurrence)]
    assert calls[:6] == ["clone", "execve", "openat", "openat", "openat", "connect"]
    assert calls[6:12] == ["rename", "pipe2", "mmap", "kill", "openat", "openat"]
    assert calls[12:] == ["file_open", "socket_connect", "file_open"]
    assert findings(items) == []
    assert trace.tally == (len(LINES), len(LINES), 0)


def test_numbers_are_names_on_both_machines_and_flags_those_of_each() -> None:
    path = 'PATH: item=0 name="/srv" inode=1 mode=040755 ouid=0 ogid=0 nametype=NORMAL'

    intel = asked(syscall(257, 0xFFFFFF9C, 1, 0o200000), path)
    arm = asked(syscall(56, 0xFFFFFF9C, 1, 0o40000, arch="c00000b7"), path)

    assert isinstance(intel, op.Open)
    assert isinstance(arm, op.Open)
    assert intel.flags == arm.flags == {"read", "directory"}
    assert intel.at == arm.at
    assert intel.at.path == "/srv"
    assert intel.at.directory.number == -100


def test_a_name_that_auditd_adds_comes_before_a_number() -> None:
    record = syscall(5, arch="40000003") + "\x1dARCH=i386 SYSCALL=close UID=ann"

    assert call(record).name == "close"
    assert findings(read(log(syscall(5, arch="40000003")))) == ["trace-unknown-number"]
    assert findings(read(log(syscall(9999)))) == ["trace-unknown-number"]


@pytest.mark.parametrize(
    ("result", "errno", "error"),
    [
        ("success=no exit=-13", Errno.EACCES, "EACCES"),
        ("success=no exit=-512", None, "ERESTARTSYS"),
        ("success=no exit=-4000", None, "errno 4000"),
        ("success=yes exit=140737488355328", None, ""),
    ],
)
def test_failures_have_their_errno(result: str, errno: Errno | None, error: str) -> None:
    found = call(syscall(3, 5, result=result))

    assert (found.errno, found.error, found.failed) == (errno, error, error != "")


def test_arguments_of_a_program_come_in_hexadecimal_in_pieces_and_over_records() -> None:
    found = call(
        syscall(59, 1, 2),
        'EXECVE: argc=4 a0="sh" a1=6120C3A4 a2_len=8 a2[0]="abcd"',
        'EXECVE: a2[1]="efgh" a3_len=900 a3[0]=6162',
        'CWD: cwd="/"',
        'PATH: item=0 name="/bin/sh" inode=1 mode=0100755 ouid=0 ogid=0 nametype=NORMAL',
    )

    assert found.argument(0) == Text("/bin/sh")
    assert found.argument(1) == Array((Text("sh"), Text("a ä"), Text("abcdefgh"), Text("ab", cut=True)))


def test_what_no_record_tells_is_unknown() -> None:
    assert call(syscall(59, 1, 2)).arguments[:2] == (ABSENT, ABSENT)
    assert call(syscall(257, 3, 1, 0), "PATH: item=0 name=(null) inode=1 nametype=NORMAL").argument(1) == ABSENT
    assert call(syscall(188, 1, 2, 3), 'PATH: item=0 name="/f" nametype=NORMAL').argument(0) == Text("/f")


@pytest.mark.parametrize(
    ("saddr", "shown"),
    [
        ("020001BB0102030400000000", ("inet", "1.2.3.4", 443)),
        ("0A00005000000000" + "0" * 31 + "1" + "00000000", ("inet6", "::1", 80)),
        ("0100" + "2F72756E2F6400", ("unix", "/run/d", "")),
        ("0100" + "006162", ("unix", "", "ab")),
        ("1000", ("netlink", "", "")),
    ],
)
def test_socket_addresses_are_decoded(saddr: str, shown: tuple[str, object, object]) -> None:
    operation = asked(syscall(42, 3, 1, 16), f"SOCKADDR: saddr={saddr}")

    assert isinstance(operation, op.Connect)
    address = operation.address
    family, first, second = shown
    assert address.family == family
    if family.startswith("inet"):
        assert (str(address.address), address.port) == (first, second)
    else:
        assert (address.path, address.abstract) == (first, second)


def test_a_message_without_an_address_goes_to_whom_the_socket_is_connected_to() -> None:
    operation = asked(syscall(44, 3, 1, 16))

    assert isinstance(operation, op.Send)
    assert operation.address is None


def test_a_rename_has_its_two_names_whatever_it_replaces() -> None:
    operation = asked(
        syscall(82, 1, 2),
        'PATH: item=0 name="/d" nametype=PARENT',
        'PATH: item=1 name="/d" nametype=PARENT',
        'PATH: item=2 name="/d/a" nametype=DELETE',
        'PATH: item=3 name="/d/b" nametype=DELETE',
        'PATH: item=4 name="/d/b" nametype=CREATE',
    )

    assert isinstance(operation, op.Rename)
    assert (operation.old.path, operation.new.path) == ("/d/a", "/d/b")


def test_descriptors_that_came_in_pairs_and_what_is_mapped() -> None:
    [pair] = [
        each for each in decoded(read(log("FD_PAIR: fd0=3 fd1=9", syscall(22, 1)))) if isinstance(each, Occurrence)
    ]
    mapping = asked("MMAP: fd=5 flags=0x2", syscall(9, 0, 4096, 5, 2))
    anonymous = asked(syscall(9, 0, 4096, 3, 0x22))

    assert [each.number for each in pair.recorded.descriptors] == [3, 9]
    assert isinstance(mapping, op.Map)
    assert isinstance(anonymous, op.Map)
    assert mapping.descriptor is not None
    assert (mapping.descriptor.number, anonymous.descriptor) == (5, None)


def test_a_signal_to_a_group_has_a_negative_number_and_its_target_is_described() -> None:
    items = read(log(syscall(62, 0xFFFFFFF6, 15), 'OBJ_PID: opid=10 oauid=0 ouid=33 oses=1 ocomm="httpd"'))

    target, who, kill = items
    assert isinstance(target, Described)
    assert isinstance(who, Described)
    assert isinstance(kill, SystemCall)
    assert (target.task, target.ids, target.comm) == (10, (("uid", 33),), "httpd")
    assert (who.task, who.parent, who.exe) == (7, 1, "/bin/p")
    assert kill.argument(0) == -10


def test_who_a_task_is_after_it_executed_is_not_who_it_was_before() -> None:
    fcaps = "BPRM_FCAPS: fver=0 fp=0 fi=0 fe=0 old_pp=1 old_pi=0 old_pe=1 old_pa=0 pp=3 pi=0 pe=3 pa=0 frootid=0"

    before, made, after = read(log(syscall(59, 1), fcaps))

    assert isinstance(before, Described)
    assert isinstance(made, SystemCall)
    assert isinstance(after, Described)
    assert (before.exe, before.ids, after.exe) == (None, (), "/bin/p")
    assert dict(after.ids)["euid"] == 0
    assert dict(before.capabilities)["effective"] == {Capability.CAP_CHOWN}
    assert dict(after.capabilities)["effective"] == {Capability.CAP_CHOWN, Capability.CAP_DAC_OVERRIDE}


def test_files_are_seen_where_their_path_is_sure() -> None:
    name = "inode=4 dev=08:01 mode=0100640 ouid=5 ogid=6 nametype=NORMAL"

    def seen(first: int, path: str) -> list[tuple[str, int | None]]:
        items = read(log(syscall(257, first), 'CWD: cwd="/d"', f'PATH: item=0 name="{path}" {name}'))
        return [(file.path, file.owner) for item in items if isinstance(item, Described) for file in item.files]

    assert seen(0xFFFFFF9C, "./f") == [("/d/f", 5)]
    assert seen(3, "f") == []
    assert seen(3, "//etc/f") == [("/etc/f", 5)]
    assert seen(0xFFFFFF9C, "a/../f") == []


def test_events_that_interleave_come_out_whole_and_in_order() -> None:
    first = log(syscall(257, 0xFFFFFF9C), 'PATH: item=0 name="/one" nametype=NORMAL', serial=5)
    second = log(syscall(257, 0xFFFFFF9C), 'PATH: item=0 name="/two" nametype=NORMAL', serial=6)

    items = read([second[0], first[0], first[1], second[1]])

    assert [item.argument(1) for item in items if isinstance(item, SystemCall)] == [Text("/one"), Text("/two")]


def test_a_record_that_comes_much_too_late_is_a_finding() -> None:
    late = log(syscall(3, 1), serial=1)
    others = [line for serial in range(2, WINDOW + 3) for line in log(syscall(3, 2), serial=serial)]

    items = read([*others, *late])

    assert findings(items) == ["trace-late-record"]
    assert len([item for item in items if isinstance(item, SystemCall)]) == WINDOW + 1


def test_a_log_goes_on_after_a_restart_whose_serials_begin_anew() -> None:
    old = [line for serial in range(2 * WINDOW) for line in log(syscall(3, 2), serial=9000 + serial, second=1000)]
    new = log(syscall(3, 1), serial=1)

    assert findings(read([*old, *new])) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"garbage\n", "trace-malformed-line"),
        (b"type=SYSCALL msg=audit(1.000:1): syscall=3\n", "trace-malformed-value"),
        (b"type=SYSCALL msg=audit(1.000:1): syscall=3 pid=9999999999999999999999\n", "trace-malformed-value"),
        (b'type=CWD msg=audit(1.000:1): cwd="\xff"\n', "trace-not-utf8"),
        (b"type=SYSCALL msg=audit(1.000:1): arch=c000003e sysc", "trace-cut-line"),
        (b"kernel: audit: audit_lost=3 audit_rate_limit=0 audit_backlog_limit=64\n", "trace-events-lost"),
        (b"x" * (MAX_LINE + 2), "trace-line-too-long"),
    ],
)
def test_damage_is_a_finding(line: bytes, code: str) -> None:
    items = read([*log(syscall(3, 1)), line])

    assert findings(items) == [code]
    assert any(isinstance(item, SystemCall) for item in items)


def test_records_of_another_machine_are_not_taken_for_this_ones() -> None:
    here, there = log(syscall(3, 1))[0], log(syscall(3, 2), serial=2)[0]

    items = read([b"node=a " + here, b"node=b " + there])

    assert findings(items) == ["trace-other-machine"]
    assert [item.argument(0) for item in items if isinstance(item, SystemCall)] == [1]


def test_a_kernels_log_and_a_journal_are_read_too() -> None:
    kernel = b"[    3.14] audit: type=1300 audit(1700000000.000:4): " + log(syscall(3, 6))[0].split(b"): ")[1]
    journal = [b"Nov 14 22:13:20 h audit[7]: " + syscall(3, 7).replace("SYSCALL: ", "SYSCALL ").encode() + b"\n"]
    journal += [b'Nov 14 22:13:20 h audit[7]: PROCTITLE proctitle="p"\n']

    calls = [item for item in read([kernel, *journal]) if isinstance(item, SystemCall)]

    assert {item.argument(0) for item in calls} == {6, 7}


def test_records_that_are_no_calls_are_remarks_and_a_dump_of_core_is_an_end() -> None:
    items = read([*log("DAEMON_START: op=start pid=3"), *log("ANOM_ABEND: pid=7 sig=11 res=1", serial=2), b"----\n"])

    assert len([item for item in items if isinstance(item, Remark)]) == 2
    assert [item.signal for item in items if isinstance(item, Killed)] == [Signal.SIGSEGV]


def test_a_thread_that_ends_does_not_end_its_process() -> None:
    assert not [item for item in read(log(syscall(60, 0))) if isinstance(item, SystemCall)]


@given(st.data())
def test_damage_never_breaks_the_reader_and_each_line_is_counted(data: st.DataObject) -> None:
    octets = bytearray(b"".join(LINES))
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    del octets[data.draw(st.integers(0, len(octets))) :]
    lines = bytes(octets).splitlines(keepends=True)
    reader = AuditReader("x")

    items: list[Item] = []
    for number, raw in enumerate(lines, 1):
        items += reader.line(raw, number)
    items += reader.finish(len(lines))
    list(decoded(items))

    assert reader.tally.lines == len(lines)
    assert 0 <= reader.tally.understood <= len(lines)
    assert reader.tally.findings == len(findings(items))


def test_memory_is_bounded_for_events_without_end() -> None:
    line = b'type=EXECVE msg=audit(1.000:1): argc=3 a0="' + b"a" * (1 << 19) + b'"\n'

    items = read(line for _ in range(100))

    assert "trace-late-record" in findings(items)


@pytest.mark.parametrize(
    "rest", ["a" * 900_000, "a=" * 400_000, "a='" * 300_000, 'a="' * 300_000, "avc: " * 150_000, " " * 900_000]
)
def test_long_lines_take_time_in_proportion(rest: str) -> None:
    began = time.process_time()

    read([f"type=SYSCALL msg=audit(1.000:1): {rest}\n".encode()])

    assert time.process_time() - began < 5


def test_a_program_with_more_arguments_than_are_there_has_unknown_ones() -> None:
    began = time.process_time()

    items = read(log(syscall(59, 1), 'EXECVE: argc=2000000000 a0="x"'))

    assert [item.argument(1) for item in items if isinstance(item, SystemCall)] == [ABSENT]
    assert time.process_time() - began < 5
