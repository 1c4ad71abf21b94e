"""Arguments of an audited system call: four numbers, and what the other records of the event tell of what they point to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nslsm.importers.traces.auditd.addresses import address
from nslsm.importers.traces.auditd.records import Record, string
from nslsm.kernel.call import ABSENT, Array, Named, Pointer, Struct, Text, Value

SHOWN: Final = 4
"""How many arguments audit records, ``a0`` to ``a3``."""

ARGUMENTS: Final = 6
"""How many a system call has at most."""


def _places(table: Mapping[tuple[int, ...], str]) -> Mapping[str, tuple[int, ...]]:
    return MappingProxyType({name: places for places, names in table.items() for name in names.split()})


PATHS: Final = _places(
    {
        (0,): """
            open creat stat lstat access execve truncate mkdir rmdir unlink readlink chmod chown lchown chdir chroot
            statfs mknod utime utimes setxattr lsetxattr getxattr lgetxattr listxattr llistxattr removexattr
            lremovexattr acct swapon swapoff umount2
        """,
        (1,): """
            openat openat2 mkdirat unlinkat readlinkat faccessat faccessat2 fchmodat fchmodat2 fchownat newfstatat
            statx utimensat futimesat mknodat execveat name_to_handle_at inotify_add_watch open_tree fspick
            mount_setattr mount
        """,
        (0, 1): "rename link symlink pivot_root",
        (1, 3): "renameat renameat2 linkat move_mount",
        (0, 2): "symlinkat",
    }
)
"""Which arguments name files, so that the kernel audits the names (``getname``), in the order in which it reads them."""

DIRECTORIES: Final = _places(
    {
        (0,): """
            openat openat2 mkdirat unlinkat readlinkat faccessat faccessat2 fchmodat fchmodat2 fchownat newfstatat
            statx utimensat futimesat mknodat execveat name_to_handle_at open_tree fspick mount_setattr
        """,
        (0, 2): "renameat renameat2 linkat move_mount",
        (1,): "symlinkat",
    }
)
"""Which arguments are the directories that relative paths of the call are from."""

_EMPTY_PATH: Final = {"newfstatat": 3, "statx": 2}
_AT_EMPTY_PATH: Final = 0x1000
_ADDRESS: Final = {"bind": 1, "connect": 1, "accept": 1, "accept4": 1, "getsockname": 1, "sendto": 4}
_MESSAGE: Final = {"sendmsg": 1}
_PAIR: Final = {"pipe": 0, "pipe2": 0, "socketpair": 3}
_MAY_BE_NULL: Final = {"utimensat": (1, 2), "utime": (1,), "utimes": (1,), "futimesat": (1, 2), "prlimit64": (2, 3)}
_SIGNED: Final = frozenset({"kill", "wait4", "tkill", "tgkill", "rt_sigqueueinfo"})
"""Calls whose first argument is a process's number, perhaps a negative one."""

_OPEN_FLAGS: Final = {"open": 1, "openat": 2}
_ARM: Final = ((0o40000, 0o200000), (0o100000, 0o400000), (0o200000, 0o40000), (0o400000, 0o100000))
"""Flags of open(2) that 64-bit ARM has other bits for than x86-64, and those: O_DIRECTORY, O_NOFOLLOW, O_DIRECT,
O_LARGEFILE; ``arch/arm64/include/uapi/asm/fcntl.h``."""

_ARM_MASK: Final = 0o740000
_PR_SET_NAME: Final = 15
_MAP_ANONYMOUS: Final = 0x20
_SIGNAL_MASK: Final = 0xFF


def arguments(name: str, call: Record, parts: Mapping[str, list[Record]], *, arm: bool) -> tuple[Value, ...]:
    """The arguments of system call ``name``; :data:`~nslsm.kernel.call.ABSENT` for what the event does not tell.

    ``call`` is the SYSCALL record, ``parts`` the event's records by their kinds.
    """
    numbers = [call.number(f"a{place}", 16) for place in range(SHOWN)]
    values: list[Value] = [ABSENT if number is None else _signed(number) for number in numbers]
    values += [ABSENT] * (ARGUMENTS - SHOWN)
    for place in _MAY_BE_NULL.get(name, ()):
        if values[place] == 0:
            values[place] = None
    _put_paths(values, name, parts)
    if name in _ADDRESS:
        values[_ADDRESS[name]] = _address(name, parts)
    elif name in _MESSAGE:
        values[1] = Struct((("msg_name", _address(name, parts)),))
    elif name in _PAIR:
        values[_PAIR[name]] = _pair(parts)
    elif name in ("execve", "execveat"):
        values[1 if name == "execve" else 2] = _vector(parts)
    else:
        _put_others(values, name, numbers, parts)
    if arm and name in _OPEN_FLAGS:
        place = _OPEN_FLAGS[name]
        values[place] = _from_arm(values[place])
    if name in _SIGNED and isinstance(values[0], int) and 1 << 31 <= values[0] < 1 << 32:
        values[0] = int(values[0]) - (1 << 32)
    return tuple(values)


