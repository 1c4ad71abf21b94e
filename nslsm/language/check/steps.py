"""The words of tests: what a task can do, with what operands; and what files and tasks can be declared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from nslsm.hooks.kinds import FILE, FILE_TYPE, OPENING, PROTECTION, SOCKET_FAMILY, SOCKET_TYPE, TASK
from nslsm.hooks.types import INT, PATH, SIGNAL, STRING, Fact, SetOf, Type
from nslsm.hooks.vocabulary import MOUNT_FLAGS, UNMOUNT_FLAGS
from nslsm.language.check.types import members_of_kind


class Form(Enum):
    """How an operand is written."""

    VALUE = "a value"
    TASK = "a task of this test"
    NEW_TASK = "a name for the new task"
    ENDPOINT = "an address and a port, as in `8.8.8.8:443`, or a unix socket's path in quotes"


@dataclass(frozen=True, slots=True)
class Operand:
    """One operand of a call. ``type`` is its value's, for :attr:`Form.VALUE`."""

    name: str
    form: Form = Form.VALUE
    type: Type | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class CallShape:
    """What a call takes: operands in order, then any of ``words``, which come as one set, the last operand."""

    name: str
    doc: str
    operands: tuple[Operand, ...] = ()
    words: tuple[str, ...] = ()
    binds: bool = False
    """Whether ``with`` and a policy may follow."""


def _value(name: str, type_: Type, *, optional: bool = False) -> Operand:
    return Operand(name, Form.VALUE, type_, optional)


_PATH: Final = _value("path", PATH)
_TASK: Final = Operand("task", Form.TASK)
_NEW_TASK: Final = Operand("task", Form.NEW_TASK)
_ENDPOINT: Final = Operand("address", Form.ENDPOINT)
_NAME: Final = _value("name", STRING)
_MODE: Final = _value("mode", INT)

_SPACES: Final = ("newns", "newcgroup", "newuts", "newipc", "newuser", "newpid", "newnet", "newtime")
"""Linux's own namespaces, as the flags of clone(2) call them."""

OPEN_WORDS: Final = ("rdwr", *OPENING)
"""How a file is opened; ``rdwr`` is ``read write``. Without a word it is read; ``append`` and ``truncate`` write."""

