"""The words of tests as system calls: what a step asks of the kernel, one operation or a few in a row."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, cast

from nslsm.engine.decision import Decision
from nslsm.hooks.linux import Signal
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel import operations as op
from nslsm.kernel.operations.machine import LoadModule
from nslsm.kernel.operations.mounts import Mount, PivotRoot, Unmount
from nslsm.language.check.cases import Act, Endpoint, StepValue, TaskName
from nslsm.language.check.steps import opened
from nslsm.protocol.things import Object, Value
from nslsm.simulation.machine import Machine, NotPossible

Call: TypeAlias = Callable[[Machine, Act], Decision]


def perform(machine: Machine, act: Act) -> Decision:
    """Carry out one step. Of several operations, the first that is not granted decides, else the last."""
    if act.hook:
        return _raise_hook(machine, act)
    return CALLS[act.call](machine, act)


def _raise_hook(machine: Machine, act: Act) -> Decision:
    facts: dict[str, Value | Unknown] = {}
    thing: Object | Unknown | None = None
    for name, operand in act.named:
        value = _resolved(machine, operand)
        if name == "object":
            thing = cast("Object", machine.file(value) if isinstance(value, str) else value)
        else:
            facts[name] = value
    return machine.ask(act.call, act.task, thing, facts)


def _resolved(machine: Machine, operand: StepValue) -> Value:
    if isinstance(operand, TaskName):
        return machine.task(operand.name)
    if isinstance(operand, Endpoint):
        raise NotPossible("a hook takes `address` and `port` by name")
    return operand


# Operands


def _text(act: Act, place: int) -> str:
    value = act.operands[place]
    assert isinstance(value, str)
    return value


def _number(act: Act, place: int, default: int) -> int:
    value = act.operands[place] if place < len(act.operands) else None
    return value if isinstance(value, int) else default


def _words(act: Act) -> frozenset[str]:
    value = act.operands[-1] if act.operands else None
    return cast("frozenset[str]", value) if isinstance(value, frozenset) else frozenset()


def _task(act: Act, place: int) -> str:
    value = act.operands[place]
    assert isinstance(value, TaskName)
    return value.name


def _at(act: Act, place: int = 0) -> op.At:
    return op.At(_text(act, place))


# Calls about files


def _open(machine: Machine, act: Act) -> Decision:
    path = _text(act, 0)
    decision = machine.perform(act.task, op.Open(op.At(path), opened(_words(act)), 0o666))
    if decision.granted:
        machine.opened[act.task, path] = decision.result
    return decision


def _descriptor(machine: Machine, act: Act) -> op.Descriptor:
    path = _text(act, 0)
    number = machine.opened.get((act.task, path))
    if number is None:
        raise NotPossible(f"`{act.task}` has not opened `{path}`; `{act.call}` needs a descriptor: open it first")
    return op.Descriptor(number)


def _map(machine: Machine, act: Act) -> Decision:
    words = _words(act)
    protection = words & {"read", "write", "exec"} or frozenset({"read"})
    sharing = words & {"shared", "private"} or frozenset({"private"})
    if (act.task, _text(act, 0)) not in machine.opened:
        how = {"read", "write"} if {"write", "shared"} <= words else {"read"}
        first = machine.perform(act.task, op.Open(_at(act), frozenset(how)))
        if not first.granted:
            return first
        machine.opened[act.task, _text(act, 0)] = first.result
    return machine.perform(act.task, op.Map(_descriptor(machine, act), protection, sharing))


def _chown(machine: Machine, act: Act) -> Decision:
    return machine.perform(act.task, op.ChangeOwner(_at(act), _number(act, 1, -1), _number(act, 2, -1)))


def _mknod(machine: Machine, act: Act) -> Decision:
    kind = act.operands[1] if len(act.operands) > 1 else None
    return machine.perform(act.task, op.MakeNode(_at(act), kind if isinstance(kind, str) else "regular"))


def _mount(machine: Machine, act: Act) -> Decision:
    kind = act.operands[2]
    return machine.perform(
        act.task, Mount(_at(act, 1), _text(act, 0), kind if isinstance(kind, str) else "", _words(act))
    )


def _load_module(machine: Machine, act: Act) -> Decision:
    decision = machine.perform(act.task, op.Open(_at(act)))
    if not decision.granted:
        return decision
    return machine.perform(act.task, LoadModule(op.Descriptor(decision.result)))


# Calls about processes


def _enter_spaces(machine: Machine, act: Act) -> Decision:
    decision = machine.perform(act.task, op.OpenSpecial("pidfd", pid=machine.task(_task(act, 0)).tgid))
    if not decision.granted:
        return decision
    return machine.perform(act.task, op.EnterNamespaces(op.Descriptor(decision.result), _words(act)))


def _forked(flags: frozenset[str]) -> Call:
    def fork(machine: Machine, act: Act) -> Decision:
        decision = machine.perform(act.task, op.Clone(flags))
        if decision.granted:
            machine.adopt(_task(act, 0), decision.result, act.task)
        return decision

    return fork


def _kill(machine: Machine, act: Act) -> Decision:
    signal = act.operands[1] if len(act.operands) > 1 else None
    chosen = signal if isinstance(signal, Signal) else Signal.SIGTERM
    return machine.perform(act.task, op.Kill(machine.task(_task(act, 0)).tgid, chosen))


def _set_ptracer(machine: Machine, act: Act) -> Decision:
    anybody = not act.operands or act.operands[0] is None
    who = -1 if anybody else machine.task(_task(act, 0)).tgid
    return machine.perform(act.task, op.Control("set_ptracer", (who,)))


# Calls about sockets


def _endpoint(act: Act) -> op.NetworkAddress:
    where = act.operands[0]
    if isinstance(where, Endpoint):
        family = "inet" if where.address.version == 4 else "inet6"
        return op.NetworkAddress(family, where.address, where.port)
    assert isinstance(where, str)
    return op.NetworkAddress("unix", path=where)


def _with_socket(kind: str, *calls: Callable[[op.Descriptor, op.NetworkAddress], op.Operation]) -> Call:
    def talk(machine: Machine, act: Act) -> Decision:
        address = _endpoint(act)
        decision = machine.perform(act.task, op.MakeSocket(address.family, kind))
        descriptor = op.Descriptor(decision.result)
        for call in calls:
            if not decision.granted:
                break
            decision = machine.perform(act.task, call(descriptor, address))
        return decision

    return talk


def _one(operation: Callable[[Machine, Act], op.Operation]) -> Call:
    return lambda machine, act: machine.perform(act.task, operation(machine, act))


CALLS: Final[Mapping[str, Call]] = {
    "open": _open,
    "close": _one(lambda m, a: op.Close(_descriptor(m, a))),
    "read": _one(lambda m, a: op.Read(_descriptor(m, a))),
    "write": _one(lambda m, a: op.Write(_descriptor(m, a))),
    "mmap": _map,
    "truncate": _one(lambda _, a: op.Truncate(_at(a), 0)),
    "stat": _one(lambda _, a: op.Status(_at(a))),
    "access": _one(lambda _, a: op.Access(_at(a), _words(a))),
    "readlink": _one(lambda _, a: op.ReadLink(_at(a))),
    "mkdir": _one(lambda _, a: op.MakeDirectory(_at(a), _number(a, 1, 0o777))),
    "rmdir": _one(lambda _, a: op.Unlink(_at(a), directory=True)),
    "mknod": _mknod,
    "unlink": _one(lambda _, a: op.Unlink(_at(a))),
    "rename": _one(lambda _, a: op.Rename(_at(a, 0), _at(a, 1))),
    "link": _one(lambda _, a: op.Link(op.At(_text(a, 0), follow=False), _at(a, 1))),
    "symlink": _one(lambda _, a: op.MakeSymbolicLink(_text(a, 0), _at(a, 1))),
    "chmod": _one(lambda _, a: op.ChangeMode(_at(a), _number(a, 1, 0))),
    "chown": _chown,
    "chdir": _one(lambda _, a: op.ChangeDirectory(_at(a))),
    "chroot": _one(lambda _, a: op.ChangeRoot(_at(a))),
    "mount": _mount,
    "umount": _one(lambda _, a: Unmount(_at(a), _words(a))),
    "pivot_root": _one(lambda _, a: PivotRoot(_at(a, 0), _at(a, 1))),
    "setxattr": _one(lambda _, a: op.SetAttribute(_at(a), _text(a, 1), _text(a, 2))),
    "getxattr": _one(lambda _, a: op.GetAttribute(_at(a), _text(a, 1))),
    "listxattr": _one(lambda _, a: op.ListAttributes(_at(a))),
    "removexattr": _one(lambda _, a: op.RemoveAttribute(_at(a), _text(a, 1))),
    "exec": _one(lambda _, a: op.Execute(_at(a), (_text(a, 0),))),
    "fork": _forked(frozenset()),
    "vfork": _forked(frozenset({"vm", "vfork"})),
    "clone": _forked(frozenset()),
    "thread": _forked(frozenset({"vm", "fs", "files", "sighand", "thread"})),
    "exit": _one(lambda _m, _a: op.Exit()),
    "kill": _kill,
    "ptrace": _one(lambda m, a: op.Trace("attach", m.task(_task(a, 0)).pid)),
    "look_into": _one(lambda m, a: op.ReachMemory(m.task(_task(a, 0)).pid, write=False)),
    "setns": _enter_spaces,
    "new_spaces": _one(lambda _, a: op.Unshare(_words(a))),
    "load_module": _load_module,
    "traceme": _one(lambda _m, _a: op.Trace("traceme")),
    "set_ptracer": _set_ptracer,
    "no_new_privs": _one(lambda _m, _a: op.Control("set_no_new_privs", (1,))),
    "setuid": _one(lambda _, a: op.SetUser(_number(a, 0, -1))),
    "setgid": _one(lambda _, a: op.SetGroupId(_number(a, 0, -1))),
    "setgroups": _one(lambda _, a: op.SetSupplementaryGroups(cast("frozenset[int]", a.operands[0]))),
    "socket": _one(
        lambda _, a: op.MakeSocket(_text(a, 0), _text(a, 1), _number(a, 2, 0))  # families and types are words
    ),
    "connect": _with_socket("stream", op.Connect),
    "bind": _with_socket("stream", op.Bind),
    "listen": _with_socket("stream", op.Bind, lambda descriptor, _: op.Listen(descriptor)),
    "send": _with_socket("dgram", lambda descriptor, address: op.Send(descriptor, address, UNKNOWN)),
    "unshare": lambda machine, act: machine.unshare(act.task, _text(act, 0), act.binds or ()),
}
"""How each call of :data:`nslsm.language.check.steps.CALLS` is made."""
