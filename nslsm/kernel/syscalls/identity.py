"""User and group ids and capability sets, changed and told, after kernel/sys.c, kernel/groups.c and kernel/capability.c."""

from collections.abc import Callable, Mapping
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import capable
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.credentials import (
    loosens,
    with_capabilities,
    with_file_user,
    with_groups,
    with_users,
)
from nslsm.kernel.event import Steps
from nslsm.kernel.operations.identity import (
    GetCapabilities,
    GetIds,
    SetCapabilities,
    SetFileGroup,
    SetFileUser,
    SetGroupId,
    SetGroupIds,
    SetSupplementaryGroups,
    SetUser,
    SetUsers,
)
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.ternary import Truth, among, any_of, choose, equal, member, negation
from nslsm.kernel.tree import leader
from nslsm.protocol.things import Credentials

_STAYS: Final = -1


def with_credentials(context: Context, state: State, new: Credentials) -> State:
    """The state in which the calling task has other credentials (``commit_creds``): other ids end its being dumpable."""
    task = state.tasks[context.pid]
    dumpable = choose(loosens(task.credentials, new), False, task.dumpable)
    tasks = state.tasks.insert(context.pid, replace(task, credentials=context.interned.intern(new), dumpable=dumpable))
    if dumpable != task.dumpable:
        for pid in state.processes[task.tgid].threads:
            tasks = tasks.insert(pid, replace(tasks[pid], dumpable=dumpable))
    return replace(state, tasks=tasks)


def _set_one(
    context: Context,
    new_id: int | Unknown,
    old_ids: tuple[int | Unknown, int | Unknown],
    capability: Capability,
    change: Callable[[Truth], Credentials],
    hook: str,
) -> Steps:
    """setuid(2), setgid(2): the capability is asked for at once; with it all three ids change, without it the effective one."""
    context.stops(Errno.EINVAL)
    yield from context.routine("cred_prepare")
    held = yield from capable(context, capability, setid=True)
    context.stops(Errno.EPERM)
    allowed = any_of(held, among(new_id, old_ids))
    if allowed is not True:
        unknown = frozenset({"subject.effective"}) if isinstance(allowed, Unknown) else frozenset[str]()
        raise Refused(Errno.EPERM, f"only {capability.name} takes on id {new_id}", unknown)
    truly = held if context.simulated else member(capability, context.task.credentials.effective)
    new = change(truly)
    yield context.request(hook, old=context.task.credentials, new=new, flags=frozenset({"id"}))
    return context.done(with_credentials(context, context.state, new))


def set_user(context: Context, operation: SetUser) -> Steps:
    """``__sys_setuid``: CAP_SETUID, ``task_fix_setuid``."""
    old, uid = context.task.credentials, operation.uid

    def change(privileged: Truth) -> Credentials:
        return with_users(old, choose(privileged, uid, old.uid), uid, choose(privileged, uid, old.suid))

    return (yield from _set_one(context, uid, (old.uid, old.suid), Capability.CAP_SETUID, change, "task_fix_setuid"))


def set_group_id(context: Context, operation: SetGroupId) -> Steps:
    """``__sys_setgid``: CAP_SETGID, ``task_fix_setgid``."""
    old, gid = context.task.credentials, operation.gid

    def change(privileged: Truth) -> Credentials:
        return with_groups(old, choose(privileged, gid, old.gid), gid, choose(privileged, gid, old.sgid))

    return (yield from _set_one(context, gid, (old.gid, old.sgid), Capability.CAP_SETGID, change, "task_fix_setgid"))


def _needed(context: Context, needs: Truth, capability: Capability) -> Asking[None]:
    """The capability is asked for where the ids are not the caller's own already; EPERM without it."""
    if needs is False or (isinstance(needs, Unknown) and context.recorded is not None and not context.recorded.failed):
        return
    held = yield from capable(context, capability, setid=True)
    context.stops(Errno.EPERM)
    if held is not True:
        uncertain = isinstance(needs, Unknown) or isinstance(held, Unknown)
        unknown = frozenset({"subject.effective"}) if uncertain else frozenset[str]()
        raise Refused(Errno.EPERM, f"only {capability.name} takes on other ids than one's own", unknown)


def _target(new: int | Unknown, old: int | Unknown) -> int | Unknown:
    return old if new == _STAYS else new


def _set_several(
    context: Context,
    new: tuple[int | Unknown, int | Unknown, int | Unknown | None],
    old: tuple[int | Unknown, int | Unknown, int | Unknown],
    capability: Capability,
) -> Asking[tuple[int | Unknown, int | Unknown, int | Unknown]]:
    """The three ids after setresuid(2), or (without a saved one) setreuid(2), which also moves the saved id along."""
    context.stops(Errno.EINVAL)
    real, effective, saved = new
    if saved is not None:
        taken = [each for each in (real, effective, saved) if each != _STAYS]
        needs: Truth = any_of(*(negation(among(each, old)) for each in taken))
        yield from _needed(context, needs, capability)
        return _target(real, old[0]), _target(effective, old[1]), _target(saved, old[2])
    if real != _STAYS:
        yield from _needed(context, negation(among(real, old[:2])), capability)
    if effective != _STAYS:
        yield from _needed(context, negation(among(effective, old)), capability)
    acts = _target(effective, old[1])
    moves: Truth = True if real != _STAYS else effective != _STAYS and negation(equal(effective, old[0]))
    return _target(real, old[0]), acts, choose(moves, acts, old[2])