_ALL: Final = (
    CallShape("open", "open(2)", (_PATH,), OPEN_WORDS),
    CallShape("close", "close(2) of the descriptor that the task opened last for the path", (_PATH,)),
    CallShape("read", "read(2) from the descriptor that the task opened last for the path", (_PATH,)),
    CallShape("write", "write(2) to the descriptor that the task opened last for the path", (_PATH,)),
    CallShape("mmap", "mmap(2) of a file", (_PATH,), (*PROTECTION.members, "shared", "private")),
    CallShape("truncate", "truncate(2)", (_PATH,)),
    CallShape("stat", "stat(2)", (_PATH,)),
    CallShape("access", "access(2)", (_PATH,), ("read", "write", "exec")),
    CallShape("readlink", "readlink(2)", (_PATH,)),
    CallShape("mkdir", "mkdir(2)", (_PATH, _value("mode", INT, optional=True))),
    CallShape("rmdir", "rmdir(2)", (_PATH,)),
    CallShape("mknod", "mknod(2)", (_PATH, _value("type", FILE_TYPE, optional=True))),
    CallShape("unlink", "unlink(2)", (_PATH,)),
    CallShape("rename", "rename(2)", (_value("old", PATH), _value("new", PATH))),
    CallShape("link", "link(2)", (_value("old", PATH), _value("new", PATH))),
    CallShape("symlink", "symlink(2): what it says, then where it is", (_value("target", STRING), _PATH)),
    CallShape("chmod", "chmod(2)", (_PATH, _MODE)),
    CallShape("chown", "chown(2)", (_PATH, _value("owner", INT), _value("group", INT, optional=True))),
    CallShape("chdir", "chdir(2)", (_PATH,)),
    CallShape("chroot", "chroot(2)", (_PATH,)),
    CallShape(
        "mount",
        "mount(2): what, where, and the file system's kind; with `bind` another place, with `remount` and the like other flags",
        (_value("source", STRING), _value("target", PATH), _value("kind", STRING, optional=True)),
        MOUNT_FLAGS.members,
    ),
    CallShape("umount", "umount2(2)", (_PATH,), UNMOUNT_FLAGS.members),
    CallShape("pivot_root", "pivot_root(2)", (_value("new", PATH), _value("old", PATH))),
    CallShape("setxattr", "setxattr(2)", (_PATH, _NAME, _value("value", STRING))),
    CallShape("getxattr", "getxattr(2)", (_PATH, _NAME)),
    CallShape("listxattr", "listxattr(2)", (_PATH,)),
    CallShape("removexattr", "removexattr(2)", (_PATH, _NAME)),
    CallShape("exec", "execve(2)", (_PATH,)),
    CallShape("fork", "fork(2)", (_NEW_TASK,)),
    CallShape("vfork", "vfork(2)", (_NEW_TASK,)),
    CallShape("clone", "clone(2) of a process", (_NEW_TASK,)),
    CallShape("thread", "clone(2) of a thread", (_NEW_TASK,)),
    CallShape("exit", "_exit(2)"),
    CallShape("kill", "kill(2), with SIGTERM unless said", (_TASK, _value("signal", SIGNAL, optional=True))),
    CallShape("ptrace", "ptrace(2) PTRACE_ATTACH", (_TASK,)),
    CallShape("look_into", "process_vm_readv(2)", (_TASK,)),
    CallShape("setns", "pidfd_open(2) of another task, and setns(2) into its namespaces of Linux's", (_TASK,), _SPACES),
    CallShape("new_spaces", "unshare(2): new namespaces of Linux's", (), _SPACES),
    CallShape("load_module", "open(2) and finit_module(2)", (_PATH,)),
    CallShape("traceme", "ptrace(2) PTRACE_TRACEME"),
    CallShape(
        "set_ptracer",
        "prctl(2) PR_SET_PTRACER; any task, where none is named",
        (Operand("task", Form.TASK, optional=True),),
    ),
    CallShape("no_new_privs", "prctl(2) PR_SET_NO_NEW_PRIVS"),
    CallShape("setuid", "setuid(2)", (_value("uid", INT),)),
    CallShape("setgid", "setgid(2)", (_value("gid", INT),)),
    CallShape("setgroups", "setgroups(2)", (_value("groups", SetOf(INT)),)),
    CallShape(
        "socket",
        "socket(2)",
        (_value("family", SOCKET_FAMILY), _value("type", SOCKET_TYPE), _value("protocol", INT, optional=True)),
    ),
    CallShape("connect", "socket(2) and connect(2), a stream", (_ENDPOINT,)),
    CallShape("bind", "socket(2) and bind(2), a stream", (_ENDPOINT,)),
    CallShape("listen", "socket(2), bind(2) and listen(2)", (_ENDPOINT,)),
    CallShape("send", "socket(2) and sendto(2), a datagram", (_ENDPOINT,)),
    CallShape("unshare", "lsm_unshare (Model M5.1)", (_NAME,), binds=True),
)

CALLS: Final[Mapping[str, CallShape]] = {shape.name: shape for shape in _ALL}
"""What a task can do by name. Beside these, every hook can be raised by its own name, with its facts by theirs."""

FILE_FACTS: Final[Mapping[str, Type]] = {
    **{
        fact.name: fact.type
        for fact in members_of_kind(FILE).values()
        if isinstance(fact, Fact) and fact.name not in ("path", "dpath", "parent", "foreign")
    },
    "xattrs": SetOf(STRING),
    "target": STRING,
}
"""What a file can be declared with: its facts, ``xattrs`` as texts ``name=value``, a symbolic link's ``target``."""

TASK_FACTS: Final[Mapping[str, Type]] = {
    fact.name: fact.type
    for fact in members_of_kind(TASK).values()
    if isinstance(fact, Fact) and fact.name not in ("pid", "tgid", "ppid", "namespace", "foreign")
}
"""What a task can be declared with: its facts, apart from its place in the process tree."""


def opened(words: frozenset[str]) -> frozenset[str]:
    """The flags that the words behind ``open`` stand for.

    >>> sorted(opened(frozenset({"append"}))), sorted(opened(frozenset()))
    (['append', 'write'], ['read'])
    """
    if "rdwr" in words:
        words = (words - {"rdwr"}) | {"read", "write"}
    if words & {"append", "truncate"}:
        words |= {"write"}
    return words if words & {"read", "write", "path"} else words | {"read"}
