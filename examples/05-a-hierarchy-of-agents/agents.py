"""An orchestrator of agents: each may what it was granted, and no more than whoever made it, whatever it was granted."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import nslsm

POLICY = Path(__file__).parent / "agents.nslsm"
ANN: Final = 501
"""A human's user, of those who may say that an agent is fine."""


class Budget(nslsm.Control):
    """What an agent and all below it may spend: a run of a tool has a price, and so has a connection."""

    handles = frozenset({"bprm_check_security", "socket_connect"})
    initial = 0

    def __init__(self, units: int, run: int = 10, connection: int = 1) -> None:
        self.units = units
        self.run = run
        self.connection = connection

    def _price(self, request: nslsm.Request) -> int:
        return self.run if request.hook.name == "bprm_check_security" else self.connection

    def judge(self, request: nslsm.Request, state: object) -> object:
        """Who cannot pay is denied."""
        assert isinstance(state, int)
        left, price = self.units - state, self._price(request)
        if price <= left:
            return None
        return nslsm.Answer(nslsm.Stance.DENY, "budget", nslsm.Errno.EDQUOT, f"it costs {price}, and {left} are left")

    def commit(self, request: nslsm.Request, state: object) -> object:
        """Who was not denied has paid."""
        assert isinstance(state, int)
        return state + self._price(request)

    def observe(self, request: nslsm.Request, state: object) -> tuple[str, ...]:
        """That little is left is on record, whatever comes of it."""
        assert isinstance(state, int)
        left = self.units - state - self._price(request)
        return (f"{left} of {self.units} are left",) if 0 <= left < self.units // 4 else ()


class Approvals(nslsm.Control):
    """What was said of a process, that it may be trusted again, holds once. Who may say so, `untrusted` knows."""

    handles = frozenset({"user_access"})
    initial = frozenset[str]()

    def judge(self, request: nslsm.Request, state: object) -> object:
        """What was approved is cleared; anything else is somebody's mistake, or worse."""
        assert isinstance(state, frozenset)
        match request.argument("class"), request.argument("permission"):
            case "approval", _:
                return None
            case "taint", "clear" if str(request.subject.tgid) in state:
                return None
        return False

    def commit(self, request: nslsm.Request, state: object) -> object:
        """An approval is kept until it is used."""
        assert isinstance(state, frozenset)
        if request.argument("class") == "approval":
            return state | {request.argument("permission")}
        return state - {str(request.subject.tgid)}


@dataclass(frozen=True)
class Grant:
    """What somebody wants an agent to be able to do. It is a wish: whoever grants more than it has grants what it has."""

    hosts: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    agents: int = 0
    budget: int = 0


@dataclass
class Agent:
    """An agent: its process, and what it was told no to."""

    name: str
    task: nslsm.Task
    grant: Grant
    refusals: Counter[str] = field(default_factory=Counter)


class NotStarted(Exception):
    """An agent was not started; ``decision`` says why."""

    def __init__(self, decision: nslsm.Decision) -> None:
        super().__init__(repr(decision))
        self.decision = decision


