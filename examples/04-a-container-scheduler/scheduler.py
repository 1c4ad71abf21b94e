"""A scheduler of containers: tenants, their pods and containers in one kernel, each bound by all that is above it."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nslsm

POLICY = Path(__file__).parent / "containers.nslsm"
USERS = 10_000
"""How many users a tenant has."""
KINDS = ("web", "batch")
"""The policies that a tenant picks from for a pod."""


class ConnectionQuota(nslsm.Control):
    """A tenant makes so many connections to other hosts, and no more: something to count, which its state is for."""

    handles = frozenset({"socket_connect"})
    initial = 0

    def __init__(self, most: int) -> None:
        self.most = most

    def judge(self, request: nslsm.Request, state: object) -> object:
        """Too many are denied."""
        assert isinstance(state, int)
        if request.argument("family") == "unix" or state < self.most:
            return None
        return nslsm.Answer(
            nslsm.Stance.DENY, "quota", nslsm.Errno.EDQUOT, f"{self.most} connections are all there are"
        )

    def commit(self, request: nslsm.Request, state: object) -> object:
        """One that was granted counts."""
        assert isinstance(state, int)
        return state if request.argument("family") == "unix" else state + 1


@dataclass(frozen=True)
class Container:
    """A program to be run, from an image below the tenant's folder."""

    name: str
    program: str


@dataclass(frozen=True)
class Pod:
    """Containers that share a policy, which the tenant picks by its name: ``web`` or ``batch``."""

    name: str
    kind: str
    containers: tuple[Container, ...]


@dataclass
class Tenant:
    """Somebody who runs pods here: a folder, a range of users, and a handle that keeps the namespace."""

    name: str
    first_user: int
    connections: int
    handle: int = -1
    granted: int = 0
    denials: Counter[str] = field(default_factory=Counter)

    @property
    def root(self) -> str:
        """Where its files are."""
        return f"/srv/{self.name}"


@dataclass(frozen=True)
class Running:
    """A pod that was started: its keeper, and the first process of each container."""

    pod: Pod
    keeper: nslsm.Task
    containers: dict[str, nslsm.Task]


class Refused(Exception):
    """A pod or tenant was not let in; ``decision`` says by whom."""

    def __init__(self, decision: nslsm.Decision) -> None:
        super().__init__(repr(decision))
        self.decision = decision


def required(decision: nslsm.Decision) -> nslsm.Decision:
    """The decision, if it is a yes."""
    if not decision:
        raise Refused(decision)
    return decision


class Scheduler:
    """The machine's owner: lets tenants in, starts their pods, and looks on."""

    def __init__(self, policy: nslsm.LoadedPolicy) -> None:
        self.policy = policy
        self.kernel = nslsm.Kernel(policy["host"])
        self.tenants: dict[str, Tenant] = {}
        self.running: dict[str, Running] = {}
        self._planning = False
        self.for_pods: list[nslsm.Bindable] = [policy[kind] for kind in KINDS]
        self.for_pods += [policy["walled"], policy["one_program"](programs=())]
        some_tenant = Tenant("any", 0, 0)
        required(self.kernel.init.lsm_lock("host", [*self.for_pods, *self._rules(some_tenant)]))
        self.kernel.on_decision(self._hear)

    # Tenants

    def admit(self, name: str, *, connections: int, pods: int = 4) -> Tenant:
        """A tenant gets a namespace, users and a folder, or nothing. Its limits are carved from the host's."""
        tenant = Tenant(name, USERS * (10 + len(self.tenants)), connections)
        keeper = self.kernel.init.fork(uid=tenant.first_user, no_new_privs=True)
        limits = nslsm.Limits(depth=2, namespaces=4 * pods, bindings=8 + 16 * pods)
        try:
            required(keeper.lsm_unshare(name, self._rules(tenant), limits=limits))
            tenant.handle = required(self.kernel.init.lsm_open(f"host.{name}")).result
        finally:
            keeper.exit()  # from now on the handle keeps the namespace
        required(self.kernel.init.lsm_lock(f"host.{name}", self.for_pods))
        self.kernel.file(tenant.root, type="directory", mode=0o755, owner=tenant.first_user, group=tenant.first_user)
        self.tenants[name] = tenant
        return tenant

    def _rules(self, tenant: Tenant) -> list[nslsm.Bindable]:
        first, root = tenant.first_user, tenant.root
        return [
            self.policy["apart"],
            self.policy["own_files"](root=root),
            self.policy["own_users"](first=first, last=first + USERS - 1),
            self.policy["quiet_secrets"](store=f"{root}/secrets"),
            ConnectionQuota(tenant.connections),
        ]

    def sell(self, name: str, connections: int) -> None:
        """A tenant gets another quota, between two events. What was counted goes on being counted."""
        tenant = self.tenants[name]
        tenant.connections = connections
        self.kernel.exchange(f"host.{name}", self._rules(tenant))

    # Pods

    def start(self, name: str, pod: Pod) -> Running:
        """All containers of a pod run, or none. Raises Refused, which says who objected; ValueError for another kind."""
        if pod.kind not in KINDS:
            raise ValueError(f"a pod is of one of these kinds: {', '.join(KINDS)}")
        tenant = self.tenants[name]
        keeper = self.kernel.init.fork(uid=tenant.first_user, no_new_privs=True)
        started: dict[str, nslsm.Task] = {}
        try:
            required(keeper.lsm_enter(fd=tenant.handle))
            required(
                keeper.lsm_unshare(
                    pod.name,
                    self.policy[pod.kind],
                    sealed=True,
                    limits=nslsm.Limits(depth=1, namespaces=len(pod.containers), bindings=16),
                )
            )
            for container in pod.containers:
                started[container.name] = self._contain(keeper, container)
        except Refused:
            self._end(keeper, started.values())
            raise
        running = Running(pod, keeper, started)
        self.running[f"{name}/{pod.name}"] = running
        return running

    def _contain(self, keeper: nslsm.Task, container: Container) -> nslsm.Task:
        task = keeper.fork()
        walls = [self.policy["walled"], self.policy["one_program"](programs={container.program})]
        nothing = nslsm.Limits(depth=0, namespaces=0, bindings=len(walls))
        try:
            required(task.lsm_unshare(container.name, walls, sealed=True, limits=nothing))
            required(task.execve(container.program))
        except Refused:
            task.exit()
            raise
        return task

    def stop(self, name: str, pod: str) -> None:
        """A pod's processes end, and with the last its namespaces."""
        running = self.running.pop(f"{name}/{pod}")
        self._end(running.keeper, running.containers.values())

    def _end(self, keeper: nslsm.Task, containers: Iterable[nslsm.Task]) -> None:
        for task in (*containers, keeper):
            if task.alive:
                self.kernel.init.kill(task, nslsm.Signal.SIGKILL)

    def would_start(self, name: str, pod: Pod) -> nslsm.Decision | None:
        """What would stand in a pod's way: it is started in a branch of the kernel's history that is given up again."""
        here = self.kernel.snapshot()
        self._planning = True
        try:
            self.start(name, pod)
        except Refused as refused:
            return refused.decision
        finally:
            self._planning = False
            self.running.pop(f"{name}/{pod.name}", None)
            self.kernel.restore(here)
        return None

    # Looking on

    def _hear(self, decision: nslsm.Decision) -> None:
        """Each decision is counted for the tenant in whose namespace, or below, it was made."""
        _, _, inside = decision.namespace.path.partition(".")
        tenant = self.tenants.get(inside.partition(".")[0])
        if tenant is None or self._planning:
            return
        tenant.granted += decision.granted
        if not decision:
            tenant.denials[str(decision.blame)] += 1


