"""Descriptor tables and what they refer to: opened, duplicated, shared, closed.

A function that may end something answers with the state and with where attributes go (Model M3.3).
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from rpds import HashTrieMap

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.lifetimes import held, released
from nslsm.kernel.links import Rekeyed, hold, hold_name, release
from nslsm.kernel.process import Description, OpenSocket, Slot, Special, Table
from nslsm.kernel.state import State, moved_cells, with_files
from nslsm.protocol.things import Identity, NamespaceId, Socket

Descriptions: TypeAlias = "HashTrieMap[int, Description]"


class Ended(NamedTuple):
    """The state after something was let go of, and the identities that ended or moved with it."""

    state: State
    rekeyed: Rekeyed


def lowest_free(table: Table, minimum: int = 0) -> int:
    """The descriptor that the next open gets."""
    return _free_from(table.slots, max(minimum, table.lowest_free))


def _free_from(slots: "HashTrieMap[int, Slot]", number: int) -> int:
    while number in slots:
        number += 1
    return number


def describe(state: State, target: int | OpenSocket | Special, flags: frozenset[str] | Unknown) -> tuple[State, int]:
    """A new open file description, which no slot refers to yet. A name's number must have been held for it."""
    number = state.next_object
    description = Description(target, flags, users=0)
    home = _home(target)
    state = state if home is None else held(state, home)
    return replace(state, descriptions=state.descriptions.insert(number, description), next_object=number + 1), number


def _home(target: int | OpenSocket | Special) -> NamespaceId | None:
    """The security namespace that a description keeps alive: the home of its socket, or what a handle stands for."""
    match target:
        case OpenSocket():
            return target.socket.home
        case Special():
            return target.namespace
    return None


def describe_path(
    state: State, path: str | Unknown, flags: frozenset[str] | Unknown, *, directory: bool = False
) -> tuple[State, int]:
    """A new description of the file of that path, which is held from now on."""
    files, name = hold(state.files, path, directory=directory)
    return describe(replace(state, files=files), name, flags)


def describe_name(state: State, name: int, flags: frozenset[str] | Unknown) -> tuple[State, int]:
    """A new description of a file that is held already, by the number of its name."""
    return describe(replace(state, files=hold_name(state.files, name)), name, flags)


def describe_remarked(
    state: State, path: str | Unknown, socket: Socket | Unknown | None, remark: str | None
) -> tuple[State, int]:
    """A new description of what nobody saw opened, as far as a trace's ``remark`` on the descriptor tells."""
    if isinstance(socket, Socket):
        known = socket._replace(identity=Identity("socket", state.next_object))
        return describe(state, OpenSocket(known), UNKNOWN)
    if socket is None and (remark is None or remark.startswith("/")):
        return describe_path(state, path, UNKNOWN)
    return describe(state, Special("unknown" if remark is None else remark.partition(":")[0]), UNKNOWN)


def installed_new(
    state: State,
    table: int,
    number: int,
    path: str | Unknown,
    flags: frozenset[str] | Unknown,
    *,
    directory: bool,
    close_on_exec: bool,
) -> Ended:
    """A file is opened: descriptor ``number`` refers to a new description of the file of that path."""
    before = state.tables[table]
    if number != before.lowest_free:
        state, description = describe_path(state, path, flags, directory=directory)
        return install(state, table, number, description, close_on_exec=close_on_exec)
    files, name = hold(state.files, path, directory=directory)
    description = state.next_object
    slots = before.slots.insert(number, Slot(description, close_on_exec))
    after = Table(slots, before.users, _free_from(slots, number + 1))
    return Ended(
        replace(
            state,
            files=files,
            descriptions=state.descriptions.insert(description, Description(name, flags)),
            tables=state.tables.insert(table, after),
            next_object=description + 1,
        ),
        {},
    )


def install(state: State, table: int, number: int, description: int, *, close_on_exec: bool) -> Ended:
    """Descriptor ``number`` refers to ``description``; what it referred to before is closed, as dup2(2) does."""
    closed = close(state, table, number)
    state = closed.state
    known = state.descriptions[description]
    before = state.tables[table]
    slots = before.slots.insert(number, Slot(description, close_on_exec))
    free = _free_from(slots, number + 1) if number == before.lowest_free else before.lowest_free
    return Ended(
        replace(
            state,
            descriptions=state.descriptions.insert(description, replace(known, users=known.users + 1)),
            tables=state.tables.insert(table, replace(before, slots=slots, lowest_free=free)),
        ),
        closed.rekeyed,
    )


def close(state: State, table: int, number: int) -> Ended:
    """A descriptor is closed; nothing happens where it was not open."""
    before = state.tables[table]
    slot = before.slots.get(number)
    if slot is None:
        return Ended(state, {})
    after = replace(before, slots=before.slots.discard(number), lowest_free=min(before.lowest_free, number))
    state = replace(state, tables=state.tables.insert(table, after))
    return let_go(state, slot.description)


