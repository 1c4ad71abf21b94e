"""add_key(2), request_key(2) and keyctl(2), after security/keys/keyctl.c and request_key.c."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import capable, same
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.copying import replace
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.keyrings import CHANGEABLE, Rings
from nslsm.kernel.keys import NEEDS, OWNER, POSSESSOR, UNSEEN, Key, with_keys
from nslsm.kernel.operations.keys import SESSION_KEYRING, AddKey, ControlKey, RequestKey
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State
from nslsm.kernel.syscalls.handler import handles

_TYPES: Final = ("keyring", *CHANGEABLE, "asymmetric", "dns_resolver", "rxrpc", "rxrpc_s", "pkcs7_test", "id_resolver")
"""Types that Linux has in its own tree; others fail with ENODEV."""

_UNREADABLE: Final = ("logon", "asymmetric")

_ONE: Final = {
    "get_keyring_id": "search",
    "update": "write",
    "revoke": "write",
    "chown": "setattr",
    "setperm": "setattr",
    "describe": "view",
    "clear": "write",
    "read": "defer_perm_check",
    "set_timeout": "setattr",
    "get_security": "view",
    "invalidate": "search",
    "restrict_keyring": "setattr",
    "watch_key": "view",
    **dict.fromkeys(("pkey_query", "pkey_encrypt", "pkey_decrypt", "pkey_sign", "pkey_verify"), "search"),
}
"""Commands about one key, and what it is needed for."""

_CREATING: Final = ("chown", "setperm", "clear", "set_timeout", "watch_key")
"""Those that make the caller's keyring where it is named and not there (``KEY_LOOKUP_CREATE``)."""

_PARTIAL: Final = ("chown", "setperm", "describe", "set_timeout", "get_security")
"""Those for which a key need not be valid (``KEY_LOOKUP_PARTIAL``)."""


def _left(context: Context, state: State, result: int = 0) -> Outcome:
    """The call is done; keys that nobody refers to any more are gone, and namespaces know what is at home in them."""
    state, ended = with_keys(replace(state, keys=context.state.keys), state.keys.collected())
    return context.done(state, result)._replace(rekeyed=ended)


def _told(context: Context) -> int | None:
    """The number that a recording shows as the result."""
    recorded = context.recorded
    return None if recorded is None or recorded.failed else recorded.result


def add(context: Context, operation: AddKey) -> Steps:
    """``sys_add_key``: the keyring is had to write, twice; then ``key_alloc``, or the key that is there is had to write."""
    context.stops(Errno.EFAULT)
    type_, name = operation.type, operation.description
    if isinstance(type_, str):
        context.insist(not type_.startswith("."), Errno.EPERM, "types that begin with a dot are the kernel's")
    if isinstance(name, str) and type_ == "keyring":
        context.insist(not name.startswith("."), Errno.EPERM, "keyrings whose names begin with a dot are the kernel's")
    rings = Rings(context)
    keyring = yield from rings.find(operation.keyring, "write", create=True)
    known = type_ in _TYPES if isinstance(type_, str) else UNKNOWN
    context.insist(known, Errno.ENODEV, f"no keys are of type {type_}")
    is_ring = UNKNOWN if keyring is None else keyring.type == "keyring"
    context.insist(is_ring, Errno.ENOTDIR, f"key {operation.keyring} is no keyring")
    context.stops(Errno.ENODEV, Errno.ENOTDIR, Errno.EINVAL, Errno.ENOMEM)
    yield from rings.permitted(keyring, "write")
    old = _to_change(context, rings, keyring, operation)
    if old is not None:
        yield from rings.permitted(old, "write")
        key = old
    else:
        context.stops(Errno.EDQUOT)
        key = yield from rings.allocate(type_, name, _default_mode(type_), _told(context))
    context.stops()
    told = UNKNOWN if keyring is None else keyring.thing()
    made = old is None
    yield context.request("key_post_create_or_update", key.thing(), keyring=told, size=operation.size, created=made)
    keys = rings.state.keys if keyring is None else rings.state.keys.linked(keyring.serial, key.serial)
    return _left(context, replace(rings.state, keys=keys), key.serial)


