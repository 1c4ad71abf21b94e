"""Calls of a recording as each of several compositions judges them, on the state that it left itself."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from nslsm.diagnostics import Diagnostic
from nslsm.engine.decision import Decision, Opinion, Verdict
from nslsm.protocol.namespace import Mode
from nslsm.protocol.opinion import Stance
from nslsm.simulation.replay import Bench, Item, Judged
from nslsm.simulation.semantics.telling import Telling, telling_of


class Reason(Enum):
    """Why two compositions come to different verdicts."""

    COMPLAINTS_COUNT = "a denial counts although its binding only complains"
    OBJECT_SIDE = "the object's side has no say"
    ELSEWHERE = "the process is in another namespace since an earlier verdict"
    ATTRIBUTES = "attributes differ since an earlier verdict"


@dataclass(frozen=True, slots=True)
class Compared:
    """One call, judged under every composition, in the order of the benches; the first is what the others are held against."""

    judged: tuple[Judged, ...]
    tellings: tuple[Telling, ...]

    @property
    def differs(self) -> bool:
        """Whether anything about it is not the same under all."""
        return any(telling != self.tellings[0] for telling in self.tellings[1:])

    def reason(self, place: int) -> Reason | None:
        """Why the verdict under the composition at ``place`` is another than under the first; None where it is not."""
        one, other = self.judged[0], self.judged[place]
        if one.decision.verdict is other.decision.verdict and one.decision.unknown == other.decision.unknown:
            return None
        if any(_only_complains(opinion, other) for opinion in _weighty(other.decision)):
            return Reason.COMPLAINTS_COUNT
        if any(opinion.inbound for opinion in _weighty(one.decision)):
            heard = (each for judgement in other.decision.judgements for each in judgement.opinions)
            if not any(each.inbound for each in heard):
                return Reason.OBJECT_SIDE
        return Reason.ELSEWHERE if one.occasion.namespace != other.occasion.namespace else Reason.ATTRIBUTES


def _weighty(decision: Decision) -> Iterator[Opinion]:
    """The opinions that a verdict may rest on: who denied a request, and all that count and do not know."""
    for judgement in decision.judgements:
        if judgement.deciding is not None:
            yield judgement.deciding
        elif judgement.verdict is Verdict.INDETERMINATE:
            yield from (each for each in judgement.opinions if each.enforced and each.answer.stance is Stance.UNKNOWN)


def _only_complains(opinion: Opinion, judged: Judged) -> bool:
    """Whether the policy has the binding in complain mode, whatever the composition makes of that."""
    bindings = judged.before.namespaces[opinion.namespace.id].bindings
    return any(each.name == opinion.binding.name and each.mode is Mode.COMPLAIN for each in bindings)


def compared(items: Iterable[Item], benches: Sequence[Bench]) -> Iterator[Compared | Diagnostic]:
    """Each call of a recording under every bench, and the recording's findings; lazily, in the order of its lines."""
    for item in items:
        if isinstance(item, Diagnostic):
            yield item
            continue
        judged = tuple(found for bench in benches if (found := bench.hear(item)) is not None)
        if judged:
            yield Compared(judged, tuple(telling_of(each.decision) for each in judged))
