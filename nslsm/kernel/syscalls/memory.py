"""Memory mapped, protected, grown, moved, after mm/mmap.c, mm/mprotect.c and mm/mremap.c."""

from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.address_space import Area, pages
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended, describe_path
from nslsm.kernel.event import Steps
from nslsm.kernel.lookup import Opened, opened, opened_by
from nslsm.kernel.memory import mapped, unmapped, with_memory
from nslsm.kernel.operations.files import Map, Protect, Remap, SetBreak, Unmap
from nslsm.kernel.routine import freed
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.opening import with_contents_changed
from nslsm.kernel.tree import memory_identity
from nslsm.protocol.things import File

_NO_WORDS: Final[frozenset[str]] = frozenset()


def map_memory(context: Context, operation: Map) -> Steps:
    """``mmap_file``, for a file or for none; then ``mmap_addr``, where the address is known."""
    context.stops(Errno.EBADF)
    source = None if operation.descriptor is None else opened(context, operation.descriptor)
    file = _nothing(context) if source is None else source.file
    protection = operation.protection
    yield context.request("mmap_file", file, reqprot=protection, prot=protection, flags=operation.flags)
    yield from measured(context, protection)
    start = _placed(context, operation)
    if isinstance(start, int):
        yield context.request("mmap_addr", start=start)
    context.stops()
    charged = _is_charged(operation)
    if charged or _is_shared_memory(operation):
        yield from context.routine("vm_enough_memory")
    if _is_shared_memory(operation):
        yield from context.routine("inode_alloc_security")
        yield from context.routine("d_instantiate")
        yield from context.routine("file_alloc_security")
    state = context.state
    if _writes_back(operation):
        state = with_contents_changed(state, file.path)
    if isinstance(start, Unknown) or isinstance(operation.length, Unknown):
        return context.done(state)
    state, description = _description(state, source)
    area = Area(start, start + pages(operation.length), description, charged)
    ended = mapped(state, context.thread.memory, area)
    yield from _freed(context, ended)
    return context.done(ended.state, start)._replace(rekeyed=ended.rekeyed)


def measured(context: Context, protection: frozenset[str] | Unknown) -> Asking[None]:
    """``ima_file_mmap``, in kernels that have IMA: what is to be executed is measured, for whom is told to its rules."""
    if not isinstance(protection, Unknown) and "exec" in protection:
        yield from context.routine("current_getsecid_subj")


def _nothing(context: Context) -> File:
    return File("", memory_identity(context.task.tgid), type="anonymous")


def _placed(context: Context, operation: Map) -> int | Unknown:
    """Where the memory is: as a recording tells, where it was asked to be, or where there is room."""
    recorded = context.recorded
    if recorded is not None and not recorded.failed:
        return UNKNOWN if recorded.result is None else recorded.result
    if operation.start != 0:
        return operation.start
    if recorded is not None or isinstance(operation.length, Unknown):
        return UNKNOWN
    return context.state.memories[context.thread.memory].room(operation.length)


def _words(words: frozenset[str] | Unknown) -> frozenset[str]:
    return _NO_WORDS if isinstance(words, Unknown) else words


def _is_charged(operation: Map) -> bool:
    """``accountable_mapping``: private, writable, not ``MAP_NORESERVE``."""
    flags = _words(operation.flags)
    return "write" in _words(operation.protection) and not flags & {"shared", "shared_validate", "noreserve"}


def _is_shared_memory(operation: Map) -> bool:
    """``shmem_zero_setup``: shared memory without a file gets one, which has no name."""
    return operation.descriptor is None and "shared" in _words(operation.flags)


def _description(state: State, source: Opened | None) -> tuple[State, int | None]:
    if source is None:
        return state, None
    if source.description is not None:
        return state, source.description
    path = source.file.path
    if isinstance(path, Unknown) or not path.startswith("/"):
        return state, None
    return describe_path(state, path, UNKNOWN)


def _writes_back(operation: Map) -> bool:
    """Whether what is written to the memory may reach the file."""
    if operation.descriptor is None:
        return False
    writes = isinstance(operation.protection, Unknown) or "write" in operation.protection
    return writes and (isinstance(operation.flags, Unknown) or "shared" in operation.flags)


