"""Neverallow rules: which allow rules they forbid."""

from collections.abc import Mapping, Sequence
from typing import Final

from nslsm.diagnostics import Diagnostic
from nslsm.importers.selinux.cil.forms import Form
from nslsm.importers.selinux.codes import NEVERALLOW
from nslsm.importers.selinux.policy import SELF, NeverAllow, Policy, Triple, Vectors

MOST_TOLD: Final = 20
"""Violations that are told of one policy."""


def violations(policy: Policy, places: Sequence[Mapping[Triple, Form]]) -> list[Diagnostic]:
    """What is allowed although it never may be, each at the neverallow rule.

    ``places``: where allow rules stand, of the policy and of each of its conditional parts.
    """
    if not policy.neverallows:
        return []
    found: list[Diagnostic] = []
    rules: list[Vectors] = [policy.allows, *(each.allows for each in policy.conditionals)]
    for never in policy.neverallows:
        for vectors, known in zip(rules, places, strict=True):
            for triple, permissions in vectors.items():
                wrong = never.permissions.get(triple[2], frozenset()) & permissions
                if wrong and _meets(policy, never, triple):
                    source, target, class_ = triple
                    message = f"`allow {source} {target} ({class_} ({' '.join(sorted(wrong))}))` is what this forbids"
                    form = known.get(triple)
                    related = () if form is None else ((form.file.span(form.at), "it is allowed here"),)
                    found.append(NEVERALLOW.at(never.span, message, related=related))
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
