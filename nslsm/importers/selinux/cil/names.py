"""What is declared, under which full names; and what a name means where it stands."""

from typing import Final, TypeAlias

from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.places import Optional, Scope, given
from nslsm.importers.selinux.codes import DUPLICATE, SYNTAX

FAMILIES: Final = {
    "type": "type",
    "typealias": "type",
    "typeattribute": "type",
    "role": "role",
    "roleattribute": "role",
    "user": "user",
    "userattribute": "user",
    "class": "class",
    "classmap": "class",
    "common": "common",
    "classpermission": "classpermission",
    "boolean": "boolean",
    "tunable": "tunable",
    "sensitivity": "sensitivity",
    "sensitivityalias": "sensitivity",
    "category": "category",
    "categoryalias": "category",
    "categoryset": "category",
    "level": "level",
    "levelrange": "levelrange",
    "context": "context",
    "ipaddr": "ipaddr",
    "sid": "sid",
    "permissionx": "permissionx",
}
"""Statements that declare, and the family of names that they declare in."""

AGAIN: Final = frozenset(("type", "typeattribute", "role"))
"""What modules of one policy may each declare: it is the same one (``secilc -m``)."""


Declared: TypeAlias = tuple[str, Form, Optional | None, Scope]
"""The statement's word, the statement, the optional part it is in, and what it sees."""


class Unresolved(Exception):
    """A name that nothing declares."""

    def __init__(self, family: str, name: str) -> None:
        super().__init__(f"no {family} is called `{name}`")
        self.family, self.name = family, name


class Names:
    """Declarations by family and full name."""

    def __init__(self) -> None:
        self.declared: dict[str, dict[str, Declared]] = {family: {} for family in FAMILIES.values()}
        self._again: dict[tuple[str, str], list[Declared]] = {}

    def declare(self, form: Form, scope: Scope, optional: Optional | None) -> None:
        """The name that a statement declares, if it declares one."""
        kind = str(form[0])
        family = FAMILIES.get(kind)
        if family is None:
            return
        if len(form) < 2 or not isinstance(form[1], str):
            raise fault(SYNTAX, form, f"`{kind}` is followed by a name")
        name, _ = given(form[1], scope)
        if not isinstance(name, str) or not name or name in _RESERVED.get(family, ()) or '"' in name:
            raise fault(SYNTAX, form, f"`{form[1]}` is no name for a {kind}")
        full = scope.prefix + name
        known = self.declared[family].get(full)
        if known is None:
            self.declared[family][full] = (kind, form, optional, scope)
        elif known[0] != kind or kind not in AGAIN:
            raise fault(
                DUPLICATE, form, f"{kind} `{full}` is declared, and was declared before",
                f"the first is a {known[0]}, at {known[1].file.span(known[1].at).place}",
            )  # fmt: skip
        elif known[2] is not None:
            self._again.setdefault((family, full), [known]).append((kind, form, optional, scope))
            if optional is None:
                self.declared[family][full] = (kind, form, optional, scope)

    def settle(self) -> None:
        """What is declared in several optional parts counts where one of them does."""
        for (family, full), every in self._again.items():
            self.declared[family][full] = next((each for each in every if _counts(each[2])), every[0])

    def find(self, family: str, name: Item, scope: Scope) -> str:
        """The full name that is meant; :class:`Unresolved` where there is none."""
        value, where = given(name, scope)
        if not isinstance(value, str):
            raise Unresolved(family, "(…)")
        table = self.declared[family]
        for full in where.candidates(value):
            known = table.get(full)
            if known is not None and _counts(known[2]):
                return full
        raise Unresolved(family, value)

    def kind(self, family: str, full: str) -> str:
        """The statement that declared a name."""
        return self.declared[family][full][0]

    def all(self, family: str, *kinds: str) -> dict[str, Form]:
        """What is declared by such statements, in the order of declaration."""
        return {
            full: form
            for full, (kind, form, optional, _) in self.declared[family].items()
            if kind in kinds and _counts(optional)
        }


_RESERVED: Final = {"type": ("self", "notself", "other", "all"), "category": ("all",)}


def _counts(optional: Optional | None) -> bool:
    return optional is None or optional.counts
