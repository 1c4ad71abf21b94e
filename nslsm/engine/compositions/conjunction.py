"""``conjunction``: the model (Model M2). Everybody must let it pass, the nearest denial is blamed, observers always see."""

from collections.abc import Iterator
from typing import Final

from nslsm.engine import evaluate
from nslsm.engine.compositions.composition import Composition
from nslsm.engine.decision import Judgement, Observed
from nslsm.engine.evaluate import Walk
from nslsm.kernel.state import State
from nslsm.protocol.request import Request


def _judge(request: Request, state: State, walk: Walk) -> Judgement:
    return evaluate.judge(request, state, walk)


def _observations(judgement: Judgement, state: State) -> Iterator[Observed]:
    return evaluate.observations(judgement.request, state)


CONJUNCTION: Final = Composition(
    name="conjunction",
    about="everybody must let it pass; the nearest denial is blamed; observers see everything",
    judge=_judge,
    observations=_observations,
    tells_of_denials=True,
)
