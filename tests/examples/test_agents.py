"""The hierarchy of agents: what they may do, and every way out that they try."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import nslsm
from nslsm import Decision, Limits, Signal, Task
from tests.examples.programs import attempted, program, told

EXAMPLE = "05-a-hierarchy-of-agents"


class Office(NamedTuple):
    """A writer, which has made a reader that was granted everything, and a human."""

    example: ModuleType
    orchestrator: Any
    kernel: nslsm.Kernel
    writer: Any
    reader: Any
    ann: Task


@pytest.fixture
def office() -> Office:
    example = program(EXAMPLE, "agents")
    orchestrator = example.Orchestrator(nslsm.load_policy(example.POLICY), budget=1_000)
    kernel = orchestrator.kernel
    for folder in ("/srv/notes", "/srv/project/src", "/home/ann"):
        kernel.file(folder, type="directory", owner=1000)
    kernel.file("/srv/project/src/main.c", owner=1000)
    kernel.file("/home/ann/key", owner=1000)
    writer = orchestrator.start("writer", example.WRITER)
    reader = orchestrator.start("reader", example.EVERYTHING, by=writer)
    return Office(example, orchestrator, kernel, writer, reader, kernel.spawn(uid=501, exe="/usr/bin/console"))


WEB = "198.51.100.7"
NO_TOOLS = ("EACCES", "untrusted#no_tools in orchestrator")


def tainted(office: Office, task: Task) -> bool:
    """Whether it has lost its tools: it cannot run the one that it has."""
    here = office.kernel.snapshot()
    try:
        decision = task.execve(office.example.COMPILER)
        assert decision or told(decision) == NO_TOOLS
        return not decision
    finally:
        office.kernel.restore(here)


# What is allowed on purpose


def test_agents_do_what_they_were_made_for(office: Office) -> None:
    writer, orchestrator = office.writer, office.orchestrator

    assert writer.task.open("/srv/project/src/main.c", "r+")
    assert writer.task.connect("10.0.0.7", 443)
    assert orchestrator.run(writer, office.example.COMPILER)
    assert orchestrator.run(office.reader, office.example.COMPILER)
    assert office.reader.task.connect(WEB, 443)
    assert office.reader.task.open("/srv/notes/page", "x")
    assert office.ann.kill(writer.task) or office.kernel.init.kill(writer.task, Signal.SIGKILL)


def test_a_human_gives_an_agent_its_tools_back(office: Office) -> None:
    reader = office.reader
    assert reader.task.connect(WEB, 443)
    assert tainted(office, reader.task)

    assert office.orchestrator.approve(office.ann, reader)
    assert not tainted(office, reader.task)
    assert office.orchestrator.run(reader, office.example.COMPILER)


def test_an_agent_makes_agents_of_its_own_accord_and_they_are_below_it(office: Office) -> None:
    rules = office.orchestrator._rules(office.example.EVERYTHING)

    assert office.writer.task.lsm_set_self_attr("clone_newlsm", "helper", rules)
    child = office.writer.task.clone({"newlsm"})

    assert child.namespace.path == "orchestrator.writer.helper"
    assert told(child.open("/home/ann/key")) == ("EACCES", "folders#not_granted in orchestrator.writer")


# Grants

BEYOND: list[tuple[str, Callable[[Task], Decision], tuple[str, str]]] = [
    ("a host", lambda task: task.connect("203.0.113.9", 443), ("EHOSTUNREACH", "reach#elsewhere")),
    ("a server", lambda task: task.bind("0.0.0.0", 8080), ("EACCES", "reach#no_servers")),
    ("a file to read", lambda task: task.open("/home/ann/key"), ("EACCES", "folders#not_granted")),
    ("a file to write", lambda task: task.unlink("/home/ann/key"), ("EACCES", "folders#not_to_change")),
    ("a tool", lambda task: task.execve("/usr/bin/ssh"), ("EACCES", "tools#granted")),
]


@pytest.mark.parametrize(("attempt", "by"), [each[1:] for each in BEYOND], ids=[each[0] for each in BEYOND])
def test_who_grants_everything_grants_what_it_has(
    office: Office, attempt: Callable[[Task], Decision], by: tuple[str, str]
) -> None:
    errno, rule = by
    nearest = "orchestrator.writer.reader" if "servers" in rule else "orchestrator.writer"

    assert told(attempt(office.writer.task)) == (errno, f"{rule} in orchestrator.writer")
    assert told(attempt(office.reader.task)) == (errno, f"{rule} in {nearest}")


def test_what_an_agent_starts_counts_for_its_maker(office: Office) -> None:
    few = replace(office.example.WRITER, agents=2)
    maker = office.orchestrator.start("maker", few)
    helper = office.orchestrator.start("helper", office.example.EVERYTHING, by=maker)
    assert office.orchestrator.run(helper, office.example.COMPILER)

    refused = office.orchestrator.run(helper, office.example.COMPILER)

    assert told(refused) == ("EDQUOT", "delegation#no_more in orchestrator.maker")
    with pytest.raises(office.example.NotStarted) as error:
        office.orchestrator.start("another", few, by=maker)
    assert told(error.value.decision) == ("EDQUOT", "delegation#no_more in orchestrator.maker")
    assert not [each for each in office.kernel.namespaces if "another" in each.path]


def test_what_is_spent_below_is_spent(office: Office) -> None:
    budget = ("EDQUOT", "Budget#budget in orchestrator.maker")
    orchestrator, example = office.orchestrator, office.example
    maker = orchestrator.start("maker", replace(example.WRITER, agents=100))
    helper = orchestrator.start("helper", example.EVERYTHING, by=maker)
    for _ in range(5):
        assert orchestrator.run(helper, example.COMPILER)
    assert orchestrator.run(maker, example.COMPILER)

    assert told(orchestrator.run(helper, example.COMPILER)) == budget
    assert told(orchestrator.run(maker, example.COMPILER)) == budget
    assert told(maker.task.connect("10.0.0.7", 443)) == budget


def test_what_was_refused_has_cost_nothing(office: Office) -> None:
    for _ in range(100):
        assert not office.reader.task.connect("203.0.113.9", 443)
        assert not office.reader.task.execve("/usr/bin/ssh")

    for _ in range(6):
        assert office.orchestrator.run(office.writer, office.example.COMPILER)


def test_the_orchestrators_budget_is_everybodys() -> None:
    example = program(EXAMPLE, "agents")
    orchestrator = example.Orchestrator(nslsm.load_policy(example.POLICY), budget=25)
    one, other = (orchestrator.start(name, example.EVERYTHING) for name in ("one", "other"))
    assert orchestrator.run(one, example.COMPILER)
    assert orchestrator.run(other, example.COMPILER)

    for agent in (one, other):
        assert told(orchestrator.run(agent, example.COMPILER)) == ("EDQUOT", "Budget#budget in orchestrator")


def test_a_budget_that_breaks_buys_nothing(office: Office) -> None:
    broken = office.orchestrator.start("broken", replace(office.example.WRITER, budget="plenty"))

    decision = broken.task.connect("10.0.0.7", 443)

    assert told(decision) == ("EACCES", "Budget#fault in orchestrator.broken")
    assert office.writer.task.connect("10.0.0.7", 443)


# Namespaces


@pytest.mark.parametrize("where", ["orchestrator", "orchestrator.writer", "orchestrator.other"])
def test_nobody_enters_binds_seals_or_locks_above_or_beside(office: Office, where: str) -> None:
    office.orchestrator.start("other", office.example.WRITER)
    kernel, target = office.kernel, office.kernel.namespace(where)
    root = kernel.spawn("orchestrator.writer.reader", uid=0)
    refused = ("EPERM", "kernel")

    for task in (office.reader.task, root):
        assert attempted(kernel, lambda task=task: task.lsm_enter(target)) == refused
        assert attempted(kernel, lambda task=task: task.lsm_bind(target, ())) == refused
        assert attempted(kernel, lambda task=task: task.lsm_seal(target)) == refused
        assert attempted(kernel, lambda task=task: task.lsm_lock(target)) == refused


def test_an_agent_that_is_no_administrator_changes_not_even_its_own_namespace(office: Office) -> None:
    task, own = office.reader.task, office.reader.task.namespace

    assert attempted(office.kernel, lambda: task.lsm_bind(own, ())) == ("EPERM", "kernel")
    assert attempted(office.kernel, lambda: task.lsm_seal(own)) == ("EPERM", "kernel")
    assert attempted(office.kernel, lambda: task.lsm_lock(own)) == ("EPERM", "kernel")


def test_the_orchestrators_seal_and_lock_hold_for_the_orchestrator(office: Office) -> None:
    init, kernel = office.kernel.init, office.kernel
    yama = nslsm.load_policy("base.yama")["yama"]

    assert attempted(kernel, lambda: init.lsm_bind("orchestrator", yama)) == ("EPERM", "kernel")
    assert attempted(kernel, lambda: init.lsm_lock("orchestrator", yama)) == ("EPERM", "kernel")
    assert attempted(kernel, lambda: init.lsm_bind("orchestrator.writer", yama)) == ("EPERM", "kernel")
    with pytest.raises(PermissionError, match="sealed"):
        kernel.exchange("orchestrator", ())


def test_an_agent_brings_no_controls_of_its_own(office: Office) -> None:
    class Trust(nslsm.Control):
        handles = frozenset({"user_access"})

        def judge(self, request: nslsm.Request, state: object) -> object:  # noqa: ARG002
            return True

    kernel, task = office.kernel, office.writer.task

    assert attempted(kernel, lambda: task.lsm_unshare("mine", Trust())) == ("EPERM", "kernel")
    assert attempted(kernel, lambda: task.lsm_set_self_attr("clone_newlsm", "mine", Trust())) == ("EPERM", "kernel")
    assert attempted(kernel, lambda: task.lsm_unshare("mine", office.example.Approvals())) == ("EPERM", "kernel")


def test_agents_nest_as_deep_as_the_limit_says(office: Office) -> None:
    agent = office.orchestrator.start("a1", office.example.EVERYTHING)
    for number in range(2, 7):
        agent = office.orchestrator.start(f"a{number}", office.example.EVERYTHING, by=agent)

    with pytest.raises(office.example.NotStarted) as error:
        office.orchestrator.start("a7", office.example.EVERYTHING, by=agent)

    assert told(error.value.decision) == ("ENOSPC", "kernel")
    assert "`depth` of orchestrator" in error.value.decision.blame.reason


def test_there_are_as_many_agents_as_the_limit_says(office: Office) -> None:
    before = len(office.kernel.namespaces) - 1
    for number in range(200 - before):
        office.orchestrator.start(f"a{number}", office.example.Grant())

    with pytest.raises(office.example.NotStarted) as error:
        office.orchestrator.start("one-more", office.example.Grant())

    assert told(error.value.decision) == ("ENOSPC", "kernel")
    assert "`namespaces` of orchestrator" in error.value.decision.blame.reason


def test_a_handle_of_ones_maker_leads_nowhere(office: Office) -> None:
    handle = office.writer.task.lsm_open(office.writer.task.namespace).result
    child = office.writer.task.fork()
    assert child.lsm_unshare("child", office.orchestrator._rules(office.example.WRITER))

    assert attempted(office.kernel, lambda: child.lsm_enter(fd=handle)) == ("EPERM", "kernel")
    assert attempted(office.kernel, lambda: child.lsm_open("orchestrator.writer")) == ("ENOENT", "kernel")


def test_a_tool_is_sealed_and_alone(office: Office) -> None:
    kernel, rules = office.kernel, office.orchestrator.policy
    tool = office.writer.task.fork()
    only = rules["tools"](programs={office.example.COMPILER})
    room = Limits(depth=0, namespaces=0, bindings=1)
    assert tool.lsm_unshare("tool", only, sealed=True, limits=room)
    assert tool.execve(office.example.COMPILER)

    assert attempted(kernel, lambda: tool.lsm_unshare("deeper")) == ("ENOSPC", "kernel")
    assert attempted(kernel, lambda: tool.lsm_bind(tool.namespace, only)) == ("EPERM", "kernel")
    assert attempted(kernel, lambda: tool.execve("/usr/bin/curl")) == (
        "EACCES",
        "tools#granted in orchestrator.writer.tool",
    )
    administrator = kernel.spawn("orchestrator.writer.tool", uid=0)
    assert attempted(kernel, lambda: administrator.lsm_bind("orchestrator.writer.tool", only)) == ("EPERM", "kernel")


def test_a_run_of_a_tool_leaves_no_namespace(office: Office) -> None:
    before = [each.path for each in office.kernel.namespaces]

    assert office.orchestrator.run(office.writer, office.example.COMPILER)
    assert not office.orchestrator.run(office.writer, "/usr/bin/ssh")
    assert [each.path for each in office.kernel.namespaces] == before


# Neighbours


def test_agents_do_not_reach_into_their_makers_or_siblings(office: Office) -> None:
    office.orchestrator.start("other", office.example.WRITER)
    other = office.orchestrator.agents["orchestrator.other"].task
    where = "orchestrator.writer.reader"

    for task in (office.writer.task, other):
        assert attempted(office.kernel, lambda task=task: office.reader.task.kill(task)) == (
            "EPERM",
            f"walled#no_signals in {where}",
        )
        for reach in (Task.ptrace, Task.process_vm_readv, Task.process_vm_writev):
            assert told(reach(office.reader.task, task)) == ("EPERM", f"walled#no_tracing in {where}")


def test_a_guest_that_is_bound_by_nothing_does_not_look_into_an_agent(office: Office) -> None:
    guest = office.kernel.init.fork()
    assert guest.lsm_unshare("guest")

    assert attempted(office.kernel, lambda: guest.ptrace(office.reader.task)) == (
        "EPERM",
        "walled#no_visitors in orchestrator.writer.reader",
    )


# Strangers' words


def taint(office: Office) -> Task:
    """The reader's task, which has just read the web."""
    assert office.reader.task.connect(WEB, 443)
    assert tainted(office, office.reader.task)
    return office.reader.task  # type: ignore[no-any-return]


