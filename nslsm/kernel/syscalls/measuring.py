"""perf_event_open(2), after kernel/events/core.c: what a measurement would reach is asked about bit by bit."""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.anonymous import anonymous_file, either, installed
from nslsm.kernel.context import Asking, Context
from nslsm.kernel.event import Steps
from nslsm.kernel.operations.bpf import OpenMeasurement
from nslsm.kernel.process import Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.syscalls.handler import handles
from nslsm.kernel.syscalls.inspection import inspect
from nslsm.kernel.syscalls.processes import target

_READ: Final = frozenset({"read", "realcreds"})


def _needs(context: Context) -> Asking[None]:
    """CAP_PERFMON, or EACCES: ``kernel.perf_event_paranoid`` is taken to be 2 or more, as it is unless somebody changes it."""
    has = yield from either(context, Capability.CAP_PERFMON)
    if has is not True:
        unknown = frozenset({"subject.effective"}) if isinstance(has, Unknown) else frozenset[str]()
        raise Refused(Errno.EACCES, "only CAP_PERFMON measures this", unknown)


def _first(context: Context) -> Asking[None]:
    """Debian's 6.1 lets nobody else measure at all (``perf_paranoid_any``), and asks that first."""
    if not context.since("6.12"):
        yield from _needs(context)
        context.stops(Errno.EACCES)


def open_measurement(context: Context, operation: OpenMeasurement) -> Steps:
    """``sys_perf_event_open``: ``perf_event_open`` for each thing that is reached; ``perf_event_alloc``."""
    context.stops(Errno.EFAULT, Errno.E2BIG)
    yield from _first(context)
    yield context.request("perf_event_open", reaches="open")
    context.stops(Errno.EINVAL)
    if operation.kernel is not False:
        yield from _needs(context)
        context.stops(Errno.EACCES)
        yield context.request("perf_event_open", reaches="kernel")
    if operation.namespaces:
        yield from _needs(context)
    task = target(context, operation.pid) if operation.pid >= 0 else None
    if operation.type == "tracepoint" and operation.raw:
        if operation.pid < 0:
            yield from _needs(context)
        yield context.request("perf_event_open", reaches="tracepoint")
    context.stops(Errno.ENOENT, Errno.ENODEV, Errno.EOPNOTSUPP, Errno.ESRCH)
    yield context.request("perf_event_alloc", UNKNOWN)
    if operation.pid < 0:
        yield from _needs(context)
        yield context.request("perf_event_open", reaches="cpu")
    yield from anonymous_file(context)
    if operation.pid >= 0:
        has = yield from either(context, Capability.CAP_PERFMON)
        if has is not True:
            yield from inspect(context, task, operation.pid, _READ, Errno.EACCES)
    return installed(context, Special("perf_event"), close_on_exec=operation.close_on_exec)


HANDLERS: Final = (handles(OpenMeasurement, open_measurement),)
