"""Looking into other processes, after ``__ptrace_may_access``: the kernel's own rules, then ``ptrace_access_check``."""

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import capable, same
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.refusal import Refused
from nslsm.protocol.things import Credentials, Task


def inspect(
    context: Context, target: Task | None, pid: int, mode: frozenset[str], errno: Errno = Errno.EPERM
) -> Asking[None]:
    """A task looks into process ``pid``; ``mode`` is of ``PTRACE_MODE``. Its own process it may always see into.

    Same ids, or CAP_SYS_PTRACE; dumpable, or CAP_SYS_PTRACE; then the controls. ptrace(2), "Ptrace access mode checking".
    """
    if target is None:
        context.insist(False, Errno.ESRCH, f"there is no process {pid}")
        yield context.request("ptrace_access_check", UNKNOWN, mode=mode)
        return
    if target.tgid == context.task.tgid:
        return
    yield from _classic(context, target, mode, errno)
    yield context.request("ptrace_access_check", target, mode=mode)


def _classic(context: Context, target: Task, mode: frozenset[str], errno: Errno) -> Asking[None]:
    subject = context.task
    related = _ids_match(subject.credentials, target.credentials, "fs" if "fscreds" in mode else "")
    reason = f"process {target.tgid} has other ids than user {subject.credentials.uid}"
    yield from _or_capable(context, related, errno, reason, "object.uid")
    reason = f"process {target.tgid} is not dumpable"
    yield from _or_capable(context, target.dumpable, errno, reason, "object.dumpable")


def _ids_match(subject: Credentials, target: Credentials, which: str) -> bool | Unknown:
    """Whether all of the target's ids are the caller's one: its real id, or with ``fs`` its file system id."""
    uid = subject.fsuid if which == "fs" else subject.uid
    gid = subject.fsgid if which == "fs" else subject.gid
    answers = {same(uid, other) for other in (target.uid, target.euid, target.suid)}
    answers |= {same(gid, other) for other in (target.gid, target.egid, target.sgid)}
    if False in answers:
        return False
    return UNKNOWN if UNKNOWN in answers else True


def _or_capable(context: Context, truth: bool | Unknown, errno: Errno, reason: str, fact: str) -> Asking[None]:  # noqa: FBT001
    """The kernel goes on where ``truth`` holds, or with CAP_SYS_PTRACE."""
    if truth is True or (isinstance(truth, Unknown) and context.recorded is not None):
        return
    held = yield from capable(context, Capability.CAP_SYS_PTRACE)
    if held is True:
        return
    unknown = {name for name, value in ((fact, truth), ("subject.effective", held)) if isinstance(value, Unknown)}
    raise Refused(errno, reason, frozenset(unknown))
