"""Looking into other processes, after ``__ptrace_may_access``: the kernel's own rules, then ``ptrace_access_check``."""

import re
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import capable, same
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.refusal import Refused
from nslsm.kernel.ternary import all_of
from nslsm.kernel.tree import leader
from nslsm.protocol.things import Credentials, Task

_MEMORY: Final = re.compile(r"/proc/([0-9]{1,10})/(?:task/[0-9]+/)?(mem|environ|auxv|maps|smaps|numa_maps|pagemap)")
_LINKS: Final = re.compile(
    r"/proc/([0-9]{1,10})/(?:task/[0-9]+/)?(?:exe|cwd|root|fd/[0-9]+|ns/[a-z_]+|map_files/[0-9a-f-]+)"
)
"""Files of a process that show its insides, ``fs/proc/base.c``."""


def inspect(
    context: Context, target: Task | None, pid: int, mode: frozenset[str], errno: Errno = Errno.EPERM
) -> Asking[None]:
    """A task looks into process ``pid``; ``mode`` is of ``PTRACE_MODE``. Its own process it may always see into.

    Same ids, or CAP_SYS_PTRACE; dumpable, or CAP_SYS_PTRACE; then the controls. ptrace(2), "Ptrace access mode checking".
    """
    if target is None:
        context.insist(False, Errno.ESRCH, f"there is no process {pid}")
        yield from _failed_before(context, errno)
        yield context.request("ptrace_access_check", UNKNOWN, mode=mode)
        return
    if target.tgid == context.task.tgid:
        return
    yield from _classic(context, target, mode, errno)
    yield context.request("ptrace_access_check", target, mode=mode)
    context.stops(errno)


def follow_into(context: Context, path: str | Unknown) -> Asking[None]:
    """Following some links of another process is looking into it (``proc_fd_access_allowed``, ``proc_ns_get_link``)."""
    match = None if isinstance(path, Unknown) else _LINKS.fullmatch(path)
    if match is not None:
        pid = int(match[1])
        yield from inspect(context, leader(context.state, pid), pid, frozenset({"read", "fscreds"}), Errno.EACCES)


def open_inside(context: Context, path: str | Unknown) -> Asking[None]:
    """Opening some files of another process is looking into it (``proc_mem_open``)."""
    match = None if isinstance(path, Unknown) else _MEMORY.fullmatch(path)
    if match is not None:
        pid, mode = int(match[1]), "attach" if match[2] == "mem" else "read"
        yield from inspect(context, leader(context.state, pid), pid, frozenset({mode, "fscreds"}), Errno.EACCES)


def is_link_of_process(path: str | Unknown) -> bool:
    """Whether a path is one of those links."""
    return not isinstance(path, Unknown) and _LINKS.fullmatch(path) is not None


def _classic(context: Context, target: Task, mode: frozenset[str], errno: Errno) -> Asking[None]:
    subject = context.task
    related = _ids_match(subject.credentials, target.credentials, "fs" if "fscreds" in mode else "")
    if all_of(related, target.dumpable) is not True:
        yield from _failed_before(context, errno)
    reason = f"process {target.tgid} has other ids than user {subject.credentials.uid}"
    over = context.state.threads[target.pid].user_namespace
    yield from _or_capable(context, related, errno, reason, "object.uid", over)
    reason = f"process {target.tgid} is not dumpable"
    yield from _or_capable(context, target.dumpable, errno, reason, "object.dumpable", over)


def _failed_before(context: Context, errno: Errno) -> Asking[None]:
    """A recorded refusal is taken to be for want of CAP_SYS_PTRACE, unless it is known not to have been needed."""
    if context.failed_with(errno):
        yield from capable(context, Capability.CAP_SYS_PTRACE)
        context.stops()


def _ids_match(subject: Credentials, target: Credentials, which: str) -> bool | Unknown:
    """Whether all of the target's ids are the caller's one: its real id, or with ``fs`` its file system id."""
    uid = subject.fsuid if which == "fs" else subject.uid
    gid = subject.fsgid if which == "fs" else subject.gid
    answers = {same(uid, other) for other in (target.uid, target.euid, target.suid)}
    answers |= {same(gid, other) for other in (target.gid, target.egid, target.sgid)}
    if False in answers:
        return False
    return UNKNOWN if UNKNOWN in answers else True


def _or_capable(
    context: Context,
    truth: bool | Unknown,  # noqa: FBT001
    errno: Errno,
    reason: str,
    fact: str,
    over: int,
) -> Asking[None]:
    """The kernel goes on where ``truth`` holds, or with CAP_SYS_PTRACE."""
    if truth is True or (isinstance(truth, Unknown) and context.recorded is not None):
        return
    held = yield from capable(context, Capability.CAP_SYS_PTRACE, over=over)
    if held is True:
        return
    unknown = {name for name, value in ((fact, truth), ("subject.effective", held)) if isinstance(value, Unknown)}
    raise Refused(errno, reason, frozenset(unknown))
