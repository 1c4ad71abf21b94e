"""Expressions as Python text, for requests of which all that counts is known.

The text has the value that :func:`nslsm.language.program.interpret.value_of` has, wherever it comes to one. Kleene's logic is
monotone: what is settled by the operands that are known stays so whatever the others are, so Python's own ``and`` and ``or``
will do. Text that comes to an unknown fact raises instead, and the reference is asked.
"""

from dataclasses import dataclass
from typing import assert_never

from nslsm.hooks.model import Hook
from nslsm.hooks.types import ADDRESS, GLOB, SetOf
from nslsm.language.check import ir
from nslsm.language.program.compile import paths
from nslsm.language.program.compile.facts import Facts
from nslsm.language.program.compile.names import Names, literal
from nslsm.language.program.instantiate import constant_of
from nslsm.language.program.operators import as_strings
from nslsm.language.program.rows import Pair

TASK_FACTS = frozenset({"pid", "tgid", "ppid", "exe", "comm", "dumpable"})
"""The facts of a task that are not its credentials'."""

PLAIN = frozenset({"file", "socket", "credentials", "namespace"})
"""The kinds whose facts are attributes of their own; those of the others are kept in a map."""


QUICK = {
    "size": "len({})",
    **{f"context_{part}": f"context({{}}).{part}" for part in ("user", "role", "type", "low", "high")},
    **{f"level_{part}": f"level({{}}).{part}" for part in ("sensitivity", "categories")},
}
"""Built-in functions of one argument, as text."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands: in which control, seen through which view, where ``object`` is aimed."""

    control: ir.Control
    view: str = "v"
    at: str | None = None
    thing: str = ""
    """The name of what ``object`` stands for where an attribute's default is about one thing; empty elsewhere."""


