"""Security namespaces in a kernel: made within limits and locks, moved into (Model M5)."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State, Usage
from nslsm.protocol.namespace import Binding, Entry, Limits, Mode, Namespace, NamespaceTree
from nslsm.protocol.things import Credentials, NamespaceId

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


def move(state: State, tgid: int, namespace: NamespaceId) -> State:
    """The state with all threads of a process in ``namespace``. Whether they may go there is decided before."""
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
    return replace(state, tasks=tasks)


def child_to_be(
    state: State,
    parent: Namespace,
    name: str,
    bindings: Iterable[Binding] = (),
    *,
    entry: Entry | None = None,
    sealed: bool = False,
    lock: frozenset[str] | None = None,
) -> Namespace:
    """The namespace that lsm_unshare would make below ``parent``; Refused where names, locks or limits forbid it.

    EINVAL for what is no name, EEXIST for one that a sibling has or for two bindings of one name, EPERM for a control that a
    lock above shuts out, ENOSPC for a limit, which the reason names (Model M5.3, M5.4). Its bindings' maker is the namespace
    itself (Model M1, Binding); its limits are what is left of its parent's.
    """
    if _NAME.fullmatch(name) is None:
        raise Refused(Errno.EINVAL, f"`{name[:80]}` is no name for a namespace")
    if state.namespaces.child(parent.id, name) is not None:
        raise Refused(Errno.EEXIST, f"{parent.path} has a namespace called {name} already")
    identifier = state.next_namespace
    bound = _distinct(replace(binding, maker=identifier) for binding in bindings)
    _locks_allow(state.namespaces, parent, bound)
    _limits_allow(state, parent, len(bound))
    limits: Limits = replace(parent.limits, depth=parent.limits.depth - 1)
    return Namespace(
        id=identifier,
        name=name,
        parent=parent.id,
        path=f"{parent.path}.{name}",
        depth=parent.depth + 1,
        bindings=bound,
        entry=entry,
        sealed=sealed,
        lock=lock,
        limits=limits,
    )


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


def _locks_allow(tree: NamespaceTree, parent: Namespace, bindings: tuple[Binding, ...]) -> None:
    for above in tree.lineage(parent.id):
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
    return _counted(state.namespaces, identifier) if known is None else known


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
        next_namespace=max(state.next_namespace, namespace.id + 1),
    )
