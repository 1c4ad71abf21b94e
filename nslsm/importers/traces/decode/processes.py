"""Calls about processes and who they act for."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.linux import Signal
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.hooks.vocabulary import CLONE_FLAGS, IO_CLASS, PRCTL_OPTION, RESOURCE
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.words import (
    Undecodable,
    argument,
    at,
    descriptor,
    has,
    in_words,
    named_or_opened,
    number,
    word,
)
from nslsm.kernel import constants
from nslsm.kernel import operations as op
from nslsm.kernel.call import ABSENT, SystemCall, Value
from nslsm.kernel.operations import Operation
from nslsm.kernel.spelling import (
    capabilities_of,
    flags_of,
    items_of,
    number_of,
    process_of,
    signal_of,
    struct_of,
    text_of,
)
from nslsm.protocol.things import Capabilities


def clone_flags(value: Value) -> frozenset[str]:
    """Flags of clone(2) in the catalogue's words; none where the trace does not show them."""
    found = flags_of(value, constants.CLONE_FLAGS)
    known = in_words(UNKNOWN if found is None else found.names, "CLONE_", CLONE_FLAGS)
    return frozenset() if isinstance(known, Unknown) else known


def _clone(call: SystemCall) -> Operation:
    flags = call.named("flags")
    return op.Clone(frozenset() if flags is ABSENT else clone_flags(flags))


def _process(call: SystemCall, place: int) -> int:
    found = process_of(argument(call, place))
    if found is None:
        raise Undecodable(f"argument {place + 1} of `{call.name}` is no process's number")
    return found


def _signal(call: SystemCall, place: int) -> op.Kill:
    return op.Kill(_process(call, 0), _sent(call, place))


def _sent(call: SystemCall, place: int) -> Signal | Unknown:
    found = signal_of(argument(call, place))
    return UNKNOWN if found is None else found


def _arguments(call: SystemCall, place: int) -> tuple[str | Unknown, ...] | Unknown:
    found = items_of(argument(call, place))
    if found is None:
        return UNKNOWN
    texts = (text_of(item) for item in found)
    return tuple(UNKNOWN if text is None or text.cut else text.value for text in texts)


def _exit(call: SystemCall) -> Operation:
    status = number(call, 0)
    return op.Exit(status if isinstance(status, Unknown) else status & 0xFF, group=call.name == "exit_group")


def _wait(call: SystemCall) -> Operation:
    found = process_of(argument(call, 0))
    keeps = any(has(call, 2, constants.WAIT_FLAGS, name) for name in ("WUNTRACED", "WCONTINUED"))
    return op.Wait(-1 if found is None else found, keep=keeps and _stopped(call))


def _stopped(call: SystemCall) -> bool:
    """Whether what was awaited has only stopped, or gone on."""
    return "WIFSTOPPED" in repr(argument(call, 1)) or "WIFCONTINUED" in repr(argument(call, 1))


def _waitid(call: SystemCall) -> Operation:
    keeps = has(call, 3, constants.WAIT_FLAGS, "WNOWAIT") or not has(call, 3, constants.WAIT_FLAGS, "WEXITED")
    return op.Wait(-1, keep=keeps)


def _limit(call: SystemCall, resource: int, new: int | None, old: int | None, pid: int | None = None) -> Operation:
    name = word(call, resource, constants.RESOURCES, "RLIMIT_", ("as", *RESOURCE.members))
    wanted = None if new is None else struct_of(argument(call, new))
    return op.Limit(
        "address_space" if name == "as" else name,
        0 if pid is None else _process(call, pid),
        reads=old is not None and argument(call, old) is not None,
        writes=new is not None and argument(call, new) is not None,
        soft=UNKNOWN if wanted is None else _bound(wanted.get("rlim_cur")),
        hard=UNKNOWN if wanted is None else _bound(wanted.get("rlim_max")),
    )


def _bound(value: Value) -> int | Unknown:
    found = number_of(value)
    return UNKNOWN if found is None else found


def _nice(call: SystemCall) -> Operation:
    which = word(call, 0, constants.PRIORITY_TARGETS, "PRIO_", ("process", "pgrp", "user"))
    who = number(call, 1)
    named = {"pgrp": "group", "user": "user"}.get(which if isinstance(which, str) else "", "process")
    return op.SetNice(number(call, 2), named, 0 if isinstance(who, Unknown) else who)


def _control(call: SystemCall) -> Operation:
    option = word(call, 0, constants.PRCTL_OPTIONS, "PR_", PRCTL_OPTION.members)
    tables = {"set_securebits": constants.SECUREBITS, "cap_ambient": constants.AMBIENT_OPERATIONS}
    tables |= {"set_dumpable": constants.DUMPABLE, "set_ptracer": constants.PTRACER}
    given: list[int | str | Unknown] = []
    for value in call.arguments[1:]:
        text = text_of(value)
        found = number_of(value, tables.get(option if isinstance(option, str) else "")) if text is None else None
        if found is None and text is None:
            capability = capabilities_of(value)
            found = next(iter(capability)).value if capability and len(capability) == 1 else None
        given.append(text.value if text is not None and not text.cut else UNKNOWN if found is None else _signed(found))
    return op.Control(option, tuple(given))


def _signed(found: int) -> int:
    return found - 2**64 if found >= 2**63 else found


def _groups(call: SystemCall) -> Operation:
    found = items_of(argument(call, 1))
    numbers = None if found is None else [number_of(item) for item in found]
    if numbers is None or None in numbers:
        return op.SetSupplementaryGroups(UNKNOWN)
    return op.SetSupplementaryGroups(frozenset(each for each in numbers if each is not None))


