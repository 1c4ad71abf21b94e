"""The wire format of one decision: what was asked, who answered what, what came of it (Model M6.1)."""

from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from nslsm.wire.base import Document, Model
from nslsm.wire.forms import IdentityForm, ObjectForm, TaskForm, Text, UnknownForm, ValueForm

VerdictName: TypeAlias = Literal["grant", "indeterminate", "deny"]


class NamespaceReference(Model):
    """A namespace that the record speaks of: its path from the root, its number, how often it had been changed by then.

    Where the record speaks of one namespace before and after a change, ``name`` is ``path@sequence`` for the second.
    """

    name: str
    id: int
    sequence: int


class OpinionRecord(Model):
    """What one binding in one namespace answered to one request."""

    namespace: str
    binding: str
    control: str
    mode: Literal["enforce", "complain"]
    """A complaining binding's denial does not count (Model M2.5)."""
    inbound: Literal[True] | None = None
    """The binding protects the object, from outside (Model M4.2)."""
    stance: Literal["allow", "deny", "abstain", "unknown"]
    rule: str | None = None
    """``module.control#rule``."""
    errno: str | None = None
    """The errno that the rule names; absent: the hook's default."""
    because: str | None = None
    unknown: tuple[str, ...] | None = None
    """The unknown facts that the answer hangs on, sorted."""
    fault: Text | None = None
    """How the control broke (Model M2.8)."""


class ReferenceRecord(Model):
    """What a control says that it covers: ``@ref(hipaa, "164.312(a)(1)", coverage = partial)``."""

    catalogue: str
    id: str
    coverage: str


class BlameRecord(Model):
    """Who denied the event: the nearest enforcing denial (Model M2.3), or the kernel itself (Model M2.1)."""

    by: Literal["control", "kernel"]
    reason: Text
    namespace: str | None = None
    binding: str | None = None
    control: str | None = None
    rule: str | None = None
    """``module.control#rule``."""
    references: tuple[ReferenceRecord, ...] | None = None
    severity: str | None = None
    title: str | None = None
    owner: str | None = None
    opinion: OpinionRecord | None = None
    """The denial itself; absent where the kernel refused."""


class RequestRecord(Model):
    """One question of the kernel, with its verdict."""

    hook: str
    consequence: Literal["fatal", "probe", "element"]
    """What a denial of this request does to the event (Model M1, Event)."""
    subject: TaskForm | None = None
    """Where it is another than the event's task, or was changed by the event."""
    object: ObjectForm | UnknownForm | None = None
    """Absent where the hook has none."""
    arguments: dict[str, ValueForm]
    """Every fact of the hook, by name."""
    lineage: tuple[str, ...]
    """The subject's namespace and those above it, nearest first."""
    verdict: VerdictName
    errno: str | None = None
    unknown: tuple[str, ...]
    deciding: int | None = Field(default=None, ge=0)
    """The place in ``opinions`` of the one that denied."""
    opinions: tuple[OpinionRecord, ...]
    """The verdict vector of a full walk; of a short one only the deciding opinion (Model M2.6)."""


class ObservedRecord(Model):
    """An observing rule that matched (Model M2.7); ``certain`` is false where its condition was unknown."""

    namespace: str
    binding: str
    control: str
    rule: str
    request: int = Field(ge=0)
    """The place of the request in ``requests``."""
    because: str
    certain: bool
    unknown: tuple[str, ...]


class ChangeRecord(Model):
    """An attribute that the event set (Model M3)."""

    namespace: str
    binding: str
    control: str
    rule: str
    attribute: str
    thing: IdentityForm
    value: ValueForm


class MoveRecord(Model):
    """What ``enter on`` did with the process (Model M5.5)."""

    source: str
    target: str | None = None
    """Absent where the process stayed."""
    counterfactual: bool
    """The event was denied, yet happened: the recording shows it (Model M6.3)."""
    refused: Text | None = None
    """Why the process stayed; absent where a condition was unknown."""


class DecisionRecord(Document):
    """One event and its decision, whole: ``from_record`` makes the decision of it again."""

    name: ClassVar[str] = "decision"
    current: ClassVar[int] = 1

    record: Literal["decision"] = "decision"
    version: Literal[1] = 1
    sequence: int
    """The event's number in its run, from 1."""
    time: float | None = None
    """The event's own time, in seconds, as its trace has it."""
    call: str
    """The system call, or the hook that was asked directly."""
    line: int | None = None
    """The line of the trace."""
    policy: str
    """The policy's digest (Model M6.1)."""
    walk: Literal["short", "full"]
    task: TaskForm
    """Who acted, as before the event."""
    namespace: Text
    """The path of the namespace that the task was in."""
    verdict: VerdictName
    errno: str | None = None
    """What the caller gets; absent where granted."""
    blame: BlameRecord | None = None
    unknown: tuple[str, ...]
    """The unknown facts that an indeterminate verdict hangs on, sorted."""
    recorded_errno: str | None = None
    """The error that the recording shows for this call."""
    result: int
    """What the system call returned; 0 where it did not succeed."""
    requests: tuple[RequestRecord, ...]
    observed: tuple[ObservedRecord, ...]
    changes: tuple[ChangeRecord, ...]
    moves: tuple[MoveRecord, ...]
    faults: tuple[OpinionRecord, ...]
    namespaces: tuple[NamespaceReference, ...]
    """The namespaces that the record speaks of, by name."""
