"""Which boundary stops a scenario first, by which rule, and which would have been second.

A boundary is a namespace with all that it binds. Who would have been second is found out, not guessed: the scenario runs again
with the first boundary in complain mode, where it says what it would have done and stops nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from nslsm.engine.decision import Verdict
from nslsm.protocol.namespace import Mode, NamespaceTree
from nslsm.simulation.scenarios.run import Happened, happen
from nslsm.simulation.scenarios.script import Run, Script

KERNEL: Final = "the kernel"
"""What stops a step where no namespace does: permissions, existence, a capability that is missing."""


class Stop(NamedTuple):
    """What stopped a run."""

    happened: Happened
    boundary: str
    """The path of a namespace, or :data:`KERNEL`."""
    rule: str
    reason: str
    certain: bool = True
    """False: whether it is stopped hangs on facts that are not known."""


@dataclass(frozen=True, slots=True)
class Row:
    """A run of a scenario with who stops it; None where nobody does.

    ``second`` is None as well where the kernel itself was first: it cannot be asked to look away.
    """

    script: Script
    run: Run
    first: Stop | None
    second: Stop | None = None


def matrix(script: Script, *, profile: str = "") -> Iterator[Row]:
    """Every run of a scenario, with the boundary that stops it first and the one that would have been second."""
    for run in script.runs:
        first = _stop(happen(script, run, profile=profile))
        second = None
        if first is not None and first.boundary != KERNEL:
            lifted = _Lifted(first.boundary)
            second = _stop(happen(script, run, profile=profile, waived=lifted))
        yield Row(script, run, first, second)


def _stop(course: Iterator[Happened]) -> Stop | None:
    """The first step that is not granted."""
    for happened in course:
        decision = happened.decision
        if decision is None or decision.granted:
            continue
        blame = decision.blame
        certain = decision.verdict is Verdict.DENY
        if blame is None or blame.opinion is None:
            reason = "" if blame is None else blame.reason
            return Stop(happened, KERNEL, "" if decision.errno is None else decision.errno.name, reason, certain)
        return Stop(happened, blame.opinion.namespace.path, blame.opinion.rule, blame.reason, certain)
    return None


@dataclass(frozen=True, slots=True)
class _Lifted:
    """A boundary that complains instead of standing."""

    path: str

    def __call__(self, tree: NamespaceTree, /) -> NamespaceTree:
        for namespace in tree.members.values():
            if namespace.path == self.path and any(each.mode is not Mode.COMPLAIN for each in namespace.bindings):
                bindings = tuple(replace(each, mode=Mode.COMPLAIN) for each in namespace.bindings)
                tree = replace(tree, members=tree.members.insert(namespace.id, replace(namespace, bindings=bindings)))
        return tree
