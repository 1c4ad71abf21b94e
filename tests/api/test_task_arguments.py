"""What the methods of a task hand on to the kernel: each argument in its place."""

from collections.abc import Callable
from ipaddress import ip_address

import pytest

import nslsm
from nslsm import Signal, Task
from nslsm.kernel import operations as op
from nslsm.kernel.operations import At, Descriptor, NetworkAddress, Operation

INET = NetworkAddress("inet", ip_address("192.0.2.1"), 443)

MADE: tuple[tuple[Callable[[Task], object], Operation], ...] = (
    (lambda t: t.open("/a", "w", 0o600), op.Open(At("/a"), frozenset({"write", "create", "truncate"}), 0o600)),
    (lambda t: t.dup(3, 7), op.Duplicate(Descriptor(3), 7)),
    (lambda t: t.mmap(3, {"exec"}, {"shared"}), op.Map(Descriptor(3), frozenset({"exec"}), frozenset({"shared"}))),
    (lambda t: t.mmap(None), op.Map(None, frozenset({"read"}), frozenset({"private"}))),
    (lambda t: t.truncate("/a", 7), op.Truncate(At("/a"), 7)),
    (lambda t: t.stat("/a"), op.Status(At("/a"))),
    (lambda t: t.lstat("/a"), op.Status(At("/a", follow=False))),
    (lambda t: t.access("/a", {"read"}), op.Access(At("/a"), frozenset({"read"}))),
    (lambda t: t.mkdir("/a", 0o700), op.MakeDirectory(At("/a"), 0o700)),
    (lambda t: t.rmdir("/a"), op.Unlink(At("/a"), directory=True)),
    (lambda t: t.unlink("/a"), op.Unlink(At("/a"))),
    (lambda t: t.mknod("/a", "fifo", 0o600), op.MakeNode(At("/a"), "fifo", 0o600)),
    (lambda t: t.rename("/a", "/b"), op.Rename(At("/a"), At("/b"))),
    (lambda t: t.link("/a", "/b"), op.Link(At("/a", follow=False), At("/b"))),
    (lambda t: t.symlink("../a", "/b"), op.MakeSymbolicLink("../a", At("/b"))),
    (lambda t: t.chmod("/a", 0o640), op.ChangeMode(At("/a"), 0o640)),
    (lambda t: t.chown("/a", 3, 4), op.ChangeOwner(At("/a"), 3, 4)),
    (lambda t: t.chown("/a", group=4), op.ChangeOwner(At("/a"), -1, 4)),
    (lambda t: t.setxattr("/a", "user.x", "1"), op.SetAttribute(At("/a"), "user.x", "1")),
    (lambda t: t.umask(0o77), op.SetMask(0o77)),
    (lambda t: t.execve("/a"), op.Execute(At("/a"), ("/a",))),
    (lambda t: t.execve("/a", "a", "-v"), op.Execute(At("/a"), ("a", "-v"))),
    (lambda t: t.exit(), op.Exit(0, group=True)),
    (lambda t: t.exit(group=False), op.Exit(0, group=False)),
    (lambda t: t.wait(7), op.Wait(7)),
    (lambda t: t.kill(-1), op.Kill(-1, Signal.SIGTERM)),
    (lambda t: t.kill(t, "SIGKILL"), op.Kill(1, Signal.SIGKILL)),
    (lambda t: t.kill(7, 9), op.Kill(7, Signal.SIGKILL)),
    (lambda t: t.ptrace(7), op.Trace("attach", 7)),
    (lambda t: t.traceme(), op.Trace("traceme")),
    (lambda t: t.process_vm_readv(7), op.ReachMemory(7)),
    (lambda t: t.process_vm_writev(7), op.ReachMemory(7, write=True)),
    (lambda t: t.pidfd_open(t), op.OpenSpecial("pidfd", pid=1)),
    (lambda t: t.pidfd_getfd(3, 4), op.TakeDescriptor(Descriptor(3), 4)),
    (lambda t: t.setns(3, {"newnet"}), op.EnterNamespaces(Descriptor(3), frozenset({"newnet"}))),
    (lambda t: t.setresuid(1, 2, 3), op.SetUsers(1, 2, 3)),
    (lambda t: t.setgroups([2, 1]), op.SetSupplementaryGroups(frozenset({1, 2}))),
    (lambda t: t.prctl("set_ptracer", 7), op.Control("set_ptracer", (7,))),
    (lambda t: t.unshare({"newns"}), op.Unshare(frozenset({"newns"}))),
    (lambda t: t.socket("unix", "dgram"), op.MakeSocket("unix", "dgram")),
    (lambda t: t.socketpair("unix", "dgram"), op.MakeSocketPair("unix", "dgram")),
    (lambda t: t.connect("192.0.2.1", 443, fd=3), op.Connect(Descriptor(3), INET)),
    (lambda t: t.bind("192.0.2.1", 443, fd=3), op.Bind(Descriptor(3), INET)),
    (lambda t: t.connect("/run/x", fd=3), op.Connect(Descriptor(3), NetworkAddress("unix", path="/run/x"))),
    (lambda t: t.connect("@x", fd=3), op.Connect(Descriptor(3), NetworkAddress("unix", abstract="x"))),
    (lambda t: t.listen(3, 5), op.Listen(Descriptor(3), 5)),
    (
        lambda t: t.sendto(3, descriptors=[4, 5]),
        op.Send(Descriptor(3), None, descriptors=(Descriptor(4), Descriptor(5))),
    ),
    (lambda t: t.sendto(3, "192.0.2.1", 443), op.Send(Descriptor(3), INET)),
    (lambda t: t.lsm_enter(fd=3), op.NamespaceEnter(Descriptor(3))),
    (lambda t: t.lsm_bind("root", (), sequence=4), op.NamespaceBind(0, (), 4)),
    (lambda t: t.lsm_lock("root"), op.NamespaceLock(0, frozenset())),
    (lambda t: t.lsm_set_self_attr("unshare_newlsm", None), op.SetSelfAttribute("unshare_newlsm", None)),
)


@pytest.mark.parametrize(("call", "operation"), MADE, ids=range(len(MADE)))
def test_each_argument_is_handed_on_in_its_place(
    call: Callable[[Task], object], operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = nslsm.Kernel()
    decision = kernel.init.umask(0)
    made: list[tuple[int, Operation]] = []

    def perform(pid: int, operation: Operation) -> nslsm.Decision:
        made.append((pid, operation))
        return decision

    monkeypatch.setattr(kernel, "perform", perform)
    call(kernel.init)

    assert made == [(1, operation)]
