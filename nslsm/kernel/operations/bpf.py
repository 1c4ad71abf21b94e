"""Operations on programs that the kernel runs for others, bpf(2), and on measurements, perf_event_open(2)."""

from dataclasses import dataclass
from typing import Final

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.operations.operation import At, Operation


@dataclass(frozen=True, slots=True)
class Bpf(Operation):
    """bpf(2): ``command`` is of ``BPF_COMMAND``. Some commands' result is a descriptor.

    ``type`` is what ``map_create`` and ``prog_load`` make, of ``BPF_MAP_TYPE`` or ``BPF_PROGRAM_TYPE``. ``access`` is what the
    descriptor of a map is for, ``at`` the file that ``obj_pin`` makes and ``obj_get`` opens.
    """

    command: str | Unknown
    type: str | Unknown = UNKNOWN
    name: str | Unknown = ""
    access: frozenset[str] = frozenset({"read", "write"})
    at: At | None = None


@dataclass(frozen=True, slots=True)
class OpenMeasurement(Operation):
    """perf_event_open(2). The descriptor is the result.

    ``type``: ``hardware``, ``software``, ``tracepoint``, …; ``pid`` 0 measures the caller, -1 whatever runs on a processor.
    ``kernel``: what the kernel does is measured too. ``raw``: with data that only CAP_PERFMON may have of a trace point.
    """

    type: str | Unknown
    pid: int = 0
    kernel: bool | Unknown = True
    raw: bool = False
    namespaces: bool = False
    close_on_exec: bool = False


BPF: Final[tuple[type[Operation], ...]] = (Bpf, OpenMeasurement)
"""All of them."""
