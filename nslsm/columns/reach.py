"""What the answers of a policy can hang on, beside what a row of a recording says itself: found in its programs, once.

Whatever is not certain counts as reached: for a control in Python, everything.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final, NamedTuple

from nslsm.columns.values import CREDENTIAL_FIELDS
from nslsm.controls.policy import DeclaredEntry, PolicyControl
from nslsm.engine.reading import PathTest
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.program.instantiate import constant_of
from nslsm.language.program.operators import as_strings
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.things import Task

OF_TASKS: Final = ("pid", "tgid", "ppid", "exe", "comm", "dumpable")
"""Facts of a task that its credentials do not have."""
_PATHS: Final = frozenset({"path", "dpath", "parent"})
_KINSHIP: Final = ("pid", "tgid", "ppid")
"""What decides who a task is to another."""


class Reach(NamedTuple):
    """What is read and set anywhere in a tree of namespaces."""

    subject: tuple[str, ...]
    """The facts of tasks and of credentials that are read."""
    identities: bool
    """Whether it may matter which thing it is, beyond its facts: two are compared, or a control in Python sees them."""
    lasting: bool
    """Whether anything is ever set."""
    moving: bool
    """Whether any namespace says ``enter on``."""
    tests: tuple[PathTest, ...] | None = None
    """What is asked about paths of files, where nothing else hangs on them; None where something may."""

    def of_subject(self, task: Task) -> tuple[object, ...]:
        """What is read of a task: equal where no control can tell two. Values are told with their types: True is not 1."""
        found: list[object] = []
        for name in self.subject:
            value = getattr(task if name in OF_TASKS else task.credentials, name)
            found += (type(value), value)
        return tuple(found)


def reach_of(tree: NamespaceTree) -> Reach:
    """What the policies of a tree reach."""
    reader = _Reader()
    moving = False
    for number in sorted(tree.members):
        namespace = tree[number]
        for binding in namespace.bindings:
            if type(binding.control) is PolicyControl:
                reader.read(binding.control.program)
            else:
                reader.read_everything()
        if namespace.entry is not None:
            moving = True
            if type(namespace.entry) is DeclaredEntry:
                reader.read(namespace.entry.enters)
            else:
                reader.read_everything()
    names = tuple(name for name in (*OF_TASKS, *CREDENTIAL_FIELDS) if name in reader.facts)
    tests = None if reader.has_paths() else tuple(reader.tests)
    return Reach(names, reader.identities, reader.lasting, moving, tests)


class _Reader:
    """Goes through programs, and gathers what stands in them. A fact counts for every thing that has one of its name."""

    def __init__(self) -> None:
        self.facts: set[str] = set()
        self.identities = False
        self.lasting = False
        self.tests: dict[PathTest, None] = {}
        self._marks_files = False
        self._seen: set[int] = set()
        self._kept: list[object] = []

    def read_everything(self) -> None:
        """Something of which nobody knows what it reads."""
        self.facts.update(OF_TASKS, CREDENTIAL_FIELDS)
        self.identities = self.lasting = True

    def has_paths(self) -> bool:
        """Whether paths of files may count otherwise than by tests: as text, by directories above, by what is set of files."""
        return self.identities or bool(self.facts & _PATHS) or (self.lasting and self._marks_files)

    def read(self, part: object) -> None:
        """A part of a program, and all below it, each once, however deep it is nested."""
        pending = [part]
        while pending:
            node = pending.pop()
            if id(node) in self._seen:
                continue
            self._seen.add(id(node))
            self._kept.append(node)
            test = _test_of(node)
            if test is not None:
                self.tests[test] = None
                continue
            self._note(node)
            pending.extend(_parts(node))

    def _note(self, node: object) -> None:
        match node:
            case ir.FactOf():
                self.facts.add(node.name)
            case ir.MethodOf() if node.name != "xattr":
                self.facts.update(_KINSHIP)
                self.identities = True
            case ir.Effect():
                self.lasting = True
            case ir.Attribute() if node.kind.name == "file":
                self._marks_files = True
            case ir.Thing():
                self.identities = True


def _test_of(node: object) -> PathTest | None:
    """The test of a thing's path against constants that an expression is; None where it is more."""
    match node:
        case ir.Matches(path=path) if _is_path(path) and node.globs is not None:
            return PathTest(globs=node.globs)
        case ir.Under(path=path, directories=wanted) if _is_path(path):
            constant = constant_of(wanted)
            return None if constant is None else PathTest(directories=as_strings(constant))
        case ir.Compare(left=path, right=wanted) if _is_path(path) and node.operator in ("==", "!=", "in", "not in"):
            constant = constant_of(wanted)
            return None if constant is None else PathTest(paths=as_strings(constant))
    return None


def _is_path(node: object) -> bool:
    return isinstance(node, ir.FactOf) and node.name == "path" and isinstance(node.thing, ir.Thing)


def _parts(node: object) -> Iterator[object]:
    """What stands right below; the thing whose fact or attribute is read is not a thing that is read itself."""
    match node:
        case tuple() | list() | frozenset():
            yield from node
        case ir.FactOf() | ir.AttributeOf():
            if not isinstance(node.thing, ir.Thing):
                yield node.thing
        case ir.MethodOf():
            if not isinstance(node.thing, ir.Thing):
                yield node.thing
            yield from node.arguments
        case ir.Assign():
            if not isinstance(node.thing, ir.Thing):
                yield node.thing
            yield node.value
        case ir.Constant() | ir.Table() | Glob():
            return
        case _ if is_dataclass(node) and type(node).__module__ == ir.__name__:
            yield from (getattr(node, each.name) for each in _named(node))


def _named(node: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a field of any dataclass
    return fields(node)
