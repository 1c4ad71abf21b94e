"""The value of an expression for one request: the reference, plain and never optimised.

Conditions combine by Kleene's logic (Model M2.9): an operand that hangs on unknown facts makes the whole unknown unless the
others settle it. Nothing here keeps state, and nothing faults on arithmetic (Model M3.5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias, assert_never, cast

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.program.operators import (
    Defect,
    arithmetic,
    as_string,
    as_strings,
    builtin,
    compare,
    is_under,
)
from nslsm.language.program.rows import look_up
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, NamespaceFacts, Object, Socket, Task, Value
from nslsm.protocol.things import Thing as OtherThing
from nslsm.protocol.view import UNSET, View


@dataclass(frozen=True, slots=True)
class Missing:
    """The value of an expression that hangs on unknown facts, by the names that the author gave them."""

    facts: frozenset[str]


Result: TypeAlias = Value | Missing
Truth: TypeAlias = bool | Missing


@dataclass(frozen=True, slots=True)
class Scene:
    """One request as one control sees it; ``object_at`` re-aims ``object`` at another fact of the hook.

    ``thing``, where given, is what ``object`` stands for: an attribute's default is about the thing that it is on.
    """

    control: ir.Control
    request: Request
    view: View
    object_at: str | None = None
    thing: Object | None = None
    known: dict[int, Result] = field(default_factory=dict)
    """The values of lets, by node, so that each is evaluated once."""
    owners: "Mapping[str, Owner] | None" = None
    """Where an expression may read several controls' attributes: whose each of them is, by the expression's key for it."""

    def aimed(self, at: str | None) -> "Scene":
        """The same request with ``object`` aimed at the hook's fact ``at``."""
        if at == self.object_at:
            return self
        return Scene(self.control, self.request, self.view, at, owners=self.owners)

    def about(self, thing: Object) -> "Scene":
        """The same request with ``object`` standing for ``thing``."""
        return Scene(self.control, self.request, self.view, None, thing)


class Owner(NamedTuple):
    """Whose an attribute is: the control that declares it, what that sees, and how it calls the attribute."""

    control: ir.Control
    view: View
    attribute: str


def both(truths: Iterable[Truth]) -> Truth:
    """Kleene's conjunction: false wins, then unknown; all unknown operands are named."""
    return _settled(truths, by=False)


def either(truths: Iterable[Truth]) -> Truth:
    """Kleene's disjunction: true wins, then unknown; all unknown operands are named."""
    return _settled(truths, by=True)


def negated(truth: Truth) -> Truth:
    """Kleene's negation: unknown stays unknown."""
    return truth if isinstance(truth, Missing) else not truth


def _settled(truths: Iterable[Truth], *, by: bool) -> Truth:
    facts: frozenset[str] = frozenset()
    for truth in truths:
        if truth is by:
            return by
        if isinstance(truth, Missing):
            facts |= truth.facts
    return Missing(facts) if facts else not by


def truth_of(expression: ir.Expr | None, scene: Scene) -> Truth:
    """The truth of a condition; one that is not written holds."""
    if expression is None:
        return True
    value = value_of(expression, scene)
    if isinstance(value, bool | Missing):
        return value
    raise Defect(f"a condition has the value {value!r}")


def value_of(expression: ir.Expr, scene: Scene) -> Result:
    """The value of an expression for the scene's request, or the unknown facts that it hangs on."""
    match expression:
        case ir.Constant():
            return expression.value
        case ir.Thing() | ir.FactOf() | ir.AttributeOf() | ir.MethodOf():
            return _of_thing(expression, scene)
        case ir.Argument():
            return _known(scene.request.argument(expression.name), expression)
        case ir.Named():
            if id(expression) not in scene.known:
                scene.known[id(expression)] = value_of(expression.value, scene)
            return scene.known[id(expression)]
        case ir.Not():
            return negated(truth_of(expression.operand, scene))
        case ir.And():
            return both(truth_of(operand, scene) for operand in expression.operands)
        case ir.Or():
            return either(truth_of(operand, scene) for operand in expression.operands)
        case ir.Conditional():
            condition = truth_of(expression.condition, scene)
            if isinstance(condition, Missing):
                return condition
            return value_of(expression.then if condition else expression.otherwise, scene)
        case ir.Parameter():
            raise Defect(f"parameter `{expression.name}` has no value")
    parts = _parts(expression)
    values = [value_of(part, scene) for part in parts]
    missing = [value.facts for value in values if isinstance(value, Missing)]
    if missing:
        return Missing(frozenset[str]().union(*missing))
    return _of_known(expression, [value for value in values if not isinstance(value, Missing)], scene)


Strict: TypeAlias = ir.Compare | ir.Matches | ir.Under | ir.Arithmetic | ir.SetOfParts | ir.Builtin | ir.Lookup
"""Expressions that have no value unless all their parts have."""


def _parts(expression: Strict) -> tuple[ir.Expr, ...]:
    match expression:
        case ir.Compare() | ir.Arithmetic():
            return (expression.left, expression.right)
        case ir.Matches():
            return (expression.path, expression.patterns)
        case ir.Under():
            return (expression.path, expression.directories)
        case ir.SetOfParts():
            return expression.elements
        case ir.Builtin():
            return expression.arguments
        case ir.Lookup():
            return expression.keys
    assert_never(expression)


def _of_known(expression: Strict, values: list[Value], scene: Scene) -> Value:
    match expression:
        case ir.Compare():
            return compare(expression, values[0], values[1])
        case ir.Matches():
            globs = expression.globs
            if globs is None:
                globs = tuple(Glob(pattern) for pattern in sorted(as_strings(values[1])))
            return any(glob.matches(as_string(values[0])) for glob in globs)
        case ir.Under():
            return any(is_under(as_string(values[0]), directory) for directory in as_strings(values[1]))
        case ir.Arithmetic():
            return arithmetic(expression.operator, values[0], values[1])
        case ir.SetOfParts():
            return frozenset(values)
        case ir.Builtin():
            return builtin(expression.name, values)
        case ir.Lookup():
            return look_up(_table(scene.control, expression.table), values, expression.lifted)
    assert_never(expression)


