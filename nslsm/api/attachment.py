"""Controls in Python, attached to a namespace while a kernel runs: what links to BPF LSM programs are to Linux.

A program of type ``BPF_PROG_TYPE_LSM`` is attached to a hook by a link, and goes when its last link does
(``kernel/bpf/bpf_lsm.c``, ``kernel/bpf/trampoline.c`` of Linux 6.12). Here a control is attached to all the hooks that it
handles, in one namespace, and judges the tasks of it and of those below. Attaching, replacing and detaching each happen between
two events: every event is judged by all of the old or by all of the new.

As in Linux, one denial denies. Not as in Linux: there, programs of one hook run in the order in which they were attached and
the first that denies ends it, so that later ones do not see the event; here everybody is asked, and sees. Programs that only
trace, and the limit of 38 programs for each hook, are not modelled.
"""

from dataclasses import replace
from types import TracebackType
from typing import Self

from nslsm.api.binding import Bindable, bound
from nslsm.api.kept import kept
from nslsm.api.kernel import Kernel
from nslsm.controls.python import STATE
from nslsm.hooks.linux import Errno
from nslsm.protocol.namespace import Binding


class Attachment:
    """A control that is attached to a namespace, until it is detached or a ``with`` block ends.

    >>> import nslsm
    >>> class Quiet(nslsm.Control):
    ...     handles = {"socket_connect"}
    ...     def judge(self, request, state):
    ...         return False
    >>> kernel = nslsm.Kernel()
    >>> task = kernel.spawn()
    >>> with Attachment(kernel, "root", Quiet()):
    ...     print(bool(task.connect("192.0.2.1", 443)))
    False
    >>> bool(task.connect("192.0.2.1", 443))
    True
    """

    def __init__(self, kernel: Kernel, namespace: str, control: Bindable, *, name: str = "") -> None:
        """Attach it, under ``name`` or its own.

        OSError with the errno where that cannot be, and nothing has changed: EEXIST where the name is taken, EPERM where the
        namespace is sealed or a lock above does not name the control. TypeError for what is not one control.
        """
        self._kernel, self._namespace = kernel, namespace
        new = _one(control, name)
        if any(each.name == new.name for each in self._bindings):
            raise OSError(int(Errno.EEXIST), f"{namespace} binds something called {new.name} already")
        self.name = new.name
        self._exchange((*self._bindings, new))
        self._attached: Binding | None = new

    @property
    def attached(self) -> bool:
        """Whether it is attached still: somebody else may have exchanged the namespace's bindings."""
        return self._attached is not None and any(each.name == self.name for each in self._bindings)

    @property
    def state(self) -> object:
        """What the control keeps now; None where it has kept nothing yet."""
        return kept(self._kernel, self._namespace, self.name).get(STATE)

    def replace(self, control: Bindable) -> None:
        """Another control in its place, at once. It finds the state where it is of the same class, another version of it.

        OSError as for attaching; ENOENT where it is not attached any more. Then the old one stands.
        """
        self._require()
        new = _one(control, self.name)
        self._exchange(tuple(new if each.name == self.name else each for each in self._bindings))
        self._attached = new

    def detach(self) -> None:
        """It is asked nothing any more, and what it kept is forgotten. OSError: EPERM where the namespace is sealed."""
        self._require()
        self._exchange(tuple(each for each in self._bindings if each.name != self.name))
        self._attached = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.attached:
            self.detach()

    @property
    def _bindings(self) -> tuple[Binding, ...]:
        return self._kernel.namespace(self._namespace).bindings

    def _exchange(self, bindings: tuple[Binding, ...]) -> None:
        self._kernel.exchange(self._namespace, bindings)

    def _require(self) -> None:
        if not self.attached:
            raise OSError(int(Errno.ENOENT), f"{self.name} is not attached to {self._namespace}")


def _one(control: Bindable, name: str) -> Binding:
    found = bound(control)
    if len(found) != 1:
        raise TypeError(f"one control is attached at a time, not {len(found)}")
    return replace(found[0], name=name or found[0].name)
