"""execve(2), after fs/exec.c and fs/binfmt_script.c: the file, its credentials, each interpreter; then there is no way back."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import READ, SEARCH, discretionary, mode_allows, permission
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import close_all, copy_table, drop_table
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.exec_credentials import Circumstances, exec_credentials
from nslsm.kernel.file_capabilities import FileCapabilities, file_capabilities
from nslsm.kernel.keys import with_keys
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.lookup import LOOKUP_ERRORS, Found, lookup
from nslsm.kernel.operations.operation import CWD, At
from nslsm.kernel.operations.processes import Execute
from nslsm.kernel.refusal import Refused
from nslsm.kernel.requests import request_of
from nslsm.kernel.routine import new_file
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.loading import interpreter_opened, loaded, loading
from nslsm.kernel.syscalls.namespaces import without_demands
from nslsm.kernel.syscalls.opening import checked
from nslsm.kernel.ternary import Truth, all_of, any_of, choose, equal, member
from nslsm.kernel.tree import take_over
from nslsm.kernel.world import World
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File

MAX_INTERPRETERS: Final = 5
"""How many interpreters deep a script may be (``exec_binprm``); more is ELOOP."""

COMM_LENGTH: Final = 15
"""Bytes of a task's short name."""

_FOR_EXECUTION: Final = frozenset({"read", "exec"})
_TOO_EARLY: Final = (Errno.E2BIG, Errno.ENOMEM, Errno.EFAULT, Errno.EINVAL, Errno.EMFILE, Errno.ENFILE, Errno.EAGAIN)


def execute(context: Context, operation: Execute) -> Steps:
    """``do_execveat_common``.

    ``bprm_creds_for_exec`` is asked once, for the file that is named; ``bprm_check_security`` for it and for each interpreter;
    ``bprm_creds_from_file`` for the last of them. Namespaces are entered by the file that is named.
    """
    context.stops(*_TOO_EARLY)
    filename = _filename(operation.at)
    found = yield from _named(context, operation.at)
    yield context.request("bprm_creds_for_exec", found.file, filename=filename)
    entering = yield from _check(context, found, filename)
    named, levels = found, 0
    while (interpreter := _interpreter(context, found)) is not None:
        levels += 1
        context.insist(
            levels <= MAX_INTERPRETERS, Errno.ELOOP, f"{named.path} has interpreters more than {levels - 1} deep"
        )
        found = yield from _opened(context, At(interpreter))
        yield from _check(context, found, filename)
    context.stops(Errno.ENOEXEC, Errno.ELIBBAD)
    yield from interpreter_opened(context, found)
    old, carried = context.task.credentials, _capabilities(context, found)
    circumstances, file = _circumstances(context), found.file
    new = context.interned.executing(
        old,
        (file.mode, file.owner, file.group, carried, circumstances, context.simulated),
        lambda: exec_credentials(old, file, carried, circumstances, happened=not context.simulated),
    )
    yield context.request("bprm_creds_from_file", found.file, filename=filename, new=new)
    readable = yield from _readable(context, found.file)
    context.stops()
    state, rekeyed = _installed(context, found, _comm(filename, named), new, readable)
    return Outcome(
        state,
        entering=entering,
        notify=lambda after: _told(context, after, found.file, filename, new),
        rekeyed=rekeyed,
    )


def _named(context: Context, at: At) -> Asking[Found]:
    """The file that is named, opened: after the new memory's stack and credentials have been made; since 6.8, before."""
    return _named_and_made(context, at) if context.every else _open(context, at)


def _named_and_made(context: Context, at: At) -> Asking[Found]:
    if context.since("6.12"):
        found = yield from _opened(context, at)
        yield from context.routine("vm_enough_memory")
        yield from context.routine("cred_prepare")
        return found
    yield from context.routine("vm_enough_memory")
    yield from context.routine("cred_prepare")
    return (yield from _opened(context, at))


def _opened(context: Context, at: At) -> Asking[Found]:
    return new_file(context, _open(context, at))


def _filename(at: At) -> str | Unknown:
    """``bprm->filename``: as it was given, or by the descriptor that it is relative to."""
    if isinstance(at.path, Unknown):
        return UNKNOWN
    if at.path is None:
        return f"/dev/fd/{at.directory.number}"
    if at.path.startswith("/") or at.directory.number == CWD.number:
        return at.path
    return f"/dev/fd/{at.directory.number}/{at.path}"


def _open(context: Context, at: At) -> Asking[Found]:
    """``do_open_execat``: a regular file that the caller may execute; EACCES. What was recorded to have run was one."""
    found = yield from lookup(context, at)
    if context.recorded is not None and context.recorded.errno is None and isinstance(found.file.type, Unknown):
        found = found._replace(file=found.file._replace(type="regular"))
    context.insist(found.exists, Errno.ENOENT, f"{found.path} does not exist")
    context.stops(*LOOKUP_ERRORS)
    yield from permission(context, found.file, SEARCH, "open")
    context.stops(Errno.EPERM, Errno.ETXTBSY)
    yield context.request("file_open", found.file, flags=_FOR_EXECUTION)
    yield from checked(context)
    context.insist(found.file.type == "regular", Errno.EACCES, f"{found.path} is no regular file")
    return found


