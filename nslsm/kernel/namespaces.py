"""Security namespaces in a kernel: made within limits and locks, moved into (Model M5)."""

import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.kernel.copying import replace
from nslsm.kernel.lifetimes import held, released
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State, Usage
from nslsm.protocol.namespace import Binding, Demand, Limits, Mode, Namespace, NamespaceTree
from nslsm.protocol.things import Credentials, NamespaceId

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


def move(state: State, tgid: int, namespace: NamespaceId) -> State:
    """The state with all threads of a process in ``namespace``. Whether they may go there is decided before.

    The namespace that they leave ends where nothing else holds it.
    """
    process = state.processes.get(tgid)
    if process is not None:
        pids: tuple[int, ...] = process.threads
    else:
        pids = tuple(pid for pid in state.tasks if state.tasks[pid].tgid == tgid)
    moved: dict[Credentials, Credentials] = {}
    tasks = state.tasks
    for pid in pids:
        task = tasks[pid]
        if task.credentials not in moved:
            moved[task.credentials] = replace(task.credentials, namespace=namespace)
        tasks = tasks.insert(pid, replace(task, credentials=moved[task.credentials]))
    left = [state.tasks[pid].home for pid in pids]
    state = replace(state, tasks=tasks)
    for _ in pids:
        state = held(state, namespace)
    for home in left:
        state = released(state, home)
    return state


def child_to_be(state: State, parent: Namespace, demand: Demand) -> Namespace:
    """The namespace that lsm_unshare would make below ``parent``; Refused where names, locks or limits forbid it.

    EINVAL for what is no name, EEXIST for one that a sibling has or for two bindings of one name, EPERM for a control that a
    lock above shuts out, ENOSPC for a limit, which the reason names (Model M5.3, M5.4). Its bindings' maker is the namespace
    itself (Model M1, Binding). Its limits are its parent's, or less where less is asked for; whatever it uses counts against
    all above it too.
    """
    name = demand.name
    if _NAME.fullmatch(name) is None:
        raise Refused(Errno.EINVAL, f"`{name[:80]}` is no name for a namespace")
    if state.namespaces.child(parent.id, name) is not None:
        raise Refused(Errno.EEXIST, f"{parent.path} has a namespace called {name} already")
    identifier = state.next_namespace
    bindings = _distinct(replace(binding, maker=identifier) for binding in demand.bindings)
    _locks_allow(state.namespaces, parent.id, bindings)
    _limits_allow(state, parent, len(bindings))
    limits = _carved(parent, demand.limits)
    if len(bindings) > limits.bindings:
        raise Refused(Errno.ENOSPC, f"the limit `bindings` of {parent.path}.{name} would be {limits.bindings}")
    return Namespace(
        id=identifier,
        name=name,
        parent=parent.id,
        path=f"{parent.path}.{name}",
        depth=parent.depth + 1,
        bindings=bindings,
        entry=demand.entry,
        sealed=demand.sealed,
        lock=demand.lock,
        limits=limits,
    )


def _carved(parent: Namespace, wanted: Limits | None) -> Limits:
    """A child's limits: what is left of its parent's, or ``wanted``, which may be less (Model M5.4)."""
    left = replace(parent.limits, depth=max(0, parent.limits.depth - 1))
    if wanted is None:
        return left
    for part in fields(Limits):
        most, asked = getattr(left, part.name), getattr(wanted, part.name)
        if asked > most:
            raise Refused(Errno.ENOSPC, f"the limit `{part.name}` of {parent.path} leaves {most}, not {asked}")
        if asked < 0:
            raise Refused(Errno.EINVAL, f"a limit `{part.name}` of {asked} is none")
    return wanted


def bound(
    state: State, target: Namespace, bindings: Iterable[Binding], *, maker: NamespaceId
) -> tuple[tuple[Binding, ...], State]:
    """The bindings that are new or stricter than before, and the state with them; Refused where something forbids one.

    EPERM for a sealed namespace and for what a lock above shuts out, EEXIST for a name that another control has, ENOSPC for a
    limit. A control that is bound already stays, in the stricter mode, and was bound by whoever is nearer to the root.
    """
    _require_open(target)
    wanted = _distinct(replace(binding, maker=maker) for binding in bindings)
    if target.parent is not None:
        _locks_allow(state.namespaces, target.parent, wanted)
    by_name = {binding.name: binding for binding in target.bindings}
    changed = []
    for binding in wanted:
        known = by_name.get(binding.name)
        joined = binding if known is None else _together(state.namespaces, known, binding)
        if joined != known:
            by_name[binding.name] = joined
            changed.append(joined)
    added = len(by_name) - len(target.bindings)
    for above in state.namespaces.lineage(target.id):
        if usage_of(state, above.id).bindings + added > above.limits.bindings:
            raise Refused(Errno.ENOSPC, f"the limit `bindings` of {above.path} is {above.limits.bindings}")
    if not changed:
        return (), state
    usage = state.usage
    for above in state.namespaces.lineage(target.id):
        used = usage_of(state, above.id)
        usage = usage.insert(above.id, used._replace(bindings=used.bindings + added))
    after = _changed(replace(state, usage=usage), target, bindings=tuple(by_name.values()))
    return tuple(changed), after


