"""File systems made ready to be mounted: their kind, their options, who may, after fs/fs_context.c and fs/super.c."""

from collections.abc import Iterator
from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.checks import require
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.files import FileSystem
from nslsm.kernel.mounts import FIRST, Volume
from nslsm.kernel.refusal import Refused
from nslsm.kernel.spaces import Target, number_of, owner_of
from nslsm.kernel.volume_types import SB_FLAGS, VolumeType, volume_type
from nslsm.kernel.volumes import volume_known, with_file_system
from nslsm.protocol.things import Thing

_SB_WORDS: Final = frozenset({"rdonly", "synchronous", "dirsync", "lazytime", "mandlock"})
"""Flags of a file system, whichever mount shows it (``SB_*``)."""


def kind_of(context: Context, name: str | Unknown) -> Asking[VolumeType | None]:
    """``get_fs_type``: the kind of file system of that name; a module is asked for where the kernel has none, then ENODEV."""
    if context.failed_with(Errno.ENODEV):
        yield context.request("kernel_module_request", UNKNOWN)
        context.stops()
    if isinstance(name, Unknown):
        return None
    kind = volume_type(name, context.profile)
    if kind is None and context.simulated:
        yield context.request("kernel_module_request", UNKNOWN)
        raise Refused(Errno.ENODEV, f"no kind of file system is called {name}")
    return kind


def options_read(context: Context, thing: Thing, kind: VolumeType | None, options: str | Unknown) -> Asking[None]:
    """``parse_monolithic_mount_data``: modules take theirs first, then each is asked about that is not the kernel's own."""
    if options == "":
        return
    yield from context.routine("sb_eat_lsm_opts", thing, options=options)
    if isinstance(options, Unknown) or (kind is not None and kind.legacy):
        return
    for key, value in _each(options):
        if key not in SB_FLAGS:
            yield context.request("fs_context_parse_param", thing, key=key, value=value)


def _each(options: str) -> Iterator[tuple[str, str]]:
    for option in options.split(","):
        if option:
            key, _, value = option.partition("=")
            yield key, value


def owner_to_be(context: Context, kind: VolumeType) -> int:
    """The user namespace that owns a file system to be: the caller's, or that of the namespace that it belongs to."""
    if kind.space is None:
        return context.thread.user_namespace
    return owner_of(context.state, Target(kind.space, number_of(context.thread, kind.space)))


def may_have(context: Context, kind: VolumeType | None, errno: Errno) -> Asking[None]:
    """``mount_capable``: CAP_SYS_ADMIN over the machine, or over the file system's owner where users may mount it."""
    over = context.thread.user_namespace if kind is None else owner_to_be(context, kind) if kind.by_users else FIRST
    reason = "this kind of file system is mounted with CAP_SYS_ADMIN over the machine"
    yield from require(context, Capability.CAP_SYS_ADMIN, errno, reason, over=over)
    context.stops(errno)


def tree_made(context: Context, thing: Thing, kind: VolumeType | None, source: str) -> Asking[None]:
    """``vfs_get_tree``: a file system is made, or one that is mounted already is found again; modules set their options."""
    if not _is_there(context, kind, source):
        yield from context.routine("sb_alloc_security", thing)
        for _ in range(1 if kind is None else kind.inodes):
            yield from context.routine("inode_alloc_security")
            yield from context.routine("d_instantiate")
    yield from context.routine("sb_set_mnt_opts", thing)


def _is_there(context: Context, kind: VolumeType | None, source: str) -> bool:
    """Whether the file system is mounted already. A recording began with what every machine has in its first namespaces."""
    if kind is None:
        return False
    if volume_known(context.state.files.mounts, kind, source, context.thread) is not None:
        return True
    if not kind.single or context.simulated:
        return False
    return kind.space is None or number_of(context.thread, kind.space) == FIRST


def made_by(
    context: Context, kind: VolumeType, name: str, source: str, flags: frozenset[str]
) -> tuple[FileSystem, Volume]:
    """The files with the file system that the caller has made, or found again."""
    return with_file_system(
        context.state.files,
        kind,
        name,
        source,
        thread=context.thread,
        maker=context.task,
        owner=owner_to_be(context, kind),
        flags=flags & _SB_WORDS,
    )
