"""What a hook is: a point where the kernel asks or tells, described as data (Model M1)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

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

    name: str
    doc: str
    """One sentence: what is about to happen (or has happened, for ``notify``)."""
    prototype: str
    default: str = "0"
    hook_class: HookClass = HookClass.ACCESS
    why_other: str = ""
    object: Kind | None = None
    subject: str = "the current task"
    facts: tuple[Fact, ...] = ()
    typed: bool = True
    """False where the facts of this hook are not described yet; no rule may use more than its subject."""
    consequence: Consequence = Consequence.FATAL
    default_errno: Errno = Errno.EACCES
    since: str = PROFILES[0]
    until: str = PROFILES[-1]
    config: str = ""
    own: bool = False
    family: str = ""

    @property
    def returns(self) -> str:
        """The C return type, ``int`` or ``void``."""
        return self.prototype.split(" ", 1)[0]

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
