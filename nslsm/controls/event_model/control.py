"""The event model as a control. It is in Python because the language has no hashes, and describes no event as a whole.

It follows TSEM's documentation (version 4 of the proposed patches, August 2024) in its definitions: coefficients, trajectory,
forensics, trust of tasks, measurement and state. It does not cover modelling outside of the kernel (a model's orchestrator
asks for what it wants to know), TPMs and their quotes, asynchronous events, and modules that replace the model.
"""

import json
from enum import Enum
from typing import Final

from nslsm.controls.event_model.coefficient import DIGESTS, coefficient, extended, zeros
from nslsm.controls.event_model.description import IDENTITY, cell, context
from nslsm.controls.module import Module
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.hooks.routine import ROUTINE
from nslsm.hooks.types import Unknown
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Identity, Value
from nslsm.protocol.view import UNSET, View

COMMITTED: Final = "bprm_committed_creds"
"""Where a task becomes who it is: it runs the program, with its new credentials, in the namespace that it has come to."""
UNTRUSTED: Final = "task.untrusted"
MEASUREMENT: Final = "namespace.measurement"
"""``count measurement new``: how many coefficients, their extension in order, and those that the last event brought."""
POINT: Final = "namespace.point."
"""Followed by a coefficient: a point of the trajectory; its value is its place."""
FORENSIC: Final = "namespace.forensic."
"""The same for what was seen after the model was sealed and is no point of it."""


class Status(Enum):
    """How far a model has come; it never goes back."""

    FREE = "free"
    """Whatever happens becomes part of the model."""
    SEALED = "sealed"
    """What is not part of it is kept as forensics, and the task that did it is untrusted from then on."""
    ENFORCING = "enforcing"
    """That, and what is not part of it is refused; so is all that an untrusted task does."""


