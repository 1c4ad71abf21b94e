"""Hypothesis strategies for operations: few names, few descriptors, few processes, so that they meet."""

from ipaddress import IPv4Address

from hypothesis import strategies as st

from nslsm.hooks.kinds import OPENING
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel import operations as o
from nslsm.kernel.event import FileStatus, Recorded
from nslsm.kernel.operations import bpf, ipc, keys, machine, rings
from nslsm.protocol.namespace import Demand
from tests.kernel.mounts_at_random import mounting

PATHS = (
    "/",
    "/a",
    "/a/b",
    "/a/b/c",
    "/d",
    "/d/x",
    "a",
    "b/c",
    "../d",
    "/a/../d/x",
    "/l",
    "/l/x",
    "/proc/self/fd",
    "/new/x",
)
NUMBERS = (0, 1, 2, 3, 4, 5, 9)
PIDS = (1, 2, 3, 4, 5, 6, 7, 8, 40)
IDS = (-1, 0, 1000, 1001)

paths = st.sampled_from((*PATHS, UNKNOWN))
descriptors = st.builds(
    o.Descriptor,
    st.sampled_from(NUMBERS),
    st.sampled_from(
        (None, None, None, None, "/a/b", "/d", "pipe:[7]", "socket:[9]", "TCP:[1]", "anon_inode:[eventpoll]")
    ),
    st.booleans(),
)
places = st.one_of(
    st.builds(o.At, paths, follow=st.booleans()),
    st.builds(o.At, st.sampled_from((*PATHS, None)), descriptors, st.booleans()),
)
ids = st.sampled_from((*IDS, UNKNOWN))
sets = st.one_of(st.just(UNKNOWN), st.frozensets(st.sampled_from(list(Capability)), max_size=4))
signals = st.sampled_from((Signal.NONE, Signal.SIGTERM, Signal.SIGKILL, Signal.SIGCONT, UNKNOWN))
addresses = st.one_of(
    st.builds(o.NetworkAddress, st.just("inet"), st.just(IPv4Address("127.0.0.1")), st.sampled_from((0, 80, 8080))),
    st.builds(o.NetworkAddress, st.just("unix"), path=st.sampled_from(("/sock", "/a/sock", "sock"))),
    st.builds(o.NetworkAddress, st.just("unix"), abstract=st.sampled_from(("one", "two"))),
)
families = st.sampled_from(("unix", "unix", "inet", "inet6", "netlink", "packet"))
kinds = st.sampled_from(("stream", "dgram", "raw", "seqpacket"))
open_flags = st.frozensets(st.sampled_from((*OPENING, "close_on_exec")), max_size=4).map(
    lambda flags: flags if flags & {"write"} else flags | {"read"}
)
clone_flags = st.frozensets(
    st.sampled_from(("thread", "fs", "files", "parent", "vm", "vfork", "newuser", "newns", "newlsm")), max_size=3
)

flag = st.booleans()
_ipc_types = st.sampled_from(("queue", "semaphores", "memory"))
_ipc_flags = st.sampled_from((frozenset({"create"}), frozenset({"create", "exclusive"}), frozenset(), UNKNOWN))
_numbers = st.sampled_from((0, 1, 2, 30, UNKNOWN))
_queues = st.sampled_from(("one", "two", "a/b", UNKNOWN))
_rings = st.sampled_from((-1, -2, -3, -4, -5, 0, 1, 2, 3, 30, UNKNOWN))
_key_types = st.sampled_from(("user", "keyring", "nonsense", UNKNOWN))

