"""The rules of an imported policy: what must be allowed and which constraints must hold, at hooks and for user space."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from nslsm.importers.policy_text import quoted, texts
from nslsm.importers.selinux.class_names import lets as class_lets
from nslsm.importers.selinux.expressions import Sides, Written, parts
from nslsm.importers.selinux.permissions import ASKED, CONDITIONS, REFUSED, Asked
from nslsm.importers.selinux.policy import Constraint, Expression, Policy, Vectors

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

PREFIXES: Final[Mapping[str, tuple[str, str]]] = {
    "subject": ("source", "subject.context"),
    "object": ("object", "object.context"),
    "file": ("file", "file_context"),
    "object.parent": ("parent", "object.parent.context"),
    "own": ("own", "own.context"),
    "target": ("mounted_on", "target.context"),
    "opener": ("opener", "object.opener"),
    "after": ("after", "context_after"),
    "wanted": ("wanted", "context_wanted"),
    "written": ("written", "value"),
    "filesystem": ("filesystem", "context_of_filesystem"),
    "port": ("port", "context_of_port"),
    "node": ("node", "context_of_node"),
    "kernel": ("kernel", "context_of_kernel"),
    "made": ("made_file", "context_of_made_file"),
    "made_socket": ("made_socket", "context_of_made_socket"),
    "made_anonymous": ("made_anonymous", "context_of_made_anonymous"),
    "made_message": ("made_message", "context_of_made_message"),
}
"""By the words of :mod:`~nslsm.importers.selinux.permissions`: what lets call the context's parts, and where it comes from."""

QUESTIONS: Final = '{"create?", "relabel?", "member?"}'
"""What managers ask for contexts with, in the place of a permission."""

TABLES_USED: Final = ("capability_permission", "netlink_class")
"""Tables of ``std.selinux`` that expressions speak of."""


class Merged(NamedTuple):
    """Constraints that say the same: where they hold."""

    number: int
    expression: Expression
    classes: Mapping[str, frozenset[str]]


