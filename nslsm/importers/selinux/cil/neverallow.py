"""Neverallow rules: which allow rules they forbid."""

from collections.abc import Mapping, Sequence
from typing import Final

from nslsm.diagnostics import Diagnostic
from nslsm.importers.selinux.cil.forms import Form
from nslsm.importers.selinux.codes import CONFLICT, NEVERALLOW
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


def exceeded(policy: Policy, places: Sequence[Mapping[Triple, Form]]) -> list[Diagnostic]:
    """What bounded types may do and the types that bound them may not (``typebounds``)."""
    found: list[Diagnostic] = []
    for child, parent in policy.bounds.items():
        above = _allowed(policy, parent, policy.allows)
        for number, vectors in enumerate((policy.allows, *(each.allows for each in policy.conditionals))):
            own = _allowed(policy, child, vectors)
            beside = _allowed(policy, parent, vectors) if number and own else {}
            for (target, class_), (permissions, triple) in own.items():
                wanted = (parent if target == child else target, class_)
                more = permissions.difference(*(each[wanted][0] for each in (above, beside) if wanted in each))
                if more:
                    may = f"`{child}` may `{min(more)}` on `{target}` ({class_})"
                    form = places[number].get(triple)
                    span = None if form is None else form.file.span(form.at)
                    found.append(CONFLICT.at(span, f"{may}, and `{parent}`, which bounds it, may not"))
                    if len(found) >= MOST_TOLD:
                        return found
    return found


def _allowed(policy: Policy, name: str, vectors: Vectors) -> dict[tuple[str, str], tuple[set[str], Triple]]:
    """What a type may do, by target and class; and a rule that says so."""
    held: dict[tuple[str, str], tuple[set[str], Triple]] = {}
    for triple, permissions in vectors.items():
        source, target, class_ = triple
        if source == name or name in policy.attributes.get(source, ()):
            for each in (name,) if target == SELF else policy.attributes.get(target, (target,)):
                held.setdefault((each, class_), (set(), triple))[0].update(permissions)
    return held
