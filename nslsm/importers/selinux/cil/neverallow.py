"""Neverallow rules: which allow rules they forbid."""

from typing import Final

from nslsm.diagnostics import Diagnostic
from nslsm.importers.selinux.codes import NEVERALLOW
from nslsm.importers.selinux.policy import SELF, NeverAllow, Policy, Triple, Vectors

MOST_TOLD: Final = 20
"""Violations that are told of one policy."""


def violations(policy: Policy) -> list[Diagnostic]:
    """What is allowed although it never may be, each at the neverallow rule."""
    if not policy.neverallows:
        return []
    found: list[Diagnostic] = []
    rules: list[Vectors] = [policy.allows, *(each.allows for each in policy.conditionals)]
    for never in policy.neverallows:
        for vectors in rules:
            for triple, permissions in vectors.items():
                wrong = never.permissions.get(triple[2], frozenset()) & permissions
                if wrong and _meets(policy, never, triple):
                    source, target, class_ = triple
                    message = f"`allow {source} {target} ({class_} ({' '.join(sorted(wrong))}))` is what this forbids"
                    found.append(NEVERALLOW.at(never.span, message))
                    if len(found) >= MOST_TOLD:
                        return found
    return found


def _meets(policy: Policy, never: NeverAllow, triple: Triple) -> bool:
    """Whether a pair of types is both allowed and forbidden."""
    source = policy.attributes.get(triple[0], frozenset((triple[0],))) & never.source
    if not source:
        return False
    own = SELF in never.target
    if triple[1] == SELF:
        return own or bool(source & never.target)
    target = policy.attributes.get(triple[1], frozenset((triple[1],)))
    return bool(target & never.target) or (own and bool(source & target))