class Orchestrator:
    """Starts agents, runs their tools, asks humans; and keeps a journal of what was refused to whom."""

    def __init__(self, policy: nslsm.LoadedPolicy, budget: int) -> None:
        self.policy = policy
        self.kernel = nslsm.Kernel(policy["orchestrator"])
        self.agents: dict[str, Agent] = {}
        self.journal: list[str] = []
        self._tools = 0
        house: list[nslsm.Bindable] = [Budget(budget), Approvals()]
        self._require(self.kernel.init.lsm_bind("orchestrator", house))
        self._require(self.kernel.init.lsm_lock("orchestrator", self._rules(Grant())))
        self._require(self.kernel.init.lsm_seal("orchestrator"))
        self.desk = self.kernel.init.fork(uid=1000, no_new_privs=True)
        self.kernel.on_decision(self._note)

    # Agents

    def start(self, name: str, grant: Grant, by: Agent | None = None) -> Agent:
        """A new agent, made by the orchestrator or by another agent; NotStarted where somebody objects.

        Nothing here compares the grant with its maker's. The new namespace is below the maker's, and that is all it takes.
        """
        task = (self.desk if by is None else by.task).fork()
        made = task.lsm_unshare(name, self._rules(grant))
        if not made:
            task.exit()
            raise NotStarted(made)
        agent = Agent(name, task, grant)
        self.agents[task.namespace.path] = agent
        return agent

    def _rules(self, grant: Grant) -> list[nslsm.Bindable]:
        return [
            self.policy["walled"],
            self.policy["reach"](hosts=grant.hosts),
            self.policy["folders"](reads=grant.reads, writes=grant.writes),
            self.policy["tools"](programs=grant.tools),
            self.policy["delegation"](agents=grant.agents),
            Budget(grant.budget),
        ]

    def run(self, agent: Agent, tool: str) -> nslsm.Decision:
        """A tool runs in a namespace of its own, which is sealed, has room for nothing, and ends with it."""
        self._tools += 1
        task = agent.task.fork()
        only = [self.policy["walled"], self.policy["tools"](programs={tool})]
        room = nslsm.Limits(depth=0, namespaces=0, bindings=len(only))
        made = task.lsm_unshare(f"tool-{self._tools}", only, sealed=True, limits=room)
        ran = task.execve(tool) if made else made
        task.exit()
        return ran

    # Humans

    def approve(self, human: nslsm.Task, agent: Agent) -> nslsm.Decision:
        """A human has looked at what the agent read, and says that it may go on. Who is asked, is the kernel's controls."""
        number = str(agent.task.pid)
        said = self.kernel.check("user_access", human, class_="approval", permission=number)
        return self.clear(agent) if said else said

    def clear(self, agent: Agent) -> nslsm.Decision:
        """The agent is no longer tainted, if a human has said so."""
        return self.kernel.check("user_access", agent.task, class_="taint", permission="clear")

    # Thinking ahead

    def what_if(self, *steps: Callable[[], nslsm.Decision]) -> list[nslsm.Decision]:
        """What would come of some steps: they are made, looked at, and never were."""
        here, written = self.kernel.snapshot(), len(self.journal)
        refused = {path: agent.refusals.copy() for path, agent in self.agents.items()}
        try:
            return [step() for step in steps]
        finally:
            self.kernel.restore(here)
            del self.journal[written:]
            self.agents = {path: agent for path, agent in self.agents.items() if path in refused}
            for path, agent in self.agents.items():
                agent.refusals = refused[path]

    # The journal

    def _note(self, decision: nslsm.Decision) -> None:
        where = decision.namespace.path
        self.journal += [f"{each.namespace.path}: {each.observation.because}" for each in decision.observed]
        if decision:
            return
        agent = next((self.agents[path] for path in _lineage(where) if path in self.agents), None)
        if agent is not None:
            agent.refusals[str(decision.blame)] += 1

    def _require(self, decision: nslsm.Decision) -> None:
        if not decision:
            raise NotStarted(decision)


def _lineage(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


WRITER = Grant(
    hosts=frozenset({"10.0.0.0/8", "198.51.100.0/24"}),
    reads=frozenset({"/srv/project", "/srv/notes"}),
    writes=frozenset({"/srv/notes", "/srv/project/src"}),
    tools=frozenset({"/usr/bin/gcc", "/usr/bin/curl"}),
    agents=8,
    budget=60,
)
EVERYTHING = Grant(
    hosts=frozenset({"0.0.0.0/0"}),
    reads=frozenset({"/"}),
    writes=frozenset({"/"}),
    tools=frozenset({"/usr/bin/gcc", "/usr/bin/curl", "/usr/bin/ssh"}),
    agents=1_000,
    budget=1_000_000,
)
COMPILER, WEB = "/usr/bin/gcc", "198.51.100.7"


def tell(words: str, decision: nslsm.Decision) -> None:
    """One line of the story."""
    why = "" if decision else f" ({decision.errno.name if decision.errno else '?'} by {decision.blame})"
    print(f"{words}: {'yes' if decision else 'no'}{why}")


def main() -> None:
    """A writer of programs asks a reader to look something up."""
    office = Orchestrator(nslsm.load_policy(POLICY), budget=100)
    kernel = office.kernel
    for folder in ("/srv/notes", "/srv/project/src"):
        kernel.file(folder, type="directory", owner=1000)
    ann = kernel.spawn(uid=ANN, exe="/usr/bin/console")
    writer = office.start("writer", WRITER)
    reader = office.start("reader", EVERYTHING, by=writer)

    tell("the writer compiles", office.run(writer, COMPILER))
    tell("the reader, who was granted everything, calls home", reader.task.connect("203.0.113.9", 443))
    tell("it runs a tool that its maker has not", office.run(reader, "/usr/bin/ssh"))
    tell("it reads a page on the web", reader.task.connect(WEB, 443))
    tell("it compiles now", office.run(reader, COMPILER))
    tell("it notes what it has read", reader.task.open("/srv/notes/page", "x"))
    plan = office.what_if(lambda: writer.task.open("/srv/notes/page"), lambda: office.run(writer, COMPILER))
    tell("the writer would still compile if it read that", plan[-1])
    tell("the writer reads it all the same", writer.task.open("/srv/notes/page"))
    tell("it compiles now", office.run(writer, COMPILER))
    tell("it says of itself that all is well", office.approve(writer.task, writer))
    tell("ann has looked at it and says so", office.approve(ann, writer))
    while compiled := office.run(writer, COMPILER):
        tell("the writer compiles", compiled)
    tell("the writer compiles", compiled)

    print("journal:", *office.journal, sep="\n    ")
    for agent in (writer, reader):
        print(f"{agent.name}: {agent.refusals.total()} refusals")


if __name__ == "__main__":
    main()