def protect(context: Context, operation: Protect) -> Steps:
    """``file_mprotect``, for each area in the range; of an area that nobody saw mapped the file may be unknown."""
    context.stops(Errno.EINVAL, Errno.ENOMEM)
    protection, start, length = operation.protection, operation.start, operation.length
    if isinstance(start, Unknown) or isinstance(length, Unknown):
        yield context.request("file_mprotect", UNKNOWN, reqprot=protection, prot=protection)
        return context.done()
    memory = context.state.memories[context.thread.memory]
    areas = memory.within(start, start + pages(length))
    charged: list[Area] = []
    for area in areas or (Area(start, start + pages(length), memory.guess(start)),):
        file = _mapped_file(context, area, known=bool(areas))
        yield context.request("file_mprotect", file, reqprot=protection, prot=protection)
        if areas and not area.charged and "write" in _words(protection):
            yield from context.routine("vm_enough_memory")
            charged.append(area)
    context.stops()
    if not charged:
        return context.done()
    new = tuple(area._replace(charged=True) if area in charged else area for area in memory.areas)
    return context.done(with_memory(context.state, context.thread.memory, replace(memory, areas=new)))


def _mapped_file(context: Context, area: Area, *, known: bool) -> File | Unknown:
    if area.description is None:
        return _nothing(context) if known else UNKNOWN
    return opened_by(context.state, area.description, context.state.descriptions[area.description]).file


def unmap(context: Context, operation: Unmap) -> Steps:
    """``__vm_munmap``: nothing is asked. A file that is mapped nowhere else, and not open, is let go of."""
    start, length = operation.start, operation.length
    context.stops()
    if isinstance(start, Unknown) or isinstance(length, Unknown):
        return context.done()
    ended = unmapped(context.state, context.thread.memory, start, start + pages(length))
    yield from _freed(context, ended)
    return context.done(ended.state)._replace(rekeyed=ended.rekeyed)


def _freed(context: Context, ended: Ended) -> Asking[None]:
    if ended.state is context.state:
        return
    before = context.state.memories[context.thread.memory].areas
    candidates = dict.fromkeys(area.description for area in before if area.description is not None)
    yield from freed(context, candidates, ended.state)


def set_break(context: Context, operation: SetBreak) -> Steps:
    """``sys_brk``: a heap that grows asks ``mmap_addr`` for where it does (``do_brk_flags``)."""
    memory = context.state.memories[context.thread.memory]
    end = operation.end
    if context.recorded is not None and context.recorded.result is not None:
        end = context.recorded.result
    if isinstance(end, Unknown) or end == 0:
        return context.done()
    if memory.end_of_heap is None:
        fresh = replace(memory, start_of_heap=end, end_of_heap=end)
        return context.done(with_memory(context.state, context.thread.memory, fresh), end)
    if end > memory.end_of_heap:
        yield context.request("mmap_addr", start=memory.end_of_heap)
        yield from context.routine("vm_enough_memory")
    charged = memory.charged + (memory.end_of_heap == memory.start_of_heap and end > memory.end_of_heap)
    grown = replace(memory, end_of_heap=end, charged=charged)
    return context.done(with_memory(context.state, context.thread.memory, grown), end)


def remap(context: Context, operation: Remap) -> Steps:
    """``sys_mremap``: a move asks ``mmap_addr`` for where it goes; what grows, for memory."""
    start, old, new = operation.start, operation.old_length, operation.new_length
    context.stops(Errno.EINVAL, Errno.EFAULT)
    if isinstance(start, Unknown) or isinstance(old, Unknown) or isinstance(new, Unknown):
        return context.done()
    memory = context.state.memories[context.thread.memory]
    area = next(iter(memory.within(start, start + 1)), Area(start, start + pages(old)))
    to = start
    if context.recorded is not None and context.recorded.result is not None:
        to = context.recorded.result
    if pages(new) > pages(old) and area.charged:
        yield from context.routine("vm_enough_memory")
    if to != start:
        yield context.request("mmap_addr", start=to)
    context.stops()
    moved = area._replace(start=to, end=to + pages(new))
    put = mapped(context.state, context.thread.memory, moved)
    state, rekeyed = put
    if to != start:
        state, ended = unmapped(state, context.thread.memory, start, start + pages(old))
        rekeyed = {**rekeyed, **ended}
    elif pages(new) < pages(old):
        state, ended = unmapped(state, context.thread.memory, start + pages(new), start + pages(old))
        rekeyed = {**rekeyed, **ended}
    return context.done(state, to)._replace(rekeyed=rekeyed)


HANDLERS: Final = (
    handles(Map, map_memory),
    handles(Protect, protect),
    handles(Unmap, unmap),
    handles(SetBreak, set_break),
    handles(Remap, remap),
)