SHOP = Pod("shop", "web", (Container("front", "/srv/acme/images/nginx"), Container("books", "/srv/acme/images/books")))
JOBS = Pod("jobs", "batch", (Container("sum", "/srv/beta/images/sum"),))
THEFT = Pod("theft", "batch", (Container("sum", "/srv/acme/images/books"),))


async def tell(decisions: nslsm.Decisions) -> None:
    """Denials, as they come."""
    async for decision in decisions:
        if decision.errno is not None:
            print(f"    {decision.errno.name} by {decision.blame}")


async def day(scheduler: Scheduler) -> None:
    """What happens on a day of two tenants; after each step whoever looks on has time to."""

    async def step(words: str, *decisions: nslsm.Decision) -> None:
        granted = sum(decision.granted for decision in decisions)
        print(f"{words}: {granted} of {len(decisions)} granted")
        await asyncio.sleep(0)

    scheduler.admit("acme", connections=3)
    scheduler.admit("beta", connections=100)
    shop, jobs = scheduler.start("acme", SHOP), scheduler.start("beta", JOBS)
    front, work = shop.containers["front"], jobs.containers["sum"]
    kernel = scheduler.kernel
    print("namespaces:", ", ".join(namespace.path for namespace in kernel.namespaces))

    kernel.file("/srv/acme/page", owner=front.credentials.fsuid, mode=0o644)
    kernel.file("/srv/acme/secrets/key", owner=front.credentials.fsuid, mode=0o600)
    await step("acme serves a page", front.open("/srv/acme/page"), front.connect("10.0.0.9", 443))
    await step("acme sends its key away", front.open("/srv/acme/secrets/key"), front.connect("192.0.2.9", 443))
    await step("acme has three connections", *(front.connect("10.0.0.9", 443) for _ in range(3)))
    scheduler.sell("acme", connections=5)
    await step("acme has paid for five", *(front.connect("10.0.0.9", 443) for _ in range(3)))
    await step(
        "beta looks at its neighbour",
        work.open("/srv/acme/page"),
        work.kill(front),
        work.execve("/srv/acme/images/books"),
    )
    await step("beta wants more namespaces", work.lsm_unshare("more"), work.lsm_enter("host.acme"))

    objection = scheduler.would_start("beta", THEFT)
    print("beta's next pod would", "start" if objection is None else "not start")
    await asyncio.sleep(0)
    scheduler.stop("beta", "jobs")
    print("namespaces:", ", ".join(namespace.path for namespace in kernel.namespaces))
    for tenant in scheduler.tenants.values():
        print(f"{tenant.name}: {tenant.granted} granted, {tenant.denials.total()} denied")


async def main() -> None:
    """A day, and somebody who looks on."""
    scheduler = Scheduler(nslsm.load_policy(POLICY))
    async with scheduler.kernel.decisions(size=64) as decisions:
        looking = asyncio.create_task(tell(decisions))
        await day(scheduler)
    await looking


if __name__ == "__main__":
    asyncio.run(main())
