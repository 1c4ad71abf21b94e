"""The kernel's own refusal of a system call, on its way from where it is found to the event's outcome."""

from nslsm.hooks.linux import Errno


class Refused(Exception):
    """Raised inside a system call's handler, and made an outcome by :func:`nslsm.kernel.dispatch.begin`; never seen outside.

    ``unknown`` names the facts that nobody knows and that the refusal hangs on (Model M2.9).
    """

    def __init__(self, errno: Errno, reason: str, unknown: frozenset[str] = frozenset()) -> None:
        super().__init__(reason)
        self.errno = errno
        self.reason = reason
        self.unknown = unknown
