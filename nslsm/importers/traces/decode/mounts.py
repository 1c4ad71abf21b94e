"""Calls about mounts, old and new."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import MOUNT_FLAGS, UNMOUNT_FLAGS
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.words import argument, at, descriptor, has, named_or_opened, names, path, word, words
from nslsm.kernel import constants
from nslsm.kernel import operations as op
from nslsm.kernel.call import ABSENT, Struct, SystemCall, Value
from nslsm.kernel.constant_table import Constants
from nslsm.kernel.operations import At, Operation
from nslsm.kernel.operations.mounts import NOTHING
from nslsm.kernel.spelling import flags_of, text_of

_ATTRIBUTES: Final = {
    "MOUNT_ATTR_RDONLY": "rdonly",
    "MOUNT_ATTR_NOSUID": "nosuid",
    "MOUNT_ATTR_NODEV": "nodev",
    "MOUNT_ATTR_NOEXEC": "noexec",
    "MOUNT_ATTR_NOATIME": "noatime",
    "MOUNT_ATTR_STRICTATIME": "strictatime",
    "MOUNT_ATTR_NODIRATIME": "nodiratime",
    "MOUNT_ATTR_NOSYMFOLLOW": "nosymfollow",
}
_PROPAGATION: Final = {
    "MS_UNBINDABLE": "unbindable",
    "MS_PRIVATE": "private",
    "MS_SLAVE": "slave",
    "MS_SHARED": "shared",
}
_CLOEXEC: Final = {"FSOPEN_CLOEXEC": 1, "FSMOUNT_CLOEXEC": 1, "FSPICK_CLOEXEC": 1, "OPEN_TREE_CLOEXEC": 0x80000}
_COMMANDS: Final = (
    "set_flag",
    "set_string",
    "set_binary",
    "set_path",
    "set_path_empty",
    "set_fd",
    "cmd_create",
    "cmd_create_excl",
    "cmd_reconfigure",
)


def _text(call: SystemCall, place: int) -> str | Unknown:
    """A text that may be left out: empty then, unknown where the trace shows an address or has cut it."""
    if place >= len(call.arguments) or call.arguments[place] is None:
        return ""
    return path(call, place)


def _mount(call: SystemCall) -> Operation:
    flags = words(call, 3, constants.MOUNT_FLAGS, "MS_", MOUNT_FLAGS)
    return op.Mount(at(call, None, 1), _text(call, 0), _text(call, 2), flags, _text(call, 4))


def _unmount(call: SystemCall) -> Operation:
    if len(call.arguments) < 2:
        return op.Unmount(at(call, None, 0))
    found = names(call, 1, constants.UMOUNT_FLAGS)
    if isinstance(found, Unknown):
        return op.Unmount(at(call, None, 0), UNKNOWN)
    flags = {name.removeprefix("MNT_").removeprefix("UMOUNT_").lower() for name in found}
    return op.Unmount(at(call, None, 0), frozenset(flags) & frozenset(UNMOUNT_FLAGS.members))


def _closes(call: SystemCall, place: int, name: str) -> bool:
    """Whether the descriptor is closed at execve; the flag's number is enough."""
    found = flags_of(argument(call, place), constants.OPEN_TREE_FLAGS)
    if found is None:
        return False
    return any(each.endswith("_CLOEXEC") for each in found.names) or bool(found.rest & _CLOEXEC[name])


def _move(call: SystemCall) -> Operation:
    source = _named(call, 0, 1, 4, "MOVE_MOUNT_F_EMPTY_PATH", "MOVE_MOUNT_F_SYMLINKS")
    target = _named(call, 2, 3, 4, "MOVE_MOUNT_T_EMPTY_PATH", "MOVE_MOUNT_T_SYMLINKS")
    return op.MoveMount(source, target, has(call, 4, constants.MOVE_MOUNT_FLAGS, "MOVE_MOUNT_SET_GROUP"))


def _named(call: SystemCall, directory: int, name: int, flags: int, empty: str, follow: str) -> At:
    text = text_of(argument(call, name))
    if text is not None and text.value == "" and not text.cut and has(call, flags, constants.MOVE_MOUNT_FLAGS, empty):
        return At(None, descriptor(call, directory))
    return at(call, directory, name, follow=has(call, flags, constants.MOVE_MOUNT_FLAGS, follow))


def _open_tree(call: SystemCall) -> Operation:
    table = constants.OPEN_TREE_FLAGS
    return op.OpenTree(
        named_or_opened(call, 0, 1, 2),
        has(call, 2, table, "OPEN_TREE_CLONE"),
        has(call, 2, table, "AT_RECURSIVE"),
        _closes(call, 2, "OPEN_TREE_CLOEXEC"),
    )


def _configure(call: SystemCall) -> Operation:
    command = word(call, 1, constants.FSCONFIG_COMMANDS, "FSCONFIG_", _COMMANDS)
    return op.ConfigureFileSystem(descriptor(call, 0), command, _text(call, 2), _text(call, 3))


def _fsmount(call: SystemCall) -> Operation:
    flags = _mapped(argument(call, 2), constants.MOUNT_ATTRIBUTES, _ATTRIBUTES)
    return op.MountFileSystem(descriptor(call, 0), flags, _closes(call, 1, "FSMOUNT_CLOEXEC"))


def _mapped(value: Value, table: Constants, meant: Mapping[str, str]) -> frozenset[str] | Unknown:
    found = flags_of(value, table)
    return UNKNOWN if found is None else frozenset(meant[name] for name in found.names if name in meant)


def _set_attributes(call: SystemCall) -> Operation:
    where = named_or_opened(call, 0, 1, 2)
    recursive = has(call, 2, constants.OPEN_TREE_FLAGS, "AT_RECURSIVE")
    struct = argument(call, 3)
    if not isinstance(struct, Struct):
        return op.SetMountAttributes(where, recursive, UNKNOWN, UNKNOWN, UNKNOWN)
    wanted, unwanted = (
        NOTHING if value is ABSENT else _mapped(value, constants.MOUNT_ATTRIBUTES, _ATTRIBUTES)
        for value in (struct.get("attr_set"), struct.get("attr_clr"))
    )
    value = struct.get("propagation")
    found = None if value is ABSENT else flags_of(value, constants.MOUNT_FLAGS)
    kinds = [] if found is None else [_PROPAGATION[name] for name in found.names if name in _PROPAGATION]
    return op.SetMountAttributes(where, recursive, wanted, unwanted, kinds[0] if len(kinds) == 1 else "")


DECODERS: Final[Mapping[str, Decoder]] = {
    "mount": _mount,
    "umount": _unmount,
    "umount2": _unmount,
    "pivot_root": lambda call: op.PivotRoot(at(call, None, 0), at(call, None, 1)),
    "fsopen": lambda call: op.OpenFileSystem(path(call, 0), _closes(call, 1, "FSOPEN_CLOEXEC")),
    "fspick": lambda call: op.PickFileSystem(named_or_opened(call, 0, 1, None), _closes(call, 2, "FSPICK_CLOEXEC")),
    "fsconfig": _configure,
    "fsmount": _fsmount,
    "move_mount": _move,
    "open_tree": _open_tree,
    "open_tree_attr": _open_tree,
    "mount_setattr": _set_attributes,
    "statmount": lambda _: op.InspectMounts(),
    "listmount": lambda _: op.InspectMounts(),
}
"""What each call about mounts asks of the kernel."""
