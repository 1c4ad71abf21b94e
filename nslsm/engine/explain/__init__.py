"""Why a decision came out as it did, rule by rule, and the smallest set of changes that would turn it.

:func:`explain` makes an :class:`Explanation` of a decision and the state before it: a value, for a report to render. It asks
the reference evaluator again where a recorded walk was short, and changes nothing.
"""

from nslsm.engine.explain.conditions import Clause, Condition, Let, RuleAccount, Way
from nslsm.engine.explain.explanation import Account, Explanation, Hearing, Level, explain
from nslsm.engine.explain.flips import Flip, Flips, Obstacle, Outcome, Turn
from nslsm.engine.explain.propositions import Atom, Reading, Source

__all__ = [
    "Account",
    "Atom",
    "Clause",
    "Condition",
    "Explanation",
    "Flip",
    "Flips",
    "Hearing",
    "Let",
    "Level",
    "Obstacle",
    "Outcome",
    "Reading",
    "RuleAccount",
    "Source",
    "Turn",
    "Way",
    "explain",
]
