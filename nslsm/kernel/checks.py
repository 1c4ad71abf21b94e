"""The kernel's own checks: capabilities, permission bits, sticky directories (Model M2.1).

They come where Linux has them, raise the hooks that Linux raises beside them, and never grant on what nobody knows.
"""

from functools import cache
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import request_of
from nslsm.kernel.spaces import has_power, is_mapped
from nslsm.protocol.things import Credentials, File, Task

_BITS: Final = {"read": 4, "write": 2, "exec": 1}
_ANY_EXEC: Final = 0o111
STICKY: Final = 0o1000

READ: Final = frozenset({"read"})
WRITE: Final = frozenset({"write"})
SEARCH: Final = frozenset({"exec"})
CHANGE_ENTRIES: Final = frozenset({"write", "exec"})
"""What making or removing a name needs of the directory."""


def capable(
    context: Context,
    capability: Capability,
    *,
    subject: Task | None = None,
    setid: bool = False,
    noaudit: bool = False,
    over: int | None = None,
) -> Asking[bool | Unknown]:
    """Whether the task has the capability over a user namespace: by its effective set, and no control objects (``ns_capable``).

    The hook is asked either way. In a replay the recording knows what the set held; the answer is then the controls'.
    Unknown where nobody knows the set. ``setid``: it is asked on behalf of setuid(2) and its kin; ``noaudit``: without a record
    (``ns_capable_noaudit``). ``over``: the number of the user namespace, 0 for the whole machine; the task's own where none is
    given.
    """
    task = context.task if subject is None else subject
    own = context.state.threads.get(task.pid, context.thread).user_namespace
    target = own if over is None else over
    flags = frozenset(name for name, has in (("insetid", setid), ("noaudit", noaudit)) if has)
    granted = yield request_of("capable", task, cap=capability, initial_user_namespace=target == 0, flags=flags)
    if not granted or context.recorded is not None:
        return granted
    return has_power(context.state, task, own, target, capability)


def require(
    context: Context, capability: Capability, errno: Errno, reason: str, *, over: int | None = None
) -> Asking[None]:
    """The kernel goes on only with the capability; ``over`` as for :func:`capable`."""
    held = yield from capable(context, capability, over=over)
    if held is not True:
        raise Refused(errno, reason, _because_unknown(held, "subject.effective"))


def failed_for(context: Context, capability: Capability, *, over: int | None = None) -> Asking[None]:
    """A recorded EPERM is taken to be for want of a capability, which was asked for: another module's looks the same."""
    if context.failed_with(Errno.EPERM):
        yield from capable(context, capability, over=over)
        context.stops()


def _because_unknown(truth: bool | Unknown, *facts: str) -> frozenset[str]:  # noqa: FBT001
    return frozenset(facts) if isinstance(truth, Unknown) else frozenset()


def mode_allows(credentials: Credentials, file: File, wanted: frozenset[str]) -> bool | Unknown:
    """Whether a file's permission bits let its user have ``wanted`` of ``read``, ``write``, ``exec``; ACLs aside.

    The owner's bits count for the owner, the group's for members who are not the owner, the others' for the rest
    (``acl_permission_check``). Unknown where that hangs on who is who, or on the bits.
    """
    mode = file.mode
    if isinstance(mode, Unknown):
        return UNKNOWN if wanted else True
    bits = _bits(wanted)
    if mode & bits * _ANY_EXEC == bits * _ANY_EXEC:
        return True  # whoever it is
    answers = {mode >> shift & bits == bits for shift in _classes(credentials, file)}
    return answers.pop() if len(answers) == 1 else UNKNOWN


@cache
def _bits(wanted: frozenset[str]) -> int:
    return sum(_BITS[right] for right in wanted)


def _classes(credentials: Credentials, file: File) -> list[int]:
    """The shifts of the mode's bits that may be the ones that count."""
    owns = same(credentials.fsuid, file.owner)
    if owns is True:
        return [6]
    member = _is_member(credentials, file.group)
    group_or_others = [3] if member is True else [0] if member is False else [3, 0]
    return group_or_others if owns is False else [6, *group_or_others]


def same(one: int | Unknown, other: int | Unknown) -> bool | Unknown:
    """Whether two ids are one; unknown where either is."""
    return UNKNOWN if isinstance(one, Unknown) or isinstance(other, Unknown) else one == other


def _is_member(credentials: Credentials, group: int | Unknown) -> bool | Unknown:
    if isinstance(group, Unknown):
        return UNKNOWN
    if group == credentials.fsgid:
        return True
    if isinstance(credentials.groups, Unknown):
        return UNKNOWN
    if group in credentials.groups:
        return True
    return UNKNOWN if isinstance(credentials.fsgid, Unknown) else False


def permission(
    context: Context,
    file: File,
    wanted: frozenset[str],
    mark: str = "",
    *,
    subject: Task | None = None,
) -> Asking[None]:
    """A file may be had for ``wanted``: by its bits, or by capability; then the hook is asked (``inode_permission``).

    ``mark`` goes into the hook's mask: ``open``, ``chdir``, ``access``. EACCES otherwise. In a replay of a call that went
    ahead, the capabilities are asked for where the bits are known not to do.
    """
    task = context.task if subject is None else subject
    if context.recorded is not None or mode_allows(task.credentials, file, wanted) is not True:
        yield from discretionary(context, task, file, wanted)
    yield request_of("inode_permission", task, file, mask=_marked(wanted, mark))


