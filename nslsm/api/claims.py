"""The claims of a policy, searched for a break: what ``nslsm explore`` does, for a program."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from nslsm.api.policies import LoadedPolicy
from nslsm.diagnostics import Code, DiagnosticError
from nslsm.language.check.claims import Attempt, Claim
from nslsm.language.check.findings import listed, nearest
from nslsm.language.check.steps import CALLS
from nslsm.simulation.exploration import DEPTH, MAX_STATES, Exploration, Progress
from nslsm.simulation.exploration import explore as searched
from nslsm.simulation.machine import PROFILE

NO_CLAIMS: Final = Code("no-claims")
"""There is nothing to search for, and that must not read as an answer."""
UNKNOWN_CLAIM: Final = Code("unknown-claim")
UNKNOWN_WORD: Final = Code("unknown-word")


@dataclass(frozen=True)
class Explorations:
    """Searches, one for each claim, done as they are asked for."""

    claims: tuple[Claim, ...]
    attempts: tuple[Attempt, ...] | None = field(repr=False)
    depth: int = DEPTH
    max_states: int = MAX_STATES
    merge: bool = True
    profile: str = PROFILE
    progress: Progress | None = None

    def __iter__(self) -> Iterator[Exploration]:
        for claim in self.claims:
            yield searched(
                claim,
                depth=self.depth,
                attempts=self.attempts,
                max_states=self.max_states,
                merge=self.merge,
                profile=self.profile,
                progress=self.progress,
            )


def explore(
    policy: LoadedPolicy,
    claims: Sequence[str] = (),
    *,
    depth: int = DEPTH,
    words: Sequence[str] = (),
    max_states: int = MAX_STATES,
    merge: bool = True,
    profile: str = PROFILE,
    progress: Progress | None = None,
) -> Explorations:
    """Search for sequences of at most ``depth`` steps that break the claims called ``claims``, or any where none is named.

    ``words``: the calls that tasks try, in place of what a claim says. The others are as for
    :func:`nslsm.simulation.exploration.explore`. Raises :class:`~nslsm.diagnostics.DiagnosticError` where there is no claim, or
    none of a name, or no such call.

    >>> from nslsm import load_policy
    >>> from nslsm.diagnostics import DiagnosticError
    >>> try:
    ...     explore(load_policy("healthcare"))
    ... except DiagnosticError as refused:
    ...     print(refused.diagnostics[0].message)
    the policy makes no claim
    """
    known = policy.package.claims
    if not known:
        way_out = "write one: `claim name { never … in … when … }`"
        raise DiagnosticError([NO_CLAIMS.at(None, "the policy makes no claim", help=way_out)])
    chosen = tuple(claim for name in claims for claim in _named(name, known)) if claims else known
    attempts = tuple(_attempt(word, chosen[0]) for word in dict.fromkeys(words)) or None
    once = tuple({claim.name: claim for claim in chosen}.values())
    return Explorations(once, attempts, depth, max_states, merge, profile, progress)


def _named(name: str, known: tuple[Claim, ...]) -> tuple[Claim, ...]:
    exact = tuple(claim for claim in known if claim.name == name)
    found = exact or tuple(claim for claim in known if claim.name.rpartition(".")[2] == name)
    if len(found) == 1:
        return found
    names = [claim.name if found else claim.name.rpartition(".")[2] for claim in found or known]
    if found:
        raise DiagnosticError([UNKNOWN_CLAIM.at(None, f"`{name}` can be any of {listed(names)}")])
    way_out = nearest(name, names) or f"there are {listed(names, most=10)}"
    raise DiagnosticError([UNKNOWN_CLAIM.at(None, f"no claim is called `{name}`", help=way_out)])


def _attempt(word: str, claim: Claim) -> Attempt:
    if word not in CALLS:
        way_out = nearest(word, CALLS.keys()) or f"there are {listed(CALLS, most=60)}"
        raise DiagnosticError([UNKNOWN_WORD.at(None, f"no call that a task can try is called `{word}`", help=way_out)])
    return Attempt(call=word, span=claim.span)
