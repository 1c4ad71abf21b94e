"""What the answers to a question hang on: which facts the programs of a plan read of who asks and of what it is about.

Two questions between which no program can tell have one answer, and it is looked for once.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from nslsm.engine.plan import Plan, Seat
from nslsm.hooks.kinds import FILE
from nslsm.hooks.model import Hook
from nslsm.hooks.types import Kind
from nslsm.kernel.state import CellKey, State
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.program.instantiate import constant_of
from nslsm.language.program.operators import as_strings
from nslsm.protocol.things import File, Task

_TASK: Final = frozenset({"pid", "tgid", "ppid", "exe", "comm", "dumpable"})
_CONSTANT_OF_SUBJECT: Final = frozenset({"namespace", "foreign"})
"""Facts of the subject that its home settles."""


class PathTest(NamedTuple):
    """A test of the object's path against constants, which tells paths apart no further than into two classes."""

    globs: tuple[Glob, ...] = ()
    directories: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()


class _Guard(NamedTuple):
    when: ir.Expr | None


class Reading(NamedTuple):
    """What is read of a question, beside the hook's own facts."""

    subject: tuple[str, ...]
    """Facts of the subject and of its credentials."""
    cells: tuple[CellKey, ...]
    """Attributes of the subject that are read, or set."""
    tests: tuple[PathTest, ...]
    """What is asked about the object's path."""
    path: bool
    """Whether the object's path is read otherwise, so that each is a class of its own."""
    file: tuple[str, ...]
    """Other facts of the object, a file."""

    def of_subject(self, task: Task, state: State) -> tuple[object, ...]:
        """What is read of a subject: equal where no program can tell two."""
        credentials = task.credentials
        facts = tuple(getattr(task if name in _TASK else credentials, name) for name in self.subject)
        if not self.cells:
            return task.home, facts
        cells = state.cells.get(task.identity)
        return task.home, facts, None if cells is None else tuple(cells.get(key) for key in self.cells)

    def of_file(self, file: File) -> tuple[object, ...]:
        """What is read of a file beside its path."""
        return tuple(getattr(file, name) for name in self.file)


def reading_of(plan: Plan, hook: Hook) -> Reading | None:
    """What is read under a plan; None where that cannot be told: for controls in Python, relations, what other things keep."""
    if any(seat.program is None for seat in plan.asked):
        return None
    reader = _Reader(hook)
    for seat in plan.asked:
        for rule, at in _rules(seat, hook):
            for expression in _expressions(rule):
                if expression is not None:
                    reader.read(expression, at, seat)
            if isinstance(rule, ir.Effect):
                for assign in rule.assignments:
                    reader.set(assign, seat)
    return reader.found()


def _rules(seat: Seat, hook: Hook) -> Iterator[tuple[ir.Deny | ir.Confine | ir.Effect | _Guard, str | None]]:
    """The rules and guards that a request of the hook comes to, from within, with where they are aimed."""
    assert seat.program is not None
    for rule in seat.program.program.rules:
        if isinstance(rule, ir.Audit) or (isinstance(rule, ir.Deny) and rule.inbound):
            continue
        for action in rule.actions:
            for target in action.targets:
                if target.hook == hook.name:
                    yield _Guard(target.guard), target.at
                    yield rule, target.at


def _expressions(rule: ir.Deny | ir.Confine | ir.Effect | _Guard) -> Iterable[ir.Expr | None]:
    match rule:
        case _Guard():
            return (rule.when,)
        case ir.Deny():
            return (rule.when,)
        case ir.Confine():
            return (rule.where, *(allow.when for allow in rule.allows))
        case ir.Effect():
            return (rule.when, *(each.value for each in rule.assignments))


