"""Controls in Python for tests: well-behaved ones, and one that does whatever it is told."""

from collections.abc import Callable
from typing import Any

import nslsm

OPENING = frozenset({"file_open"})


class Says(nslsm.Control):
    """Answers every opening of a file in one way."""

    handles = OPENING

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def judge(self, request: nslsm.Request, state: object) -> object:  # noqa: ARG002
        return self.answer


class Counts(nslsm.Control):
    """Lets so many files be opened; counts denied ones too."""

    handles = OPENING
    initial: object = (0, 0)

    def __init__(self, most: int = 1_000_000) -> None:
        self.most = most

    def judge(self, request: nslsm.Request, state: object) -> object:  # noqa: ARG002
        assert isinstance(state, tuple)
        return nslsm.Errno.EDQUOT if state[0] >= self.most else None

    def commit(self, request: nslsm.Request, state: object) -> object:  # noqa: ARG002
        assert isinstance(state, tuple)
        return (state[0] + 1, state[1])

    def on_denied(self, request: nslsm.Request, state: object) -> object:  # noqa: ARG002
        assert isinstance(state, tuple)
        return (state[0], state[1] + 1)


Part = Callable[[nslsm.Control, nslsm.Request, object], object]


class Puppet(nslsm.Control):
    """Each of its parts does what a function says; it is called ``puppet``, and has no arguments that show."""

    handles = OPENING

    def __init__(self, handles: frozenset[str] = OPENING, initial: object = None, **parts: Part) -> None:
        self.parts = parts
        self.handles = handles  # type: ignore[misc]
        self.initial = initial  # type: ignore[misc]

    @property
    def name(self) -> str:
        return "tests.puppet"

    @property
    def arguments(self) -> tuple[tuple[str, object], ...]:
        return ()

    def _part(self, name: str, request: nslsm.Request, state: object, default: object) -> object:
        return self.parts[name](self, request, state) if name in self.parts else default

    def judge(self, request: nslsm.Request, state: object) -> object:
        return self._part("judge", request, state, None)

    def judge_inbound(self, request: nslsm.Request, state: object) -> object:
        return self._part("judge_inbound", request, state, None)

    def commit(self, request: nslsm.Request, state: object) -> object:
        return self._part("commit", request, state, state)

    def on_denied(self, request: nslsm.Request, state: object) -> object:
        return self._part("on_denied", request, state, state)

    def observe(self, request: nslsm.Request, state: object) -> object:  # type: ignore[override]
        return self._part("observe", request, state, ())


def state_of(kernel: nslsm.Kernel, namespace: str, binding: str) -> object:
    """What a control in Python has kept."""
    found = kernel.namespace(namespace)
    of_namespace = kernel.state.cells.get(found.facts().identity)
    if of_namespace is None:
        return None
    return next((value for key, value in of_namespace.items() if key.binding == binding), None)


def bound(control: nslsm.Control, **options: Any) -> nslsm.Kernel:
    """A kernel whose root namespace binds the control as ``x``."""
    kernel = nslsm.Kernel(**options)
    assert kernel.init.lsm_bind("root", {"x": control})
    return kernel


def always(value: object) -> Part:
    """A part that answers the same to everything."""
    return lambda control, request, state: value  # noqa: ARG005


def raising(error: BaseException) -> Part:
    def part(control: nslsm.Control, request: nslsm.Request, state: object) -> object:  # noqa: ARG001
        raise error

    return part


def forever(control: nslsm.Control, request: nslsm.Request, state: object) -> object:
    return forever(control, request, state)
