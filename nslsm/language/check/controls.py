"""Controls: their parameters, attributes and rules, made into the typed program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from nslsm.hooks.kinds import BPF, FILE, IPC, KEY, MODULE, MOUNT, NAMESPACE, SOCKET, TASK
from nslsm.hooks.types import BOOL, INT, Enumeration, Flags, Kind, SetOf, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.annotations import annotations
from nslsm.language.check.findings import listed, nearest
from nslsm.language.check.modules import BROKEN, RESERVED, Declared, ModuleScope
from nslsm.language.check.rule_lowering import RuleChecker
from nslsm.language.check.session import Session
from nslsm.language.check.site import CONSTANT, Site
from nslsm.language.check.things import dotted
from nslsm.language.check.type_names import parameter_type
from nslsm.language.check.types import is_ordered, members_of_kind
from nslsm.language.check.walk import tables_in
from nslsm.language.syntax import ast
from nslsm.language.syntax.codes import OVER_LIMIT

MAX_RULES: Final = 100_000
"""How many rules one module may have (Model, Trust)."""

ATTRIBUTE_KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind for kind in (TASK, FILE, SOCKET, IPC, KEY, BPF, MOUNT, MODULE, NAMESPACE)
}
"""What an attribute can be declared on (Model M3.1)."""

JOINS: Final = ("or", "and", "min", "max", "union", "first", "last")
"""How two values that requests of one event set are made into one (Model M3.2)."""


@dataclass(slots=True)
class ControlNames:
    """The names that a control declares."""

    parameters: dict[str, ir.Parameter] = field(default_factory=dict)
    tables: dict[str, ir.TableOf] = field(default_factory=dict)
    """Those of its parameters that are tables."""
    lets: dict[str, ast.Let] = field(default_factory=dict)
    attributes: dict[str, Type] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class CheckedControl:
    """What came of a control: its parameters even where the rest is wrong, for those who bind it."""

    parameters: tuple[ir.ParameterDeclaration, ...]
    sound: bool
    """Whether all parameters came out."""
    control: ir.Control | None


def control(session: Session, declared: Declared) -> CheckedControl:
    """A control, checked."""
    node = declared.node
    assert isinstance(node, ast.Control)
    before = session.findings.errors
    names = ControlNames()
    declarations = parameters(session, declared, node.parameters, names)
    rules = [member for member in node.members if not isinstance(member, ast.Attribute | ast.Let)]
    session.rules[declared.module.name] += len(rules)
    if session.rules[declared.module.name] > MAX_RULES:
        message = f"with control `{declared.name}`, this module has more rules than the limit of {MAX_RULES}"
        session.findings.add(OVER_LIMIT, declared.span, message)
        return CheckedControl(declarations, sound=False, control=None)
    _lets(session, node, names)
    declared_attributes = [member for member in node.members if isinstance(member, ast.Attribute)]
    types = [_attribute_type(session, each, names) for each in declared_attributes]
    attributes = [
        _attribute(session, declared, each, type_, names)
        for each, type_ in zip(declared_attributes, types, strict=True)
        if type_ is not None
    ]
    checker = RuleChecker(session, declared.module, names)
    checked = checker.rules(rules)
    notes = annotations(session.findings, session.catalogues, node.annotations)
    left_out = len(checked) < len(rules) or None in attributes or len(attributes) < len(declared_attributes)
    has_all = len(declarations) == len(node.parameters)
    if session.findings.errors > before or left_out or not has_all or _has_faults(declared):
        return CheckedControl(declarations, has_all, None)
    found = tuple(attribute for attribute in attributes if attribute is not None)
    whole = ir.Control(
        name=declared.qualified,
        doc="" if node.doc is None else node.doc.value,
        annotations=notes,
        parameters=declarations,
        attributes=found,
        tables=session.tables.named(name for name in tables_in((found, checked)) if not ir.is_parameter(name)),
        rules=checked,
        span=node.name.span,
    )
    return CheckedControl(declarations, sound=True, control=whole)


def _has_faults(declared: Declared) -> bool:
    """Whether a literal in it is wrong, so that nobody knows what it says."""
    span = declared.node.span
    return any(span.start <= fault.start and fault.end <= span.end for fault in declared.module.loaded.faults)


def parameters(
    session: Session, declared: Declared, nodes: tuple[ast.Parameter, ...], names: ControlNames
) -> tuple[ir.ParameterDeclaration, ...]:
    """The parameters of a control or a policy; ``names`` gets them."""
    here = session.expressions(declared.module, None, CONSTANT)
    found = []
    for node in nodes:
        name = node.name.text
        if name in RESERVED:
            message = f"`{name}` means the same everywhere and cannot be declared anew"
            session.findings.add(codes.RESERVED_NAME, node.name.span, message)
        if name in names.parameters or name in names.tables or name in names.broken:
            session.findings.add(codes.DUPLICATE_NAME, node.name.span, f"parameter `{name}` is declared twice")
            continue
        default: ir.ArgumentValue | None = None
        if node.type.keys:
            table = session.tables.type_of(node.type)
            if table is None:
                names.broken.add(name)
                continue
            names.tables[name] = table
            if node.default is not None:
                default = table_given(session, declared.module, node.default, table, f"the default of `{name}`")
                if default is None:
                    continue
            found.append(ir.ParameterDeclaration(name, table, default))
            continue
        type_ = parameter_type(session.findings, node.type)
        if type_ is None:
            names.broken.add(name)
            continue
        names.parameters[name] = ir.Parameter(name, type_)
        if node.default is not None:
            default = here.constant(node.default, type_, f"the default of parameter `{name}`")
            if default is None:
                continue
        found.append(ir.ParameterDeclaration(name, type_, default))
    return tuple(found)


def table_given(session: Session, module: ModuleScope, node: ast.Expr, type_: ir.TableOf, what: str) -> ir.Table | None:
    """The table that is named where a parameter takes one; ``what`` it is for, in a sentence."""
    parts = dotted(node)
    found = None if parts is None else module.find(parts)
    if not isinstance(found, Declared) or not isinstance(found.node, ast.Table):
        near = None if parts is None else nearest(".".join(parts), module.names_like(ast.Table))
        if parts is not None and found is None:
            session.findings.add(
                codes.UNKNOWN_NAME, node.span, f"no table is called `{'.'.join(parts)}` here", help=near
            )
        elif found is not BROKEN:
            message = f"{what} must be the name of a `{type_}`"
            session.findings.add(codes.TYPE_MISMATCH, node.span, message, help=near)
        return None
    signature = session.tables.signature(found)
    if signature is None:
        return None
    if signature.type != type_:
        message = f"{what} must be a `{type_}`, and `{found.name}` is a `{signature.type}`"
        session.findings.add(codes.TYPE_MISMATCH, node.span, message)
        return None
    return session.tables.table(found)


def _lets(session: Session, node: ast.Control, names: ControlNames) -> None:
    for member in node.members:
        if not isinstance(member, ast.Let):
            continue
        name = member.name.text
        if name in RESERVED:
            message = f"`{name}` means the same everywhere and cannot be declared anew"
            session.findings.add(codes.RESERVED_NAME, member.name.span, message)
        before = names.lets.get(name)
        if before is not None or name in names.parameters or name in names.tables:
            related = () if before is None else ((before.name.span, "it is declared here"),)
            message = f"`{name}` is declared twice in this control"
            session.findings.add(codes.DUPLICATE_NAME, member.name.span, message, related=related)
            continue
        names.lets[name] = member


def _attribute_type(session: Session, node: ast.Attribute, names: ControlNames) -> Type | None:
    """The attribute's type, once its name is found to be free; ``names`` gets it."""
    findings = session.findings
    kind = ATTRIBUTE_KINDS.get(node.kind.text)
    name = node.name.text
    if kind is None:
        findings.add(
            codes.UNKNOWN_KIND,
            node.kind.span,
            f"no kind of thing that has attributes is called `{node.kind.text}`",
            help=nearest(node.kind.text, ATTRIBUTE_KINDS.keys()) or f"there are {listed(ATTRIBUTE_KINDS, most=20)}",
        )
        names.broken.add(name)
        return None
    key = f"{kind.name}.{name}"
    if name in members_of_kind(kind):
        message = f"a {kind.name} has a fact `{name}` already: nobody could tell the attribute from it"
        findings.add(codes.ATTRIBUTE_SHADOWS_FACT, node.name.span, message)
        names.broken.add(name)
        return None
    if key in names.attributes:
        findings.add(codes.DUPLICATE_NAME, node.name.span, f"attribute `{key}` is declared twice in this control")
        return None
    type_ = parameter_type(findings, node.type)
    if type_ is None:
        names.broken.add(name)
        return None
    names.attributes[key] = type_
    return type_


