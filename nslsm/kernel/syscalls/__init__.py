"""What each system call asks, in the order in which Linux asks it, and what it leaves: one file a family."""

from types import MappingProxyType
from typing import Final

from nslsm.kernel.syscalls import attributes, descriptors, directories, names, opening, renaming
from nslsm.kernel.syscalls.handler import Handler

FAMILIES: Final = (
    opening.HANDLERS,
    descriptors.HANDLERS,
    names.HANDLERS,
    renaming.HANDLERS,
    directories.HANDLERS,
    attributes.HANDLERS,
)
"""The handlers of each family of system calls, files first."""

HANDLERS: Final = MappingProxyType({operation: handler for family in FAMILIES for operation, handler in family})
"""Operations to what handles them."""

__all__ = ["FAMILIES", "HANDLERS", "Handler"]
