"""Comparisons: what may be held against what. There is no implicit conversion."""

from typing import TYPE_CHECKING

from nslsm.hooks.types import ADDRESS, BOOL, NETWORK, PATH, STRING, Enumeration, Kind, SetOf, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.glob import Glob, GlobError
from nslsm.language.check.operators import texts
from nslsm.language.check.types import TEXTS, article, element_of, is_ordered
from nslsm.language.syntax import ast
from nslsm.protocol.things import Value

if TYPE_CHECKING:
    from nslsm.language.check.expressions import Expressions


def comparison(here: "Expressions", node: ast.Compare) -> ir.Expr | None:
    """``left OP right``, a truth."""
    match node.operator:
        case "==" | "!=":
            return _equality(here, node)
        case "<" | "<=" | ">" | ">=":
            return _order(here, node)
        case "in" | "not in":
            return _membership(here, node, node.right, node.left)
        case "has":
            return _membership(here, node, node.left, node.right)
        case "has all" | "has any":
            return _inclusion(here, node)
        case "matches":
            return _matches(here, node)
        case "under":
            return _under(here, node)
    raise AssertionError(node.operator)


def _equality(here: "Expressions", node: ast.Compare) -> ir.Expr | None:
    left, right = here.pair(node.left, node.right)
    if left is None or right is None:
        return None
    if isinstance(left.type, Kind) and isinstance(right.type, Kind):
        here.findings.add(
            codes.NOT_COMPARABLE,
            node.span,
            "things are not compared, only what is known of them",
            help="ask a fact: `subject.same_process_as(object)`, or compare `inode` and `device`",
        )
        return None
    if left.type != right.type:
        message = f"{article(left.type)} is never equal to {article(right.type)}"
        here.mismatch(node.span, message, left.type, right.type)
        return None
    return ir.Compare(node.operator, left, right, BOOL)


def _order(here: "Expressions", node: ast.Compare) -> ir.Expr | None:
    left, right = here.pair(node.left, node.right)
    if left is None or right is None:
        return None
    for operand, checked in ((node.left, left), (node.right, right)):
        if not is_ordered(checked.type):
            help_ = "ask for elements with `has all`" if element_of(checked.type) is not None else None
            message = (
                f"`{node.operator}` compares integers and ordered enumerations, and this is {article(checked.type)}"
            )
            here.findings.add(codes.NOT_ORDERED, operand.span, message, help=help_)
            return None
    if left.type != right.type:
        message = f"`{node.operator}` between {article(left.type)} and {article(right.type)}"
        here.mismatch(node.span, message, left.type, right.type)
        return None
    members = left.type.members if isinstance(left.type, Enumeration) else ()
    return ir.Compare(node.operator, left, right, BOOL, members)


def _membership(here: "Expressions", node: ast.Compare, whole: ast.Expr, part: ast.Expr) -> ir.Expr | None:
    """``part in whole`` or ``whole has part``, whichever was written."""
    if here.vagueness(part) < here.vagueness(whole):
        element = here.check(part)
        wanted = None if element is None or element.type == ADDRESS else SetOf(element.type)
        container = None if element is None else here.check(whole, wanted)
    else:
        container = here.check(whole)
        element = None if container is None else here.check(part, element_of(container.type) or _single(container.type))
    if container is None or element is None:
        return None
    inside = element_of(container.type)
    by_address = element.type == ADDRESS and node.operator != "has"
    if by_address and NETWORK in (container.type, inside):
        inside = ADDRESS
    if inside is None:
        message = f"`{node.operator}` asks a set, and this is {article(container.type)}"
        here.findings.add(codes.NOT_A_SET, whole.span, message, help=_text_help(container.type))
        return None
    if inside != element.type:
        message = f"{article(container.type)} never holds {article(element.type)}"
        here.mismatch(part.span, message, inside, element.type)
        return None
    left, right = (container, element) if node.operator == "has" else (element, container)
    return ir.Compare(node.operator, left, right, BOOL)


