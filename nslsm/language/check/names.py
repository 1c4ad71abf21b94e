"""Bare names: what a word means where it stands, and the expressions behind ``let``."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.hooks.types import Kind, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.findings import nearest
from nslsm.language.check.modules import Broken, Declared, Folder
from nslsm.language.check.site import Lack
from nslsm.language.check.things import THINGS, dotted, fact, is_bindings, is_thing, thing
from nslsm.language.check.types import article, element_of, member_names
from nslsm.language.check.types import member as word
from nslsm.language.syntax import ast
from nslsm.language.syntax.codes import OVER_LIMIT

if TYPE_CHECKING:
    from nslsm.language.check.expressions import Expressions

MAX_NESTING: Final = 100
"""How deep an expression may nest, the expressions behind its names included, so that nobody's stack overflows."""

_SHOWN_WORDS: Final = 12


@dataclass(frozen=True, slots=True)
class _Known:
    """What a ``let`` came to at one kind of place, how deep it nests, and what was found on the way."""

    value: ir.Expr | None
    height: int
    findings: tuple[Diagnostic, ...]


class Lets:
    """The expressions behind names, each checked once for every place where it means something else."""

    def __init__(self) -> None:
        self.settled: dict[int, bool] = {}
        """For :func:`nslsm.language.check.operators.is_settled`."""
        self.meanings: dict[int, ir.Expr | None] = {}
        """What each written expression came to, by the node's identity; where it was read at several places, at the last."""
        self._known: dict[tuple[int, Hashable, Type | None, int], _Known] = {}
        self._under_way: dict[int, ast.Let] = {}
        self._read: set[int] = set()
        self.matched: list[tuple[ast.Compare, ir.Matches]] = []
        """Every ``matches`` with what it came to, once for each place where it was read."""
        self._behind: dict[int, tuple[ir.Named, ast.Let]] = {}
        self._depth = 0
        self._deepest = 0

    def is_read(self, node: ast.Let) -> bool:
        """Whether anything reads what ``node`` names."""
        return id(node) in self._read

    def mark_read(self, node: ast.Let) -> None:
        """Count ``node`` as read."""
        self._read.add(id(node))

    def meaning(self, node: ast.Expr) -> ir.Expr | None:
        """What a written expression came to; None where it was not read, or is wrong."""
        return self.meanings.get(id(node))

    def behind(self, value: ir.Expr) -> ast.Let | None:
        """The ``let`` that ``value`` is the name of; None where it is none."""
        known = self._behind.get(id(value))
        return None if known is None else known[1]

    def enter(self, levels: int = 1) -> bool:
        """One level of nesting more (or several); whether that is within the limit. :meth:`leave` follows in any case."""
        self._depth += levels
        self._deepest = max(self._deepest, self._depth)
        return self._depth <= MAX_NESTING

    def leave(self, levels: int = 1) -> None:
        """As many levels less."""
        self._depth -= levels

    def value(self, here: "Expressions", node: ast.Let, name: str, hint: Type | None) -> ir.Expr | None:
        """What ``node`` names, as ``here`` sees it: as the type that is expected if it can be, else as it stands."""
        self._read.add(id(node))
        if hint is not None:
            known = self._value(here, node, name, hint)
            if known is not None and known.value is not None and known.value.type == hint and not known.findings:
                return self._used(here, known, node)
        known = self._value(here, node, name, None)
        if known is None:
            return None
        here.findings.extend(known.findings)
        return self._used(here, known, node)

    def _used(self, here: "Expressions", known: _Known, node: ast.Let) -> ir.Expr | None:
        within = self.enter(known.height)
        self.leave(known.height)
        if within or known.value is None:
            return known.value
        too_deep(here, node.name.span)
        return None

    def _value(self, here: "Expressions", node: ast.Let, name: str, hint: Type | None) -> _Known | None:
        owner = 0 if here.control is None else id(here.control)
        key = (id(node), here.site.key, hint, owner)
        if key in self._known:
            return self._known[key]
        if id(node) in self._under_way:
            self._cycle(here, node)
            return None
        outside, self._deepest = self._deepest, self._depth
        self._under_way[id(node)] = node
        with here.trying() as attempt:
            value = here.check(node.value, hint)
        del self._under_way[id(node)]
        height = self._deepest - self._depth
        self._deepest = max(outside, self._deepest)
        if value is not None and not isinstance(value, ir.Constant | ir.Thing):
            value = ir.Named(name, value, value.type)
            self._behind[id(value)] = (value, node)
        known = self._known[key] = _Known(value, height, attempt.all())
        return known

    def _cycle(self, here: "Expressions", node: ast.Let) -> None:
        chain = list(self._under_way.values())
        chain = chain[[id(each) for each in chain].index(id(node)) :]
        first = min(range(len(chain)), key=lambda place: chain[place].span)
        chain = chain[first:] + chain[:first]
        names = " → ".join(f"`{each.name.text}`" for each in (*chain, chain[0]))
        here.findings.add(codes.CYCLIC_DEFINITION, chain[0].name.span, f"this is defined by itself: {names}")


def too_deep(here: "Expressions", span: Span) -> None:
    """Report nesting beyond the limit."""
    message = f"expressions are nested deeper than the limit of {MAX_NESTING}, the ones behind names included"
    here.findings.add(OVER_LIMIT, span, message)


