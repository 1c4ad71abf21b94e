"""From a system call as a trace spells it to what it asks of the kernel, or to why it raises no hook, or to a finding."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from nslsm.diagnostics import Code, Diagnostic, Severity, Span
from nslsm.importers.traces.decode import bpf, files, ipc, keys, machine, mounts, names, processes, sockets
from nslsm.importers.traces.decode.decoder import Decoder
from nslsm.importers.traces.decode.recorded import recorded
from nslsm.importers.traces.decode.silent import LATER, SILENT
from nslsm.importers.traces.decode.words import Undecodable
from nslsm.kernel.call import SystemCall, TraceEvent
from nslsm.kernel.occurrence import Occurrence

UNKNOWN_CALL: Final = Code("trace-unknown-call", Severity.WARNING)
BAD_ARGUMENTS: Final = Code("trace-bad-arguments", Severity.WARNING)
NOT_MODELLED: Final = Code("trace-not-modelled", Severity.WARNING)

FAMILIES: Final = (
    files.DECODERS,
    names.DECODERS,
    mounts.DECODERS,
    processes.DECODERS,
    sockets.DECODERS,
    ipc.DECODERS,
    keys.DECODERS,
    bpf.DECODERS,
    machine.DECODERS,
)
"""What is decoded, family by family."""

DECODERS: Final[Mapping[str, Decoder]] = {name: decode for family in FAMILIES for name, decode in family.items()}
"""All of it, by the name of the system call."""

Decoded: TypeAlias = Occurrence | TraceEvent | Diagnostic
"""What a decoded trace is a stream of: calls, what it tells beside them, findings."""


def decoded(events: Iterable[TraceEvent | Occurrence | Diagnostic], source: str = "") -> Iterator[Decoded]:
    """The trace with its system calls decoded; ``source`` is what findings call it."""
    for event in events:
        yield decode(event, source) if isinstance(event, SystemCall) else event


def decode(call: SystemCall, source: str = "") -> Occurrence | Diagnostic:
    """One system call: what it asks of the kernel and what came of it, or a finding that says why that is not known."""
    decoder = DECODERS.get(call.name)
    if decoder is not None:
        try:
            return Occurrence(call.task, call.name, decoder(call), "", recorded(call), call.time, call.line)
        except Undecodable as why:
            return BAD_ARGUMENTS.at(_span(call, source), str(why))
    silent = SILENT.get(call.name)
    if silent is not None:
        return Occurrence(call.task, call.name, None, silent, recorded(call), call.time, call.line)
    if call.name in LATER:
        return NOT_MODELLED.at(
            _span(call, source),
            f"`{call.name}` raises hooks, or may, and is not simulated yet: it is not judged",
        )
    return UNKNOWN_CALL.at(
        _span(call, source),
        f"no system call that is known here is called `{call.name}`: it is not judged",
    )


def _span(call: SystemCall, source: str) -> Span:
    return Span(source, call.line, 1, call.line, 1)
