"""Random namespaces without what keeps rows apart: controls in Python, things that are compared, effects, moves."""

from dataclasses import replace

from rpds import HashTrieMap

from nslsm.columns.reach import reach_of
from nslsm.controls.policy import PolicyControl
from nslsm.language.check import ir
from nslsm.protocol.namespace import Binding, Namespace, NamespaceTree


def thinned(tree: NamespaceTree, *, lasting: bool) -> NamespaceTree:
    """The tree with what is left of its controls; ``lasting``: effects and moves are."""
    found = tree
    for number in sorted(tree.members):
        namespace = tree[number]
        bound = [_thinned(each, lasting=lasting) for each in namespace.bindings]
        kept = tuple(each for each in bound if each is not None)
        without = replace(namespace, bindings=kept, entry=None)
        moving = replace(without, entry=namespace.entry) if lasting else without
        found = found.with_namespace(without if _compares(moving) else moving)
    return found


def _thinned(binding: Binding, *, lasting: bool) -> Binding | None:
    if not isinstance(binding.control, PolicyControl):
        return None
    program = binding.control.program
    rules = [
        rule
        for rule in program.rules
        if (lasting or not isinstance(rule, ir.Effect)) and not _compares(_bound(binding, program, (rule,)))
    ]
    found = replace(binding, control=PolicyControl(replace(program, rules=tuple(rules))))
    return None if _compares(_bound(binding, program, ())) else found


def _bound(binding: Binding, program: ir.Control, rules: tuple[ir.Rule, ...]) -> Namespace:
    control = PolicyControl(replace(program, rules=rules))
    return Namespace(id=0, name="n", parent=None, path="n", depth=0, bindings=(replace(binding, control=control),))


def _compares(namespace: Namespace) -> bool:
    """Whether it matters which thing it is that a row is about."""
    return reach_of(NamespaceTree(HashTrieMap({0: replace(namespace, id=0, parent=None)}))).identities
