"""Kernels: how they begin, what is declared in them, callbacks, branches, threads, exchange, strictness."""

import warnings

import pytest

import nslsm
from nslsm import Errno
from nslsm.kernel.operations import Limit
from tests.api.controls import Counts, Says, state_of

HEALTHCARE = nslsm.load_policy("healthcare")


# How a kernel begins


def test_a_kernel_has_one_process_and_the_namespaces_of_its_policy() -> None:
    kernel = nslsm.Kernel(HEALTHCARE["host"])

    assert [task.pid for task in kernel.tasks] == [1]
    assert kernel.init.exe == "/sbin/init"
    assert nslsm.Capability.CAP_MAC_ADMIN in kernel.init.credentials.effective
    assert [namespace.path for namespace in kernel.namespaces] == ["host", "host.clinic", "host.clinic.kiosk"]
    assert [each.path for each in nslsm.Kernel().namespaces] == ["root"]


def test_a_kernel_is_made_of_a_tree_a_policy_with_one_tree_or_nothing() -> None:
    assert nslsm.Kernel(HEALTHCARE).init.namespace.name == "host"
    for wrong in (HEALTHCARE["hospital"], "healthcare", 7):
        with pytest.raises(TypeError, match="declares no namespaces"):
            nslsm.Kernel(wrong)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"world": "flat"}, ValueError), ({"profile": "5.4"}, ValueError), ({"composition": "selinux"}, LookupError)],
)
def test_what_no_kernel_can_be_raises(wrong: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        nslsm.Kernel(**wrong)


def test_worlds_differ_in_what_nobody_declared() -> None:
    kernel = nslsm.Kernel(world="closed")
    kernel.file("/srv/x")

    assert kernel.init.open("/srv/x")
    assert kernel.init.open("/srv/y").errno is Errno.ENOENT
    assert nslsm.Kernel().init.open("/srv/y")


@pytest.mark.parametrize("profile", ["6.1", "6.12", "7.2"])
def test_profiles_differ_in_their_hooks(profile: str) -> None:
    decision = nslsm.Kernel(profile=profile).init.open("/srv/x")

    assert ("file_post_open" in [each.request.hook.name for each in decision.judgements]) == (profile != "6.1")


def test_a_short_kernel_asks_nobody_after_a_denial_and_says_the_same() -> None:
    answers = []
    for short in (True, False):
        kernel = nslsm.Kernel(HEALTHCARE["host"], short=short)
        answers.append(kernel.spawn("clinic", uid=2001).open("/srv/phi/7"))

    assert [str(each.blame) for each in answers] == [str(answers[0].blame)] * 2
    assert [len(each.judgements[-1].opinions) for each in answers] == [1, 2]


def test_a_clock_gives_decisions_their_time_and_one_that_breaks_leaves_nothing() -> None:
    ticks = iter([1.5, 2.5])
    kernel = nslsm.Kernel(clock=lambda: next(ticks))
    assert [kernel.init.open("/a").time, kernel.init.open("/b").time] == [1.5, 2.5]
    before = kernel.state

    with pytest.raises(StopIteration):
        kernel.init.open("/c")
    assert kernel.state is before
    assert nslsm.Kernel().init.open("/a").time is None


def test_decisions_are_numbered_from_one() -> None:
    kernel = nslsm.Kernel()

    assert [kernel.init.open("/a").sequence, kernel.check("file_open", kernel.init, "/a").sequence] == [1, 2]


# What is declared


def test_a_declared_file_is_as_it_is_declared() -> None:
    kernel = nslsm.Kernel(world="closed")
    kernel.file("/srv/a/../b", owner=7, group=8, mode=0o640, sha256="9f", xattrs={"user.x": "1"}, inode=3)
    kernel.file("/srv/l", target="/srv/b")

    found = kernel.state.files.file_at("/srv/b")

    assert (found.owner, found.group, found.mode, found.sha256, found.inode) == (7, 8, 0o640, "9f", 3)
    assert kernel.spawn(uid=7).open("/srv/l")
    assert kernel.spawn(uid=9).open("/srv/l").errno is Errno.EACCES
    assert kernel.state.files.file_at("/srv").type == "directory"


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("srv/x", {}),
        ("", {}),
        ("/x", {"own": 3}),
        ("/x", {"owner": "root"}),
        ("/x", {"mode": 0o10000}),
        ("/x", {"type": "folder"}),
        ("/x", {"xattrs": {"user.x": 1}}),
        ("/x", {"xattrs": ["user.x=1"]}),
        ("/x", {"target": ""}),
        ("/x", {"sha256": 7}),
        ("/x", {"links": 2}),
    ],
)
def test_a_file_that_cannot_be_leaves_nothing(path: str, facts: dict[str, object]) -> None:
    kernel = nslsm.Kernel()
    before = kernel.state

    with pytest.raises((TypeError, ValueError)):
        kernel.file(path, **facts)
    assert kernel.state is before


