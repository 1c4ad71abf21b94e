"""Controls written in Python: what a BPF LSM program is to the kernel (Model M1, Control; M2.8; M3.2).

Who writes one derives from :class:`Control`. It is asked with a request and with its own state, and answers with values:
nothing is kept on ``self``, so that snapshots, explorations and laws hold for it as they do for the language. What it raises,
or answers that is no answer, is a denial; what it would keep and cannot, is one too. What cannot be helped: a control that
never returns holds up its kernel, for nothing in Python can stop it; and one that keeps something in its module or class is
not found out.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from hashlib import sha256
from typing import ClassVar, Final, cast

from nslsm.controls.constant import canonical, require_constant
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
"""What a control keeps: any value that nobody can change in place: a number, a text, a tuple or frozenset of such."""


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
    _bound: ClassVar[bool] = False

    def __setattr__(self, name: str, value: object) -> None:
        """AttributeError once it is bound: what it remembers is in its state."""
        if self._bound:
            raise AttributeError(f"{self.name} is bound, and keeps nothing on itself: return `{name}` in its state")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        """AttributeError once it is bound."""
        if self._bound:
            raise AttributeError(f"{self.name} is bound, and keeps nothing on itself")
        super().__delattr__(name)

    @property
    def name(self) -> str:
        """Its qualified name: module and class, unless said otherwise."""
        return f"{type(self).__module__}.{type(self).__qualname__}"

    @property
    def arguments(self) -> tuple[tuple[str, object], ...]:
        """What it was made with, as far as its answers depend on it: part of its digest. By default what is on ``self``."""
        return tuple(sorted((name, value) for name, value in vars(self).items() if name != "_bound"))

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
        """Raises TypeError for what is no control, or one whose arguments or first state could be changed in place.

        ValueError for hooks that there are not.
        """
        if not isinstance(control, Control):
            raise TypeError(f"{control!r:.80} is no control: derive from nslsm.Control, and bind an instance")
        self._handles = _hooks(control)
        self.control = control
        self.name = control.name
        require_constant(control.initial, f"{self.name}.initial")
        for name, value in control.arguments:
            require_constant(value, f"{self.name}.{name}")
        self.origin = _digest(self.name, control.version)
        self.digest = _digest(self.name, control.version, canonical(control.arguments))
        object.__setattr__(control, "_bound", True)

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
        if after is before:
            return ()
        require_constant(after, "the state that it returns")
        if type(after) is type(before) and after == before:
            return ()
        rule = "on_denied" if denied else "commit"
        thing, value = view.namespace.identity, cast("Value", after)
        return (Assignment(STATE, thing, value, rule, self._joined),)

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """What it has to say. Where it breaks, that is recorded in place of what it would have said."""
        state = self._state(view)
        try:
            said = () if state is UNKNOWN else self.control.observe(request, state)
            lines = (said,) if isinstance(said, str) else tuple(str(each) for each in said)
        except Exception as broken:  # noqa: BLE001 - an observer that breaks is no secret
            lines = (f"`observe` broke: {type(broken).__name__}: {broken}",)
        return tuple(Observation("observe", line, certain=True) for line in lines)

    def observe_inbound(self, request: Request, view: View) -> tuple[Observation, ...]:
        """Nothing: what comes from outside, its own namespace's observers see by ``judge_inbound`` only."""
        del request, view
        return ()

    def _state(self, view: View) -> State:
        kept = view.cell(STATE, view.namespace.identity)
        return self.control.initial if kept is UNSET else kept

    def _joined(self, one: Value, other: Value) -> Value:
        made = self.control.join(one, other)
        require_constant(made, "the state that it joins two into")
        return cast("Value", made)


def _hooks(control: Control) -> frozenset[str]:
    """The hooks that it handles; ValueError where there is none of that name, or none at all."""
    said: object = control.handles
    if isinstance(said, str):
        raise TypeError(f'{control.name}.handles is a set of names: {{"{said}"}}')
    if not isinstance(said, Iterable):
        raise TypeError(f"{control.name}.handles is a set of hooks' names, not {said!r:.80}")
    names = frozenset(str(each) for each in said)
    unknown = sorted(names - set(CATALOGUE))
    if unknown:
        near = CATALOGUE.near(unknown[0])
        raise ValueError(f"no hook is called {unknown[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if not names:
        raise ValueError(f"{control.name} handles no hook, so that it would never be asked")
    return names


def _answer(said: object) -> Answer:
    """What a control said as an answer; TypeError for what is none, which is a denial (Model M2.8)."""
    if said is None:
        return ABSTAIN
    if isinstance(said, Answer):
        return _proper(said)
    if said is True:
        return Answer(Stance.ALLOW, "judge")
    if said is False:
        return Answer(Stance.DENY, "judge")
    if isinstance(said, int) and said in _ERRNOS:
        return Answer(Stance.DENY, "judge", Errno(said))
    raise TypeError(f"it answered {said!r:.80}, which is no answer")


def _proper(said: Answer) -> Answer:
    """An answer whose parts are what they should be."""
    stance: object = said.stance
    facts: object = said.unknown
    texts: tuple[object, ...] = (said.rule, said.because, said.fault, *said.unknown)
    errno: object = said.errno
    fits = isinstance(stance, Stance) and isinstance(facts, AbstractSet)
    if not fits or not all(isinstance(each, str) for each in texts):
        raise TypeError(f"it answered {said!r:.80}, which is no answer")
    if errno is not None and errno not in _ERRNOS:
        raise TypeError(f"it answered with {errno!r:.80}, which is no errno")
    fitting = None if said.errno is None else Errno(said.errno)
    rule = said.rule or ("" if said.stance is Stance.ABSTAIN else "judge")
    return said._replace(errno=fitting, rule=rule, unknown=frozenset(said.unknown))


_ERRNOS: Final = frozenset(int(errno) for errno in Errno)


def _digest(*parts: str) -> str:
    return sha256("\0".join(("nslsm.python.1", *parts)).encode(errors="surrogatepass")).hexdigest()
