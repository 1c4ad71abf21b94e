"""System calls as strace writes them come out as what they ask of the kernel, in whichever spelling."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.diagnostics import Diagnostic
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN
from nslsm.importers.traces.decode import DECODERS, decode
from nslsm.importers.traces.decode.silent import LATER, SILENT
from nslsm.importers.traces.strace import read
from nslsm.kernel import operations as op
from nslsm.kernel.call import SystemCall
from nslsm.kernel.event import Recorded
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.operations.sockets import RouteRequest
from nslsm.resources import examples_root


def call_in(line: str) -> SystemCall:
    found = [item for item in read([f"{line}\n".encode()], "t") if isinstance(item, SystemCall)]
    assert len(found) == 1
    return found[0]


def decoded(line: str) -> Occurrence:
    found = decode(call_in(line), "t")
    assert isinstance(found, Occurrence), found
    return found


READ = frozenset({"read"})
CWD = op.Descriptor(-100, "/w")

ASKED = {
    'openat(AT_FDCWD</w>, "a", O_RDONLY|O_CLOEXEC) = 3</w/a>': op.Open(
        op.At("a", CWD), frozenset({"read", "close_on_exec"})
    ),
    'openat(AT_FDCWD</w>, "a", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3</w/a>': op.Open(
        op.At("a", CWD), frozenset({"write", "create", "truncate"}), 0o644
    ),
    'open("/etc/passwd", O_RDWR|O_APPEND) = 3': op.Open(op.At("/etc/passwd"), frozenset({"read", "write", "append"})),
    'open("/etc/passwd", 0x80000 /* O_RDONLY|O_CLOEXEC */) = 3': op.Open(
        op.At("/etc/passwd"), frozenset({"read", "close_on_exec"})
    ),
    'open("/etc/passwd", 0x80000) = 3': op.Open(op.At("/etc/passwd"), frozenset({"read", "close_on_exec"})),
    'open("/etc/pass"..., O_RDONLY) = 3': op.Open(op.At(UNKNOWN), READ),
    'openat2(AT_FDCWD</w>, "a", {flags=O_RDONLY|O_DIRECTORY, resolve=0}, 24) = 3': op.Open(
        op.At("a", CWD), frozenset({"read", "directory"}), UNKNOWN
    ),
    "close(3</w/a>) = 0": op.Close(op.Descriptor(3, "/w/a")),
    "close_range(3, 4294967295, 0) = 0": op.CloseRange(3, 2**32 - 1),
    "dup2(3</w/a>, 1</dev/null>) = 1</w/a>": op.Duplicate(op.Descriptor(3, "/w/a"), 1),
    "fcntl(3</w/a>, F_DUPFD_CLOEXEC, 10) = 10</w/a>": op.Duplicate(
        op.Descriptor(3, "/w/a"), None, 10, close_on_exec=True, by_fcntl=True
    ),
    "fcntl(3, F_SETFD, FD_CLOEXEC) = 0": op.Fcntl(op.Descriptor(3), "setfd", close_on_exec=True),
    "fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=0}) = 0": op.Fcntl(
        op.Descriptor(3), "setlk", "exclusive"
    ),
    "flock(3, LOCK_EX|LOCK_NB) = 0": op.Flock(op.Descriptor(3), "exclusive"),
    'newfstatat(3</w/a>, "", {st_mode=S_IFREG|0644, st_size=4, ...}, AT_EMPTY_PATH) = 0': op.Status(
        op.At(None, op.Descriptor(3, "/w/a"))
    ),
    'newfstatat(AT_FDCWD</w>, "a", {st_mode=S_IFLNK|0777, ...}, AT_SYMLINK_NOFOLLOW) = 0': op.Status(
        op.At("a", CWD, follow=False)
    ),
    'lstat("/a", 0x7ffe) = -1 ENOENT (No such file or directory)': op.Status(op.At("/a", follow=False)),
    'access("/a", R_OK|X_OK) = 0': op.Access(op.At("/a"), frozenset({"read", "exec"})),
    'access("/a", F_OK) = 0': op.Access(op.At("/a"), frozenset()),
    'unlinkat(AT_FDCWD</w>, "d", AT_REMOVEDIR) = 0': op.Unlink(op.At("d", CWD, follow=False), directory=True),
    'rename("/a", "/b") = 0': op.Rename(op.At("/a", follow=False), op.At("/b", follow=False)),
    'renameat2(AT_FDCWD</w>, "a", AT_FDCWD</w>, "b", RENAME_NOREPLACE) = 0': op.Rename(
        op.At("a", CWD, follow=False), op.At("b", CWD, follow=False), frozenset({"noreplace"})
    ),
    'symlink("target", "/l") = 0': op.MakeSymbolicLink("target", op.At("/l", follow=False)),
    'mknod("/f", S_IFIFO|0600) = 0': op.MakeNode(op.At("/f", follow=False), "fifo", 0o600),
    'chmod("/a", 0640) = 0': op.ChangeMode(op.At("/a"), 0o640),
    'setxattr("/a", "user.x", "v", 1, 0) = 0': op.SetAttribute(op.At("/a"), "user.x", "v"),
    "fchdir(3</w>) = 0": op.ChangeDirectory(op.At(None, op.Descriptor(3, "/w"))),
    "sendto(3<NETLINK:[1]>, [{nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK}, 0], 32, 0, NULL, 0)"
    " = 32": op.Send(op.Descriptor(3, "NETLINK:[1]"), None, 32, requests=(RouteRequest(changes=True, answered=True),)),
    "sendto(3<NETLINK:[1]>, [{nlmsg_type=0x12, nlmsg_flags=NLM_F_REQUEST|0x300}, 0], 32, 0, NULL, 0) = 32": op.Send(
        op.Descriptor(3, "NETLINK:[1]"), None, 32, requests=(RouteRequest(changes=False, answered=True),)
    ),
    "socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) = 3": op.MakeSocket("packet", "raw", 0x300),
    "mmap(NULL, 8192, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_DENYWRITE, 3</lib/x.so>, 0) = 0x7f00": op.Map(
        op.Descriptor(3, "/lib/x.so"), frozenset({"read", "exec"}), frozenset({"private", "denywrite"}), 8192
    ),
    "mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f00": op.Map(
        None, READ, frozenset({"private", "anonymous"}), 8192
    ),
    'execve("/bin/ls", ["ls", "-l"], 0x7ffe /* 4 vars */) = 0': op.Execute(op.At("/bin/ls"), ("ls", "-l")),
    "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = 7": op.Clone(
        frozenset({"child_cleartid", "child_settid"})
    ),
    "clone3({flags=CLONE_VM|CLONE_THREAD|CLONE_SIGHAND, exit_signal=0}, 88) = 7": op.Clone(
        frozenset({"vm", "thread", "sighand"})
    ),
    "vfork() = 7": op.Clone(frozenset({"vm", "vfork"})),
    "kill(-1, SIGTERM) = 0": op.Kill(-1, Signal.SIGTERM),
    "kill(12, 0) = 0": op.Kill(12, Signal.NONE),
    "tgkill(12, 13, SIGABRT) = 0": op.KillThread(13, Signal.SIGABRT, 12),
    "ptrace(PTRACE_SEIZE, 12, NULL, 0) = 0": op.Trace("seize", 12),
    "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0": op.Control("set_no_new_privs", (1, 0, 0, 0)),
    "prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY) = 0": op.Control("set_ptracer", (-1,)),
    "setresuid(-1, 1000, -1) = 0": op.SetUsers(-1, 1000, -1),
    "setgroups(2, [4, 24]) = 0": op.SetSupplementaryGroups(frozenset({4, 24})),
    "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_KILL, permitted=1<<CAP_KILL, "
    "inheritable=0}) = 0": op.SetCapabilities(
        frozenset({Capability.CAP_KILL}), frozenset({Capability.CAP_KILL}), frozenset()
    ),
    "umask(022) = 002": op.SetMask(0o022),
    "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3": op.MakeSocket("inet", "stream", 0, close_on_exec=True),
    'connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("8.8.8.8")}, 16) = 0': op.Connect(
        op.Descriptor(3), op.NetworkAddress("inet", IPv4Address("8.8.8.8"), 443)
    ),
    "connect(3, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), "
    'inet_pton(AF_INET6, "::ffff:8.8.8.8", &sin6_addr), sin6_scope_id=0}, 28) = 0': op.Connect(
        op.Descriptor(3), op.NetworkAddress("inet6", IPv4Address("8.8.8.8"), 443)
    ),
    "bind(3, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), "
    'inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = 0': op.Bind(
        op.Descriptor(3), op.NetworkAddress("inet6", IPv6Address("::1"), 80)
    ),
    'connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0': op.Connect(
        op.Descriptor(3), op.NetworkAddress("unix", NO_ADDRESS, 0, "/run/x")
    ),
    'connect(3, {sa_family=AF_UNIX, sun_path=@"bus"}, 110) = 0': op.Connect(
        op.Descriptor(3), op.NetworkAddress("unix", NO_ADDRESS, 0, "", "bus")
    ),
    "connect(3, 0x7ffe, 16) = -1 EFAULT (Bad address)": op.Connect(
        op.Descriptor(3), op.NetworkAddress(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    ),
    "shutdown(3, SHUT_WR) = 0": op.Shutdown(op.Descriptor(3), "write"),
}


@pytest.mark.parametrize("line", ASKED)
def test_a_line_is_what_it_asks_of_the_kernel(line: str) -> None:
    assert decoded(line).operation == ASKED[line]


TOLD = {
    "close(3) = -1 EBADF (Bad file descriptor)": Recorded(None, Errno.EBADF),
    'openat(AT_FDCWD</w>, "a", O_RDONLY) = 3</w/real>': Recorded(3, None, op.Descriptor(3, "/w/real")),
    "pipe2([3<pipe:[1]>, 4<pipe:[1]>], 0) = 0": Recorded(
        0, descriptors=(op.Descriptor(3, "pipe:[1]"), op.Descriptor(4, "pipe:[1]"))
    ),
    'readlink("/l", "/target", 4096) = 7': Recorded(7, text="/target"),
    "getresuid([1000], [1001], [1002]) = 0": Recorded(0, ids=(1000, 1001, 1002)),
    "getgroups(65536, [4, 24]) = 2": Recorded(2, ids=(4, 24)),
    "vfork() = 7": Recorded(7),
}


@pytest.mark.parametrize("line", TOLD)
def test_what_came_of_a_call_is_as_much_as_the_trace_shows(line: str) -> None:
    assert decoded(line).recorded == TOLD[line]


def test_what_a_file_is_comes_from_what_stat_told() -> None:
    status = decoded(
        'newfstatat(AT_FDCWD</w>, "a", {st_dev=makedev(0xfe, 0), st_ino=673, st_mode=S_IFREG|S_ISUID|0755, st_uid=0, '
        "st_gid=5, st_size=4}, 0) = 0"
    ).recorded.status

    assert status is not None
    assert (status.type, status.mode, status.owner, status.group, status.inode) == ("regular", 0o4755, 0, 5, 673)


def test_a_call_that_raises_no_hook_names_the_source_of_that() -> None:
    occurrence = decoded("futex(0x7f, FUTEX_WAIT_PRIVATE, 2, NULL) = 0")

    assert occurrence.operation is None
    assert occurrence.silent == "Linux, kernel/futex/syscalls.c: no hook on its way"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("frobnicate(1) = 0", "trace-unknown-call"),
        ('getxattrat(AT_FDCWD, "/b", 0, "user.a", {value="", size=0}, 16) = 0', "trace-not-modelled"),
        ("openat(AT_FDCWD) = 3", "trace-bad-arguments"),
        ('close("three") = 0', "trace-bad-arguments"),
    ],
)
def test_what_cannot_be_decoded_is_a_finding_that_says_why(line: str, code: str) -> None:
    found = decode(call_in(line), "t")

    assert isinstance(found, Diagnostic)
    assert found.code.name == code
    assert found.span is not None
    assert found.span.line == 1


def test_no_name_is_decoded_and_silent_or_put_off_at_once() -> None:
    assert not DECODERS.keys() & SILENT.keys()
    assert not DECODERS.keys() & LATER
    assert not SILENT.keys() & LATER


LINES = (examples_root() / "02-the-hospital" / "visit.strace").read_bytes().splitlines(keepends=True)


@settings(max_examples=200)
@given(st.data())
def test_no_damage_to_a_line_is_more_than_a_finding(data: st.DataObject) -> None:
    line = bytearray(data.draw(st.sampled_from(LINES)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(line) - 1)))
        line[place : place + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=4))

    for item in read([bytes(line)], "t"):
        if isinstance(item, SystemCall):
            assert isinstance(decode(item, "t"), Occurrence | Diagnostic)
