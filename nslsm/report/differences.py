"""What two policies judge differently in one recording, grouped by cause: from which answer to which."""

from dataclasses import dataclass, field

from nslsm.audit.naming import object_of
from nslsm.audit.record import decisive_request
from nslsm.diagnostics.escape import escape
from nslsm.engine.decision import Decision, Verdict
from nslsm.report.page import Fitted, Page
from nslsm.report.styles import DIM, STRONG
from nslsm.report.summary import count
from nslsm.simulation.replay import Difference, Judged


@dataclass
class Cause:
    """All events that one policy answers in one way and the other in another."""

    one: str
    other: str
    times: int = 0
    first: str = ""
    sequence: int = 0


@dataclass
class Differences:
    """The differences of a run, counted as they come; memory follows the number of causes."""

    one: str
    other: str
    causes: dict[tuple[str, str], Cause] = field(default_factory=dict)

    def add(self, difference: Difference, times: int = 1) -> None:
        """Count one event, or so many that are told of like it, the first of them."""
        key = answer(difference.one.decision), answer(difference.other.decision)
        cause = self.causes.setdefault(key, Cause(*key))
        cause.times += times
        if cause.times == times:
            cause.sequence = difference.one.occasion.sequence
            cause.first = told(difference)

    def sorted(self) -> list[Cause]:
        """The most frequent first."""
        return sorted(self.causes.values(), key=lambda cause: (-cause.times, cause.sequence))

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "version": 1,
            "one": self.one,
            "other": self.other,
            "causes": [
                {"one": c.one, "other": c.other, "events": c.times, "first": c.first, "sequence": c.sequence}
                for c in self.sorted()
            ],
        }


def answer(decision: Decision) -> str:
    """A verdict with who is to blame, in a few words."""
    if decision.verdict is Verdict.GRANT:
        return "granted"
    if decision.verdict is Verdict.INDETERMINATE:
        return f"indeterminate: {', '.join(decision.unknown)}"
    errno = decision.errno.name if decision.errno is not None else ""
    return f"denied {errno} by {decision.blame}"


def told(difference: Difference) -> str:
    """The event: who did what to what."""
    judged = difference.one if _denied(difference.one) else difference.other
    request = decisive_request(judged.decision)
    occasion = judged.occasion
    what = f" {object_of(request)}" if request is not None else ""
    return f"{escape(str(occasion.task.comm))} {occasion.call}{what}"


def _denied(judged: Judged) -> bool:
    return judged.decision.verdict is not Verdict.GRANT


def render_differences(found: Differences) -> Fitted:
    """What two policies judge differently, the most frequent cause first."""

    def write(page: Page) -> None:
        causes = found.sorted()
        if not causes:
            page.line(f"{found.one} and {found.other} judge every event alike")
            return
        events = sum(cause.times for cause in causes)
        page.line((f"{count(events, 'event')} judged differently, for {count(len(causes), 'reason')}", STRONG))
        for cause in causes:
            page.gap()
            page.line(f"{count(cause.times, 'event')}, the first #{cause.sequence} {cause.first}", hang=2)
            page.line((f"{found.one}: ", DIM), cause.one, indent=2, hang=2)
            page.line((f"{found.other}: ", DIM), cause.other, indent=2, hang=2)

    return Fitted(write)
