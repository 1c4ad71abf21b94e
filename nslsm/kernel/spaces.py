"""Linux's own namespaces: which a task is in, who has power over them, namespaces(7), user_namespaces(7).

Security namespaces (Model M5) are another matter: :mod:`nslsm.kernel.namespaces`.
"""

import re
from typing import Final, NamedTuple

from nslsm.hooks.linux import Capability
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended
from nslsm.kernel.links import Rekeyed, hold_at, release, without_mounts
from nslsm.kernel.mounting import with_namespace
from nslsm.kernel.mounts import FIRST
from nslsm.kernel.process import FIRST_SPACES, Thread
from nslsm.kernel.state import IdRange, Space, State, UserSpace, with_files
from nslsm.kernel.ternary import any_of, equal, member
from nslsm.kernel.world import World
from nslsm.protocol.things import Task

KINDS: Final = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
"""What there is in /proc/PID/ns."""

FLAGS: Final = {
    "newcgroup": "cgroup",
    "newipc": "ipc",
    "newns": "mnt",
    "newnet": "net",
    "newpid": "pid",
    "newtime": "time",
    "newuser": "user",
    "newuts": "uts",
}
"""Flags of clone(2) to what they make."""

MAX_LEVEL: Final = 32
"""How deep user namespaces nest; one more is ENOSPC (``create_user_ns``)."""


class Target(NamedTuple):
    """A namespace that a file of /proc/PID/ns stands for."""

    kind: str
    number: int


_LINK: Final = re.compile(r"/proc/([0-9]{1,10})/(?:task/([0-9]{1,10})/)?ns/([a-z]+)(_for_children)?")
_LOCATION: Final = re.compile(r"(cgroup|ipc|mnt|net|pid|time|user|uts):\[([0-9]{1,19})\]")


def location_of(target: Target) -> str:
    """The location of the file that stands for a namespace, as readlink(2) shows it.

    >>> location_of(Target("uts", 7))
    'uts:[7]'
    """
    return f"{target.kind}:[{target.number}]"


def target_at(state: State, location: str) -> Target | None:
    """The namespace that a location stands for: a file of /proc/PID/ns, or what such a one was bound to."""
    plain = _LOCATION.fullmatch(location)
    if plain is not None:
        return Target(plain[1], int(plain[2]))
    match = _LINK.fullmatch(location)
    if match is None or match[3] not in KINDS:
        return None
    thread = state.threads.get(int(match[2] or match[1]))
    return None if thread is None else Target(match[3], number_of(thread, match[3], children=match[4] is not None))


def number_of(thread: Thread, kind: str, *, children: bool = False) -> int:
    """The number of the namespace of one kind that a task is in; ``children``: that its children will be in."""
    match kind:
        case "mnt":
            return thread.mount_namespace
        case "user":
            return thread.user_namespace
    spaces = thread.spaces
    if children:
        return spaces.pid_for_children if kind == "pid" else spaces.time_for_children
    number: int = getattr(spaces, kind)
    return number


def owner_of(state: State, target: Target) -> int:
    """The user namespace whose capabilities count over a namespace; that of one that has ended is the first."""
    match target.kind:
        case "mnt":
            known = state.files.mounts.namespaces.get(target.number)
            return FIRST if known is None else known.user_namespace
        case "user":
            return target.number
    space = state.spaces.get(target.number)
    return FIRST if space is None else space.user_namespace


def with_own(state: State, task: Task, flags: frozenset[str], *, child: bool) -> Ended:
    """The state in which a task is in new namespaces of those kinds that ``flags`` name, made by itself.

    ``child``: it is being made by clone(2), so that a new process namespace is its own; after unshare(2) it is its
    children's. The new user namespace comes first, and owns the others.
    """
    if not flags & FLAGS.keys():
        return Ended(state, {})
    thread = state.threads[task.pid]
    owner = thread.user_namespace
    if "newuser" in flags:
        state, owner = _with_user_space(state, thread, task)
        thread = replace(thread, user_namespace=owner)
    spaces = thread.spaces
    for flag, kind in FLAGS.items():
        if flag not in flags or kind in ("mnt", "user"):
            continue
        number = state.next_object
        state = replace(state, spaces=state.spaces.insert(number, Space(kind, owner)), next_object=number + 1)
        match kind:
            case "pid" | "time" if not child:
                spaces = spaces._replace(**{f"{kind}_for_children": number})
            case "pid" | "time":
                spaces = spaces._replace(**{kind: number, f"{kind}_for_children": number})
            case _:
                spaces = spaces._replace(**{kind: number})
    thread = replace(thread, spaces=spaces)
    rekeyed: Rekeyed = {}
    if "newns" in flags:
        state, thread, rekeyed = _with_mounts(state, thread, owner)
    state, more = with_thread(state, task.pid, thread)
    return Ended(state, {**rekeyed, **more})


