"""How faithful the simulated kernel is: the hooks that it raises for a recording, beside those that a real one called."""

from nslsm.simulation.fidelity.arguments import Arguments, Share, Wrong
from nslsm.simulation.fidelity.compare import Compared, compare
from nslsm.simulation.fidelity.evidence import Evidence, Exercised, Stray, evidence
from nslsm.simulation.fidelity.part import Call, Difference, Kind
from nslsm.simulation.fidelity.predict import Predicted, Prediction, predict
from nslsm.simulation.fidelity.score import Score, Scores, TaskScore, TooLong, mean
from nslsm.simulation.fidelity.spell import rows

__all__ = [
    "Arguments",
    "Call",
    "Compared",
    "Difference",
    "Evidence",
    "Exercised",
    "Kind",
    "Predicted",
    "Prediction",
    "Score",
    "Scores",
    "Share",
    "Stray",
    "TaskScore",
    "TooLong",
    "Wrong",
    "compare",
    "evidence",
    "mean",
    "predict",
    "rows",
]
