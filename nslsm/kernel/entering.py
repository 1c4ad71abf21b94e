"""A system call begins: its name and arguments, as a filter of system calls sees them (seccomp(2), ADR 0018).

A filter is asked before anything is looked up, and sees numbers alone: what an argument points to is not there for it. A
recording tells which call it was. Where it is simulated, it is the one that the GNU C library makes on x86-64.
"""

from typing import Final, TypeAlias

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel import constants
from nslsm.kernel import operations as op
from nslsm.kernel.constant_table import Constants
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.operations import Operation
from nslsm.kernel.operations.ipc import ControlIpc, GetIpc
from nslsm.kernel.operations.machine import LoadKernel, LoadModule, Swap
from nslsm.kernel.operations.mounts import Unmount
from nslsm.protocol.namespace import Binding, Namespace, NamespaceTree
from nslsm.protocol.things import NamespaceId

HOOK: Final = "system_call"
ARGUMENTS: Final = 6
"""How many arguments a system call has at most."""

_Numbers: TypeAlias = tuple[int | Unknown, ...]

_KNOWN: Final[dict[int, tuple[tuple[Binding, ...], bool]]] = {}
_KEPT: Final = 1 << 12

_FILTERED: Final[dict[int, tuple[NamespaceTree, dict[NamespaceId, bool]]]] = {}
"""Trees, which never change, to which of their namespaces are filtered."""
_TREES: Final = 32

_USUAL: Final[dict[type[Operation], str]] = {
    op.Open: "openat", op.MakeNode: "mknodat", op.SetTimes: "utimensat", op.SetUsers: "setresuid",
    op.SetGroupIds: "setresgid", op.Receive: "recvfrom", op.KillThread: "tgkill", op.Clone: "clone", Unmount: "umount2",
}  # fmt: skip
_OF_DESCRIPTOR: Final[dict[type[Operation], tuple[str, str, str]]] = {
    op.Status: ("newfstatat", "fstat", "newfstatat"),
    op.Truncate: ("truncate", "ftruncate", "truncate"),
    op.ChangeMode: ("chmod", "fchmod", "fchmodat2"),
    op.ChangeOwner: ("chown", "fchown", "lchown"),
    op.ChangeDirectory: ("chdir", "fchdir", "chdir"),
    op.FileSystemStatus: ("statfs", "fstatfs", "statfs"),
    op.Execute: ("execve", "execveat", "execveat"),
    op.SetAttribute: ("setxattr", "fsetxattr", "lsetxattr"),
    op.GetAttribute: ("getxattr", "fgetxattr", "lgetxattr"),
    op.ListAttributes: ("listxattr", "flistxattr", "llistxattr"),
    op.RemoveAttribute: ("removexattr", "fremovexattr", "lremovexattr"),
}
"""What a call is named for a path, for a descriptor, and for a symbolic link itself."""
_SPECIAL: Final = {
    "eventpoll": "epoll_create1", "eventfd": "eventfd2", "signalfd": "signalfd4", "timerfd": "timerfd_create",
    "inotify": "inotify_init1", "memfd": "memfd_create", "memfd_secret": "memfd_secret", "userfaultfd": "userfaultfd",
    "pidfd": "pidfd_open", "fanotify": "fanotify_init", "io_uring": "io_uring_setup", "bpf": "bpf",
    "landlock-ruleset": "landlock_create_ruleset", "perf_event": "perf_event_open", "fscontext": "fsopen",
    "mnt": "fsmount",
}  # fmt: skip
_IPC: Final = {"queue": "msg", "semaphores": "sem", "memory": "shm"}


def entered(context: Context, operation: Operation, call: str = "") -> Asking[None]:
    """The request that a system call begins with, where some control on the caller's lineage handles it.

    ``call`` is its name in a recording; without one, or where a tool names something else, the usual name of the operation.
    """
    if not is_filtered(context):
        return
    name = call if call in _names_of(type(operation)) or isinstance(operation, op.Quiet) else call_of(operation)
    numbers = arguments_of(operation, name)
    facts = {f"arg{place}": number for place, number in enumerate(numbers)}
    yield context.request(HOOK, consequence=None, call=name or UNKNOWN, **facts)


def is_filtered(context: Context) -> bool:
    """Whether somebody is to be asked when the calling task makes a system call; one that breaks counts (Model M2.8)."""
    tree, home = context.state.namespaces, context.task.credentials.namespace
    known = _FILTERED.get(id(tree))
    if known is None:
        while len(_FILTERED) >= _TREES:
            _FILTERED.pop(next(iter(_FILTERED)), None)
        known = _FILTERED[id(tree)] = (tree, {})
    filtered = known[1].get(home)
    if filtered is None:
        filtered = known[1][home] = any(_has_filter(each) for each in tree.lineage(home))
    return filtered