class _Reader:
    """Gathers what expressions read, until something is read that cannot be told."""

    def __init__(self, hook: Hook) -> None:
        self._of_files = hook.object == FILE
        self._subject: dict[str, None] = {}
        self._cells: dict[CellKey, None] = {}
        self._tests: dict[PathTest, None] = {}
        self._object: dict[str, None] = {}
        self._lost = False
        self._seen: set[tuple[int, str | None, int, str]] = set()

    def found(self) -> Reading | None:
        """What was read; None where something cannot be told."""
        if self._lost:
            return None
        others = tuple(name for name in self._object if name != "path")
        return Reading(tuple(self._subject), tuple(self._cells), tuple(self._tests), "path" in self._object, others)

    def set(self, assign: ir.Assign, seat: Seat) -> None:
        """What may be set counts as read: whether anything changes hangs on it."""
        if _is(assign.thing, "subject"):
            self._cells[CellKey(seat.namespace.id, seat.binding.name, assign.attribute)] = None
        else:
            self._lost = True

    def read(self, expression: ir.Expr, at: str | None, seat: Seat) -> None:
        """Note what an expression reads. Iterative, however deep it is nested."""
        pending: list[ir.Expr] = [expression]
        while pending and not self._lost:
            node = pending.pop()
            key = (id(node), at, seat.namespace.id, seat.binding.name)
            if key in self._seen:
                continue
            self._seen.add(key)
            match node:
                case ir.Constant() | ir.Argument():
                    pass
                case ir.Named():
                    pending.append(node.value)
                case ir.FactOf():
                    self._fact(node, at)
                case ir.AttributeOf() if _is(node.thing, "subject") and _plain(seat, node.attribute):
                    self._cells[CellKey(seat.namespace.id, seat.binding.name, node.attribute)] = None
                case ir.Matches() | ir.Under() | ir.Compare() if self._tested(node, at):
                    pass
                case ir.Thing() | ir.AttributeOf() | ir.MethodOf() | ir.Parameter():
                    self._lost = True
                case _:
                    pending.extend(_parts(node))

    def _fact(self, node: ir.FactOf, at: str | None) -> None:
        if _is(node.thing, "subject"):
            if node.name not in _CONSTANT_OF_SUBJECT:
                self._subject[node.name] = None
        elif _is(node.thing, "object") and at is None and self._of_files and not isinstance(node.type, Kind):
            if node.name != "foreign":
                self._object[node.name] = None
        elif not _is(node.thing, "namespace"):
            self._lost = True

    def _tested(self, node: ir.Matches | ir.Under | ir.Compare, at: str | None) -> bool:
        """Whether this only tests the object's path against constants."""
        path, wanted = _parts(node)
        is_path = isinstance(path, ir.FactOf) and path.name == "path" and _is(path.thing, "object") and at is None
        constant = constant_of(wanted)
        if not (is_path and self._of_files) or constant is None:
            return False
        match node:
            case ir.Matches() if node.globs is not None:
                test = PathTest(globs=node.globs)
            case ir.Under():
                test = PathTest(directories=as_strings(constant))
            case ir.Compare() if node.operator in ("==", "!=", "in", "not in"):
                test = PathTest(paths=as_strings(constant))
            case _:
                return False
        self._tests[test] = None
        return True


def _is(thing: ir.Expr, name: str) -> bool:
    return isinstance(thing, ir.Thing) and thing.name == name


def _plain(seat: Seat, key: str) -> bool:
    """Whether an attribute's default reads nothing."""
    assert seat.program is not None
    return any(each.key == key and isinstance(each.default, ir.Constant) for each in seat.program.program.attributes)


def _parts(node: ir.Expr) -> tuple[ir.Expr, ...]:
    """The expressions right below one that reads nothing itself."""
    match node:
        case ir.Not():
            return (node.operand,)
        case ir.And() | ir.Or():
            return node.operands
        case ir.Conditional():
            return (node.condition, node.then, node.otherwise)
        case ir.Compare() | ir.Arithmetic():
            return (node.left, node.right)
        case ir.Matches():
            return (node.path, node.patterns)
        case ir.Under():
            return (node.path, node.directories)
        case ir.SetOfParts():
            return node.elements
        case ir.Builtin():
            return node.arguments
        case ir.Lookup():
            return node.keys
    raise AssertionError(node)
