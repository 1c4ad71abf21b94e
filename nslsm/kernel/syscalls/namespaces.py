"""Operations on security namespaces: made, entered, bound in, sealed, locked, held (Model M5).

Linux has none of these calls. Where the proposals or a call that is like them say an errno, that is the one; the docstrings
name the source. Each asks its hook along the caller's lineage, so that ancestors may refuse.
"""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import Unknown
from nslsm.kernel.checks import capable, require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import describe, install, lowest_free
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.lookup import opened
from nslsm.kernel.namespaces import bound, child_to_be, locked, move, sealed, with_namespace
from nslsm.kernel.operations.namespaces import (
    NamespaceBind,
    NamespaceEnter,
    NamespaceLock,
    NamespaceOpen,
    NamespaceSeal,
    NamespaceUnshare,
    SetSelfAttribute,
    Target,
)
from nslsm.kernel.operations.operation import Descriptor
from nslsm.kernel.process import Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.protocol.namespace import Binding, Demand, Namespace

HANDLE: Final = "lsm_namespace"
"""What a handle's description is called."""

DEMANDS: Final = {"clone_newlsm": "clone_demand", "unshare_newlsm": "unshare_demand"}
"""The attributes of lsm_set_self_attr that say what is to be made, and where they are kept."""


def unshare(context: Context, operation: NamespaceUnshare) -> Steps:
    """A child of the caller's namespace is made, its bindings are bound, the process moves in: all of it or nothing.

    EPERM without no_new_privs and CAP_MAC_ADMIN (Model M5.1): a set-uid program that is confined by whoever starts it is an
    attack on it. Then ``namespace_create``, ``namespace_bind`` for each binding, ``namespace_enter``.
    """
    yield from may_confine_itself(context)
    child = yield from make(context, operation.demand)
    yield context.request("namespace_enter", child.facts())
    state = with_namespace(context.state, child)
    return context.done(move(state, context.task.tgid, child.id), child.id)


def make(context: Context, demand: Demand) -> Asking[Namespace]:
    """The namespace that is to be made below the caller's own, with ``namespace_create`` and ``namespace_bind`` asked."""
    parent = context.state.namespaces[context.task.home]
    full = context.room(context.state.namespaces, parent.id)
    if full is not None:
        raise Refused(full, f"no further namespace has room below {parent.path}")
    child = child_to_be(context.state, parent, demand)
    yield context.request("namespace_create", parent.facts(), name=child.name)
    yield from _asks_to_bind(context, child, child.bindings)
    return child


def enter(context: Context, operation: NamespaceEnter) -> Steps:
    """The caller's process moves down into a descendant of its namespace, never up or sideways (Model M5.1).

    EPERM for a namespace elsewhere, and without no_new_privs and CAP_MAC_ADMIN, as for :func:`unshare`; EINVAL for the one
    that it is in already, as setns(2) has it for user namespaces.
    """
    target = _target(context, operation.target)
    if target.id == context.task.home:
        raise Refused(Errno.EINVAL, f"the process is in {target.path} already")
    _require_within(context, target, "is entered from above only")
    yield from may_confine_itself(context)
    yield context.request("namespace_enter", target.facts())
    return context.done(move(context.state, context.task.tgid, target.id))


def bind(context: Context, operation: NamespaceBind) -> Steps:
    """Controls are bound in the caller's namespace or below it, all or none; their maker is the caller's namespace.

    EPERM without CAP_MAC_ADMIN (ADR 0013), elsewhere, where the target is sealed, and for what a lock above shuts out; EEXIST
    where another control has the name; ENOSPC for a limit; ESTALE where ``sequence`` is not the target's.
    """
    target = _target(context, operation.target)
    _require_within(context, target, "is bound in from itself or above only")
    yield from _may_administrate(context)
    if operation.sequence is not None and operation.sequence != target.sequence:
        raise Refused(Errno.ESTALE, f"{target.path} has changed: it is at {target.sequence}, not {operation.sequence}")
    new, state = bound(context.state, target, operation.bindings, maker=context.task.home)
    yield from _asks_to_bind(context, target, new)
    return context.done(state, len(new))


def seal(context: Context, operation: NamespaceSeal) -> Steps:
    """A namespace's bindings, moves, limits and lock are final; sealing twice changes nothing (Model M5.3).

    EPERM without CAP_MAC_ADMIN (ADR 0013) and elsewhere.
    """
    target = _target(context, operation.target)
    _require_within(context, target, "is sealed from itself or above only")
    yield from _may_administrate(context)
    yield context.request("namespace_seal", target.facts())
    return context.done(sealed(context.state, target))


def lock(context: Context, operation: NamespaceLock) -> Steps:
    """Descendants may bind the given controls only; a lock that is there already is narrowed, never widened (Model M5.3).

    EPERM without CAP_MAC_ADMIN (ADR 0013), elsewhere, where the target is sealed, and where it would widen.
    """
    target = _target(context, operation.target)
    _require_within(context, target, "is locked from itself or above only")
    yield from _may_administrate(context)
    state = locked(context.state, target, operation.controls)
    yield context.request("namespace_lock", target.facts())
    return context.done(state)


