"""What must hold of a whole policy: users, contexts, ranges, bounds; what is declared is filled; rules agree."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from nslsm.importers.selinux.cil.forms import Form, fault
from nslsm.importers.selinux.cil.rules import Rules
from nslsm.importers.selinux.codes import CONFLICT, CYCLE, LIMIT, SYNTAX, UNDEFINED
from nslsm.importers.selinux.policy import Context, Expression, Level, Logical, Range, Triple, User

if TYPE_CHECKING:
    from nslsm.importers.selinux.cil.finish import Finish

MAX_PAIRS: Final = 4_000_000
"""Pairs of types that transitions by attributes may come to."""


def verify(finish: "Finish", users: Mapping[str, User], role_types: Mapping[str, frozenset[str]]) -> None:
    """Raises :class:`~nslsm.diagnostics.DiagnosticError` at the first thing that does not hold."""
    _filled(finish)
    if finish.mls:
        for name, form in finish.build.names.all("user", "user").items():
            _user(finish, name, users[name], form)
        for range_, form in finish.named_ranges:
            ordered(finish, range_, form)
    for context, form in finish.contexts:
        _context(finish, context, form, users, role_types)
    _bounded(finish, users, role_types)
    _agreeing(finish)


def ordered(finish: "Finish", range_: Range, form: Form) -> None:
    """A range goes up: its high level is not below the low one, and has all categories of it."""
    low, high = range_
    if finish.sensitivities[high.sensitivity] < finish.sensitivities[low.sensitivity]:
        raise fault(
            SYNTAX,
            form,
            f"a range goes from a lower level to a higher: `{high.sensitivity}` is below `{low.sensitivity}`",
        )
    if missing := low.categories - high.categories:
        raise fault(SYNTAX, form, f"the high level of this range has no category `{min(missing)}`, and the low one has")
    for each in range_:
        _allowed(finish, each, form)


def _allowed(finish: "Finish", level: Level, form: Form) -> None:
    missing = level.categories - finish.sensitivity_categories.get(level.sensitivity, frozenset())
    if missing:
        raise fault(SYNTAX, form, f"sensitivity `{level.sensitivity}` goes with no category `{min(missing)}`")


def _user(finish: "Finish", name: str, user: User, form: Form) -> None:
    if not user.level.sensitivity:
        raise fault(UNDEFINED, form, f"user `{name}` has no level", f"add `(userlevel {name} …)`")
    if not user.range.low.sensitivity:
        raise fault(UNDEFINED, form, f"user `{name}` has no range", f"add `(userrange {name} …)`")
    ordered(finish, user.range, form)


def _context(
    finish: "Finish", context: Context, form: Form, users: Mapping[str, User], role_types: Mapping[str, frozenset[str]]
) -> None:
    user = users.get(context.user)
    if user is None or context.role not in role_types:
        raise fault(SYNTAX, form, f"an attribute stands in a context: `{context.user}:{context.role}`")
    if context.role not in user.roles:
        raise fault(SYNTAX, form, f"user `{context.user}` has no role `{context.role}`, so this context cannot be")
    if context.type not in role_types[context.role]:
        raise fault(SYNTAX, form, f"role `{context.role}` has no type `{context.type}`, so this context cannot be")
    if finish.mls:
        ordered(finish, context.range, form)
        places = finish.sensitivities
        low, high = context.range
        inside = (
            places[user.range.low.sensitivity] <= places[low.sensitivity]
            and places[high.sensitivity] <= places[user.range.high.sensitivity]
            and user.range.low.categories <= low.categories
            and high.categories <= user.range.high.categories
        )
        if not inside:
            raise fault(SYNTAX, form, f"this range is not within that of user `{context.user}`")


def _filled(finish: "Finish") -> None:
    build, names = finish.build, finish.build.names
    for family in ("type", "sensitivity", "category"):
        for name, form in names.all(family, f"{family}alias").items():
            if f"{family}:{name}" not in build.aliases:
                raise fault(UNDEFINED, form, f"`{name}` stands for nothing", f"add `({family}aliasactual {name} …)`")
    for name, form in names.all("classpermission", "classpermission").items():
        if name not in build.permission_sets:
            raise fault(UNDEFINED, form, f"`{name}` is given no permissions", f"add `(classpermissionset {name} (…))`")
        build.named_permissions(name, form)
    for name, form in names.all("class", "classmap").items():
        assert isinstance(form[2], Form)
        for permission in form[2]:
            if (name, str(permission)) not in build.mappings:
                raise fault(UNDEFINED, form, f"permission `{permission}` of `{name}` is mapped to nothing")
        build.mapped_permissions(name, form)
    tuple(map(finish.category_sets.of, names.all("category", "categoryset")))


def _bounded(finish: "Finish", users: Mapping[str, User], role_types: Mapping[str, frozenset[str]]) -> None:
    for word, family in (("rolebounds", "role"), ("userbounds", "user")):
        held = {name: user.roles for name, user in users.items()} if family == "user" else role_types
        parents: dict[str, str] = {}
        for form, scope in finish.build.lists.get(word, ()):
            parent, child = (finish.build.name(family, each, scope) for each in form[1:3])
            if child in parents:
                raise fault(CONFLICT, form, f"`{child}` is bounded by `{parents[child]}` already")
            parents[child] = parent
            above: str | None = parent
            while above is not None and above != child:
                above = parents.get(above)
            if above is not None:
                raise fault(CYCLE, form, f"`{child}` is bounded by itself")
            if more := held.get(child, frozenset()) - held.get(parent, frozenset()):
                raise fault(CONFLICT, form, f"`{child}` has `{min(more)}`, and `{parent}`, which bounds it, has not")


def _agreeing(finish: "Finish") -> None:
    """Rules for attributes say the same as others of the same types; what hangs on booleans says what all others say."""
    budget, attributes = [MAX_PAIRS], finish.type_sets.named
    places: list[tuple[Expression | None, Rules]] = [(None, finish.build.rules), *finish.build.conditionals]
    for kind in ("typetransition", "typechange", "typemember"):
        tables: list[tuple[Expression | None, Rules, dict[tuple[str, ...], str]]] = [
            (when, rules, getattr(rules, kind)) for when, rules in places if getattr(rules, kind)
        ]
        if len(tables) == 1 and not any(key[0] in attributes or key[1] in attributes for key in tables[0][2]):
            continue
        found: dict[tuple[str, ...], list[tuple[Expression | None, str]]] = {}
        for when, rules, table in tables:
            for key, result in table.items():
                form = rules.led[kind, key]
                for pair in _pairs(finish, key, budget, form):
                    others = found.setdefault((*pair, *key[2:]), [])
                    for condition, other in others:
                        if other != result and not _exclude(condition, when):
                            message = f"this {kind} from `{pair[0]}` and `{pair[1]}` leads to `{result}`, another to `{other}`"
                            raise fault(CONFLICT, form, message)
                    if (when, result) not in others:
                        others.append((when, result))
    both: tuple[tuple[str, Mapping[Triple, object]], ...] = (
        ("rangetransition", finish.range_transitions),
        ("roletransition", finish.role_transitions),
    )
    for word, leads in both:
        whole: dict[tuple[str, ...], object] = {}
        for triple, lead in leads.items():
            form = finish.led[word, triple]
            pairs = (
                _pairs(finish, triple, budget, form)
                if word == "rangetransition"
                else [(triple[0], each) for each in finish.type_sets.of(triple[1])]
            )
            for pair in pairs:
                if whole.setdefault((*pair, triple[2]), lead) != lead:
                    raise fault(CONFLICT, form, f"this {word} of `{pair[0]}` and `{pair[1]}` contradicts another")


def _exclude(one: Expression | None, other: Expression | None) -> bool:
    """Whether two conditions are the two branches of one."""
    return (
        one is not None and other is not None and (one == Logical("not", (other,)) or other == Logical("not", (one,)))
    )


def _pairs(finish: "Finish", key: tuple[str, ...], budget: list[int], form: Form) -> Iterable[tuple[str, str]]:
    sources = finish.type_sets.of(key[0])
    targets = None if key[1] == "self" else finish.type_sets.of(key[1])
    budget[0] -= len(sources) * (1 if targets is None else len(targets))
    if budget[0] < 0:
        raise fault(LIMIT, form, f"transitions by attributes come to more than the limit of {MAX_PAIRS} pairs of types")
    if targets is None:
        return [(each, each) for each in sources]
    return [(source, target) for source in sources for target in targets]
