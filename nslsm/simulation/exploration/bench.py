"""A machine that a search puts into one moment after another, and that keeps the decisions of a step with their states."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from nslsm.engine.compositions.composition import Composition
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision, Verdict
from nslsm.engine.evaluate import concluded
from nslsm.engine.flattened import FLATTENED
from nslsm.engine.passing import Passed, passed
from nslsm.kernel.event import Steps
from nslsm.kernel.state import State
from nslsm.language.check.cases import Act
from nslsm.simulation.machine import Machine
from nslsm.simulation.steps import perform

UNOBSERVED: Final[Composition] = replace(FLATTENED, observations=lambda _judgement, _state: iter(()))
"""The model's composition without those who only watch: they change no verdict and no state (Model M2.7)."""


class Moment(NamedTuple):
    """What a machine is between two steps. ``opened``: the descriptors that later steps can name, by task and path."""

    state: State
    names: Mapping[str, int]
    opened: Mapping[tuple[str, str], int]


class Decided(NamedTuple):
    """One decision, and the state that it was made on."""

    before: State
    decision: Decision


@dataclass
class Bench(Machine):
    """A machine for searches; without observers unless somebody is to see them."""

    composition: Composition = UNOBSERVED
    decided: list[Decided] = field(default_factory=list)
    """What was decided since the last :meth:`put`."""
    watched: frozenset[str] | None = None
    """Whoever looks at decisions looks at answers about these hooks; None: at everything that there is to know."""

    def put(self, moment: Moment) -> None:
        """Be in ``moment``, with nothing decided yet."""
        self.state = moment.state
        self._names = dict(moment.names)
        self.opened = dict(moment.opened)
        self.decided = []

    def take(self) -> Moment:
        """The moment that the machine is in. Descriptors that were closed can be named no more."""
        living = {name: pid for name, pid in self._names.items() if pid in self.state.tasks}
        opened = {
            key: number for key, number in self.opened.items() if key[0] in living and self._is_open(*key, number)
        }
        return Moment(self.state, living, opened)

    def _is_open(self, name: str, _path: str, number: int) -> bool:
        thread = self.state.threads[self._names[name]]
        return number in self.state.tables[thread.table].slots

    def perform_act(self, act: Act) -> Decision:
        """Carry out one step; each of its decisions is kept.

        Raises :class:`~nslsm.simulation.machine.NotPossible` for a step that cannot be taken.
        """
        return perform(self, act)

    def _decided(self, steps: Steps) -> Decision:
        before = self.state
        came = steps if self.watched is None else passed(before, steps)
        if isinstance(came, Passed):
            decision, self.state = self._granted(came), came.state
        else:
            decision, self.state = decide(before, came, walk=self.walk, composition=self.composition)
        self.decided.append(Decided(before, decision))
        return decision

    def _granted(self, came: Passed) -> Decision:
        """What a search has to know of an event that went ahead."""
        assert self.watched is not None
        judgements = [concluded(each, (), None) for each in came.asked if each.hook.name in self.watched]
        return Decision(
            verdict=Verdict.GRANT, errno=None, blame=None, unknown=(), judgements=tuple(judgements), result=came.result
        )
