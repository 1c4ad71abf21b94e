"""Reading things: facts of the subject, the object and others, and the attributes that a control declares on them."""

from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

from nslsm.diagnostics.span import Span
from nslsm.hooks.types import Fact, Kind, Method
from nslsm.language.check import codes, ir
from nslsm.language.check.findings import nearest
from nslsm.language.check.site import Lack, hooks
from nslsm.language.check.types import members_of_kind
from nslsm.language.syntax import ast

if TYPE_CHECKING:
    from nslsm.language.check.expressions import Expressions

THINGS: Final = ("subject", "object", "namespace")
"""The things that every request has a word for."""

_NARROWER: Final = "split the rule: each part names the hooks that have what it reads"

ThingExpr: TypeAlias = ir.Thing | ir.FactOf


def is_thing(checked: ir.Expr) -> TypeGuard[ThingExpr]:
    """Whether an expression is a thing, which has facts."""
    return isinstance(checked, ir.Thing | ir.FactOf) and isinstance(checked.type, Kind)


def kind_of(checked: ThingExpr) -> Kind:
    """The kind of a thing."""
    assert isinstance(checked.type, Kind)
    return checked.type


def thing(here: "Expressions", name: str, span: Span) -> ir.Expr | None:
    """``subject``, ``object`` or ``namespace``, where there is one."""
    found = here.site.named_thing(name)
    if isinstance(found, Lack):
        here.findings.add(codes.FACT_NOT_ON_HOOK, span, found.message, notes=found.notes)
        return None
    return ir.Thing(name, found)


def fact(here: "Expressions", base: ThingExpr, name: ast.Name) -> ir.Expr | None:
    """A fact or an attribute of a thing."""
    kind = kind_of(base)
    found = members_of_kind(kind).get(name.text)
    if isinstance(found, Fact):
        return ir.FactOf(base, found.name, found.type)
    if isinstance(found, Method):
        here.findings.add(
            codes.NOT_A_VALUE, name.span, f"`{name.text}` takes arguments", help=f"write `{name.text}(…)`"
        )
        return None
    attribute = attribute_of(here, base, name)
    if attribute is not None:
        return attribute
    lacking(here, base, name, "fact or attribute")
    return None


def attribute_of(here: "Expressions", base: ThingExpr, name: ast.Name) -> ir.AttributeOf | None:
    """An attribute that the control declares on the thing's kind; None where it declares none of that name."""
    if here.control is None or here.site.thing is not None:
        return None
    key = f"{kind_of(base).name}.{name.text}"
    type_ = here.control.attributes.get(key)
    return None if type_ is None else ir.AttributeOf(base, key, type_)


def is_bindings(here: "Expressions", binding: str, name: str) -> bool:
    """Whether ``name`` is an attribute that a claim can read of ``binding``, on things of some kind."""
    return here.control is not None and any(key.endswith(f".{binding}.{name}") for key in here.control.attributes)


def method(here: "Expressions", base: ThingExpr, name: ast.Name) -> Method | None:
    """A fact with arguments."""
    found = members_of_kind(kind_of(base)).get(name.text)
    if isinstance(found, Method):
        return found
    if found is not None or attribute_of(here, base, name) is not None:
        here.findings.add(codes.NOT_CALLABLE, name.span, f"`{name.text}` takes no arguments")
    else:
        lacking(here, base, name, "fact")
    return None


def lacking(here: "Expressions", base: ThingExpr, name: ast.Name, what: str) -> None:
    """Report that a thing has no such fact: which hook lacks it, or that no thing of its kind has it."""
    kind, text = kind_of(base), name.text
    if here.control is not None and text in here.control.broken:
        return
    declared = [] if here.control is None else [key for key in here.control.attributes if key.endswith(f".{text}")]
    if isinstance(base, ir.Thing) and base.name == "object" and here.site.aims:
        without = here.site.objects_without(text)
        if without and len(without) < len(here.site.aims):
            kinds = " or ".join(dict.fromkeys(str(aim.object) for aim in without))
            message = f"at {hooks(without)} the object is a {kinds}, which has no fact `{text}`"
            here.findings.add(codes.FACT_NOT_ON_HOOK, name.span, message, help=_NARROWER)
            return
        if declared and " or " in kind.name:
            message = (
                f"`{text}` is an attribute of one kind, and the object here is a {kind.name}, depending on the hook"
            )
            here.findings.add(codes.FACT_NOT_ON_HOOK, name.span, message, help=_NARROWER)
            return
    if declared and here.site.thing is not None:
        message = f"`{text}` is an attribute, and a default reads facts only: what the thing is before any rule"
        here.findings.add(codes.UNKNOWN_FACT, name.span, message)
        return
    known = [*members_of_kind(kind), *(key.partition(".")[2] for key in declared)]
    if here.control is not None:
        prefix = f"{kind.name}."
        known += [key.removeprefix(prefix) for key in here.control.attributes if key.startswith(prefix)]
    way_out = nearest(text, known)
    owned = [key.split(".") for key in declared if key.startswith(f"{kind.name}.") and key.count(".") > 1]
    if owned and isinstance(base, ir.Thing):
        ways = " or ".join(f"`{base.name}.{binding}.{text}`" for _, binding, _ in (part[:3] for part in owned))
        way_out = f"several controls that are bound there have it: say whose, {ways}"
    elif declared:
        where = declared[0].partition(".")[0]
        way_out = f"`{text}` is declared on a {where}, and this is a {kind.name}"
    here.findings.add(codes.UNKNOWN_FACT, name.span, f"a {kind.name} has no {what} `{text}`", help=way_out)


def dotted(node: ast.Expr) -> tuple[str, ...] | None:
    """The parts of ``a.b.c``; None where it is anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Member):
        parts.append(node.name.text)
        node = node.base
    if not isinstance(node, ast.Reference):
        return None
    return (node.name, *reversed(parts))
