"""A hook request: who is about to do what to which object (Model M1, Hook and Event)."""

from typing import NamedTuple

from nslsm.hooks.model import Consequence, Hook
from nslsm.hooks.types import Unknown
from nslsm.protocol.things import Object, Task, Value


class Request(NamedTuple):
    """One question of the kernel to the controls: positional and typed by its hook.

    ``arguments`` has one value for each of ``hook.facts``, in that order, each of that fact's type or UNKNOWN.
    ``object`` is of ``hook.object``'s kind, None where the hook has none, UNKNOWN where the trace does not say which.
    """

    hook: Hook
    subject: Task
    object: Object | Unknown | None
    arguments: tuple[Value | Unknown, ...] = ()
    consequence: Consequence = Consequence.FATAL

    def argument(self, name: str) -> Value | Unknown:
        """The value of the hook's fact ``name``; KeyError where the hook lacks it."""
        return self.arguments[self.hook.index(name)]