def _check(context: Context, found: Found, filename: str | Unknown) -> Asking[Request]:
    """``prepare_binprm``, ``search_binary_handler``: the file's beginning is read, then it is asked about."""
    yield context.request("file_permission", found.file, mask=READ)
    request = context.request("bprm_check_security", found.file, filename=filename)
    yield request
    yield from context.routine("current_getsecid_subj")
    yield from context.routine("cred_getsecid")
    return request


def _interpreter(context: Context, found: Found) -> str | None:
    inode = None if isinstance(found.path, Unknown) else context.state.files.inode_at(found.path)
    return None if inode is None else inode.interpreter


def _capabilities(context: Context, found: Found) -> FileCapabilities | Unknown | None:
    """What the file carries. One that the open world makes up has none, as it has no set-id bits."""
    if context.state.files.world is World.OPEN and not isinstance(found.path, Unknown):
        inode = context.state.files.inode_at(found.path)
        if inode is None or not inode.kept:
            return None
    return file_capabilities(found.file)


def _circumstances(context: Context) -> Circumstances:
    """``check_unsafe_exec``, ``ptracer_capable``."""
    process, state = context.process, context.state
    watched: Truth = process.tracer_is_capable is False
    if process.tracer_is_capable is UNKNOWN:
        watched = UNKNOWN
    tracer = None if process.tracer is None else state.processes.get(process.tracer)
    if tracer is not None and tracer.threads:
        effective = state.tasks[tracer.threads[0]].credentials.effective
        held = member(Capability.CAP_SYS_PTRACE, effective)
        watched = any_of(watched, choose(held, False, True))
    place = context.thread.place
    sharing = 1 if len(process.threads) == 1 else sum(state.threads[pid].place == place for pid in process.threads)
    return Circumstances(watched, context.place.users > sharing, context.since("7.2"))


def _readable(context: Context, file: File) -> Asking[Truth]:
    """``would_dump``: a program that its user may not read does not show its memory. The hook's answer counts for that only."""
    try:
        yield from discretionary(context, context.task, file, READ)
    except Refused as refused:
        if context.failed_with(refused.errno):
            raise
        return UNKNOWN if refused.unknown else False
    granted = yield context.request("inode_permission", file, consequence=Consequence.PROBE, mask=READ)
    overrides = member(Capability.CAP_DAC_READ_SEARCH, context.task.credentials.effective)
    return all_of(granted, any_of(mode_allows(context.task.credentials, file, READ), overrides))


def _comm(filename: str | Unknown, named: Found) -> str | Unknown:
    """The short name: the last part of what was executed, a script's own name too (``begin_new_exec``)."""
    path = named.path if isinstance(filename, Unknown) or filename.startswith("/dev/fd/") else filename
    if isinstance(path, Unknown):
        return UNKNOWN
    return _short_name(path)


@lru_cache(maxsize=1 << 10)
def _short_name(path: str) -> str:
    name = path.rpartition("/")[2].encode("utf-8", "surrogateescape")[:COMM_LENGTH]
    return name.decode("utf-8", "surrogateescape")


def _installed(
    context: Context, found: Found, comm: str | Unknown, new: Credentials, readable: Truth
) -> tuple[State, Rekeyed]:
    """The state in which the program runs (``begin_new_exec``): one task, its descriptors its own, those marked so closed."""
    state, rekeyed = take_over(context.state, context.pid)
    tgid = context.task.tgid
    thread = state.threads[tgid]
    if state.tables[thread.table].users > 1:
        shared = thread.table
        state, own = copy_table(state, shared)
        state, ended = drop_table(state, shared)
        rekeyed.update(ended)
        thread = replace(thread, table=own)
        state = replace(state, threads=state.threads.insert(tgid, thread))
    state, ended = loaded(state, tgid, found.path, dynamic=not context.simulated)
    rekeyed.update(ended)
    keys = state.keys.executed(context.pid, tgid, context.state.keys.sessions.get(context.pid))
    if keys is not state.keys:
        state, forgotten = with_keys(state, keys)
        rekeyed.update(forgotten)
    thread = state.threads[tgid]
    slots = state.tables[thread.table].slots
    if len(slots):
        marked = sorted(number for number, slot in slots.items() if slot.close_on_exec)
        state, ended = close_all(state, thread.table, marked)
        rekeyed.update(ended)
    plain = all_of(readable, equal(new.uid, new.euid), equal(new.gid, new.egid))
    task = replace(
        state.tasks[tgid],
        credentials=new,
        exe=found.path,
        comm=comm,
        dumpable=plain,
    )
    return without_demands(replace(state, tasks=state.tasks.insert(tgid, task)), tgid), rekeyed


def _told(context: Context, state: State, file: File, filename: str | Unknown, new: Credentials) -> Sequence[Request]:
    """The hooks that tell of it, once the state after, moves included, is in place."""
    task = state.tasks[context.task.tgid]
    return (
        request_of("bprm_committing_creds", task, file, filename=filename, new=new),
        request_of("bprm_committed_creds", task, file, filename=filename),
        *loading(context, state),
    )


HANDLERS: Final = (handles(Execute, execute),)
