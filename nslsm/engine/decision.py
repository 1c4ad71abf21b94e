"""Decisions as values: what was asked, what each binding answered, what came of it (Model M2, M6)."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.protocol.namespace import Binding, Mode, Namespace
from nslsm.protocol.opinion import Answer, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Identity, Value


class Verdict(IntEnum):
    """Ordered as the laws order it: grant < indeterminate < deny."""

    GRANT = 0
    INDETERMINATE = 1
    DENY = 2

    def __str__(self) -> str:
        return self.name.lower()


class Opinion(NamedTuple):
    """What one binding in one namespace answered to one request."""

    namespace: Namespace
    binding: Binding
    answer: Answer
    inbound: bool = False

    @property
    def enforced(self) -> bool:
        """Whether the answer counts (Model M2.5)."""
        return self.binding.mode is Mode.ENFORCE

    @property
    def denies(self) -> bool:
        """Whether it is a definite denial that counts."""
        return self.enforced and self.answer.stance is Stance.DENY

    @property
    def would_deny(self) -> bool:
        """Whether it would deny if its binding were enforcing."""
        return not self.enforced and self.answer.stance is Stance.DENY

    @property
    def rule(self) -> str:
        """The rule that answered, ``module.control#rule`` (Model M6.1)."""
        rule = self.answer.rule or ("fault" if self.answer.fault else "")
        return f"{self.binding.control.name}#{rule}" if rule else self.binding.control.name


class Blame(NamedTuple):
    """Who denied: the nearest enforcing denial (Model M2.3), or the kernel's own checks (Model M2.1)."""

    opinion: Opinion | None
    reason: str

    @property
    def by_kernel(self) -> bool:
        """Whether the kernel refused before or beside any control."""
        return self.opinion is None

    def __str__(self) -> str:
        if self.opinion is None:
            return "kernel"
        return f"{self.opinion.rule} in {self.opinion.namespace.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One request with its verdict. ``opinions`` is the verdict vector; in a short walk it ends with the denial."""

    request: Request
    verdict: Verdict
    errno: Errno | None
    deciding: Opinion | None
    """The opinion that denied, None where none did."""
    unknown: frozenset[str]
    opinions: tuple[Opinion, ...]

    @property
    def would_deny(self) -> tuple[Opinion, ...]:
        """The complaining bindings that would have denied (Model M2.5)."""
        return tuple(opinion for opinion in self.opinions if opinion.would_deny)


class Observed(NamedTuple):
    """An observing rule that matched, where (Model M2.7)."""

    namespace: Namespace
    binding: Binding
    request: Request
    observation: Observation


class Change(NamedTuple):
    """An attribute that the event set, from the state before to the state after; UNKNOWN is a value here."""

    namespace: Namespace
    binding: Binding
    attribute: str
    thing: Identity
    value: Value | object
    rule: str


class Move(NamedTuple):
    """What ``enter on`` did with the process (Model M5.5)."""

    source: Namespace
    target: Namespace | None
    """None where a condition was unknown, and the process stayed."""
    counterfactual: bool = False
    """The move was made although the event was denied, because the recording shows that it happened (Model M6.3)."""
    refused: str = ""
    """Why the process stayed: a denial of ``namespace_enter``, a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What came of one event: one system call, or one hook asked directly."""

    verdict: Verdict
    errno: Errno | None
    """What the caller gets: the denial's errno, the kernel's own, EACCES where indeterminate; None where granted."""
    blame: Blame | None
    unknown: tuple[str, ...]
    """The unknown facts that an indeterminate verdict hangs on, sorted (Model M2.9)."""
    judgements: tuple[Judgement, ...]
    observed: tuple[Observed, ...] = ()
    changes: tuple[Change, ...] = ()
    moves: tuple[Move, ...] = ()
    result: int = 0
    """What the system call returned: a descriptor, a child; 0 where it did not succeed."""
    recorded_errno: Errno | None = None
    """The error that a recording shows for this call, whatever we say of it."""
    faults: tuple[Opinion, ...] = field(default=())
    """Bindings that broke (Model M2.8), complaining ones included."""

    @property
    def granted(self) -> bool:
        """Whether the event goes ahead: never where anything is indeterminate."""
        return self.verdict is Verdict.GRANT

    def __bool__(self) -> bool:
        return self.granted