def _to_change(context: Context, rings: Rings, keyring: Key | None, operation: AddKey) -> Key | None:
    """The key of that name that is in the keyring already, where its type lets it be given other contents."""
    told = _told(context)
    if told is not None:
        return rings.state.keys.keys.get(told)
    if keyring is None or operation.type not in CHANGEABLE:
        return None
    members = (rings.state.keys.keys.get(serial) for serial in keyring.links)
    wanted = (operation.type, operation.description, False)
    return next(
        (key for key in members if key is not None and (key.type, key.description, key.revoked) == wanted), None
    )


def _default_mode(type_: str | Unknown) -> int:
    """``key_create``: what its possessor may, as far as the type lets them, and its owner's look."""
    rights = NEEDS["view"] | NEEDS["search"] | NEEDS["link"] | NEEDS["setattr"]
    rights |= 0 if type_ in _UNREADABLE else NEEDS["read"]
    rights |= NEEDS["write"] if type_ == "keyring" or type_ in CHANGEABLE else 0
    return rights << POSSESSOR | NEEDS["view"] << OWNER


def request(context: Context, operation: RequestKey) -> Steps:
    """``sys_request_key``: where it is to be linked; the search; the key is had to link. Or it is asked of user space."""
    context.stops(Errno.EFAULT, Errno.EPERM)
    rings = Rings(context)
    target: Key | None = None
    if operation.keyring != 0:
        target = yield from rings.find(operation.keyring, "write", create=True)
    known = operation.type in _TYPES if isinstance(operation.type, str) else UNKNOWN
    context.insist(known, Errno.ENODEV, f"no keys are of type {operation.type}")
    context.stops(Errno.ENODEV, Errno.ENOTDIR)
    like = Key(serial=0, type=operation.type, description=operation.description, home=context.task.home)
    found = yield from rings.search(like, lambda key: not key.revoked)
    told = _told(context)
    if found is None and (told is None or operation.calls_out):
        if operation.calls_out:
            yield from _ask_user_space(rings, operation, told)
        raise_unless_recorded(context, f"no key called {operation.description} is in the caller's keyrings")
    if target is not None or (operation.keyring != 0 and context.recorded is not None):
        context.stops(Errno.ENOKEY)
        yield from rings.permitted(found, "link")
    keys, serial = rings.state.keys, told if found is None else found.serial
    if target is not None and found is not None:
        keys = keys.linked(target.serial, found.serial)
    return _left(context, replace(rings.state, keys=keys), 0 if serial is None else serial)


def raise_unless_recorded(context: Context, reason: str) -> None:
    """ENOKEY, unless a recording shows that the call went ahead."""
    context.stops()
    if context.recorded is None:
        raise Refused(Errno.ENOKEY, reason)


def _ask_user_space(rings: Rings, operation: RequestKey, told: int | None) -> Asking[None]:
    """``construct_key``: the key that is to be made, the right to make it, and the keyring of the program that will."""
    yield from rings.allocate(operation.type, operation.description, _default_mode(operation.type), told)
    yield from rings.allocate(".request_key_auth", UNKNOWN, 0)
    yield from rings.context.routine("cred_prepare")
    yield from rings.allocate("keyring", UNKNOWN, 0)