shared: st.SearchStrategy[o.Operation] = st.one_of(
    st.builds(ipc.GetIpc, _ipc_types, st.sampled_from((0, 7, UNKNOWN)), _ipc_flags, st.just(0o640), st.integers(0, 2)),
    st.builds(
        ipc.ControlIpc,
        _ipc_types,
        _numbers,
        st.sampled_from(("rmid", "set", "stat", "info", "setval", "lock", "shm_stat_any", UNKNOWN)),
        ids,
        ids,
        st.just(0o600),
    ),
    st.builds(ipc.SendMessage, _numbers, st.sampled_from((0, 1, 2, UNKNOWN))),
    st.builds(ipc.ReceiveMessage, _numbers, st.sampled_from((-2, 0, 1, UNKNOWN))),
    st.builds(ipc.OperateSemaphores, _numbers, st.sampled_from((True, False, UNKNOWN)), st.integers(0, 2)),
    st.builds(ipc.AttachMemory, _numbers, st.sampled_from((frozenset(), frozenset({"rdonly"}), UNKNOWN))),
    st.builds(ipc.DetachMemory, st.sampled_from((0x7EFFFFFFF000, 0x7EFFFFFFE000, 5, UNKNOWN))),
    st.builds(ipc.OpenMessageQueue, _queues, open_flags, st.just(0o600)),
    st.builds(ipc.UnlinkMessageQueue, _queues),
    st.builds(ipc.SendToMessageQueue, descriptors),
    st.builds(ipc.ReceiveFromMessageQueue, descriptors),
    st.builds(keys.AddKey, _key_types, st.sampled_from(("a", "b", UNKNOWN)), _rings),
    st.builds(keys.RequestKey, _key_types, st.sampled_from(("a", "b", UNKNOWN)), _rings, flag),
    st.builds(
        keys.ControlKey,
        st.sampled_from(
            (
                *(
                    "get_keyring_id",
                    "join_session_keyring",
                    "update",
                    "revoke",
                    "chown",
                    "setperm",
                    "describe",
                    "clear",
                ),
                *("link", "unlink", "search", "read", "invalidate", "move", "get_persistent", "session_to_parent"),
                *("watch_key", "get_security", "assume_authority", UNKNOWN),
            )
        ),
        _rings,
        _rings,
        _rings,
        _key_types,
        st.sampled_from(("", "a", "b", UNKNOWN)),
        flag,
        ids,
        ids,
        st.sampled_from((0x3F3F0000, 0, UNKNOWN)),
    ),
)

administration: st.SearchStrategy[o.Operation] = st.one_of(
    st.builds(
        bpf.Bpf,
        st.sampled_from(("map_create", "prog_load", "obj_pin", "obj_get", "map_get_fd_by_id", "prog_query", UNKNOWN)),
        st.sampled_from(("array", "sockmap", "queue", "kprobe", UNKNOWN)),
        at=st.builds(o.At, paths),
    ),
    st.builds(
        bpf.OpenMeasurement, st.sampled_from(("software", "tracepoint")), st.sampled_from((-1, 0, 2)), flag, flag, flag
    ),
    st.builds(rings.SetUpRing, st.sampled_from((True, False, UNKNOWN))),
    st.builds(rings.EnterRing, descriptors, st.sampled_from((0, 1, 2))),
    st.builds(rings.RegisterRing, descriptors, st.sampled_from(("register_personality", "register_files"))),
    st.builds(rings.MakeRuleset, flag),
    st.builds(rings.RestrictSelf, descriptors),
    st.builds(machine.SetClock, st.sampled_from((5, UNKNOWN))),
    st.builds(machine.AdjustClock, st.sampled_from((True, False, UNKNOWN)), flag),
    st.builds(machine.Swap, places, flag),
    st.builds(machine.UseLog, st.sampled_from(("read", UNKNOWN))),
    st.builds(
        machine.ControlQuota, st.sampled_from(("quotaon", "getquota", "sync", UNKNOWN)), device=places, file=places
    ),
    st.builds(machine.Account, st.one_of(st.none(), places)),
    st.builds(machine.UsePorts, st.sampled_from((True, False, UNKNOWN))),
    st.builds(machine.GetHandle, places),
    st.builds(machine.OpenByHandle, paths.filter(lambda path: path is UNKNOWN or path.startswith("/a/b")), open_flags),
    st.builds(machine.MakeNotifier, st.sampled_from((0, 1)), flag),
    st.builds(machine.Mark, descriptors, st.one_of(st.none(), places), st.just(frozenset({"open"}))),
    st.builds(machine.AdviseProcess, descriptors),
    st.builds(machine.RemapPages, st.sampled_from((0x7EFFFFFFF000, 5, UNKNOWN)), st.just(4096)),
    st.builds(machine.CacheStatus, descriptors),
    st.builds(machine.LoadLibrary, places),
    st.builds(machine.LoadModule, st.one_of(st.none(), descriptors)),
    st.builds(machine.LoadKernel, st.one_of(st.none(), descriptors), st.one_of(st.none(), descriptors)),
    st.sampled_from(
        (
            *(
                machine.NameMachine(),
                machine.Reboot(),
                machine.HangUp(),
                machine.DeviceStatus(),
                machine.UnloadModule(),
            ),
            *(machine.LookUpCookie(), machine.MakeSecretMemory(), machine.GetSelfAttribute("current")),
        )
    ),
)

