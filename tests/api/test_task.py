"""Tasks: each method is the system call that it is called after; what cannot be, raises before anything happens."""

import pytest

import nslsm
from nslsm.kernel.mapping import raised_by
from tests.api.calls import CALLS, Called, scene

NO_CALLS = {"lsm_list_modules", "lsm_get_self_attr", "lives_in"}
"""Methods that only tell."""


def heard_of(called: Called) -> nslsm.Decision:
    """The decision that a call comes to, by what a callback hears: ``fork`` and its like return the child."""
    stage = scene()
    heard: list[nslsm.Decision] = []
    stage.kernel.on_decision(heard.append)
    called.call(stage)
    return heard[-1]


@pytest.mark.parametrize("called", CALLS, ids=lambda each: each.method)
def test_a_method_is_the_system_call_that_it_is_called_after(called: Called) -> None:
    decision = heard_of(called)

    hooks = [judgement.request.hook.name for judgement in decision.judgements]
    assert decision.granted
    assert decision.call == called.operation.__name__
    assert hooks == called.hooks.split()
    assert set(hooks) <= {raised.hook for raised in raised_by(called.operation).raises}


def test_every_method_is_among_those_that_are_called() -> None:
    methods = {name for name in vars(nslsm.Task) if not name.startswith("_") and callable(getattr(nslsm.Task, name))}

    assert methods - NO_CALLS == {called.method for called in CALLS}


# What a task is


def test_a_task_is_the_same_whatever_becomes_of_the_process() -> None:
    kernel = nslsm.Kernel()
    child = kernel.init.fork(uid=1000)

    assert child == kernel.task(child.pid)
    assert hash(child) == hash(kernel.task(child.pid))
    assert child != nslsm.Kernel().init
    assert len({child, kernel.task(child.pid), kernel.init}) == 2
    assert repr(child) == f"<task {child.pid}>"
    assert child.execve("/usr/bin/id")
    assert child.exe == "/usr/bin/id"
    assert child.lives_in(kernel)


def test_what_has_ended_says_so() -> None:
    kernel = nslsm.Kernel()
    child = kernel.init.fork()
    assert child.exit()
    before = kernel.state

    assert not child.alive
    for use in (child.exit, child.fork, lambda: child.exe, lambda: child.namespace, lambda: kernel.task(child.pid)):
        with pytest.raises(ProcessLookupError):
            use()
    with pytest.raises(ProcessLookupError):
        kernel.check("file_open", child, "/etc/hosts")
    assert kernel.state is before


def test_a_thread_ends_alone_or_with_its_process() -> None:
    kernel = nslsm.Kernel()
    process = kernel.init.fork()
    one, other = process.thread(), process.thread()

    assert one.exit(group=False)
    assert (process.alive, one.alive, other.alive) == (True, False, True)
    assert other.exit()
    assert (process.alive, other.alive) == (False, False)


def test_who_has_ended_is_out_of_reach_as_in_linux() -> None:
    kernel = nslsm.Kernel()
    child = kernel.init.fork()
    grandchild = child.fork()
    assert grandchild.exit()

    assert kernel.init.kill(grandchild)  # a zombie takes any signal
    assert child.wait().result == grandchild.pid
    for attempt in (kernel.init.kill, kernel.init.ptrace, kernel.init.process_vm_readv, kernel.init.pidfd_open):
        assert attempt(grandchild).errno is nslsm.Errno.ESRCH
        assert attempt(4711).errno is nslsm.Errno.ESRCH


def test_a_task_of_another_kernel_is_no_target() -> None:
    kernel, stranger = nslsm.Kernel(), nslsm.Kernel().init
    before = kernel.state

    for attempt in (kernel.init.kill, kernel.init.ptrace, kernel.init.process_vm_writev, kernel.init.pidfd_open):
        with pytest.raises(ValueError, match="another kernel"):
            attempt(stranger)
    with pytest.raises(ValueError, match="another kernel"):
        kernel.check("task_kill", stranger, kernel.init)
    with pytest.raises(ValueError, match="another kernel"):
        kernel.check("task_kill", kernel.init, stranger)
    assert kernel.state is before


# Children