def _signed(number: int) -> int:
    """A register's number as the kernel reads it: -1 and ``AT_FDCWD`` come with 32 or 64 bits."""
    if number >= 1 << 63:
        return number - (1 << 64)
    return number - (1 << 32) if 0xFFFF_FF00 <= number <= 0xFFFF_FFFF else Pointer(number)


def names(parts: Mapping[str, list[Record]]) -> list[tuple[Record, str]]:
    """The PATH records that have a name which the caller gave, with it, in order; not the directories above."""
    found = []
    for record in sorted(parts.get("PATH", ()), key=lambda each: each.number("item") or 0):
        name = record.string("name")
        if name is not None and record.fields.get("nametype") != "PARENT":
            found.append((record, name))
    return found


def _put_paths(values: list[Value], name: str, parts: Mapping[str, list[Record]]) -> None:
    given = list(dict.fromkeys(name for _, name in names(parts)))
    places = [place for place in PATHS.get(name, ()) if values[place] is not None]
    if name in ("rename", "renameat", "renameat2"):
        given = _renamed(parts) or given
    flags = values[_EMPTY_PATH[name]] if name in _EMPTY_PATH else None
    if not given and isinstance(flags, int) and flags & _AT_EMPTY_PATH:
        given = [""]
    for order, place in enumerate(places):
        values[place] = Text(given[order]) if order < len(given) else ABSENT


def _renamed(parts: Mapping[str, list[Record]]) -> list[str]:
    """Both names: what was there is recorded as deleted, what is there now as created."""
    kinds: dict[str, list[str]] = {}
    for record, name in names(parts):
        kinds.setdefault(record.fields.get("nametype", ""), []).append(name)
    if not kinds.get("DELETE") or not kinds.get("CREATE"):
        return []
    return [kinds["DELETE"][0], kinds["CREATE"][-1]]


def _address(name: str, parts: Mapping[str, list[Record]]) -> Value:
    """The address that the kernel copied in or out; none was, where it has recorded none."""
    for record in parts.get("SOCKADDR", ()):
        return address(record.fields.get("saddr", ""))
    return None if name in ("sendto", "sendmsg") else ABSENT


def _pair(parts: Mapping[str, list[Record]]) -> Value:
    for record in parts.get("FD_PAIR", ()):
        first, second = record.number("fd0"), record.number("fd1")
        if first is not None and second is not None:
            return Array((first, second))
    return ABSENT


def _vector(parts: Mapping[str, list[Record]]) -> Value:
    """The argument vector of EXECVE records: each argument in one piece, or in several, over several records."""
    records = parts.get("EXECVE", ())
    count = next((found for record in records if (found := record.number("argc")) is not None), None)
    whole: dict[str, str] = {}
    for record in records:
        whole.update(record.fields)
    if count is None or not 0 <= count <= len(whole):
        return ABSENT
    return Array(tuple(_string(whole, place) for place in range(count)))


def _string(fields: Mapping[str, str], place: int) -> Value:
    raw = fields.get(f"a{place}")
    if raw is not None:
        found = string(raw)
        return ABSENT if found is None else Text(found)
    pieces: list[str] = []
    while (raw := fields.get(f"a{place}[{len(pieces)}]")) is not None:
        pieces.append(raw)
    wanted = fields.get(f"a{place}_len", "")
    joined = [piece.strip('"') for piece in pieces]
    quoted = bool(pieces) and all(piece.startswith('"') for piece in pieces)
    length = sum(map(len, joined))
    text = string(f'"{"".join(joined)}"' if quoted else "".join(joined)) if pieces else None
    if text is None:
        return ABSENT
    return Text(text, cut=wanted.isdigit() and len(wanted) < 10 and length != int(wanted))


def _put_others(values: list[Value], name: str, numbers: list[int | None], parts: Mapping[str, list[Record]]) -> None:
    if name == "mmap":
        values[4] = _mapped(numbers[3], parts)
    elif name == "clone" and numbers[0] is not None:
        values[0] = Named("flags", Pointer(numbers[0] & ~_SIGNAL_MASK))
    elif name == "openat2":
        for record in parts.get("OPENAT2", ()):
            flags = record.number("oflag", 8)
            values[2] = ABSENT if flags is None else Struct((("flags", flags),))
    elif name == "capset":
        for record in parts.get("CAPSET", ()):
            shown = (("effective", "cap_pe"), ("permitted", "cap_pp"), ("inheritable", "cap_pi"))
            values[1] = Struct(tuple((set_, record.number(field, 16)) for set_, field in shown))
    elif name == "prctl" and numbers[0] == _PR_SET_NAME:
        values[1] = ABSENT


def _mapped(flags: int | None, parts: Mapping[str, list[Record]]) -> Value:
    """What mmap(2) maps: the MMAP record has the descriptor, which is the fifth argument."""
    for record in parts.get("MMAP", ()):
        found = record.number("fd")
        if found is not None:
            return found
    return -1 if flags is not None and flags & _MAP_ANONYMOUS else ABSENT


def _from_arm(value: Value) -> Value:
    if not isinstance(value, int):
        return value
    bits = value & ~_ARM_MASK
    for theirs, ours in _ARM:
        bits |= ours if value & theirs else 0
    return Pointer(bits)
