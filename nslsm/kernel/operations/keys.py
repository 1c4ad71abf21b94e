"""Operations on the keys that the kernel keeps for programs, keyrings(7)."""

from dataclasses import dataclass
from typing import Final

from nslsm.hooks.types import Unknown
from nslsm.kernel.operations.operation import Operation

THREAD_KEYRING: Final = -1
PROCESS_KEYRING: Final = -2
SESSION_KEYRING: Final = -3
USER_KEYRING: Final = -4
USER_SESSION_KEYRING: Final = -5
"""``KEY_SPEC_…_KEYRING``: numbers below 0 stand for keyrings of the caller's."""


@dataclass(frozen=True, slots=True)
class AddKey(Operation):
    """add_key(2): a key in a keyring is made, or given other contents. Its number is the result.

    ``type`` is a name: ``user``, ``keyring``, ``logon``.
    """

    type: str | Unknown
    description: str | Unknown
    keyring: int | Unknown
    size: int | Unknown = 0


@dataclass(frozen=True, slots=True)
class RequestKey(Operation):
    """request_key(2): a key is searched for in the caller's keyrings, and linked into ``keyring`` unless that is 0.

    ``calls_out``: where it is not found, a program of user space is asked to make it.
    """

    type: str | Unknown
    description: str | Unknown
    keyring: int | Unknown = 0
    calls_out: bool = False


@dataclass(frozen=True, slots=True)
class ControlKey(Operation):
    """keyctl(2): ``command`` is the operation's name in small letters without ``KEYCTL_``; 0 and "" stand for what it lacks.

    ``key`` is the key that it is about, ``keyring`` the one that it is linked into or taken out of, or that is searched, ``to``
    where ``move`` and ``search`` put it. ``chown`` has ``owner`` and ``group`` (-1 stays), ``setperm`` has ``mode``.
    ``get_persistent`` has ``owner``.
    """

    command: str | Unknown
    key: int | Unknown = 0
    keyring: int | Unknown = 0
    to: int | Unknown = 0
    type: str | Unknown = ""
    description: str | Unknown = ""
    create: bool = False
    owner: int | Unknown = -1
    group: int | Unknown = -1
    mode: int | Unknown = 0


KEYS: Final[tuple[type[Operation], ...]] = (AddKey, RequestKey, ControlKey)
"""All of them."""