def test_a_spawned_task_is_where_it_is_said_to_be() -> None:
    kernel = nslsm.Kernel(HEALTHCARE["host"])

    task = kernel.spawn("kiosk", uid=1001, exe="/usr/bin/ehr", groups=[100])

    assert (task.namespace.path, task.exe, task.value.comm) == ("host.clinic.kiosk", "/usr/bin/ehr", "ehr")
    assert (task.credentials.uid, task.credentials.groups) == (1001, {100})
    assert kernel.spawn().namespace.path == "host"
    with pytest.raises(LookupError, match="no namespace is called 'ward'"):
        kernel.spawn("ward")
    with pytest.raises(ValueError, match="no absolute path"):
        kernel.spawn(exe="ehr")


# One hook


def test_a_hook_is_asked_with_what_it_has() -> None:
    kernel = nslsm.Kernel(HEALTHCARE["host"])
    ehr = kernel.spawn("clinic", uid=1001)

    for address in ("8.8.8.8", "2001:db8::1"):
        assert kernel.check("socket_connect", ehr, family="inet", address=address, port=443)
    assert kernel.check("task_kill", ehr, kernel.init, signal="SIGTERM")
    assert kernel.check("file_open", ehr, "/etc/hosts", flags=nslsm.O_RDONLY)
    assert kernel.check("namespace_enter", ehr, kernel.namespace("kiosk"))
    assert kernel.check("capable", ehr, cap="CAP_KILL").errno is Errno.EPERM


def test_what_is_not_said_is_unknown_and_never_granted_on() -> None:
    kernel = nslsm.Kernel(HEALTHCARE["host"])
    visitor = kernel.spawn("clinic", uid=2001)

    decision = kernel.check("file_open", visitor)

    assert decision.verdict is nslsm.Verdict.INDETERMINATE
    assert not decision
    assert decision.errno is Errno.EACCES
    assert decision.blame is None
    assert "object.path" in decision.unknown
    assert repr(decision).startswith("<decision 1, file_open: indeterminate EACCES for want of ")


@pytest.mark.parametrize(
    ("hook", "thing", "facts", "error", "says"),
    [
        ("file_opne", None, {}, LookupError, "did you mean 'file_open'"),
        ("fly", None, {}, LookupError, "no hook is called 'fly'"),
        ("file_open", None, {"port": 3}, TypeError, "has no fact 'port'; it has flags"),
        ("socket_connect", None, {"port": "many"}, ValueError, "is not a int"),
        ("socket_connect", None, {"address": "8.8"}, ValueError, "is not a address"),
        ("task_kill", "/etc/hosts", {}, TypeError, "is about a task"),
        ("capable", "/etc/hosts", {}, TypeError, "is about no object"),
        ("file_open", "hosts", {}, ValueError, "absolute"),
    ],
)
def test_a_question_that_is_none_raises(
    hook: str, thing: object, facts: dict[str, object], error: type[Exception], says: str
) -> None:
    kernel = nslsm.Kernel()
    before = kernel.state

    with pytest.raises(error, match=says):
        kernel.check(hook, kernel.init, thing, **facts)
    assert kernel.state is before


