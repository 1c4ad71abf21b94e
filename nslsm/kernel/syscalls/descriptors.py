"""What is done with open descriptors: read, written, duplicated, locked, closed; pipes and other things without a name."""

import re
from collections.abc import Iterator
from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import (
    close,
    close_all,
    copy_table,
    describe,
    describe_remarked,
    drop_table,
    install,
    lowest_free,
)
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.lookup import Opened, opened
from nslsm.kernel.operations.files import (
    Close,
    CloseRange,
    Duplicate,
    Fcntl,
    Flock,
    Ioctl,
    OpenSpecial,
    Pipe,
    Read,
    Transfer,
    Write,
)
from nslsm.kernel.operations.operation import Descriptor
from nslsm.kernel.process import Special
from nslsm.kernel.routine import freed
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.messages import receive_through, send_through
from nslsm.kernel.syscalls.opening import privileges_looked_at, with_contents_changed
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Identity

_PIPE: Final = 0x10000
"""Bytes that a pipe holds."""

_READ: Final = frozenset({"read"})
_WRITE: Final = frozenset({"write"})


def read(context: Context, operation: Read) -> Steps:
    """``vfs_read``, ``iterate_dir``: ``rw_verify_area`` asks ``file_permission``; a socket is then received from."""
    source = _for_access(context, operation.descriptor, "read")
    yield context.request("file_permission", source.file, mask=_READ)
    if _measures(source):
        yield context.request("perf_event_read", UNKNOWN)
    if source.socket is not None and not isinstance(source.socket, Unknown):
        yield from receive_through(context, source)
    return context.done()


def _measures(through: Opened) -> bool:
    """Whether a descriptor is a measurement's, perf_event_open(2)."""
    return through.special is not None and through.special.kind == "perf_event"


def write(context: Context, operation: Write) -> Steps:
    """``vfs_write``, ``vfs_fallocate``: ``rw_verify_area`` asks ``file_permission``; a socket is then sent through."""
    target = _for_access(context, operation.descriptor, "write")
    yield from _write(context, target)
    yield from _attribute_written(context, target, operation.data)
    return context.done(with_contents_changed(context.state, target.file.path))


_ATTRIBUTE: Final = re.compile(r"/proc/(?:self|thread-self|[0-9]+)(?:/task/[0-9]+)?/attr/(?:[a-z]+/)?([a-z]+)")


def _attribute_written(context: Context, target: Opened, data: str | Unknown) -> Asking[None]:
    """``proc_pid_attr_write``: what is written to a file of /proc/self/attr is for the modules; an end of line is not meant."""
    path = target.file.path
    found = None if isinstance(path, Unknown) else _ATTRIBUTE.fullmatch(path)
    if found is not None:
        value = data if isinstance(data, Unknown) else data.removesuffix("\0").removesuffix("\n")
        yield context.request("setprocattr", name=found[1], value=value)


def _write(context: Context, target: Opened) -> Asking[None]:
    yield context.request("file_permission", target.file, mask=_write_mask(target))
    yield from privileges_looked_at(context, target.file)
    if target.socket is not None and not isinstance(target.socket, Unknown):
        yield from send_through(context, target)


def _write_mask(target: Opened) -> frozenset[str]:
    appends = not isinstance(target.flags, Unknown) and "append" in target.flags
    return _WRITE | {"append"} if appends else _WRITE


def _for_access(context: Context, descriptor: Descriptor, right: str) -> Opened:
    """A descriptor that was opened for ``right``: EBADF otherwise, before any hook."""
    found = opened(context, descriptor)
    context.stops(Errno.EBADF, Errno.EFAULT, Errno.EISDIR, Errno.EINVAL, Errno.ESPIPE)
    if not isinstance(found.flags, Unknown):
        context.insist(right in found.flags, Errno.EBADF, f"descriptor {descriptor.number} was not opened to {right}")
    return found


def transfer(context: Context, operation: Transfer) -> Steps:
    """``do_sendfile``, ``vfs_copy_file_range``: ``file_permission`` of what is read, then of what is written.

    Before Linux 6.8 both are asked again for each chunk that goes through the pipe between them. Nobody is asked about a pipe
    of the caller's (``do_splice``).
    """
    source = _for_access(context, operation.source, "read")
    target = _for_access(context, operation.target, "write")
    context.stops(Errno.EXDEV)
    reading = context.request("file_permission", source.file, mask=_READ)
    writing = context.request("file_permission", target.file, mask=_write_mask(target))
    piped = operation.spliced and source.special is not None
    if not piped:
        yield reading
    if not operation.spliced or piped:
        yield writing
    if not context.since("6.12"):
        yield from _chunkwise(context, operation, reading, writing, piped=piped)
    if not operation.spliced or piped:
        yield from privileges_looked_at(context, target.file)
    return context.done(with_contents_changed(context.state, target.file.path))


