"""Statements to what they say: names resolved, sets kept as expressions until all is known."""

from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Final

from nslsm.diagnostics import Diagnostic
from nslsm.importers.selinux.cil.conditions import condition
from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.names import Names, Unresolved, given
from nslsm.importers.selinux.cil.rules import Rules
from nslsm.importers.selinux.cil.sets import Set, resolved
from nslsm.importers.selinux.cil.structure import Scope, Statement
from nslsm.importers.selinux.codes import CYCLE, SYNTAX
from nslsm.importers.selinux.policy import Expression, Logical


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


Handler = Callable[["Build", Form, Scope], None]

IGNORED: Final = words(
    "type typealias typeattribute role roleattribute user userattribute class classmap common boolean tunable "
    "sensitivity sensitivityalias category categoryalias level levelrange context ipaddr sid permissionx "
    "classpermission expandtypeattribute sidorder mls src_info"
)
"""Declarations, which are read as names, and what only says how a binary policy is written."""

OTHER: Final = words(
    "policycap userprefix selinuxuser selinuxuserdefault rolebounds userbounds ibpkeycon ibendportcon iomemcon "
    "ioportcon pcidevicecon pirqcon devicetreecon typeneveraudit deny auditallowx dontauditx neverallowx"
)
"""Statements that are understood as far as their names, and go no further than being named."""


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
        self.orders: dict[str, list[list[str]]] = {"class": [], "category": [], "sensitivity": []}
        self.commons: dict[str, str] = {}
        self.role_types: list[tuple[str, Set]] = []
        self.user_roles: list[tuple[str, str]] = []
        self.lists: dict[str, list[tuple[Form, Scope]]] = {}
        """Statements that are read at the end, when sets are known, by keyword."""
        self.bounds: dict[str, str] = {}
        self.permissive: list[str] = []
        self.unknown = "deny"
        self.findings: list[Diagnostic] = []
        self._permissions: dict[tuple[str, tuple[str, ...]], dict[str, frozenset[str]]] = {}
        self._commons: dict[str, tuple[str, ...]] = {}

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

    def type(self, item: Item, scope: Scope) -> str:
        """A type or an attribute."""
        return "self" if item == "self" else self.name("type", item, scope)

    def members(self, family: str, item: Item, scope: Scope, form: Form) -> Set:
        """An expression of a set."""
        item, scope = given(item, scope)
        return resolved(item, scope, self.find(family), form)

    # Permissions

    def permissions_of_class(self, name: str) -> tuple[str, ...]:
        """A class's permissions, those of its common first."""
        known = self._commons.get(name)
        if known is None:
            own = _words(self.names.declared["class"][name][1], 2)
            common = self.commons.get(name)
            inherited = _words(self.names.declared["common"][common][1], 2) if common else ()
            known = self._commons[name] = (*inherited, *own)
        return known

    def class_permissions(self, item: Item, scope: Scope, form: Form) -> dict[str, frozenset[str]]:
        """``(file (read write))``, or the name of a set of such: permissions by class."""
        item, scope = given(item, scope)
        if isinstance(item, str):
            full = self.names.find("classpermission", item, scope)
            return self._of_named(full, form)
        if len(item) != 2 or not isinstance(item[0], str):
            raise fault(SYNTAX, form, "permissions are `(CLASS (PERMISSION…))`, or the name of a set of them")
        class_ = self.names.find("class", item[0], scope)
        expression = item[1] if isinstance(item[1], Form) else _listed(item[1], form)
        flat = all(isinstance(each, str) for each in expression)
        key = (class_, tuple(map(str, expression))) if flat else None
        if key is not None and key in self._permissions:
            return self._permissions[key]
        is_map = self.names.kind("class", class_) == "classmap"
        every = _words(self.names.declared["class"][class_][1], 2) if is_map else self.permissions_of_class(class_)
        chosen = self._chosen(expression, scope, frozenset(every), class_, form)
        found: dict[str, frozenset[str]] = {}
        if not is_map:
            found[class_] = chosen
        else:
            for permission in chosen:
                for mapped, where in self.mappings.get((class_, permission), ()):
                    for name, permissions in self.class_permissions(mapped, where, form).items():
                        found[name] = found.get(name, frozenset()) | permissions
        if key is not None:
            self._permissions[key] = found
        return found

    def _of_named(self, full: str, form: Form) -> dict[str, frozenset[str]]:
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
            if value == "all":
                return every
            if value not in every:
                raise fault(SYNTAX, form, f"class `{class_}` has no permission `{value}`")
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

    # Statements

    def define(self, statement: Statement) -> None:
        """What others are made of: aliases, sets, orders, maps."""
        handler = _DEFINING.get(str(statement.form[0]))
        if handler is not None:
            handler(self, statement.form, statement.scope)

    def rule(self, statement: Statement) -> None:
        """What says something of them."""
        form, scope, _ = statement
        word = str(form[0])
        handler = _RULES.get(word)
        if handler is not None:
            handler(self, form, scope)
        elif word in LATER:
            self.lists.setdefault(word, []).append((form, scope))
        elif word == "call":
            raise Unresolved("macro", str(form[1]))
        elif word not in _DEFINING and word not in IGNORED:
            raise fault(SYNTAX, form, f"`{word}` is no statement")

    def ordered(self, family: str, every: Iterator[str]) -> tuple[str, ...]:
        """Names in the order that ``…order`` statements give them; those that none names, behind."""
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for order in self.orders[family]:
            for before, after in pairwise(order):
                sorter.add(after, before)
            for each in order[:1]:
                sorter.add(each)
        try:
            found = list(sorter.static_order())
        except CycleError as error:
            form = next(iter(self.names.declared[family].values()))[1]
            raise fault(
                CYCLE, form, f"the order of {family} names goes in a circle: {' → '.join(error.args[1])}"
            ) from None
        return tuple(dict.fromkeys((*found, *every)))


