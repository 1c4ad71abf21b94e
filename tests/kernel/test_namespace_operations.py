"""What tasks do with security namespaces: enter, bind, seal, lock, hold; and how long one lives."""

from dataclasses import replace

import pytest

from nslsm.hooks.linux import Errno
from nslsm.kernel.boot import ordinary_credentials
from nslsm.kernel.namespaces import usage_of
from nslsm.kernel.operations import (
    At,
    Clone,
    Close,
    Descriptor,
    Execute,
    Exit,
    MakeSocket,
    NamespaceBind,
    NamespaceEnter,
    NamespaceLock,
    NamespaceOpen,
    NamespaceSeal,
    NamespaceUnshare,
    SetSelfAttribute,
    Unshare,
)
from nslsm.kernel.world import World
from nslsm.protocol.namespace import Binding, Demand, Limits, Mode
from nslsm.testing.builders import Scripted, lineage_with
from tests.kernel.machine import Machine, denying


def bound(name: str = "c", mode: Mode = Mode.ENFORCE, control: Scripted | None = None) -> Binding:
    return Binding(name=name, control=control or Scripted(name), mode=mode)


def harmless(machine: Machine, uid: int = 1000, **rest: object) -> int:
    return machine.process(credentials=replace(ordinary_credentials(uid), no_new_privs=True), **rest)


def limited(**limits: int) -> Machine:
    tree = lineage_with({"root": []})
    return Machine(World.OPEN, tree.with_namespace(replace(tree[0], limits=Limits(**limits))))


# Entering


def within(machine: Machine, namespace: int, uid: int = 0) -> int:
    return machine.process(credentials=replace(ordinary_credentials(uid), namespace=namespace))


def tree_of_three() -> Machine:
    return Machine(tree=lineage_with({"root": [], "web": [], "cgi": []}))


def test_a_process_moves_down_with_all_its_threads() -> None:
    machine = tree_of_three()
    pid = within(machine, 0)
    thread = machine.fork(pid, "thread")

    ran = machine.run(thread, NamespaceEnter(2))

    assert ran.errno is None
    assert [machine.task(each).home for each in (pid, thread)] == [2, 2]
    assert ran.hooks[-1] == "namespace_enter"


@pytest.mark.parametrize(("home", "target"), [(2, 1), (1, 0), (2, 0)])
def test_nobody_moves_up(home: int, target: int) -> None:
    machine = tree_of_three()

    ran = machine.run(within(machine, home), NamespaceEnter(target))

    assert ran.errno is Errno.EPERM


def test_nobody_moves_sideways() -> None:
    machine = Machine(World.OPEN)
    one, other = harmless(machine), harmless(machine)
    first = machine.run(one, NamespaceUnshare("a")).result
    machine.run(other, NamespaceUnshare("b"))

    assert machine.run(other, NamespaceEnter(first)).errno is Errno.EPERM


def test_entering_where_one_is_or_what_is_not_there_is_an_error() -> None:
    machine = tree_of_three()
    pid = within(machine, 1)

    assert machine.run(pid, NamespaceEnter(1)).errno is Errno.EINVAL
    assert machine.run(pid, NamespaceEnter(99)).errno is Errno.ENOENT
    assert machine.run(pid, NamespaceEnter(Descriptor(7))).errno is Errno.EBADF


def test_entering_needs_no_new_privs_or_cap_mac_admin() -> None:
    machine = tree_of_three()
    plain, safe = within(machine, 0, 1000), harmless(machine)

    assert machine.run(plain, NamespaceEnter(1)).errno is Errno.EPERM
    assert machine.run(safe, NamespaceEnter(1)).errno is None


# Binding


def test_who_is_above_binds_below_and_is_the_maker() -> None:
    machine = tree_of_three()
    pid = within(machine, 0)

    ran = machine.run(pid, NamespaceBind(2, (bound("c"), bound("d"))))

    made = machine.state.namespaces[2]
    assert ran.result == 2
    assert [(each.name, each.maker) for each in made.bindings[-2:]] == [("c", 0), ("d", 0)]
    assert made.sequence == 1
    assert ran.hooks[-2:] == ["namespace_bind", "namespace_bind"]


def test_who_is_below_or_beside_binds_nothing() -> None:
    machine = tree_of_three()

    assert machine.run(within(machine, 2), NamespaceBind(1, (bound(),))).errno is Errno.EPERM
    assert machine.run(within(machine, 1, 1000), NamespaceBind(1, (bound(),))).errno is Errno.EPERM
    assert machine.run(harmless(machine), NamespaceBind(0, (bound(),))).errno is Errno.EPERM


def test_all_are_bound_or_none() -> None:
    machine = tree_of_three()
    pid = within(machine, 0)
    before = machine.state.namespaces

    clash = machine.run(pid, NamespaceBind(1, (bound("a"), bound("b"), bound("b", control=Scripted("other")))))
    refused = machine.run(pid, NamespaceBind(1, (bound("a"), bound("b"))), grant=denying("namespace_bind"))

    assert clash.errno is Errno.EEXIST
    assert refused.outcome is None
    assert machine.state.namespaces == before


