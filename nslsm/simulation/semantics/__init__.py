"""One recording under several compositions: each with a state of its own, and where what comes of a call differs."""

from nslsm.simulation.semantics.comparing import Compared, Reason, compared
from nslsm.simulation.semantics.ledger import Cause, Outcome, Outcomes, Semantics, Tally
from nslsm.simulation.semantics.telling import Aspect, Telling

__all__ = [
    "Aspect",
    "Cause",
    "Compared",
    "Outcome",
    "Outcomes",
    "Reason",
    "Semantics",
    "Tally",
    "Telling",
    "compared",
]
