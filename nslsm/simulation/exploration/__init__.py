"""Claims, searched for a break: every sequence of steps out of a small vocabulary, up to so many."""

from nslsm.simulation.exploration.breach import Access, Watch
from nslsm.simulation.exploration.outcome import Break, Exploration, Step
from nslsm.simulation.exploration.search import DEPTH, MAX_STATES, Progress, explore
from nslsm.simulation.exploration.vocabulary import Template, Vocabulary, vocabulary

__all__ = [
    "DEPTH",
    "MAX_STATES",
    "Access",
    "Break",
    "Exploration",
    "Progress",
    "Step",
    "Template",
    "Vocabulary",
    "Watch",
    "explore",
    "vocabulary",
]
