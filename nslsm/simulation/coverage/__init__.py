"""What tests see of the rules that they are about: by rule, by condition, by namespace.

:class:`Coverage` is made for the packages under test and handed to :func:`nslsm.simulation.cases.run`, which lets it watch the
controls of each test; :meth:`Coverage.covered` says what was seen. What counts is defined in ``docs/guide/testing.md``.
"""

from nslsm.simulation.coverage.collect import Coverage
from nslsm.simulation.coverage.findings import Condition, Covered, Group, Module, Place, Rule, Score, Share, Sight
from nslsm.simulation.coverage.outline import Role
from nslsm.simulation.coverage.tally import Seen

__all__ = [
    "Condition",
    "Coverage",
    "Covered",
    "Group",
    "Module",
    "Place",
    "Role",
    "Rule",
    "Score",
    "Seen",
    "Share",
    "Sight",
]