def control(context: Context, operation: ControlKey) -> Steps:
    """``sys_keyctl``: each key that the command names is found, and had for what the command does to it."""
    context.stops(Errno.EFAULT, Errno.EOPNOTSUPP, Errno.ENOSYS)
    rings = Rings(context)
    command = operation.command
    if isinstance(command, str) and command in _ONE:
        return (yield from _about_one(rings, operation, command))
    match command:
        case "join_session_keyring":
            name = None if operation.description == "" else operation.description
            joined = yield from rings.join(name, _told(context))
            return _left(context, rings.state, joined.serial)
        case "link":
            keyring = yield from rings.find(operation.keyring, "write", create=True)
            key = yield from rings.find(operation.key, "link", create=True)
            return _linked(rings, keyring, key)
        case "unlink":
            keyring = yield from rings.find(operation.keyring, "write")
            key = yield from rings.find(operation.key, "unlink", partial=True)
            return _moved(rings, keyring, None, key)
        case "move":
            key = yield from rings.find(operation.key, "link", create=True)
            source = yield from rings.find(operation.keyring, "write")
            target = yield from rings.find(operation.to, "write", create=True)
            return _moved(rings, source, target, key)
        case "search":
            return (yield from _search(rings, operation))
        case "session_to_parent":
            yield from rings.find(SESSION_KEYRING, "link")
            yield from context.routine("cred_alloc_blank")
        case "get_persistent":
            return (yield from _persistent(rings, operation))
        case "set_reqkey_keyring" | "assume_authority":
            yield from context.routine("cred_prepare")
    return _left(context, rings.state)


def _about_one(rings: Rings, operation: ControlKey, command: str) -> Steps:
    context = rings.context
    creates = command in _CREATING or (command == "get_keyring_id" and operation.create)
    key = yield from rings.find(operation.key, _ONE[command], create=creates, partial=command in _PARTIAL)
    thing = UNKNOWN if key is None else key.thing()
    match command:
        case "get_keyring_id":
            return _identified(rings, key)
        case "read":
            yield from rings.readable(key)
        case "update":
            yield from rings.permitted(key, "write")
            context.stops()
            yield context.request("key_post_create_or_update", thing, created=False)
        case "get_security":
            yield context.request("key_getsecurity", thing)
        case "watch_key":
            yield context.request("watch_key", thing)
        case "chown":
            key = yield from _given(rings, operation, key)
        case "setperm":
            yield from _own_or_admin(rings, key)
            key = None if key is None else replace(key, mode=operation.mode)
        case "revoke":
            key = None if key is None else replace(key, revoked=True)
        case "clear" if key is not None:
            context.insist(key.type == "keyring", Errno.ENOTDIR, f"key {key.serial} is no keyring")
            key = replace(key, links=())
        case "invalidate" if key is not None:
            return _invalidated(rings, key)
    context.stops()
    state = rings.state
    if key is not None:
        state = replace(state, keys=state.keys.with_key(key))
    return _left(context, state)


def _identified(rings: Rings, key: Key | None) -> Outcome:
    """A recording tells the number of a keyring that it did not show before."""
    told, keys = _told(rings.context), rings.state.keys
    if key is not None and key.serial >= UNSEEN and told is not None and told > 0:
        return _left(rings.context, replace(rings.state, keys=keys.renumbered(key.serial, told)), told)
    return _left(rings.context, rings.state, 0 if key is None else key.serial)


def _invalidated(rings: Rings, key: Key) -> Outcome:
    """``key_invalidate``: it is nowhere any more."""
    rings.context.stops()
    keys = rings.state.keys
    for holder in keys.keys.values():
        if key.serial in holder.links:
            keys = keys.unlinked(holder.serial, key.serial)
    return _left(rings.context, replace(rings.state, keys=keys))


def _given(rings: Rings, operation: ControlKey, key: Key | None) -> Asking[Key | None]:
    """``keyctl_chown_key``: to others than the caller and its groups, CAP_SYS_ADMIN only; before 6.7 it is always asked."""
    context = rings.context
    mine = context.task.credentials
    keeps: bool | Unknown = UNKNOWN
    if key is not None:
        owner_stays = operation.owner == -1 or same(operation.owner, key.owner) is True
        group_stays = operation.group == -1 or operation.group in (key.group, mine.fsgid)
        belongs = not isinstance(mine.groups, Unknown) and operation.group in mine.groups
        keeps = owner_stays and (group_stays or belongs)
    if not context.since("6.12") or keeps is False:
        admin = yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)
        if admin is not True and keeps is not True and context.recorded is None:
            raise Refused(Errno.EACCES, "only CAP_SYS_ADMIN gives keys away")
    context.stops()
    if key is None:
        return None
    owner = key.owner if operation.owner == -1 else operation.owner
    return replace(key, owner=owner, group=key.group if operation.group == -1 else operation.group)