def _single(type_: Type) -> Type | None:
    return ADDRESS if type_ == NETWORK else None


def _text_help(type_: Type) -> str | None:
    return "hold text against a glob with `matches`" if type_ in TEXTS else None


def _inclusion(here: "Expressions", node: ast.Compare) -> ir.Expr | None:
    left, right = here.pair(node.left, node.right)
    if left is None or right is None:
        return None
    for operand, checked in ((node.left, left), (node.right, right)):
        if element_of(checked.type) is None:
            help_ = "ask for one element with `has`" if operand is node.right else None
            message = f"`{node.operator}` compares sets, and this is {article(checked.type)}"
            here.findings.add(codes.NOT_A_SET, operand.span, message, help=help_)
            return None
    if left.type != right.type:
        message = f"`{node.operator}` between {article(left.type)} and {article(right.type)}"
        here.mismatch(node.span, message, left.type, right.type)
        return None
    return ir.Compare(node.operator, left, right, BOOL)


def _matches(here: "Expressions", node: ast.Compare) -> ir.Expr | None:
    path = here.check(node.left)
    patterns = here.check(node.right, STRING)
    if path is not None and path.type not in TEXTS:
        message = f"a path or a string matches a glob, and this is {article(path.type)}"
        here.findings.add(codes.TYPE_MISMATCH, node.left.span, message)
        path = None
    if patterns is None:
        return None
    if patterns.type not in TEXTS and element_of(patterns.type) not in TEXTS:
        message = f"a glob is text, or a set of texts, and this is {article(patterns.type)}"
        here.findings.add(codes.TYPE_MISMATCH, node.right.span, message)
        return None
    if not _constant(here, patterns, node) or path is None:
        return None
    globs = None
    if isinstance(patterns, ir.Constant):
        globs = compiled(here, patterns.value, node.right)
        if globs is None:
            return None
    found = ir.Matches(path, patterns, globs, BOOL)
    here.lets.matched.append((node, found))
    return found


def compiled(here: "Expressions", patterns: Value, node: ast.Expr) -> tuple[Glob, ...] | None:
    """The globs, or None where one of them cannot be read, which is reported at the text that says it."""
    found = []
    for text in texts(patterns):
        try:
            found.append(Glob(text))
        except GlobError as error:
            span = next(
                (each.span for each in node.walk() if isinstance(each, ast.String) and each.value == text), node.span
            )
            here.findings.add(codes.BAD_GLOB, span, f"no glob is `{text}`: {error.message}")
    return tuple(found) if len(found) == len(texts(patterns)) else None


def _under(here: "Expressions", node: ast.Compare) -> ir.Expr | None:
    path = here.check(node.left, PATH)
    right_hint = SetOf(PATH) if isinstance(node.right, ast.SetLiteral) else PATH
    directories = here.check(node.right, right_hint)
    sound = here.agrees(path, PATH, node.left.span, "what is `under` a directory")
    if directories is None:
        return None
    if directories.type != PATH and element_of(directories.type) != PATH:
        message = f"a directory is a path, or one of a set of paths, and this is {article(directories.type)}"
        here.mismatch(node.right.span, message, PATH, directories.type)
        return None
    if not _constant(here, directories, node) or not sound or path is None:
        return None
    if isinstance(directories, ir.Constant) and "" in texts(directories.value):
        message = "a directory has a name: everything would be under the empty one"
        here.findings.add(codes.BAD_PATH, node.right.span, message)
        return None
    return ir.Under(path, directories, BOOL)


def _constant(here: "Expressions", right: ir.Expr, node: ast.Compare) -> bool:
    """Whether the right side is constant once parameters are filled in; the contrary is reported."""
    if here.is_settled(right):
        return True
    message = (
        f"the right side of `{node.operator}` reads the request; it must be constant once parameters are filled in"
    )
    here.findings.add(codes.NOT_CONSTANT, node.right.span, message)
    return False