def _together(tree: NamespaceTree, known: Binding, more: Binding) -> Binding:
    """Two bindings of one name as one (Model M5.7)."""
    if known.control.digest != more.control.digest:
        raise Refused(Errno.EEXIST, f"another control is bound as {known.name}")
    mode = Mode.ENFORCE if Mode.ENFORCE in (known.mode, more.mode) else known.mode
    makers = [maker for maker in (known.maker, more.maker) if maker in tree.members]
    maker = min(makers, key=lambda number: tree[number].depth, default=known.maker)
    return replace(known, mode=mode, maker=maker)


def sealed(state: State, target: Namespace) -> State:
    """The state with a namespace sealed."""
    return state if target.sealed else _changed(state, target, sealed=True)


def locked(state: State, target: Namespace, controls: frozenset[str]) -> State:
    """The state with a namespace's lock put on or narrowed; EPERM where it is sealed, or would be widened."""
    _require_open(target)
    if target.lock is not None and not controls <= target.lock:
        raise Refused(Errno.EPERM, f"the lock of {target.path} is narrowed, never widened")
    return state if controls == target.lock else _changed(state, target, lock=controls)


def exchanged(state: State, target: Namespace, bindings: Iterable[Binding], *, maker: NamespaceId) -> State:
    """The state with other bindings in the place of a namespace's own: what its owner does between two events (Model M5.7).

    What a binding of the same name has kept, the new one finds. Refused as :func:`bound` is.
    """
    _require_open(target)
    empty = replace(target, bindings=())
    usage = state.usage
    for above in state.namespaces.lineage(target.id):
        used = usage_of(state, above.id)
        usage = usage.insert(above.id, used._replace(bindings=used.bindings - len(target.bindings)))
    cleared = replace(state, usage=usage, namespaces=state.namespaces.with_namespace(empty))
    new, after = bound(cleared, empty, bindings, maker=maker)
    return after if new else _changed(cleared, empty)


def _require_open(target: Namespace) -> None:
    if target.sealed:
        raise Refused(Errno.EPERM, f"{target.path} is sealed")


def _changed(state: State, target: Namespace, **what: object) -> State:
    changed = replace(target, sequence=target.sequence + 1, **what)  # type: ignore[arg-type]
    return replace(state, namespaces=state.namespaces.with_namespace(changed))


def _distinct(bindings: Iterable[Binding]) -> tuple[Binding, ...]:
    """One binding for each name: the same control twice is one, and the stricter mode wins (Model M5.7)."""
    by_name: dict[str, Binding] = {}
    for binding in bindings:
        known = by_name.get(binding.name)
        if known is None:
            by_name[binding.name] = binding
        elif known.control.digest != binding.control.digest:
            raise Refused(Errno.EEXIST, f"two different controls are to be bound as {binding.name}")
        elif binding.mode is Mode.ENFORCE:
            by_name[binding.name] = binding
    return tuple(by_name.values())


def _locks_allow(tree: NamespaceTree, parent: NamespaceId, bindings: tuple[Binding, ...]) -> None:
    for above in tree.lineage(parent):
        for binding in bindings:
            if above.lock is not None and binding.control.origin not in above.lock:
                raise Refused(Errno.EPERM, f"{above.path} is locked: {binding.control.name} may not be bound below it")


def _limits_allow(state: State, parent: Namespace, bindings: int) -> None:
    for above in state.namespaces.lineage(parent.id):
        usage = usage_of(state, above.id)
        uses = (
            ("depth", parent.depth + 1 - above.depth, above.limits.depth),
            ("namespaces", usage.namespaces + 1, above.limits.namespaces),
            ("bindings", usage.bindings + bindings, above.limits.bindings),
        )
        for name, use, limit in uses:
            if use > limit:
                raise Refused(Errno.ENOSPC, f"the limit `{name}` of {above.path} is {limit}")


def usage_of(state: State, identifier: NamespaceId) -> Usage:
    """How much of its limits a namespace uses up."""
    known = state.usage.get(identifier)
    return _counted_once(state.namespaces, identifier) if known is None else known


_COUNTED: Final[dict[int, tuple[NamespaceTree, dict[NamespaceId, Usage]]]] = {}
"""Trees, which never change, to what was counted in them; a state says it only of those below which any was made since."""
_TREES: Final = 8


def _counted_once(tree: NamespaceTree, identifier: NamespaceId) -> Usage:
    known = _COUNTED.get(id(tree))
    if known is None:
        while len(_COUNTED) >= _TREES:
            _COUNTED.pop(next(iter(_COUNTED)), None)
        known = _COUNTED[id(tree)] = (tree, {})
    usage = known[1].get(identifier)
    if usage is None:
        usage = known[1][identifier] = _counted(tree, identifier)
    return usage


def _counted(tree: NamespaceTree, identifier: NamespaceId) -> Usage:
    namespaces, bindings = -1, 0
    pending = [identifier]
    while pending:
        number = pending.pop()
        namespaces += 1
        bindings += len(tree[number].bindings)
        pending.extend(tree.children.get(number, ()))
    return Usage(namespaces, bindings)


def with_namespace(state: State, namespace: Namespace) -> State:
    """The state with a namespace that was made."""
    usage = state.usage
    assert namespace.parent is not None
    for above in state.namespaces.lineage(namespace.parent):
        used = usage_of(state, above.id)
        usage = usage.insert(above.id, Usage(used.namespaces + 1, used.bindings + len(namespace.bindings)))
    return replace(
        state,
        namespaces=state.namespaces.with_namespace(namespace),
        usage=usage.insert(namespace.id, Usage(0, len(namespace.bindings))),
        holders=state.holders.insert(namespace.id, 0),
        next_namespace=max(state.next_namespace, namespace.id + 1),
    )