def _own_or_admin(rings: Rings, key: Key | None) -> Asking[None]:
    """``keyctl_setperm_key``: its owner, or CAP_SYS_ADMIN, which kernels before 6.7 ask about first."""
    context = rings.context
    mine = UNKNOWN if key is None else same(key.owner, context.task.credentials.fsuid)
    if mine is True and context.since("6.12"):
        return
    admin = yield from capable(context, Capability.CAP_SYS_ADMIN, over=0)
    if admin is not True and mine is not True and context.recorded is None:
        raise Refused(Errno.EACCES, "only its owner, or CAP_SYS_ADMIN, changes what a key lets others do")


def _search(rings: Rings, operation: ControlKey) -> Steps:
    """``keyctl_keyring_search``: in one keyring, and those in it; then linked into another, where one is named."""
    context = rings.context
    keyring = yield from rings.find(operation.keyring, "search")
    target = None
    if operation.to != 0:
        target = yield from rings.find(operation.to, "write", create=True)
    context.stops(Errno.ENODEV, Errno.ENOTDIR)
    found = None
    if keyring is not None:
        like = Key(serial=0, type=operation.type, description=operation.description, home=context.task.home)
        found = yield from rings.search_in(keyring, like, lambda key: not key.revoked)
    if found is None:
        raise_unless_recorded(context, f"no key called {operation.description} is there")
    if operation.to != 0:
        yield from rings.permitted(found, "link")
    return _linked(rings, target, found)


def _linked(rings: Rings, keyring: Key | None, key: Key | None) -> Outcome:
    if keyring is not None:
        rings.context.insist(keyring.type == "keyring", Errno.ENOTDIR, f"key {keyring.serial} is no keyring")
    keys = rings.state.keys
    if keyring is not None and key is not None:
        keys = keys.linked(keyring.serial, key.serial)
    return _left(
        rings.context, replace(rings.state, keys=keys), 0 if key is None or keyring is not None else key.serial
    )


def _moved(rings: Rings, source: Key | None, target: Key | None, key: Key | None) -> Outcome:
    keys = rings.state.keys
    for keyring in (source, target):
        if keyring is not None:
            rings.context.insist(keyring.type == "keyring", Errno.ENOTDIR, f"key {keyring.serial} is no keyring")
    if source is not None and key is not None:
        there = key.serial in keys.keys[source.serial].links
        rings.context.insist(there, Errno.ENOENT, f"key {key.serial} is not in it")
        keys = keys.unlinked(source.serial, key.serial)
    if target is not None and key is not None:
        keys = keys.linked(target.serial, key.serial)
    return _left(rings.context, replace(rings.state, keys=keys))


def _persistent(rings: Rings, operation: ControlKey) -> Steps:
    """``keyctl_get_persistent``: another user's needs CAP_SETUID; the keyring is made when it is first asked for."""
    context = rings.context
    uid = context.task.credentials.uid if operation.owner == -1 else operation.owner
    if same(uid, context.task.credentials.uid) is not True:
        held_too = yield from capable(context, Capability.CAP_SETUID)
        context.stops(Errno.EPERM)
        if held_too is not True:
            raise Refused(Errno.EPERM, "only CAP_SETUID has another user's persistent keyring")
    target = yield from rings.find(operation.to, "write", create=True)
    found: list[Key] = []
    for name in (".persistent_register", f"_persistent.{uid}"):
        serial = rings.state.keys.users.get(name)
        if serial is None:
            key = yield from rings.allocate("keyring", name, NEEDS["link"] << POSSESSOR | NEEDS["view"] << OWNER)
            keys = rings.state.keys
            rings.state = replace(rings.state, keys=replace(keys, users=keys.users.insert(name, key.serial)))
        else:
            key = rings.state.keys.keys[serial]
        found.append(key)
    yield from rings.permitted(found[1], "link")
    outcome = _linked(rings, target, found[1])
    return outcome._replace(result=found[1].serial)


HANDLERS: Final = (handles(AddKey, add), handles(RequestKey, request), handles(ControlKey, control))