def test_a_child_has_what_is_declared_and_else_what_its_parent_has() -> None:
    kernel = nslsm.Kernel()
    parent = kernel.spawn(uid=1000, groups={100}, effective={"CAP_KILL"}, no_new_privs=True)

    plain, other, root = parent.fork(), parent.fork(uid=1001), parent.fork(uid=0, gid=7)

    assert plain.credentials == parent.credentials
    assert parent.credentials.effective == {nslsm.Capability.CAP_KILL}
    assert (other.credentials.uid, other.credentials.suid, other.credentials.gid) == (1001, 1001, 1001)
    assert (other.credentials.effective, other.credentials.groups) == (frozenset(), frozenset())
    assert other.credentials.no_new_privs
    assert (root.credentials.euid, root.credentials.egid) == (0, 7)
    assert nslsm.Capability.CAP_MAC_ADMIN in root.credentials.effective


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": 1000},
        {"home": 3},
        {"uid": "root"},
        {"uid": -1},
        {"uid": 2**32},
        {"groups": 5},
        {"groups": {"staff"}},
        {"effective": {"CAP_FLY"}},
        {"no_new_privs": 1},
        {"securebits": {"none"}},
    ],
)
def test_credentials_that_are_none_raise_before_there_is_a_child(wrong: dict[str, object]) -> None:
    kernel = nslsm.Kernel()
    before, sequence = kernel.state, kernel.init.umask(0).sequence
    before = kernel.state

    with pytest.raises((TypeError, ValueError)):
        kernel.init.fork(**wrong)
    with pytest.raises((TypeError, ValueError)):
        kernel.spawn(**wrong)
    assert kernel.state is before
    assert kernel.init.umask(0).sequence == sequence + 1


def test_a_child_that_is_refused_is_denied_with_the_decision() -> None:
    class NoChildren(nslsm.Control):
        handles = frozenset({"task_alloc"})

        def judge(self, request: nslsm.Request, state: object) -> object:  # noqa: ARG002
            return nslsm.Errno.EAGAIN

    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", NoChildren())
    before = kernel.state

    for attempt in (kernel.init.fork, kernel.init.thread, lambda: kernel.init.clone({"newns"})):
        with pytest.raises(nslsm.Denied) as denied:
            attempt()
        assert denied.value.errno == nslsm.Errno.EAGAIN
        assert denied.value.decision.blame is not None
        assert "NoChildren#judge in root" in str(denied.value)
    assert kernel.state is before


# Files, sockets, descriptors


def test_open_takes_what_open_takes() -> None:
    kernel = nslsm.Kernel()
    hear: list[nslsm.Decision] = []
    kernel.on_decision(hear.append)

    for mode in ("r+", nslsm.O_RDWR, {"read", "write"}):
        assert kernel.init.open("/etc/hosts", mode)

    asked = [
        judgement.request.argument("flags")
        for decision in hear
        for judgement in decision.judgements
        if judgement.request.hook.name == "file_open"
    ]
    assert asked == [frozenset({"read", "write"})] * 3


@pytest.mark.parametrize("mode", ["rw", "", {"fast"}])
def test_a_mode_that_is_none_raises(mode: object) -> None:
    kernel = nslsm.Kernel()
    before = kernel.state

    with pytest.raises(ValueError, match=r"no mode|no flag"):
        kernel.init.open("/etc/hosts", mode)
    assert kernel.state is before


def test_descriptors_are_numbers_from_the_lowest_free_one() -> None:
    root = nslsm.Kernel().init

    assert [root.open("/a").result, root.pipe().result, root.socketpair().result, root.socket().result] == [0, 1, 3, 5]
    assert root.close(1)
    assert root.dup(0).result == 1
    assert root.dup(0, 9).result == 9
    assert root.close(7).errno is nslsm.Errno.EBADF
    assert root.write(0).errno is nslsm.Errno.EBADF
    assert root.listen(0).errno is nslsm.Errno.ENOTSOCK


def test_a_connection_without_a_socket_makes_one_first() -> None:
    kernel = nslsm.Kernel()
    calls: list[str] = []
    kernel.on_decision(lambda decision: calls.append(decision.call))

    assert kernel.init.connect("2001:db8::1", 443)
    assert kernel.init.bind("127.0.0.1", 8080, kind="dgram")
    assert calls == ["MakeSocket", "Connect", "MakeSocket", "Bind"]


def test_where_no_socket_is_to_be_had_that_is_the_answer() -> None:
    class NoSockets(nslsm.Control):
        handles = frozenset({"socket_create"})

        def judge(self, request: nslsm.Request, state: object) -> object:  # noqa: ARG002
            return False

    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", NoSockets())

    decision = kernel.init.connect("192.0.2.1", 443)

    assert (decision.call, decision.errno) == ("MakeSocket", nslsm.Errno.EACCES)