def test_a_fact_that_python_keeps_for_itself_has_a_line_behind_it() -> None:
    kernel = nslsm.Kernel()

    decision = kernel.check("user_access", kernel.init, "window 7", class_="window", permission="read")

    request = decision.judgements[0].request
    assert (request.argument("class"), request.argument("permission")) == ("window", "read")
    assert request.object.facts["name"] == "window 7"
    with pytest.raises(TypeError, match="has no fact 'permission_'"):
        kernel.check("user_access", kernel.init, permission_="read")


def test_a_bound_question_answers_an_errno() -> None:
    kernel = nslsm.Kernel(HEALTHCARE["host"])
    visitor = kernel.spawn("clinic", uid=2001)
    ask = kernel.hook("file_open")

    assert ask(visitor, "/srv/phi/7", nslsm.O_RDONLY) == 13
    assert ask(visitor, "/etc/hosts", nslsm.O_RDONLY) == 0
    assert ask(visitor) == 13  # unknown, and so not granted
    assert kernel.hook("capable")(visitor, "CAP_KILL") == 1
    with pytest.raises(TypeError, match="has 1 facts, not 2"):
        ask(visitor, "/etc/hosts", 0, 0)
    with pytest.raises(LookupError):
        kernel.hook("file_opne")


def test_a_call_that_has_no_method_is_made_by_its_value() -> None:
    kernel = nslsm.Kernel()

    decision = kernel.perform(1, Limit("nofile", writes=True, soft=10, hard=10))

    assert decision.granted
    assert [each.request.hook.name for each in decision.judgements] == ["task_setrlimit"]
    before = kernel.state
    with pytest.raises(ProcessLookupError):
        kernel.perform(99, Limit("nofile"))
    assert kernel.state is before


# Callbacks


def test_every_decision_is_heard_until_somebody_has_heard_enough() -> None:
    kernel = nslsm.Kernel()
    one: list[int] = []
    other: list[int] = []
    kernel.on_decision(lambda decision: one.append(decision.sequence))
    end = kernel.on_decision(lambda decision: other.append(decision.sequence))

    kernel.init.open("/a")
    end()
    end()
    kernel.check("file_open", kernel.init, "/a")
    assert (one, other) == ([1, 2], [1])


def test_a_callback_that_raises_is_reported_and_nothing_is_undone() -> None:
    kernel = nslsm.Kernel()
    heard: list[int] = []

    def clumsy(decision: nslsm.Decision) -> None:
        raise KeyError(decision.sequence)

    kernel.on_decision(clumsy)
    kernel.on_decision(lambda decision: heard.append(decision.sequence))

    with pytest.warns(RuntimeWarning, match="a callback of the kernel raised KeyError: 1") as warned:
        decision = kernel.init.open("/a")

    assert decision.granted
    assert heard == [1]
    assert [(fault.callback, fault.decision, type(fault.error)) for fault in kernel.faults] == [
        (clumsy, decision, KeyError)
    ]
    assert warned[0].filename == __file__


def test_a_callback_that_raises_grants_nothing() -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", Says(False))
    kernel.on_decision(lambda decision: 1 / 0)  # noqa: ARG005

    with pytest.warns(RuntimeWarning):
        assert kernel.init.open("/a").errno is Errno.EACCES


def test_a_callback_that_calls_its_kernel_is_refused_and_reported() -> None:
    kernel = nslsm.Kernel()
    kernel.on_decision(lambda decision: kernel.init.open("/b"))  # noqa: ARG005
    kernel.on_decision(lambda decision: kernel.restore(snapshot))  # noqa: ARG005
    snapshot = kernel.snapshot()

    with pytest.warns(RuntimeWarning, match="cannot be called from inside"):
        decision = kernel.init.open("/a")

    assert decision.sequence == 1
    assert [type(fault.error) for fault in kernel.faults] == [RuntimeError, RuntimeError]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert kernel.init.open("/c").sequence == 2


def test_a_callback_may_end_itself_and_look_at_the_state() -> None:
    kernel = nslsm.Kernel()
    heard: list[object] = []

    def once(decision: nslsm.Decision) -> None:
        heard.append((decision.result, decision.result in {task.pid for task in kernel.tasks}))
        end()

    end = kernel.on_decision(once)
    child = kernel.init.fork()
    kernel.init.fork()

    assert heard == [(child.pid, True)]
    assert kernel.faults == []


