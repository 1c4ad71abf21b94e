"""Calls on BPF objects, measurements, rings and rulesets."""

from collections.abc import Mapping
from typing import Final

from nslsm.hooks.commands import BPF_COMMAND, BPF_MAP_TYPE, BPF_PROGRAM_TYPE
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.words import argument, descriptor, has, word
from nslsm.kernel import command_constants
from nslsm.kernel.call import Struct, SystemCall, Value
from nslsm.kernel.constant_table import Constants
from nslsm.kernel.operations import At, Operation, rings
from nslsm.kernel.operations import bpf as op
from nslsm.kernel.spelling import flags_of, name_of, number_of, process_of, struct_of, text_of

_RUN: Final = "prog_run"
"""Another name of ``prog_test_run``."""

_READ, _WRITE = frozenset({"read"}), frozenset({"write"})


def _bpf(call: SystemCall) -> Operation:
    command = word(call, 0, command_constants.BPF_COMMANDS, "BPF_", (*BPF_COMMAND.members, _RUN))
    command = "prog_test_run" if command == _RUN else command
    attributes = struct_of(call.argument(1))
    type_: str | Unknown = UNKNOWN
    if command == "map_create":
        type_ = _type(
            _get(attributes, "map_type"), command_constants.BPF_MAP_TYPES, "BPF_MAP_TYPE_", BPF_MAP_TYPE.members
        )
    elif command == "prog_load":
        table, members = command_constants.BPF_PROGRAM_TYPES, BPF_PROGRAM_TYPE.members
        type_ = _type(_get(attributes, "prog_type"), table, "BPF_PROG_TYPE_", members)
    name = text_of(_get(attributes, "prog_name" if command == "prog_load" else "map_name"))
    path = text_of(_get(attributes, "pathname"))
    at = None
    if command in ("obj_pin", "obj_get"):
        at = At(UNKNOWN if path is None or path.cut else path.value)
    return op.Bpf(command, type_, UNKNOWN if name is None or name.cut else name.value, _access(attributes), at)


def _get(attributes: Struct | None, name: str) -> Value:
    return attributes.get(name) if attributes is not None and attributes.has(name) else None


def _type(value: Value, table: Constants, prefix: str, members: tuple[str, ...]) -> str | Unknown:
    if value is None:
        return UNKNOWN
    plain = (name_of(value, table) or "").removeprefix(prefix).lower()
    return plain if plain in members else "other"


def _access(attributes: Struct | None) -> frozenset[str]:
    """What the descriptor of a map is for: ``BPF_F_RDONLY``, ``BPF_F_WRONLY``, or both."""
    for name in ("map_flags", "file_flags", "open_flags"):
        value = _get(attributes, name)
        found = None if value is None else flags_of(value, command_constants.BPF_MAP_FLAGS)
        if found is not None and "BPF_F_RDONLY" in found.names:
            return _READ
        if found is not None and "BPF_F_WRONLY" in found.names:
            return _WRITE
    return _READ | _WRITE


def _measure(call: SystemCall) -> Operation:
    attributes = struct_of(argument(call, 0))
    pid = process_of(argument(call, 1))
    type_: str | Unknown = UNKNOWN
    kernel: bool | Unknown = UNKNOWN
    sampled = ""
    if attributes is not None:
        plain = (
            (name_of(_get(attributes, "type"), command_constants.PERF_TYPES) or "").removeprefix("PERF_TYPE_").lower()
        )
        type_ = plain or "other"
        excluded = number_of(_get(attributes, "exclude_kernel"))
        if attributes.has("exclude_kernel") or not attributes.cut:
            kernel = not excluded
        sampled = repr(_get(attributes, "sample_type"))
    return op.OpenMeasurement(
        type_,
        0 if pid is None else pid - 2**32 if pid >= 2**31 else pid,
        kernel,
        raw="PERF_SAMPLE_RAW" in sampled,
        namespaces=bool(number_of(_get(attributes, "namespaces"))),
        close_on_exec=has(call, 4, command_constants.PERF_FLAGS, "PERF_FLAG_FD_CLOEXEC"),
    )


def _set_up(call: SystemCall) -> Operation:
    parameters = struct_of(argument(call, 1))
    if parameters is None or not parameters.has("flags"):
        return rings.SetUpRing(UNKNOWN)
    found = flags_of(parameters.get("flags"), command_constants.RING_FLAGS)
    return rings.SetUpRing(UNKNOWN if found is None else "IORING_SETUP_SQPOLL" in found.names)


def _register(call: SystemCall) -> Operation:
    name = name_of(argument(call, 1), command_constants.RING_REGISTRATIONS)
    opcode = UNKNOWN if name is None else name.removeprefix("IORING_").lower()
    return rings.RegisterRing(descriptor(call, 0), opcode)


def _make_ruleset(call: SystemCall) -> Operation:
    found = flags_of(argument(call, 2), command_constants.LANDLOCK_CREATE_FLAGS)
    return rings.MakeRuleset(found is not None and (bool(found.names) or bool(found.rest)))


DECODERS: Final[Mapping[str, Decoder]] = {
    "bpf": _bpf,
    "perf_event_open": _measure,
    "io_uring_setup": _set_up,
    "io_uring_enter": lambda call: rings.EnterRing(descriptor(call, 0)),
    "io_uring_register": _register,
    "landlock_create_ruleset": _make_ruleset,
    "landlock_restrict_self": lambda call: rings.RestrictSelf(descriptor(call, 0)),
}
"""What each of these calls asks of the kernel."""
