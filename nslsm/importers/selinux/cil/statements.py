"""What each statement says: those that define what others are made of, and rules."""

from collections.abc import Callable
from typing import Final

from nslsm.importers.selinux.cil.build import Build, listed
from nslsm.importers.selinux.cil.conditions import condition
from nslsm.importers.selinux.cil.forms import Form, fault
from nslsm.importers.selinux.cil.names import Unresolved
from nslsm.importers.selinux.cil.places import Placed, Scope, Statement, given
from nslsm.importers.selinux.cil.rules import Rules
from nslsm.importers.selinux.codes import CYCLE, DUPLICATE, SYNTAX, UNDEFINED
from nslsm.importers.selinux.policy import Logical


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


Handler = Callable[[Build, Form, Scope], None]

IGNORED: Final = words(
    "type typealias typeattribute role roleattribute user userattribute class classmap common boolean tunable "
    "sensitivity sensitivityalias category categoryalias ipaddr sid "
    "classpermission src_info"
)
"""Declarations, which are read as names, and what only says how a binary policy is written."""

OTHER: Final = words(
    "userprefix selinuxuser selinuxuserdefault rolebounds userbounds ibpkeycon ibendportcon iomemcon "
    "ioportcon pcidevicecon pirqcon devicetreecon typeneveraudit deny"
)
"""Statements that are understood as far as their names, and go no further than being named."""


def define(build: Build, statement: Statement) -> None:
    """What others are made of: aliases, sets, orders, maps."""
    handler = _DEFINING.get(str(statement.form[0]))
    if handler is not None:
        handler(build, statement.form, statement.scope)


def rule(build: Build, statement: Statement) -> None:
    """What says something of them."""
    form, scope, _ = statement
    word = str(form[0])
    handler = _RULES.get(word)
    if handler is not None:
        handler(build, form, scope)
    elif word in LATER:
        build.lists.setdefault(word, []).append((form, scope))
    elif word == "call":
        raise Unresolved("macro", str(form[1]))
    elif word not in _DEFINING and word not in IGNORED:
        raise fault(SYNTAX, form, f"`{word}` is no statement")


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
        words = list(listed(form, 1))
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
    if build.names.kind("class", name) != "classmap" or permission not in listed(
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
    classes = build.classes(form[3], scope, form)
    result = build.a_type(form[-1], scope, form)
    name: tuple[str, ...] = ()
    if len(form) == 6:
        value, _ = given(form[4], scope)
        name = (str(value),)
        if name == ("*",):
            name = ()
    for class_ in classes:
        build.into.lead(str(form[0]), (source, target, class_, *name), result, form)


def _argument(build: Build, form: Form, scope: Scope) -> None:
    """What a macro is handed is there, also where the macro makes no use of it."""
    kind = str(form[1])
    if isinstance(form[2], str) and (kind != "type" or form[2] != "self"):
        build.names.find({"categoryset": "category", "classmap": "class"}.get(kind, kind), form[2], scope)


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
    "(argument)": _argument,
    "policycap": _capability,
    "mls": _mls,
    "expandtypeattribute": _expand,
}

LATER: Final = OTHER | words(
    "neverallow roleallow roletransition rangetransition constrain mlsconstrain validatetrans mlsvalidatetrans "
    "userlevel userrange filecon portcon nodecon netifcon fsuse genfscon sidcontext defaultuser defaultrole "
    "defaulttype defaultrange sensitivitycategory allowx auditallowx dontauditx neverallowx permissionx "
    "level levelrange context"
)
"""Statements that are read when all sets are known."""
