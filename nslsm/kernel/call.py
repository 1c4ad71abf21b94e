"""What a trace carries about one system call, whichever tool wrote it: values, calls, signals, ends of tasks.

Arguments keep the shape in which the trace shows them. The same thing can be spelled in several ways
(``O_RDWR``, ``0x2``, ``0x2 /* O_RDWR */``); :mod:`nslsm.kernel.spelling` reads each of them to the same
answer, and consumers go through it.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.kernel.origin import Origin

AT_FDCWD: Final = -100
"""The descriptor number that stands for the current working directory, ``include/uapi/linux/fcntl.h``."""


class Pointer(int):
    """A number written in hexadecimal: an address, or bits without names. An ``int`` otherwise."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Pointer({int(self):#x})"


class Fd(NamedTuple):
    """A descriptor that the trace annotates with what it refers to, or :data:`AT_FDCWD`."""

    number: int
    path: str | None = None
    """A path, or the kernel's name of what has none: ``pipe:[6323]``, ``anon_inode:[eventpoll]``."""
    deleted: bool = False
    """The file had no name any more."""
    device: str = ""
    """``char 1:3`` or ``block 8:1``, where the trace tells it."""


class Text(NamedTuple):
    r"""A string; bytes that are not UTF-8 as surrogates, an abstract socket's name with ``\0`` in front."""

    value: str
    cut: bool = False
    """The trace holds only the beginning."""


class Symbols(NamedTuple):
    """Names joined by ``|``, with the bits that have none: ``O_RDONLY|O_CLOEXEC|0x40``, ``S_IFREG|0644``."""

    names: frozenset[str]
    rest: int = 0

    @property
    def name(self) -> str:
        """The only name, or the empty string where there are none or several."""
        return next(iter(self.names)) if len(self.names) == 1 else ""


class Struct(NamedTuple):
    """``{st_mode=S_IFREG|0644, st_size=1343, ...}``. Members without a name have the empty one.

    ``inet_pton(AF_INET6, "::1", &sin6_addr)`` is the member ``sin6_addr``, ``WEXITSTATUS(s) == 3`` is
    ``WEXITSTATUS``.
    """

    fields: tuple[tuple[str, "Value"], ...]
    cut: bool = False
    """The trace leaves members out."""

    def get(self, name: str, default: "Value" = None) -> "Value":
        """The first member called ``name``, or ``default``.

        >>> Struct((("l_onoff", 1), ("l_linger", 2))).get("l_linger")
        2
        """
        for field, value in self.fields:
            if field == name:
                return value
        return default

    def has(self, name: str) -> bool:
        """Whether there is a member called ``name``."""
        return any(field == name for field, _ in self.fields)


class Array(NamedTuple):
    """``[1, 2, 3]``, ``[HUP INT]``; with ``complement``, everything but these: ``~[RTMIN RT_1]``."""

    items: tuple["Value", ...]
    cut: bool = False
    """The trace leaves items out."""
    complement: bool = False


class Call(NamedTuple):
    """``htons(80)``, ``makedev(0x88, 0)``; also an operator between two values (``or``, ``|``)."""

    name: str
    arguments: tuple["Value", ...]


class Named(NamedTuple):
    """An argument that the trace gives a name: ``flags=CLONE_VM|SIGCHLD``."""

    name: str
    value: "Value"


class Noted(NamedTuple):
    """A value with the trace's remark: ``0x55… /* 5 vars */``, ``2 /* 1002 in strace's PID NS */``."""

    value: "Value"
    note: str


class Changed(NamedTuple):
    """What an argument was before the call, and what the kernel made of it: ``[128 => 16]``."""

    before: "Value"
    after: "Value"


class Unparsed(NamedTuple):
    """Text that the reader could not take apart: its facts are unknown (Model M2.9)."""

    text: str


ABSENT: Final = Unparsed("")
"""What an argument is that the trace does not show."""

Value: TypeAlias = "int | Fd | Text | Symbols | Struct | Array | Call | Named | Noted | Changed | Unparsed | None"
"""``None`` is ``NULL``."""


