"""What a hook is: a point where the kernel asks or tells, described as data (Model M1)."""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, Self

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import Fact, Kind


class HookClass(Enum):
    """Whether a policy's answer counts at a hook, and why not (Model M1, Hook)."""

    ACCESS = "access"
    """The kernel asks; 0 grants, an errno denies; answers compose by AND."""
    NOTIFY = "notify"
    """The kernel tells (``void``, or a result nobody denies with); effects and audit may bind, denials may not."""
    OTHER = "other"
    """The result does not compose by AND; ``Hook.why_other`` says how it is read."""


class Consequence(Enum):
    """What a denial of this request does to the event that raised it (Model M1, Event)."""

    FATAL = "fatal"
    """The denial ends the event and denies it."""
    PROBE = "probe"
    """The answer goes back to the kernel, which goes on and may succeed another way (``capable``)."""
    ELEMENT = "element"
    """One target, descriptor or packet of several is dropped (``kill(-1)``, ``file_receive``)."""


PROFILES: Final = ("6.1", "6.12", "7.2")
"""The kernels that can be simulated, oldest first."""


@dataclass(frozen=True, slots=True)
class CArgument:
    """One argument of the hook's C prototype in ``include/linux/lsm_hook_defs.h``."""

    type: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One hook of the Linux Security Module framework, or one of this project's own (``own``).

    ``prototype`` is the C prototype as a person reads it, from the newest kernel that has the hook;
    ``default`` is what the framework returns when no module answers. ``facts`` are in the order of a request's
    ``arguments``. ``since`` and ``until`` name the first and last of :data:`PROFILES` that have the hook.
    """

    name: str = field(kw_only=False)
    doc: str
    """One sentence: what is about to happen (or has happened, for ``notify``)."""
    prototype: str
    default: str = "0"
    hook_class: HookClass = HookClass.ACCESS
    why_other: str = ""
    object: Kind | None = None
    object_is: str = ""
    """Which object of that kind: ``the child to be``, ``the file under its old name``."""
    subject: str = "the current task"
    facts: tuple[Fact, ...] = ()
    consequence: Consequence = Consequence.FATAL
    default_errno: Errno = Errno.EACCES
    errno_lost: str = ""
    """Where no program ever sees the errno of a denial: the kernel's function that drops it, and what comes instead."""
    errno_seen: Errno | None = None
    """With ``errno_lost``: the errno that a call fails with instead, if it fails for that reason at all."""
    repeats: str = ""
    """How one system call raises this several times, about different things; empty where it does not."""
    since: str = PROFILES[0]
    until: str = PROFILES[-1]
    config: str = ""
    own: bool = False
    family: str = ""
    """The name of its :class:`Family`; stamped on by it."""
    earlier: tuple[tuple[str, str], ...] = ()
    """Prototypes that older kernels had, oldest first: the last of :data:`PROFILES` with it, and the prototype."""

    @property
    def returns(self) -> str:
        """The C return type, ``int`` or ``void``."""
        return self.prototype.split(" ", 1)[0]

    def prototype_in(self, profile: str) -> str:
        """The C prototype that the hook has in the kernel ``profile``.

        Of 6.1 only the names are certain: what it says there is what 6.12 has.
        """
        for until, prototype in self.earlier:
            if PROFILES.index(profile) <= PROFILES.index(until):
                return prototype
        return self.prototype

    def c_arguments_in(self, profile: str) -> tuple[CArgument, ...]:
        """The arguments of that prototype; not those of a request, which are :attr:`facts`."""
        return c_arguments(self.prototype_in(profile))

    def fact(self, name: str) -> Fact | None:
        """The fact called ``name`` that this hook has beside its subject and object, or None."""
        return next((fact for fact in self.facts if fact.name == name), None)

    def index(self, name: str) -> int:
        """The place of fact ``name`` in a request's arguments; KeyError where the hook lacks it."""
        for place, fact in enumerate(self.facts):
            if fact.name == name:
                return place
        raise KeyError(name)

    def in_profile(self, profile: str) -> bool:
        """Whether the kernel ``profile`` has this hook."""
        return PROFILES.index(self.since) <= PROFILES.index(profile) <= PROFILES.index(self.until)


def c_arguments(prototype: str) -> tuple[CArgument, ...]:
    """The arguments in a C prototype.

    >>> c_arguments("int task_setnice(struct task_struct *p, int nice)")
    (CArgument(type='struct task_struct *', name='p'), CArgument(type='int', name='nice'))
    >>> c_arguments("int uring_sqpoll(void)")
    ()
    """
    inside = prototype[prototype.index("(") + 1 : prototype.rindex(")")]
    if inside == "void":
        return ()
    arguments = []
    for argument in inside.split(", "):
        name = argument.replace("*", " ").rsplit(" ", 1)[1]
        arguments.append(CArgument(argument.removesuffix(name).rstrip(), name))
    return tuple(arguments)


@dataclass(frozen=True, slots=True)
class Family:
    """Hooks that guard one part of the kernel, in the order in which a person wants to read about them."""

    name: str
    doc: str
    """One sentence: what these hooks are asked about."""
    hooks: tuple[Hook, ...]

    @classmethod
    def of(cls, name: str, doc: str, *hooks: Hook) -> Self:
        """A family of ``hooks``, each stamped with the family's name."""
        return cls(name, doc, tuple(replace(hook, family=name) for hook in hooks))
