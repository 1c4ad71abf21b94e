"""Statements to what they say: names resolved, sets kept as expressions until all is known."""

from collections.abc import Callable, Iterator

from nslsm.diagnostics import Diagnostic
from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.names import Names, Unresolved
from nslsm.importers.selinux.cil.order import Unordered, merged
from nslsm.importers.selinux.cil.places import Scope, given
from nslsm.importers.selinux.cil.rules import Rules
from nslsm.importers.selinux.cil.sets import Set, resolved
from nslsm.importers.selinux.codes import CONFLICT, CYCLE, DUPLICATE, SYNTAX, UNDEFINED
from nslsm.importers.selinux.policy import Expression


class Build:
    """What was read so far. One is made for each attempt: optional parts come and go."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.rules = Rules()
        self.conditionals: list[tuple[Expression, Rules]] = []
        self.into = self.rules
        self.aliases: dict[str, str] = {}
        self.sets: dict[str, dict[str, list[Set]]] = {family: {} for family in ("type", "role", "user", "category")}
        self.permission_sets: dict[str, list[tuple[Form, Scope]]] = {}
        self.mappings: dict[tuple[str, str], list[tuple[Item, Scope]]] = {}
        self.orders: dict[str, list[tuple[list[str], Form]]] = {
            "class": [],
            "category": [],
            "sensitivity": [],
            "sid": [],
        }
        self.unordered: set[str] = set()
        """Classes that may come anywhere."""
        self.commons: dict[str, str] = {}
        self.role_types: list[tuple[str, Set]] = []
        self.user_roles: list[tuple[str, str]] = []
        self.lists: dict[str, list[tuple[Form, Scope]]] = {}
        """Statements that are read at the end, when sets are known, by keyword."""
        self.bounds: dict[str, str] = {}
        self.permissive: list[str] = []
        self.unknown = "deny"
        self.capabilities: set[str] = set()
        self.once: set[str] = set()
        self.looked_at = Form()
        """The declaration of the permissions that are looked at last."""
        self.findings: list[Diagnostic] = []
        self._permissions: dict[tuple[str, tuple[str, ...]], dict[str, frozenset[str]]] = {}
        self._commons: dict[str, tuple[str, ...]] = {}
        self._mapping: list[tuple[str, str]] = []
        """Maps of classes that are being looked through."""

    # Names

    def find(self, family: str) -> Callable[[Item, Scope], str]:
        """Finds names of a family; aliases as what they stand for."""
        return lambda item, scope: self.name(family, item, scope)

    def name(self, family: str, item: Item, scope: Scope) -> str:
        """The full name that is meant; of an alias, that of the thing."""
        full = self.names.find(family, item, scope)
        seen = 0
        while (key := f"{family}:{full}") in self.aliases and seen < 100:
            full = self.aliases[key]
            seen += 1
        return full

    def real(self, key: str) -> str:
        """What an alias stands for in the end; ``key``: ``type:NAME`` and the like."""
        family = key.partition(":")[0]
        name = self.aliases[key]
        while f"{family}:{name}" in self.aliases:
            name = self.aliases[f"{family}:{name}"]
        return name

    def classes(self, item: Item, scope: Scope, form: Form) -> tuple[str, ...]:
        """A class, or the classes that a map of classes comes to."""
        name = self.names.find("class", item, scope)
        if self.names.kind("class", name) == "class":
            return (name,)
        return tuple(self.mapped_permissions(name, form))

    def type(self, item: Item, scope: Scope) -> str:
        """A type or an attribute."""
        return "self" if item == "self" else self.name("type", item, scope)

    def members(self, family: str, item: Item, scope: Scope, form: Form) -> Set:
        """An expression of a set."""
        item, scope = given(item, scope)
        return resolved(item, scope, self.find(family), form, ranges=family == "category")

    def a_type(self, item: Item, scope: Scope, form: Form) -> str:
        """A type that is no attribute."""
        name = self.name("type", item, scope)
        if self.names.kind("type", name) == "typeattribute":
            raise fault(SYNTAX, form, f"`{name}` is an attribute, and a type stands here")
        return name

    # Permissions

    def permissions_of_class(self, name: str) -> tuple[str, ...]:
        """A class's permissions, those of its common first."""
        known = self._commons.get(name)
        if known is None:
            own = listed(self.names.declared["class"][name][1], 2)
            common = self.commons.get(name)
            inherited = listed(self.names.declared["common"][common][1], 2) if common else ()
            known = self._commons[name] = (*inherited, *own)
            if len(set(known)) < len(known):
                form = self.names.declared["class"][name][1]
                twice = next(each for each in known if known.count(each) > 1)
                raise fault(DUPLICATE, form, f"class `{name}` has two permissions `{twice}`")
        return known

    def class_permissions(self, item: Item, scope: Scope, form: Form) -> dict[str, frozenset[str]]:
        """``(file (read write))``, or the name of a set of such: permissions by class."""
        item, scope = given(item, scope)
        if isinstance(item, str):
            full = self.names.find("classpermission", item, scope)
            return self.named_permissions(full, form)
        if len(item) != 2 or not isinstance(item[0], str):
            raise fault(SYNTAX, form, "permissions are `(CLASS (PERMISSION…))`, or the name of a set of them")
        class_ = self.names.find("class", item[0], scope)
        expression = item[1]
        if isinstance(expression, str) or not expression:
            raise fault(SYNTAX, form, f"permissions of `{item[0]}` stand in brackets, at least one")
        flat = all(isinstance(each, str) for each in expression)
        key = (class_, tuple(map(str, expression))) if flat else None
        if key is not None and key in self._permissions:
            return self._permissions[key]
        is_map = self.names.kind("class", class_) == "classmap"
        every = listed(self.names.declared["class"][class_][1], 2) if is_map else self.permissions_of_class(class_)
        chosen = self._chosen(expression, scope, frozenset(every), class_, form)
        found: dict[str, frozenset[str]] = {}
        if not is_map:
            found[class_] = chosen
        else:
            found = self._mapped(class_, chosen, form)
        if key is not None:
            self._permissions[key] = found
        return found

    def mapped_permissions(self, name: str, form: Form) -> dict[str, frozenset[str]]:
        """All permissions that a map of classes comes to."""
        self.looked_at = form
        return self._mapped(name, frozenset(listed(self.names.declared["class"][name][1], 2)), form)

    def _mapped(self, class_: str, chosen: frozenset[str], form: Form) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for permission in sorted(chosen):
            if (class_, permission) in self._mapping:
                raise fault(CYCLE, form, f"permission `{permission}` of `{class_}` is mapped to itself")
            self._mapping.append((class_, permission))
            for mapped, where in self.mappings.get((class_, permission), ()):
                for name, permissions in self.class_permissions(mapped, where, form).items():
                    found[name] = found.get(name, frozenset()) | permissions
            self._mapping.pop()
        return found

    def named_permissions(self, full: str, form: Form) -> dict[str, frozenset[str]]:
        """What a named set of permissions comes to."""
        self.looked_at = form
        found: dict[str, frozenset[str]] = {}
        written = self.names.declared["classpermission"][full][1]
        sets = list(self.permission_sets.get(full, ()))
        if len(written) > 2 and isinstance(written[2], Form):
            raise fault(SYNTAX, written, "a set of permissions is filled by `(classpermissionset NAME (CLASS (…)))`")
        for item, scope in sets:
            for class_, permissions in self.class_permissions(item, scope, form).items():
                found[class_] = found.get(class_, frozenset()) | permissions
        return found

    def _chosen(self, item: Item, scope: Scope, every: frozenset[str], class_: str, form: Form) -> frozenset[str]:
        if isinstance(item, str):
            value, _ = given(item, scope)
            if not isinstance(value, str):
                raise fault(SYNTAX, form, "a permission is a word")
            if value not in every:
                raise Unresolved("permission", f"{class_}:{value}")
            return frozenset((str(value),))
        head = item[0] if item else ""
        if head in ("and", "or", "xor", "not", "all") and not (head in every and len(item) == 1):
            operands = [self._chosen(each, scope, every, class_, form) for each in item[1:]]
            match head, operands:
                case "all", []:
                    return every
                case "not", [one]:
                    return every - one
                case "and", [one, other]:
                    return one & other
                case "or", [one, other]:
                    return one | other
                case "xor", [one, other]:
                    return one ^ other
            raise fault(SYNTAX, form, f"`{head}` works on another number of sets")
        return frozenset[str]().union(*[self._chosen(each, scope, every, class_, form) for each in item])

    # Orders

    def ordered(self, family: str, every: Iterator[str]) -> tuple[str, ...]:
        """Names in the order that ``…order`` statements give them; those that none names, behind."""
        declared = self.names.declared[family]
        try:
            found = merged([each for each, _ in self.orders[family]])
        except Unordered as error:
            form = next(form for order, form in self.orders[family] if list(order) == list(error.order))
            raise fault(
                CONFLICT, form, f"this order of {family} names contradicts others, or shares no name with them"
            ) from None
        known = set(found)
        for each in every:
            if each not in known and each not in self.unordered:
                raise fault(UNDEFINED, declared[each][1], f"`{each}` is in no `{family}order`")
        return tuple(dict.fromkeys((*found, *sorted(self.unordered))) if family == "class" else found)


def listed(form: Form, place: int) -> tuple[str, ...]:
    """The names of a list that is part of a statement."""
    if len(form) <= place:
        return ()
    value = form[place]
    if not isinstance(value, Form) or not all(isinstance(each, str) for each in value):
        raise fault(SYNTAX, form, f"`{form[0]}` takes names in brackets here")
    return tuple(map(str, value))