def _unchanged(
    wanted: tuple[int | Unknown, int | Unknown, int | Unknown | None],
    ids: tuple[int | Unknown, int | Unknown, int | Unknown],
    old: tuple[int | Unknown, int | Unknown, int | Unknown],
    file_id: int | Unknown,
) -> bool:
    """Whether setresuid(2) has nothing to do, and therefore asks nothing; setreuid(2) always asks."""
    if wanted[2] is None:
        return False
    moves_file_id = wanted[1] != _STAYS and equal(ids[1], file_id) is False
    same = (new == _STAYS or equal(now, was) is True for new, now, was in zip(wanted, ids, old, strict=True))
    return all(same) and not moves_file_id


def set_users(context: Context, operation: SetUsers) -> Steps:
    """``__sys_setresuid``, ``__sys_setreuid``: CAP_SETUID for other ids than one's own, ``task_fix_setuid``."""
    old = context.task.credentials
    wanted = (operation.real, operation.effective, operation.saved)
    if operation.saved is None:
        yield from context.routine("cred_prepare")
    ids = yield from _set_several(context, wanted, (old.uid, old.euid, old.suid), Capability.CAP_SETUID)
    new = with_users(old, *ids)
    if _unchanged(wanted, ids, (old.uid, old.euid, old.suid), old.fsuid):
        return context.done()
    if operation.saved is not None:
        yield from context.routine("cred_prepare")
    flags = frozenset({"re" if operation.saved is None else "res"})
    yield context.request("task_fix_setuid", old=old, new=new, flags=flags)
    return context.done(with_credentials(context, context.state, new))


def set_group_ids(context: Context, operation: SetGroupIds) -> Steps:
    """``__sys_setresgid``, ``__sys_setregid``: CAP_SETGID for other ids than one's own, ``task_fix_setgid``."""
    old = context.task.credentials
    wanted = (operation.real, operation.effective, operation.saved)
    if operation.saved is None:
        yield from context.routine("cred_prepare")
    ids = yield from _set_several(context, wanted, (old.gid, old.egid, old.sgid), Capability.CAP_SETGID)
    new = with_groups(old, *ids)
    if _unchanged(wanted, ids, (old.gid, old.egid, old.sgid), old.fsgid):
        return context.done()
    if operation.saved is not None:
        yield from context.routine("cred_prepare")
    flags = frozenset({"re" if operation.saved is None else "res"})
    yield context.request("task_fix_setgid", old=old, new=new, flags=flags)
    return context.done(with_credentials(context, context.state, new))


def _set_file_id(
    context: Context,
    new_id: int | Unknown,
    known: tuple[int | Unknown, ...],
    capability: Capability,
    change: Callable[[int | Unknown], Credentials],
    hook: str,
) -> Steps:
    """setfsuid(2), setfsgid(2): it never fails; the old id is the result, whether or not it changed."""
    old = known[-1]
    yield from context.routine("cred_prepare")
    allowed = among(new_id, known)
    if allowed is False or (isinstance(allowed, Unknown) and context.simulated):
        held = yield from capable(context, capability, setid=True)
        allowed = any_of(allowed, held)
    told = old if isinstance(old, int) else 0
    if allowed is False or new_id in (old, _STAYS):
        return context.done(result=told)
    new = change(choose(allowed, new_id, old))
    yield context.request(hook, old=context.task.credentials, new=new, flags=frozenset({"fs"}))
    return context.done(with_credentials(context, context.state, new), told)


def set_file_user(context: Context, operation: SetFileUser) -> Steps:
    """``__sys_setfsuid``: CAP_SETUID for another id than one's own, ``task_fix_setuid``."""
    old = context.task.credentials
    known = (old.uid, old.euid, old.suid, old.fsuid)

    def change(uid: int | Unknown) -> Credentials:
        return with_file_user(old, uid)

    return (yield from _set_file_id(context, operation.uid, known, Capability.CAP_SETUID, change, "task_fix_setuid"))


def set_file_group(context: Context, operation: SetFileGroup) -> Steps:
    """``__sys_setfsgid``: CAP_SETGID for another id than one's own, ``task_fix_setgid``."""
    old = context.task.credentials
    known = (old.gid, old.egid, old.sgid, old.fsgid)

    def change(gid: int | Unknown) -> Credentials:
        return replace(old, fsgid=gid)

    return (yield from _set_file_id(context, operation.gid, known, Capability.CAP_SETGID, change, "task_fix_setgid"))


