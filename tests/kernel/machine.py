"""A kernel to drive in tests: runs system calls one after another, grants or denies by a predicate, looks at each request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from nslsm.controls.declare import empty_tree
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import PROFILES, Consequence
from nslsm.kernel.boot import booted, ordinary_credentials, with_file, with_process
from nslsm.kernel.context import Context, Detail
from nslsm.kernel.dispatch import begin
from nslsm.kernel.event import Outcome, Recorded
from nslsm.kernel.interning import CredentialTable
from nslsm.kernel.mapping import raised_by
from nslsm.kernel.operations import Clone, Operation
from nslsm.kernel.state import State
from nslsm.kernel.world import World
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, Task
from tests.kernel.conformity import conforms


class Ran(NamedTuple):
    """What came of one system call."""

    requests: tuple[Request, ...]
    outcome: Outcome | None
    """None where a fatal denial ended it."""

    @property
    def hooks(self) -> list[str]:
        return [request.hook.name for request in self.requests]

    @property
    def errno(self) -> Errno | None:
        return None if self.outcome is None else self.outcome.errno

    @property
    def result(self) -> int:
        assert self.outcome is not None
        return self.outcome.result

    def the(self, hook: str, place: int = 0) -> Request:
        return [request for request in self.requests if request.hook.name == hook][place]


def all_granted(request: Request) -> bool:
    del request
    return True


@dataclass
class Machine:
    """A kernel's state and what is done to it. ``profile`` is the newest unless a test says otherwise."""

    world: World = World.CLOSED
    tree: NamespaceTree = field(default_factory=empty_tree)
    profile: str = PROFILES[-1]
    state: State = None  # type: ignore[assignment]
    interned: CredentialTable = field(default_factory=CredentialTable)

    def __post_init__(self) -> None:
        self.state = booted(self.tree, self.world, init=self.world is not World.RECORDED)

    def process(self, uid: int = 0, credentials: Credentials | None = None, **rest: object) -> int:
        held = ordinary_credentials(uid) if credentials is None else credentials
        self.state, pid = with_process(self.state, held, **rest)  # type: ignore[arg-type]
        return pid

    def file(self, path: str, **facts: object) -> None:
        self.state = with_file(self.state, path, **facts)  # type: ignore[arg-type]

    def task(self, pid: int) -> Task:
        return self.state.tasks[pid]

    def run(
        self,
        pid: int,
        operation: Operation,
        recorded: Recorded | None = None,
        *,
        grant: Callable[[Request], bool] = all_granted,
        detail: Detail = Detail.DECISIONS,
    ) -> Ran:
        """Run a call; its state is taken unless it was denied or refused (in a replay whatever was answered)."""
        context = Context(self.state, pid, self.profile, recorded, self.interned, detail)
        ran = drive(context, operation, grant)
        if ran.outcome is not None and ran.outcome.errno is None:
            self.state = ran.outcome.state
            if ran.outcome.notify is not None:
                told = tuple(ran.outcome.notify(self.state))
                for request in told:
                    conforms(request)
                ran = ran._replace(requests=(*ran.requests, *told))
        return ran

    def fork(self, pid: int, *flags: str) -> int:
        return self.run(pid, Clone(frozenset(flags))).result


def drive(context: Context, operation: Operation, grant: Callable[[Request], bool]) -> Ran:
    """Answer a call's requests until it is done, or a fatal one is denied; each must be one that the mapping names."""
    steps = begin(context, operation)
    requests: list[Request] = []
    every = context.detail is Detail.EVERY
    mapped = {raised.hook for raised in raised_by(type(operation)).raises if every or not raised.routine}
    if context.searches:
        mapped.add("inode_permission")
    try:
        request = next(steps)
        while True:
            conforms(request)
            assert request.hook.name in mapped, (type(operation).__name__, request.hook.name)
            requests.append(request)
            granted = grant(request)
            if not granted and request.consequence is Consequence.FATAL:
                steps.close()
                return Ran(tuple(requests), None)
            request = steps.send(granted)
    except StopIteration as done:
        return Ran(tuple(requests), done.value)


def denying(*hooks: str) -> Callable[[Request], bool]:
    """Grants all but these hooks."""
    return lambda request: request.hook.name not in hooks


def without(*capabilities: str) -> Callable[[Request], bool]:
    """Grants all but these capabilities."""
    return lambda request: request.hook.name != "capable" or str(request.argument("cap").name) not in capabilities  # type: ignore[union-attr]
