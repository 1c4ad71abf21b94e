"""The catalogue: every hook of Linux's security modules, and this project's own, described as data.

``FAMILIES`` is all of it, in the order in which people read it; :data:`CATALOGUE` finds hooks in it.

>>> CATALOGUE["task_kill"].doc
'A signal is about to be sent to a task, kill(2), tgkill(2), rt_sigqueueinfo(2).'
"""

from typing import Final

from nslsm.hooks import (
    audit,
    binder,
    bpf,
    bprm,
    connection,
    credential,
    file,
    inode,
    ipc,
    kernel,
    key,
    label,
    mount,
    network,
    own,
    path,
    perf,
    ptrace,
    signal,
    socket,
    task,
    unix,
    uring,
    xattr,
    xfrm,
)
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.model import PROFILES, Consequence, Family, Hook, HookClass

FAMILIES: Final[tuple[Family, ...]] = (
    file.FAMILY,
    path.FAMILY,
    inode.FAMILY,
    xattr.FAMILY,
    bprm.FAMILY,
    task.FAMILY,
    credential.FAMILY,
    signal.FAMILY,
    ptrace.FAMILY,
    socket.FAMILY,
    unix.FAMILY,
    connection.FAMILY,
    own.FAMILY,
    ipc.FAMILY,
    binder.FAMILY,
    key.FAMILY,
    bpf.FAMILY,
    mount.FAMILY,
    kernel.FAMILY,
    perf.FAMILY,
    uring.FAMILY,
    network.FAMILY,
    xfrm.FAMILY,
    audit.FAMILY,
    label.FAMILY,
)
"""All families, those that programs meet first in front."""

from nslsm.hooks.catalogue import CATALOGUE, VERSION, Catalogue, UnknownHook  # noqa: E402 (it is built from FAMILIES)

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "PROFILES",
    "VERSION",
    "Capability",
    "Catalogue",
    "Consequence",
    "Errno",
    "Family",
    "Hook",
    "HookClass",
    "Signal",
    "UnknownHook",
]
