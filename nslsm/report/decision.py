"""One decision on one line: what a person reads while decisions go by."""

from rich.text import Text

from nslsm.audit.naming import object_of
from nslsm.audit.occasion import Occasion
from nslsm.audit.record import decisive_request
from nslsm.engine.decision import Decision
from nslsm.hooks.types import Unknown
from nslsm.report.page import Part, assembled
from nslsm.report.styles import DIM, OF_VERDICT, STRONG, WOULD_DENY


def decision_line(decision: Decision, occasion: Occasion) -> Text:
    """``#7 denied  sh[42] openat /srv/phi/7.hl7 -> EACCES by ward.charts#confine-1 in host.ward``, always one line."""
    word, style = OF_VERDICT[decision.verdict]
    task = occasion.task
    who = task.comm if not isinstance(task.comm, Unknown) else "task"
    request = decisive_request(decision)
    parts: list[Part] = [
        (f"#{occasion.sequence} ", DIM),
        (f"{word:<13} ", style),
        f"{who}[{task.pid}] ",
        (occasion.call, STRONG),
    ]
    if request is not None and object_of(request):
        parts.append(f" {object_of(request)}")
    if decision.errno is not None:
        parts.append(f" -> {decision.errno.name}")
    if decision.blame is not None:
        parts.append(f" by {decision.blame}")
    if decision.unknown:
        parts.append((f" hangs on {', '.join(decision.unknown)}", DIM))
    would = {opinion.rule: None for judgement in decision.judgements for opinion in judgement.would_deny}
    if would:
        parts.append((f", would deny: {', '.join(would)}", WOULD_DENY))
    return assembled(*parts)
