"""Every method of a task, called once where it is granted."""

from collections.abc import Callable
from typing import NamedTuple

import nslsm
from nslsm.kernel import operations as op
from nslsm.kernel.operations import Operation
from nslsm.kernel.operations.machine import LoadModule
from nslsm.kernel.operations.mounts import Mount, PivotRoot, Unmount


class Scene(NamedTuple):
    """A kernel with root at work in it, a child of his, and some descriptors of root's."""

    kernel: nslsm.Kernel
    root: nslsm.Task
    child: nslsm.Task
    file: int
    stream: int
    listening: int
    namespace: nslsm.Namespace
    handle: int


def scene() -> Scene:
    """A kernel in which every call of :data:`CALLS` is granted."""
    kernel = nslsm.Kernel()
    root = kernel.init.fork()
    child = root.fork()
    kernel.file("/srv/d", type="directory")
    kernel.file("/mnt/m", type="directory")
    root.mount("", "/", "", {"rec", "private"})
    root.mount("tmp", "/mnt/m", "tmpfs")
    root.mkdir("/mnt/m/old")
    kernel.file("/srv/f", xattrs={"user.x": "1"})
    kernel.file("/srv/l", target="/srv/f")
    file = root.open("/srv/f", "r+").result
    stream = root.socket().result
    listening = root.socket("unix").result
    for step in (root.bind("@here", fd=listening), root.listen(listening)):
        assert step
    other = root.fork()
    assert other.lsm_unshare("below")
    namespace = other.namespace
    handle = root.lsm_open(namespace).result
    return Scene(kernel, root, child, file, stream, listening, namespace, handle)


class Called(NamedTuple):
    """A method, a call of it, the operation that it is to be, and the hooks that this is to raise, in order."""

    method: str
    call: Callable[[Scene], "nslsm.Decision | nslsm.Task"]
    operation: type[Operation]
    hooks: str