def test_a_name_that_another_control_has_is_taken_and_the_same_control_gets_the_stricter_mode() -> None:
    machine = tree_of_three()
    pid, inside = within(machine, 0), within(machine, 1)
    control = Scripted("c")
    machine.run(inside, NamespaceBind(1, (bound("c", Mode.COMPLAIN, control),)))

    other = machine.run(pid, NamespaceBind(1, (bound("c", control=Scripted("other")),)))
    same = machine.run(pid, NamespaceBind(1, (bound("c", Mode.ENFORCE, control),)))
    weaker = machine.run(inside, NamespaceBind(1, (bound("c", Mode.COMPLAIN, control),)))

    assert other.errno is Errno.EEXIST
    assert same.result == 1
    assert weaker.result == 0
    (found,) = [each for each in machine.state.namespaces[1].bindings if each.name == "c"]
    assert (found.mode, found.maker) == (Mode.ENFORCE, 0)
    assert machine.state.namespaces[1].sequence == 2


def test_a_sequence_number_guards_against_what_others_did_meanwhile() -> None:
    machine = tree_of_three()
    pid = within(machine, 0)
    machine.run(pid, NamespaceBind(1, (bound("a"),), sequence=0))

    late = machine.run(pid, NamespaceBind(1, (bound("b"),), sequence=0))
    right = machine.run(pid, NamespaceBind(1, (bound("b"),), sequence=1))

    assert late.errno is Errno.ESTALE
    assert right.errno is None


def test_limits_count_bindings_that_are_made_later() -> None:
    machine = limited(bindings=2)
    pid = within(machine, 0)

    assert machine.run(pid, NamespaceBind(0, (bound("a"), bound("b")))).errno is None
    assert machine.run(pid, NamespaceBind(0, (bound("a"),))).result == 0
    over = machine.run(pid, NamespaceBind(0, (bound("c"),)))
    assert over.errno is Errno.ENOSPC
    assert "`bindings`" in over.outcome.reason


# Seals and locks


def test_a_seal_is_for_good() -> None:
    machine = tree_of_three()
    pid = within(machine, 0)

    assert machine.run(pid, NamespaceSeal(1)).errno is None
    assert machine.run(pid, NamespaceSeal(1)).errno is None
    assert machine.run(pid, NamespaceBind(1, (bound(),))).errno is Errno.EPERM
    assert machine.run(pid, NamespaceLock(1, frozenset())).errno is Errno.EPERM
    assert machine.state.namespaces[1].sequence == 1
    assert machine.run(pid, NamespaceBind(2, (bound(),))).errno is None


def test_a_lock_narrows_and_never_widens() -> None:
    machine = tree_of_three()
    pid = within(machine, 0)

    assert machine.run(pid, NamespaceLock(1, frozenset({"a", "b"}))).errno is None
    assert machine.run(pid, NamespaceLock(1, frozenset({"a"}))).errno is None
    assert machine.run(pid, NamespaceLock(1, frozenset({"a", "b"}))).errno is Errno.EPERM
    assert machine.state.namespaces[1].lock == {"a"}


def test_a_lock_is_about_what_is_bound_below_whoever_binds_it() -> None:
    machine = tree_of_three()
    pid = within(machine, 0)
    machine.run(pid, NamespaceLock(1, frozenset({"allowed"})))

    assert machine.run(pid, NamespaceBind(2, (bound("other"),))).errno is Errno.EPERM
    assert machine.run(pid, NamespaceBind(2, (bound("allowed"),))).errno is None
    assert machine.run(pid, NamespaceBind(1, (bound("other"),))).errno is None


# Limits


def test_a_child_may_be_given_less_than_its_parent_has_and_never_more() -> None:
    machine = limited(depth=3, bindings=5)
    pid = harmless(machine)

    more = machine.run(pid, NamespaceUnshare("k", limits=Limits(depth=3, bindings=5)))
    none = machine.run(pid, NamespaceUnshare("k", limits=Limits(depth=-1, bindings=5)))
    less = machine.run(pid, NamespaceUnshare("k", limits=Limits(depth=1, bindings=2)))

    assert more.errno is Errno.ENOSPC
    assert "`depth`" in more.outcome.reason
    assert none.errno is Errno.EINVAL
    assert machine.state.namespaces[less.result].limits == Limits(depth=1, bindings=2)
    assert machine.run(pid, NamespaceUnshare("l")).errno is None
    assert machine.run(pid, NamespaceUnshare("m")).errno is Errno.ENOSPC


# Lifetimes


def test_a_namespace_ends_with_the_last_that_holds_it() -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    made = machine.run(pid, NamespaceUnshare("k", (bound("c"),))).result
    child = machine.fork(pid)

    machine.run(pid, Exit())
    assert made in machine.state.namespaces.members
    machine.run(child, Exit())
    assert made not in machine.state.namespaces.members
    assert machine.run(harmless(machine), NamespaceUnshare("k")).result == made + 1


