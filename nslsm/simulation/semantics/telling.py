"""What one composition made of a call, in terms that compare: alike for like calls, whatever they were about."""

from enum import Enum
from typing import NamedTuple

from nslsm.engine.decision import Decision, Verdict

KERNEL = "kernel"
"""Who is to blame for what no control denied (Model M2.1)."""


class Aspect(Enum):
    """In what two compositions can differ over one call; the weightiest first."""

    VERDICT = "verdict"
    ERRNO = "errno"
    BLAME = "blame"
    ASKED = "asked"
    """Which namespaces' controls were asked, about which hook."""
    OBSERVED = "observed"
    """Which observing rules saw it, in which namespace."""


class Asked(NamedTuple):
    """A namespace whose controls were asked about a hook."""

    hook: str
    namespace: str


class Observer(NamedTuple):
    """An observing rule that saw a call, in a namespace."""

    rule: str
    namespace: str


class Telling(NamedTuple):
    """A call under one composition."""

    verdict: Verdict
    errno: str
    """Empty where granted."""
    rule: str
    """Who is blamed, ``module.control#rule``, or ``kernel``; empty where nobody is."""
    namespace: str
    """Where that rule is bound; empty where nobody is blamed, or the kernel."""
    unknown: tuple[str, ...]
    asked: frozenset[Asked]
    observed: frozenset[Observer]

    def differs(self, base: "Telling") -> tuple[Aspect, ...]:
        """In what it differs from ``base``."""
        pairs = (
            (Aspect.VERDICT, (self.verdict, self.unknown), (base.verdict, base.unknown)),
            (Aspect.ERRNO, self.errno, base.errno),
            (Aspect.BLAME, (self.rule, self.namespace), (base.rule, base.namespace)),
            (Aspect.ASKED, self.asked, base.asked),
            (Aspect.OBSERVED, self.observed, base.observed),
        )
        return tuple(aspect for aspect, one, other in pairs if one != other)


def telling_of(decision: Decision) -> Telling:
    """What came of a call, without what it was about."""
    opinion = None if decision.blame is None else decision.blame.opinion
    rule = "" if decision.blame is None else KERNEL if opinion is None else opinion.rule
    return Telling(
        verdict=decision.verdict,
        errno="" if decision.errno is None else decision.errno.name,
        rule=rule,
        namespace="" if opinion is None else opinion.namespace.path,
        unknown=decision.unknown,
        asked=frozenset(
            Asked(judgement.request.hook.name, each.namespace.path)
            for judgement in decision.judgements
            for each in judgement.opinions
        ),
        observed=frozenset(
            Observer(f"{seen.binding.control.name}#{seen.observation.rule}", seen.namespace.path)
            for seen in decision.observed
        ),
    )