CALLS = (
    Called("open", lambda s: s.root.open("/srv/f"), op.Open, "inode_permission file_open file_post_open"),
    Called("close", lambda s: s.root.close(s.file), op.Close, ""),
    Called("read", lambda s: s.root.read(s.file), op.Read, "file_permission"),
    Called("write", lambda s: s.root.write(s.file), op.Write, "file_permission"),
    Called("dup", lambda s: s.root.dup(s.file), op.Duplicate, ""),
    Called("pipe", lambda s: s.root.pipe(), op.Pipe, ""),
    Called("mmap", lambda s: s.root.mmap(s.file, {"read", "write"}, {"shared"}), op.Map, "mmap_file"),
    Called(
        "truncate",
        lambda s: s.root.truncate("/srv/f", 7),
        op.Truncate,
        "inode_permission path_truncate inode_setattr inode_post_setattr",
    ),
    Called("stat", lambda s: s.root.stat("/srv/l"), op.Status, "inode_follow_link inode_getattr"),
    Called("lstat", lambda s: s.root.lstat("/srv/l"), op.Status, "inode_getattr"),
    Called("access", lambda s: s.root.access("/srv/f", {"write"}), op.Access, "inode_permission"),
    Called("readlink", lambda s: s.root.readlink("/srv/l"), op.ReadLink, "inode_readlink"),
    Called("mkdir", lambda s: s.root.mkdir("/srv/new"), op.MakeDirectory, "path_mkdir inode_permission inode_mkdir"),
    Called("rmdir", lambda s: s.root.rmdir("/srv/d"), op.Unlink, "path_rmdir inode_permission inode_rmdir"),
    Called(
        "mknod",
        lambda s: s.root.mknod("/srv/pipe", "fifo"),
        op.MakeNode,
        "path_mknod inode_permission inode_mknod path_post_mknod",
    ),
    Called("unlink", lambda s: s.root.unlink("/srv/f"), op.Unlink, "path_unlink inode_permission inode_unlink"),
    Called(
        "rename",
        lambda s: s.root.rename("/srv/f", "/srv/g"),
        op.Rename,
        "path_rename inode_permission inode_permission inode_rename",
    ),
    Called("link", lambda s: s.root.link("/srv/f", "/srv/g"), op.Link, "path_link inode_permission inode_link"),
    Called(
        "symlink",
        lambda s: s.root.symlink("/srv/f", "/srv/m"),
        op.MakeSymbolicLink,
        "path_symlink inode_permission inode_symlink",
    ),
    Called(
        "chmod", lambda s: s.root.chmod("/srv/f", 0o600), op.ChangeMode, "path_chmod inode_setattr inode_post_setattr"
    ),
    Called(
        "chown",
        lambda s: s.root.chown("/srv/f", 0),
        op.ChangeOwner,
        "path_chown inode_need_killpriv inode_setattr inode_post_setattr",
    ),
    Called(
        "setxattr",
        lambda s: s.root.setxattr("/srv/f", "user.y", "2"),
        op.SetAttribute,
        "inode_permission inode_setxattr inode_post_setxattr",
    ),
    Called(
        "getxattr", lambda s: s.root.getxattr("/srv/f", "user.x"), op.GetAttribute, "inode_permission inode_getxattr"
    ),
    Called("listxattr", lambda s: s.root.listxattr("/srv/f"), op.ListAttributes, "inode_listxattr"),
    Called(
        "removexattr",
        lambda s: s.root.removexattr("/srv/f", "user.x"),
        op.RemoveAttribute,
        "inode_permission inode_removexattr inode_post_removexattr",
    ),
    Called("chdir", lambda s: s.root.chdir("/srv"), op.ChangeDirectory, "inode_permission"),
    Called("chroot", lambda s: s.root.chroot("/srv"), op.ChangeRoot, "inode_permission capable path_chroot"),
    Called("umask", lambda s: s.root.umask(0o77), op.SetMask, ""),
    Called(
        "execve",
        lambda s: s.root.execve("/usr/bin/id", "id", "-u"),
        op.Execute,
        "inode_permission file_open bprm_creds_for_exec file_permission bprm_check_security bprm_creds_from_file "
        "inode_permission bprm_committing_creds bprm_committed_creds",
    ),
    Called("fork", lambda s: s.root.fork(), op.Clone, "task_alloc"),
    Called("thread", lambda s: s.root.thread(), op.Clone, "task_alloc"),
    Called("clone", lambda s: s.root.clone({"newuts"}), op.Clone, "task_alloc capable"),
    Called("exit", lambda s: s.child.exit(), op.Exit, ""),
    Called("wait", lambda s: s.root.wait(), op.Wait, ""),
    Called("kill", lambda s: s.root.kill(s.child, "SIGUSR1"), op.Kill, "task_kill"),
    Called("ptrace", lambda s: s.root.ptrace(s.child), op.Trace, "ptrace_access_check"),
    Called("traceme", lambda s: s.child.traceme(), op.Trace, "ptrace_traceme"),
    Called("process_vm_readv", lambda s: s.root.process_vm_readv(s.child), op.ReachMemory, "ptrace_access_check"),
    Called("process_vm_writev", lambda s: s.root.process_vm_writev(s.child), op.ReachMemory, "ptrace_access_check"),
    Called("pidfd_open", lambda s: s.root.pidfd_open(s.child), op.OpenSpecial, ""),
    Called(
        "pidfd_getfd",
        lambda s: s.child.pidfd_getfd(s.child.pidfd_open(s.root).result, s.file),
        op.TakeDescriptor,
        "ptrace_access_check file_receive",
    ),
    Called(
        "setns",
        lambda s: s.root.setns(s.root.pidfd_open(s.child).result, {"newuts"}),
        op.EnterNamespaces,
        "ptrace_access_check capable capable",
    ),
    Called("setuid", lambda s: s.root.setuid(1000), op.SetUser, "capable task_fix_setuid"),
    Called("setresuid", lambda s: s.root.setresuid(effective=1000), op.SetUsers, "capable task_fix_setuid"),
    Called("setgid", lambda s: s.root.setgid(1000), op.SetGroupId, "capable task_fix_setgid"),
    Called("setgroups", lambda s: s.root.setgroups([100]), op.SetSupplementaryGroups, "capable task_fix_setgroups"),
    Called("prctl", lambda s: s.root.prctl("set_no_new_privs", 1), op.Control, "task_prctl"),
    Called("setsid", lambda s: s.root.setsid(), op.SetSession, ""),
    Called(
        "mount",
        lambda s: s.root.mount("tmp", "/srv/d", "tmpfs"),
        Mount,
        "sb_mount capable fs_context_parse_param capable sb_kern_mount",
    ),
    Called("umount", lambda s: s.root.umount("/mnt/m"), Unmount, "capable sb_umount"),
    Called("pivot_root", lambda s: s.root.pivot_root("/mnt/m", "/mnt/m/old"), PivotRoot, "capable sb_pivotroot"),
    Called(
        "finit_module",
        lambda s: s.root.finit_module(s.file),
        LoadModule,
        "capable kernel_read_file file_permission kernel_post_read_file locked_down",
    ),
    Called("unshare", lambda s: s.root.unshare({"newns"}), op.Unshare, "capable"),
    Called("socket", lambda s: s.root.socket("inet6", "dgram"), op.MakeSocket, "socket_create socket_post_create"),
    Called(
        "socketpair",
        lambda s: s.root.socketpair(),
        op.MakeSocketPair,
        "socket_create socket_post_create socket_create socket_post_create socket_socketpair",
    ),
    Called("connect", lambda s: s.root.connect("192.0.2.1", 443, fd=s.stream), op.Connect, "socket_connect"),
    Called("bind", lambda s: s.root.bind("192.0.2.1", 80, fd=s.stream), op.Bind, "socket_bind capable"),
    Called("listen", lambda s: s.root.listen(s.stream), op.Listen, "socket_listen"),
    Called("accept", lambda s: s.root.accept(s.listening), op.Accept, "socket_accept"),
    Called("sendto", lambda s: s.root.sendto(s.stream, "192.0.2.1", 53), op.Send, "socket_sendmsg"),
    Called("recv", lambda s: s.root.recv(s.stream), op.Receive, "socket_recvmsg"),
    Called(
        "lsm_unshare",
        lambda s: s.root.lsm_unshare("own"),
        op.NamespaceUnshare,
        "capable namespace_create namespace_enter",
    ),
    Called("lsm_enter", lambda s: s.root.lsm_enter(s.namespace), op.NamespaceEnter, "capable namespace_enter"),
    Called("lsm_enter", lambda s: s.root.lsm_enter(fd=s.handle), op.NamespaceEnter, "capable namespace_enter"),
    Called("lsm_bind", lambda s: s.root.lsm_bind(s.namespace, ()), op.NamespaceBind, "capable"),
    Called("lsm_seal", lambda s: s.root.lsm_seal(s.namespace), op.NamespaceSeal, "capable namespace_seal"),
    Called("lsm_lock", lambda s: s.root.lsm_lock(s.namespace), op.NamespaceLock, "capable namespace_lock"),
    Called("lsm_open", lambda s: s.root.lsm_open(s.namespace), op.NamespaceOpen, ""),
    Called(
        "lsm_set_self_attr", lambda s: s.root.lsm_set_self_attr("clone_newlsm", "own"), op.SetSelfAttribute, "capable"
    ),
)
