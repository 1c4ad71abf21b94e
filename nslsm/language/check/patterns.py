"""The globs of a program with the places where they are written and with what they are held against."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from nslsm.diagnostics.span import Span
from nslsm.hooks.types import PATH
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob, GlobError
from nslsm.language.check.glob_language import NAMES, PATHS, TEXTS, Shape, takes_none
from nslsm.language.check.operators import texts
from nslsm.language.check.types import path_fault
from nslsm.language.check.walk import nodes
from nslsm.language.check.whole import Whole
from nslsm.language.syntax import ast

MAX_LOOKED_AT: Final = 500
"""How many globs of one run are looked at whose automaton must be searched; of others nothing is said."""

_SPECIAL: Final = frozenset("[]{}\\")


class Patterns(NamedTuple):
    """Globs that something is matched with: where each is written, where all of them are, what the left side can be."""

    globs: Mapping[Glob, Span]
    span: Span
    shapes: tuple[Shape, ...]
    given: bool
    """Whether they are an argument of a control, or its default: then the rule says what it selects, and this from what."""


def patterns(whole: Whole) -> Iterator[Patterns]:
    """Every ``matches`` whose right side is known, and everything that a parameter with such a use is filled with."""
    for node, matches in whole.matched():
        if matches.globs is not None:
            written = _texts(node.right)
            places = {glob: written.get(glob.text, node.right.span) for glob in matches.globs}
            yield Patterns(places, node.right.span, shapes_of(matches.path), given=False)
    used = {name: _used(control) for name, control in whole.controls.items() if control.parameters}
    yield from _defaults(whole, used)
    for bind in _binds(whole):
        for name, value in bind.arguments:
            shapes = used.get(bind.control.name, {}).get(name)
            default = next((each.default for each in bind.control.parameters if each.name == name), None)
            if shapes is not None and value != default and isinstance(value, ir.Constant):
                yield from _given(value, bind.span, shapes)


def shapes_of(path: ir.Expr) -> tuple[Shape, ...]:
    """What the left side of a ``matches`` can be."""
    while isinstance(path, ir.Named):
        path = path.value
    if isinstance(path, ir.Builtin) and path.name == "basename":
        return (NAMES,)
    return PATHS if path.type == PATH else (TEXTS,)


class Budget:
    """Looks at globs until that takes too long."""

    def __init__(self) -> None:
        self._left = MAX_LOOKED_AT

    def takes_none(self, glob: Glob, shapes: tuple[Shape, ...]) -> bool:
        """Whether certainly nothing of these shapes matches."""
        if shapes is PATHS and _SPECIAL.isdisjoint(glob.text) and _is_met(glob.text):
            return False
        return TEXTS not in shapes and self.one() and takes_none(glob, shapes)

    def one(self) -> bool:
        """Whether one more may be looked at."""
        self._left -= 1
        return self._left >= 0


def _is_met(text: str) -> bool:
    """Whether a path is what comes of one letter in the place of every wildcard: then the glob takes that path."""
    path = text.replace("?", "a").replace("**", "*").replace("**", "*").replace("*", "a")
    return "**" not in path and path_fault(path) is None


def _used(control: ir.Control) -> dict[str, tuple[Shape, ...]]:
    """The parameters that something is matched with, and what that can be."""
    return {
        node.patterns.name: shapes_of(node.path)
        for node in nodes((control.rules, control.attributes))
        if isinstance(node, ir.Matches) and isinstance(node.patterns, ir.Parameter)
    }


def _defaults(whole: Whole, used: Mapping[str, Mapping[str, tuple[Shape, ...]]]) -> Iterator[Patterns]:
    for scope in whole.modules.values():
        for declared in scope.declarations():
            if not isinstance(declared.node, ast.Control) or declared.qualified not in used:
                continue
            for parameter in declared.node.parameters:
                shapes = used[declared.qualified].get(parameter.name.text)
                value = None if parameter.default is None else whole.meaning(parameter.default)
                if shapes is not None and parameter.default is not None and isinstance(value, ir.Constant):
                    yield from _given(value, parameter.default.span, shapes, _texts(parameter.default))


def _given(
    value: ir.Constant, span: Span, shapes: tuple[Shape, ...], written: Mapping[str, Span] | None = None
) -> Iterator[Patterns]:
    globs = {}
    for text in texts(value.value):
        with suppress(GlobError):  # reported where it is put in
            globs[Glob(text)] = (written or {}).get(text, span)
    yield Patterns(globs, span, shapes, given=True)


def _texts(node: ast.Expr) -> dict[str, Span]:
    """The texts that are written out below a node."""
    return {each.value: each.span for each in node.walk() if isinstance(each, ast.String)}


def _binds(whole: Whole) -> Iterator[ir.Bind]:
    for policy in whole.policies.values():
        yield from policy.binds
    pending = list(whole.namespaces.values())
    while pending:
        namespace = pending.pop()
        yield from namespace.binds
        pending.extend(namespace.children)
