"""Types as they are written: ``int``, ``set of path``, ``enum (low, medium, high)``, ``socket_family``."""

from nslsm.hooks.types import GLOB, Enumeration, Flags, SetOf, Type
from nslsm.language.check import codes
from nslsm.language.check.findings import Findings, nearest
from nslsm.language.check.types import named_types
from nslsm.language.syntax import ast

TREE = "tree"
"""A table's key that answers for every path beneath it."""


def parameter_type(findings: Findings, node: ast.TypeName) -> Type | None:
    """The type of a parameter, an attribute or a table's value."""
    if node.element is not None:
        element = single_type(findings, node.element)
        return None if element is None else SetOf(element)
    return single_type(findings, node, flags=True)


def single_type(findings: Findings, node: ast.TypeName, *, flags: bool = False) -> Type | None:
    """A type whose values can stand in a set, or be a table's key."""
    if node.members:
        return _enumeration(findings, node)
    if node.element is not None:
        findings.add(codes.UNKNOWN_TYPE, node.span, "a set holds single values, no sets")
        return None
    found = named_types().get(node.name)
    if isinstance(found, Flags) and not flags:
        message = f"`{node.name}` is itself a set, of flags: it cannot be one value of a set, or a key"
        findings.add(codes.UNKNOWN_TYPE, node.span, message)
        return None
    if found is None:
        way_out = nearest(node.name, named_types().keys())
        if node.name in (TREE, GLOB.name):
            way_out = f"`{node.name}` is for the key of a table only"
        findings.add(codes.UNKNOWN_TYPE, node.span, f"no type is called `{node.name}`", help=way_out)
    return found


def _enumeration(findings: Findings, node: ast.TypeName) -> Type | None:
    names = [member.text for member in node.members]
    for place, member in enumerate(node.members):
        if member.text in names[:place]:
            findings.add(codes.DUPLICATE_NAME, member.span, f"`{member.text}` is a member of this enumeration twice")
            return None
    return Enumeration(f"enum ({', '.join(names)})", tuple(names), ordered=True)
