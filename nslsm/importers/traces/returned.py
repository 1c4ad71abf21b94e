"""What a kernel's function returned, as the call's result or its failure: small negative numbers are errnos."""

from typing import Final, NamedTuple

from nslsm.hooks.linux import Errno

_LAST_ERRNO: Final = 4_095
"""``MAX_ERRNO``, ``linux/err.h``."""

_RESTARTS: Final = {512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 516: "ERESTART_RESTARTBLOCK"}
"""The kernel's own, which no program sees; ``linux/errno.h``."""


class Returned(NamedTuple):
    """See the members of the same names of :class:`nslsm.kernel.call.SystemCall`."""

    result: int | None
    errno: Errno | None = None
    error: str = ""


def returned(number: int | None) -> Returned:
    """What ``number`` means; None is a call of which nobody saw the end.

    >>> returned(-13).error, returned(-512).error, returned(3).result
    ('EACCES', 'ERESTARTSYS', 3)
    """
    if number is None or not -_LAST_ERRNO <= number < 0:
        return Returned(number)
    if -number in _RESTARTS:
        return Returned(-1, None, _RESTARTS[-number])
    errno = next((each for each in Errno if each == -number), None)
    return Returned(-1, errno, f"errno {-number}" if errno is None else errno.name)
