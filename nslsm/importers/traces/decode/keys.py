"""Calls on keys and keyrings: made, requested, and what keyctl(2) does with them."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.words import argument, number
from nslsm.kernel import command_constants, constants
from nslsm.kernel.call import SystemCall
from nslsm.kernel.operations import Operation
from nslsm.kernel.operations import keys as op
from nslsm.kernel.spelling import name_of, text_of

_NONE: Final = ("dh_compute", "capabilities", "session_to_parent", "set_reqkey_keyring")
"""Commands whose second argument is no key."""


def _key(call: SystemCall, place: int) -> int | Unknown:
    found = number(call, place, constants.KEYRINGS)
    return found if isinstance(found, Unknown) or found < 2**31 else found - 2**32


def _text(call: SystemCall, place: int) -> str | Unknown:
    text = text_of(argument(call, place))
    return UNKNOWN if text is None or text.cut else text.value


def _add(call: SystemCall) -> Operation:
    return op.AddKey(_text(call, 0), _text(call, 1), _key(call, 4), number(call, 3))


def _request(call: SystemCall) -> Operation:
    return op.RequestKey(_text(call, 0), _text(call, 1), _key(call, 3), argument(call, 2) is not None)


def _control(call: SystemCall) -> Operation:
    name = name_of(argument(call, 0), constants.KEYCTL_OPERATIONS)
    if name is None:
        return op.ControlKey(UNKNOWN)
    command = name.removeprefix("KEYCTL_").lower()
    match command:
        case "join_session_keyring":
            return op.ControlKey(command, description="" if argument(call, 1) is None else _text(call, 1))
        case "get_keyring_id":
            return op.ControlKey(command, _key(call, 1), create=number(call, 2) != 0)
        case "link" | "unlink":
            return op.ControlKey(command, _key(call, 1), _key(call, 2))
        case "move":
            return op.ControlKey(command, _key(call, 1), _key(call, 2), _key(call, 3))
        case "search":
            where = (_key(call, 1), _key(call, 4))
            return op.ControlKey(
                command, keyring=where[0], to=where[1], type=_text(call, 2), description=_text(call, 3)
            )
        case "chown":
            return op.ControlKey(command, _key(call, 1), owner=_id(call, 2), group=_id(call, 3))
        case "setperm":
            return op.ControlKey(command, _key(call, 1), mode=number(call, 2, command_constants.KEY_PERMISSIONS))
        case "get_persistent":
            return op.ControlKey(command, owner=_id(call, 1), to=_key(call, 2))
    return op.ControlKey(command, 0 if command in _NONE else _key(call, 1))


def _id(call: SystemCall, place: int) -> int | Unknown:
    found = number(call, place)
    return -1 if found == 2**32 - 1 else found


DECODERS: Final[Mapping[str, Decoder]] = {"add_key": _add, "request_key": _request, "keyctl": _control}
"""What each call on keys asks of the kernel."""
