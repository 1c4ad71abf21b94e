"""Calls that a program hands to the kernel through a ring, io_uring(7)."""

from functools import partial
from typing import Final

from nslsm.hooks.kinds import CREDENTIALS, FILE
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import INT, Fact

_asks: Final = partial(Hook, config="CONFIG_IO_URING", default_errno=Errno.EPERM)

FAMILY: Final = Family.of(
    "uring",
    "Calls that a program hands to the kernel through a ring, io_uring(7).",
    _asks(
        "uring_allowed",
        doc="A ring is about to be made, io_uring_setup(2).",
        prototype="int uring_allowed(void)",
        since="7.2",
    ),
    _asks(
        "uring_sqpoll",
        doc="A thread of the kernel is about to be made that looks for calls in a ring by itself.",
        prototype="int uring_sqpoll(void)",
    ),
    _asks(
        "uring_override_creds",
        doc="A call from a ring is about to be made with credentials that were registered before.",
        prototype="int uring_override_creds(const struct cred *new)",
        object=CREDENTIALS,
        object_is="the credentials that it is made with",
    ),
    _asks(
        "uring_cmd",
        doc="A command for a device or file system is about to be given through a ring.",
        prototype="int uring_cmd(struct io_uring_cmd *ioucmd)",
        object=FILE,
        facts=(Fact("cmd", INT, "the command's number, which each device has of its own"),),
    ),
)
