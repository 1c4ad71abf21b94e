"""Statements to what they say: names resolved, sets kept as expressions until all is known."""

from collections.abc import Callable, Iterator
from typing import Final

from nslsm.diagnostics import Diagnostic
from nslsm.importers.selinux.cil.conditions import condition
from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.names import Names, Unresolved, given
from nslsm.importers.selinux.cil.order import Unordered, merged
from nslsm.importers.selinux.cil.rules import Rules
from nslsm.importers.selinux.cil.sets import Set, resolved
from nslsm.importers.selinux.cil.structure import Placed, Scope, Statement
from nslsm.importers.selinux.codes import CONFLICT, CYCLE, DUPLICATE, SYNTAX, UNDEFINED
from nslsm.importers.selinux.policy import Expression, Logical


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


Handler = Callable[["Build", Form, Scope], None]

IGNORED: Final = words(
    "type typealias typeattribute role roleattribute user userattribute class classmap common boolean tunable "
    "sensitivity sensitivityalias category categoryalias ipaddr sid "
    "classpermission src_info"
)
"""Declarations, which are read as names, and what only says how a binary policy is written."""

OTHER: Final = words(
    "userprefix selinuxuser selinuxuserdefault rolebounds userbounds ibpkeycon ibendportcon iomemcon "
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
            own = _words(self.names.declared["class"][name][1], 2)
            common = self.commons.get(name)
            inherited = _words(self.names.declared["common"][common][1], 2) if common else ()
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
        every = _words(self.names.declared["class"][class_][1], 2) if is_map else self.permissions_of_class(class_)
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
        return self._mapped(name, frozenset(_words(self.names.declared["class"][name][1], 2)), form)

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


def _words(form: Form, place: int) -> tuple[str, ...]:
    if len(form) <= place:
        return ()
    value = form[place]
    if not isinstance(value, Form) or not all(isinstance(each, str) for each in value):
        raise fault(SYNTAX, form, f"`{form[0]}` takes names in brackets here")
    return tuple(map(str, value))


# Definitions


def _alias(family: str) -> Handler:
    def handle(build: Build, form: Form, scope: Scope) -> None:
        alias = build.names.find(family, form[1], scope)
        if build.names.kind(family, alias) != f"{family}alias":
            raise fault(SYNTAX, form, f"`{alias}` is no alias")
        key, target = f"{family}:{alias}", build.names.find(family, form[2], scope)
        if key in build.aliases:
            raise fault(DUPLICATE, form, f"`{alias}` stands for `{build.aliases[key]}` already")
        if build.names.kind(family, target) not in (family, f"{family}alias"):
            raise fault(SYNTAX, form, f"`{target}` is no {family}")
        build.aliases[key] = target
        seen = {alias}
        while f"{family}:{target}" in build.aliases:
            if target in seen:
                raise fault(CYCLE, form, f"`{alias}` stands for itself")
            seen.add(target)
            target = build.aliases[f"{family}:{target}"]

    return handle


def _set(family: str) -> Handler:
    def handle(build: Build, form: Form, scope: Scope) -> None:
        name = build.names.find(family, form[1], scope)
        if build.names.kind(family, name) != f"{family}attribute":
            raise fault(SYNTAX, form, f"`{name}` is no attribute of {family}s")
        build.sets[family].setdefault(name, []).append(build.members(family, form[2], scope, form))

    return handle


def _category_set(build: Build, form: Form, scope: Scope) -> None:
    name = scope.prefix + str(given(form[1], scope)[0])
    build.sets["category"].setdefault(name, []).append(build.members("category", form[2], scope, form))


def _order(family: str) -> Handler:
    def handle(build: Build, form: Form, scope: Scope) -> None:
        words = list(_words(form, 1))
        loose = family == "class" and words[:1] == ["unordered"]
        order = [build.name(family, each, scope) for each in words[loose:]]
        if len(set(order)) < len(order):
            raise fault(DUPLICATE, form, "a name stands twice in this order")
        if loose:
            build.unordered.update(order)
        else:
            build.orders[family].append((order, form))

    return handle


def _common(build: Build, form: Form, scope: Scope) -> None:
    name = build.names.find("class", form[1], scope)
    if name in build.commons:
        raise fault(DUPLICATE, form, f"class `{name}` has a common already")
    build.commons[name] = build.names.find("common", form[2], scope)


def _permission_set(build: Build, form: Form, scope: Scope) -> None:
    name = build.names.find("classpermission", form[1], scope)
    if not isinstance(form[2], Form):
        raise fault(SYNTAX, form, "a set of permissions has `(CLASS (PERMISSION…))`")
    build.permission_sets.setdefault(name, []).append((form[2], scope))


def _mapping(build: Build, form: Form, scope: Scope) -> None:
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
    "sidorder": _order("sid"),
    "classcommon": _common,
    "classpermissionset": _permission_set,
    "classmapping": _mapping,
}