class EventModel(Module):
    """A model of the security events of a namespace and those below.

    ``digest``: one of :data:`~nslsm.controls.event_model.coefficient.DIGESTS`. ``base``: a nonce in hexadecimal that permutes
    every coefficient in the sums. ``pseudonyms``: paths of files whose contents do not matter. ``points``: coefficients in
    hexadecimal that are part of the model from the beginning, as an earlier run has found them. Raises ValueError for what is
    none of these.
    """

    name = "base.event_model"

    status: Status
    base: bytes
    algorithm: str
    pseudonyms: frozenset[str]
    points: frozenset[str]

    def __init__(
        self,
        status: Status | str = Status.FREE,
        *,
        digest: str = "sha256",
        base: str = "",
        pseudonyms: frozenset[str] | tuple[str, ...] = frozenset(),
        points: frozenset[str] | tuple[str, ...] = frozenset(),
    ) -> None:
        if digest not in DIGESTS:
            raise ValueError(f"no model uses the digest {digest!r}: {', '.join(DIGESTS)} can be")
        size = len(zeros(digest))
        for each in points:
            if len(_octets(each, "a point")) != size:
                raise ValueError(f"a point of {digest} has {2 * size} hexadecimal digits, not {len(each)}")
        self._settle(
            status=Status(status),
            base=_octets(base, "the base nonce") or zeros(digest),
            algorithm=digest,
            pseudonyms=frozenset(pseudonyms),
            points=frozenset(each.lower() for each in points),
        )

    def become(self, status: Status) -> "EventModel":
        """The same model, further on; ValueError for a way back."""
        order = tuple(Status)
        if order.index(status) < order.index(self.status):
            raise ValueError(f"a model that is {self.status.value} is never {status.value} again")
        return EventModel(
            status, digest=self.algorithm, base=self.base.hex(), pseudonyms=self.pseudonyms, points=self.points
        )

    def handles(self, hook: str) -> bool:
        """It models every decision of the kernel, and no routine; and is told which programs run."""
        return hook == COMMITTED or (CATALOGUE[hook].hook_class is HookClass.ACCESS and hook not in ROUTINE)

    # What it answers

    def judge(self, request: Request, view: View) -> Answer:
        """Nothing until it enforces; then EPERM for what is no point of the model, and for all that the untrusted do."""
        if self.status is not Status.ENFORCING or request.hook.name == COMMITTED:
            return ABSTAIN
        trust = view.cell(UNTRUSTED, request.subject.identity)
        if isinstance(trust, Unknown):
            return Answer(Stance.UNKNOWN, "untrusted", unknown=frozenset({UNTRUSTED}))
        if trust is True:
            return Answer(Stance.DENY, "untrusted", Errno.EPERM, "the task has done what is not part of the model")
        if not self._knows(self.coefficient(request, view).hex(), view):
            return Answer(Stance.DENY, "forensics", Errno.EPERM, "the event is not part of the model")
        return ABSTAIN

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """The event enters the model, or its forensics; also where it was refused, for it was tried.

        Either way it is measured: what was not meant to happen shows in measurement and state.
        """
        del denied
        if request.hook.name == COMMITTED:
            return (self._becoming(request, view),)
        found = self.coefficient(request, view)
        if self._knows(found.hex(), view):
            return ()
        free = self.status is Status.FREE
        rule = "model" if free else "forensics"
        made = []
        if not free:
            made.append(Assignment(UNTRUSTED, request.subject.identity, value=True, rule=rule, join="or"))
        space = view.namespace.identity
        name = (POINT if free else FORENSIC) + found.hex()
        if view.cell(name, space) is UNSET:
            count, total = self._measured(view)
            now = extended(self.algorithm, total, self.base, found)
            made.append(Assignment(MEASUREMENT, space, f"{count + 1} {now.hex()} {found.hex()}", rule, self._joined))
            made.append(Assignment(name, space, count + 1, rule, "min"))
        return tuple(made)

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """The event as a line of JSON, where it is the first of its kind: the trajectory, or the forensics, as it grows."""
        if request.hook.name == COMMITTED:
            return ()
        found = self.coefficient(request, view)
        if self._knows(found.hex(), view) or view.cell(FORENSIC + found.hex(), view.namespace.identity) is not UNSET:
            return ()
        parent, task = self._identities(request, view)
        line = {
            "event": request.hook.name,
            "coefficient": found.hex(),
            "parent": parent.hex(),
            "task": task.hex(),
            "context": context(request),
            "cell": cell(request, view, self.pseudonyms),
        }
        rule = "trajectory" if self.status is Status.FREE else "forensics"
        text = json.dumps(line, sort_keys=True, separators=(",", ":"))
        return (Observation(rule, text, certain=True),)

    # What it computes

    def coefficient(self, request: Request, view: View) -> bytes:
        """The coefficient of an event."""
        parent, task = self._identities(request, view)
        return coefficient(
            self.algorithm, request.hook.name, parent, task, context(request), cell(request, view, self.pseudonyms)
        )

    def _becoming(self, request: Request, view: View) -> Assignment:
        """Who a task is from now on: the coefficient of its program being run, by whom its parent is and by nobody.

        So the chain of programs counts: a shell that the console has started is not the shell that a network has.
        """
        parent, _ = self._identities(request, view)
        about = cell(request, view, self.pseudonyms)
        identity = coefficient(self.algorithm, COMMITTED, parent, zeros(self.algorithm), context(request), about)
        return Assignment(IDENTITY, request.subject.identity, identity.hex(), "identity", "last")

    def _identities(self, request: Request, view: View) -> tuple[bytes, bytes]:
        """Who the parent is and who the task is; nobody, for one that has run no program since the model began."""
        subject = request.subject
        parent = zeros(self.algorithm) if isinstance(subject.ppid, Unknown) else self._identity(subject.ppid, view)
        return parent, self._identity(subject.tgid, view)

    def _identity(self, tgid: int, view: View) -> bytes:
        found = view.cell(IDENTITY, Identity("task", tgid))
        return bytes.fromhex(found) if isinstance(found, str) else zeros(self.algorithm)

    def _knows(self, found: str, view: View) -> bool:
        return found in self.points or view.cell(POINT + found, view.namespace.identity) is not UNSET

    def _measured(self, view: View) -> tuple[int, bytes]:
        said = view.cell(MEASUREMENT, view.namespace.identity)
        if not isinstance(said, str):
            return 0, zeros(self.algorithm)
        count, total, _ = said.split()
        return int(count), bytes.fromhex(total)

    def _joined(self, one: Value, other: Value) -> Value:
        """Two points of one event, one after the other: both were computed from the state before."""
        count, total, new = str(one).split()
        known = new.split(",")
        late = str(other).split()[2]
        if late in known:
            return one
        now = extended(self.algorithm, bytes.fromhex(total), self.base, bytes.fromhex(late))
        return f"{int(count) + 1} {now.hex()} {','.join((*known, late))}"


def _octets(text: str, what: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{what} is hexadecimal, not {text!r:.40}") from None