@cache
def _marked(wanted: frozenset[str], mark: str) -> frozenset[str]:
    return wanted | {mark} if mark else wanted


def discretionary(context: Context, task: Task, file: File, wanted: frozenset[str]) -> Asking[None]:
    """The bits of :func:`permission`, and the capabilities that help where they do not, without its hook.

    A recorded EACCES is taken to come from here: another module's refusal looks the same. Not so of a task that has restricted
    itself: see :mod:`nslsm.kernel.restricted`.
    """
    restricted = context.thread.restricted and mode_allows(task.credentials, file, wanted) is not False
    if context.failed_with(Errno.EACCES) and not restricted:
        for capability in overriding(file, wanted):
            yield from capable(context, capability, subject=task)
        context.stops()
    allowed = mode_allows(task.credentials, file, wanted)
    if allowed is True or (isinstance(allowed, Unknown) and context.recorded is not None):
        return
    uncertain = isinstance(allowed, Unknown)
    for capability in overriding(file, wanted) if _within_reach(context, task, file) else ():
        held = yield from capable(context, capability, subject=task)
        if held is True:
            return
        uncertain = uncertain or isinstance(held, Unknown)
    raise Refused(
        Errno.EACCES, _forbidden(task, file, wanted), _unknown_facts(task, file) if uncertain else frozenset()
    )


def _within_reach(context: Context, task: Task, file: File) -> bool:
    """Whether capabilities in the task's user namespace count for a file: its owner and group have ids there.

    ``capable_wrt_inode_uidgid``; nothing is asked where they do not.
    """
    own = context.state.threads.get(task.pid, context.thread).user_namespace
    return own == 0 or is_mapped(context.state, own, file.owner, file.group) is not False


def overriding(file: File, wanted: frozenset[str]) -> tuple[Capability, ...]:
    """The capabilities that help where permission bits do not, in the order in which Linux asks (``generic_permission``).

    A file without a single execute bit is executed by nobody; of one whose bits are unknown that is assumed.
    """
    if file.type == "directory":
        if "write" not in wanted:
            return Capability.CAP_DAC_READ_SEARCH, Capability.CAP_DAC_OVERRIDE
        return (Capability.CAP_DAC_OVERRIDE,)
    helps: tuple[Capability, ...] = (Capability.CAP_DAC_READ_SEARCH,) if wanted == READ else ()
    runs = not isinstance(file.mode, Unknown) and file.mode & _ANY_EXEC
    return (*helps, Capability.CAP_DAC_OVERRIDE) if "exec" not in wanted or runs else helps


def _forbidden(task: Task, file: File, wanted: frozenset[str]) -> str:
    words = " and ".join(right for right in ("read", "write", "exec") if right in wanted)
    mode = "unknown" if isinstance(file.mode, Unknown) else f"0{file.mode:o}"
    who = f"user {shown(task.credentials.fsuid)}"
    return f"{shown(file.path)} is user {shown(file.owner)}'s, mode {mode}: no {words} for {who}"


def shown(value: object) -> str:
    """A fact in a reason: ``unknown`` where nobody knows it."""
    return "unknown" if isinstance(value, Unknown) else str(value)


def _unknown_facts(task: Task, file: File) -> frozenset[str]:
    facts = {
        "object.mode": file.mode,
        "object.owner": file.owner,
        "object.group": file.group,
        "subject.fsuid": task.credentials.fsuid,
        "subject.fsgid": task.credentials.fsgid,
        "subject.groups": task.credentials.groups,
        "subject.effective": task.credentials.effective,
    }
    return frozenset(name for name, value in facts.items() if isinstance(value, Unknown))


def owner_or_capable(context: Context, file: File) -> Asking[None]:
    """Only its owner, or CAP_FOWNER, changes what a file permits (``inode_owner_or_capable``); else EPERM.

    In a replay the capability is asked for where the caller is known not to be the owner.
    """
    yield from failed_for(context, Capability.CAP_FOWNER)
    owns = same(context.task.credentials.fsuid, file.owner)
    if owns is True or (isinstance(owns, Unknown) and context.recorded is not None):
        return
    held: bool | Unknown = False
    if _within_reach(context, context.task, file):
        held = yield from capable(context, Capability.CAP_FOWNER)
    if held is not True:
        unknown = isinstance(owns, Unknown) or isinstance(held, Unknown)
        reason = f"{shown(file.path)} is user {shown(file.owner)}'s, not user {shown(context.task.credentials.fsuid)}'s"
        raise Refused(Errno.EPERM, reason, _unknown_facts(context.task, file) if unknown else frozenset())


def unsticky(context: Context, directory: File, file: File) -> Asking[None]:
    """In a sticky directory the file's owner, the directory's, or CAP_FOWNER removes a name; else EPERM (``check_sticky``)."""
    if isinstance(directory.mode, Unknown) or not directory.mode & STICKY:
        return
    fsuid = context.task.credentials.fsuid
    mine = {same(fsuid, file.owner), same(fsuid, directory.owner)}
    if True in mine or (UNKNOWN in mine and context.recorded is not None):
        return
    held: bool | Unknown = False
    if _within_reach(context, context.task, file):
        held = yield from capable(context, Capability.CAP_FOWNER)
    if held is not True:
        unknown = UNKNOWN in mine or isinstance(held, Unknown)
        reason = f"{shown(directory.path)} is sticky, and {shown(file.path)} is user {shown(file.owner)}'s"
        raise Refused(Errno.EPERM, reason, _unknown_facts(context.task, file) if unknown else frozenset())
