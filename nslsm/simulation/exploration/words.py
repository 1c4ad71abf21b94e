"""The words of tests as a search needs them: which hooks each can raise, and which facts it can change."""

from collections.abc import Iterable, Mapping
from typing import Final

from nslsm.kernel import operations as op
from nslsm.kernel.mapping import raised_by
from nslsm.kernel.operations import Operation
from nslsm.kernel.operations.machine import LoadModule
from nslsm.kernel.operations.mounts import Mount, PivotRoot, Unmount
from nslsm.language.check.steps import CALLS

OPERATIONS: Final[Mapping[str, tuple[type[Operation], ...]]] = {
    "open": (op.Open,),
    "close": (op.Close,),
    "read": (op.Read,),
    "write": (op.Write,),
    "mmap": (op.Open, op.Map),
    "truncate": (op.Truncate,),
    "stat": (op.Status,),
    "access": (op.Access,),
    "readlink": (op.ReadLink,),
    "mkdir": (op.MakeDirectory,),
    "rmdir": (op.Unlink,),
    "mknod": (op.MakeNode,),
    "unlink": (op.Unlink,),
    "rename": (op.Rename,),
    "link": (op.Link,),
    "symlink": (op.MakeSymbolicLink,),
    "chmod": (op.ChangeMode,),
    "chown": (op.ChangeOwner,),
    "chdir": (op.ChangeDirectory,),
    "chroot": (op.ChangeRoot,),
    "mount": (Mount,),
    "umount": (Unmount,),
    "pivot_root": (PivotRoot,),
    "setxattr": (op.SetAttribute,),
    "getxattr": (op.GetAttribute,),
    "listxattr": (op.ListAttributes,),
    "removexattr": (op.RemoveAttribute,),
    "exec": (op.Execute,),
    "fork": (op.Clone,),
    "vfork": (op.Clone,),
    "clone": (op.Clone,),
    "thread": (op.Clone,),
    "exit": (op.Exit,),
    "kill": (op.Kill,),
    "ptrace": (op.Trace,),
    "look_into": (op.ReachMemory,),
    "setns": (op.OpenSpecial, op.EnterNamespaces),
    "new_spaces": (op.Unshare,),
    "load_module": (op.Open, LoadModule),
    "traceme": (op.Trace,),
    "set_ptracer": (op.Control,),
    "no_new_privs": (op.Control,),
    "setuid": (op.SetUser,),
    "setgid": (op.SetGroupId,),
    "setgroups": (op.SetSupplementaryGroups,),
    "socket": (op.MakeSocket,),
    "connect": (op.MakeSocket, op.Connect),
    "bind": (op.MakeSocket, op.Bind),
    "listen": (op.MakeSocket, op.Bind, op.Listen),
    "send": (op.MakeSocket, op.Send),
    "unshare": (op.NamespaceUnshare,),
}
"""The system calls that each word makes."""

ANYWHERE: Final = frozenset({"capable", "inode_permission", "inode_follow_link", "namespace_enter", "system_call"})
"""What any call can raise: probes, the way to a file, what ``enter on`` asks, what a filter of system calls is asked."""

CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("rename", "link"),
    "parent": ("rename", "link"),
    "owner": ("chown",),
    "group": ("chown",),
    "mode": ("chmod",),
    "xattr": ("setxattr", "removexattr"),
    "xattrs": ("setxattr", "removexattr"),
    "exe": ("exec",),
    "comm": ("exec",),
    "dumpable": ("exec",),
    "namespace": ("exec",),
    **dict.fromkeys(("uid", "euid", "suid", "fsuid", "effective", "permitted", "ambient"), ("setuid", "exec")),
    **dict.fromkeys(("gid", "egid", "sgid", "fsgid"), ("setgid",)),
    "groups": ("setgroups",),
    "no_new_privs": ("no_new_privs",),
    "accepts_tracer": ("set_ptracer",),
}
"""The words by which a fact that a condition reads can become another."""

NEEDS: Final[Mapping[str, str]] = {"read": "open", "write": "open", "close": "open"}
"""Words that are about what another has opened."""

MAKING: Final = frozenset({"fork", "vfork", "clone", "thread"})
"""Words by which a task makes another."""


SOLITARY: Final = frozenset(
    {
        *(
            "open",
            "close",
            "read",
            "write",
            "mmap",
            "truncate",
            "stat",
            "access",
            "readlink",
            "mkdir",
            "rmdir",
            "mknod",
        ),
        *("unlink", "rename", "link", "symlink", "chmod", "chown", "chdir", "chroot", "setxattr", "getxattr"),
        *(
            "listxattr",
            "removexattr",
            "exec",
            "no_new_privs",
            "setuid",
            "setgid",
            "setgroups",
            "socket",
            "connect",
            "send",
        ),
        "load_module",
    }
)
"""Words that have to do with no other task, unless a path leads to what another task has bound or to ``/proc``."""


BY_ITSELF: Final = frozenset({"no_new_privs", "setuid", "setgid", "setgroups", "socket", "connect", "send"})
"""Of those, words that come out by what the task is, and have to do with no file."""

HOLDING: Final = frozenset({"close", "read", "write", "mmap", "exec", "load_module"})
"""Of those, words that come out by what the task has open, too."""


RELEASING: Final = frozenset(
    {"close", "unlink", "rename", "rmdir", "exec", "chdir", "chroot", "mkdir", "mknod", "link", "symlink"}
)
"""Of those, words that let go of something, or give a name to another file: what is left then hangs on who else has it."""


def hooks_of(word: str) -> frozenset[str]:
    """The hooks that a word can raise, what any call can raise included (:mod:`nslsm.kernel.mapping`)."""
    raised = (each.hook for operation in OPERATIONS[word] for each in raised_by(operation).raises)
    return frozenset(raised) | ANYWHERE


def own_hooks_of(word: str) -> frozenset[str]:
    """The hooks that a word can raise for what it does."""
    return hooks_of(word) - ANYWHERE


def words_for(hooks: Iterable[str], facts: Iterable[str]) -> tuple[str, ...]:
    """What a policy that names these hooks and reads these facts leads a search to try, in the order of :data:`CALLS`."""
    wanted = frozenset(hooks)
    chosen = {word for word in CALLS if own_hooks_of(word) & wanted and word not in ("vfork", "clone", "thread")}
    chosen |= {word for fact in facts for word in CHANGES.get(fact, ())}
    chosen |= {NEEDS[word] for word in chosen if word in NEEDS} | {"fork"}
    return tuple(word for word in CALLS if word in chosen)
