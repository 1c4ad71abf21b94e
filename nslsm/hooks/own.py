"""Hooks that no module of Linux's has: security namespaces, moves between directories, user space's objects, system calls."""

from functools import partial
from typing import Final

from nslsm.hooks.facts import NEW, OLD
from nslsm.hooks.kinds import FILE, NAMESPACE, USER_OBJECT
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import INT, STRING, Fact
from nslsm.hooks.vocabulary import BINDING_MODE

_asks: Final = partial(Hook, object=NAMESPACE, default_errno=Errno.EPERM, own=True)

FAMILY: Final = Family.of(
    "own",
    "What Linux does not ask: security namespaces, moves between directories, objects that programs manage, system calls.",
    _asks(
        "namespace_create",
        doc="A security namespace is about to be made below the caller's, lsm_unshare.",
        prototype="int namespace_create(struct lsm_namespace *parent, const char *name)",
        object_is="the namespace that it is made in",
        facts=(Fact("name", STRING, "the name of the namespace to be"),),
    ),
    _asks(
        "namespace_enter",
        doc="A process is about to be moved down into a security namespace, lsm_enter, lsm_unshare, `enter on`.",
        prototype="int namespace_enter(struct lsm_namespace *namespace)",
        object_is="the namespace that it is moved into",
    ),
    _asks(
        "namespace_bind",
        doc="A control is about to be bound in a security namespace, lsm_bind, lsm_unshare.",
        prototype=(
            "int namespace_bind(struct lsm_namespace *namespace, const char *name, const char *control,"
            " enum lsm_binding_mode mode)"
        ),
        object_is="the namespace that it is bound in",
        facts=(
            Fact("name", STRING, "the binding's name: the control's last name, or the one after `as`"),
            Fact("control", STRING, "the control's name, with its module: `base.yama`"),
            Fact("mode", BINDING_MODE, "whether its denials will count"),
        ),
    ),
    _asks(
        "namespace_seal",
        doc="The bindings, moves, limits and lock of a security namespace are about to become final, lsm_seal.",
        prototype="int namespace_seal(struct lsm_namespace *namespace)",
        object_is="the namespace that is sealed",
    ),
    _asks(
        "namespace_lock",
        doc="What the descendants of a security namespace may bind is about to be restricted, lsm_lock.",
        prototype="int namespace_lock(struct lsm_namespace *namespace)",
        object_is="the namespace whose descendants it is about",
    ),
    Hook(
        "path_reparent",
        doc="A file is about to be renamed into another directory, or linked there, rename(2), link(2).",
        prototype=(
            "int path_reparent(const struct path *old_dir, struct dentry *old_dentry, const struct path *new_dir,"
            " struct dentry *new_dentry)"
        ),
        object=FILE,
        object_is="the file under its present name, as `old`; a rule about `new` names it",
        facts=(OLD, NEW),
        default_errno=Errno.EXDEV,
        own=True,
    ),
    Hook(
        "user_access",
        doc="A program that manages objects of its own asks whether another may do something to one of them.",
        prototype="int user_access(struct lsm_user_object *object, const char *class, const char *permission)",
        object=USER_OBJECT,
        subject="the task that wants to do it, as the program that asks names it",
        facts=(
            Fact("class", STRING, "what kind of object it is, in the program's own words: `window`, `db_table`"),
            Fact("permission", STRING, "what is about to be done to it: `read`, `select`"),
        ),
        own=True,
    ),
    Hook(
        "system_call",
        doc="A system call begins, as a filter by seccomp(2) sees it: raised only where some control asks for it.",
        prototype=("int system_call(const char *call, u64 arg0, u64 arg1, u64 arg2, u64 arg3, u64 arg4, u64 arg5)"),
        facts=(
            Fact("call", STRING, "its name, as the kernel has it for x86-64: `openat`, `clone`"),
            *(
                Fact(f"arg{place}", INT, "an argument, 64 bits with a sign; unknown where it is a pointer, or not kept")
                for place in range(6)
            ),
        ),
        default_errno=Errno.EPERM,
        own=True,
    ),
)
