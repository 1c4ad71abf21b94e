"""The colours of a verdict, the same on every page."""

from typing import Final

from nslsm.engine.decision import Verdict
from nslsm.protocol.opinion import Stance

GRANTED: Final = "green"
DENIED: Final = "bold red"
INDETERMINATE: Final = "bold yellow"
WOULD_DENY: Final = "yellow"
FAULT: Final = "bold magenta"
OBSERVED: Final = "cyan"
DIM: Final = "dim"
STRONG: Final = "bold"
GUTTER: Final = "blue"
HEADING: Final = "bold"

OF_VERDICT: Final = {
    Verdict.GRANT: ("granted", GRANTED),
    Verdict.INDETERMINATE: ("indeterminate", INDETERMINATE),
    Verdict.DENY: ("denied", DENIED),
}

OF_STANCE: Final = {
    Stance.ALLOW: ("allows", GRANTED),
    Stance.DENY: ("denies", DENIED),
    Stance.ABSTAIN: ("abstains", DIM),
    Stance.UNKNOWN: ("does not know", INDETERMINATE),
}

OF_TRUTH: Final = {True: ("true", "green"), False: ("false", "red"), None: ("unknown", "yellow")}
