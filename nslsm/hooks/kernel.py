"""The kernel itself: modules and firmware, lockdown, clock, log, quotas, memory, block devices."""

from functools import partial
from typing import Final

from nslsm.hooks.commands import LOCKDOWN_REASON, QUOTA_COMMAND, QUOTA_TYPE, SYSLOG_ACTION, TRUSTED_DATA
from nslsm.hooks.entry import Answering, Telling
from nslsm.hooks.kinds import FILE, MODULE, MOUNT, NATURAL, OTHER, TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import BOOL, INT, Fact
from nslsm.hooks.vocabulary import INTEGRITY_PROOF

_asks: Final = partial(Hook, default_errno=Errno.EPERM)
_device: Final = partial(_asks, object=OTHER, object_is="the block device")
_PURPOSE: Final = Fact("purpose", TRUSTED_DATA, "what it is taken for")
_SIZE: Final = Fact("size", INT, "how many bytes", NATURAL)

FAMILY: Final = Family.of(
    "kernel",
    "The kernel itself: modules and firmware, lockdown, clock, log, quotas, memory, block devices.",
    _asks(
        "kernel_module_request",
        doc="The kernel is about to have a module loaded that something needs, modprobe(8).",
        prototype="int kernel_module_request(char *kmod_name)",
        object=MODULE,
    ),
    _asks(
        "kernel_read_file",
        doc="The kernel is about to read a file that it will trust: a module, firmware, a policy, another kernel.",
        prototype="int kernel_read_file(struct file *file, enum kernel_read_file_id id, bool contents)",
        object=FILE,
        facts=(
            _PURPOSE,
            Fact("contents", BOOL, "`kernel_post_read_file` will be asked with all of it"),
        ),
    ),
    _asks(
        "kernel_post_read_file",
        doc="The kernel has read a file that it will trust, and its contents may be looked at.",
        prototype=("int kernel_post_read_file(struct file *file, char *buf, loff_t size, enum kernel_read_file_id id)"),
        object=FILE,
        facts=(_PURPOSE, _SIZE),
    ),
    _asks(
        "kernel_load_data",
        doc="The kernel is about to be given data that it will trust, without a file: init_module(2), kexec_load(2).",
        prototype="int kernel_load_data(enum kernel_load_data_id id, bool contents)",
        facts=(
            _PURPOSE,
            Fact("contents", BOOL, "`kernel_post_load_data` will be asked with all of it"),
        ),
    ),
    _asks(
        "kernel_post_load_data",
        doc="The kernel has been given data that it will trust, without a file, and they may be looked at.",
        prototype=("int kernel_post_load_data(char *buf, loff_t size, enum kernel_load_data_id id, char *description)"),
        facts=(_PURPOSE, _SIZE),
    ),
    _asks(
        "locked_down",
        doc="Something is about to be done by which even root could change or read the running kernel, kernel_lockdown(7).",
        prototype="int locked_down(enum lockdown_reason what)",
        facts=(Fact("reason", LOCKDOWN_REASON, "what is about to be done"),),
    ),
    _asks(
        "syslog",
        doc="The kernel's log is about to be read, cleared or steered, syslog(2).",
        prototype="int syslog(int type)",
        facts=(Fact("action", SYSLOG_ACTION, "what is about to be done with it"),),
    ),
    _asks(
        "settime",
        doc="The machine's clock is about to be set, clock_settime(2).",
        prototype="int settime(const struct timespec64 *ts, const struct timezone *tz)",
        facts=(Fact("time", INT, "the time to be, in seconds since 1970; unknown where only the time zone is set"),),
    ),
    _asks(
        "quotactl",
        doc="Disk quotas are about to be read or changed, quotactl(2).",
        prototype="int quotactl(int cmds, int type, int id, const struct super_block *sb)",
        object=MOUNT,
        object_is="the file system",
        facts=(
            Fact("cmd", QUOTA_COMMAND, "the command; `other` for one that is not described here"),
            Fact("quota_type", QUOTA_TYPE, "whose use is limited"),
            Fact("id", INT, "of which user, group or project; 0 where the command is about all"),
        ),
    ),
    _asks(
        "quota_on",
        doc="Disk quotas are about to be switched on, quotactl(2).",
        prototype="int quota_on(struct dentry *dentry)",
        object=FILE,
        object_is="the file that holds them",
    ),
    Answering(
        "vm_enough_memory",
        doc="A process is about to be promised more memory, mmap(2), brk(2), fork(2).",
        prototype="int vm_enough_memory(struct mm_struct *mm, long pages)",
        why_other="The answer says whether the process may have the memory kept back for root, not whether it is refused.",
        facts=(Fact("pages", INT, "how many pages more"),),
    ),
    _asks(
        "post_notification",
        doc="A program is about to be told of something that it watches, watch_queue(7); a denial drops the message.",
        prototype=(
            "int post_notification(const struct cred *w_cred, const struct cred *cred, struct watch_notification *n)"
        ),
        object=TASK,
        object_is="the one who watches",
        subject="the task that caused it",
        config="CONFIG_WATCH_QUEUE",
        consequence=Consequence.ELEMENT,
        errno_lost="`__post_watch_notification` leaves the message out; nobody is told why.",
    ),
    Telling(
        "initramfs_populated",
        doc="The first files that the kernel starts from have been unpacked.",
        prototype="void initramfs_populated(void)",
        subject="the kernel, before the first process",
        since="6.12",
    ),
    _device(
        "bdev_alloc_security",
        doc="The kernel is about to make what it keeps about a block device; a denial fails its making.",
        prototype="int bdev_alloc_security(struct block_device *bdev)",
        default_errno=Errno.ENOMEM,
        since="6.12",
        errno_lost="`bdev_alloc_inode` returns no inode, and its callers take that for want of memory.",
        errno_seen=Errno.ENOMEM,
    ),
    Telling(
        "bdev_free_security",
        doc="What modules kept about a block device is being freed.",
        prototype="void bdev_free_security(struct block_device *bdev)",
        object=OTHER,
        object_is="the block device",
        since="6.12",
    ),
    _device(
        "bdev_setintegrity",
        doc="The kernel has verified a block device, and modules are about to be given the proof.",
        prototype=(
            "int bdev_setintegrity(struct block_device *bdev, enum lsm_integrity_type type,"
            " const void *value, size_t size)"
        ),
        since="6.12",
        facts=(Fact("proof", INTEGRITY_PROOF, "what has been found out"),),
    ),
)
