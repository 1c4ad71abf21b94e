"""What a process has mapped, through its life: mapped, unmapped, copied, shared, let go of (after mm/mmap.c, kernel/fork.c)."""

from collections.abc import Iterable

from nslsm.kernel.address_space import Area, Memory
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended, let_go, take_hold
from nslsm.kernel.links import Rekeyed
from nslsm.kernel.state import State


def new_memory(state: State) -> tuple[State, int]:
    """An empty address space."""
    number = state.next_object
    memories = state.memories.insert(number, Memory())
    return replace(state, memories=memories, next_object=number + 1), number


def copy_memory(state: State, memory: int) -> tuple[State, int]:
    """An address space like another, for fork(2): ``dup_mmap``."""
    known = state.memories[memory]
    for description in held_in(known):
        state = take_hold(state, description)
    number = state.next_object
    memories = state.memories.insert(number, known if known.users == 1 else replace(known, users=1))
    return replace(state, memories=memories, next_object=number + 1), number


def share_memory(state: State, memory: int) -> State:
    """One more task uses it, clone(2) ``CLONE_VM``."""
    known = state.memories[memory]
    return with_memory(state, memory, replace(known, users=known.users + 1))


def drop_memory(state: State, memory: int) -> Ended:
    """One fewer task uses it; with the last, all that is mapped is let go of."""
    known = state.memories[memory]
    if known.users > 1:
        return Ended(with_memory(state, memory, replace(known, users=known.users - 1)), {})
    state = replace(state, memories=state.memories.discard(memory))
    return all_let_go(state, held_in(known))


def held_by(state: State, memory: int) -> tuple[int, ...]:
    """The descriptions that an address space keeps open, each once."""
    known = state.memories.get(memory)
    return () if known is None else tuple(dict.fromkeys(held_in(known)))


def with_memory(state: State, number: int, memory: Memory) -> State:
    """The state in which address space ``number`` is as ``memory`` says."""
    return replace(state, memories=state.memories.insert(number, memory))


def mapped(state: State, memory: int, area: Area) -> Ended:
    """The state with ``area`` mapped, over whatever was there."""
    if area.description is not None:
        state = take_hold(state, area.description)
    state, rekeyed = unmapped(state, memory, area.start, area.end)
    known = state.memories[memory]
    areas = tuple(sorted((*known.areas, area)))
    return Ended(with_memory(state, memory, replace(known, areas=areas)), rekeyed)


def unmapped(state: State, memory: int, start: int, end: int) -> Ended:
    """The state with nothing mapped from ``start`` to ``end``; an area that reaches beyond is cut, or falls into two."""
    known = state.memories[memory]
    cut = known.within(start, end)
    if not cut:
        return Ended(state, {})
    left: list[Area] = []
    gone: list[int] = []
    for area in cut:
        parts = [
            part
            for part in (area._replace(end=min(area.end, start)), area._replace(start=max(area.start, end)))
            if part.start < part.end
        ]
        left.extend(parts)
        if area.description is not None and not parts:
            gone.append(area.description)
        elif area.description is not None and len(parts) == 2:
            state = take_hold(state, area.description)
    kept = [area for area in known.areas if area not in cut]
    state = with_memory(state, memory, replace(known, areas=tuple(sorted((*kept, *left)))))
    return all_let_go(state, gone)


def held_in(memory: Memory) -> list[int]:
    """The descriptions that an address space refers to, as often as it does."""
    held = [area.description for area in memory.areas if area.description is not None]
    return [*held, *(each for each in (memory.program, memory.interpreter) if each is not None)]


def all_let_go(state: State, descriptions: Iterable[int]) -> Ended:
    """The state in which one fewer refers to each of these descriptions."""
    rekeyed: Rekeyed = {}
    for description in descriptions:
        state, ended = let_go(state, description)
        rekeyed.update(ended)
    return Ended(state, rekeyed)
