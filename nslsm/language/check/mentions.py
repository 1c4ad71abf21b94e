"""Which names a module's text mentions: for rules that say that something is of no use, to be sure that nothing speaks of it.

Checking finds most uses by itself, as :attr:`nslsm.language.check.modules.ModuleScope.found`. It does not look behind a ``let``
that nothing reads, nor into the tests of a module that was only imported, nor at what a constant makes idle: the text does.
"""

from collections.abc import Iterator

from nslsm.language.check.modules import Declared, ModuleScope
from nslsm.language.check.things import dotted
from nslsm.language.check.whole import Whole
from nslsm.language.syntax import ast


def mentioned(roots: tuple[ast.Node, ...]) -> frozenset[tuple[str, ...]]:
    """The names that are mentioned below ``roots``, dotted as far as they go; annotations speak of other things."""
    found: set[tuple[str, ...]] = set()
    pending: list[ast.Node] = list(roots)
    while pending:
        node = pending.pop()
        match node:
            case ast.Annotation():
                continue
            case ast.Reference(name=name):
                found.add((name,))
            case ast.Dotted(parts=parts):
                found.add(parts)
            case ast.Member():
                whole = dotted(node)
                if whole is not None:
                    found.add(whole)
                    continue
        pending.extend(node.children())
    return frozenset(found)


def members(roots: tuple[ast.Node, ...]) -> frozenset[str]:
    """The names behind a dot below ``roots``, like ``clinician`` in ``subject.clinician``, except where a rule sets it."""
    found: set[str] = set()
    pending: list[ast.Node] = list(roots)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Assign):
            pending.append(node.value)
            continue
        if isinstance(node, ast.Member):
            found.add(node.name.text)
        pending.extend(node.children())
    return frozenset(found)


def control_nodes(whole: Whole) -> dict[str, ast.Control]:
    """What is written of each control, by qualified name."""
    declared = (each for scope in whole.modules.values() for each in scope.declarations())
    return {each.qualified: each.node for each in declared if isinstance(each.node, ast.Control)}


def final_modules(whole: Whole) -> Iterator[ModuleScope]:
    """The modules for which nothing else can have a use: they were asked for, declare namespaces, and nothing imports them.

    What a module declares is there for others to import. One that declares namespaces has its end in itself.
    """
    imported = {name for scope in whole.modules.values() for name in _imported(scope)}
    for name in whole.roots:
        scope = whole.modules.get(name)
        if scope is None or scope.loaded.tree is None:
            continue
        parts = name.split(".")
        above = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        declares = any(isinstance(item, ast.Namespace) for item in scope.loaded.tree.items)
        if declares and not any(each in imported for each in above):
            yield scope


def _imported(scope: ModuleScope) -> Iterator[str]:
    """The modules and folders that a module imports, and what it takes out of them by name, which may be a module again."""
    tree = scope.loaded.tree
    for node in () if tree is None else tree.imports:
        yield str(node.module)
        yield from (f"{node.module}.{name.text}" for name in node.names)


def unmentioned(scope: ModuleScope, kind: type[ast.Node]) -> list[Declared]:
    """What a module declares of some kind and never speaks of."""
    declared = [each for each in scope.declarations() if isinstance(each.node, kind) and each.name not in scope.found]
    if not declared or scope.loaded.tree is None:
        return []
    names = {parts[0] for parts in mentioned(scope.loaded.tree.items)}
    return [each for each in declared if each.name not in names]
