"""Words that say nothing and are left out: brackets around a single thing or a whole expression, and brackets around nothing.

Brackets that group operators stay, needed or not: they are the author's word to the reader. Of doubled ones, one pair stays.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from nslsm.language.syntax import ast

_OPERATORS: Final = (
    ast.And,
    ast.Or,
    ast.Not,
    ast.Compare,
    ast.Arithmetic,
    ast.Conditional,
    ast.Member,
    ast.Call,
    ast.Outcome,
)
"""What binds its parts, so that brackets around one may mean something."""

_SINGLE: Final = (
    ast.Boolean,
    ast.String,
    ast.AddressLiteral,
    ast.NetworkLiteral,
    ast.ErrnoLiteral,
    ast.Reference,
    ast.Member,
    ast.Call,
    ast.SetLiteral,
)
"""What needs no brackets anywhere; nor does an integer that is not negative."""

_EXPRESSIONS: Final = (*_OPERATORS[:-1], *_SINGLE, ast.Integer)


_BEFORE_EXPRESSION: Final = frozenset(
    (
        "and",
        "or",
        "not",
        "in",
        "has",
        "all",
        "any",
        "matches",
        "under",
        "if",
        "else",
        "when",
        "where",
        "foreign",
        "expect",
    )
) | {"unknown"}
"""Words that an expression may follow; behind any other word, an opening bracket calls it."""


def needless(module: ast.Module, words: Sequence[str], starts: Sequence[int]) -> set[int]:
    """The numbers of the words that are left out; a minus too, which is written with its number."""
    found: set[int] = set()
    suspects = [starts[number] for number in range(1, len(words)) if _is_suspect(words, number)]
    pending: list[ast.Node] = [module] if suspects else []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Integer):
            number = bisect_left(starts, node.span.start)
            if words[number] == "-":
                found.add(number)
            continue
        found.update(_around_nothing(node, words, starts))
        for child in node.children():
            if isinstance(child, _EXPRESSIONS):
                found.update(_around(node, child, words, starts))
            suspect = bisect_left(suspects, child.span.start)
            if suspect < len(suspects) and suspects[suspect] < child.span.end:
                pending.append(child)
    return found


def _is_suspect(words: Sequence[str], number: int) -> bool:
    """Whether a word may be one to be left out, by the words beside it."""
    word = words[number]
    if word == "-":
        return words[number + 1][:1].isdigit()
    if word == "(":
        before = words[number - 1]
        return (
            words[number + 1] == ")"
            or before in _BEFORE_EXPRESSION
            or not (before[-1:].isalnum() or before[-1:] == "_")
        )
    return word == "{" and words[number + 1] == "}"


def _around(node: ast.Node, child: ast.Node, words: Sequence[str], starts: Sequence[int]) -> Iterator[int]:
    """The brackets around part of a node that are needless."""
    first = bisect_left(starts, child.span.start)
    if words[first - 1] != "(" or isinstance(node, ast.AnnotationArgument):
        return
    behind = bisect_left(starts, child.span.end)
    pairs = 0
    while pairs < first and words[first - 1 - pairs] == "(" and words[behind + pairs] == ")":
        pairs += 1
    if isinstance(node, ast.Call) and len(node.arguments) == 1 and child is node.arguments[0]:
        pairs -= 1  # the call's own
    is_argument = isinstance(node, ast.Call) and child is not node.function
    is_single = isinstance(child, _SINGLE) or (isinstance(child, ast.Integer) and child.value >= 0)
    kept = int(isinstance(node, _OPERATORS) and not is_argument and not is_single)
    for pair in range(kept, pairs):
        yield first - 1 - pair
        yield behind + pair


def _around_nothing(node: ast.Node, words: Sequence[str], starts: Sequence[int]) -> Iterator[int]:
    """The brackets where something takes or is given nothing."""
    match node:
        case ast.Control(parameters=()) | ast.Policy(parameters=()) | ast.Annotation(arguments=()):
            named: ast.Node = node.name
        case ast.Use(arguments=()):
            named = node.target
        case ast.FileStep(facts=()):
            named = node.path
        case ast.TaskStep(facts=()):
            named = node.namespace
        case _:
            return
    behind = bisect_left(starts, named.span.end)
    if words[behind : behind + 2] in (["(", ")"], ["{", "}"]) and (words[behind] == "(" or isinstance(node, ast.Step)):
        yield behind
        yield behind + 1
