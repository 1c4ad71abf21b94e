"""The event model of a namespace, read and led on by whoever orchestrates it: what TSEM's control plane is to a kernel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nslsm.api.kept import bound_as, kept, sequence
from nslsm.api.kernel import Kernel
from nslsm.controls.event_model import EventModel, Status
from nslsm.controls.event_model.coefficient import measurement, state, zeros
from nslsm.controls.event_model.control import FORENSIC, POINT, SEEN, UNTRUSTED


@dataclass(frozen=True)
class ModelOf:
    """The event model that a namespace of a kernel binds under a name. LookupError where it binds none.

    >>> kernel = Kernel()
    >>> task = kernel.spawn(exe="/usr/bin/a")
    >>> kernel.exchange("root", EventModel())
    >>> model = ModelOf(kernel, "root")
    >>> model.points
    ()
    >>> _ = task.open("/etc/hosts")
    >>> len(model.points) > 0, model.forensics
    (True, ())
    """

    kernel: Kernel
    namespace: str
    binding: str = "event_model"

    def __post_init__(self) -> None:
        bound_as(self.kernel, self.namespace, self.binding, EventModel)

    @property
    def control(self) -> EventModel:
        """The control, as it is bound now."""
        return bound_as(self.kernel, self.namespace, self.binding, EventModel)

    @property
    def measurement(self) -> str:
        """The extension of points and forensics in the order in which they were first seen, in hexadecimal.

        What nobody knows, after an event whose verdict was indeterminate, counts as zeros: no sum fits any more.
        """
        control = self.control
        return measurement(control.algorithm, control.base, map(bytes.fromhex, self._seen())).hex()

    @property
    def state(self) -> str:
        """The same in the order of their values: however a workload was scheduled, it is one state.

        What is forensics is no point of the model, and changes its state.
        """
        control = self.control
        coefficients = {bytes.fromhex(each) for each in (*control.points, *self._seen())}
        return state(control.algorithm, control.base, coefficients).hex()

    @property
    def points(self) -> tuple[str, ...]:
        """The coefficients of the trajectory, in the order in which they were first seen."""
        return self._found(POINT)

    @property
    def forensics(self) -> tuple[str, ...]:
        """The coefficients of what is not part of the model, and happened or was tried after it was sealed."""
        return self._found(FORENSIC)

    @property
    def untrusted(self) -> tuple[int, ...]:
        """The processes that did that, and their children from then on."""
        cells = self.kernel.state.cells
        home = self.kernel.namespace(self.namespace).id
        return tuple(
            sorted(
                int(thing.name)
                for thing, of_thing in cells.items()
                for key, value in of_thing.items()
                if (key.namespace, key.binding, key.attribute) == (home, self.binding, UNTRUSTED) and value is True
            )
        )

    def seal(self) -> None:
        """From now on nothing new becomes part of the model."""
        self._become(Status.SEALED)

    def enforce(self) -> None:
        """From now on, what is not part of it is refused."""
        self._become(Status.ENFORCING)

    def _become(self, status: Status) -> None:
        """OSError with EPERM where the namespace is sealed: then its bindings never change again (Model M5.2)."""
        further = self.control.become(status)
        bindings = self.kernel.namespace(self.namespace).bindings
        self.kernel.exchange(
            self.namespace,
            [replace(each, control=further) if each.name == self.binding else each for each in bindings],
        )

    def _seen(self) -> Iterator[str]:
        for each in sequence(self.kernel, self.namespace, self.binding, SEEN):
            yield from each.split(",") if isinstance(each, str) else (zeros(self.control.algorithm).hex(),)

    def _found(self, kind: str) -> tuple[str, ...]:
        found = kept(self.kernel, self.namespace, self.binding)
        return tuple(dict.fromkeys(each for each in self._seen() if found.get(kind + each) is True))
