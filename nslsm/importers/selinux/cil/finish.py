"""The statements that need all sets known, and the flat policy in the end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeVar, cast

from nslsm.diagnostics import DiagnosticError, Span
from nslsm.importers.selinux.cil.build import Build
from nslsm.importers.selinux.cil.conditions import constraint
from nslsm.importers.selinux.cil.extended import Extended, extended, forbidden
from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.places import Scope, given
from nslsm.importers.selinux.cil.rules import vectors
from nslsm.importers.selinux.cil.sets import BackwardsError, Members, Set
from nslsm.importers.selinux.cil.verify import verify
from nslsm.importers.selinux.codes import CONFLICT, SYNTAX
from nslsm.importers.selinux.policy import (
    SELF,
    Conditional,
    Constraint,
    Context,
    Default,
    FileContext,
    Level,
    NeverAllow,
    Node,
    Policy,
    Port,
    Range,
    Triple,
    User,
)

Row = TypeVar("Row", bound=tuple[object, ...])
MOST_TOLD: Final = 20
"""Violations of ``neverallowx`` that are told."""
NO_LEVEL: Final = Level("", frozenset())
ALL_RANGE: Final = Range(NO_LEVEL, NO_LEVEL)


class Finish:
    """Reads what was left. ``trial``: names only, to see whether an optional part counts."""

    def __init__(self, build: Build, *, mls: bool, trial: bool = False) -> None:
        self.build, self.mls, self.trial = build, mls, trial
        names = build.names
        self.types = tuple(names.all("type", "type"))
        attributes = names.all("type", "typeattribute")
        self.type_sets = Members(
            self.types, {name: build.sets["type"].get(name, []) for name in attributes}, attributes
        )
        role_attributes = names.all("role", "roleattribute")
        self.roles = tuple(names.all("role", "role"))
        role_sets = {name: build.sets["role"].get(name, []) for name in role_attributes}
        self.role_sets = Members(self.roles, role_sets, role_attributes)
        user_attributes = names.all("user", "userattribute")
        self.users = tuple(names.all("user", "user"))
        user_sets = {name: build.sets["user"].get(name, []) for name in user_attributes}
        self.user_sets = Members(self.users, user_sets, user_attributes)
        self.categories = () if trial else build.ordered("category", iter(names.all("category", "category")))
        category_sets = names.all("category", "categoryset")
        self.category_sets = Members(
            self.categories, {name: build.sets["category"].get(name, []) for name in category_sets}, category_sets
        )
        self.sensitivities: Mapping[str, int] = {}
        """Their places, lowest first."""
        self.contexts: list[tuple[Context, Form]] = []
        self.named_ranges: list[tuple[Range, Form]] = []
        self.role_allows: set[tuple[str, str]] = set()
        self.role_transitions: dict[Triple, str] = {}
        self.range_transitions: dict[Triple, Range] = {}
        kinds = ("constrain", "mlsconstrain", "validatetrans", "mlsvalidatetrans")
        self.constraints: dict[str, list[Constraint]] = {kind: [] for kind in kinds}
        self.neverallows: list[NeverAllow] = []
        self.extended: list[tuple[str, Triple, Span]] = []
        self.led: dict[tuple[str, Triple], Form] = {}
        """Where transitions of roles and ranges stand."""
        self.numbers: list[Extended] = []
        self.levels: dict[str, Level] = {}
        self.ranges: dict[str, Range] = {}
        self.sensitivity_categories: dict[str, frozenset[str]] = {}
        self.files: list[FileContext] = []
        self.ports: list[Port] = []
        self.nodes: list[Node] = []
        self.interfaces: list[tuple[str, Context, Context]] = []
        self.file_systems: dict[str, tuple[str, Context]] = {}
        self.generic: list[tuple[str, str, str, Context]] = []
        self.initial: dict[str, Context] = {}
        self.defaults: dict[str, Default] = {}
        self.other: list[tuple[str, Span]] = []

    # Values

    def types_of(self, item: Set) -> frozenset[str]:
        """The types of an expression; none while optional parts are tried."""
        return frozenset() if self.trial else self.type_sets.of(item)

    def level(self, item: Item, scope: Scope, form: Form) -> Level:
        """A level: named, or ``(s0 (c0 c1))``."""
        item, scope = given(item, scope)
        if isinstance(item, str):
            full = self.build.names.find("level", item, scope)
            _, written, _, where = self.build.names.declared["level"][full]
            return self.level(written[2], where, written)
        if not 1 <= len(item) <= 2 or not isinstance(item[0], str):
            raise fault(SYNTAX, form, "a level is `(SENSITIVITY (CATEGORY…))`")
        sensitivity = self.build.name("sensitivity", item[0], scope)
        if len(item) == 1:
            return Level(sensitivity, frozenset())
        categories = self.build.members("category", item[1], scope, form)
        return Level(sensitivity, self.categories_of(categories, form))

    def categories_of(self, item: Set, form: Form) -> frozenset[str]:
        """The categories of an expression; none while optional parts are tried."""
        if self.trial:
            return frozenset()
        try:
            return self.category_sets.of(item)
        except BackwardsError as error:
            raise fault(SYNTAX, form, f"this range of categories is none: {error}") from None

    def range(self, item: Item, scope: Scope, form: Form) -> Range:
        """A range: named, or ``(LOW HIGH)``."""
        item, scope = given(item, scope)
        if isinstance(item, str):
            full = self.build.names.find("levelrange", item, scope)
            _, written, _, where = self.build.names.declared["levelrange"][full]
            return self.range(written[2], where, written)
        if len(item) != 2:
            raise fault(SYNTAX, form, "a range is `(LOW HIGH)`")
        return Range(self.level(item[0], scope, form), self.level(item[1], scope, form))

    def context(self, item: Item, scope: Scope, form: Form) -> Context:
        """A context: named, or ``(USER ROLE TYPE RANGE)``."""
        item, scope = given(item, scope)
        if isinstance(item, str):
            full = self.build.names.find("context", item, scope)
            _, written, _, where = self.build.names.declared["context"][full]
            return self.context(written[2], where, written)
        if len(item) != 4:
            raise fault(SYNTAX, form, "a context is `(USER ROLE TYPE RANGE)`")
        name = self.build.name
        range_ = self.range(item[3], scope, form)
        found = Context(
            name("user", item[0], scope), name("role", item[1], scope), self.build.a_type(item[2], scope, form),
            range_ if self.mls else ALL_RANGE,
        )  # fmt: skip
        self.contexts.append((found, form))
        return found

    def roles_of(self, item: Item, scope: Scope) -> frozenset[str]:
        """A role, or the roles of an attribute."""
        name = self.build.name("role", item, scope)
        return frozenset((name,)) if self.trial else self.role_sets.of(name)

    def read(self, word: str, form: Form, scope: Scope) -> None:
        """One statement of :data:`HANDLERS`; any other is only kept by name."""
        handler = HANDLERS.get(word)
        if handler is not None:
            handler(self, form, scope)
        else:
            self.other.append((word, form.file.span(form.at)))

    # The policy

    def policy(self) -> Policy:
        """The whole, flat."""
        build, names = self.build, self.build.names
        classes = tuple(names.all("class", "class"))
        mls = self.mls
        roles = {role: set[str]() for role in self.roles}
        for role, types in build.role_types:
            for each in self.role_sets.of(role):
                roles.setdefault(each, set()).update(self.type_sets.of(types))
        users = self._users()
        attributes = {name: self.type_sets.of(name) for name in names.all("type", "typeattribute")}
        aliases = {
            key.removeprefix("type:") if key.startswith("type:") else f"{key[0]}:{key.partition(':')[2]}": build.real(
                key
            )
            for key in build.aliases
        }
        rules = build.rules
        named = {key: result for key, result in rules.typetransition.items() if len(key) == 4}
        sensitivities = build.ordered("sensitivity", iter(names.all("sensitivity", "sensitivity")))
        self.sensitivities = {name: place for place, name in enumerate(sensitivities)}
        build.ordered("sid", iter(names.all("sid", "sid")))
        ordered = build.ordered("class", iter(classes))
        if wrong := tuple(forbidden(self)):
            raise DiagnosticError(wrong[:MOST_TOLD])
        verify(self, users, {role: frozenset(types) for role, types in roles.items()})
        return Policy(
            classes={name: build.permissions_of_class(name) for name in ordered if name in classes},
            mls=mls,
            handle_unknown=cast("Literal['allow', 'deny', 'reject']", build.unknown),
            types=self.types,
            aliases=aliases,
            attributes=attributes,
            bounds=build.bounds,
            permissive=frozenset[str]().union(*map(self.type_sets.of, build.permissive)),
            roles={
                role: frozenset(self.types) if role == "object_r" else frozenset(types) for role, types in roles.items()
            },
            role_attributes={name: self.role_sets.of(name) for name in names.all("role", "roleattribute")},
            users=users,
            sensitivities=sensitivities if mls else (),
            categories=self.categories if mls else (),
            sensitivity_categories=self.sensitivity_categories,
            capabilities=frozenset(build.capabilities),
            booleans={
                name: len(form) > 2 and form[2] == "true" for name, form in names.all("boolean", "boolean").items()
            },
            allows=vectors(rules.allow),
            dontaudits=vectors(rules.dontaudit),
            auditallows=vectors(rules.auditallow),
            extended=tuple(self.extended),
            neverallows=tuple(self.neverallows),
            conditionals=tuple(
                Conditional(
                    condition,
                    vectors(each.allow),
                    vectors(each.dontaudit),
                    vectors(each.auditallow),
                    {key: result for key, result in each.typetransition.items() if len(key) == 3},
                    {cast("Triple", key): result for key, result in each.typechange.items()},
                    {cast("Triple", key): result for key, result in each.typemember.items()},
                )
                for condition, each in build.conditionals
            ),
            transitions={key: result for key, result in rules.typetransition.items() if len(key) == 3},
            named_transitions=named,
            changes={cast("Triple", key): result for key, result in rules.typechange.items()},
            members={cast("Triple", key): result for key, result in rules.typemember.items()},
            role_allows=frozenset(self.role_allows),
            role_transitions=self.role_transitions,
            range_transitions=self.range_transitions,
            constraints=tuple(self.constraints["constrain"]),
            mls_constraints=tuple(self.constraints["mlsconstrain"]) if mls else (),
            validations=(*self.constraints["validatetrans"], *(self.constraints["mlsvalidatetrans"] if mls else ())),
            defaults=self.defaults,
            initial=self.initial,
            files=tuple(self.files),
            ports=_firsts(self.ports, 3),
            nodes=tuple(self.nodes),
            interfaces=tuple(self.interfaces),
            file_systems=self.file_systems,
            generic=_firsts(self.generic, 3),
            other=tuple(self.other),
        )

    def _users(self) -> dict[str, User]:
        found = {name: set[str]() for name in self.users}
        for user, role in self.build.user_roles:
            for each in self.user_sets.of(user):
                found[each] |= self.role_sets.of(role)
        return {
            name: User(frozenset(roles), self.levels.get(name, NO_LEVEL), self.ranges.get(name, ALL_RANGE))
            for name, roles in found.items()
        }


def _firsts(every: Sequence[Row], key: int) -> tuple[Row, ...]:
    """Of what says something of the same, what comes first; the same is what begins with the same parts."""
    found: dict[tuple[object, ...], Row] = {}
    for each in every:
        found.setdefault(each[:key], each)
    return tuple(found.values())


def _never(finish: Finish, form: Form, scope: Scope) -> None:
    source, target = finish.build.name("type", form[1], scope), finish.build.type(form[2], scope)
    permissions = finish.build.class_permissions(form[3], scope, form)
    to = frozenset((SELF,)) if target == SELF else finish.types_of(target)
    finish.neverallows.append(NeverAllow(finish.types_of(source), to, permissions, form.file.span(form.at)))


def _extended(finish: Finish, form: Form, scope: Scope) -> None:
    source, target = finish.build.name("type", form[1], scope), finish.build.type(form[2], scope)
    class_, kind, numbers = extended(finish, form, form[3], scope)
    if finish.trial:
        return
    finish.numbers.append(Extended(str(form[0]), (source, target, class_), kind, numbers, form))
    finish.extended.append((str(form[0]), (source, target, class_), form.file.span(form.at)))


def _permission_x(finish: Finish, form: Form, scope: Scope) -> None:
    extended(finish, form, form[2], scope)


def _role_allow(finish: Finish, form: Form, scope: Scope) -> None:
    pairs = {(one, other) for one in finish.roles_of(form[1], scope) for other in finish.roles_of(form[2], scope)}
    finish.role_allows |= pairs


def _role_transition(finish: Finish, form: Form, scope: Scope) -> None:
    target = finish.build.type(form[2], scope)
    classes = finish.build.classes(form[3], scope, form)
    result = finish.build.name("role", form[4], scope)
    for role in finish.roles_of(form[1], scope):
        for class_ in classes:
            key = (role, target, class_)
            finish.led.setdefault(("roletransition", key), form)
            if finish.role_transitions.setdefault(key, result) != result:
                raise fault(CONFLICT, form, f"role `{role}` goes to `{result}`, and by another rule elsewhere")


def _range_transition(finish: Finish, form: Form, scope: Scope) -> None:
    source, target = finish.build.name("type", form[1], scope), finish.build.type(form[2], scope)
    classes = finish.build.classes(form[3], scope, form)
    found = finish.range(form[4], scope, form)
    if finish.trial:
        return
    for class_ in classes:
        key = (source, target, class_)
        finish.led.setdefault(("rangetransition", key), form)
        if finish.range_transitions.setdefault(key, found) != found:
            raise fault(CONFLICT, form, "another rule gives another range")


def _constrain(finish: Finish, form: Form, scope: Scope) -> None:
    word = str(form[0])
    permissions: dict[str, frozenset[str]]
    if word in ("validatetrans", "mlsvalidatetrans"):
        class_ = finish.build.names.find("class", form[1], scope)
        permissions = {class_: frozenset()}
    else:
        permissions = finish.build.class_permissions(form[1], scope, form)
    expression = constraint(finish.build.name, form[2], scope, form)
    finish.constraints[word].append(Constraint(permissions, expression, form.file.span(form.at)))


def _level(finish: Finish, form: Form, scope: Scope) -> None:
    finish.level(form[2], scope, form)


def _range(finish: Finish, form: Form, scope: Scope) -> None:
    found = finish.range(form[2], scope, form)
    if not finish.trial:
        finish.named_ranges.append((found, form))


def _context(finish: Finish, form: Form, scope: Scope) -> None:
    finish.context(form[2], scope, form)


def _user_level(finish: Finish, form: Form, scope: Scope) -> None:
    finish.levels[finish.build.name("user", form[1], scope)] = finish.level(form[2], scope, form)


def _user_range(finish: Finish, form: Form, scope: Scope) -> None:
    range_ = finish.range(form[2], scope, form)
    user = finish.build.name("user", form[1], scope)
    for each in (user,) if finish.trial else finish.user_sets.of(user):
        finish.ranges[each] = range_


def _sensitivity(finish: Finish, form: Form, scope: Scope) -> None:
    name = finish.build.name("sensitivity", form[1], scope)
    categories = finish.build.members("category", form[2], scope, form)
    held = finish.sensitivity_categories.get(name, frozenset())
    finish.sensitivity_categories[name] = held | finish.categories_of(categories, form)


HANDLERS: Final[Mapping[str, Callable[[Finish, Form, Scope], None]]] = {
    "neverallow": _never,
    "allowx": _extended,
    "auditallowx": _extended,
    "dontauditx": _extended,
    "neverallowx": _extended,
    "permissionx": _permission_x,
    "roleallow": _role_allow,
    "roletransition": _role_transition,
    "rangetransition": _range_transition,
    "constrain": _constrain,
    "mlsconstrain": _constrain,
    "validatetrans": _constrain,
    "mlsvalidatetrans": _constrain,
    "level": _level,
    "levelrange": _range,
    "context": _context,
    "userlevel": _user_level,
    "userrange": _user_range,
    "sensitivitycategory": _sensitivity,
}
"""The statements that are read here; those about contexts of files, networks and so on have a file of their own."""
