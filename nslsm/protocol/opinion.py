"""What controls answer: an answer to one request, an assignment of an attribute, an observation."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import Unknown
from nslsm.protocol.things import Identity, Value


class Stance(Enum):
    """Where a control stands on one request (Model M1, Control; M2.9)."""

    ALLOW = "allow"
    DENY = "deny"
    ABSTAIN = "abstain"
    UNKNOWN = "unknown"
    """It would hang on facts that nobody knows."""


class Answer(NamedTuple):
    """A control's answer. ``errno`` None is the hook's default; ``unknown`` names the facts it hangs on."""

    stance: Stance
    rule: str = ""
    errno: Errno | None = None
    because: str = ""
    unknown: frozenset[str] = frozenset()
    fault: str = ""
    """What broke, where the control did not say yes because it broke (Model M2.8)."""


ABSTAIN = Answer(Stance.ABSTAIN)


class Assignment(NamedTuple):
    """An effect that an attribute is to have on one thing, computed on the state before the event (Model M3.2)."""

    attribute: str
    """The attribute's qualified name within its control: ``task.clinician``."""
    thing: Identity
    value: Value | Unknown
    rule: str
    join: "str | Callable[[Value, Value], Value] | None"
    """How two values that one event sets are made one: or, and, min, max, union, first, last, or a control's own way; None:
    not at all."""
    order: tuple[str, ...] = ()
    """The members of an ordered enumeration, lowest first, for ``min`` and ``max``."""


class Observation(NamedTuple):
    """An observing rule that matched (Model M2.7); ``certain`` is False where its condition was unknown."""

    rule: str
    because: str
    certain: bool
    unknown: frozenset[str] = frozenset()
