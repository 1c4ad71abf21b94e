"""A program's loading, after ``load_elf_binary``: its interpreter opened, the segments of both mapped.

Nobody reads programs here. One that was recorded is taken for what nearly all are on a Linux distribution of this decade: an
ELF file, position independent, with four loadable segments (constants, code, constants, data: what ld(1) makes with ``-z
separate-code``, its default since binutils 2.31), whose interpreter is the C library's for x86-64 and has four as well.
"""

from collections.abc import Iterator
from typing import Final

from nslsm.hooks.types import Unknown
from nslsm.kernel.address_space import Memory
from nslsm.kernel.checks import READ
from nslsm.kernel.context import Asking, Context, Detail
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended
from nslsm.kernel.links import hold
from nslsm.kernel.lookup import Found, lookup, opened_by
from nslsm.kernel.memory import drop_memory, held_by
from nslsm.kernel.operations.operation import At
from nslsm.kernel.process import Description
from nslsm.kernel.requests import request_of
from nslsm.kernel.routine import freed, new_file
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.opening import checked
from nslsm.protocol.request import Request
from nslsm.protocol.things import File, Task

INTERPRETER: Final = "/lib64/ld-linux-x86-64.so.2"
"""``PT_INTERP`` of a dynamically linked program, System V ABI for AMD64, 5.2.1."""

_SEGMENTS: Final = (
    frozenset({"read"}),
    frozenset({"read", "exec"}),
    frozenset({"read"}),
    frozenset({"read", "write"}),
)

_CHARGED: Final = 3
"""The areas of a fresh program that count against promised memory: both data segments, the stack."""

_FOR_EXECUTION: Final = frozenset({"read", "exec"})


def interpreter_opened(context: Context, program: Found) -> Asking[None]:
    """The program's headers are read, and its interpreter is opened and read (``load_elf_binary``)."""
    if context.detail is not Detail.EVERY or context.simulated:
        return
    for _ in ("program headers", "name of the interpreter"):
        yield context.request("file_permission", program.file, mask=READ)
    found = yield from new_file(context, _open_interpreter(context))
    yield context.request("inode_permission", found.file, mask=READ)
    for _ in ("ELF header", "program headers"):
        yield context.request("file_permission", found.file, mask=READ)


def _open_interpreter(context: Context) -> Asking[Found]:
    found = yield from lookup(context, At(INTERPRETER))
    yield context.request("inode_permission", found.file, mask=frozenset({"exec", "open"}))
    yield context.request("file_open", found.file, flags=_FOR_EXECUTION)
    yield from checked(context)
    return found


def loaded(state: State, tgid: int, path: str | Unknown, *, dynamic: bool) -> Ended:
    """The state in which a process has the memory of the program at ``path`` (``exec_mmap``), and of an interpreter."""
    thread = state.threads[tgid]
    memory, program = state.next_object, state.next_object + 1
    files, name = hold(state.files, path)
    descriptions = state.descriptions.insert(program, Description(name, _FOR_EXECUTION))
    known = Memory(program=program, charged=_CHARGED)
    if dynamic:
        files, name = hold(files, INTERPRETER)
        descriptions = descriptions.insert(program + 1, Description(name, _FOR_EXECUTION))
        known = replace(known, interpreter=program + 1)
    state = replace(
        state,
        files=files,
        descriptions=descriptions,
        memories=state.memories.insert(memory, known),
        threads=state.threads.insert(tgid, replace(thread, memory=memory)),
        next_object=program + (2 if dynamic else 1),
    )
    return drop_memory(state, thread.memory)


def loading(context: Context, state: State) -> Iterator[Request]:
    """What loading raises after the point of no return: nobody can object to it any more without ending the process."""
    if context.detail is not Detail.EVERY or context.simulated:
        return
    task = state.tasks[context.task.tgid]
    memory = state.memories[state.threads[task.pid].memory]
    yield request_of("vm_enough_memory", task)
    for description in (memory.program, memory.interpreter):
        if description is not None:
            file = opened_by(state, description, state.descriptions[description]).file
            yield from _segments(task, file, moved=description == memory.program)
    yield request_of("mmap_addr", task)
    yield from freed(context, _replaced(context), state)


def _segments(task: Task, file: File, *, moved: bool) -> Iterator[Request]:
    """``elf_map``: the first segment says where the others are; of a program it is put where address randomisation says."""
    flags = frozenset({"private", "fixed_noreplace"} if moved else {"private"})
    for protection in _SEGMENTS:
        yield request_of("mmap_file", task, file, reqprot=protection, prot=protection, flags=flags)
        if "exec" in protection:
            yield request_of("current_getsecid_subj", task)
        yield request_of("mmap_addr", task)
        if "write" in protection:
            yield request_of("vm_enough_memory", task)
        flags = frozenset({"private", "fixed"})


def _replaced(context: Context) -> tuple[int, ...]:
    """What the old program had mapped, or open until it executes another."""
    slots = context.table.slots
    marked = (slots[number].description for number in sorted(slots) if slots[number].close_on_exec)
    return (*held_by(context.state, context.thread.memory), *marked)