def _with_user_space(state: State, thread: Thread, task: Task) -> tuple[State, int]:
    number = state.next_object
    above = state.user_spaces.get(thread.user_namespace)
    maps: tuple[IdRange, ...] | Unknown = UNKNOWN if state.files.world is World.RECORDED else ()
    level = (0 if above is None else above.level) + 1
    made = UserSpace(thread.user_namespace, task.credentials.euid, level, maps, maps)
    return replace(state, user_spaces=state.user_spaces.insert(number, made), next_object=number + 1), number


def level_of(state: State, number: int) -> int:
    """How many user namespaces are above one."""
    known = state.user_spaces.get(number)
    return 0 if known is None else known.level


def _with_mounts(state: State, thread: Thread, owner: int) -> tuple[State, Thread, Rekeyed]:
    """A copy of all mounts; the task's root and current directory are on the copies from now on (``copy_mnt_ns``)."""
    number = state.next_object
    table, _, copies = with_namespace(state.files.mounts, thread.mount_namespace, number, owner)
    state = replace(state, files=replace(state.files, mounts=table), next_object=number + 1)
    rekeyed: Rekeyed = {}
    place = state.places[thread.place]
    for which in ("directory", "root"):
        name = state.files.names[getattr(place, which)]
        if name.mount in copies:
            plain = getattr(place, which) if name.base is None else name.base
            files, held = hold_at(state.files, plain, copies[name.mount])
            let_go = release(files, getattr(place, which))
            state = with_files(state, let_go)
            rekeyed.update(let_go.rekeyed)
            place = replace(place, **{which: held})
    state = replace(state, places=state.places.insert(thread.place, place))
    return state, replace(thread, mount_namespace=number), rekeyed


def entered(state: State, pid: int, target: Target) -> Ended:
    """The state in which a task is in another namespace (setns(2)); of processes and time, its children will be."""
    thread = state.threads[pid]
    match target.kind:
        case "mnt":
            thread = replace(thread, mount_namespace=target.number)
        case "user":
            thread = replace(thread, user_namespace=target.number)
        case "pid":
            thread = replace(thread, spaces=thread.spaces._replace(pid_for_children=target.number))
        case "time":
            changed = thread.spaces._replace(time=target.number, time_for_children=target.number)
            thread = replace(thread, spaces=changed)
        case _:
            thread = replace(thread, spaces=thread.spaces._replace(**{target.kind: target.number}))
    return with_thread(state, pid, thread)


def with_thread(state: State, pid: int, thread: Thread) -> Ended:
    """The state in which a task refers to what ``thread`` says: namespaces that it has left end where it was the last."""
    before = state.threads.get(pid)
    state = joined_spaces(replace(state, threads=state.threads.insert(pid, thread)), thread)
    return Ended(state, {}) if before is None else left_spaces(state, before)


def _numbers(thread: Thread) -> set[int]:
    return {thread.user_namespace, *thread.spaces} - {FIRST}


def joined_spaces(state: State, thread: Thread) -> State:
    """One more task is in the namespaces of ``thread``."""
    if not _is_anywhere(thread):
        return state
    for number in _numbers(thread):
        state = _counted(state, number, 1)
    return _mount_users(state, thread.mount_namespace, 1)


def _is_anywhere(thread: Thread) -> bool:
    return bool(thread.mount_namespace or thread.user_namespace or thread.spaces != FIRST_SPACES)


