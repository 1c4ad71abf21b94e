"""What an entry of the mapping says: hooks in order, each with the condition on which it is raised."""

from typing import Final, NamedTuple

from nslsm.kernel.operations import Operation


class Raised(NamedTuple):
    """A hook, and when a call raises it; always, where ``when`` is empty."""

    hook: str
    when: str = ""
    follows: tuple[str, ...] = ()
    """The functions of Linux that call it; empty where those of the whole entry tell."""
    routine: bool = False
    """It makes room, labels, accounts or frees: raised where every hook is wanted (``Detail.EVERY``)."""


class Mapped(NamedTuple):
    """What one operation stands for and raises. ``follows`` names functions of Linux."""

    operation: type[Operation]
    calls: tuple[str, ...]
    follows: str
    raises: tuple[Raised, ...]


def mapped(operation: type[Operation], calls: str, follows: str, *raises: str) -> Mapped:
    """An entry; each of ``raises`` is ``hook``, ``hook: when``, or ``~hook @ function function: when``.

    The functions are those of Linux that call the hook; a tilde marks what is routine.

    >>> from nslsm.kernel.operations import Close
    >>> mapped(Close, "close", "close_fd", "~file_free_security @ __fput: nobody else has it open").raises[0].follows
    ('__fput',)
    """
    return Mapped(operation, tuple(calls.split()), follows, tuple(_raised(each) for each in raises))


def _raised(text: str) -> Raised:
    head, _, when = text.partition(": ")
    hook, _, functions = head.partition(" @ ")
    return Raised(hook.removeprefix("~"), when, tuple(functions.split()), hook.startswith("~"))


OVERRIDE: Final = "capable: the permission bits do not do"
OWNER: Final = "capable: it is another user's (CAP_FOWNER)"
DIRECTORY: Final = "inode_permission: for the directory"
TRACED: Final = ("capable: other ids, or not dumpable (CAP_SYS_PTRACE)", "ptrace_access_check: another process")
SENT: Final = (
    "socket_sendmsg",
    "unix_may_send: a unix datagram",
    "netlink_send: netlink",
)
STATUS_CHANGES: Final = ("inode_setattr", "inode_post_setattr: since 6.9")
NICE: Final = "capable: another user's, or favoured (CAP_SYS_NICE)"