def test_no_child_thread_or_program_forgets(office: Office) -> None:
    task = office.reader.task
    sibling = task.fork()
    assert task.thread().connect(WEB, 443)

    assert tainted(office, task)
    assert tainted(office, task.fork())
    assert tainted(office, task.clone({"vm"}))
    assert not tainted(office, sibling)


def test_a_tainted_agent_makes_no_agents_in_any_way(office: Office) -> None:
    task, refused = taint(office), ("EPERM", "untrusted#no_agents in orchestrator")
    rules = office.orchestrator._rules(office.example.EVERYTHING)
    assert task.lsm_set_self_attr("clone_newlsm", "fresh", rules)
    assert task.lsm_set_self_attr("unshare_newlsm", "fresh", rules)

    assert attempted(office.kernel, lambda: task.lsm_unshare("fresh", rules)) == refused
    assert attempted(office.kernel, lambda: task.unshare({"newlsm"})) == refused
    with pytest.raises(nslsm.Denied) as error:
        task.clone({"newlsm"})
    assert told(error.value.decision) == refused


def test_strangers_words_are_strangers_under_every_name(office: Office) -> None:
    task = taint(office)
    assert task.open("/srv/notes/page", "x")
    assert task.rename("/srv/notes/page", "/srv/notes/list")
    assert task.link("/srv/notes/list", "/srv/notes/again")
    assert office.writer.task.symlink("/srv/notes/again", "/srv/project/src/link.c")

    for name in ("/srv/notes/list", "/srv/notes/again", "/srv/project/src/link.c"):
        reader = office.writer.task.fork()
        assert not tainted(office, reader)
        assert reader.open(name)
        assert tainted(office, reader)