operations: st.SearchStrategy[o.Operation] = st.one_of(
    administration,
    shared,
    mounting,
    st.builds(o.Open, places, open_flags, st.sampled_from((0o600, 0o644, UNKNOWN))),
    st.builds(o.Open, places, open_flags, st.just(0o644)),
    st.builds(o.Close, descriptors),
    st.builds(o.CloseRange, st.sampled_from((0, 2)), st.sampled_from((1, 9)), flag, flag),
    st.builds(o.Duplicate, descriptors, st.sampled_from((None, 2, 5)), st.sampled_from((0, 4)), flag, flag),
    st.builds(
        o.Fcntl,
        descriptors,
        st.sampled_from(("getfd", "setfd", "setlk", "setown")),
        st.sampled_from((None, "shared")),
        flag,
    ),
    st.builds(o.Flock, descriptors, st.just("shared")),
    st.builds(o.Ioctl, descriptors, st.integers(0, 9), st.sampled_from((None, True))),
    st.builds(o.Read, descriptors),
    st.builds(o.Write, descriptors),
    st.builds(o.Transfer, descriptors, descriptors),
    st.builds(o.Pipe, flag),
    st.builds(o.OpenSpecial, st.sampled_from(("eventfd", "userfaultfd", "memfd")), flag),
    st.builds(o.OpenSpecial, st.just("pidfd"), flag, st.sampled_from(PIDS)),
    st.builds(o.Map, st.one_of(st.none(), descriptors), st.frozensets(st.sampled_from(("read", "write", "exec")))),
    st.builds(o.Protect, st.just(4096), st.just(4096), st.just(frozenset({"read"}))),
    st.builds(o.Unmap, st.just(4096), st.just(4096)),
    st.builds(o.MakeDirectory, places),
    st.builds(o.MakeNode, places, st.sampled_from(("regular", "fifo", "character_device"))),
    st.builds(o.Unlink, places, flag),
    st.builds(
        o.Rename, places, places, st.sampled_from((frozenset(), frozenset({"exchange"}), frozenset({"noreplace"})))
    ),
    st.builds(o.Rename, places, places),
    st.builds(o.Link, places, places),
    st.builds(o.MakeSymbolicLink, paths, places),
    st.builds(o.ReadLink, places),
    st.builds(o.ChangeDirectory, places),
    st.builds(o.ChangeRoot, places),
    st.builds(o.GetDirectory),
    st.builds(o.Watch, places, st.just(frozenset({"modify"}))),
    st.builds(o.FileSystemStatus, places),
    st.builds(o.Status, places),
    st.builds(o.Access, places, st.frozensets(st.sampled_from(("read", "write", "exec")))),
    st.builds(o.ChangeMode, places, st.sampled_from((0, 0o4755, UNKNOWN))),
    st.builds(o.ChangeOwner, places, ids, ids),
    st.builds(o.Truncate, places, st.just(0)),
    st.builds(o.SetTimes, places, flag),
    st.builds(
        o.SetAttribute,
        places,
        st.sampled_from(("user.k", "trusted.k", "system.posix_acl_access", UNKNOWN)),
        st.just("v"),
    ),
    st.builds(o.GetAttribute, places, st.sampled_from(("user.k", "trusted.k", UNKNOWN))),
    st.builds(o.ListAttributes, places),
    st.builds(o.RemoveAttribute, places, st.sampled_from(("user.k", UNKNOWN))),
    st.builds(o.Clone, clone_flags),
    st.builds(o.Clone, clone_flags),
    st.builds(o.Execute, places),
    st.builds(o.Exit, st.just(0), flag),
    st.builds(o.Wait, st.sampled_from((-1, 0, 2, 3)), flag),
    st.builds(o.SetGroup, st.sampled_from((0, 2, 3)), st.sampled_from((0, 2))),
    st.builds(o.GetGroup, st.sampled_from((0, 2))),
    st.builds(o.SetSession),
    st.builds(o.GetSession, st.sampled_from((0, 2))),
    st.builds(
        o.SetNice, st.sampled_from((-5, 5)), st.sampled_from(("process", "group", "user")), st.sampled_from((0, 2))
    ),
    st.builds(o.SetScheduler, st.sampled_from((0, 2))),
    st.builds(o.GetScheduler, st.sampled_from((0, 2))),
    st.builds(o.SetPriority, st.sampled_from((0, 2)), st.sampled_from(("realtime", "idle")), st.just(0)),
    st.builds(o.GetPriority, st.sampled_from((0, 2))),
    st.builds(o.Limit, st.just("nofile"), st.sampled_from((0, 2)), flag, flag, st.just(1), st.just(1)),
    st.builds(o.MoveMemory, st.sampled_from((0, 2))),
    st.builds(
        o.Control,
        st.sampled_from(("capbset_drop", "cap_ambient", "set_securebits", "set_keepcaps")),
        st.tuples(st.integers(0, 50), st.integers(0, 50)),
    ),
    st.builds(
        o.Control,
        st.sampled_from(("set_no_new_privs", "set_dumpable", "set_child_subreaper")),
        st.tuples(st.sampled_from((0, 1, UNKNOWN))),
    ),
    st.builds(o.Control, st.just("set_ptracer"), st.tuples(st.sampled_from((-1, 0, 2, UNKNOWN)))),
    st.builds(o.Control, st.just("set_name"), st.tuples(st.sampled_from(("worker-with-a-long-name", UNKNOWN)))),
    st.builds(o.SetMask, st.sampled_from((0o077, UNKNOWN))),
    st.builds(o.Unshare, clone_flags),
    st.builds(o.EnterNamespaces, descriptors, st.sampled_from((frozenset(), frozenset({"newns"})))),
    st.builds(o.Quiet, st.just("getpid")),
    st.builds(o.SetUser, ids),
    st.builds(o.SetUsers, ids, ids, st.one_of(st.none(), ids)),
    st.builds(o.SetFileUser, ids),
    st.builds(o.SetGroupId, ids),
    st.builds(o.SetGroupIds, ids, ids, st.one_of(st.none(), ids)),
    st.builds(o.SetFileGroup, ids),
    st.builds(o.SetSupplementaryGroups, st.sampled_from((frozenset({5}), UNKNOWN))),
    st.builds(o.GetIds, st.sampled_from((("uid",), ("uid", "euid", "suid"), ("groups",)))),
    st.builds(o.SetCapabilities, sets, sets, sets),
    st.builds(o.GetCapabilities, st.sampled_from((0, 2))),
    st.builds(o.MakeSocket, families, kinds),
    st.builds(o.MakeSocketPair, st.just("unix"), kinds),
    st.builds(o.Bind, descriptors, addresses),
    st.builds(o.Connect, descriptors, addresses),
    st.builds(o.Listen, descriptors, st.just(5)),
    st.builds(o.Accept, descriptors),
    st.builds(
        o.Send, descriptors, st.one_of(st.none(), addresses), st.just(1), st.lists(descriptors, max_size=2).map(tuple)
    ),
    st.builds(o.Receive, descriptors),
    st.builds(o.GetSocketName, descriptors),
    st.builds(o.GetPeerName, descriptors),
    st.builds(o.GetSocketOption, descriptors, st.just(1), st.just(2)),
    st.builds(o.SetSocketOption, descriptors, st.just(1), st.just(2)),
    st.builds(o.Shutdown, descriptors, st.just("both")),
    st.builds(o.Kill, st.sampled_from((-1, 0, 2, 3, -2, 40)), signals),
    st.builds(o.KillThread, st.sampled_from(PIDS), signals, st.sampled_from((None, 2))),
    st.builds(o.KillByDescriptor, descriptors, signals),
    st.builds(o.Trace, st.sampled_from(("traceme", "attach", "seize", "detach", "cont")), st.sampled_from(PIDS)),
    st.builds(o.ReachMemory, st.sampled_from(PIDS)),
    st.builds(o.TakeDescriptor, descriptors, st.sampled_from(NUMBERS)),
    st.builds(o.Compare, st.sampled_from(PIDS), st.sampled_from(PIDS)),
    st.builds(o.NamespaceUnshare, st.sampled_from(("one", "two", "no name"))),
    st.builds(o.NamespaceEnter, st.integers(0, 4) | descriptors),
    st.builds(o.NamespaceBind, st.integers(0, 4) | descriptors, st.just(()), st.none() | st.integers(0, 2)),
    st.builds(o.NamespaceSeal, st.integers(0, 4) | descriptors),
    st.builds(o.NamespaceLock, st.integers(0, 4) | descriptors, st.frozensets(st.sampled_from(("a", "b")))),
    st.builds(o.NamespaceOpen, st.integers(0, 4)),
    st.builds(
        o.SetSelfAttribute,
        st.sampled_from(("clone_newlsm", "unshare_newlsm", "current")),
        st.sampled_from((None, Demand("one"), Demand("two"), Demand("no name"))),
    ),
)
"""Any operation that the kernel handles."""

_ERRNOS = (Errno.ENOENT, Errno.EACCES, Errno.EPERM, Errno.EINVAL, Errno.EBADF, Errno.ESRCH, Errno.EEXIST, Errno.EIO)

recordings = st.one_of(
    st.builds(
        Recorded,
        st.sampled_from((0, 1, 3, 5, 30, 31)),
        st.none(),
        st.one_of(st.none(), descriptors),
        st.lists(descriptors, min_size=2, max_size=2).map(tuple),
        st.one_of(
            st.none(),
            st.builds(FileStatus, st.just("regular"), st.sampled_from((0o644, UNKNOWN)), st.sampled_from((0, UNKNOWN))),
        ),
        st.sampled_from((None, "/a", UNKNOWN)),
        st.sampled_from((None, (1000, 1000, 1000))),
        st.none(),
        st.one_of(st.none(), addresses),
    ),
    st.builds(Recorded, st.just(-1), st.sampled_from(_ERRNOS)),
    st.just(Recorded(None)),
)
"""What a recording may say of a call, sensible for the call or not."""
