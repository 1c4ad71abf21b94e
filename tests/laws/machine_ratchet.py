"""L9 along the courses of the random machine, and the kernel's invariants: what only ever tightens, and what stays true."""

from dataclasses import fields, replace
from random import Random

from nslsm.kernel.state import State
from nslsm.protocol.namespace import Binding, Limits, Mode, Namespace, NamespaceTree
from tests.kernel.test_invariants import sound
from tests.laws.machine import Exchange, Passage


def ratchet(passage: Passage, chance: Random) -> None:
    """L9: seals and locks only tighten, limits never widen, what is bound stays bound, and nobody gets out."""
    del chance
    event, _, after = passage
    before = event.state
    if after.namespaces is not before.namespaces:
        _only_tighter(before.namespaces, after.namespaces)
        for number, namespace in after.namespaces.members.items():
            if number not in before.namespaces.members:
                _made_within(after.namespaces, namespace)
            else:
                _bound_within(before.namespaces, namespace, event.home)
    if after.tasks is not before.tasks:
        _nobody_out(before, after, event.home)


def _only_tighter(before: NamespaceTree, after: NamespaceTree) -> None:
    for number, old in before.members.items():
        new = after.members.get(number)
        if new is None or new is old:
            continue
        assert (new.parent, new.path, new.depth) == (old.parent, old.path, old.depth)
        assert new.sequence > old.sequence, f"{old.path} has changed, and has the same sequence number"
        assert new.sealed or not old.sealed, f"{old.path} was sealed"
        if old.sealed:
            assert replace(new, sequence=0) == replace(old, sequence=0), f"{old.path} is sealed, and has changed"
        assert old.lock is None or (new.lock is not None and new.lock <= old.lock), f"{old.path}: the lock is wider"
        _no_wider(new.limits, old.limits, old.path)
        assert new.entry is old.entry
        bound = {each.name: each for each in new.bindings}
        for each in old.bindings:
            kept = bound.get(each.name)
            assert kept is not None, f"{each.name} is gone from {old.path}"
            assert kept.control == each.control
            assert kept.mode is Mode.ENFORCE or each.mode is Mode.COMPLAIN, f"{each.name} does not enforce any more"
            if each.maker in before.members and kept.maker != each.maker:
                assert before[kept.maker].depth < before[each.maker].depth, f"{each.name}: the maker is farther down"


def _no_wider(new: Limits, old: Limits, path: str) -> None:
    for part in fields(Limits):
        assert getattr(new, part.name) <= getattr(old, part.name), f"{path}: the limit {part.name} is wider"


def _made_within(tree: NamespaceTree, made: Namespace) -> None:
    """A new namespace is as its parents' limits and locks say."""
    assert made.parent is not None
    parent = tree[made.parent]
    _no_wider(made.limits, replace(parent.limits, depth=max(0, parent.limits.depth - 1)), made.path)
    assert all(each.maker == made.id for each in made.bindings)
    _locks_hold(tree, made.parent, made.bindings)


def _bound_within(before: NamespaceTree, now: Namespace, home: int) -> None:
    """What is bound anew is what the locks above let through, where the caller may bind, in the caller's name."""
    old = before[now.id]
    known = {each.name for each in old.bindings}
    added = tuple(each for each in now.bindings if each.name not in known)
    if now != old:
        assert before.contains(home, now.id), f"{now.path} was changed from outside"
    if added and now.parent is not None:
        _locks_hold(before, now.parent, added)
    assert all(each.maker == home for each in added)


def _locks_hold(tree: NamespaceTree, parent: int, bindings: tuple[Binding, ...]) -> None:
    for above in tree.lineage(parent):
        for each in bindings:
            allowed = above.lock is None or each.control.origin in above.lock
            assert allowed, f"{each.name} was bound below {above.path}, which is locked"


def _nobody_out(before: State, after: State, home: int) -> None:
    tree = after.namespaces
    for pid, task in after.tasks.items():
        known = before.tasks.get(pid)
        was = home if known is None else known.home
        assert was == task.home or was in [each.id for each in tree.lineage(task.home)], (
            f"task {pid} was in {was}, and is in {task.home}"
        )
    for process in after.processes.values():
        homes = {after.tasks[pid].home for pid in process.threads}
        assert len(homes) <= 1, f"threads of {process.tgid} are in {homes}"


def owner_ratchet(before: State, exchange: Exchange) -> None:
    """L9 and the kernel's invariants, where the owner exchanges a policy: a sealed namespace stays as it is."""
    old, new = before.namespaces[exchange.namespace], exchange.after.namespaces[exchange.namespace]
    if old.sealed:
        assert exchange.after is before
    if exchange.refused:
        return
    assert (new.lock, new.limits, new.sealed, new.entry) == (old.lock, old.limits, old.sealed, old.entry)
    assert new.sequence > old.sequence
    if new.parent is not None:
        _locks_hold(before.namespaces, new.parent, new.bindings)
    sound(exchange.after)


def invariants(passage: Passage, chance: Random) -> None:
    """The kernel's state does not contradict itself: lifetimes, usage, links, descriptors."""
    del chance
    if passage.after is not passage.event.state:
        sound(passage.after)
