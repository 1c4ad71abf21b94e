"""What is asked in a call, of what, by the table: the same as SELinux asks in Linux."""

from collections.abc import Callable, Mapping

import pytest
from rpds import HashTrieMap

import nslsm
from nslsm.kernel import operations as op
from nslsm.protocol.things import File, Identity, Socket, Thing
from tests.importers.selinux.asking import BY_NAME


def asked_in(decision: nslsm.Decision) -> set[str]:
    """What was asked in a call: ``target class permission``; the target is left out where it is the object."""
    found = set()
    for each in decision.observed:
        assert each.observation.certain, (each.observation.rule, each.observation.unknown)
        name, _, class_ = each.observation.rule.partition("__")
        asked = BY_NAME[name]
        target = "" if asked.target == "object" else f"{asked.target} "
        source = "" if asked.source == "subject" else f"{asked.source} -> "
        found |= {f"{source}{target}{class_} {each}" for each in asked.permissions or ("?",)}
    return found


class Machine:
    """A kernel in which a task of root's is asked about."""

    def __init__(self, observer: nslsm.LoadedPolicy) -> None:
        self.kernel = nslsm.Kernel(observer["host"])
        self.kernel.file("/srv", type="directory", mode=0o777)
        self.kernel.file("/srv/d", type="directory", mode=0o777)
        self.kernel.file("/srv/d/full", mode=0o666)
        self.kernel.file("/srv/f", mode=0o777)
        self.kernel.file("/srv/link", type="symlink", target="/srv/f")
        self.kernel.file("/bin/run", mode=0o755)
        self.task = self.kernel.init.fork()
        self.other = self.kernel.init.fork()

    def perform(self, operation: op.Operation) -> nslsm.Decision:
        return self.kernel.perform(self.task.pid, operation)

    def opened(self, mode: str = "r") -> int:
        return self.task.open("/srv/f", mode).result


FD = "opener fd use"
IN = "object.parent dir"
Step = Callable[[Machine], nslsm.Decision]