def _words(form: Form, place: int) -> tuple[str, ...]:
    if len(form) <= place:
        return ()
    value = form[place]
    if not isinstance(value, Form) or not all(isinstance(each, str) for each in value):
        raise fault(SYNTAX, form, f"`{form[0]}` takes names in brackets here")
    return tuple(map(str, value))


def _listed(item: Item, form: Form) -> Form:
    made = Form([item])
    made.at, made.file = form.at, form.file
    return made


def _parts(form: Form, *counts: int) -> None:
    """The number of a statement's parts, the keyword apart."""
    if len(form) - 1 not in counts:
        wanted = " or ".join(map(str, counts))
        raise fault(SYNTAX, form, f"`{form[0]}` has {wanted} parts, and here are {len(form) - 1}")


# Definitions


def _alias(family: str) -> Handler:
    def handle(build: Build, form: Form, scope: Scope) -> None:
        _parts(form, 2)
        alias = build.names.find(family, form[1], scope)
        build.aliases[f"{family}:{alias}"] = build.names.find(family, form[2], scope)

    return handle


def _set(family: str) -> Handler:
    def handle(build: Build, form: Form, scope: Scope) -> None:
        _parts(form, 2)
        name = build.names.find(family, form[1], scope)
        build.sets[family].setdefault(name, []).append(build.members(family, form[2], scope, form))

    return handle


def _category_set(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 2)
    name = build.names.find("category", form[1], scope)
    build.sets["category"].setdefault(name, []).append(build.members("category", form[2], scope, form))


def _order(family: str) -> Handler:
    def handle(build: Build, form: Form, scope: Scope) -> None:
        words = [each for each in _words(form, 1) if each != "unordered"]
        order = [build.name(family, each, scope) for each in words]
        if "unordered" not in _words(form, 1):
            build.orders[family].append(order)

    return handle


def _common(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 2)
    build.commons[build.names.find("class", form[1], scope)] = build.names.find("common", form[2], scope)


def _permission_set(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 2)
    name = build.names.find("classpermission", form[1], scope)
    if not isinstance(form[2], Form):
        raise fault(SYNTAX, form, "a set of permissions has `(CLASS (PERMISSION…))`")
    build.permission_sets.setdefault(name, []).append((form[2], scope))