def _capset(call: SystemCall) -> Operation:
    sets = struct_of(argument(call, 1))

    def one(name: str) -> Capabilities | Unknown:
        found = None if sets is None or not sets.has(name) else capabilities_of(sets.get(name))
        return UNKNOWN if found is None else found

    return op.SetCapabilities(one("effective"), one("permitted"), one("inheritable"))


def _capget(call: SystemCall) -> Operation:
    header = struct_of(argument(call, 0))
    pid = None if header is None or not header.has("pid") else process_of(header.get("pid"))
    return op.GetCapabilities(pid or 0)


def _trace(call: SystemCall) -> Operation:
    name = word(call, 0, constants.PTRACE_REQUESTS, "PTRACE_", _PTRACE)
    return op.Trace(name, process_of(argument(call, 1)) or 0 if len(call.arguments) > 1 else 0)


_PTRACE: Final = tuple(name.removeprefix("PTRACE_").lower() for name in constants.PTRACE_REQUESTS.numbers)


def _ioprio(call: SystemCall) -> Operation:
    found = number(call, 2)
    if isinstance(found, Unknown):
        return op.SetPriority(_process(call, 1), UNKNOWN, UNKNOWN)
    place = found >> 13
    return op.SetPriority(_process(call, 1), IO_CLASS.members[min(place, len(IO_CLASS.members) - 1)], found & 0x1FFF)


def _ids(*which: str) -> Decoder:
    return lambda _: op.GetIds(which)


DECODERS: Final[Mapping[str, Decoder]] = {
    "fork": lambda _: op.Clone(),
    "vfork": lambda _: op.Clone(frozenset({"vm", "vfork"})),
    "clone": _clone,
    "clone3": _clone,
    "execve": lambda call: op.Execute(at(call, None, 0), _arguments(call, 1)),
    "execveat": lambda call: op.Execute(named_or_opened(call, 0, 1, 4), _arguments(call, 2)),
    "exit": _exit,
    "exit_group": _exit,
    "wait4": _wait,
    "waitpid": _wait,
    "waitid": _waitid,
    "setpgid": lambda call: op.SetGroup(_process(call, 0), number(call, 1)),
    "getpgid": lambda call: op.GetGroup(_process(call, 0)),
    "setsid": lambda _: op.SetSession(),
    "getsid": lambda call: op.GetSession(_process(call, 0)),
    "setpriority": _nice,
    **dict.fromkeys(
        ("sched_setscheduler", "sched_setattr", "sched_setparam", "sched_setaffinity"),
        lambda call: op.SetScheduler(_process(call, 0)),
    ),
    **dict.fromkeys(
        (
            "sched_getscheduler",
            "sched_getattr",
            "sched_getparam",
            "sched_getaffinity",
            "sched_rr_get_interval",
        ),
        lambda call: op.GetScheduler(_process(call, 0)),
    ),
    "ioprio_set": _ioprio,
    "ioprio_get": lambda call: op.GetPriority(_process(call, 1)),
    "prlimit64": lambda call: _limit(call, 1, 2, 3, 0),
    "setrlimit": lambda call: _limit(call, 0, 1, None),
    "getrlimit": lambda call: _limit(call, 0, None, 1),
    "migrate_pages": lambda call: op.MoveMemory(_process(call, 0)),
    "prctl": _control,
    "umask": lambda call: op.SetMask(number(call, 0, constants.FILE_MODES)),
    "unshare": lambda call: op.Unshare(clone_flags(argument(call, 0))),
    "setns": lambda call: op.EnterNamespaces(descriptor(call, 0), clone_flags(argument(call, 1))),
    "setuid": lambda call: op.SetUser(number(call, 0)),
    "setreuid": lambda call: op.SetUsers(number(call, 0), number(call, 1), None),
    "setresuid": lambda call: op.SetUsers(number(call, 0), number(call, 1), number(call, 2)),
    "setfsuid": lambda call: op.SetFileUser(number(call, 0)),
    "setgid": lambda call: op.SetGroupId(number(call, 0)),
    "setregid": lambda call: op.SetGroupIds(number(call, 0), number(call, 1), None),
    "setresgid": lambda call: op.SetGroupIds(number(call, 0), number(call, 1), number(call, 2)),
    "setfsgid": lambda call: op.SetFileGroup(number(call, 0)),
    "setgroups": _groups,
    "getuid": _ids("uid"),
    "geteuid": _ids("euid"),
    "getgid": _ids("gid"),
    "getegid": _ids("egid"),
    "getresuid": _ids("uid", "euid", "suid"),
    "getresgid": _ids("gid", "egid", "sgid"),
    "getgroups": _ids("groups"),
    "capset": _capset,
    "capget": _capget,
    "kill": lambda call: _signal(call, 1),
    "rt_sigqueueinfo": lambda call: _signal(call, 1),
    "tkill": lambda call: op.KillThread(_process(call, 0), _sent(call, 1)),
    "tgkill": lambda call: op.KillThread(_process(call, 1), _sent(call, 2), _process(call, 0)),
    "rt_tgsigqueueinfo": lambda call: op.KillThread(_process(call, 1), _sent(call, 2), _process(call, 0)),
    "pidfd_open": lambda call: op.OpenSpecial("pidfd", close_on_exec=True, pid=_process(call, 0)),
    "pidfd_send_signal": lambda call: op.KillByDescriptor(descriptor(call, 0), _sent(call, 1)),
    "pidfd_getfd": lambda call: op.TakeDescriptor(descriptor(call, 0), descriptor(call, 1).number),
    "ptrace": _trace,
    "process_vm_readv": lambda call: op.ReachMemory(_process(call, 0)),
    "process_vm_writev": lambda call: op.ReachMemory(_process(call, 0), write=True),
    "kcmp": lambda call: op.Compare(_process(call, 0), _process(call, 1)),
}
"""What each call about processes asks of the kernel."""
