"""What can be bound, under which name, with which arguments; and binds that cannot be."""

from ipaddress import ip_network
from pathlib import Path

import pytest

import nslsm
from nslsm import Errno, Limits
from nslsm.api.binding import bound
from nslsm.protocol.namespace import Binding, Mode
from tests.api.controls import Counts, Says

HEALTHCARE = nslsm.load_policy("healthcare")
YAMA = nslsm.load_policy("base.yama")["yama"]

ARGUMENTS = """\
control anything(
    text: string = "x",
    root: path = "/srv",
    roots: set of path = {"/srv/**"},
    hosts: set of network = {10.0.0.0/8},
    level: enum (low, high) = low,
    on: bool = true,
    count: int,
) {
    deny file_open when object.path under root and subject.comm == text and on and level == high
    deny file_open when object.path matches roots and subject.uid == count
    deny socket_connect when address in hosts
}

policy some { use anything(count = 1) }
"""


@pytest.fixture
def anything(tmp_path: Path) -> nslsm.PolicyItem:
    path = tmp_path / "anything.nslsm"
    path.write_text(ARGUMENTS)
    return nslsm.load_policy(path)["anything"]


TABLES = """\
table grants(user: int, place: tree) -> set of enum (r, w) = { 1 "/a" -> {r} } else {}
control asks(
    may: table (user: int, place: tree) -> set of enum (r, w) = grants,
    known: table (user: int),
    level: table (user: int) -> int,
) {
    deny file_open when not (may(subject.uid, object.path) has r) or not known(subject.uid) or level(subject.uid) > 3
}
"""


@pytest.fixture
def asks(tmp_path: Path) -> nslsm.PolicyItem:
    path = tmp_path / "asks.nslsm"
    path.write_text(TABLES)
    return nslsm.load_policy(path)["asks"]


def test_a_table_is_given_as_a_mapping_or_as_a_set_of_keys(asks: nslsm.PolicyItem) -> None:
    kernel = nslsm.Kernel()
    kernel.init.lsm_bind("root", asks(may={(1, "/srv"): {"r"}}, known={1, 2}, level={2: 9, None: 0}))

    assert kernel.spawn(uid=1).open("/srv/x")
    assert not kernel.spawn(uid=2).open("/srv/x")
    assert not kernel.spawn(uid=1).open("/etc/x")


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({}, TypeError, "needs `known`"),
        ({"known": {1}}, TypeError, "needs `level`"),
        ({"known": 1, "level": {None: 0}}, TypeError, "give it a mapping or a set of keys"),
        ({"known": {1}, "level": {1}}, TypeError, "give it a mapping"),
        ({"known": {1}, "level": {1: 2}}, ValueError, "has an answer for a missing key"),
        ({"known": {"x"}, "level": {None: 0}}, ValueError, "'x' is not a int"),
        ({"known": {(1, 2)}, "level": {None: 0}}, ValueError, "there are 1 in a row"),
        ({"known": {1}, "level": {None: 0}, "may": {(1, "/a"): {"x"}}}, ValueError, "is not a set of enum"),
        ({"known": {1}, "level": {None: 0}, "may": {(1, "a"): {"r"}}}, ValueError, "is not a path"),
    ],
)
def test_what_is_no_table_is_refused_and_nothing_is_bound(
    asks: nslsm.PolicyItem, given: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        asks(**given)


# Names and modes


def test_each_way_of_saying_what_to_bind() -> None:
    hospital, control = HEALTHCARE["hospital"], Says(True)
    (made,) = bound(control)

    assert bound(None) == bound(()) == ()
    assert [each.name for each in bound(hospital)] == ["capability", "yama", "phi_access", "phi_egress"]
    assert [each.name for each in bound([YAMA, control])] == ["yama", "Says"]
    assert [each.name for each in bound({"tracing": YAMA, "says": control})] == ["tracing", "says"]
    assert bound(made) == (made,)
    assert bound(iter([made])) == (made,)


def test_modes_are_those_of_the_policy_unless_all_complain() -> None:
    hospital = HEALTHCARE["hospital"]

    assert [each.mode for each in bound(hospital)] == [Mode.ENFORCE] * 3 + [Mode.COMPLAIN]
    assert {each.mode for each in nslsm.complaining(hospital)} == {Mode.COMPLAIN}
    assert {each.name for each in nslsm.complaining({"x": YAMA})} == {"x"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("hospital", r"'hospital' is a name: bind what it names, policy\['hospital'\]"),
        (Says, r"Says is a class: bind an instance, Says\(…\)"),
        (7, "cannot be bound"),
        ([YAMA, 7], "cannot be bound"),
        ({"x": HEALTHCARE["hospital"]}, "'x' names 4 controls: a name is for one"),
        (HEALTHCARE["host"], "cannot be bound"),
        (b"x", "cannot be bound"),
    ],
    ids=["name", "class", "number", "list", "several", "namespaces", "bytes"],
)
def test_what_cannot_be_bound_raises_before_anything_happens(wrong: object, says: str) -> None:
    kernel = nslsm.Kernel()
    before = kernel.state
    uses = (
        lambda: kernel.init.lsm_unshare("box", wrong),
        lambda: kernel.init.lsm_bind("root", wrong),
        lambda: kernel.init.lsm_lock("root", wrong),
        lambda: kernel.init.lsm_set_self_attr("clone_newlsm", "box", wrong),
        lambda: kernel.exchange("root", wrong),
        lambda: nslsm.complaining(wrong),
    )

    for use in uses:
        with pytest.raises(TypeError, match=says):
            use()
    assert kernel.state is before