def _has_filter(namespace: Namespace) -> bool:
    """Whether a namespace's bindings have a filter, found out once for each list of bindings."""
    bindings = namespace.bindings
    known = _KNOWN.get(id(bindings))
    if known is not None and known[0] is bindings:
        return known[1]
    found = any(_handles(each) for each in bindings)
    if len(_KNOWN) >= _KEPT:
        _KNOWN.clear()
    _KNOWN[id(bindings)] = (bindings, found)
    return found


def _handles(binding: Binding) -> bool:
    try:
        return bool(binding.control.handles(HOOK))
    except Exception:  # noqa: BLE001 - the engine, which asks again, makes a fault of it
        return True


def call_of(operation: Operation) -> str:
    """The system call that an operation usually is.

    >>> call_of(op.Open(op.At("/etc/passwd"))), call_of(op.Truncate(op.At(None, op.Descriptor(3)), 0))
    ('openat', 'ftruncate')
    """
    kind = type(operation)
    if kind in _OF_DESCRIPTOR:
        at = getattr(operation, "at", None)
        path, descriptor, link = _OF_DESCRIPTOR[kind]
        assert isinstance(at, op.At)
        return descriptor if at.path is None else path if at.follow else link
    if isinstance(operation, op.Quiet | op.OpenSpecial):
        return operation.name if isinstance(operation, op.Quiet) else _SPECIAL.get(operation.kind, "")
    return _by_details(operation) or _USUAL.get(kind) or next(iter(_names_of(kind)), "")


def _by_details(operation: Operation) -> str:
    """The name of a call that goes by what it is given; empty for others."""
    match operation:
        case GetIpc(type=which) | ControlIpc(type=which):
            return _IPC.get(which, "") + ("get" if isinstance(operation, GetIpc) else "ctl")
        case op.Unlink(directory=True):
            return "rmdir"
        case op.Clone(flags=flags) if "vfork" in flags:
            return "vfork"
        case op.Exit(group=group):
            return "exit_group" if group else "exit"
        case op.Pipe(close_on_exec=True):
            return "pipe2"
        case op.Accept(close_on_exec=True):
            return "accept4"
        case op.Send(descriptors=descriptors) if descriptors:
            return "sendmsg"
        case op.ReachMemory(write=True):
            return "process_vm_writev"
        case op.Transfer(spliced=True):
            return "splice"
        case Swap(on=False):
            return "swapoff"
        case LoadModule(descriptor=None):
            return "init_module"
        case LoadModule():
            return "finit_module"
        case LoadKernel(kernel=file) if file is not None:
            return "kexec_file_load"
    return ""


def _names_of(kind: type[Operation]) -> tuple[str, ...]:
    from nslsm.kernel.mapping import raised_by  # noqa: PLC0415 - only where there is a filter

    return raised_by(kind).calls


def arguments_of(operation: Operation, call: str) -> _Numbers:
    """The arguments that are known as numbers; the others are unknown, pointers and what no operation keeps among them.

    The signal by which clone(2) tells of the child's end is taken to be SIGCHLD, and none for a thread.
    """
    found: tuple[int | Unknown, ...]
    match operation:
        case op.MakeSocket(family=family, protocol=protocol) | op.MakeSocketPair(family=family, protocol=protocol):
            found = (_number(constants.SOCKET_FAMILIES, f"AF_{family}".upper()), UNKNOWN, protocol)
        case op.Clone(flags=flags) if call == "clone":
            found = (_bits(flags, constants.CLONE_FLAGS, 0 if "thread" in flags else 17),)
        case op.Unshare(flags=flags):
            found = (_bits(flags, constants.NAMESPACE_FLAGS),)
        case op.EnterNamespaces(descriptor=descriptor, flags=flags):
            found = (descriptor.number, _bits(flags, constants.NAMESPACE_FLAGS))
        case op.Ioctl(descriptor=descriptor, command=command):
            found = (descriptor.number, command)
        case op.Kill(signal=signal) if call == "kill" and not isinstance(signal, Unknown):
            found = (UNKNOWN, int(signal))
        case op.SetMask(mask=mask):
            found = (mask,)
        case op.Control(option=option):
            found = (_number(constants.PRCTL_OPTIONS, f"PR_{option}".upper()),)
        case _:
            found = ()
    return found + (UNKNOWN,) * (ARGUMENTS - len(found))


def _number(table: Constants, name: str) -> int | Unknown:
    number = table.number(name)
    return UNKNOWN if number is None else number


def _bits(words: frozenset[str], table: Constants, bits: int = 0) -> int | Unknown:
    for word in words:
        number = table.number(f"CLONE_{word}".upper())
        if number is None:
            return UNKNOWN
        bits |= number
    return bits
