"""Whether two texts say the same, comments included: what a new layout is held to before it takes an old one's place."""

from dataclasses import fields

from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import parse


def says_the_same(text: str, other: str, source: str) -> bool:
    """Whether two texts have equal trees, write integers in the same bases, and have the same comments.

    Raises :class:`~nslsm.language.syntax.parse.SyntaxFailure` where one of them is no module.

    >>> says_the_same("let a=1 # why", "let a = 1  # why", "a"), says_the_same("let a = 8", "let a = 0o10", "a")
    (True, False)
    """
    one, two = parse(text, source), parse(other, source)
    if [comment.text for comment in one.comments] != [comment.text for comment in two.comments]:
        return False
    pending: list[tuple[ast.Node, ast.Node]] = [(one, two)]
    while pending:
        left, right = pending.pop()
        below = list(left.children()), list(right.children())
        if type(left) is not type(right) or len(below[0]) != len(below[1]) or _own(left) != _own(right):
            return False
        pending.extend(zip(*below, strict=True))
    return True


def _own(node: ast.Node) -> list[object]:
    """What a node says itself, without the nodes below it; iterative comparison needs no deep stack."""
    said: list[object] = []
    for part in fields(node):
        value: object = getattr(node, part.name)
        if part.name in {"span", "comments"}:
            continue
        if isinstance(value, ast.Node):
            said.append(part.name)
        elif isinstance(value, tuple):
            said.append((part.name, [None if isinstance(item, ast.Node) else item for item in value]))
        else:
            said.append(value)
    return said