CALLS: Mapping[str, tuple[Step, set[str]]] = {
    "open to read": (lambda m: m.task.open("/srv/f"), {"file read", "file open"}),
    "open to write": (lambda m: m.task.open("/srv/f", "r+"), {"file read", "file write", "file open"}),
    "open to append": (lambda m: m.task.open("/srv/f", "a"), {"file append", "file open"}),
    "open and cut": (lambda m: m.task.open("/srv/f", "w"), {"file write", "file open"}),
    "make": (
        lambda m: m.task.open("/srv/new", "x"),
        {
            *(
                "dir search",
                "dir write",
                f"{IN} add_name",
                f"{IN} search",
                "made file create",
                "made file write",
                "made file open",
            ),
            "made -> filesystem filesystem associate",
        },
    ),
    "read": (lambda m: m.task.read(m.opened()), {FD, "file read"}),
    "write": (lambda m: m.task.write(m.opened("w")), {FD, "file write"}),
    "write at the end": (lambda m: m.task.write(m.opened("a")), {FD, "file append"}),
    "write to a pipe": (lambda m: m.task.write(m.task.pipe().result + 1), {FD, "fifo_file write"}),
    "read of a socket as a file": (
        lambda m: m.task.read(m.task.socketpair().result),
        {FD, "unix_stream_socket read"},
    ),
    "map": (lambda m: m.task.mmap(m.opened()), {FD, "file map", "file read"}),
    "map a library": (
        lambda m: m.task.mmap(m.opened(), ("read", "exec")),
        {FD, "file map", "file read", "file execute"},
    ),
    "map to write back": (
        lambda m: m.task.mmap(m.opened("r+"), ("read", "write"), ("shared",)),
        {FD, "file map", "file read", "file write"},
    ),
    "map code that can be written": (
        lambda m: m.task.mmap(m.opened("r+"), ("read", "write", "exec")),
        {FD, "file map", "file read", "file execute", "subject process execmem"},
    ),
    "map memory": (lambda m: m.task.mmap(None, ("read", "write"), ("private", "anonymous")), set()),
    "map memory for code": (
        lambda m: m.task.mmap(None, ("read", "exec"), ("private", "anonymous")),
        {"subject process execmem"},
    ),
    "stat": (lambda m: m.task.stat("/srv/f"), {"file getattr"}),
    "stat a directory": (lambda m: m.task.stat("/srv/d"), {"dir getattr"}),
    "stat through a link": (lambda m: m.task.stat("/srv/link"), {"lnk_file read", "file getattr"}),
    "access": (lambda m: m.task.access("/srv/f", ("read", "exec")), {"file read", "file execute"}),
    "existence": (lambda m: m.task.access("/srv/f"), set()),
    "chmod": (lambda m: m.task.chmod("/srv/f", 0o600), {"file setattr"}),
    "chown": (lambda m: m.task.chown("/srv/f", 5, 5), {"file setattr"}),
    "truncate": (lambda m: m.task.truncate("/srv/f"), {"file write", "file open"}),
    "an attribute": (lambda m: m.task.setxattr("/srv/f", "trusted.x", "1"), {"file setattr"}),
    "a label": (
        lambda m: m.task.setxattr("/srv/f", "security.selinux", "u:object_r:t"),
        {"file relabelfrom", "written file relabelto", "written -> filesystem filesystem associate"},
    ),
    "mkdir": (
        lambda m: m.task.mkdir("/srv/new"),
        {
            *("dir search", "dir write", f"{IN} add_name", f"{IN} search", "made dir create"),
            "made -> filesystem filesystem associate",
        },
    ),
    "mkfifo": (
        lambda m: m.task.mknod("/srv/new", "fifo"),
        {
            *("dir search", "dir write", f"{IN} add_name", f"{IN} search", "made fifo_file create"),
            "made -> filesystem filesystem associate",
        },
    ),
    "symlink": (
        lambda m: m.task.symlink("x", "/srv/new"),
        {
            *("dir search", "dir write", f"{IN} add_name", f"{IN} search", "made lnk_file create"),
            "made -> filesystem filesystem associate",
        },
    ),
    "link": (
        lambda m: m.task.link("/srv/f", "/srv/new"),
        {"dir search", "dir write", f"{IN} add_name", f"{IN} search", "file link"},
    ),
    "unlink": (
        lambda m: m.task.unlink("/srv/f"),
        {"dir search", "dir write", f"{IN} remove_name", f"{IN} search", "file unlink"},
    ),
    "rename": (
        lambda m: m.task.rename("/srv/f", "/srv/new"),
        {"dir search", "dir write", f"{IN} remove_name", f"{IN} add_name", f"{IN} search", "file rename"},
    ),
    "rename over another": (
        lambda m: m.task.rename("/srv/f", "/srv/d/full"),
        {
            "dir search",
            "dir write",
            f"{IN} remove_name",
            f"{IN} add_name",
            f"{IN} search",
            "file rename",
            "file unlink",
        },
    ),
    "move a directory": (
        lambda m: m.task.rename("/srv/d", "/tmp/d"),
        {
            *("dir search", "dir write", f"{IN} remove_name", f"{IN} add_name", f"{IN} search", "dir rename"),
            "dir reparent",
        },
    ),
    "exchange": (
        lambda m: m.perform(op.Rename(op.At("/srv/f"), op.At("/srv/d/full"), frozenset({"exchange"}))),
        {
            "dir search",
            "dir write",
            f"{IN} remove_name",
            f"{IN} add_name",
            f"{IN} search",
            "file rename",
            "file unlink",
        },
    ),
    "chdir": (lambda m: m.task.chdir("/srv/d"), {"dir search"}),
    "lock": (lambda m: m.perform(op.Flock(op.Descriptor(m.opened()), "shared")), {FD, "file lock"}),
    "ioctl": (lambda m: m.perform(op.Ioctl(op.Descriptor(m.opened()), 0x5401)), {FD, "file ioctl"}),
    "ioctl that looks": (lambda m: m.perform(op.Ioctl(op.Descriptor(m.opened()), 0x541B)), {FD, "file getattr"}),
    "signal": (lambda m: m.task.kill(m.other, "SIGTERM"), {"process signal"}),
    "SIGKILL": (lambda m: m.task.kill(m.other, "SIGKILL"), {"process sigkill"}),
    "no signal": (lambda m: m.task.kill(m.other, 0), {"process signull"}),
    "ptrace": (lambda m: m.task.ptrace(m.other), {"process ptrace"}),
    "look": (lambda m: m.task.process_vm_readv(m.other), {"process ptrace"}),
    "fork": (lambda m: m.perform(op.Clone()), {"subject process fork"}),
    "socket": (lambda m: m.task.socket("inet", "stream"), {"made_socket tcp_socket create"}),
    "datagrams": (lambda m: m.task.socket("inet6", "dgram"), {"made_socket udp_socket create"}),
    "unix socket": (lambda m: m.task.socket("unix", "seqpacket"), {"made_socket unix_stream_socket create"}),
    "netlink": (lambda m: m.task.socket("netlink", "raw"), {"made_socket netlink_route_socket create"}),
    "connect": (
        lambda m: m.task.connect("192.0.2.1", 443),
        {"tcp_socket connect", "object -> port tcp_socket name_connect"},
    ),
    "connect datagrams": (lambda m: m.task.connect("192.0.2.1", 53, kind="dgram"), {"udp_socket connect"}),
    "bind": (
        lambda m: m.task.bind("192.0.2.1", 8080),
        {"tcp_socket bind", "object -> port tcp_socket name_bind", "object -> node tcp_socket node_bind"},
    ),
    "bind a client's port": (
        lambda m: m.task.bind("192.0.2.1", 40000),
        {"tcp_socket bind", "object -> node tcp_socket node_bind"},
    ),
    "statfs": (lambda m: m.perform(op.FileSystemStatus(op.At("/srv/f"))), {"filesystem filesystem getattr"}),
    "user namespace": (lambda m: m.task.unshare({"newuser"}), {"subject user_namespace create"}),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_asks_what_selinux_asks(observer: nslsm.LoadedPolicy, call: str) -> None:
    step, expected = CALLS[call]

    decision = step(Machine(observer))

    assert decision.granted
    assert {each for each in asked_in(decision) if "capability" not in each} == expected


def test_a_program_is_executed_read_and_entered(observer: nslsm.LoadedPolicy) -> None:
    asked = asked_in(Machine(observer).task.execve("/bin/run"))

    assert {"file execute", "file read", "file open", "after process transition", "after -> file entrypoint"} <= asked
    assert "file execute_no_trans" not in asked


def test_looking_into_a_process_is_reading_it(observer: nslsm.LoadedPolicy) -> None:
    machine = Machine(observer)

    looked = machine.kernel.check("ptrace_access_check", machine.task, machine.other, mode={"read", "fscreds"})
    asked = machine.kernel.check("task_prlimit", machine.task, machine.other, flags={"read", "write"})

    assert asked_in(looked) == {"file read"}
    assert asked_in(asked) == {"process getrlimit", "process setrlimit"}


def test_a_capability_is_asked_about_by_class(observer: nslsm.LoadedPolicy) -> None:
    machine = Machine(observer)

    assert "subject capability ?" in asked_in(machine.task.chroot("/srv/d"))


# Hooks


def file(**facts: object) -> File:
    return File("/srv/f", Identity("file", 7), type="regular", owner=0)._replace(**facts)  # type: ignore[arg-type]


def socket(family: str, kind: str, protocol: int = 0) -> Socket:
    return Socket(Identity("socket", 8), 0, family, kind, protocol)


def ipc(kind: str) -> Thing:
    return Thing(kind="ipc", identity=Identity("ipc", 9), home=0, facts=HashTrieMap({"type": kind}))


KEY = Thing(kind="key", identity=Identity("key", 10), home=0)
BPF = Thing(kind="bpf", identity=Identity("bpf", 11), home=0)
FILE_SYSTEM = Thing(kind="mount", identity=Identity("mount", 12), home=0, facts=HashTrieMap({"filesystem": "ext4"}))
STREAM, QUEUE = socket("unix", "stream"), ipc("queue")

QUESTIONS: tuple[tuple[str, object, Mapping[str, object], set[str]], ...] = (
    ("inode_removexattr", file(), {"name": "user.x"}, {"file setattr"}),
    ("inode_removexattr", file(), {"name": "security.selinux"}, set()),
    ("inode_setattr", file(), {"changes": {"size"}, "mode": -1}, {"file write"}),
    ("inode_setattr", file(), {"changes": {"mode", "ctime"}}, {"file setattr"}),
    ("inode_setattr", file(), {"changes": {"atime", "mtime"}}, {"file write"}),
    ("inode_setattr", file(), {"changes": {"atime", "atime_set"}}, {"file setattr"}),
    ("inode_setattr", file(), {"changes": {"force", "mode", "kill_suid"}}, set()),
    ("inode_permission", file(type="directory"), {"mask": {"exec", "write"}}, {"dir search", "dir write"}),
    ("inode_permission", file(), {"mask": {"write", "append"}}, {"file append"}),
    ("inode_permission", file(), {"mask": {"read", "write"}}, {"file read", "file write"}),
    ("inode_permission", file(), {"mask": {"access"}}, set()),
    ("file_fcntl", file(), {"cmd": "setlk"}, {"opener fd use", "file lock"}),
    ("file_fcntl", file(), {"cmd": "getfd"}, set()),
    ("file_receive", file(), {"flags": {"read", "write", "append"}}, {"opener fd use", "file read", "file append"}),
    ("file_mprotect", file(), {"prot": {"read"}}, {"opener fd use", "file read"}),
    ("file_mprotect", file(), {"prot": {"read", "exec"}}, {"opener fd use", "file read", "file execute"}),
    ("file_mprotect", file(type="anonymous"), {"prot": {"read", "exec"}}, {"subject process execmem"}),
    ("mmap_addr", None, {"start": 4096}, {"subject memprotect mmap_zero"}),
    ("mmap_addr", None, {"start": 65536}, set()),
    ("file_ioctl", file(), {"cmd": 0x5421}, {"opener fd use"}),
    ("file_ioctl", file(), {"cmd": 0x40086602}, {"opener fd use", "file setattr"}),
    ("path_notify", file(), {"mask": {"modify"}, "watched": "inode"}, {"file watch"}),
    ("path_notify", file(), {"mask": {"access"}, "watched": "mount"}, {"file watch_mount", "file watch_reads"}),
    (
        *("path_notify", file(), {"mask": {"open_permission"}, "watched": "filesystem"}),
        {"file watch_sb", "file watch_with_perm", "filesystem filesystem watch"},
    ),
    ("quota_on", file(), {}, {"file quotaon"}),
    ("quotactl", FILE_SYSTEM, {"cmd": "setquota"}, {"filesystem filesystem quotamod"}),
    ("quotactl", FILE_SYSTEM, {"cmd": "getquota"}, {"filesystem filesystem quotaget"}),
    ("sb_mount", FILE_SYSTEM, {"flags": {"bind"}, "target": file(type="directory")}, {"target dir mounton"}),
    ("sb_mount", FILE_SYSTEM, {"flags": {"remount"}, "target": file()}, {"filesystem filesystem remount"}),
    ("sb_kern_mount", FILE_SYSTEM, {}, {"filesystem filesystem mount"}),
    ("sb_umount", FILE_SYSTEM, {"flags": set()}, {"filesystem filesystem unmount"}),
    (
        "inode_init_security_anon",
        file(type="anonymous"),
        {"name": "[userfaultfd]"},
        {"made_anonymous anon_inode create"},
    ),
    ("capable", None, {"cap": "CAP_CHOWN", "initial_user_namespace": True}, {"subject capability ?"}),
    ("capable", None, {"cap": "CAP_BPF", "initial_user_namespace": True}, {"subject capability2 ?"}),
    ("capable", None, {"cap": "CAP_CHOWN", "initial_user_namespace": False}, {"subject cap_userns ?"}),
    ("capable", None, {"cap": "CAP_BPF", "initial_user_namespace": False}, {"subject cap2_userns ?"}),
    (
        "socket_create",
        None,
        {"family": "inet", "type": "stream", "protocol": 132, "kern": False},
        {"made_socket sctp_socket create"},
    ),
    (
        "socket_create",
        None,
        {"family": "inet", "type": "raw", "protocol": 1, "kern": False},
        {"made_socket rawip_socket create"},
    ),
    (
        "socket_create",
        None,
        {"family": "inet6", "type": "dgram", "protocol": 58, "kern": False},
        {"made_socket icmp_socket create"},
    ),
    (
        "socket_create",
        None,
        {"family": "netlink", "type": "raw", "protocol": 9, "kern": False},
        {"made_socket netlink_audit_socket create"},
    ),
    (
        "socket_create",
        None,
        {"family": "other", "type": "stream", "protocol": 0, "kern": False},
        {"made_socket socket create"},
    ),
    ("socket_create", None, {"family": "inet", "type": "stream", "protocol": 0, "kern": True}, set()),
    ("socket_listen", socket("vsock", "stream"), {"backlog": 5}, {"vsock_socket listen"}),
    ("socket_setsockopt", socket("packet", "raw"), {"level": 1, "option": 2}, {"packet_socket setopt"}),
    ("socket_connect", socket("inet", "stream"), {"family": "unspec", "port": 0}, {"tcp_socket connect"}),
    (
        *("sctp_bind_connect", socket("inet", "stream", 132), {"option": "connect", "port": 9}),
        {"sctp_socket connect", "object -> port sctp_socket name_connect"},
    ),
    ("unix_stream_connect", STREAM, {"own": STREAM, "peer": STREAM}, {"own -> unix_stream_socket connectto"}),
    (
        *("unix_may_send", socket("unix", "dgram"), {"own": socket("unix", "dgram"), "peer": socket("unix", "dgram")}),
        {"own -> unix_dgram_socket sendto"},
    ),
    ("ipc_permission", QUEUE, {"mask": {"read", "write"}}, {"msgq unix_read", "msgq unix_write"}),
    ("shm_alloc_security", ipc("memory"), {}, {"subject shm create"}),
    ("msg_queue_msgctl", QUEUE, {"cmd": "stat"}, {"msgq getattr", "msgq associate"}),
    ("msg_queue_msgctl", QUEUE, {"cmd": "msg_info"}, {"kernel system ipc_info"}),
    ("sem_semctl", ipc("semaphores"), {"cmd": "rmid"}, {"sem destroy"}),
    ("sem_semctl", ipc("semaphores"), {"cmd": "setall"}, {"sem write"}),
    ("sem_semop", ipc("semaphores"), {"alter": True}, {"sem read", "sem write"}),
    ("shm_shmat", ipc("memory"), {"flags": {"rdonly"}}, {"shm read"}),
    ("shm_shmctl", ipc("memory"), {"cmd": "lock"}, {"shm lock"}),
    (
        *("msg_queue_msgsnd", QUEUE, {"message_type": 1, "size": 1, "flags": set()}),
        {"msgq write", "made_message msg send", "made_message -> msgq enqueue"},
    ),
    ("key_permission", KEY, {"need": "link"}, {"key link"}),
    ("key_permission", KEY, {"need": "unlink"}, set()),
    ("watch_key", KEY, {}, {"key view"}),
    ("bpf", None, {"cmd": "map_create"}, {"subject bpf map_create"}),
    ("bpf", None, {"cmd": "obj_get"}, set()),
    ("bpf_map", BPF, {"mask": {"read", "write"}}, {"bpf map_read", "bpf map_write"}),
    ("perf_event_open", None, {"reaches": "kernel"}, {"subject perf_event kernel"}),
    ("syslog", None, {"action": "read_all"}, {"kernel system syslog_read"}),
    ("syslog", None, {"action": "console_level"}, {"kernel system syslog_console"}),
    ("syslog", None, {"action": "read"}, {"kernel system syslog_mod"}),
    ("kernel_read_file", file(), {"purpose": "module", "contents": True}, {"opener fd use", "system module_load"}),
    ("kernel_read_file", file(), {"purpose": "firmware", "contents": True}, set()),
    ("kernel_load_data", None, {"purpose": "module", "contents": True}, {"subject system module_load"}),
    ("setprocattr", None, {"name": "exec", "value": "u:r:t"}, {"subject process setexec"}),
    (
        *("setprocattr", None, {"name": "current", "value": "u:r:t"}),
        {"subject process setcurrent", "written process dyntransition"},
    ),
)


@pytest.mark.parametrize(("hook", "thing", "facts", "expected"), QUESTIONS)
def test_a_hook_asks_what_selinux_asks(
    observer: nslsm.LoadedPolicy, hook: str, thing: object, facts: Mapping[str, object], expected: set[str]
) -> None:
    kernel = nslsm.Kernel(observer["host"])

    assert asked_in(kernel.check(hook, kernel.init, thing, **facts)) == expected
