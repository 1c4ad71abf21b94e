"""From declared namespaces to a tree of namespaces with their controls bound."""

from collections.abc import Iterator
from itertools import count

from rpds import HashTrieMap

from nslsm.controls.policy import DeclaredEntry, PolicyControl
from nslsm.language.check import ir
from nslsm.language.program.digest import control_digest
from nslsm.protocol.namespace import Binding, Namespace, NamespaceTree
from nslsm.protocol.things import NamespaceId


def namespace_tree(declaration: ir.Namespace) -> NamespaceTree:
    """The tree that a top-level ``namespace`` declares, its root numbered 0, the others in the order of the text."""
    tree = NamespaceTree(HashTrieMap())
    numbers = count()
    for namespace in _declared(declaration, None, numbers):
        tree = tree.with_namespace(namespace)
    return tree


def empty_tree(name: str = "root") -> NamespaceTree:
    """A tree of one namespace that binds nothing: transparent (Model M2.2)."""
    root = Namespace(id=0, name=name, parent=None, path=name, depth=0)
    return NamespaceTree(HashTrieMap({0: root}))


def _declared(
    declaration: ir.Namespace, parent: Namespace | None, numbers: Iterator[NamespaceId]
) -> Iterator[Namespace]:
    number = next(numbers)
    namespace = Namespace(
        id=number,
        name=declaration.name,
        parent=parent.id if parent else None,
        path=f"{parent.path}.{declaration.name}" if parent else declaration.name,
        depth=parent.depth + 1 if parent else 0,
        bindings=bindings(declaration.binds, maker=parent.id if parent else number),
        entry=DeclaredEntry(declaration.enters, declaration) if declaration.enters else None,
        sealed=declaration.sealed,
        lock=None if declaration.lock is None else frozenset(control_digest(each) for each in declaration.lock),
        limits=declaration.limits,
    )
    yield namespace
    for child in declaration.children:
        yield from _declared(child, namespace, numbers)


def bindings(binds: tuple[ir.Bind, ...], *, maker: NamespaceId) -> tuple[Binding, ...]:
    """The bindings that declarations or a policy ask for; ``maker`` is who bound them (Model M1, Binding)."""
    return tuple(
        Binding(name=bind.name, control=PolicyControl(bind.control, dict(bind.arguments)), mode=bind.mode, maker=maker)
        for bind in binds
    )
