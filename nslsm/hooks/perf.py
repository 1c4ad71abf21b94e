"""Measuring programs and the kernel, perf_event_open(2)."""

from functools import partial
from typing import Final

from nslsm.hooks.commands import MEASURED
from nslsm.hooks.entry import Telling
from nslsm.hooks.kinds import OTHER
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import Fact

_CONFIG: Final = "CONFIG_PERF_EVENTS"
_asks: Final = partial(Hook, config=_CONFIG, default_errno=Errno.EPERM)
_measures: Final = partial(_asks, object=OTHER, object_is="the measurement")

FAMILY: Final = Family.of(
    "perf",
    "Measuring programs and the kernel, perf_event_open(2).",
    _asks(
        "perf_event_open",
        doc="A measurement of processors, the kernel or programs is about to be opened.",
        prototype="int perf_event_open(int type)",
        earlier=(("6.12", "int perf_event_open(struct perf_event_attr *attr, int type)"),),
        facts=(Fact("reaches", MEASURED, "what it would reach; `open` is asked of each, before anything else"),),
        repeats="once for the call, and once for each thing that the measurement reaches",
    ),
    _measures(
        "perf_event_alloc",
        doc="The kernel is about to make what it keeps about a measurement; a denial fails its opening.",
        prototype="int perf_event_alloc(struct perf_event *event)",
    ),
    Telling(
        "perf_event_free",
        doc="What modules kept about a measurement is being freed.",
        prototype="void perf_event_free(struct perf_event *event)",
        object=OTHER,
        config=_CONFIG,
        until="6.1",
    ),
    _measures(
        "perf_event_read",
        doc="A measurement is about to be read.",
        prototype="int perf_event_read(struct perf_event *event)",
    ),
    _measures(
        "perf_event_write",
        doc="A measurement is about to be started, stopped or changed.",
        prototype="int perf_event_write(struct perf_event *event)",
    ),
)