class Expressions:
    """Writes expressions for one hook, as parts of functions that take a request ``q`` and a view."""

    def __init__(self, hook: Hook, names: Names) -> None:
        self.hook = hook
        self.names = names
        self.beside: list[str] = []
        """Functions that the text calls, each as text."""
        self._defaults: dict[tuple[int, str], str] = {}
        self._pairs: dict[tuple[int, tuple[bool, ...]], Pair] = {}

    def truth(self, expression: ir.Expr | None, place: Place, facts: Facts) -> str:
        """A condition as text; one that is not written holds."""
        return "True" if expression is None else facts.shared(self.text(expression, place, facts))

    def text(self, expression: ir.Expr, place: Place, facts: Facts) -> str:  # noqa: C901 - a case for each
        """The expression as text. RecursionError where it is nested too deep."""
        match expression:
            case ir.Constant():
                return literal(expression.value, self.names)
            case ir.Named():
                key = ("let", id(expression), place.at, place.view, place.thing)
                return facts.kept(key, lambda: self.text(expression.value, place, facts))
            case ir.Not():
                return f"(not {self.text(expression.operand, place, facts)})"
            case ir.And():
                return self._all(" and ", expression.operands, place, facts) or "True"
            case ir.Or():
                return self._all(" or ", expression.operands, place, facts) or "False"
            case ir.Conditional():
                parts = (expression.then, expression.condition, expression.otherwise)
                then, condition, otherwise = (self.text(each, place, facts) for each in parts)
                return f"({then} if {condition} else {otherwise})"
            case ir.Arithmetic():
                left, right = (self.text(each, place, facts) for each in (expression.left, expression.right))
                if isinstance(expression.type, SetOf):
                    return f"({left} {'|' if expression.operator == '+' else expression.operator} {right})"
                return f"arithmetic({expression.operator!r}, {left}, {right})"
            case ir.SetOfParts():
                return f"frozenset([{self._list(expression.elements, place, facts)}])"
            case ir.Builtin():
                arguments = self._list(expression.arguments, place, facts)
                quick = QUICK.get(expression.name)
                return f"builtin({expression.name!r}, [{arguments}])" if quick is None else quick.format(arguments)
            case ir.Compare():
                return self._compare(expression, place, facts)
            case ir.Matches() | ir.Under():
                return self._path(expression, place, facts)
            case ir.Lookup():
                return self._lookup(expression, place, facts)
            case ir.Thing() | ir.Argument() | ir.FactOf() | ir.AttributeOf() | ir.MethodOf():
                return self._read(expression, place, facts)
            case ir.Parameter():
                raise LookupError(expression.name)
        assert_never(expression)

    def _all(self, operator: str, operands: tuple[ir.Expr, ...], place: Place, facts: Facts) -> str:
        joined = operator.join(facts.shared(self.text(each, place, facts)) for each in operands)
        return f"({joined})" if joined else ""

    def _list(self, parts: tuple[ir.Expr, ...], place: Place, facts: Facts) -> str:
        return ", ".join(self.text(each, place, facts) for each in parts)

    # Operators

    def _compare(self, expression: ir.Compare, place: Place, facts: Facts) -> str:
        left, right = (self.text(each, place, facts) for each in (expression.left, expression.right))
        match expression.operator:
            case "==" | "!=":
                return f"({left} {expression.operator} {right})"
            case "<" | "<=" | ">" | ">=" if expression.members:
                ranks = self.names.of({member: rank for rank, member in enumerate(expression.members)})
                return f"({ranks}[{left}] {expression.operator} {ranks}[{right}])"
            case "<" | "<=" | ">" | ">=":
                return f"({left} {expression.operator} {right})"
            case "in" | "not in" if expression.left.type == ADDRESS:
                truth = f"compare({self.names.of(expression)}, {left}, {right})"
                return f"({truth})"
            case "in" | "not in":
                return f"({left} {expression.operator} {right})"
            case "has":
                return f"({right} in {left})"
            case "has all":
                return f"({right} <= {left})"
            case "has any":
                return f"(not {right}.isdisjoint({left}))"
        raise LookupError(expression.operator)

    def _path(self, expression: ir.Matches | ir.Under, place: Place, facts: Facts) -> str:
        wanted = expression.patterns if isinstance(expression, ir.Matches) else expression.directories
        path = facts.simple(self.text(expression.path, place, facts))
        constant = constant_of(wanted)
        if isinstance(expression, ir.Matches):
            if constant is None or expression.globs is None:
                raise LookupError("patterns that are no constant")
            return paths.matching(path, expression.globs, self.names)
        if constant is not None:
            return paths.under(path, as_strings(constant), self.names)
        directories = self.text(wanted, place, facts)
        return f"under_any({path}, {directories})"

    def _lookup(self, expression: ir.Lookup, place: Place, facts: Facts) -> str:
        table = next(each for each in place.control.tables if each.name == expression.table)
        if Pair.fits(table, expression.lifted) and not (any(table.trees) or GLOB in table.keys):
            return self._pair(expression, table, place, facts)
        keys = self._list(expression.keys, place, facts)
        if any(expression.lifted) or any(table.trees) or GLOB in table.keys:
            return f"look_up({self.names.of(table, 'table')}, [{keys}], {expression.lifted!r})"
        rows = self.names.of(table.rows, "rows")
        return f"{rows}.get(({keys},), {literal(table.otherwise, self.names)})"

    def _pair(self, expression: ir.Lookup, table: ir.Table, place: Place, facts: Facts) -> str:
        texts = [self.text(each, place, facts) for each in expression.keys]
        sets = [text for text, many in zip(texts, expression.lifted, strict=True) if many]
        others = [text for text, many in zip(texts, expression.lifted, strict=True) if not many]
        known = self._pairs.get((id(table), expression.lifted))
        if known is None:
            known = self._pairs[id(table), expression.lifted] = Pair(table, expression.lifted)
        return f"{self.names.of(known, 'pair')}.of({', '.join((*sets, *others))})"

    # Facts

    def _read(
        self, expression: ir.Thing | ir.Argument | ir.FactOf | ir.AttributeOf | ir.MethodOf, place: Place, facts: Facts
    ) -> str:
        match expression:
            case ir.Thing():
                return self.thing(expression, place, facts)
            case ir.Argument():
                return facts.fact(f"q.arguments[{self.hook.index(expression.name)}]")
            case ir.FactOf():
                return self._fact(expression, place, facts)
            case ir.AttributeOf():
                return self._attribute(expression, place, facts)
            case ir.MethodOf():
                return self._method(expression, place, facts)
        assert_never(expression)

    def thing(self, expression: ir.Thing | ir.FactOf, place: Place, facts: Facts) -> str:
        """A thing that the request is about."""
        if isinstance(expression, ir.FactOf):
            return self._fact(expression, place, facts)
        match expression.name:
            case "subject":
                return facts.thing("q.subject")
            case "namespace":
                return facts.thing(f"{place.view}.namespace")
            case "object" if place.thing:
                return place.thing
            case "object" if place.at is None:
                return facts.thing("q.object")
            case "object":
                return facts.thing(f"q.arguments[{self.hook.index(str(place.at))}]")
            case name:
                return facts.thing(f"q.arguments[{self.hook.index(name)}]")

    def _fact(self, expression: ir.FactOf, place: Place, facts: Facts) -> str:
        of = self.thing(expression.thing, place, facts)
        kind, name = expression.thing.type, expression.name
        sort = getattr(kind, "name", "")
        if name == "foreign":
            return facts.kept(("foreign", of, place.view), lambda: f"{place.view}.foreign({of})")
        if sort == "task" and name == "namespace":
            return facts.kept(("home", of, place.view), lambda: f"{place.view}.namespace_path({of})")
        if sort == "file" and name == "parent":
            return facts.kept(("parent", of, place.view), lambda: facts.sure(f"{place.view}.parent({of})"))
        if sort == "task" and name not in TASK_FACTS:
            return facts.fact(f"{of}.credentials.{name}")
        if sort == "task" or sort in PLAIN:
            return facts.fact(f"{of}.{name}")
        return facts.fact(f"{of}.facts.get({name!r}, UNKNOWN)")

    def _attribute(self, expression: ir.AttributeOf, place: Place, facts: Facts) -> str:
        of = self.thing(expression.thing, place, facts)
        reader = self._reader(expression.attribute, place.control)
        key = ("attribute", of, reader, place.view)
        return facts.kept(key, lambda: f"{reader}({of}, q, {place.view})")

    def _reader(self, key: str, control: ir.Control) -> str:
        """The function that has an attribute of a thing: its cell, else its default, or what it is of a foreign thing."""
        known = self._defaults.get((id(control), key))
        if known is not None:
            return known
        name = self._defaults[id(control), key] = self.names.fresh("attribute")
        declared = next(each for each in control.attributes if each.key == key)
        about = Place(control, thing="thing")
        inner = Facts(self.names)
        default = self.text(declared.default, about, inner)
        foreign = default if declared.foreign is None else self.text(declared.foreign, about, inner)
        lines = [
            f"if v.foreign(thing): return {foreign}",
            f"cell = v.cell({key!r}, identity) if (identity := thing.identity) is not UNKNOWN else undecided()",
            f"if cell is UNSET: return {default}",
            "return cell if cell is not UNKNOWN else undecided()",
        ]
        self.beside.append(inner.function(f"{name}(thing, q, v)", lines, on_unknown="raise Undecided"))
        return name

    def _method(self, expression: ir.MethodOf, place: Place, facts: Facts) -> str:
        of = self.thing(expression.thing, place, facts)
        arguments = self._list(expression.arguments, place, facts)
        return facts.sure(f"call({of}, {expression.name!r}, [{arguments}], {place.view})")
