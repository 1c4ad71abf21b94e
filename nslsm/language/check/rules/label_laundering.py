"""``label-laundering``: a label that a file has by its path, and that another name would take from it or give it."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.hooks.kinds import FILE
from nslsm.hooks.types import BOOL
from nslsm.language.check import ir
from nslsm.language.check.attribute_flow import AttributeFlow, Sense
from nslsm.language.check.supposing import Supposing
from nslsm.language.check.terms import Terms
from nslsm.language.check.walk import nodes
from nslsm.language.check.whole import Rule, Whole
from nslsm.protocol.things import Value

LABEL_LAUNDERING: Final = Code("label-laundering", Severity.WARNING)

_RENAME: Final = "rename"
_LINK: Final = "link"
_MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "path_rename": (_RENAME,),
    "inode_rename": (_RENAME,),
    "path_link": (_LINK,),
    "inode_link": (_LINK,),
    "path_reparent": (_RENAME, _LINK),
}
"""The hooks at which a file is about to get another name, and by which of the two ways."""

_NAMINGS: Final = frozenset(
    {
        *_MOVES,
        "inode_create",
        "inode_mkdir",
        "inode_mknod",
        "inode_symlink",
        "path_mkdir",
        "path_mknod",
        "path_symlink",
    }
)
"""The hooks at which a name comes to be. A rule about nothing else guards a label, and is not what the label is for."""

_WITHIN_DIRECTORIES: Final = "path_reparent"
"""The hook among them that is not asked where the directory stays the same."""

_OLD_OR_NEW: Final[Mapping[str | None, str]] = {None: "old", "old": "old", "new": "new"}
"""The end of a move that ``object`` stands for, by where an operation aims it."""


class _Change(Enum):
    """What another name does to a label; the value is what the label is at the old name, None where it is no truth."""

    LOST = True
    GAINED = False
    OTHER = None


_Needs = dict[str, dict[str, set[_Change]]]
"""The changes that nothing has been found to follow, by attribute and way of moving."""


def label_laundering(whole: Whole) -> Iterator[Diagnostic]:
    """A derived attribute is what the present path makes of it until an effect sets it (Model M3.3)."""
    for control in whole.controls.values():
        derived = [each for each in control.attributes if each.kind == FILE and _is_of_path(each.default)]
        if derived:
            yield from _Search(control, derived, whole.flow(control)).launderings()


def _is_of_path(default: ir.Expr) -> bool:
    return any(isinstance(node, ir.FactOf) and node.name in ("path", "dpath", "parent") for node in nodes(default))


def _is_of_directory(default: ir.Expr) -> bool:
    """Whether a default asks of a path only what it is under, so that it stays what it is in one directory."""
    found = list(nodes(default))
    asked = {id(node.path) for node in found if isinstance(node, ir.Under)}
    return all(id(node) in asked for node in found if isinstance(node, ir.FactOf) and node.name == "path")


class _Search:
    """Looks in one control for what follows its derived labels."""

    def __init__(self, control: ir.Control, derived: list[ir.Attribute], flow: AttributeFlow) -> None:
        self._control = control
        self._flow = flow
        self._hanging = [rule for rule in control.rules if not _is_guard(rule)]
        self._senses = self._flow.denials(self._hanging)
        self._derived = {each.key: each for each in derived if each.key in self._senses}
        self._by_directory = {key for key, each in self._derived.items() if _is_of_directory(each.default)}
        self._terms = Terms()
        self._ends = {
            (self._terms.number(each.default, at)): (key, end)
            for key, each in self._derived.items()
            for at, end in _OLD_OR_NEW.items()
        }
        self._targets: dict[int, list[ir.Target]] = {}
        self._needs: _Needs = {
            key: {move: _changes(each, self._senses[key]) for move in (_RENAME, _LINK)}
            for key, each in self._derived.items()
        }

    def launderings(self) -> Iterator[Diagnostic]:
        """The labels that nothing follows."""
        for rule in self._control.rules:
            if not self._needs:
                return
            for target in self._moves(rule):
                self._follow(rule, target)
            self._needs = {key: needs for key, needs in self._needs.items() if any(needs.values())}
        for key, needs in self._needs.items():
            yield self._laundering(self._derived[key], needs)

    def _moves(self, rule: ir.Rule) -> list[ir.Target]:
        """The targets of a rule at which a file gets another name."""
        if isinstance(rule, ir.Audit) or (isinstance(rule, ir.Effect) and rule.denied):
            return []
        found: list[ir.Target] = []
        for action in rule.actions:
            if id(action) not in self._targets:
                self._targets[id(action)] = [target for target in action.targets if target.hook in _MOVES]
            found += self._targets[id(action)]
        return found

    def _follow(self, rule: ir.Rule, target: ir.Target) -> None:
        """Strike out what a rule follows at one target."""
        condition = rule.where if isinstance(rule, ir.Confine) else rule.when
        if isinstance(rule, ir.Effect):
            about = {assign.attribute for assign in rule.assignments if self._end(assign.thing, target.at)}
        elif condition is None:
            about = set(self._needs)
        else:
            about = self._labels_in(condition, target.at)
        for key in about & self._needs.keys():
            if target.hook == _WITHIN_DIRECTORIES and key not in self._by_directory:
                continue
            for move in _MOVES[target.hook]:
                changes = self._needs[key][move]
                changes -= {change for change in changes if self._may_hold(condition, target.at, key, change)}

    def _labels_in(self, condition: ir.Expr, at: str | None) -> set[str]:
        """The labels of the file that moves which a condition asks for, by their names or by what they are derived from."""
        found = set()
        for node in nodes(condition):
            if isinstance(node, ir.AttributeOf) and self._end(node.thing, at):
                found.add(node.attribute)
            elif isinstance(node, ir.Matches | ir.Under | ir.Compare | ir.Lookup | ir.Conditional | ir.And | ir.Or):
                known = self._ends.get(self._terms.number(node, at))
                if known is not None:
                    found.add(known[0])
        return found

    def _may_hold(self, condition: ir.Expr | None, at: str | None, key: str, change: _Change) -> bool:
        """Whether a condition can hold where the label of the file that moves changes so."""
        if change is _Change.OTHER or condition is None:
            return True

        def supposed(expression: ir.Expr) -> Value | None:
            if isinstance(expression, ir.AttributeOf):
                end = self._end(expression.thing, at) if expression.attribute == key else None
            elif isinstance(expression, ir.Constant | ir.Thing):
                return None
            else:
                known = self._ends.get(self._terms.number(expression, at))
                end = known[1] if known is not None and known[0] == key else None
            return None if end is None else (end == "old") is change.value

        return Supposing(supposed).may_hold(condition)

    def _end(self, thing: ir.Thing | ir.FactOf, at: str | None) -> str | None:
        """Which end of a move a thing is, if any."""
        if not isinstance(thing, ir.Thing):
            return None
        return _OLD_OR_NEW.get(at) if thing.name == "object" else _OLD_OR_NEW.get(thing.name)

    def _laundering(self, attribute: ir.Attribute, needs: Mapping[str, set[_Change]]) -> Diagnostic:
        key = attribute.key
        name = key.partition(".")[2]
        moves = [move for move in (_RENAME, _LINK) if needs[move]]
        changes = set().union(*needs.values())
        if changes == {_Change.LOST}:
            what = "the file loses it under another name"
            keep = f"`on {_hooks(moves)} when object.{name} set object.{name} = true` keeps it"
            way_out = f"{keep}; or deny or confine both where the file has it"
        elif changes == {_Change.GAINED}:
            what = "any file gets it by such a name"
            way_out = (
                "deny or confine the files that come to such a name, as `write` and `create` of `std.operations` do"
            )
        else:
            what = "the file is another one under another name"
            keep = f"`on {_hooks(moves)} set object.{name} = object.{name}` keeps it"
            way_out = f"{keep}; or deny or confine both by what it is"
        return LABEL_LAUNDERING.at(
            attribute.span,
            f"`{key}` comes from the path, and no rule follows it through {' and '.join(moves)}: {what}",
            help=way_out,
            related=tuple((rule.span, "this hangs on it") for rule in self._relying(key)),
        )

    def _relying(self, key: str) -> list[ir.Rule]:
        """The first rule that reads an attribute and is more than its guard."""
        for rule in self._hanging:
            conditions = (
                [rule.where, *(allow.when for allow in rule.allows)] if isinstance(rule, ir.Confine) else [rule.when]
            )
            if any(key in self._flow.readings(condition) for condition in conditions):
                return [rule]
        return []


def _hooks(moves: list[str]) -> str:
    return ", ".join(f"path_{move}" for move in moves)


def _is_guard(rule: ir.Rule) -> bool:
    """Whether a rule is about names that come to be, and about nothing else."""
    return all(target.hook in _NAMINGS for action in rule.actions for target in action.targets)


def _changes(attribute: ir.Attribute, senses: frozenset[Sense]) -> set[_Change]:
    """The changes of a label that open what is shut."""
    if attribute.type != BOOL:
        return {_Change.OTHER}
    return {_Change.LOST if sense is Sense.FOR else _Change.GAINED for sense in senses}


RULE: Final = Rule(LABEL_LAUNDERING, label_laundering)