@dataclass(frozen=True, slots=True)
class SystemCall:
    """One system call of one task, begun and (unless ``unfinished``) ended."""

    task: int
    """The task's number as the trace has it; 0 where the trace follows a single task and numbers none."""
    name: str
    arguments: tuple[Value, ...]
    result: int | None
    """What it returned; -1 and ``error`` for a failure; None where it did not return, or nobody saw it."""
    line: int
    """The line on which it began, from 1."""
    time: float | None = None
    """When it began, in seconds: since the epoch or since a midnight, as the trace was made."""
    errno: Errno | None = None
    """Set for failures whose errno programs can see."""
    error: str = ""
    """The errno's name as written, the kernel's own ones (``ERESTARTSYS``) and unknown ones too."""
    result_fd: Fd | None = None
    """The result, where the trace annotates it as a descriptor."""
    detail: str = ""
    """The remark after the result: ``Timeout``, ``flags O_RDWR|O_LARGEFILE``, ``[{fd=3, …}]``."""
    duration: float | None = None
    """Seconds from begin to end, where the trace measured them."""
    end_line: int = 0
    """The line on which it ended: ``line``, unless other tasks' lines came between."""
    unfinished: bool = False
    """The trace, or the task, ended before the call did."""

    @property
    def failed(self) -> bool:
        """Whether it returned an error (or was to be restarted)."""
        return self.error != ""

    def argument(self, index: int) -> Value:
        """The argument at ``index`` (names in front taken off), or :data:`ABSENT`."""
        if index >= len(self.arguments):
            return ABSENT
        value = self.arguments[index]
        return value.value if isinstance(value, Named) else value

    def named(self, name: str) -> Value:
        """The argument written ``name=…``, or that member of a structure argument, or :data:`ABSENT`.

        So ``call.named("flags")`` serves ``clone(child_stack=NULL, flags=…)`` and ``clone3({flags=…}, 88)``.
        """
        for value in self.arguments:
            if isinstance(value, Named) and value.name == name:
                return value.value
        for value in self.arguments:
            struct = value.before if isinstance(value, Changed) else value
            if isinstance(struct, Struct) and struct.has(name):
                return struct.get(name)
        return ABSENT


@dataclass(frozen=True, slots=True)
class Began:
    """A call that makes a task is under way: the child's lines may come before the call has told its number.

    Its :class:`SystemCall` follows when it ends. ``arguments`` are those shown so far.
    """

    task: int
    name: str
    arguments: tuple[Value, ...]
    line: int
    time: float | None = None


@dataclass(frozen=True, slots=True)
class SignalDelivered:
    """A signal reached a task. ``signal`` is None for one that ``Signal`` lacks; ``name`` is as written."""

    task: int
    signal: Signal | None
    name: str
    line: int
    time: float | None = None
    info: Struct | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A task was stopped by a signal (job control, ptrace)."""

    task: int
    signal: Signal | None
    name: str
    line: int
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Exited:
    """A task ended by itself, with ``status`` (0 to 255)."""

    task: int
    status: int
    line: int
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Killed:
    """A task was ended by a signal; ``core`` where a core was dumped."""

    task: int
    signal: Signal | None
    name: str
    core: bool
    line: int
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Superseded:
    """Thread ``by`` executed a program and goes on under the number ``task``; the old ``task`` is gone."""

    task: int
    by: int
    line: int
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """The tracer speaks of itself (attached, detached), or adds to a call (a stack, a dump of its data)."""

    task: int
    text: str
    line: int
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """The task that events call ``task`` (0), because the trace did not number it so far, has this number."""

    task: int
    number: int
    line: int
    time: float | None = None


class SeenFile(NamedTuple):
    """What a record tells of a file beside a call that names it. Parts that it does not tell are None."""

    path: str
    """From the root, without ``.`` and ``..``."""
    mode: int | None = None
    """With the type's bits, inode(7)."""
    owner: int | None = None
    group: int | None = None
    inode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A record tells who a task is. What it does not tell is None, and stays as it was.

    Tools that record single events (audit, eBPF) describe the task in each; those that record all calls have no need to.
    """

    task: int
    line: int
    time: float | None = None
    parent: int | None = None
    """The parent process's number."""
    process: int | None = None
    """The process's number, where the task is another thread than its first."""
    exe: str | None = None
    comm: str | None = None
    directory: str | None = None
    """The current directory."""
    ids: tuple[tuple[str, int], ...] = ()
    """User and group ids, by the names that :class:`nslsm.protocol.things.Credentials` has for them."""
    capabilities: tuple[tuple[str, frozenset[Capability]], ...] = ()
    """Capability sets, likewise."""
    whereabouts: tuple[str, ...] | None = None
    """Where an orchestrator placed it: namespace, pod, container. Empty: outside of all pods."""
    files: tuple[SeenFile, ...] = ()


TraceEvent: TypeAlias = (
    SystemCall
    | Began
    | SignalDelivered
    | Stopped
    | Exited
    | Killed
    | Superseded
    | Numbered
    | Described
    | Remark
    | Origin
)