def left_spaces(state: State, thread: Thread) -> Ended:
    """One fewer task is in the namespaces of ``thread``; the last takes them with it, mounts and all."""
    if not _is_anywhere(thread):
        return Ended(state, {})
    for number in _numbers(thread):
        state = _counted(state, number, -1)
    return _mounts_left(state, thread.mount_namespace)


def _mounts_left(state: State, number: int) -> Ended:
    """One fewer is in a mount namespace; with the last it ends, and its mounts with it."""
    state = _mount_users(state, number, -1)
    known = state.files.mounts.namespaces.get(number)
    if number == FIRST or known is None or known.users > 0:
        return Ended(state, {})
    changed = without_mounts(state.files, known.root)
    table = changed.files.mounts
    table = replace(table, namespaces=table.namespaces.discard(number))
    state = with_files(state, changed._replace(files=replace(changed.files, mounts=table)))
    return Ended(state, changed.rekeyed)


def held_space(state: State, target: Target) -> State:
    """A file stands for a namespace from now on, and keeps it."""
    if target.kind == "mnt":
        return _mount_users(state, target.number, 1)
    return _counted(state, target.number, 1)


def released_space(state: State, target: Target) -> Ended:
    """A file stands for a namespace no longer."""
    if target.kind == "mnt":
        return _mounts_left(state, target.number)
    return Ended(_counted(state, target.number, -1), {})


def _mount_users(state: State, number: int, more: int) -> State:
    table = state.files.mounts
    known = table.namespaces.get(number)
    if number == FIRST or known is None:
        return state
    counted = table.namespaces.insert(number, known._replace(users=known.users + more))
    return replace(state, files=replace(state.files, mounts=replace(table, namespaces=counted)))


def _counted(state: State, number: int, more: int) -> State:
    space = state.spaces.get(number)
    if space is not None:
        users = space.users + more
        spaces = state.spaces.insert(number, space._replace(users=users)) if users > 0 else state.spaces.discard(number)
        return replace(state, spaces=spaces)
    user = state.user_spaces.get(number)
    if user is None:
        return state
    return replace(state, user_spaces=state.user_spaces.insert(number, user._replace(users=max(0, user.users + more))))


def has_power(state: State, task: Task, own: int, target: int, capability: Capability) -> bool | Unknown:
    """Whether a task whose user namespace is ``own`` has a capability over ``target`` (``cap_capable``).

    Its capabilities count in its own and in those below; and who made a namespace from within its own has all there. Over what
    is above it or beside it, it has none.
    """
    number = target
    while number != own:
        known = state.user_spaces.get(number)
        if known is None:
            return False
        if known.parent == own:
            made = equal(known.owner, task.credentials.euid)
            return any_of(made, member(capability, task.credentials.effective))
        number = known.parent
    return member(capability, task.credentials.effective)


def with_id_map(state: State, number: int, kind: str, ranges: tuple[IdRange, ...]) -> State:
    """The state in which the ids of a user namespace stand for others, as /proc/PID/uid_map says (``gid`` for groups)."""
    known = state.user_spaces.get(number)
    if known is None:
        return state
    mapped = known._replace(users_map=ranges) if kind == "uid" else known._replace(groups_map=ranges)
    return replace(state, user_spaces=state.user_spaces.insert(number, mapped))


def is_mapped(state: State, number: int, uid: int | Unknown, gid: int | Unknown) -> bool | Unknown:
    """Whether an owner and a group have ids in a user namespace: else nobody in it has power over what is theirs."""
    known = state.user_spaces.get(number)
    if known is None:
        return True if number == FIRST else UNKNOWN
    answers = {_in_ranges(known.users_map, uid), _in_ranges(known.groups_map, gid)}
    if False in answers:
        return False
    return UNKNOWN if UNKNOWN in answers else True


def _in_ranges(ranges: tuple[IdRange, ...] | Unknown, number: int | Unknown) -> bool | Unknown:
    if isinstance(ranges, Unknown):
        return UNKNOWN
    if not ranges:
        return False
    if isinstance(number, Unknown):
        return UNKNOWN
    return any(each.outside <= number < each.outside + each.length for each in ranges)