def reference(here: "Expressions", node: ast.Reference, hint: Type | None) -> ir.Expr | None:
    """What a bare name is worth: a member of what is expected; else a thing, a fact, a parameter, a ``let``."""
    name = node.name
    meant = word(hint, name)
    if meant is not None and hint is not None:
        return ir.Constant(meant, hint)
    if name in THINGS:
        return thing(here, name, node.span)
    fact = here.site.fact(name)
    if isinstance(fact, Lack):
        here.findings.add(codes.FACT_NOT_ON_HOOK, node.span, fact.message, notes=fact.notes)
        return None
    control = here.control
    if fact is not None:
        what = "parameter" if control is not None and name in control.parameters else "let"
        if what == "parameter" or is_let(here, name):
            message = f"`{name}` is the hook's own fact here, not the {what} of that name"
            here.findings.add(codes.SHADOWED_NAME, node.span, message, help=f"rename the {what}")
        return ir.Thing(name, fact) if isinstance(fact, Kind) else ir.Argument(name, fact)
    if control is not None and name in control.parameters:
        return control.parameters[name]
    if control is not None and name in control.lets:
        return here.lets.value(here, control.lets[name], name, hint)
    if control is not None and name in control.broken:
        return None
    if control is not None and name in control.tables:
        message = f"`{name}` is a table, not a value"
        here.findings.add(codes.NOT_A_VALUE, node.span, message, help=f"look a key up, as in `{name}(…)`")
        return None
    return meaning(here, here.module.find((name,)), node, name, hint)


def meaning(
    here: "Expressions", found: Declared | Folder | Broken | None, node: ast.Expr, written: str, hint: Type | None
) -> ir.Expr | None:
    """The value of a name of a module that was looked up; what it has none for is reported."""
    match found:
        case Declared(node=ast.Let() as let):
            return here.lets.value(here.elsewhere(found.module), let, found.qualified, hint)
        case Declared() | Folder():
            kind = found.kind if isinstance(found, Declared) else "module"
            way_out = f"look a key up, as in `{written}(…)`" if kind == "table" else None
            message = f"`{written}` is {'an' if kind[0] in 'aeiou' else 'a'} {kind}, not a value"
            here.findings.add(codes.NOT_A_VALUE, node.span, message, help=way_out)
        case None:
            element = None if hint is None else element_of(hint)
            single = word(element, written)
            if single is not None and element is not None:
                return ir.Constant(single, element)
            unknown(here, written, node.span, hint)
    return None


def unknown(here: "Expressions", name: str, span: Span, hint: Type | None) -> None:
    """Report a name that means nothing here, with what may have been meant."""
    words = member_names(hint)
    known = [*THINGS, *here.site.fact_names(), *here.module.names_like(ast.Let), *words]
    attributes: list[str] = []
    if here.control is not None:
        known += [*here.control.parameters, *here.control.lets]
        attributes = [key for key in here.control.attributes if key.endswith(f".{name}")]
    way_out = nearest(name, known)
    if attributes:
        side = "subject" if attributes[0].startswith("task.") else "object"
        way_out = f"an attribute is read through the thing that it is on: `{side}.{name}`"
    elif words and way_out is None and hint is not None:
        shown = words if len(words) <= _SHOWN_WORDS else (*words[:_SHOWN_WORDS], "…")
        way_out = f"{article(hint)} is expected: {', '.join(shown)}"
    here.findings.add(codes.UNKNOWN_NAME, span, f"nothing is called `{name}` here", help=way_out)


def is_typed(here: "Expressions", name: str) -> bool:
    """Whether a bare name is a thing, a fact or a parameter, whose type is declared, if wrongly."""
    if name in THINGS or here.site.fact(name) is not None:
        return True
    return here.control is not None and (name in here.control.parameters or name in here.control.broken)


def is_let(here: "Expressions", name: str) -> bool:
    """Whether a bare name is a ``let``."""
    if here.control is not None and name in here.control.lets:
        return True
    found = here.module.find((name,))
    return isinstance(found, Declared) and isinstance(found.node, ast.Let)


def member(here: "Expressions", node: ast.Member, hint: Type | None) -> ir.Expr | None:
    """``base.name``: a fact or an attribute of a thing, or what a module calls by that name."""
    parts = dotted(node)
    if parts is not None and not _is_value(here, parts[0]):
        found = here.module.find(parts)
        if found is None and not here.module.find(parts[:1]) and parts[0] not in here.module.names():
            return here.check(_root(node))
        return meaning(here, found, node, ".".join(parts), hint)
    if isinstance(node.base, ast.Member) and is_bindings(here, node.base.name.text, node.name.text):
        owned = here.check(node.base.base)
        if owned is not None and is_thing(owned):
            through = ast.Name(span=node.name.span, text=f"{node.base.name.text}.{node.name.text}")
            return fact(here, owned, through)
    base = here.check(node.base)
    if base is None:
        return None
    if not is_thing(base):
        message = f"this is {article(base.type)}: it has no facts, so no `{node.name.text}`"
        here.findings.add(codes.NOT_A_THING, node.span, message)
        return None
    return fact(here, base, node.name)


def _root(node: ast.Expr) -> ast.Expr:
    while isinstance(node, ast.Member):
        node = node.base
    return node


def _is_value(here: "Expressions", name: str) -> bool:
    """Whether the first part of a dotted name is something to read here rather than a module."""
    if name in THINGS or here.site.fact(name) is not None:
        return True
    control = here.control
    if control is not None and (name in control.parameters or name in control.tables or name in control.lets):
        return True
    return name in here.module.declared
