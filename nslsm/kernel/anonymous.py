"""Descriptors of what has no name in any directory, as fs/anon_inodes.c makes them: BPF objects, rings, measurements."""

from nslsm.hooks.linux import Capability
from nslsm.hooks.types import Unknown
from nslsm.kernel.checks import capable
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.descriptors import describe, install, lowest_free
from nslsm.kernel.event import Outcome
from nslsm.kernel.process import Special
from nslsm.kernel.ternary import Truth, any_of
from nslsm.protocol.things import File, Identity


def anonymous_file(context: Context) -> Asking[None]:
    """``anon_inode_getfile``: an open file on the one inode that all of them share."""
    yield from context.routine("d_instantiate")
    yield from context.routine("file_alloc_security")


def file_of_its_own(context: Context, name: str) -> Asking[None]:
    """``anon_inode_getfile_secure``: an open file on an inode of its own, about which ``inode_init_security_anon`` is asked."""
    identity = Identity("file", f"{name.strip('[]')}:[{context.state.next_object}]")
    new = File("", identity, type="anonymous")
    yield from context.routine("inode_alloc_security", new)
    yield context.request("inode_init_security_anon", new, name=name)
    yield from anonymous_file(context)


def installed(context: Context, target: Special, *, close_on_exec: bool) -> Outcome:
    """The call is done, and its result is a descriptor of ``target``."""
    context.stops()
    state, description = describe(context.state, target, frozenset({"read", "write"}))
    number = lowest_free(context.table)
    if context.recorded is not None and context.recorded.result is not None:
        number = context.recorded.result
    state, rekeyed = install(state, context.thread.table, number, description, close_on_exec=close_on_exec)
    return context.done(state, number)._replace(rekeyed=rekeyed)


def either(context: Context, capability: Capability) -> Asking[Truth]:
    """``bpf_capable``, ``perfmon_capable``: the capability, or CAP_SYS_ADMIN, which had its power before Linux 5.8.

    In a replay the second is asked about where the set is known not to have the first.
    """
    first = yield from capable(context, capability, over=0)
    effective = context.task.credentials.effective
    lacks = context.recorded is not None and not isinstance(effective, Unknown) and capability not in effective
    if first is True and not lacks:
        return True
    second = yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)
    return second if lacks else any_of(first, second)
