"""Extended permissions: numbers of ioctls and of netlink messages, as sets; and what ``neverallowx`` forbids."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from nslsm.diagnostics import Diagnostic
from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.names import Unresolved
from nslsm.importers.selinux.cil.places import Scope, given
from nslsm.importers.selinux.codes import LIMIT, NEVERALLOW, SYNTAX
from nslsm.importers.selinux.policy import SELF, Triple

if TYPE_CHECKING:
    from nslsm.importers.selinux.cil.finish import Finish

KINDS: Final = {"ioctl": "ioctl", "nlmsg": "nlmsg"}
"""The permission that numbers of each kind belong to."""
NUMBERS: Final = 0x10000
ALL: Final = (1 << NUMBERS) - 1
MAX_PAIRS: Final = 1_000_000
"""Pairs of types that ``neverallowx`` rules are looked at for."""
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10}")


class Extended(NamedTuple):
    """One rule."""

    word: str
    """``allowx`` or another."""
    triple: Triple
    kind: str
    numbers: int
    """A set, as bits."""
    form: Form


def extended(finish: "Finish", form: Form, item: Item, scope: Scope) -> tuple[str, str, int]:
    """The class, the kind and the numbers of ``(ioctl CLASS (…))``, or of the name of such."""
    item, scope = given(item, scope)
    if isinstance(item, str):
        names = finish.build.names
        _, written, _, where = names.declared["permissionx"][names.find("permissionx", item, scope)]
        return extended(finish, written, written[2], where)
    if len(item) != 3 or not isinstance(item[1], str) or isinstance(item[2], str) or not item[2]:
        raise fault(SYNTAX, form, "extended permissions are `(ioctl CLASS (NUMBER…))`")
    if item[0] not in KINDS:
        raise fault(SYNTAX, form, f"extended permissions are of `ioctl` or `nlmsg`, and not of `{item[0]!s:.60}`")
    kind = str(item[0])
    class_ = finish.build.names.find("class", item[1], scope)
    if finish.build.names.kind("class", class_) == "class" and KINDS[kind] not in finish.build.permissions_of_class(
        class_
    ):
        raise Unresolved("permission", f"{class_}:{KINDS[kind]}")
    return class_, kind, _numbers(item[2], form)


def _numbers(item: Item, form: Form) -> int:
    if isinstance(item, str):
        return 1 << _number(item, form)
    head = item[0] if item else ""
    if head == "range" and len(item) == 3:
        low, high = (_number(each, form) for each in item[1:])
        return ((1 << (high + 1)) - (1 << low)) if low <= high else 0
    if head == "all" and len(item) == 1:
        return ALL
    if head in ("and", "or", "xor", "not", "all", "range"):
        operands = [_numbers(each, form) for each in item[1:]]
        if head == "not" and len(operands) == 1:
            return ALL & ~operands[0]
        if len(operands) == 2 and head in ("and", "or", "xor"):
            one, other = operands
            return one & other if head == "and" else one | other if head == "or" else one ^ other
        raise fault(SYNTAX, form, f"`{head}` works on another number of sets")
    found = 0
    for each in item:
        found |= _numbers(each, form)
    return found


def _number(item: Item, form: Form) -> int:
    if not isinstance(item, str) or not _NUMBER.fullmatch(item):
        raise fault(SYNTAX, form, f"`{item if isinstance(item, str) else '(…)':.60}` is no number")
    octal = len(item) > 1 and item[0] == "0" and item.isdigit()
    if octal and ("8" in item or "9" in item):
        raise fault(SYNTAX, form, f"`{item}` begins with 0 and is no octal number")
    value = int(item, 8 if octal else 0)
    if value >= NUMBERS:
        raise fault(SYNTAX, form, f"a number is 0xffff at most, and not {item}")
    return value


def forbidden(finish: "Finish") -> Iterator[Diagnostic]:
    """What a ``neverallowx`` rule forbids and is allowed: by no ``allowx`` at all, or by one of the same numbers."""
    sets, budget = finish.type_sets, MAX_PAIRS
    nevers = [each for each in finish.numbers if each.word == "neverallowx"]
    allowed = [each for each in finish.numbers if each.word == "allowx"]
    rules = [finish.build.rules, *(each for _, each in finish.build.conditionals)] if nevers else []
    for never in nevers:
        for rule in rules:
            for triple, permissions in rule.allow.items():
                if triple[2] != never.triple[2] or KINDS[never.kind] not in permissions:
                    continue
                for source in sets.of(triple[0]) & sets.of(never.triple[0]):
                    targets = _targets(finish, triple, source) & _targets(finish, never.triple, source)
                    budget -= 1 + len(targets)
                    if budget < 0:
                        raise fault(
                            LIMIT, never.form, f"neverallowx is about more than the limit of {MAX_PAIRS} pairs of types"
                        )
                    for target in sorted(targets):
                        of_pair = [
                            each.numbers
                            for each in allowed
                            if each.triple[2] == triple[2]
                            and each.kind == never.kind
                            and source in sets.of(each.triple[0])
                            and target in _targets(finish, each.triple, source)
                        ]
                        if not of_pair or any(each & never.numbers for each in of_pair):
                            numbers = f"numbers of {never.kind} on `{target}` ({triple[2]})"
                            message = f"`{source}` is allowed {numbers} that this forbids"
                            yield NEVERALLOW.at(never.form.file.span(never.form.at), message)
                            break


def _targets(finish: "Finish", triple: Triple, source: str) -> frozenset[str]:
    return frozenset((source,)) if triple[1] == SELF else finish.type_sets.of(triple[1])