def test_a_callback_may_use_another_kernel() -> None:
    kernel, other = nslsm.Kernel(), nslsm.Kernel()
    kernel.on_decision(lambda decision: other.init.open(f"/{decision.sequence}"))

    kernel.init.open("/a")
    assert other.init.open("/b").sequence == 2
    assert kernel.faults == []


# Branches


def test_going_back_is_exact() -> None:
    kernel = nslsm.Kernel(HEALTHCARE["host"])
    ehr, counter = kernel.spawn("clinic", uid=1001), kernel.init.fork()
    assert counter.lsm_unshare("counted", Counts(3))
    assert counter.open("/a")
    state = kernel.snapshot()

    def day() -> list[str]:
        steps = [
            ehr.execve("/usr/bin/ehr"),
            ehr.open("/srv/phi/7"),
            ehr.connect("8.8.8.8", 443),
            *(counter.open("/a") for _ in range(3)),
            ehr.fork().open("/srv/phi/8"),
            counter.lsm_unshare("deeper"),
            kernel.init.kill(ehr, "SIGKILL"),
        ]
        return [repr(step) for step in steps]

    first, after = day(), kernel.state
    kernel.restore(state)
    assert (ehr.alive, counter.namespace.name, state_of(kernel, "counted", "Counts")) == (True, "counted", (1, 0))

    assert day() == first
    assert kernel.state == after


def test_a_snapshot_costs_a_reference_and_is_of_one_kernel() -> None:
    kernel = nslsm.Kernel()

    assert kernel.snapshot().state is kernel.state
    with pytest.raises(ValueError, match="the kernel that it was taken of"):
        nslsm.Kernel().restore(kernel.snapshot())


def test_what_was_made_since_is_gone_and_its_numbers_are_given_again() -> None:
    kernel = nslsm.Kernel()
    state = kernel.snapshot()
    child = kernel.init.fork()
    kernel.file("/new", owner=3)
    kernel.restore(state)

    assert not child.alive
    assert kernel.init.fork().pid == child.pid
    assert child.alive


# Strict kernels


def test_a_strict_kernel_raises_what_an_operating_system_would() -> None:
    kernel = nslsm.Kernel(HEALTHCARE["host"], strict=True, world="closed")
    kernel.file("/srv/phi/7", mode=0o666)
    kernel.file("/srv/key", mode=0o600)
    visitor = kernel.spawn("clinic", uid=2001)

    with pytest.raises(nslsm.Denied) as denied:
        visitor.open("/srv/phi/7")
    with pytest.raises(FileNotFoundError):
        visitor.open("/srv/phi/8")
    with pytest.raises(PermissionError) as refused:
        visitor.open("/srv/key")
    with pytest.raises(nslsm.Denied) as unknown:
        kernel.check("file_open", visitor)

    assert denied.value.errno == Errno.EACCES
    assert str(denied.value.decision.blame) == "healthcare.hipaa.phi_access#confine-1 in host.clinic"
    assert not isinstance(refused.value, nslsm.Denied)
    assert "by the kernel" in str(refused.value)
    assert "nobody knows" in str(unknown.value)
    assert visitor.fork().alive


def test_a_denial_is_a_permission_error_whatever_its_errno_is() -> None:
    kernel = nslsm.Kernel(strict=True)
    kernel.init.lsm_bind("root", Says(Errno.EHOSTUNREACH))

    with pytest.raises(PermissionError) as denied:
        kernel.init.open("/a")
    assert denied.value.errno == Errno.EHOSTUNREACH


def test_a_strict_kernel_tells_before_it_raises() -> None:
    kernel = nslsm.Kernel(strict=True, world="closed")
    heard: list[int] = []
    kernel.on_decision(lambda decision: heard.append(decision.sequence))

    with pytest.raises(FileNotFoundError):
        kernel.init.open("/nowhere")
    with pytest.raises(ProcessLookupError):
        kernel.init.kill(99)
    assert heard == [1, 2]