# Arguments


def test_a_control_takes_arguments_in_pythons_words(anything: nslsm.PolicyItem) -> None:
    item = anything(text="y", root="/home", roots={"/tmp/*"}, hosts=["192.0.2.0/24"], level="high", on=False, count=3)

    arguments = dict(item.arguments or ())

    assert {name: constant.value for name, constant in arguments.items()} == {
        "text": "y",
        "root": "/home",
        "roots": frozenset({"/tmp/*"}),
        "hosts": frozenset({ip_network("192.0.2.0/24")}),
        "level": "high",
        "on": False,
        "count": 3,
    }
    assert item.name == anything.name
    assert anything(count=1) == anything(count=1) != anything(count=2)


def test_what_is_left_out_has_its_default(anything: nslsm.PolicyItem) -> None:
    kernel = nslsm.Kernel()
    task = kernel.spawn(uid=7, exe="/usr/bin/x")
    assert kernel.init.lsm_bind("root", anything(count=7))

    assert task.open("/srv/a").errno is Errno.EACCES
    assert kernel.spawn(uid=8).open("/srv/a")
    assert task.connect("10.0.0.1", 1).errno is Errno.EACCES


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({}, TypeError, "needs `count`"),
        ({"count": 1, "size": 2}, TypeError, "has no parameter `size`; it has text, root"),
        ({"count": "1"}, ValueError, "is not a int"),
        ({"count": True}, ValueError, "is not a int"),
        ({"count": 1, "root": "srv"}, ValueError, "is not a path"),
        ({"count": 1, "root": "/srv/"}, ValueError, "is not a path"),
        ({"count": 1, "root": ""}, ValueError, "has no name"),
        ({"count": 1, "roots": {"/srv/[a"}}, ValueError, "anything"),
        ({"count": 1, "roots": "/srv/**"}, ValueError, "is not a set of path"),
        ({"count": 1, "hosts": {"10.0.0.1/8"}}, ValueError, "is not a set of network"),
        ({"count": 1, "level": "middle"}, ValueError, "level"),
    ],
)
def test_arguments_that_do_not_fit_raise(
    anything: nslsm.PolicyItem, arguments: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        anything(**arguments)


def test_a_control_without_its_arguments_is_not_bound_and_a_policy_takes_none(anything: nslsm.PolicyItem) -> None:
    kernel = nslsm.Kernel()
    before = kernel.state

    with pytest.raises(TypeError, match="needs `count`: give it, anything"):
        kernel.init.lsm_bind("root", anything)
    with pytest.raises(TypeError, match="is no control, and takes no arguments"):
        HEALTHCARE["hospital"](scope=3)
    assert kernel.state is before


def test_a_control_with_arguments_is_the_one_that_a_policy_declares(tmp_path: Path) -> None:
    path = tmp_path / "p.nslsm"
    path.write_text("import base\nnamespace host { bind base.yama(scope = 3) }\n")
    declared = nslsm.Kernel(nslsm.load_policy(path)["host"]).namespace("host").bindings[0].control

    assert bound(YAMA(scope=3))[0].control == declared
    assert bound(YAMA(scope=3))[0].control.digest == declared.digest != bound(YAMA)[0].control.digest
    assert bound(YAMA(scope=3))[0].control.origin == bound(YAMA)[0].control.origin


# Binds that cannot be


def boxes() -> tuple[nslsm.Kernel, nslsm.Task, nslsm.Task]:
    """A kernel with two namespaces below its root, each with a task of root's."""
    kernel = nslsm.Kernel()
    one, other = kernel.init.fork(), kernel.init.fork()
    assert one.lsm_unshare("one", limits=Limits(depth=2, namespaces=2, bindings=3))
    assert other.lsm_unshare("other")
    return kernel, one, other


def refused(kernel: nslsm.Kernel, decision: nslsm.Decision) -> tuple[Errno | None, str]:
    assert not decision
    assert decision.blame is not None
    assert decision.blame.by_kernel
    assert decision.before == kernel.state
    return decision.errno, decision.blame.reason


def test_nothing_is_bound_elsewhere_above_or_in_what_is_sealed() -> None:
    kernel, one, _ = boxes()
    assert kernel.init.lsm_seal("other")

    assert refused(kernel, one.lsm_bind("other", YAMA))[0] is Errno.EPERM
    assert refused(kernel, one.lsm_bind("root", YAMA))[0] is Errno.EPERM
    assert refused(kernel, kernel.init.lsm_bind("other", YAMA)) == (Errno.EPERM, "root.other is sealed")
    assert refused(kernel, kernel.spawn(uid=1000).lsm_bind("root", YAMA))[0] is Errno.EPERM
    assert kernel.init.lsm_bind("one", YAMA)


def test_a_name_is_for_one_control() -> None:
    kernel, one, _ = boxes()
    assert one.lsm_bind("one", {"x": YAMA})

    assert refused(kernel, one.lsm_bind("one", {"x": Says(True)})) == (Errno.EEXIST, "another control is bound as x")
    assert refused(kernel, one.lsm_bind("one", [Counts(1), Counts(2)]))[0] is Errno.EEXIST
    assert one.lsm_bind("one", {"x": YAMA}).result == 0
    assert refused(kernel, kernel.init.fork().lsm_unshare("one", YAMA))[0] is Errno.EEXIST


def test_the_same_control_twice_is_one_binding_and_the_stricter_mode_counts() -> None:
    kernel, one, _ = boxes()
    assert one.lsm_bind("one", nslsm.complaining(Says(False)))
    assert one.open("/a")

    assert one.lsm_bind("one", Says(False)).result == 1
    assert one.open("/a").errno is Errno.EACCES
    assert one.lsm_bind("one", nslsm.complaining(Says(False))).result == 0
    assert one.open("/a").errno is Errno.EACCES
    assert len(kernel.namespace("one").bindings) == 1


@pytest.mark.parametrize("name", ["", "a b", "a.b", "x" * 65, "-x", "ü", "a/b"])
def test_a_name_that_is_none_makes_no_namespace(name: str) -> None:
    kernel = nslsm.Kernel()

    assert refused(kernel, kernel.init.lsm_unshare(name, YAMA))[0] is Errno.EINVAL


def test_every_limit_is_met_with_its_name() -> None:
    kernel, one, _ = boxes()
    three = {str(number): Counts(number) for number in range(3)}
    for name in ("a", "b"):
        assert one.fork().lsm_unshare(name)

    def said(decision: nslsm.Decision) -> str:
        errno, reason = refused(kernel, decision)
        assert errno is Errno.ENOSPC
        return reason

    assert said(one.fork().lsm_unshare("c")) == "the limit `namespaces` of root.one is 2"
    assert said(one.lsm_bind("one", {**three, "3": Counts(3)})) == "the limit `bindings` of root.one is 3"
    assert one.lsm_bind("one", three)
    assert said(kernel.init.lsm_bind("a", YAMA)) == "the limit `bindings` of root.one is 3"
    deep = kernel.init.fork()
    for number, name in enumerate(("d", "e")):
        assert deep.lsm_unshare(name, limits=Limits(depth=1 - number))
    assert said(deep.lsm_unshare("f")) == "the limit `depth` of root.d.e is 0"
    assert said(deep.lsm_unshare("f", limits=Limits(set_size=100_000))).startswith("the limit `")


def test_a_limit_that_is_none_makes_no_namespace() -> None:
    kernel = nslsm.Kernel()

    assert refused(kernel, kernel.init.lsm_unshare("x", limits=Limits(depth=-1)))[0] is Errno.EINVAL


def test_a_set_that_grows_beyond_its_limit_is_a_fault_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "p.nslsm"
    path.write_text(
        "control seen { attr task.ports: set of int = {} join union\n"
        " on socket_connect set subject.ports = subject.ports + {port}\n deny socket_connect when subject.ports has 1 }\n"
    )
    kernel = nslsm.Kernel()
    task = kernel.init.fork()
    assert task.lsm_unshare("box", nslsm.load_policy(path)["seen"], limits=Limits(depth=1, set_size=2))
    stream = task.socket().result
    assert [task.connect("192.0.2.1", port, fd=stream).errno for port in (80, 443)] == [None, None]
    before = kernel.state

    decision = task.connect("192.0.2.1", 8080, fd=stream)

    assert decision.errno is Errno.ENOSPC
    assert "set_size is 2" in decision.faults[0].answer.fault
    assert kernel.state == before


def test_a_binding_of_ones_own_making_is_taken_as_it_is() -> None:
    kernel = nslsm.Kernel()
    (known,) = bound(Says(False))

    assert kernel.init.lsm_bind("root", Binding(name="mine", control=known.control, mode=Mode.COMPLAIN))
    assert kernel.init.open("/a")
    assert kernel.namespace("root").bindings[0].name == "mine"


def test_a_lock_names_controls_whatever_their_arguments() -> None:
    kernel, one, _ = boxes()
    assert kernel.init.lsm_lock("root", [YAMA, Counts()])

    assert one.lsm_bind("one", [YAMA(scope=3), Counts(7)])
    assert refused(kernel, one.lsm_bind("one", Says(True)))[0] is Errno.EPERM
    assert refused(kernel, kernel.init.lsm_lock("root", [YAMA, Says(True)]))[0] is Errno.EPERM
    assert kernel.init.lsm_lock("root")
    assert refused(kernel, one.lsm_bind("one", {"again": YAMA}))[0] is Errno.EPERM
