"""Rings of calls, after io_uring/io_uring.c; rulesets of Landlock, after security/landlock/syscalls.c.

The calls that a ring submits are not seen here, for a trace does not show them: their hooks are missing, not granted.
"""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import Unknown
from nslsm.kernel.anonymous import anonymous_file, file_of_its_own, installed
from nslsm.kernel.checks import capable
from nslsm.kernel.context import Context
from nslsm.kernel.copying import replace
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import opened
from nslsm.kernel.operations.rings import EnterRing, MakeRuleset, RegisterRing, RestrictSelf, SetUpRing
from nslsm.kernel.process import Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.syscalls.handler import handles

RING: Final = "io_uring"
RULESET: Final = "landlock-ruleset"
"""What the kernel calls their descriptors."""


def set_up(context: Context, operation: SetUpRing) -> Steps:
    """``io_uring_setup``: may there be rings, CAP_IPC_LOCK (without it memory counts), the polling thread, the descriptor."""
    context.stops(Errno.EINVAL, Errno.EFAULT, Errno.ENOSYS)
    yield context.request("uring_allowed")
    if context.since("6.12"):
        context.stops(Errno.EPERM)
    yield from capable(context, Capability.CAP_IPC_LOCK, noaudit=True, over=0)
    if operation.polls is True:
        yield context.request("uring_sqpoll")
        context.stops(Errno.EPERM)
        yield from context.routine("task_alloc")
    context.stops(Errno.ENOMEM)
    yield from file_of_its_own(context, f"[{RING}]")
    return installed(context, Special(RING), close_on_exec=True)


def enter(context: Context, operation: EnterRing) -> Steps:
    """``sys_io_uring_enter``: ``uring_override_creds`` for a call with registered credentials (``io_init_req``)."""
    ring = opened(context, operation.descriptor)
    context.stops(Errno.EBADF, Errno.EOPNOTSUPP)
    kept = () if ring.special is None else ring.special.personalities
    if 0 < operation.personality <= len(kept):
        yield context.request("uring_override_creds", kept[operation.personality - 1])
    return context.done()


def register(context: Context, operation: RegisterRing) -> Steps:
    """``sys_io_uring_register``: nothing is asked, not for credentials either, which are kept (``io_register_personality``)."""
    yield from ()
    ring = opened(context, operation.descriptor)
    context.stops()
    if operation.opcode != "register_personality" or ring.special is None or ring.description is None:
        return context.done()
    kept = (*ring.special.personalities, context.task.credentials)
    known = context.state.descriptions[ring.description]
    changed = replace(known, target=ring.special._replace(personalities=kept))
    state = replace(context.state, descriptions=context.state.descriptions.insert(ring.description, changed))
    return context.done(state, len(kept))


def make_ruleset(context: Context, operation: MakeRuleset) -> Steps:
    """``sys_landlock_create_ruleset``: nothing is asked."""
    context.stops()
    if operation.asks:
        return context.done()
    yield from anonymous_file(context)
    return installed(context, Special(RULESET), close_on_exec=True)


def restrict(context: Context, operation: RestrictSelf) -> Steps:
    """``sys_landlock_restrict_self``: no_new_privs, or CAP_SYS_ADMIN in the caller's user namespace; EPERM."""
    bound = context.task.credentials.no_new_privs
    if bound is False or (
        isinstance(bound, Unknown) and (context.recorded is None or context.failed_with(Errno.EPERM))
    ):
        held = yield from capable(context, Capability.CAP_SYS_ADMIN, noaudit=True)
        if held is not True:
            uncertain = isinstance(bound, Unknown) or isinstance(held, Unknown)
            unknown = frozenset({"subject.no_new_privs"}) if uncertain else frozenset[str]()
            raise Refused(Errno.EPERM, "only with no_new_privs, or CAP_SYS_ADMIN", unknown)
    context.stops(Errno.EPERM, Errno.EINVAL)
    opened(context, operation.descriptor)
    context.stops(Errno.EBADF, Errno.EBADFD)
    yield from context.routine("cred_prepare")
    threads = context.state.threads.insert(context.pid, replace(context.thread, restricted=True))
    return context.done(replace(context.state, threads=threads))


HANDLERS: Final = (
    handles(SetUpRing, set_up),
    handles(EnterRing, enter),
    handles(RegisterRing, register),
    handles(MakeRuleset, make_ruleset),
    handles(RestrictSelf, restrict),
)