def close_all(state: State, table: int, numbers: Iterable[int]) -> Ended:
    """Several descriptors are closed."""
    rekeyed: Rekeyed = {}
    for number in numbers:
        state, ended = close(state, table, number)
        rekeyed.update(ended)
    return Ended(state, rekeyed)


def let_go(state: State, description: int) -> Ended:
    """One fewer refers to a description; with the last it ends, and lets go of its file."""
    known = state.descriptions[description]
    if known.users > 1:
        fewer = replace(known, users=known.users - 1)
        return Ended(replace(state, descriptions=state.descriptions.insert(description, fewer)), {})
    descriptions = state.descriptions.discard(description)
    if isinstance(known.target, int):
        changed = release(state.files, known.target)
        state = replace(state, descriptions=descriptions, files=changed.files)
        return Ended(with_files(state, changed) if changed.rekeyed else state, changed.rekeyed)
    state = replace(state, descriptions=descriptions)
    gone: Rekeyed = {}
    match known.target:
        case OpenSocket():
            state = released(state, known.target.socket.home)
            gone = {Identity("socket", description): None, Identity("file", f"socket:[{description}]"): None}
            names = state.unix_names
            for name in socket_names(known.target):
                if names.get(name) == description:
                    names = names.discard(name)
            state = replace(state, unix_names=names)
            for sent in (each for message in known.target.queue for each in message):
                state, more = let_go(state, sent)
                gone.update(more)
        case Special():
            state = state if known.target.namespace is None else released(state, known.target.namespace)
            if not any(end in state.descriptions for end in known.target.ends or ()):
                gone = {known.target.identity(description): None}
    return Ended(replace(state, cells=moved_cells(state.cells, gone)), gone)


def take_hold(state: State, description: int) -> State:
    """One more refers to a description: a message that carries it."""
    known = state.descriptions[description]
    held = replace(known, users=known.users + 1)
    return replace(state, descriptions=state.descriptions.insert(description, held))


def update_socket(state: State, description: int, opened: OpenSocket) -> State:
    """The state in which a description refers to a socket that has changed."""
    known = replace(state.descriptions[description], target=opened)
    return replace(state, descriptions=state.descriptions.insert(description, known))


def socket_of(state: State, description: int | None) -> OpenSocket | None:
    """The socket that a description refers to, or None."""
    known = None if description is None else state.descriptions.get(description)
    return known.target if known is not None and isinstance(known.target, OpenSocket) else None


def socket_names(opened: OpenSocket) -> tuple[str, ...]:
    """The keys in ``State.unix_names`` under which a unix socket can be found."""
    path, abstract = opened.socket.path, opened.socket.abstract
    names = (
        "" if isinstance(path, Unknown) else path,
        "" if isinstance(abstract, Unknown) or not abstract else f"@{abstract}",
    )
    return tuple(name for name in names if name)


def new_table(state: State) -> tuple[State, int]:
    """An empty descriptor table."""
    number = state.next_object
    return replace(state, tables=state.tables.insert(number, Table(HashTrieMap())), next_object=number + 1), number


def copy_table(state: State, table: int) -> tuple[State, int]:
    """A table of its own with the same descriptions, for fork(2)."""
    number = state.next_object
    copied_from = state.tables[table]
    copied = replace(
        state,
        descriptions=held_by_slots(state.descriptions, copied_from),
        tables=state.tables.insert(number, copied_from if copied_from.users == 1 else replace(copied_from, users=1)),
        next_object=number + 1,
    )
    return copied, number


def held_by_slots(descriptions: Descriptions, table: Table) -> Descriptions:
    """One more table has the slots of ``table``: one more refers to each description."""
    if len(table.slots):
        for slot in table.slots.values():
            known = descriptions[slot.description]
            descriptions = descriptions.insert(slot.description, replace(known, users=known.users + 1))
    return descriptions


def share_table(state: State, table: int) -> State:
    """One more task uses the table, clone(2) ``CLONE_FILES``."""
    known = state.tables[table]
    return replace(state, tables=state.tables.insert(table, replace(known, users=known.users + 1)))


def drop_table(state: State, table: int) -> Ended:
    """One fewer task uses the table; with the last, all its descriptors are closed."""
    known = state.tables[table]
    if known.users > 1:
        return Ended(replace(state, tables=state.tables.insert(table, replace(known, users=known.users - 1))), {})
    return slots_let_go(replace(state, tables=state.tables.discard(table)), known)


def slots_let_go(state: State, table: Table) -> Ended:
    """The state in which a table's descriptors are closed, which is no more."""
    rekeyed: Rekeyed = {}
    if len(table.slots):
        for number in tuple(table.slots):
            state, ended = let_go(state, table.slots[number].description)
            rekeyed.update(ended)
    return Ended(state, rekeyed)