def _attribute(
    session: Session, declared: Declared, node: ast.Attribute, type_: Type, names: ControlNames
) -> ir.Attribute | None:
    kind = ATTRIBUTE_KINDS[node.kind.text]
    key = f"{kind.name}.{node.name.text}"
    here = session.expressions(declared.module, names, Site(thing=kind, wording="in an attribute's default"))
    if node.default is None:
        message = f"attribute `{key}` has no default: nothing says what it is before a rule sets it"
        session.findings.add(
            codes.MISSING_DEFAULT, node.span, message, help=f"write `= {_plain(type_)}` behind the type"
        )
        return None
    default = here.typed(node.default, type_, f"attribute `{key}`")
    foreign = None
    if node.foreign is not None:
        foreign = here.typed(node.foreign, type_, f"attribute `{key}`")
    join = None if node.join is None else _join(session, node.join, type_)
    if default is None:
        return None
    return ir.Attribute(
        key=key, kind=kind, type=type_, default=default, foreign=foreign, join=join, span=node.name.span
    )


def _plain(type_: Type) -> str:
    if isinstance(type_, SetOf | Flags):
        return "{}"
    if isinstance(type_, Enumeration):
        return type_.members[0]
    return "false" if type_ == BOOL else "0" if type_ == INT else '""'


def _join(session: Session, node: ast.Name, type_: Type) -> str | None:
    name = node.text
    if name not in JOINS:
        message = f"no way to join two values is called `{name}`"
        way_out = nearest(name, JOINS) or f"there are {listed(JOINS, most=10)}"
        session.findings.add(codes.BAD_JOIN, node.span, message, help=way_out)
        return None
    fits = {
        "or": type_ == BOOL,
        "and": type_ == BOOL,
        "min": is_ordered(type_),
        "max": is_ordered(type_),
        "union": isinstance(type_, SetOf | Flags),
    }
    if not fits.get(name, True):
        works_on = {"or": "a bool", "and": "a bool", "union": "a set"}.get(name, "an int or an ordered enumeration")
        message = f"`{name}` joins values of {works_on}, and this is a `{type_}`"
        session.findings.add(codes.BAD_JOIN, node.span, message)
        return None
    return name