class Logic:
    """Writes rules for one policy. ``conditions``: of booleans that stayed parameters, a pair of tables each.

    ``recorded``: what is to be recorded where it is granted.
    """

    def __init__(self, policy: Policy, conditions: Sequence[str], recorded: Vectors) -> None:
        self._policy, self._conditions = policy, conditions
        self._recorded = {(class_, each) for (_, _, class_), held in recorded.items() for each in held}
        self.written = Written(policy)
        self._constraints = _merged((*policy.constraints, *policy.mls_constraints))
        self._lets: dict[str, str] = {}
        self._asked = [each for each in ASKED if self.counts(each)]
        self.context("source", "subject.context")
        self.context("named", "object.name")

    def operations(self, rules: str) -> list[str]:
        """What rules take of ``std.selinux``: operations, and tables."""
        words = set(_NAME.findall(rules))
        named = {each.operation for each in (*ASKED, *CONDITIONS)} | {each.operation for each in REFUSED}
        named |= set(TABLES_USED)
        return sorted(words & named)

    def counts(self, asked: Asked) -> bool:
        """Whether the policy is asked: it has the capability for it, and knows such a class, or denies the unknown."""
        name = asked.capability.removeprefix("not ")
        if name and (name in self._policy.capabilities) == asked.capability.startswith("not "):
            return False
        return bool(self._classes(asked)) or self._policy.handle_unknown != "allow"

    def _classes(self, asked: Asked) -> list[str]:
        """The classes that the policy knows, with all that is asked."""
        wanted = set(asked.permissions)
        return [
            each for each in asked.classes if each in self._policy.classes and wanted <= set(self._policy.classes[each])
        ]

    def context(self, name: str, text: str) -> str:
        """Lets that take a context apart, called as that is."""
        for part, value in parts(name, text).items():
            self._lets.setdefault(f"{name}_{part}", value)
        return name

    # Permissions

    def _may(self, source: str, target: str, class_: str) -> str:
        """What allow rules permit, as an expression."""
        made = [self._grants("allowed", source, target, class_)]
        for number, condition in enumerate(self._conditions, 1):
            made.append(f"({self._grants(f'allowed_if_{number}', source, target, class_)} if {condition} else {{}})")
        return " + ".join(made)

    def _grants(self, table: str, source: str, target: str, class_: str) -> str:
        """What a pair of tables says: by types and attributes, and for a type and itself."""
        own = f"{table}_self({source}_types, {class_}) if {source}_type == {target}_type else {{}}"
        return f"{table}({source}_types, {target}_types, {class_}) + ({own})"

    def _constraint(self, merged: Merged, source: str, target: str) -> str:
        """The let that says whether a constraint holds between two contexts."""
        name = f"constraint_{merged.number}_{target}" + (f"_from_{source}" if source != "source" else "")
        self._lets.setdefault(name, self.written.constraint(merged.expression, Sides(source, target)))
        return name

    # Rules

    def user_rules(self) -> Iterator[str]:
        """Programs that manage objects of their own ask about a context, a class and a permission."""
        enforced = self.enforced
        self._lets["may_named"] = self._may("source", "named", "class")
        self._lets["named_is_valid"] = self.written.valid("named")
        yield "# Managers of objects in user space: `object.name` is the context of the object."
        yield f'deny no_context: user_access when {enforced}not named_is_valid because "the policy has no such context"'
        known = texts(self._policy.classes)
        guard = f"class in {known} and " if self._policy.handle_unknown == "allow" else ""
        yield (
            f"deny not_allowed: user_access when {enforced}{guard}permission not in {QUESTIONS} "
            f"and not (may_named has permission) "
            f'because "no allow rule permits it"'
        )
        for merged in self._constraints:
            where = " or ".join(
                f"{_is_one('class', classes)} and {_is_one('permission', permissions)}"
                for permissions, classes in _by_permissions(merged.classes).items()
            )
            where = f"({where})" if " or " in where else where
            yield (
                f"deny constrained_{merged.number}: user_access when {enforced}{where} "
                f'and not {self._constraint(merged, "source", "named")} because "a constraint does not hold"'
            )
        yield (
            f'deny not_that_role: user_access when {enforced}class == "process" and permission in '
            f'{{"transition", "dyntransition"}} and not {_roles("source", "named")} because "no role may change so"'
        )

    @property
    def enforced(self) -> str:
        """A condition in front of others, where the policy has permissive types."""
        return "is_permissive(source_type) == permissive and " if self._policy.permissive else ""

    def hook_rules(self) -> Iterator[str]:
        """What SELinux's hooks ask."""
        for asked in self._asked:
            yield from self._hook_rule(asked)
        yield from self._relabellings()
        for refused in REFUSED:
            when = f"when {self.enforced}{refused.condition or 'true'} "
            when = "" if when == "when true " else when
            yield f"deny {refused.name}: {refused.operation} {when}with {refused.errno} because {quoted(refused.because)}"

    def _relabellings(self) -> Iterator[str]:
        """``validatetrans``: what must hold of the old context, the new one and the task's."""
        for number, each in enumerate(self._policy.validations, 1):
            for word in ("file", "written"):
                self.context(*PREFIXES[word])
            held = self.written.constraint(each.expression, Sides("file", "written", "source"))
            self._lets.setdefault("file_class", class_lets()["file_class"])
            yield (
                f"deny relabelling_{number}: file_relabel when {self.enforced}{_is_one('file_class', list(each.classes))} "
                f'and not ({held}) with EPERM because "a constraint on new contexts does not hold"'
            )

    def _sides(self, asked: Asked) -> tuple[str, str]:
        words = [asked.source, asked.target]
        words = ["file" if word == "object" and asked.class_of == "file_class" else word for word in words]
        source, target = (self.context(*PREFIXES[word]) for word in words)
        return source, target

    def _question(self, asked: Asked) -> tuple[str, str, list[str]]:
        """Which class it is, what must hold for it to be allowed, and what for it not to be constrained."""
        source, target = self._sides(asked)
        class_ = asked.class_of or quoted(asked.classes[0])
        self._lets.update(
            {name: text for name, text in class_lets(extended=self._extended).items() if name not in self._lets}
        )
        may = f"may_{target}_{asked.class_of or asked.classes[0]}" + (f"_from_{source}" if source != "source" else "")
        self._lets.setdefault(may, self._may(source, target, class_))
        wanted = f"{may} has {asked.permission_of}" if asked.permission_of else _has(may, asked.permissions)
        held = []
        for merged in self._constraints:
            where = self._where(merged, asked, class_)
            if where is not None:
                held.append(f"{where}not {self._constraint(merged, source, target)}")
        if "process" in asked.classes and set(asked.permissions) & {"transition", "dyntransition"}:
            held.append(f"not {_roles(source, target)}")
        return class_, wanted, held

    @property
    def _extended(self) -> bool:
        return "extended_socket_class" in self._policy.capabilities

    def _hook_rule(self, asked: Asked) -> Iterator[str]:
        class_, wanted, held = self._question(asked)
        guard = self.enforced + (f"{asked.condition} and " if asked.condition else "")
        if asked.target == "filesystem" and asked.source != "subject":
            guard += "filesystems and "
        known = self._classes(asked)
        if self._policy.handle_unknown == "allow" and len(known) < len(asked.classes):
            guard += f"{_is_one(class_, known)} and " if asked.class_of else ""
        errno = "" if asked.errno in ("", "EACCES") else f"with {asked.errno} "
        because = "no allow rule permits " + (" ".join(asked.permissions) or "it")
        yield f"deny {asked.name}: {asked.operation} when {guard}not ({wanted}) {errno}because {quoted(because)}"
        if held:
            joined = held[0] if len(held) == 1 else f"({' or '.join(held)})"
            yield (
                f"deny {asked.name}_constrained: {asked.operation} when {guard}{joined} "
                f'{errno}because "a constraint does not hold"'
            )
        if any((each, permission) in self._recorded for each in asked.classes for permission in asked.permissions):
            source, target = self._sides(asked)
            recorded = self._grants("recorded", source, target, class_)
            yield f"audit {asked.name}_recorded: {asked.operation} when {guard}{_has(f'({recorded})', asked.permissions)}"

    def permits(self, name: str) -> str:
        """What must hold for one of the conditions of effects."""
        asked = next(each for each in CONDITIONS if each.name == name)
        if not self.counts(asked):
            return "true" if not asked.capability else "false"
        if not self._classes(asked) and self._policy.handle_unknown == "allow":
            return "true"
        _, wanted, held = self._question(asked)
        return " and ".join((wanted, *(f"not ({each})" for each in held)))

    def _where(self, merged: Merged, asked: Asked, class_: str) -> str | None:
        """Of which class the thing must be for a constraint to count; None where it never does."""
        if asked.permission_of:
            found = [(each, merged.classes[each]) for each in asked.classes if merged.classes.get(each)]
            where = [f"{class_} == {quoted(each)} and {_is_one(asked.permission_of, held)}" for each, held in found]
            return None if not where else f"({' or '.join(where)}) and "
        classes = [each for each in asked.classes if merged.classes.get(each, frozenset()) & set(asked.permissions)]
        if not classes:
            return None
        return "" if len(classes) == len(asked.classes) else f"{_is_one(class_, classes)} and "

    def add(self, lets: Mapping[str, str]) -> None:
        """Further lets."""
        self._lets.update(lets)

    def lets(self, rules: Sequence[str]) -> Iterator[str]:
        """The lets that rules speak of, and those that these speak of in turn."""
        known = self._lets
        wanted: set[str] = set()
        pending = [name for name in dict.fromkeys(_NAME.findall("\n".join(rules))) if name in known]
        while pending:
            name = pending.pop()
            if name not in wanted:
                wanted.add(name)
                pending += [other for other in _NAME.findall(known[name]) if other in known]
        yield from (f"let {name} = {value}" for name, value in known.items() if name in wanted)


def _roles(source: str, target: str) -> str:
    one, other = f"{source}_role", f"{target}_role"
    return f"({one} == {other} or may_take_role({one}, {other}))"


def _merged(constraints: Sequence[Constraint]) -> list[Merged]:
    found: dict[Expression, dict[str, frozenset[str]]] = {}
    for each in constraints:
        classes = found.setdefault(each.expression, {})
        for class_, permissions in each.classes.items():
            classes[class_] = classes.get(class_, frozenset()) | permissions
    return [Merged(number, expression, classes) for number, (expression, classes) in enumerate(found.items(), 1)]


def _by_permissions(classes: Mapping[str, frozenset[str]]) -> dict[frozenset[str], list[str]]:
    found: dict[frozenset[str], list[str]] = {}
    for class_, permissions in classes.items():
        found.setdefault(permissions, []).append(class_)
    return found


def _is_one(name: str, values: Sequence[str] | frozenset[str]) -> str:
    found = sorted(values)
    return f"{name} == {quoted(found[0])}" if len(found) == 1 else f"{name} in {texts(found)}"


def _has(may: str, permissions: Sequence[str]) -> str:
    return f"{may} has {quoted(permissions[0])}" if len(permissions) == 1 else f"{may} has all {texts(permissions)}"
