"""What befalls tasks between their calls: signals, stops, their end."""

from nslsm.hooks.linux import Signal
from nslsm.importers.traces.strace.atoms import MalformedError
from nslsm.importers.traces.strace.lines import END, SIGNAL
from nslsm.importers.traces.strace.values import ValueReader
from nslsm.kernel.call import Exited, Killed, SignalDelivered, Stopped, Struct, Superseded


def signal_event(values: ValueReader, text: str, task: int, line: int, time: float | None) -> SignalDelivered | Stopped:
    """The event of a line ``--- text ---``."""
    match = SIGNAL.fullmatch(text)
    if match is None:
        raise MalformedError(0, "a signal")
    if match["stopped"] is not None:
        name = match["stopped"]
        return Stopped(task, _signal(name), name, line, time)
    name = match["name"]
    info = values.value(match["info"]) if match["info"].startswith("{") else None
    return SignalDelivered(task, _signal(name), name, line, time, info if isinstance(info, Struct) else None)


def end_event(text: str, task: int, line: int, time: float | None) -> Exited | Killed | Superseded:
    """The event of a line ``+++ text +++``."""
    match = END.fullmatch(text)
    if match is None:
        raise MalformedError(0, "how the task ended")
    if match["by"] is not None:
        return Superseded(task, int(match["by"]), line, time)
    if match["status"] is not None:
        return Exited(task, int(match["status"]), line, time)
    name = match["killed"]
    return Killed(task, _signal(name), name, match["core"] is not None, line, time)


def _signal(name: str) -> Signal | None:
    """The signal called ``name``, or with that number (``-X raw``)."""
    if name.isdigit():
        return Signal(int(name)) if 0 < int(name) <= max(Signal) else None
    return Signal.__members__.get(name)
