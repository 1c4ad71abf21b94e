"""Operations on mounts: mount(2), umount2(2), pivot_root(2), and the calls that go step by step, fsopen(2) to move_mount(2)."""

from dataclasses import dataclass

from nslsm.hooks.types import Unknown
from nslsm.kernel.operations.operation import At, Descriptor, Operation, PathText

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mount(Operation):
    """mount(2). ``flags`` is of ``MOUNT_FLAGS``; they say whether it mounts, binds, moves, changes or shares.

    ``source`` is a path for ``bind`` and ``move``, a device or any word otherwise; empty where none is given, as ``type`` and
    ``options`` are.
    """

    target: At
    source: PathText = ""
    type: str | Unknown = ""
    flags: frozenset[str] | Unknown = NOTHING
    options: str | Unknown = ""


@dataclass(frozen=True, slots=True)
class Unmount(Operation):
    """umount(2), umount2(2). ``flags`` is of ``UNMOUNT_FLAGS``; with ``nofollow`` the path's last link is not followed."""

    at: At
    flags: frozenset[str] | Unknown = NOTHING


@dataclass(frozen=True, slots=True)
class PivotRoot(Operation):
    """pivot_root(2): ``new_root`` becomes the root of the mount namespace, the old root is to be found at ``put_old``."""

    new_root: At
    put_old: At


@dataclass(frozen=True, slots=True)
class OpenFileSystem(Operation):
    """fsopen(2): a mount is being prepared. The descriptor is the result."""

    type: str | Unknown
    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class PickFileSystem(Operation):
    """fspick(2): a file system that is mounted is about to get other options. The descriptor is the result."""

    at: At
    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class ConfigureFileSystem(Operation):
    """fsconfig(2): ``command`` is ``set_flag``, ``set_string``, …, ``cmd_create``, ``cmd_reconfigure``, or ``other``."""

    descriptor: Descriptor
    command: str | Unknown
    key: str | Unknown = ""
    value: str | Unknown = ""


@dataclass(frozen=True, slots=True)
class MountFileSystem(Operation):
    """fsmount(2): the file system that was prepared is mounted, nowhere yet. The descriptor is the result.

    ``flags``: those of ``MOUNT_FLAGS`` that the mount is to have.
    """

    descriptor: Descriptor
    flags: frozenset[str] | Unknown = NOTHING
    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class OpenTree(Operation):
    """open_tree(2): with ``clone`` a copy of the mount, nowhere yet; ``recursive``: of all below it too."""

    at: At
    clone: bool = False
    recursive: bool = False
    close_on_exec: bool = False


@dataclass(frozen=True, slots=True)
class MoveMount(Operation):
    """move_mount(2). ``group``: the mount joins the peer group of the other, and goes nowhere."""

    source: At
    target: At
    group: bool = False


@dataclass(frozen=True, slots=True)
class SetMountAttributes(Operation):
    """mount_setattr(2): flags are of ``MOUNT_FLAGS``; ``propagation`` is ``shared``, ``private``, …."""

    at: At
    recursive: bool = False
    set: frozenset[str] | Unknown = NOTHING
    clear: frozenset[str] | Unknown = NOTHING
    propagation: str | Unknown = ""


@dataclass(frozen=True, slots=True)
class InspectMounts(Operation):
    """statmount(2), listmount(2): one mount is looked at, by its number, which no other call tells here."""
