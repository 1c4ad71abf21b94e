"""All the ways that a recorded call may go, for policies that are not known yet: what Linux asks next may hang on an answer.

A denial that ends the call (``fatal``) asks for nothing more. After a ``probe`` or an ``element`` that is denied the kernel
goes on, and may ask something else. So a call is run again for each such answer. What a recording shows to have happened did
happen, whatever was answered; a way on which the state after would be another is left out, and whoever gets to it is told.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from nslsm.columns.journal import Journal
from nslsm.columns.spelling import Path
from nslsm.hooks.model import Consequence
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import State
from nslsm.protocol.request import Request

WAYS: Final = 96
"""How many ways of one call are followed."""


class Unfolding:
    """One call, run as often as there are ways to go."""

    def __init__(self, begin: Callable[[], Steps]) -> None:
        self._begin = begin
        self._left = WAYS
        self._main: Outcome | None = None

    def path(self) -> Path:
        """The way on which everything is granted, with those that branch off."""
        requests, outcome = self._run(())
        self._main = outcome
        return self._branching((), requests, outcome)

    def _branching(self, answers: tuple[bool, ...], requests: list[Request], outcome: Outcome) -> Path:
        steps: list[tuple[Request, Path | None]] = []
        for place in range(len(answers), len(requests)):
            request = requests[place]
            denied = None
            if request.consequence is not Consequence.FATAL:
                denied = self._denied((*answers, *(True,) * (place - len(answers)), False))
            steps.append((request, denied))
        return Path(tuple(steps), outcome)

    def _denied(self, answers: tuple[bool, ...]) -> Path | None:
        if self._left <= 0:
            return None
        requests, outcome = self._run(answers)
        if not self._is_same_world(outcome):
            return None
        return self._branching(answers, requests, outcome)

    def _run(self, answers: tuple[bool, ...]) -> tuple[list[Request], Outcome]:
        self._left -= 1
        steps = self._begin()
        requests: list[Request] = []
        try:
            request = next(steps)
            while True:
                requests.append(request)
                request = steps.send(answers[len(requests) - 1] if len(requests) <= len(answers) else True)
        except StopIteration as done:
            outcome: Outcome = done.value
            return requests, outcome

    def _is_same_world(self, outcome: Outcome) -> bool:
        main = self._main
        assert main is not None
        told = (outcome.notify is None) == (main.notify is None)
        moved = moves(outcome) == moves(main)
        return outcome.result == main.result and told and moved and _same(outcome.state, main.state)


def moves(outcome: Outcome) -> bool:
    """Whether the event may move its process to another namespace (Model M5.5)."""
    return outcome.entering is not None and outcome.errno is None


def told(path: Path, after: State) -> Path:
    """The ways with what Linux tells at their ends, in the state that the event leaves, moves included."""
    notify = path.outcome.notify
    requests = tuple((request, None if denied is None else told(denied, after)) for request, denied in path.requests)
    return Path(requests, path.outcome, () if notify is None else tuple(notify(after)))


def _same(one: State, other: State) -> bool:
    if one is other:
        return True
    return all(_alike(getattr(one, each.name), getattr(other, each.name)) for each in fields(State))


def _alike(one: Any, other: Any) -> bool:  # noqa: ANN401 - the parts of a state are of many types
    if one is other:
        return True
    if isinstance(one, Journal) and isinstance(other, Journal):
        return one.steps() == other.steps()
    return bool(one == other)