def _mapping(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 3)
    name = build.names.find("class", form[1], scope)
    permission = str(form[2])
    if build.names.kind("class", name) != "classmap" or permission not in _words(
        build.names.declared["class"][name][1], 2
    ):
        raise fault(SYNTAX, form, f"`{name}` has no permission `{permission}` to be mapped")
    build.mappings.setdefault((name, permission), []).append((form[3], scope))


_DEFINING: Final[dict[str, Handler]] = {
    "typealiasactual": _alias("type"),
    "sensitivityaliasactual": _alias("sensitivity"),
    "categoryaliasactual": _alias("category"),
    "typeattributeset": _set("type"),
    "roleattributeset": _set("role"),
    "userattributeset": _set("user"),
    "categoryset": _category_set,
    "classorder": _order("class"),
    "categoryorder": _order("category"),
    "sensitivityorder": _order("sensitivity"),
    "classcommon": _common,
    "classpermissionset": _permission_set,
    "classmapping": _mapping,
}

# Rules


def _vector(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 3)
    source, target = build.type(form[1], scope), build.type(form[2], scope)
    for class_, permissions in build.class_permissions(form[3], scope, form).items():
        if permissions:
            build.into.permit(str(form[0]), (source, target, class_), permissions, form)


def _lead(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, *((4, 5) if form[0] == "typetransition" else (4,)))
    source, target = build.type(form[1], scope), build.type(form[2], scope)
    class_ = build.names.find("class", form[3], scope)
    result = build.type(form[-1], scope)
    name: tuple[str, ...] = ()
    if len(form) == 6:
        value, _ = given(form[4], scope)
        name = (str(value).strip('"'),)
        if name == ("*",):
            name = ()
    build.into.lead(str(form[0]), (source, target, class_, *name), result, form)


def _conditional(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 2, 3)
    when = condition(build.name, form[1], scope, form)
    for branch in form[2:]:
        if not isinstance(branch, Form) or branch[:1] not in (["true"], ["false"]):
            raise fault(SYNTAX, form, "a branch of `booleanif` is `(true …)` or `(false …)`")
        outside, build.into = build.into, Rules()
        for each in branch[1:]:
            if not isinstance(each, Form) or each[:1] not in [[name] for name in IN_CONDITIONS]:
                raise fault(
                    SYNTAX, form, f"`{each[0] if isinstance(each, Form) and each else each}` does not hang on booleans"
                )
            _RULES[str(each[0])](build, each, scope)
        build.conditionals.append((when if branch[0] == "true" else Logical("not", (when,)), build.into))
        build.into = outside


def _role_type(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 2)
    build.role_types.append((build.name("role", form[1], scope), build.members("type", form[2], scope, form)))


def _user_role(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 2)
    build.user_roles.append((build.name("user", form[1], scope), build.name("role", form[2], scope)))


def _permissive(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 1)
    build.permissive.append(build.type(form[1], scope))


def _bounds(build: Build, form: Form, scope: Scope) -> None:
    _parts(form, 2)
    build.bounds[build.type(form[2], scope)] = build.type(form[1], scope)


def _unknown(build: Build, form: Form, _scope: Scope) -> None:
    _parts(form, 1)
    if form[1] not in ("allow", "deny", "reject"):
        raise fault(SYNTAX, form, "unknown permissions are handled by `allow`, `deny` or `reject`")
    build.unknown = str(form[1])


IN_CONDITIONS: Final = ("allow", "dontaudit", "auditallow", "typetransition", "typechange", "typemember")

_RULES: Final[dict[str, Handler]] = {
    "allow": _vector,
    "dontaudit": _vector,
    "auditallow": _vector,
    "typetransition": _lead,
    "typechange": _lead,
    "typemember": _lead,
    "booleanif": _conditional,
    "roletype": _role_type,
    "userrole": _user_role,
    "typepermissive": _permissive,
    "typebounds": _bounds,
    "handleunknown": _unknown,
}

LATER: Final = OTHER | words(
    "neverallow roleallow roletransition rangetransition constrain mlsconstrain validatetrans mlsvalidatetrans "
    "userlevel userrange filecon portcon nodecon netifcon fsuse genfscon sidcontext defaultuser defaultrole "
    "defaulttype defaultrange sensitivitycategory allowx"
)
"""Statements that are read when all sets are known."""
