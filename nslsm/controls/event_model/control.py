"""The event model as a control. It is in Python because the language has no hashes, and describes no event as a whole.

It follows TSEM's documentation (version 4 of the proposed patches, August 2024) in its definitions: coefficients, trajectory,
forensics, trust of tasks, measurement and state. It does not cover modelling outside of the kernel (a model's orchestrator
asks for what it wants to know), TPMs and their quotes, asynchronous events, and modules that replace the model.
"""

import json
from enum import Enum
from typing import Final

from nslsm.controls.event_model.coefficient import DIGESTS, coefficient, zeros
from nslsm.controls.event_model.description import IDENTITY, cell, context, plain
from nslsm.controls.module import Module, length
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.hooks.routine import ROUTINE
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Identity, Value
from nslsm.protocol.view import UNSET, View

COMMITTED: Final = "bprm_committed_creds"
"""Where a task becomes who it is: it runs the program, with its new credentials, in the namespace that it has come to."""
UNTRUSTED: Final = "task.untrusted"
POINT: Final = "namespace.point."
"""Followed by a coefficient: it is a point of the model."""
FORENSIC: Final = "namespace.forensic."
"""The same for what was seen after the model was sealed and is no point of it."""
SEEN: Final = "namespace.seen."
"""Followed by a number: coefficients that an event was the first to have, with commas between them."""


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
        """It models every decision of the kernel, no routine, no filter of calls; and is told which programs run."""
        asked = CATALOGUE[hook].hook_class is HookClass.ACCESS and hook not in (*ROUTINE, "system_call")
        return hook == COMMITTED or asked

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
        found = self.coefficient(request, view)
        if isinstance(found, Unknown):
            return Answer(Stance.UNKNOWN, "forensics", unknown=frozenset({IDENTITY}))
        known = self._knows(found.hex(), view)
        if isinstance(known, Unknown):
            return Answer(Stance.UNKNOWN, "forensics", unknown=frozenset({POINT.rstrip(".")}))
        if not known:
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
        known = found if isinstance(found, Unknown) else self._knows(found.hex(), view)
        if known is True:
            return ()
        free = self.status is Status.FREE
        kind, rule = (POINT, "model") if free else (FORENSIC, "forensics")
        # What may be a point already makes nobody untrusted for sure; in a free model it is one from now on.
        certain: bool | Unknown = UNKNOWN if isinstance(found, Unknown) or (known is UNKNOWN and not free) else True
        made = []
        task, space = request.subject.identity, view.namespace.identity
        if not free and view.cell(UNTRUSTED, task) is not True:
            made.append(Assignment(UNTRUSTED, task, certain, rule, "or"))
        new = isinstance(found, Unknown) or view.cell(kind + found.hex(), space) in (UNSET, UNKNOWN)
        if new:
            seen = UNKNOWN if isinstance(found, Unknown) or certain is UNKNOWN else found.hex()
            made.append(Assignment(f"{SEEN}{length(view, SEEN)}", space, seen, rule, _both))
        if new and not isinstance(found, Unknown):
            made.append(Assignment(kind + found.hex(), space, certain, rule, "or"))
        return tuple(made)

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """The event as a line of JSON, where it is the first of its kind: the trajectory, or the forensics, as it grows."""
        if request.hook.name == COMMITTED:
            return ()
        found = self.coefficient(request, view)
        if isinstance(found, Unknown):
            return ()
        known = self._knows(found.hex(), view)
        if known is True or view.cell(FORENSIC + found.hex(), view.namespace.identity) is True:
            return ()
        parent, task = self._identities(request, view)
        line = {
            "event": request.hook.name,
            "coefficient": found.hex(),
            "parent": plain(parent),
            "task": plain(task),
            "context": context(request),
            "cell": cell(request, view, self.pseudonyms),
        }
        rule = "trajectory" if self.status is Status.FREE else "forensics"
        text = json.dumps(line, sort_keys=True, separators=(",", ":"))
        return (Observation(rule, text, certain=known is False),)

    # What it computes

    def coefficient(self, request: Request, view: View) -> bytes | Unknown:
        """The coefficient of an event; UNKNOWN where nobody knows which programs the task or its parent ran."""
        parent, task = self._identities(request, view)
        if isinstance(parent, Unknown) or isinstance(task, Unknown):
            return UNKNOWN
        who = bytes.fromhex(parent), bytes.fromhex(task)
        return coefficient(
            self.algorithm, request.hook.name, *who, context(request), cell(request, view, self.pseudonyms)
        )

    def _becoming(self, request: Request, view: View) -> Assignment:
        """Who a task is from now on: the coefficient of its program being run, by whom its parent is and by nobody.

        So the chain of programs counts: a shell that the console has started is not the shell that a network has.
        """
        parent, _ = self._identities(request, view)
        identity: str | Unknown = UNKNOWN
        if not isinstance(parent, Unknown):
            who = bytes.fromhex(parent), zeros(self.algorithm)
            about = cell(request, view, self.pseudonyms)
            identity = coefficient(self.algorithm, COMMITTED, *who, context(request), about).hex()
        return Assignment(IDENTITY, request.subject.identity, identity, "identity", "last")

    def _identities(self, request: Request, view: View) -> tuple[str | Unknown, str | Unknown]:
        """Who the parent is and who the task is; nobody, for one that has run no program since the model began."""
        return self._identity(request.subject.ppid, view), self._identity(request.subject.tgid, view)

    def _identity(self, tgid: int, view: View) -> str | Unknown:
        found = view.cell(IDENTITY, Identity("task", tgid))
        return found if isinstance(found, str | Unknown) else zeros(self.algorithm).hex()

    def _knows(self, found: str, view: View) -> bool | Unknown:
        if found in self.points:
            return True
        kept = view.cell(POINT + found, view.namespace.identity)
        return kept if isinstance(kept, bool | Unknown) else False


def _both(one: Value, other: Value) -> Value:
    """What two requests of one event were the first to have."""
    return ",".join(dict.fromkeys(f"{one},{other}".split(",")))


def _octets(text: str, what: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{what} is hexadecimal, not {text!r:.40}") from None
