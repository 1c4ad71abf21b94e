"""Where a recorded call of a task that has restricted itself failed: at the hook by which Landlock refused it, landlock(7).

What a ruleset allows is no part of the kernel here. A recording that shows a refusal of a kind that Landlock gives is taken to
show one of Landlock's, unless permission bits are known to refuse already.
"""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.linux import Errno
from nslsm.kernel.context import Context
from nslsm.protocol.request import Request

_FILES: Final = (
    *("file_open", "file_truncate", "path_truncate"),
    *("path_mkdir", "path_mknod", "path_symlink", "path_unlink", "path_rmdir", "path_link", "path_rename"),
)
_NETWORK: Final = ("socket_bind", "socket_connect")
_MOUNTS: Final = ("sb_mount", "move_mount", "sb_umount", "sb_remount", "sb_pivotroot")
_TASKS: Final = ("ptrace_access_check", "ptrace_traceme", "task_kill", "unix_stream_connect", "unix_may_send")

_REFUSES: Final[Mapping[str, tuple[Errno, ...]]] = {
    **dict.fromkeys((*_FILES, *_NETWORK), (Errno.EACCES,)),
    **dict.fromkeys(("path_link", "path_rename"), (Errno.EACCES, Errno.EXDEV)),
    **dict.fromkeys((*_MOUNTS, *_TASKS), (Errno.EPERM,)),
}
"""Hooks that Landlock has, and the errnos with which it refuses there (security/landlock)."""


def refused_at(context: Context, request: Request) -> Errno | None:
    """The errno with which a recorded call ended at a request, where that was Landlock's; None where it went on."""
    if not context.thread.restricted or context.recorded is None or request.subject.pid != context.pid:
        return None
    errno = context.recorded.errno
    return errno if errno in _REFUSES.get(request.hook.name, ()) else None
