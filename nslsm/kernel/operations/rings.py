"""Operations on rings of calls, io_uring(7), and on rulesets, landlock(7)."""

from dataclasses import dataclass
from typing import Final

from nslsm.hooks.types import Unknown
from nslsm.kernel.operations.operation import Descriptor, Operation


@dataclass(frozen=True, slots=True)
class SetUpRing(Operation):
    """io_uring_setup(2): ``polls`` asks for a thread of the kernel that looks for calls (``IORING_SETUP_SQPOLL``).

    The descriptor is the result.
    """

    polls: bool | Unknown = False


@dataclass(frozen=True, slots=True)
class EnterRing(Operation):
    """io_uring_enter(2). What the calls are that it submits, a trace does not show: they are not part of this operation.

    ``personality``: one of them is made with credentials that were registered, by their number; 0 where none is known to be.
    """

    descriptor: Descriptor
    personality: int = 0


@dataclass(frozen=True, slots=True)
class RegisterRing(Operation):
    """io_uring_register(2): ``opcode`` is its name in small letters, ``register_personality``.

    That one keeps the caller's credentials; the result is their number, from 1.
    """

    descriptor: Descriptor
    opcode: str | Unknown


@dataclass(frozen=True, slots=True)
class MakeRuleset(Operation):
    """landlock_create_ruleset(2): the descriptor is the result; ``asks`` for the version only: then that is."""

    asks: bool = False


@dataclass(frozen=True, slots=True)
class RestrictSelf(Operation):
    """landlock_restrict_self(2). What it then restricts is no part of the kernel here: controls say that."""

    descriptor: Descriptor


RINGS: Final[tuple[type[Operation], ...]] = (SetUpRing, EnterRing, RegisterRing, MakeRuleset, RestrictSelf)
"""All of them."""