# Things and their facts


Readable: TypeAlias = ir.Thing | ir.Argument | ir.FactOf | ir.AttributeOf | ir.MethodOf
"""What reads a fact, and can be named by it."""


def _of_thing(expression: ir.Thing | ir.FactOf | ir.AttributeOf | ir.MethodOf, scene: Scene) -> Result:
    if isinstance(expression, ir.Thing):
        return _known(_thing(expression.name, scene), expression)
    thing = _of_thing(expression.thing, scene)
    if isinstance(thing, Missing):
        return Missing(frozenset({spelled(expression)}))
    if not isinstance(thing, Task | File | Socket | OtherThing | NamespaceFacts | Credentials):
        raise Defect(f"`{spelled(expression.thing)}` is no thing that has facts")
    match expression:
        case ir.FactOf():
            return _known(fact_of(thing, expression.name, scene.view), expression)
        case ir.AttributeOf():
            return _attribute(thing, expression, scene)
        case ir.MethodOf():
            arguments = [value_of(argument, scene) for argument in expression.arguments]
            missing = [argument.facts for argument in arguments if isinstance(argument, Missing)]
            if missing:
                return Missing(frozenset[str]().union(*missing))
            values = [argument for argument in arguments if not isinstance(argument, Missing)]
            return _known(call(thing, expression.name, values, scene.view), expression)
    assert_never(expression)


def _thing(name: str, scene: Scene) -> Object | Unknown | Value | None:
    request = scene.request
    match name:
        case "subject":
            return request.subject
        case "namespace":
            return scene.view.namespace
        case "object" if scene.thing is not None:
            return scene.thing
        case "object" if scene.object_at is None:
            return request.object
        case "object":
            return request.argument(cast("str", scene.object_at))
        case _:
            return request.argument(name)


def _known(value: Value | Unknown | None, expression: Readable) -> Result:
    if value is UNKNOWN:
        return Missing(frozenset({spelled(expression)}))
    if value is None:
        raise Defect(f"this request has no `{spelled(expression)}`")
    return value


_TASK_FACTS: Final = frozenset({"pid", "tgid", "ppid", "exe", "comm", "dumpable"})


def fact_of(thing: Object, name: str, view: View) -> Value | Unknown:
    """A fact of a thing, from the thing itself or, where it depends on who asks, from the view."""
    if name == "foreign":
        return view.foreign(thing)
    match thing:
        case Task():
            if name == "namespace":
                return view.namespace_path(thing)
            return cast("Value | Unknown", getattr(thing if name in _TASK_FACTS else thing.credentials, name))
        case File() if name == "parent":
            return view.parent(thing)
        case OtherThing():
            return thing.facts.get(name, UNKNOWN)
        case _:
            return cast("Value | Unknown", getattr(thing, name))


def _attribute(thing: Object, expression: ir.AttributeOf, scene: Scene) -> Result:
    key = expression.attribute
    if scene.owners is not None:
        owner = scene.owners[key]
        own = ir.AttributeOf(expression.thing, owner.attribute, expression.type)
        return _attribute(thing, own, Scene(owner.control, scene.request, owner.view))
    declaration = next((each for each in scene.control.attributes if each.key == key), None)
    if declaration is None:
        raise Defect(f"no attribute `{key}` is declared")
    if isinstance(thing, Credentials):
        raise Defect("credentials have no attributes")
    if scene.view.foreign(thing):
        return value_of(declaration.foreign or declaration.default, scene.about(thing))
    identity = thing.identity
    if isinstance(identity, Unknown):
        return Missing(frozenset({spelled(expression)}))
    cell = scene.view.cell(key, identity)
    if cell is UNSET:
        return value_of(declaration.default, scene.about(thing))
    return _known(cell, expression)


def call(thing: Object, name: str, arguments: list[Value], view: View) -> Value | Unknown:
    """A fact with arguments: an extended attribute, or a relation between two tasks."""
    if isinstance(thing, File) and name == "xattr":
        if isinstance(thing.xattrs, Unknown):
            return UNKNOWN
        return thing.xattrs.get(as_string(arguments[0]), as_string(arguments[1]) if len(arguments) > 1 else "")
    other = arguments[0] if arguments else None
    if isinstance(thing, Task) and isinstance(other, Task):
        match name:
            case "is_ancestor_of":
                return view.is_ancestor_of(thing, other)
            case "accepts_tracer":
                return view.accepts_tracer(thing, other)
            case "same_process_as":
                return thing.tgid == other.tgid
    raise Defect(f"no fact `{name}` with these arguments")


def spelled(expression: Readable) -> str:
    """The expression as its author wrote it: the name that unknown facts are reported by."""
    match expression:
        case ir.Thing() | ir.Argument():
            return expression.name
        case ir.FactOf():
            return f"{spelled(expression.thing)}.{expression.name}"
        case ir.AttributeOf():
            return f"{spelled(expression.thing)}.{expression.attribute.partition('.')[2]}"
        case ir.MethodOf():
            constants = (part.value for part in expression.arguments[:1] if isinstance(part, ir.Constant))
            arguments = ", ".join(f'"{constant}"' for constant in constants)
            return f"{spelled(expression.thing)}.{expression.name}({arguments})"
    assert_never(expression)


def _table(control: ir.Control, name: str) -> ir.Table:
    return next(table for table in control.tables if table.name == name)