def open_handle(context: Context, operation: NamespaceOpen) -> Steps:
    """A descriptor that stands for the caller's namespace or a descendant: ENOENT for any other, which it cannot see."""
    yield from ()
    namespace = context.state.namespaces.members.get(operation.target)
    if namespace is None or not context.state.namespaces.contains(context.task.home, namespace.id):
        raise Refused(Errno.ENOENT, "there is no such namespace in sight")
    handle = Special(HANDLE, namespace=namespace.id)
    state, description = describe(context.state, handle, frozenset({"path"}))
    table = context.thread.table
    number = lowest_free(state.tables[table])
    state, rekeyed = install(state, table, number, description, close_on_exec=True)
    return Outcome(state, number, rekeyed=rekeyed)


def set_self_attribute(context: Context, operation: SetSelfAttribute) -> Steps:
    """What the next clone(2) or unshare(2) with ``CLONE_NEWLSM`` is to make is kept, and nothing made yet.

    As the proposal of February 2026 has it: checks may come now, the namespace comes then, and exec(2) forgets it. EPERM as
    for :func:`unshare`; EOPNOTSUPP for an attribute that is none, as lsm_set_self_attr(2) has it.
    """
    field = DEMANDS.get(operation.attribute)
    if field is None:
        context.stops(Errno.ENOSYS, Errno.EFAULT, Errno.EINVAL)
        yield context.request("setselfattr", name=operation.attribute)
        if context.recorded is not None:
            return context.done()
        raise Refused(Errno.EOPNOTSUPP, f"no attribute is called `{operation.attribute[:80]}`")
    if operation.demand is not None:
        yield from may_confine_itself(context)
        child_to_be(context.state, context.state.namespaces[context.task.home], operation.demand)
    if field == "clone_demand":
        thread = replace(context.thread, clone_demand=operation.demand)
    else:
        thread = replace(context.thread, unshare_demand=operation.demand)
    return context.done(replace(context.state, threads=context.state.threads.insert(context.pid, thread)))


def may_confine_itself(context: Context) -> Asking[None]:
    """Only who cannot gain rights, or may administrate, puts itself under a policy of its own choice (Model M5.1)."""
    harmless = context.task.credentials.no_new_privs
    if harmless is True:
        return
    held = yield from capable(context, Capability.CAP_MAC_ADMIN)
    if held is not True:
        facts = {"subject.no_new_privs": harmless, "subject.effective": held}
        unknown = frozenset(name for name, value in facts.items() if isinstance(value, Unknown))
        reason = "a namespace is made or entered with no_new_privs or CAP_MAC_ADMIN only"
        raise Refused(Errno.EPERM, reason, unknown)


def _may_administrate(context: Context) -> Asking[None]:
    yield from require(
        context, Capability.CAP_MAC_ADMIN, Errno.EPERM, "namespaces with others in them are changed with CAP_MAC_ADMIN"
    )


def _target(context: Context, target: Target) -> Namespace:
    """The namespace that is meant: EBADF for a descriptor that is no handle, ENOENT for what is not in sight."""
    number = target
    if isinstance(target, Descriptor):
        found = opened(context, target).special
        if found is None or found.namespace is None:
            raise Refused(Errno.EBADF, f"descriptor {target.number} stands for no namespace")
        number = found.namespace
    assert isinstance(number, int)
    namespace = context.state.namespaces.members.get(number)
    if namespace is None:
        raise Refused(Errno.ENOENT, "there is no such namespace")
    return namespace


def _require_within(context: Context, target: Namespace, what: str) -> None:
    if not context.state.namespaces.contains(context.task.home, target.id):
        raise Refused(Errno.EPERM, f"{target.path} {what}")


def _asks_to_bind(context: Context, namespace: Namespace, bindings: tuple[Binding, ...]) -> Asking[None]:
    for binding in bindings:
        control, mode = binding.control.name, binding.mode.value
        yield context.request("namespace_bind", namespace.facts(), name=binding.name, control=control, mode=mode)


def demanded(context: Context, attribute: str) -> Demand:
    """What ``CLONE_NEWLSM`` is to make; EINVAL where nobody has said."""
    demand: Demand | None = getattr(context.thread, DEMANDS[attribute])
    if demand is None:
        raise Refused(Errno.EINVAL, f"nothing was asked for with `{attribute}`")
    return demand


def without_demands(state: State, pid: int) -> State:
    """The state in which a task has forgotten what it asked for."""
    thread = state.threads[pid]
    if thread.clone_demand is None and thread.unshare_demand is None:
        return state
    thread = replace(thread, clone_demand=None, unshare_demand=None)
    return replace(state, threads=state.threads.insert(pid, thread))


HANDLERS: Final = (
    handles(NamespaceUnshare, unshare),
    handles(NamespaceEnter, enter),
    handles(NamespaceBind, bind),
    handles(NamespaceSeal, seal),
    handles(NamespaceLock, lock),
    handles(NamespaceOpen, open_handle),
    handles(SetSelfAttribute, set_self_attribute),
)
