"""What came of a run, counted: for each step that it has, how often it came out how, and what was expected otherwise."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from nslsm.engine.decision import Verdict
from nslsm.simulation.cases import Failure
from nslsm.simulation.outcomes import got
from nslsm.simulation.scenarios.run import Happened
from nslsm.simulation.scenarios.script import Run

KEPT_FAILURES: Final = 20
"""How many failures of a run are kept to be shown; all are counted."""
KEPT_OUTCOMES: Final = 100
"""How many different outcomes of one step are told apart."""

HELD: Final = "holds"
OTHERS: Final = "others"


@dataclass(slots=True)
class Tally:
    """The counts of one run."""

    run: Run
    steps: dict[str, Counter[str]] = field(default_factory=dict)
    """How often each step came out how, in the words of the language; steps by their texts, in order of appearance."""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    impossible: int = 0
    expected: int = 0
    failed: int = 0
    failures: list[Failure] = field(default_factory=list)

    def add(self, happened: Happened) -> None:
        """One more step."""
        outcomes = self.steps.setdefault(happened.text, Counter())
        decision = happened.decision
        if decision is not None:
            self.verdicts[decision.verdict] += 1
            said = got(decision)
        elif happened.impossible:
            self.impossible += 1
            said = f"not possible: {happened.impossible}"
        else:
            said = HELD if not happened.failures else "does not hold"
        outcomes[said if said in outcomes or len(outcomes) < KEPT_OUTCOMES else OTHERS] += 1
        self.expected += happened.expected
        self.failed += bool(happened.failures)
        self.failures.extend(happened.failures[: KEPT_FAILURES - len(self.failures)])

    @property
    def done(self) -> int:
        """How many steps there were."""
        return sum(outcomes.total() for outcomes in self.steps.values())