def _chunkwise(
    context: Context, operation: Transfer, reading: Request, writing: Request, *, piped: bool
) -> Asking[None]:
    """What ``do_splice_direct``, ``do_splice_to`` and ``do_iter_write`` ask again."""
    if piped:
        yield writing
    elif not operation.spliced and (chunks := _chunks(context)):
        yield writing
        for _ in range(chunks):
            yield reading
            yield writing


def _chunks(context: Context) -> int:
    """How many times the pipe between the two files was filled: 64 KiB, 16 pages (``PIPE_DEF_BUFFERS``)."""
    recorded = context.recorded
    moved = 1 if recorded is None or recorded.result is None else recorded.result
    return -(-max(moved, 0) // _PIPE)


def close_descriptor(context: Context, operation: Close) -> Steps:
    """``close_fd``: nothing is asked. What nobody else has open is let go of."""
    context.stops(Errno.EBADF)
    number = operation.descriptor.number
    slot = context.table.slots.get(number)
    context.insist(slot is not None, Errno.EBADF, f"descriptor {number} is not open")
    state, rekeyed = close(context.state, context.thread.table, number)
    if slot is not None:
        yield from freed(context, (slot.description,), state)
    return Outcome(state, rekeyed=rekeyed)


def close_range(context: Context, operation: CloseRange) -> Steps:
    """``__close_range``: nothing is asked."""
    context.stops()
    state = context.state
    if operation.unshare:
        state, _ = _own_table(context, state)
    table = state.threads[context.pid].table
    numbers = sorted(each for each in state.tables[table].slots if operation.first <= each <= operation.last)
    if not operation.close_on_exec:
        closing = [state.tables[table].slots[number].description for number in numbers]
        state, rekeyed = close_all(state, table, numbers)
        yield from freed(context, closing, state)
        return context.done(state)._replace(rekeyed=rekeyed)
    for number in numbers:
        state = _with_close_on_exec(state, table, number, close_on_exec=True)
    return context.done(state)


def _own_table(context: Context, state: State) -> tuple[State, Rekeyed]:
    """The calling task's descriptors are its own from now on (``unshare_files``)."""
    thread = state.threads[context.pid]
    if state.tables[thread.table].users == 1:
        return state, {}
    state, copied = copy_table(state, thread.table)
    state, rekeyed = drop_table(state, thread.table)
    return replace(state, threads=state.threads.insert(context.pid, replace(thread, table=copied))), rekeyed


def _with_close_on_exec(state: State, table: int, number: int, *, close_on_exec: bool) -> State:
    known = state.tables[table]
    slot = known.slots.get(number)
    if slot is None:
        return state
    slots = known.slots.insert(number, slot._replace(close_on_exec=close_on_exec))
    return replace(state, tables=state.tables.insert(table, replace(known, slots=slots)))


def duplicate(context: Context, operation: Duplicate) -> Steps:
    """``ksys_dup3``: nothing is asked; by fcntl(2), ``file_fcntl`` is."""
    source = opened(context, operation.descriptor)
    context.stops(Errno.EBADF)
    if operation.by_fcntl:
        command = "dupfd_cloexec" if operation.close_on_exec else "dupfd"
        yield context.request("file_fcntl", source.file, cmd=command)
    context.stops()
    state, table = context.state, context.thread.table
    minimum = 0 if isinstance(operation.minimum, Unknown) else operation.minimum
    number = lowest_free(context.table, minimum) if operation.target is None else operation.target
    if context.recorded is not None and context.recorded.result is not None:
        number = context.recorded.result
    if number == operation.descriptor.number:
        return context.done(state, number)
    description = source.description
    if description is None:
        state, description = describe_remarked(state, source.file.path, source.socket, operation.descriptor.annotation)
    replaced = state.tables[table].slots.get(number)
    state, rekeyed = install(state, table, number, description, close_on_exec=operation.close_on_exec)
    yield from freed(context, () if replaced is None else (replaced.description,), state)
    return context.done(state, number)._replace(rekeyed=rekeyed)


def fcntl(context: Context, operation: Fcntl) -> Steps:
    """``do_fcntl``: ``file_fcntl``, then what the command needs: ``file_lock``, ``file_set_fowner``."""
    target = opened(context, operation.descriptor)
    context.stops(Errno.EBADF)
    yield context.request("file_fcntl", target.file, cmd=operation.command)
    if operation.lock is not None:
        context.stops(Errno.EINVAL)
        yield context.request("file_lock", target.file, lock=operation.lock)
    watches = operation.command == "notify" and operation.argument != 0
    if operation.command in ("setown", "setown_ex") or watches:
        yield context.request("file_set_fowner", target.file)
    state = context.state
    if operation.command == "setfd" and isinstance(operation.close_on_exec, bool):
        context.stops()
        number = operation.descriptor.number
        marked = operation.close_on_exec
        state = _with_close_on_exec(state, context.thread.table, number, close_on_exec=marked)
    return context.done(state)


def flock(context: Context, operation: Flock) -> Steps:
    """``sys_flock``: ``file_lock``."""
    target = opened(context, operation.descriptor)
    context.stops(Errno.EBADF, Errno.EINVAL)
    yield context.request("file_lock", target.file, lock=operation.lock)
    return context.done()


def ioctl(context: Context, operation: Ioctl) -> Steps:
    """``sys_ioctl``: ``file_ioctl``."""
    target = opened(context, operation.descriptor)
    context.stops(Errno.EBADF)
    yield context.request("file_ioctl", target.file, cmd=operation.command)
    if _measures(target):
        yield context.request("perf_event_write", UNKNOWN)
    state = context.state
    if operation.close_on_exec is not None:
        context.stops()
        number = operation.descriptor.number
        state = _with_close_on_exec(state, context.thread.table, number, close_on_exec=operation.close_on_exec)
    return context.done(state)


def pipe(context: Context, operation: Pipe) -> Steps:
    """``do_pipe2``: nothing is asked. The result is the end to read from; the other is the next descriptor that was free."""
    context.stops()
    yield from context.routine("inode_alloc_security")
    yield from context.routine("d_instantiate")
    yield from context.routine("file_alloc_security")
    yield from context.routine("file_alloc_security")
    state, table = context.state, context.thread.table
    numbers = _numbers(context, table)
    both = Special("pipe", ends=(state.next_object, state.next_object + 1))
    for right in ("read", "write"):
        state, description = describe(state, both, frozenset({right}))
        number = next(numbers)
        state, _ = install(state, table, number, description, close_on_exec=operation.close_on_exec)
    result = lowest_free(context.table)
    return context.done(state, result)


def _numbers(context: Context, table: int) -> Iterator[int]:
    """The descriptors that a recording tells, or else the free ones."""
    if context.recorded is not None:
        yield from (descriptor.number for descriptor in context.recorded.descriptors)
    number = lowest_free(context.state.tables[table])
    while True:
        yield number
        number = lowest_free(context.state.tables[table], number + 1)


def open_special(context: Context, operation: OpenSpecial) -> Steps:
    """A descriptor without a path. ``anon_inode_getfd_secure``, for userfaultfd(2) and io_uring_setup(2), asks about it."""
    context.stops(Errno.EINVAL, Errno.EMFILE, Errno.ENFILE, Errno.EPERM, Errno.ENOSYS, Errno.ESRCH)
    if operation.kind == "memfd":
        yield from context.routine("inode_alloc_security")
    if operation.kind != "pidfd":
        yield from context.routine("d_instantiate")
        yield from context.routine("file_alloc_security")
    if operation.kind in ("userfaultfd", "io_uring"):
        new = File("", Identity("file", f"{operation.kind}:[{context.state.next_object}]"), type="anonymous")
        yield context.request("inode_init_security_anon", new, name=f"[{operation.kind}]")
    if operation.pid is not None:
        known = operation.pid in context.state.processes
        context.insist(known, Errno.ESRCH, f"there is no process {operation.pid}")
    context.stops()
    table = context.thread.table
    state, description = describe(context.state, Special(operation.kind, operation.pid), frozenset({"read", "write"}))
    number = lowest_free(context.table)
    if context.recorded is not None and context.recorded.result is not None:
        number = context.recorded.result
    state, rekeyed = install(state, table, number, description, close_on_exec=operation.close_on_exec)
    return context.done(state, number)._replace(rekeyed=rekeyed)


HANDLERS: Final = (
    handles(Read, read),
    handles(Write, write),
    handles(Transfer, transfer),
    handles(Close, close_descriptor),
    handles(CloseRange, close_range),
    handles(Duplicate, duplicate),
    handles(Fcntl, fcntl),
    handles(Flock, flock),
    handles(Ioctl, ioctl),
    handles(Pipe, pipe),
    handles(OpenSpecial, open_special),
)
