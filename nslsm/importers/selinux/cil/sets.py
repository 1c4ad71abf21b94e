"""Expressions of sets, of types, roles, users, categories: first with their names resolved, then their members."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.places import Scope, given
from nslsm.importers.selinux.codes import CYCLE, LIMIT, SYNTAX

MAX_CHAIN: Final = 100
"""How deep sets may be made of other sets."""

OPERATORS: Final = ("and", "or", "xor", "not", "all", "range")


class Operation(NamedTuple):
    """An operator and what it works on; ``or`` of many for a list of names."""

    operator: str
    operands: tuple["Set", ...]


Set: TypeAlias = str | Operation
"""A full name, or an operation on sets."""


def resolved(
    item: Item, scope: Scope, find: Callable[[Item, Scope], str], within: Form, *, ranges: bool = False
) -> Set:
    """The expression with its names resolved by ``find``, which may raise. ``ranges``: its names have an order."""
    if isinstance(item, str):
        if item in OPERATORS and item not in scope.arguments:
            raise fault(SYNTAX, within, f"`{item}` stands first in brackets")
        value, where = given(item, scope)
        if ranges and not isinstance(value, str):
            return resolved(value, where, find, within, ranges=True)
        return find(item, scope)
    if not item:
        raise fault(SYNTAX, within, "an expression has something in it")
    head = item[0]
    if not (isinstance(head, str) and head in OPERATORS and head not in scope.arguments):
        if len(item) == 1:
            return resolved(head, scope, find, within, ranges=ranges)
        return Operation("or", tuple([resolved(each, scope, find, within, ranges=ranges) for each in item]))
    if head == "range" and not ranges:
        raise fault(SYNTAX, within, "`range` is for what has an order: categories, and numbers of ioctls")
    operands = tuple([resolved(each, scope, find, within, ranges=ranges) for each in item[1:]])
    wanted = {"not": 1, "all": 0}.get(head, 2)
    if len(operands) != wanted:
        raise fault(
            SYNTAX, within, f"`{head}` works on {wanted} set{'s' * (wanted != 1)}, and there are {len(operands)}"
        )
    return "*" if head == "all" else Operation(head, operands)


class BackwardsError(Exception):
    """A range whose end comes before its beginning."""


class Members:
    """The members of sets. ``named``: what a set's name stands for; ``all_``: everything, in order."""

    def __init__(self, all_: Iterable[str], named: Mapping[str, Iterable[Set]], forms: Mapping[str, Form]) -> None:
        self.order = {name: place for place, name in enumerate(all_)}
        self._all = frozenset(self.order)
        self.named = named
        self._forms = forms
        self._known: dict[str, frozenset[str]] = {}
        self._open: list[str] = []

    def of(self, item: Set) -> frozenset[str]:
        """The members of an expression."""
        if isinstance(item, str):
            if item == "*":
                return self._all
            return self._of_name(item) if item in self.named else frozenset((item,))
        operator, operands = item
        if operator == "or":
            return frozenset().union(*map(self.of, operands))
        if operator == "not":
            return self._all - self.of(operands[0])
        if operator == "range":
            return self._range(operands)
        one, other = map(self.of, operands)
        return one & other if operator == "and" else one ^ other

    def _of_name(self, name: str) -> frozenset[str]:
        known = self._known.get(name)
        if known is None:
            if name in self._open:
                raise fault(
                    CYCLE, self._forms[name], f"`{name}` is a member of itself: {' → '.join([*self._open, name])}"
                )
            if len(self._open) >= MAX_CHAIN:
                raise fault(LIMIT, self._forms[name], f"sets are made of sets deeper than the limit of {MAX_CHAIN}")
            self._open.append(name)
            known = self._known[name] = frozenset[str]().union(*map(self.of, self.named[name]))
            self._open.pop()
        return known

    def _range(self, operands: tuple[Set, ...]) -> frozenset[str]:
        ends = [next(iter(self.of(each)), "") for each in operands]
        if any(end not in self.order for end in ends):
            return frozenset()
        first, last = (self.order[end] for end in ends)
        if first > last:
            raise BackwardsError(f"`{ends[0]}` comes behind `{ends[1]}`")
        return frozenset(name for name, place in self.order.items() if first <= place <= last)
