"""The data of a policy as tables: allow rules, attributes, transitions, contexts of paths; a row a line."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from nslsm.hooks.contexts import written, written_level
from nslsm.importers.selinux.policy import SELF, Context, Level, Policy, Range, Triple, Vectors

Cell: TypeAlias = str | int | list[str]


class Table(NamedTuple):
    """A table: how it is declared, and its rows."""

    name: str
    keys: tuple[tuple[str, str], ...]
    """Names and types."""
    value: str
    """Its type; empty for a set of keys."""
    otherwise: str
    rows: tuple[tuple[Cell, ...], ...]

    def declared(self, file: str) -> str:
        """The declaration; a table without rows stands in the text."""
        keys = ", ".join(f"{name}: {type_}" for name, type_ in self.keys)
        source = f"from {json.dumps(file)}" if self.rows else "{}"
        lead = "" if self.rows else "# nslsm: allow(table-empty) the policy has none\n"
        answer = f" -> {self.value}" if self.value else ""
        other = f" else {self.otherwise}" if self.value else ""
        return f"{lead}table {self.name}({keys}){answer} = {source}{other}"

    def data(self) -> str:
        """The rows as JSON, one a line."""
        names = [name for name, _ in self.keys] + (["answer"] if self.value else [])
        lines = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in self.rows)
        return "[\n" + ",\n".join(lines) + "\n]\n"


def level_text(level: Level) -> str:
    """A level as the kernel writes it."""
    return written_level(level.sensitivity, level.categories)


def context_text(context: Context) -> str:
    """A context as the kernel writes it."""
    user, role, type_, (low, high) = context
    return (
        written(user, role, type_, level_text(low), level_text(high)) if low.sensitivity else f"{user}:{role}:{type_}"
    )


class Data:
    """The tables of one policy. ``kept``: classes of permissions that are asked for; all, by default."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._used = self._attributes_used()

    def _attributes_used(self) -> frozenset[str]:
        """Attributes that something speaks of: most are there to be declared only."""
        policy = self._policy
        found: set[str] = set()
        vectors: list[Vectors] = [policy.allows, policy.dontaudits, policy.auditallows]
        for each in policy.conditionals:
            vectors += [each.allows, each.dontaudits, each.auditallows]
        for rules in vectors:
            for source, target, _ in rules:
                found.add(source)
                found.add(target)
        for constraint in (*policy.constraints, *policy.mls_constraints, *policy.validations):
            found |= set(_named(constraint.expression))
        return frozenset(found & policy.attributes.keys())

    def attributes(self) -> Table:
        """Each type's attributes, and the type itself."""
        found: dict[str, list[str]] = {type_: [type_] for type_ in self._policy.types}
        for name in sorted(self._used):
            for type_ in self._policy.attributes[name]:
                found[type_].append(name)
        rows = tuple((type_, found[type_]) for type_ in sorted(found))
        return Table("attributes", (("type", "string"),), "set of string", "{}", rows)

    def vectors(self, name: str, rules: Vectors) -> tuple[Table, Table]:
        """Permissions by source, target and class; and apart those on one's own type (``self``)."""
        others = tuple((s, t, c, sorted(p)) for (s, t, c), p in sorted(rules.items()) if t != SELF)
        own = tuple((s, c, sorted(p)) for (s, t, c), p in sorted(rules.items()) if t == SELF)
        keys = (("source", "string"), ("target", "string"), ("class", "string"))
        return (
            Table(name, keys, "set of string", "{}", others),
            Table(f"{name}_self", (keys[0], keys[2]), "set of string", "{}", own),
        )

    def types_by(self, name: str, rules: Mapping[Triple, str]) -> Table:
        """``typetransition`` and the like, for each pair of types; a rule on types goes before one on attributes."""
        keys = (("source", "string"), ("target", "string"), ("class", "string"))
        return Table(name, keys, "string", '""', tuple(self._by_types(rules, lambda each: each)))

    def named(self) -> Table:
        """``typetransition`` for files of one name."""
        keys = (("source", "string"), ("target", "string"), ("class", "string"), ("name", "string"))
        found: dict[tuple[str, str, str, str], str] = {}
        for (source, target, class_, name), result in sorted(self._policy.named_transitions.items(), key=self._width):
            for s in self._members(source):
                for t in self._members(target):
                    found.setdefault((s, t, class_, name), result)
        rows = tuple((*key, result) for key, result in sorted(found.items()))
        return Table("next_type_named", keys, "string", '""', rows)

    def ranges(self) -> Table:
        """``rangetransition``, as texts of two levels."""
        keys = (("source", "string"), ("target", "string"), ("class", "string"))

        def text(range_: Range) -> str:
            return f"{level_text(range_.low)}-{level_text(range_.high)}"

        return Table("next_range", keys, "string", '""', tuple(self._by_types(self._policy.range_transitions, text)))

    def _by_types(self, rules: Mapping[Triple, "str | Range"], text: Callable[..., str]) -> Iterator[tuple[str, ...]]:
        found: dict[Triple, str] = {}
        for (source, target, class_), result in sorted(rules.items(), key=self._width):
            for s in self._members(source):
                for t in [s] if target == SELF else self._members(target):
                    found.setdefault((s, t, class_), text(result))
        for key, result in sorted(found.items()):
            yield (*key, result)

    def _width(self, rule: tuple[tuple[str, ...], object]) -> tuple[int, tuple[str, ...]]:
        """Rules on types before those on attributes."""
        keys, _ = rule
        return sum(each in self._policy.attributes for each in keys[:2]), keys

    def _members(self, name: str) -> Iterable[str]:
        return sorted(self._policy.attributes[name]) if name in self._policy.attributes else (name,)

    def bounds(self) -> Table:
        """Each bounded type's parents, up to the last."""
        found: dict[str, list[str]] = {}
        for type_ in self._policy.bounds:
            above, name = [], self._policy.bounds.get(type_)
            while name is not None and name not in above:
                above.append(name)
                name = self._policy.bounds.get(name)
            found[type_] = above
        return Table("bounds_of", (("type", "string"),), "set of string", "{}", tuple(sorted(found.items())))

    def roles(self) -> Iterator[Table]:
        """Who may have which role: users, types, and the roles that a role may change into."""
        policy = self._policy
        by_type: dict[str, set[str]] = {}
        for role, types in policy.roles.items():
            for type_ in types if role != "object_r" else ():
                by_type.setdefault(type_, set()).add(role)
        rows = tuple((type_, sorted(roles)) for type_, roles in sorted(by_type.items()))
        yield Table("roles_of_type", (("type", "string"),), "set of string", "{}", rows)
        rows = tuple((name, sorted(user.roles)) for name, user in sorted(policy.users.items()))
        yield Table("roles_of_user", (("user", "string"),), "set of string", "{}", rows)
        pairs = tuple((one, other) for one, other in sorted(policy.role_allows))
        yield Table("may_take_role", (("from", "string"), ("to", "string")), "", "", pairs)
        keys = (("role", "string"), ("target", "string"), ("class", "string"))
        found: dict[Triple, str] = {}
        for (role, target, class_), result in sorted(policy.role_transitions.items(), key=self._width):
            for type_ in self._members(target):
                found.setdefault((role, type_, class_), result)
        yield Table("next_role", keys, "string", '""', tuple((*key, each) for key, each in sorted(found.items())))

    def levels(self) -> Iterator[Table]:
        """Sensitivities by rank, and between which levels a user may be."""
        policy = self._policy
        rows = tuple((name, rank) for rank, name in enumerate(policy.sensitivities))
        yield Table("rank", (("sensitivity", "string"),), "int", "-1", rows)
        users = sorted(policy.users.items())
        low = tuple((name, level_text(user.range.low)) for name, user in users)
        high = tuple((name, level_text(user.range.high)) for name, user in users)
        yield Table("low_of_user", (("user", "string"),), "string", '""', low)
        yield Table("high_of_user", (("user", "string"),), "string", '""', high)


def _named(expression: object) -> Iterator[str]:
    """The names in an expression."""
    pending = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, frozenset):
            yield from node
        elif isinstance(node, tuple):
            pending.extend(node)