def test_an_address_is_of_a_host_a_path_or_an_abstract_name() -> None:
    root = nslsm.Kernel().init

    def family(address: str) -> object:
        decision = root.connect(address, 1)
        return decision.judgements[0].request.argument("family")

    assert [family(each) for each in ("192.0.2.1", "2001:db8::1", "/run/x", "@x")] == ["inet", "inet6", "unix", "unix"]
    with pytest.raises(ValueError, match="does not appear to be"):
        root.connect("example.org", 443)


def test_descriptors_go_along_with_messages() -> None:
    kernel = nslsm.Kernel()
    root = kernel.init
    pair, page = root.socketpair().result, root.open("/srv/page").result
    child = root.fork()
    assert child.close(page)
    assert root.sendto(pair, descriptors=[page])

    received = child.recv(pair + 1)

    assert [each.request.hook.name for each in received.judgements] == ["socket_recvmsg", "file_receive"]
    assert child.read(page)  # the lowest that was free
    assert root.sendto(pair, descriptors=[77]).errno is nslsm.Errno.EBADF


# Namespaces


def test_a_namespace_is_named_by_path_name_number_or_value() -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.fork().lsm_unshare("a")
    found = kernel.namespace("root.a")
    state = kernel.snapshot()

    for name in ("a", "root.a", found.id, found):
        kernel.restore(state)
        assert kernel.init.fork().lsm_enter(name)
    with pytest.raises(LookupError, match=r"no namespace is called 'b': root, root\.a"):
        kernel.init.lsm_enter("b")
    assert kernel.init.lsm_enter(4711).errno is nslsm.Errno.ENOENT


def test_a_name_that_two_have_names_neither() -> None:
    kernel = nslsm.Kernel()
    for parent in ("a", "b"):
        task = kernel.init.fork()
        assert task.lsm_unshare(parent)
        assert task.lsm_unshare("x")

    with pytest.raises(LookupError, match=r"several namespaces are called 'x'"):
        kernel.namespace("x")
    assert kernel.namespace("root.b.x").depth == 2


def test_entering_takes_one_namespace_or_one_handle() -> None:
    kernel = nslsm.Kernel()
    before = kernel.state

    with pytest.raises(TypeError, match="or the descriptor of one"):
        kernel.init.lsm_enter()
    with pytest.raises(TypeError, match="or the descriptor of one"):
        kernel.init.lsm_enter("root", fd=0)
    assert kernel.state is before
    assert kernel.init.lsm_enter(fd=0).errno is nslsm.Errno.EBADF
    file = kernel.init.open("/a").result
    assert kernel.init.lsm_enter(fd=file).errno is nslsm.Errno.EBADF


def test_a_bind_holds_only_if_nothing_has_changed_meanwhile() -> None:
    kernel = nslsm.Kernel()
    yama = nslsm.load_policy("base.yama")["yama"]
    sequence = kernel.namespace("root").sequence
    assert kernel.init.lsm_bind("root", {"one": yama(scope=1)}, sequence=sequence)

    late = kernel.init.lsm_bind("root", {"two": yama(scope=2)}, sequence=sequence)

    assert late.errno is nslsm.Errno.ESTALE
    assert kernel.init.lsm_list_modules() == ("base.yama",)


def test_what_is_demanded_is_made_by_the_next_clone_and_may_be_taken_back() -> None:
    kernel = nslsm.Kernel()
    root = kernel.init
    assert root.lsm_set_self_attr("clone_newlsm", "box")
    assert root.lsm_set_self_attr("clone_newlsm", None)
    with pytest.raises(nslsm.Denied):
        root.clone({"newlsm"})

    assert root.lsm_set_self_attr("clone_newlsm", "box", nslsm.load_policy("base.yama")["yama"])
    child = root.clone({"newlsm"}, uid=1000)
    assert child.namespace.path == "root.box"
    assert child.credentials.uid == 1000
    assert child.lsm_list_modules() == ("base.yama",)
    assert root.lsm_set_self_attr("current", "box").errno is nslsm.Errno.EOPNOTSUPP


def test_a_task_is_told_what_its_own_namespace_keeps_about_it() -> None:
    policy = nslsm.load_policy("healthcare")
    kernel = nslsm.Kernel(policy["host"])
    ehr = kernel.spawn("clinic", uid=1001)
    assert ehr.execve("/usr/bin/ehr")

    assert ehr.lsm_get_self_attr() == {"phi_access": {"clinician": True, "tainted": False}}
    with pytest.raises(OSError, match="no control here keeps") as none:
        kernel.init.lsm_get_self_attr()
    assert none.value.errno == nslsm.Errno.EOPNOTSUPP
    with pytest.raises(OSError, match="'exec'"):
        ehr.lsm_get_self_attr("exec")