def test_a_child_holds_its_parent() -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    outer = machine.run(pid, NamespaceUnshare("outer")).result
    inner = machine.run(pid, NamespaceUnshare("inner")).result

    assert {outer, inner} <= set(machine.state.namespaces.members)
    machine.run(pid, Exit())
    assert set(machine.state.namespaces.members) == {0}
    assert usage_of(machine.state, 0).namespaces == 0


def test_a_socket_holds_the_namespace_that_it_was_made_in() -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    outside = harmless(machine)
    one, two = machine.fork(pid), pid
    made = machine.run(one, NamespaceUnshare("k")).result
    thread = machine.fork(one, "files")
    machine.run(one, MakeSocket("unix", "stream"))
    machine.run(thread, NamespaceUnshare("below"))
    machine.run(one, Exit())

    assert made in machine.state.namespaces.members
    machine.run(thread, Exit())
    assert made not in machine.state.namespaces.members
    assert machine.task(outside).home == machine.task(two).home == 0


def test_a_handle_holds_a_namespace_and_leads_into_it() -> None:
    machine = Machine(World.OPEN)
    keeper, pid = within(machine, 0), harmless(machine)
    made = machine.run(pid, NamespaceUnshare("k")).result
    handle = machine.run(keeper, NamespaceOpen(made)).result
    machine.run(pid, Exit())

    assert machine.run(keeper, NamespaceEnter(Descriptor(handle))).errno is None
    assert machine.task(keeper).home == made
    machine.run(keeper, Close(Descriptor(handle)))
    assert made in machine.state.namespaces.members
    machine.run(keeper, Exit())
    assert made not in machine.state.namespaces.members


def test_a_handle_is_for_what_is_in_sight() -> None:
    machine = tree_of_three()
    pid = within(machine, 1)

    assert machine.run(pid, NamespaceOpen(0)).errno is Errno.ENOENT
    assert machine.run(pid, NamespaceOpen(99)).errno is Errno.ENOENT
    assert machine.run(pid, NamespaceOpen(2)).errno is None


def test_a_declared_namespace_stays() -> None:
    machine = tree_of_three()
    machine.run(within(machine, 2), Exit())

    assert set(machine.state.namespaces.members) == {0, 1, 2}


# The proposal's other way: asked for first, made at clone(2) or unshare(2)


def test_a_child_begins_in_the_namespace_that_was_asked_for() -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    asked = machine.run(pid, SetSelfAttribute("clone_newlsm", Demand("k", (bound("c"),))))

    assert set(machine.state.namespaces.members) == {0}
    ran = machine.run(pid, Clone(frozenset({"newlsm"})))

    assert asked.errno is ran.errno is None
    assert (machine.task(pid).home, machine.task(ran.result).home) == (0, 1)
    assert ran.hooks == ["task_alloc", "namespace_create", "namespace_bind", "namespace_enter"]
    assert machine.run(pid, Clone(frozenset({"newlsm"}))).errno is Errno.EINVAL


def test_unshare_makes_what_was_asked_for() -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    machine.run(pid, SetSelfAttribute("unshare_newlsm", Demand("k")))

    assert machine.run(pid, Unshare(frozenset({"newlsm"}))).errno is None
    assert machine.task(pid).home == 1


def test_what_was_asked_for_is_forgotten_at_exec_and_not_inherited() -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    machine.run(pid, SetSelfAttribute("clone_newlsm", Demand("k")))
    child = machine.fork(pid)
    machine.run(pid, Execute(At("/bin/sh")))

    for each in (pid, child):
        assert machine.run(each, Clone(frozenset({"newlsm"}))).errno is Errno.EINVAL


def test_a_thread_has_no_namespace_of_its_own() -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    machine.run(pid, SetSelfAttribute("clone_newlsm", Demand("k")))

    assert machine.run(pid, Clone(frozenset({"newlsm", "thread", "vm", "sighand"}))).errno is Errno.EINVAL


def test_what_may_not_be_made_may_not_be_asked_for() -> None:
    machine = limited(namespaces=0)
    pid = harmless(machine)

    assert machine.run(pid, SetSelfAttribute("clone_newlsm", Demand("k"))).errno is Errno.ENOSPC
    assert machine.run(pid, SetSelfAttribute("current", Demand("k"))).errno is Errno.EOPNOTSUPP
    plain = machine.process(1000)
    assert machine.run(plain, SetSelfAttribute("clone_newlsm", Demand("k"))).errno is Errno.EPERM
    assert machine.run(pid, SetSelfAttribute("clone_newlsm", None)).errno is None


@pytest.mark.parametrize("hook", ["task_alloc", "namespace_create", "namespace_bind", "namespace_enter"])
def test_a_clone_that_is_denied_makes_nothing(hook: str) -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    machine.run(pid, SetSelfAttribute("clone_newlsm", Demand("k", (bound("c"),))))
    before = machine.state

    assert machine.run(pid, Clone(frozenset({"newlsm"})), grant=denying(hook)).outcome is None
    assert machine.state == before