def test_a_note_of_a_note_is_strangers_words_too(office: Office) -> None:
    assert taint(office).open("/srv/notes/page", "x")
    copier, third = office.writer.task.fork(), office.writer.task.fork()
    assert copier.open("/srv/notes/page")
    assert copier.open("/srv/notes/copy", "x")
    assert third.open("/srv/notes/copy")

    assert tainted(office, third)


def test_a_pipe_carries_strangers_words_as_such(office: Office) -> None:
    parent = office.writer.task
    reading = parent.pipe().result
    child = parent.fork()
    assert child.connect(WEB, 443)
    assert child.write(reading + 1)
    assert not tainted(office, parent)

    assert parent.read(reading)
    assert tainted(office, parent)


def test_nothing_is_whispered_over_a_socket(office: Office) -> None:
    parent = office.writer.task
    pair = parent.socketpair().result
    child = parent.fork()
    assert child.sendto(pair + 1)
    assert child.connect(WEB, 443)
    refused = ("EACCES", "untrusted#no_whispers in orchestrator")

    assert attempted(office.kernel, lambda: child.sendto(pair + 1)) == refused
    assert attempted(office.kernel, lambda: child.write(pair + 1)) == refused
    listening = parent.socket("unix").result
    assert parent.bind("@desk", fd=listening)
    assert parent.listen(listening)
    own = child.socket("unix").result
    assert attempted(office.kernel, lambda: child.connect("@desk", fd=own)) == refused


