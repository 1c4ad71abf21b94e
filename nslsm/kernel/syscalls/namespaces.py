"""Security namespaces made by a process for itself: ``lsm_unshare`` (Model M5.1)."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import Unknown
from nslsm.kernel.checks import capable
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.event import Steps
from nslsm.kernel.namespaces import child_to_be, move, with_namespace
from nslsm.kernel.operations.namespaces import NamespaceUnshare
from nslsm.kernel.refusal import Refused
from nslsm.kernel.syscalls.handler import handles


def unshare(context: Context, operation: NamespaceUnshare) -> Steps:
    """A child of the caller's namespace is made, its bindings are bound, the process moves in: all of it or nothing.

    EPERM without no_new_privs and CAP_MAC_ADMIN: a set-uid program that is confined by whoever starts it is an attack on it.
    Then ``namespace_create``, ``namespace_bind`` for each binding, ``namespace_enter``, along the caller's lineage.
    """
    yield from _may_unshare(context)
    parent = context.state.namespaces[context.task.home]
    child = child_to_be(
        context.state,
        parent,
        operation.name,
        operation.bindings,
        entry=operation.entry,
        sealed=operation.sealed,
        lock=operation.lock,
    )
    yield context.request("namespace_create", parent.facts(), name=child.name)
    for binding in child.bindings:
        control, mode = binding.control.name, binding.mode.value
        yield context.request("namespace_bind", child.facts(), name=binding.name, control=control, mode=mode)
    yield context.request("namespace_enter", child.facts())
    state = with_namespace(context.state, child)
    return context.done(move(state, context.task.tgid, child.id), child.id)


def _may_unshare(context: Context) -> Asking[None]:
    harmless = context.task.credentials.no_new_privs
    if harmless is True:
        return
    held = yield from capable(context, Capability.CAP_MAC_ADMIN)
    if held is not True:
        facts = {"subject.no_new_privs": harmless, "subject.effective": held}
        unknown = frozenset(name for name, value in facts.items() if isinstance(value, Unknown))
        reason = "a namespace is made with no_new_privs or CAP_MAC_ADMIN only"
        raise Refused(Errno.EPERM, reason, unknown)


HANDLERS: Final = (handles(NamespaceUnshare, unshare),)
