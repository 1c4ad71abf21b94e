"""Binder, by which processes of Android call each other."""

from functools import partial
from typing import Final

from nslsm.hooks.kinds import FILE, TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook

_asks: Final = partial(Hook, default_errno=Errno.EPERM)

FAMILY: Final = Family.of(
    "binder",
    "Binder, by which processes of Android call each other.",
    _asks(
        "binder_set_context_mgr",
        doc="A process is about to become the one that all others ask for services.",
        prototype="int binder_set_context_mgr(const struct cred *mgr)",
    ),
    _asks(
        "binder_transaction",
        doc="A process is about to call another.",
        prototype="int binder_transaction(const struct cred *from, const struct cred *to)",
        object=TASK,
        object_is="the process that is called",
        subject="the process that calls",
        errno_lost="`binder_transaction` fails with EPERM whatever the answer.",
        errno_seen=Errno.EPERM,
    ),
    _asks(
        "binder_transfer_binder",
        doc="A process is about to hand another a reference by which a third can be called.",
        prototype="int binder_transfer_binder(const struct cred *from, const struct cred *to)",
        object=TASK,
        object_is="the process that receives it",
        subject="the process that hands it on",
        errno_lost="`binder_translate_binder` and `binder_translate_handle` fail with EPERM whatever the answer.",
        errno_seen=Errno.EPERM,
    ),
    _asks(
        "binder_transfer_file",
        doc="A process is about to hand another a descriptor of an open file.",
        prototype=("int binder_transfer_file(const struct cred *from, const struct cred *to, const struct file *file)"),
        object=FILE,
        object_is="the open file",
        subject="the process that hands it on",
        errno_lost="`binder_translate_fd` fails with EPERM whatever the answer.",
        errno_seen=Errno.EPERM,
    ),
)
