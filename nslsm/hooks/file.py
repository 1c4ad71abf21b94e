"""Open files: opened, read, written, mapped, locked, handed on."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import Telling
from nslsm.hooks.facts import COMMAND, FLAGS, MASK, PROTECTION_IN_FORCE, REQUESTED_PROTECTION
from nslsm.hooks.kinds import FILE
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import INT, Fact
from nslsm.hooks.vocabulary import FCNTL_COMMAND, FILE_LOCK, MMAP_FLAGS

_asks: Final = partial(Hook, object=FILE)
_tells: Final = partial(Telling, object=FILE)

FAMILY: Final = Family.of(
    "file",
    "Open files: opened, read, written, mapped, locked, handed on.",
    _asks(
        "file_open",
        doc="A file is about to be opened, by open(2) or its kin, or by execve(2) for the program and its interpreter.",
        prototype="int file_open(struct file *file)",
        facts=(FLAGS,),
        repeats="execve(2) opens the program, its interpreter and its loader",
    ),
    _asks(
        "file_post_open",
        doc="A file has been opened, and its contents may be looked at before the program gets the descriptor.",
        prototype="int file_post_open(struct file *file, int mask)",
        facts=(MASK,),
        since="6.12",
        repeats="execve(2) opens the program, its interpreter and its loader",
    ),
    _asks(
        "file_permission",
        doc="An open file or directory is about to be read or written, also through a descriptor that was inherited.",
        prototype="int file_permission(struct file *file, int mask)",
        facts=(MASK,),
        repeats="sendfile(2) and its kin read one file and write another",
    ),
    _asks(
        "file_receive",
        doc="A descriptor of an open file is about to be received from another process, unix(7) or pidfd_getfd(2).",
        prototype="int file_receive(struct file *file)",
        facts=(Fact("flags", FLAGS.type, "how the descriptor that is received is open"),),
        consequence=Consequence.ELEMENT,
        repeats="a message brings several descriptors",
    ),
    _asks(
        "file_truncate",
        doc="An open file is about to be cut or stretched, by ftruncate(2) or by an open with O_TRUNC.",
        prototype="int file_truncate(struct file *file)",
        since="6.12",
    ),
    _asks(
        "file_ioctl",
        doc="A command is about to be given to a device or file system through an open file, ioctl(2).",
        prototype="int file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)",
        facts=(COMMAND,),
    ),
    _asks(
        "file_ioctl_compat",
        doc="A 32-bit program on a 64-bit kernel is about to give a command through an open file, ioctl(2).",
        prototype="int file_ioctl_compat(struct file *file, unsigned int cmd, unsigned long arg)",
        facts=(COMMAND,),
    ),
    _asks(
        "file_fcntl",
        doc="What is set for an open file is about to be read or changed: flags, locks, leases, seals, signals, fcntl(2).",
        prototype="int file_fcntl(struct file *file, unsigned int cmd, unsigned long arg)",
        facts=(Fact("cmd", FCNTL_COMMAND, "the command; `other` for one that is not described here"),),
    ),
    _asks(
        "file_lock",
        doc="A lock or lease on an open file is about to be taken or given back, flock(2), fcntl(2).",
        prototype="int file_lock(struct file *file, unsigned int cmd)",
        facts=(Fact("lock", FILE_LOCK, "which lock"),),
    ),
    _tells(
        "file_set_fowner",
        doc="Somebody is being named whom signals about an open file are sent to, fcntl(2) F_SETOWN.",
        prototype="void file_set_fowner(struct file *file)",
    ),
    _asks(
        "mmap_file",
        doc="A file, or memory without a file, is about to be mapped into the program's memory, mmap(2), shmat(2), execve(2).",
        prototype="int mmap_file(struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags)",
        object_is="the file that is mapped; without one, a file of type `anonymous` with an empty path",
        facts=(
            REQUESTED_PROTECTION,
            PROTECTION_IN_FORCE,
            Fact("flags", MMAP_FLAGS, "shared or private, and how it is placed"),
        ),
        repeats="execve(2) maps the program and its loader, piece by piece",
    ),
    Hook(
        "mmap_addr",
        doc="Memory is about to be mapped at an address, or the heap to grow, mmap(2), brk(2).",
        prototype="int mmap_addr(unsigned long addr)",
        facts=(Fact("start", INT, "first address of the mapping"),),
        repeats="execve(2) maps the program and its loader, piece by piece",
    ),
    _asks(
        "file_mprotect",
        doc="The protection of memory that is mapped is about to change, mprotect(2).",
        prototype="int file_mprotect(struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)",
        object_is="the file that is mapped there; without one, a file of type `anonymous` with an empty path",
        facts=(REQUESTED_PROTECTION, PROTECTION_IN_FORCE),
        repeats="a range of memory can hold several mappings",
    ),
    _asks(
        "mmap_backing_file",
        doc="A stacked file system is about to map the file of a lower layer in place of the one that the program sees.",
        prototype=(
            "int mmap_backing_file(struct vm_area_struct *vma, struct file *backing_file, struct file *user_file)"
        ),
        object_is="the file of the lower layer",
        facts=(Fact("user_file", FILE, "the file that the program sees"),),
        since="6.12",
    ),
    _asks(
        "file_alloc_security",
        doc="The kernel is about to make an open file, before it knows which; a denial fails the open, pipe or socket.",
        prototype="int file_alloc_security(struct file *file)",
        object_is="an open file of which nothing is known yet",
    ),
    _tells(
        "file_release",
        doc="The last descriptor of an open file has been closed, and the file is being let go.",
        prototype="void file_release(struct file *file)",
        since="6.12",
    ),
    _tells(
        "file_free_security",
        doc="What the kernel kept about an open file is being freed.",
        prototype="void file_free_security(struct file *file)",
    ),
    _asks(
        "backing_file_alloc",
        doc="A stacked file system is about to open the file of a lower layer for one that the program sees.",
        prototype="int backing_file_alloc(struct file *backing_file, const struct file *user_file)",
        object_is="the file of the lower layer",
        facts=(Fact("user_file", FILE, "the file that the program sees"),),
        since="6.12",
    ),
    _tells(
        "backing_file_free",
        doc="A stacked file system is letting go of the file of a lower layer.",
        prototype="void backing_file_free(struct file *backing_file)",
        object_is="the file of the lower layer",
        since="6.12",
    ),
)