def test_nobody_is_led_by_who_has_read_strangers_words(office: Office) -> None:
    parent = office.writer.task
    child, other = parent.fork(), parent.fork()
    assert child.connect(WEB, 443)

    for reach in (Task.ptrace, Task.process_vm_writev):
        assert told(reach(child, other)) == ("EPERM", "untrusted#no_strings in orchestrator")


def test_only_notes_are_written_then(office: Office) -> None:
    task = office.writer.task
    page = task.open("/srv/project/src/main.c", "r+").result
    assert task.connect(WEB, 443)
    refused = ("EACCES", "untrusted#notes_only in orchestrator")

    assert attempted(office.kernel, lambda: task.write(page)) == refused
    assert attempted(office.kernel, lambda: task.open("/srv/project/src/main.c", "a")) == refused
    assert attempted(office.kernel, lambda: task.rename("/srv/project/src/main.c", "/srv/notes/main.c")) == refused
    assert attempted(office.kernel, lambda: task.mmap(page, {"read", "write"}, {"shared"})) == refused
    assert task.open("/srv/notes/page", "x")


def test_an_open_connection_taints_again(office: Office) -> None:
    task = office.writer.task
    stream = task.socket().result
    assert task.connect(WEB, 443, fd=stream)
    assert office.orchestrator.approve(office.ann, office.writer)
    assert not tainted(office, task)

    assert task.read(stream)
    assert tainted(office, task)


