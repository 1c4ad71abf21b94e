"""Which fields recordings have for the arguments of each hook, and where a request has the same.

One table, read in two directions: a recording's row becomes a request (:mod:`nslsm.kernel.told`), and a request that was
predicted is spelled as a recording would have it, or compared with one. Fields that are not here (addresses of buffers, inode
numbers, what describes the task and not the hook's arguments) are not compared, and say nothing to policies.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.seen import codes
from nslsm.kernel.seen.codes import MODE, NUMBER, TEXT, Code
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, NamespaceFacts, Socket, Task, Thing, Value


class Means(Enum):
    """How a field is compared, and what it is about."""

    VALUE = "value"
    PATH = "path"
    """The path of a file; see :func:`nslsm.simulation.fidelity.paths.same_path`."""
    TASK = "task"
    """A process, by its number."""


class Field(NamedTuple):
    """One field: its name in recordings (``addr.port``: within another), and where a request has the value.

    ``place`` is ``object`` (the thing itself), ``object.NAME``, ``subject.NAME``, the name of a fact, or ``FACT.NAME``.
    """

    name: str
    place: str
    code: Code = TEXT
    means: Means = Means.VALUE

    def of(self, request: Request) -> Value | Unknown | None:
        """What the request says; None where it has no such thing."""
        first, _, rest = self.place.partition(".")
        thing: Value | Unknown | None
        if first == "object":
            thing = request.object
        elif first == "subject":
            thing = request.subject
        elif request.hook.fact(first) is not None:
            thing = request.argument(first)
        else:
            return None
        for name in rest.split(".") if rest else ():
            thing = part(thing, name)
        return thing


def part(thing: Value | Unknown | None, name: str) -> Value | Unknown | None:
    """A fact of a thing; None where things of that kind have none of that name."""
    match thing:
        case Thing():
            return thing.facts.get(name, UNKNOWN)
        case File() | Task() | Socket() | Credentials() | NamespaceFacts():
            found: Value | Unknown | None = getattr(thing, name, None)
            return found
        case Unknown():
            return UNKNOWN
        case frozenset() if name == "count":
            return len(thing)
    return None


def _path(place: str, name: str = "path") -> Field:
    return Field(name, place, TEXT, Means.PATH)


def _task(place: str = "object.pid", name: str = "target") -> Field:
    return Field(name, place, NUMBER, Means.TASK)


_FILE: Final = _path("object.path")
_MODE: Final = Field("mode", "mode", MODE)
_OF_SOCKET: Final = (
    Field("sk_family", "object.family", codes.FAMILY),
    Field("sk_type", "object.type", codes.SOCKET_KIND),
)
_ADDRESS: Final = (
    Field("addr.family", "family", codes.ADDRESS_FAMILY),
    Field("addr.addr", "address", codes.HOST),
    Field("addr.port", "port", NUMBER),
    Field("addr.path", "path", TEXT, Means.PATH),
)
_MADE_SOCKET: Final = (
    Field("family", "family", codes.FAMILY),
    Field("type", "type", codes.SOCKET_KIND),
    Field("protocol", "protocol", NUMBER),
    Field("kern", "kern", codes.TRUTH),
)
_TWO: Final = (_path("old.path"), _path("new.path", "path2"))
_RENAMED: Final = (*_TWO, Field("flags", "flags", codes.RENAMED))
_NAMED_PROGRAM: Final = (_FILE, Field("str", "filename"))
_NAME: Final = Field("str", "name")


def _ids(kind: str) -> tuple[Field, ...]:
    return (
        Field(f"new_{kind}", f"new.{kind}", NUMBER),
        Field(f"old_{kind}", f"old.{kind}", NUMBER),
        Field(f"new_e{kind}", f"new.e{kind}", NUMBER),
        Field(f"old_e{kind}", f"old.e{kind}", NUMBER),
        Field("flags", "flags", codes.SETID),
    )


FIELDS: Final[Mapping[str, tuple[Field, ...]]] = MappingProxyType(
    {
        "bprm_creds_for_exec": _NAMED_PROGRAM,
        "bprm_check_security": _NAMED_PROGRAM,
        "bprm_creds_from_file": _NAMED_PROGRAM,
        "bprm_committing_creds": (*_NAMED_PROGRAM, Field("new_euid", "new.euid", NUMBER)),
        "bprm_committed_creds": _NAMED_PROGRAM,
        "bpf": (Field("cmd", "cmd", codes.BPF_COMMAND),),
        "capable": (Field("cap_name", "cap", codes.CAPABILITY), Field("opts", "flags", codes.CAPABLE)),
        "capget": (_task(),),
        "capset": tuple(
            Field(name, f"new.{name}", codes.CAPABILITIES) for name in ("effective", "inheritable", "permitted")
        ),
        "file_fcntl": (_FILE, Field("cmd", "cmd", codes.FCNTL)),
        "file_ioctl": (_FILE, Field("cmd", "cmd", NUMBER)),
        "file_lock": (_FILE, Field("cmd", "lock", codes.LOCK)),
        "file_mprotect": (
            _FILE,
            Field("reqprot", "reqprot", codes.PROTECTED),
            Field("prot", "prot", codes.PROTECTED),
        ),
        "file_open": (_FILE, Field("f_flags", "flags", codes.OPENED)),
        "file_permission": (_FILE, Field("mask", "mask", codes.ACCESS)),
        "file_receive": (_FILE, Field("f_flags", "flags", codes.OPENED)),
        "file_send_sigiotask": (_task(), Field("sig", "signal", codes.SIGNAL)),
        "inode_create": (_FILE, _MODE),
        "inode_getxattr": (_FILE, _NAME),
        "inode_listxattr": (_FILE,),
        "inode_link": _TWO,
        "inode_mkdir": (_FILE, _MODE),
        "inode_mknod": (_FILE, _MODE, Field("dev", "device_number", codes.DEVICE)),
        "inode_permission": (_FILE, Field("mask", "mask", codes.ACCESS)),
        "inode_readlink": (_FILE,),
        "inode_removexattr": (_FILE, _NAME),
        "inode_rename": _RENAMED,
        "inode_rmdir": (_FILE,),
        "inode_setattr": (
            _FILE,
            Field("ia_valid", "changes", codes.ATTRIBUTE_BITS),
            Field("ia_mode", "mode", MODE),
            Field("ia_uid", "owner", NUMBER),
            Field("ia_gid", "group", NUMBER),
            Field("ia_size", "size", NUMBER),
        ),
        "inode_setxattr": (_FILE, _NAME),
        "inode_symlink": (_FILE, Field("str", "target")),
        "inode_unlink": (_FILE,),
        "key_permission": (Field("perm", "need", codes.NEED),),
        "mmap_file": (
            _FILE,
            Field("prot", "reqprot", codes.PROTECTED),
            Field("flags", "flags", codes.MAPPED),
        ),
        "move_mount": (_path("object.path"), _path("target.path", "path2")),
        "path_chmod": (_FILE, _MODE),
        "path_chown": (_FILE, Field("uid", "owner", NUMBER), Field("gid", "group", NUMBER)),
        "path_chroot": (_FILE,),
        "path_link": _TWO,
        "path_mkdir": (_FILE, _MODE),
        "path_mknod": (_FILE, _MODE, Field("dev", "device_number", NUMBER)),
        "path_notify": (_FILE,),
        "path_rename": _RENAMED,
        "path_rmdir": (_FILE,),
        "path_symlink": (_FILE, Field("str", "target")),
        "path_truncate": (_FILE,),
        "path_unlink": (_FILE,),
        "ptrace_access_check": (_task(), Field("mode", "mode", codes.PTRACED)),
        "ptrace_traceme": (_task("subject.pid"),),
        "sb_mount": (
            _path("target.path"),
            Field("flags", "flags", codes.MOUNTED),
            Field("type", "object.filesystem"),
            _path("object.source", "str"),
        ),
        "sb_pivotroot": (_FILE, _path("put_old.path", "path2")),
        "sb_statfs": (_FILE,),
        "sb_umount": (_path("object.path"), Field("flags", "flags", codes.UNMOUNTED)),
        "socket_accept": _OF_SOCKET,
        "socket_bind": (*_OF_SOCKET, *_ADDRESS),
        "socket_connect": (*_OF_SOCKET, *_ADDRESS),
        "socket_create": _MADE_SOCKET,
        "socket_getpeername": _OF_SOCKET,
        "socket_getsockname": _OF_SOCKET,
        "socket_getsockopt": (*_OF_SOCKET, Field("level", "level", NUMBER), Field("optname", "option", NUMBER)),
        "socket_listen": (*_OF_SOCKET, Field("backlog", "backlog", NUMBER)),
        "socket_recvmsg": (*_OF_SOCKET, Field("size", "size", NUMBER), Field("flags", "flags", codes.MESSAGE)),
        "socket_sendmsg": (*_OF_SOCKET, Field("size", "size", NUMBER), *_ADDRESS),
        "socket_setsockopt": (*_OF_SOCKET, Field("level", "level", NUMBER), Field("optname", "option", NUMBER)),
        "socket_shutdown": (*_OF_SOCKET, Field("how", "how", codes.SHUT)),
        "task_alloc": (Field("clone_flags", "flags", codes.CLONED),),
        "task_fix_setgid": _ids("gid"),
        "task_fix_setgroups": (Field("ngroups", "new.groups.count", NUMBER),),
        "task_fix_setuid": _ids("uid"),
        "task_getioprio": (_task(),),
        "task_getpgid": (_task(),),
        "task_getscheduler": (_task(),),
        "task_getsid": (_task(),),
        "task_kill": (_task(), Field("sig", "signal", codes.SIGNAL)),
        "task_movememory": (_task(),),
        "task_prctl": (Field("option", "option", codes.OPTION), Field("arg2", "argument", NUMBER)),
        "task_prlimit": (Field("flags", "flags", codes.LIMITED),),
        "task_setioprio": (_task(),),
        "task_setnice": (_task(), Field("nice", "nice", NUMBER)),
        "task_setpgid": (_task(), Field("pgid", "pgid", NUMBER, Means.TASK)),
        "task_setrlimit": (
            _task(),
            Field("resource", "resource", codes.LIMIT),
            Field("cur", "soft", NUMBER),
            Field("max", "hard", NUMBER),
        ),
        "task_setscheduler": (_task(),),
    }
)
"""The fields of each hook, in the order in which the hook has its arguments."""


def told_of(told: Mapping[str, object], name: str) -> object:
    """The value of a field of a row; None where it has none."""
    outer, _, inner = name.partition(".")
    value = told.get(outer)
    if not inner:
        return value
    return value.get(inner) if isinstance(value, dict) else None


def read(field: Field, told: Mapping[str, object]) -> Value | Unknown | None:
    """What a row says in a field, in the catalogue's words; None where it says nothing, as an empty text does."""
    written = told_of(told, field.name)
    return None if written is None or written == "" else field.code.read(written)