def set_groups(context: Context, operation: SetSupplementaryGroups) -> Steps:
    """``sys_setgroups``: CAP_SETGID, ``task_fix_setgroups``."""
    held = yield from capable(context, Capability.CAP_SETGID, setid=True)
    context.stops(Errno.EPERM, Errno.EINVAL)
    if held is not True:
        unknown = frozenset({"subject.effective"}) if isinstance(held, Unknown) else frozenset[str]()
        raise Refused(Errno.EPERM, "only CAP_SETGID changes supplementary groups", unknown)
    yield from context.routine("cred_prepare")
    old = context.task.credentials
    new = replace(old, groups=operation.groups)
    yield context.request("task_fix_setgroups", old=old, new=new)
    return context.done(with_credentials(context, context.state, new))


def get_ids(context: Context, operation: GetIds) -> Steps:
    """``sys_getuid`` and its kin: nothing is asked. What a recording tells makes ids known that were not."""
    yield from ()
    recorded = context.recorded
    if recorded is None or recorded.failed or context.thread.user_namespace:
        return context.done(result=_told(context, operation))
    ids = recorded.ids if recorded.ids is not None else () if recorded.result is None else (recorded.result,)
    old = context.task.credentials
    if operation.which == ("groups",):
        known = recorded.ids is not None and isinstance(old.groups, Unknown)
        new = replace(old, groups=frozenset(ids)) if known else old
    else:
        new = _filled(old, dict(zip(operation.which, ids, strict=False)))
    return context.done(context.state if new == old else with_known(context, new))


def _filled(old: Credentials, told: Mapping[str, int]) -> Credentials:
    """The credentials with ids that nobody knew as they are told."""

    def filled(name: str, known: int | Unknown) -> int | Unknown:
        return told.get(name, known) if isinstance(known, Unknown) else known

    return replace(
        old,
        uid=filled("uid", old.uid),
        euid=filled("euid", old.euid),
        suid=filled("suid", old.suid),
        gid=filled("gid", old.gid),
        egid=filled("egid", old.egid),
        sgid=filled("sgid", old.sgid),
    )


def _told(context: Context, operation: GetIds) -> int:
    credentials = context.task.credentials
    ids = {"uid": credentials.uid, "euid": credentials.euid, "gid": credentials.gid, "egid": credentials.egid}
    told = ids.get(operation.which[0])
    return told if isinstance(told, int) else 0


def with_known(context: Context, new: Credentials) -> State:
    """The state in which more is known of the calling task's credentials, which have not changed."""
    task = replace(context.task, credentials=context.interned.intern(new))
    return replace(context.state, tasks=context.state.tasks.insert(context.pid, task))


def set_capabilities(context: Context, operation: SetCapabilities) -> Steps:
    """``sys_capset``: the sets' own rules (``cap_capset``), ``capset``."""
    context.stops(Errno.EINVAL, Errno.EFAULT)
    old = context.task.credentials
    yield from context.routine("cred_prepare")
    certain = context.simulated
    try:
        new = with_capabilities(old, operation.effective, operation.permitted, operation.inheritable, certain=certain)
    except Refused as refused:
        wanted = replace(
            old,
            effective=operation.effective,
            permitted=operation.permitted,
            inheritable=operation.inheritable,
        )
        yield context.request("capset", old=old, new=wanted)
        raise refused from None
    yield context.request("capset", old=old, new=new)
    return context.done(with_credentials(context, context.state, new))


def get_capabilities(context: Context, operation: GetCapabilities) -> Steps:
    """``sys_capget``: ``capget``. What a recording tells makes sets known that were not.

    Where it tells none, the call only asked which version of them the kernel speaks.
    """
    context.stops(Errno.EINVAL, Errno.EFAULT)
    target = context.task if operation.pid == 0 else context.state.tasks.get(operation.pid)
    target = leader(context.state, operation.pid) if target is None else target
    context.insist(target is not None, Errno.ESRCH, f"there is no process {operation.pid}")
    told = None if context.recorded is None else context.recorded.capabilities
    if context.recorded is not None and told is None:
        return context.done()
    yield context.request("capget", UNKNOWN if target is None else target)
    if told is None or target is not context.task:
        return context.done()
    old = context.task.credentials
    new = replace(
        old,
        effective=told[0] if isinstance(old.effective, Unknown) else old.effective,
        permitted=told[1] if isinstance(old.permitted, Unknown) else old.permitted,
        inheritable=told[2] if isinstance(old.inheritable, Unknown) else old.inheritable,
    )
    return context.done(with_known(context, new))


HANDLERS: Final = (
    handles(SetUser, set_user),
    handles(SetUsers, set_users),
    handles(SetFileUser, set_file_user),
    handles(SetGroupId, set_group_id),
    handles(SetGroupIds, set_group_ids),
    handles(SetFileGroup, set_file_group),
    handles(SetSupplementaryGroups, set_groups),
    handles(GetIds, get_ids),
    handles(SetCapabilities, set_capabilities),
    handles(GetCapabilities, get_capabilities),
)
