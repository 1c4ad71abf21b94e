"""What came of a search: the sequence that breaks a claim, or what was tried in vain."""

from dataclasses import dataclass
from typing import NamedTuple

from nslsm.engine.decision import Decision
from nslsm.language.check.cases import Act
from nslsm.language.check.claims import Claim
from nslsm.simulation.exploration.breach import Access
from nslsm.simulation.exploration.vocabulary import Vocabulary


class Step(NamedTuple):
    """A step of a sequence, and what came of it."""

    act: Act
    decision: Decision


@dataclass(frozen=True, slots=True)
class Break:
    """A sequence of steps after which a claim is broken: by the last step, in ``access``."""

    steps: tuple[Step, ...]
    access: Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What came of a search."""

    claim: Claim
    depth: int
    """How many steps it was to look ahead."""
    vocabulary: Vocabulary
    merging: bool
    unmerged: str = ""
    """Why states were not merged although they were to be: the numbers of things are seen."""
    broken: Break | None = None
    searched: int = 0
    """The depth up to which everything was tried."""
    closed: bool = False
    """Nothing new can be reached: what holds up to the depth holds for any number of steps."""
    states: int = 0
    transitions: int = 0
    """Steps out of states whose outcome was looked at."""
    performed: int = 0
    """Those that were carried out; of the others it was known what came of the same step in the same surroundings."""
    accesses: int = 0
    """Accesses of the claim's operations in its namespaces that were tried, whatever came of them."""
    undecided: frozenset[str] = frozenset()
    """Unknown facts on which it hangs whether an access that was granted breaks the claim."""
    unsure: frozenset[str] = frozenset()
    """Unknown facts on which verdicts hung: such a step counts as refused."""

    @property
    def exhaustive(self) -> bool:
        """Whether everything within the bound was tried."""
        return self.searched >= self.depth or self.closed

    @property
    def holds(self) -> bool:
        """Whether the claim was shown within the bound: all was tried, its operations among it, and nothing broke it."""
        return self.broken is None and self.exhaustive and not self.undecided and self.accesses > 0