# Rules


def _vector(build: Build, form: Form, scope: Scope) -> None:
    source, target = build.name("type", form[1], scope), build.type(form[2], scope)
    for class_, permissions in build.class_permissions(form[3], scope, form).items():
        if permissions:
            build.into.permit(str(form[0]), (source, target, class_), permissions, form)


def _lead(build: Build, form: Form, scope: Scope) -> None:
    source, target = build.name("type", form[1], scope), build.type(form[2], scope)
    class_ = build.names.find("class", form[3], scope)
    result = build.a_type(form[-1], scope, form)
    name: tuple[str, ...] = ()
    if len(form) == 6:
        value, _ = given(form[4], scope)
        name = (str(value),)
        if name == ("*",):
            name = ()
    build.into.lead(str(form[0]), (source, target, class_, *name), result, form)


def _conditional(build: Build, form: Form, scope: Scope) -> None:
    when = condition(build.name, form[1], scope, form)
    for branch in form[2:]:
        assert isinstance(branch, Form)
        outside, build.into = build.into, Rules()
        try:
            for each in branch[1:]:
                assert isinstance(each, Form)
                where = each.scope if isinstance(each, Placed) else scope
                if each[0] == "call":
                    raise Unresolved("macro", str(each[1]))
                _RULES[str(each[0])](build, each, where)
        finally:
            made, build.into = build.into, outside
        build.conditionals.append((when if branch[0] == "true" else Logical("not", (when,)), made))


def _role_type(build: Build, form: Form, scope: Scope) -> None:
    build.role_types.append((build.name("role", form[1], scope), build.members("type", form[2], scope, form)))


def _user_role(build: Build, form: Form, scope: Scope) -> None:
    build.user_roles.append((build.name("user", form[1], scope), build.name("role", form[2], scope)))


def _permissive(build: Build, form: Form, scope: Scope) -> None:
    build.permissive.append(build.a_type(form[1], scope, form))


def _bounds(build: Build, form: Form, scope: Scope) -> None:
    parent, child = (build.a_type(each, scope, form) for each in form[1:3])
    if child in build.bounds:
        raise fault(DUPLICATE, form, f"`{child}` is bounded by `{build.bounds[child]}` already")
    build.bounds[child] = parent
    above: str | None = parent
    while above is not None and above != child:
        above = build.bounds.get(above)
    if above is not None:
        raise fault(CYCLE, form, f"`{child}` is bounded by itself")


def _unknown(build: Build, form: Form, _scope: Scope) -> None:
    _once(build, form)
    build.unknown = str(form[1])


def _mls(build: Build, form: Form, _scope: Scope) -> None:
    _once(build, form)


def _once(build: Build, form: Form) -> None:
    if form[0] in build.once:
        raise fault(DUPLICATE, form, f"`{form[0]}` is there twice")
    build.once.add(str(form[0]))


def _expand(build: Build, form: Form, scope: Scope) -> None:
    names = [form[1]] if isinstance(form[1], str) else form[1]
    for each in names:
        name = build.name("type", each, scope)
        if build.names.kind("type", name) != "typeattribute":
            raise fault(SYNTAX, form, f"`{name}` is no attribute")


def _capability(build: Build, form: Form, _scope: Scope) -> None:
    if form[1] not in CAPABILITIES:
        raise fault(UNDEFINED, form, f"no policy capability is called `{form[1]}`")
    build.capabilities.add(str(form[1]))


CAPABILITIES: Final = words(
    "network_peer_controls open_perms extended_socket_class always_check_network cgroup_seclabel "
    "nnp_nosuid_transition genfs_seclabel_symlinks ioctl_skip_cloexec userspace_initial_context netlink_xperm "
    "netif_wildcard genfs_seclabel_wildcard functionfs_seclabel memfd_class"
)
"""What a policy can say that it can; kernels up to 6.18."""

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
    "policycap": _capability,
    "mls": _mls,
    "expandtypeattribute": _expand,
}

LATER: Final = OTHER | words(
    "neverallow roleallow roletransition rangetransition constrain mlsconstrain validatetrans mlsvalidatetrans "
    "userlevel userrange filecon portcon nodecon netifcon fsuse genfscon sidcontext defaultuser defaultrole "
    "defaulttype defaultrange sensitivitycategory allowx permissionx level levelrange context"
)
"""Statements that are read when all sets are known."""
