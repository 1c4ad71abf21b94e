"""Controls written in Python: what a BPF LSM program is to the kernel (Model M1, Control; M2.8; M3.2).

Who writes one derives from :class:`Control`. It is asked with a request and with its own state, and answers with values:
nothing is kept on ``self``, so that snapshots, explorations and laws hold for it as they do for the language. What it raises,
or answers that is no answer, is a denial. What cannot be helped: a control that never returns holds up its kernel, for nothing
in Python can stop it.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from hashlib import sha256
from typing import ClassVar, Final, cast

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation, Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Value
from nslsm.protocol.view import UNSET, View

STATE: Final = "namespace.state"
"""The attribute that a control's state is kept in: one cell for the namespace that it is bound in (Model M3.1)."""

State = object
"""What a control keeps: any value that can be hashed, so that nobody can change it in place."""


class Control:
    """A control in Python. Say which hooks it ``handles``, and override what it does there.

    >>> class Quota(Control):
    ...     handles = {"socket_connect"}
    ...     initial = 0
    ...     def judge(self, request, state):
    ...         return Errno.EAGAIN if state >= 3 else None
    ...     def commit(self, request, state):
    ...         return state + 1
    >>> Quota().name
    'nslsm.controls.python.Quota'
    """

    handles: ClassVar[AbstractSet[str]] = frozenset()
    """The hooks that it is asked about."""
    version: ClassVar[str] = "1"
    """Part of its digest: raise it where its answers change (Model M6.1)."""
    initial: ClassVar[State] = None
    """The state that it begins with wherever it is bound."""

    @property
    def name(self) -> str:
        """Its qualified name: module and class, unless said otherwise."""
        return f"{type(self).__module__}.{type(self).__qualname__}"

    @property
    def arguments(self) -> tuple[tuple[str, object], ...]:
        """What it was made with, as far as its answers depend on it: part of its digest. By default what is on ``self``."""
        return tuple(sorted(vars(self).items()))

    def judge(self, request: Request, state: State) -> object:
        """Where it stands: None abstains, True allows, False denies, an errno denies with it; or an Answer."""
        del request, state
        return None

    def judge_inbound(self, request: Request, state: State) -> object:
        """Where it stands on a request from outside about something of its own (Model M4.2)."""
        del request, state
        return None

    def commit(self, request: Request, state: State) -> State:
        """The state after a request of an event that was granted. It is computed first, and kept if nothing else fails."""
        del request
        return state

    def on_denied(self, request: Request, state: State) -> State:
        """The state after a request of an event that was denied (Model M3.2)."""
        del request
        return state

    def join(self, one: State, other: State) -> State:
        """The one state that two requests of one event make, both computed from the state before (Model M3.2)."""
        del one, other
        raise ValueError(f"one event gives {self.name} two states, and it has no `join`")

    def observe(self, request: Request, state: State) -> Iterable[str]:
        """What it has to say about a request, whatever the verdict (Model M2.7)."""
        del request, state
        return ()


class PythonControl:
    """A :class:`Control` behind the protocol that the engine asks."""

    def __init__(self, control: Control) -> None:
        """Raises TypeError for what is no control, ValueError for hooks that there are not."""
        if not isinstance(control, Control):
            raise TypeError(f"{control!r} is no control: derive from nslsm.Control")
        unknown = sorted(set(control.handles) - set(CATALOGUE))
        if unknown:
            near = CATALOGUE.near(unknown[0])
            raise ValueError(f"no hook is called {unknown[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        told = repr(control.arguments)
        if " at 0x" in told:
            raise TypeError(f"{control.name}.arguments shows {told[:120]}, which is another text in each run")
        self.control = control
        self.name = control.name
        self.origin = _digest(self.name, control.version)
        self.digest = _digest(self.name, control.version, told)
        self._handles = frozenset(control.handles)

    def __eq__(self, other: object) -> bool:
        """Equal where every answer must be."""
        return isinstance(other, PythonControl) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"PythonControl({self.name!r}, {self.digest[:12]})"

    def handles(self, hook: str) -> bool:
        """Whether it is asked about this hook."""
        return hook in self._handles

    def judge(self, request: Request, view: View) -> Answer:
        """Where it stands on a request from within."""
        state = self._state(view)
        return self._at_a_loss() if state is UNKNOWN else _answer(self.control.judge(request, state))

    def judge_inbound(self, request: Request, view: View) -> Answer:
        """Where it stands on a request from outside."""
        state = self._state(view)
        return self._at_a_loss() if state is UNKNOWN else _answer(self.control.judge_inbound(request, state))

    def _at_a_loss(self) -> Answer:
        """An event that nobody could decide may have changed its state (Model M3.4): then it does not know either."""
        return Answer(Stance.UNKNOWN, unknown=frozenset({f"{self.name}.state"}))

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """The state that it proposes, where that is another."""
        before = self._state(view)
        if before is UNKNOWN:
            return ()
        propose = self.control.on_denied if denied else self.control.commit
        after = propose(request, before)
        if after is before or (type(after) is type(before) and after == before):
            return ()
        hash(after)  # TypeError for what could be changed in place
        rule = "on_denied" if denied else "commit"
        thing, value = view.namespace.identity, cast("Value", after)
        return (Assignment(STATE, thing, value, rule, self._joined),)

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """What it has to say."""
        state = self._state(view)
        said = () if state is UNKNOWN else self.control.observe(request, state)
        return tuple(Observation("observe", str(each), certain=True) for each in said)

    def observe_inbound(self, request: Request, view: View) -> tuple[Observation, ...]:
        """Nothing: what comes from outside, its own namespace's observers see by ``judge_inbound`` only."""
        del request, view
        return ()

    def _state(self, view: View) -> State:
        kept = view.cell(STATE, view.namespace.identity)
        return self.control.initial if kept is UNSET else kept

    def _joined(self, one: Value, other: Value) -> Value:
        return cast("Value", self.control.join(one, other))


def _answer(said: object) -> Answer:
    """What a control said as an answer; TypeError for what is none, which is a denial (Model M2.8)."""
    if said is None:
        return ABSTAIN
    if isinstance(said, Answer):
        return said
    if said is True:
        return Answer(Stance.ALLOW, "judge")
    if said is False:
        return Answer(Stance.DENY, "judge")
    if isinstance(said, int) and said in _ERRNOS:
        return Answer(Stance.DENY, "judge", Errno(said))
    raise TypeError(f"it answered {said!r:.80}, which is no answer")


_ERRNOS: Final = frozenset(int(errno) for errno in Errno)


def _digest(*parts: str) -> str:
    return sha256("\0".join(("nslsm.python.1", *parts)).encode(errors="surrogatepass")).hexdigest()
