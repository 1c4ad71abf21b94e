"""Modules in Python: controls that keep attributes on tasks and files as those of the language do.

What derives from :class:`nslsm.controls.python.Control` keeps one value for its namespace. A module needs more: marks on tasks
that children inherit, what it knows of a file. It speaks the engine's own protocol, and its cells obey the same rules.
"""

from abc import ABC, abstractmethod
from hashlib import sha256
from typing import ClassVar

from nslsm.controls.constant import canonical, require_constant
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation
from nslsm.protocol.request import Request
from nslsm.protocol.view import UNSET, View


def length(view: View, sequence: str) -> int:
    """How many elements a sequence of the namespace's has: attributes whose name is followed by 0, 1, 2, …

    One attribute for each element: what an indeterminate event may have added becomes unknown, and nothing else (Model M3.4).
    """

    def has(place: int) -> bool:
        return view.cell(f"{sequence}{place}", view.namespace.identity) is not UNSET

    beyond = 1
    while has(beyond - 1):
        beyond *= 2
    least, most = beyond // 2, beyond - 1
    while least < most:
        middle = (least + most) // 2
        least, most = (middle + 1, most) if has(middle) else (least, middle)
    return least


class Module(ABC):
    """A control in Python with attributes. What it is made with is on ``self``, constant, and part of its digest.

    Where a binding of the same name gets another of the same class in its place, all attributes stay (Model M5.7).
    """

    name: ClassVar[str]
    """Its qualified name."""
    version: ClassVar[str] = "1"
    """Part of its digest: raise it where its answers change (Model M6.1)."""

    @property
    def origin(self) -> str:
        """The digest of the module without its arguments: what a lock names (Model M5.3)."""
        return _digest(self.name, self.version)

    @property
    def digest(self) -> str:
        """The digest of all that its answers depend on (Model M6.1)."""
        return _digest(self.name, self.version, canonical(self.arguments))

    @property
    def arguments(self) -> tuple[tuple[str, object], ...]:
        """What it was made with."""
        return tuple(sorted(vars(self).items()))

    def _settle(self, **arguments: object) -> None:
        """Keep the arguments; TypeError for one that could be changed in place."""
        for name, value in arguments.items():
            require_constant(value, f"{self.name}.{name}")
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        """AttributeError: a module remembers in attributes of things, not on itself."""
        raise AttributeError(f"{self.name} keeps nothing on itself: `{name}`, {value!r:.40}")

    def __eq__(self, other: object) -> bool:
        """Equal where every answer must be."""
        return isinstance(other, Module) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r:.40}' for name, value in self.arguments)})"

    @abstractmethod
    def handles(self, hook: str) -> bool:
        """Whether it is asked about this hook."""

    def judge(self, request: Request, view: View) -> Answer:
        """Where it stands on a request from within: nowhere."""
        del request, view
        return ABSTAIN

    def judge_inbound(self, request: Request, view: View) -> Answer:
        """Where it stands on a request from outside: nowhere."""
        del request, view
        return ABSTAIN

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """What attributes are to become: nothing else."""
        del request, view, denied
        return ()

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """What it has to say: nothing."""
        del request, view
        return ()

    def observe_inbound(self, request: Request, view: View) -> tuple[Observation, ...]:
        """What it has to say of a request from outside: nothing."""
        del request, view
        return ()


def _digest(*parts: str) -> str:
    return sha256("\0".join(("nslsm.module.1", *parts)).encode(errors="surrogatepass")).hexdigest()
