"""Literals and sets: a text is a path where a path is expected, an empty set is of what is expected."""

from typing import TYPE_CHECKING

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import ADDRESS, BOOL, ERRNO, INT, NETWORK, PATH, STRING, Flags, Kind, SetOf, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.findings import Findings, nearest
from nslsm.language.check.types import INT_MAX, INT_MIN, article, element_of, path_fault
from nslsm.language.syntax import ast
from nslsm.language.syntax.codes import NUMBER_RANGE, UNKNOWN_ERRNO

if TYPE_CHECKING:
    from nslsm.language.check.expressions import Expressions


def literal(here: "Expressions", node: ast.Expr, hint: Type | None) -> ir.Expr | None:
    """What is written out; nothing where that is wrong and was reported."""
    if node.span in here.module.loaded.faults:
        return None
    match node:
        case ast.Boolean():
            return ir.Constant(node.value, BOOL)
        case ast.Integer():
            return _integer(here, node)
        case ast.String():
            return _path(here, node) if hint == PATH else ir.Constant(node.value, STRING)
        case ast.AddressLiteral():
            return ir.Constant(node.value, ADDRESS)
        case ast.NetworkLiteral():
            return ir.Constant(node.value, NETWORK)
        case ast.ErrnoLiteral():
            errno = errno_of(here.findings, node)
            return None if errno is None else ir.Constant(errno, ERRNO)
    raise AssertionError(node)


def _integer(here: "Expressions", node: ast.Integer) -> ir.Expr | None:
    if INT_MIN <= node.value <= INT_MAX:
        return ir.Constant(node.value, INT)
    here.findings.add(NUMBER_RANGE, node.span, "integers have 64 bits, and this one has more")
    return None


def _path(here: "Expressions", node: ast.String) -> ir.Expr | None:
    fault = path_fault(node.value)
    if fault is None:
        return ir.Constant(node.value, PATH)
    here.findings.add(codes.BAD_PATH, node.span, f'no path is "{node.value}"', help=fault)
    return None


def errno_of(findings: Findings, node: ast.ErrnoLiteral) -> Errno | None:
    """The errno of that name; one that Linux does not have is reported."""
    found = Errno.__members__.get(node.name)
    if found is None:
        way_out = nearest(node.name, Errno.__members__.keys())
        findings.add(UNKNOWN_ERRNO, node.span, f"no errno is called `{node.name}`", help=way_out)
    return found


def set_literal(here: "Expressions", node: ast.SetLiteral, hint: Type | None) -> ir.Expr | None:
    """``{a, b}``: a set of one type, or flags where flags are expected."""
    wanted = None if hint is None else element_of(hint)
    if not node.elements:
        if hint is None:
            here.findings.add(codes.UNTYPED_SET, node.span, "nothing tells what this empty set is a set of")
            return None
        if wanted is None:
            message = f"{article(hint)} is expected here, and this is an empty set"
            here.findings.add(codes.TYPE_MISMATCH, node.span, message)
            return None
        return ir.Constant(frozenset(), hint)
    checked = _elements(here, node, wanted)
    if checked is None:
        return None
    type_ = checked[0].type
    if isinstance(type_, SetOf | Flags | Kind):
        here.findings.add(codes.TYPE_MISMATCH, node.span, f"a set cannot hold {article(type_)}")
        return None
    values = [element.value for element in checked if isinstance(element, ir.Constant)]
    if len(values) == len(checked):
        whole = hint if isinstance(hint, Flags) and type_ == wanted else SetOf(type_)
        return ir.Constant(frozenset(values), whole)
    return ir.SetOfParts(tuple(checked), SetOf(type_))


def _elements(here: "Expressions", node: ast.SetLiteral, wanted: Type | None) -> list[ir.Expr] | None:
    """The elements, all of one type: of the one that is wanted, or of the one whose type shows first."""
    elements = list(node.elements)
    lead = 0 if wanted else min(range(len(elements)), key=lambda place: here.vagueness(elements[place]))
    leader = here.check(elements[lead], wanted)
    if leader is None and wanted is None:
        return None
    type_ = wanted if leader is None else leader.type
    checked = [leader if place == lead else here.check(element, type_) for place, element in enumerate(elements)]
    sound = True
    for element, each in zip(elements, checked, strict=True):
        if each is not None and each.type != type_ and type_ is not None:
            message = f"a set holds values of one type: this is {article(each.type)} among values of type `{type_}`"
            here.mismatch(element.span, message, type_, each.type)
            sound = False
    found = [each for each in checked if each is not None]
    return found if sound and len(found) == len(elements) else None