# Approvals


def test_no_agent_says_of_an_agent_that_it_is_fine(office: Office) -> None:
    taint(office)
    refused = ("EPERM", "untrusted#not_a_human in orchestrator")
    pretender = office.kernel.spawn("orchestrator.writer.reader", uid=0)
    assert pretender.setuid(501)
    office.kernel.file("/usr/bin/gcc", owner=501, mode=0o4755)
    assert office.writer.task.execve("/usr/bin/gcc")

    for task in (office.writer.task, office.reader.task, pretender):
        assert attempted(office.kernel, lambda task=task: office.orchestrator.approve(task, office.reader)) == refused
    assert office.writer.task.credentials.euid == 1000
    assert told(office.writer.task.setuid(501)) == ("EPERM", "kernel")


def test_an_approval_is_for_one_process_and_once(office: Office) -> None:
    refused = ("EACCES", "Approvals#judge in orchestrator")
    task = taint(office)
    child = task.fork()
    assert attempted(office.kernel, lambda: office.orchestrator.clear(office.reader)) == refused
    assert office.orchestrator.approve(office.ann, office.reader)

    assert tainted(office, child)
    assert attempted(office.kernel, lambda: office.orchestrator.clear(office.reader)) == refused
    assert attempted(office.kernel, lambda: office.orchestrator.clear(office.writer)) == refused


def test_another_question_than_those_that_are_known_is_denied(office: Office) -> None:
    decision = office.kernel.check("user_access", office.ann, class_="taint", permission="forget")

    assert told(decision) == ("EACCES", "Approvals#judge in orchestrator")


# What if


def test_what_if_costs_nothing_and_leaves_nothing(office: Office) -> None:
    before, journal = office.kernel.state, list(office.orchestrator.journal)
    run = office.orchestrator.run

    plan = office.orchestrator.what_if(
        lambda: office.writer.task.connect(WEB, 443), lambda: run(office.writer, office.example.COMPILER)
    )

    assert [bool(each) for each in plan] == [True, False]
    assert office.kernel.state is before
    assert office.orchestrator.journal == journal
    assert office.writer.refusals.total() == 0
    assert run(office.writer, office.example.COMPILER)


def test_the_journal_says_who_was_refused_what_and_that_money_is_short(office: Office) -> None:
    assert not office.reader.task.open("/home/ann/key")
    for _ in range(5):
        assert office.orchestrator.run(office.writer, office.example.COMPILER)

    assert office.reader.refusals == {"agents.folders#not_granted in orchestrator.writer": 1}
    assert office.orchestrator.journal == ["orchestrator.writer: 10 of 60 are left"]
