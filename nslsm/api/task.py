"""A task of a simulated kernel: its system calls, as methods. Each returns the decision; descriptors are plain numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from nslsm.api.binding import Bindables
from nslsm.api.decisions import Decision, Denied
from nslsm.api.declared import inherited_credentials
from nslsm.api.values import open_flags, value_of
from nslsm.engine.attributes import attributes_of
from nslsm.hooks.linux import Errno, Signal
from nslsm.hooks.types import SIGNAL, UNKNOWN
from nslsm.kernel import operations as op
from nslsm.kernel.operations.machine import LoadModule
from nslsm.kernel.operations.mounts import Mount, PivotRoot, Unmount
from nslsm.language.program.interpret import Missing
from nslsm.protocol.namespace import Demand, Limits, Namespace
from nslsm.protocol.things import Credentials, Value
from nslsm.protocol.things import Task as TaskValue

if TYPE_CHECKING:
    from nslsm.api.kernel import Kernel

CURRENT: Final = "current"
"""``LSM_ATTR_CURRENT``: what each module keeps about the task now."""


class Task:
    """One task, by its number in its kernel. It stays the same handle whatever becomes of the task."""

    __slots__ = ("_kernel", "pid")

    def __init__(self, kernel: "Kernel", pid: int) -> None:
        self._kernel = kernel
        self.pid: Final = pid

    def __repr__(self) -> str:
        return f"<task {self.pid}>"

    def __eq__(self, other: object) -> bool:
        """The same number in the same kernel."""
        return isinstance(other, Task) and other.pid == self.pid and other._kernel is self._kernel

    def __hash__(self) -> int:
        return hash((id(self._kernel), self.pid))

    def lives_in(self, kernel: "Kernel") -> bool:
        """Whether it is a task of that kernel."""
        return self._kernel is kernel

    # What it is

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.pid in self._kernel.state.tasks

    @property
    def value(self) -> TaskValue:
        """What rules see of it; ProcessLookupError once it has ended."""
        found = self._kernel.state.tasks.get(self.pid)
        if found is None:
            raise ProcessLookupError(int(Errno.ESRCH), f"task {self.pid} has ended")
        return found

    @property
    def credentials(self) -> Credentials:
        """Its ids and capabilities."""
        return self.value.credentials

    @property
    def exe(self) -> str:
        """The program that it runs."""
        return str(self.value.exe)

    @property
    def namespace(self) -> Namespace:
        """The security namespace that it is in."""
        return self._kernel.state.namespaces[self.value.home]

    # Files

    def open(self, path: str, mode: "str | int | Iterable[str]" = "r", permissions: int = 0o666) -> Decision:
        """open(2); ``mode`` as for :func:`open`, as for :func:`os.open`, or words. The descriptor is the result."""
        return self._do(op.Open(op.At(path), open_flags(mode), permissions))

    def close(self, fd: int) -> Decision:
        """close(2)."""
        return self._do(op.Close(op.Descriptor(fd)))

    def read(self, fd: int) -> Decision:
        """read(2)."""
        return self._do(op.Read(op.Descriptor(fd)))

    def write(self, fd: int, data: str | None = None) -> Decision:
        """write(2). ``data`` counts in files of /proc/self/attr, which the kernel reads itself."""
        return self._do(op.Write(op.Descriptor(fd), UNKNOWN if data is None else data))

    def dup(self, fd: int, target: int | None = None) -> Decision:
        """dup(2), or dup2(2) to ``target``."""
        return self._do(op.Duplicate(op.Descriptor(fd), target))

    def pipe(self) -> Decision:
        """pipe(2); the result is the end to read from, the other is the next free descriptor."""
        return self._do(op.Pipe())

    def mmap(
        self, fd: int | None, protection: Iterable[str] = ("read",), flags: Iterable[str] = ("private",)
    ) -> Decision:
        """mmap(2): ``protection`` of ``read``, ``write``, ``exec``; without a descriptor, memory of its own."""
        descriptor = None if fd is None else op.Descriptor(fd)
        return self._do(op.Map(descriptor, frozenset(protection), frozenset(flags)))

    def truncate(self, path: str, size: int = 0) -> Decision:
        """truncate(2)."""
        return self._do(op.Truncate(op.At(path), size))

    def stat(self, path: str) -> Decision:
        """stat(2)."""
        return self._do(op.Status(op.At(path)))

    def lstat(self, path: str) -> Decision:
        """lstat(2)."""
        return self._do(op.Status(op.At(path, follow=False)))

    def access(self, path: str, mask: Iterable[str] = ()) -> Decision:
        """access(2): ``mask`` of ``read``, ``write``, ``exec``; none asks whether the file is there."""
        return self._do(op.Access(op.At(path), frozenset(mask)))

    def readlink(self, path: str) -> Decision:
        """readlink(2)."""
        return self._do(op.ReadLink(op.At(path)))

    def mkdir(self, path: str, mode: int = 0o777) -> Decision:
        """mkdir(2)."""
        return self._do(op.MakeDirectory(op.At(path), mode))

    def rmdir(self, path: str) -> Decision:
        """rmdir(2)."""
        return self._do(op.Unlink(op.At(path), directory=True))

    def mknod(self, path: str, kind: str = "regular", mode: int = 0o666) -> Decision:
        """mknod(2); ``kind``: ``regular``, ``fifo``, ``socket``, ``character_device``, ``block_device``."""
        return self._do(op.MakeNode(op.At(path), kind, mode))

    def unlink(self, path: str) -> Decision:
        """unlink(2)."""
        return self._do(op.Unlink(op.At(path)))

    def rename(self, old: str, new: str) -> Decision:
        """rename(2)."""
        return self._do(op.Rename(op.At(old), op.At(new)))

    def link(self, old: str, new: str) -> Decision:
        """link(2)."""
        return self._do(op.Link(op.At(old, follow=False), op.At(new)))

    def symlink(self, target: str, path: str) -> Decision:
        """symlink(2)."""
        return self._do(op.MakeSymbolicLink(target, op.At(path)))

    def chmod(self, path: str, mode: int) -> Decision:
        """chmod(2)."""
        return self._do(op.ChangeMode(op.At(path), mode))

    def chown(self, path: str, owner: int = -1, group: int = -1) -> Decision:
        """chown(2)."""
        return self._do(op.ChangeOwner(op.At(path), owner, group))

    def setxattr(self, path: str, name: str, value: str) -> Decision:
        """setxattr(2)."""
        return self._do(op.SetAttribute(op.At(path), name, value))

    def getxattr(self, path: str, name: str) -> Decision:
        """getxattr(2)."""
        return self._do(op.GetAttribute(op.At(path), name))

    def listxattr(self, path: str) -> Decision:
        """listxattr(2)."""
        return self._do(op.ListAttributes(op.At(path)))

    def removexattr(self, path: str, name: str) -> Decision:
        """removexattr(2)."""
        return self._do(op.RemoveAttribute(op.At(path), name))

    def chdir(self, path: str) -> Decision:
        """chdir(2)."""
        return self._do(op.ChangeDirectory(op.At(path)))

    def chroot(self, path: str) -> Decision:
        """chroot(2)."""
        return self._do(op.ChangeRoot(op.At(path)))

    def mount(
        self,
        source: str,
        target: str,
        kind: str = "",
        flags: Iterable[str] = (),
        options: str = "",
    ) -> Decision:
        """mount(2) of a file system of that ``kind``; ``flags`` in the words of ``MOUNT_FLAGS``: ``bind``, ``rdonly``, …."""
        return self._do(Mount(op.At(target), source, kind, frozenset(flags), options))

    def umount(self, target: str, flags: Iterable[str] = ()) -> Decision:
        """umount2(2); ``flags`` in the words of ``UNMOUNT_FLAGS``."""
        return self._do(Unmount(op.At(target), frozenset(flags)))

    def pivot_root(self, new_root: str, put_old: str) -> Decision:
        """pivot_root(2)."""
        return self._do(PivotRoot(op.At(new_root), op.At(put_old)))

    def umask(self, mask: int) -> Decision:
        """umask(2); the result is the old one."""
        return self._do(op.SetMask(mask))

    # Processes

    def execve(self, path: str, *arguments: str) -> Decision:
        """execve(2): the task runs another program."""
        return self._do(op.Execute(op.At(path), arguments or (path,)))

    def fork(self, **credentials: object) -> "Task":
        """fork(2): the child. :class:`~nslsm.api.decisions.Denied` where it was refused.

        ``credentials`` are declared, not asked for: the child has them from the start, as if a login program had seen to it.
        ``uid`` stands for all four ids, and for having no capabilities unless it is 0; others keep what the parent has.
        """
        return self._child(frozenset(), credentials)

    def thread(self) -> "Task":
        """clone(2) of a thread: it shares memory, files, directory and namespace."""
        return self._child(frozenset({"vm", "fs", "files", "sighand", "thread"}), {})

    def clone(self, flags: Iterable[str] = (), **credentials: object) -> "Task":
        """clone(2) with flags of ``CLONE_FLAGS``; with ``newlsm``, into the namespace that ``lsm_set_self_attr`` asked for."""
        return self._child(frozenset(flags), credentials)

    def exit(self, *, group: bool = True) -> Decision:
        """exit_group(2), or exit(2) of this task alone."""
        return self._do(op.Exit(0, group))

    def wait(self, pid: int = -1) -> Decision:
        """wait4(2) without blocking; the result is the child, 0 where none has ended."""
        return self._do(op.Wait(pid))

    def kill(self, target: "Task | int", signal: "Signal | int | str" = Signal.SIGTERM) -> Decision:
        """kill(2); -1 for everybody, as there."""
        number = self._number(target)
        meant = value_of("signal", signal, SIGNAL)
        assert isinstance(meant, Signal)
        return self._do(op.Kill(number, meant))

    def ptrace(self, target: "Task | int") -> Decision:
        """ptrace(2) ``PTRACE_ATTACH``."""
        number = target.pid if isinstance(target, Task) and target.lives_in(self._kernel) else self._number(target)
        return self._do(op.Trace("attach", number))

    def traceme(self) -> Decision:
        """ptrace(2) ``PTRACE_TRACEME``."""
        return self._do(op.Trace("traceme"))

    def process_vm_readv(self, target: "Task | int") -> Decision:
        """process_vm_readv(2): another process's memory is read."""
        return self._do(op.ReachMemory(self._number(target)))

    def process_vm_writev(self, target: "Task | int") -> Decision:
        """process_vm_writev(2)."""
        return self._do(op.ReachMemory(self._number(target), write=True))

    def pidfd_open(self, target: "Task | int") -> Decision:
        """pidfd_open(2); the descriptor is the result."""
        return self._do(op.OpenSpecial("pidfd", pid=self._number(target)))

    def pidfd_getfd(self, pidfd: int, fd: int) -> Decision:
        """pidfd_getfd(2): a descriptor of another process is taken; the own one is the result."""
        return self._do(op.TakeDescriptor(op.Descriptor(pidfd), fd))

    def setns(self, fd: int, flags: Iterable[str] = ()) -> Decision:
        """setns(2): Linux's own namespaces; a handle of a security namespace is for :meth:`lsm_enter`."""
        return self._do(op.EnterNamespaces(op.Descriptor(fd), frozenset(flags)))

    def finit_module(self, fd: int) -> Decision:
        """finit_module(2)."""
        return self._do(LoadModule(op.Descriptor(fd)))

    def setuid(self, uid: int) -> Decision:
        """setuid(2)."""
        return self._do(op.SetUser(uid))

    def setresuid(self, real: int = -1, effective: int = -1, saved: int = -1) -> Decision:
        """setresuid(2)."""
        return self._do(op.SetUsers(real, effective, saved))

    def setgid(self, gid: int) -> Decision:
        """setgid(2)."""
        return self._do(op.SetGroupId(gid))

    def setgroups(self, groups: Iterable[int]) -> Decision:
        """setgroups(2)."""
        return self._do(op.SetSupplementaryGroups(frozenset(groups)))

    def prctl(self, option: str, *arguments: int) -> Decision:
        """prctl(2); ``option`` is of ``PRCTL_OPTION``, small and without ``PR_``: ``set_no_new_privs``, ``set_ptracer``."""
        return self._do(op.Control(option, arguments))

    def setsid(self) -> Decision:
        """setsid(2)."""
        return self._do(op.SetSession())

    def unshare(self, flags: Iterable[str]) -> Decision:
        """unshare(2) with flags of ``CLONE_FLAGS``."""
        return self._do(op.Unshare(frozenset(flags)))

    # Sockets

    def socket(self, family: str = "inet", kind: str = "stream") -> Decision:
        """socket(2); the descriptor is the result."""
        return self._do(op.MakeSocket(family, kind))

    def socketpair(self, family: str = "unix", kind: str = "stream") -> Decision:
        """socketpair(2); the result is one descriptor, the other is the next free one."""
        return self._do(op.MakeSocketPair(family, kind))

    def connect(self, address: str, port: int = 0, *, fd: int | None = None, kind: str = "stream") -> Decision:
        """connect(2) to an address and a port, or to a unix socket (``/run/x.sock``, ``@abstract``).

        Without ``fd`` a socket of that kind is made first; where that is refused, its decision comes back.
        """
        return self._with_socket(address, port, fd, kind, op.Connect)

    def bind(self, address: str, port: int = 0, *, fd: int | None = None, kind: str = "stream") -> Decision:
        """bind(2), as :meth:`connect`."""
        return self._with_socket(address, port, fd, kind, op.Bind)

    def listen(self, fd: int, backlog: int = 128) -> Decision:
        """listen(2)."""
        return self._do(op.Listen(op.Descriptor(fd), backlog))

    def accept(self, fd: int) -> Decision:
        """accept(2); the new descriptor is the result."""
        return self._do(op.Accept(op.Descriptor(fd)))

    def sendto(
        self, fd: int, address: str | None = None, port: int = 0, *, descriptors: Iterable[int] = ()
    ) -> Decision:
        """sendto(2), sendmsg(2); ``descriptors`` go along (``SCM_RIGHTS``)."""
        to = None if address is None else _address(address, port)
        passed = tuple(op.Descriptor(each) for each in descriptors)
        return self._do(op.Send(op.Descriptor(fd), to, descriptors=passed))

    def recv(self, fd: int) -> Decision:
        """recvmsg(2)."""
        return self._do(op.Receive(op.Descriptor(fd)))

    # Security namespaces

    def lsm_unshare(
        self,
        name: str,
        policy: Bindables = None,
        *,
        sealed: bool = False,
        limits: Limits | None = None,
    ) -> Decision:
        """A child of its namespace is made, ``policy`` bound in it, and its process moved in: all or nothing (Model M5.1).

        The namespace's number is the result. EPERM without no_new_privs and CAP_MAC_ADMIN, or where a lock shuts a control out;
        EEXIST for a name that is taken, EINVAL for what is no name, ENOSPC for a limit.
        """
        bindings = self._kernel.bindings(policy)
        return self._do(op.NamespaceUnshare(name, bindings, sealed=sealed, limits=limits))

    def lsm_enter(self, namespace: "str | int | Namespace | None" = None, *, fd: int | None = None) -> Decision:
        """Its process moves down into a descendant, which it names or has a handle of (Model M5.1).

        EPERM for any other, EINVAL for the one that it is in, EBADF for a descriptor that is no handle.
        """
        if (namespace is None) == (fd is None):
            raise TypeError("lsm_enter takes a namespace, or the descriptor of one")
        return self._do(op.NamespaceEnter(self._target(namespace) if fd is None else op.Descriptor(fd)))

    def lsm_bind(
        self, namespace: "str | int | Namespace", policy: Bindables, *, sequence: int | None = None
    ) -> Decision:
        """Controls are bound in its namespace or below (Model M5.1, M5.7). ESTALE where ``sequence`` is not the target's."""
        return self._do(op.NamespaceBind(self._target(namespace), self._kernel.bindings(policy), sequence))

    def lsm_seal(self, namespace: "str | int | Namespace") -> Decision:
        """Bindings, moves, limits and lock of a namespace are final (Model M5.3)."""
        return self._do(op.NamespaceSeal(self._target(namespace)))

    def lsm_lock(self, namespace: "str | int | Namespace", controls: Bindables = None) -> Decision:
        """Descendants may bind these controls only, whatever their arguments (Model M5.3); without any, none at all."""
        allowed = frozenset(binding.control.origin for binding in self._kernel.bindings(controls))
        return self._do(op.NamespaceLock(self._target(namespace), allowed))

    def lsm_open(self, namespace: "str | int | Namespace") -> Decision:
        """A handle that keeps a namespace alive; the descriptor is the result."""
        return self._do(op.NamespaceOpen(self._target(namespace)))

    def lsm_set_self_attr(self, attribute: str, name: str | None, policy: Bindables = None) -> Decision:
        """What the next clone or unshare with ``newlsm`` makes: ``clone_newlsm``, ``unshare_newlsm``; None takes it back."""
        demand = None if name is None else Demand(name, self._kernel.bindings(policy))
        return self._do(op.SetSelfAttribute(attribute, demand))

    def lsm_list_modules(self) -> tuple[str, ...]:
        """The controls that its own namespace binds, in order. What is bound above is not told (lsm_list_modules(2))."""
        return tuple(binding.control.name for binding in self.namespace.bindings)

    def lsm_get_self_attr(self, attribute: str = CURRENT) -> Mapping[str, Mapping[str, Value | None]]:
        """What the controls of its own namespace keep about its process, by binding and attribute; None for what is unknown.

        OSError with EOPNOTSUPP for an attribute that is none, or that no control has, as lsm_get_self_attr(2) says.
        """
        state = self._kernel.state
        found = attributes_of(state, self.value, self.value, self.namespace) if attribute == CURRENT else {}
        if not found:
            raise OSError(int(Errno.EOPNOTSUPP), f"no control here keeps {attribute!r} about a task")
        return {
            binding: {name: None if isinstance(each, Missing) else each for name, each in kept.items()}
            for binding, kept in found.items()
        }

    # Inside

    def _do(self, operation: op.Operation) -> Decision:
        return self._kernel.perform(self.pid, operation)

    def _child(self, flags: frozenset[str], credentials: Mapping[str, object]) -> "Task":
        inherited_credentials(self.credentials, credentials)  # what cannot be declared raises before there is a child
        decision = self._do(op.Clone(flags))
        if not decision.granted:
            raise Denied(decision)
        child = Task(self._kernel, decision.result)
        if credentials:
            held = inherited_credentials(child.credentials, credentials)
            self._kernel.replace_task(replace(child.value, credentials=held))
        return child

    def _with_socket(
        self, address: str, port: int, fd: int | None, kind: str, call: "type[op.Connect | op.Bind]"
    ) -> Decision:
        to = _address(address, port)
        if fd is None:
            made = self._do(op.MakeSocket(to.family, kind))
            if not made.granted:
                return made
            fd = made.result
        return self._do(call(op.Descriptor(fd), to))

    def _number(self, target: "Task | int") -> int:
        """The number of a task of this kernel, which may have ended."""
        if not isinstance(target, Task):
            return target
        if not target.lives_in(self._kernel):
            raise ValueError(f"{target} is of another kernel")
        return target.value.tgid if target.alive else target.pid

    def _target(self, namespace: "str | int | Namespace | None") -> int:
        assert namespace is not None
        if isinstance(namespace, Namespace):
            return namespace.id
        return namespace if isinstance(namespace, int) else self._kernel.namespace(namespace).id


def _address(address: str, port: int) -> op.NetworkAddress:
    if address.startswith("@"):
        return op.NetworkAddress("unix", abstract=address[1:])
    if "/" in address:
        return op.NetworkAddress("unix", path=address)
    found = ip_address(address)
    return op.NetworkAddress("inet" if found.version == 4 else "inet6", found, port)
