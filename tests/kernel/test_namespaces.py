from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, ordinary_credentials
from nslsm.kernel.namespaces import _counted, move, usage_of
from nslsm.kernel.operations import (
    At,
    Control,
    NamespaceUnshare,
    Open,
)
from nslsm.kernel.view import BindingView
from nslsm.kernel.world import World
from nslsm.protocol.namespace import Binding, Limits, Mode
from nslsm.protocol.things import Identity
from nslsm.protocol.view import UNSET
from nslsm.testing.builders import Scripted, allow, deny, lineage_with
from tests.kernel.machine import Machine, denying


def bound(name: str = "c", mode: Mode = Mode.ENFORCE, control: Scripted | None = None) -> Binding:
    return Binding(name=name, control=control or Scripted(name), mode=mode)


def harmless(machine: Machine, uid: int = 1000, **rest: object) -> int:
    return machine.process(credentials=replace(ordinary_credentials(uid), no_new_privs=True), **rest)


def limited(**limits: int) -> Machine:
    tree = lineage_with({"root": []})
    return Machine(World.OPEN, tree.with_namespace(replace(tree[0], limits=Limits(**limits))))


def test_unsharing_makes_binds_and_moves_in_one_step() -> None:
    machine = Machine(World.OPEN)
    pid = harmless(machine)
    thread = machine.fork(pid, "thread")

    ran = machine.run(thread, NamespaceUnshare("k", (bound("c"),)))

    assert ran.hooks == ["namespace_create", "namespace_bind", "namespace_enter"]
    made = machine.state.namespaces[ran.result]
    assert (made.name, made.path, made.parent, made.depth) == ("k", "root.k", 0, 1)
    assert made.bindings[0].maker == made.id
    assert machine.task(pid).home == machine.task(thread).home == made.id
    assert ran.the("namespace_bind").argument("control") == "c"
    assert ran.the("namespace_bind").argument("mode") == "enforce"


def test_it_needs_no_new_privs_or_the_capability() -> None:
    machine = Machine()
    plain, admin = machine.process(1000), machine.process(0)

    refused = machine.run(plain, NamespaceUnshare("k"))
    granted = machine.run(admin, NamespaceUnshare("k"))

    assert (refused.errno, refused.hooks) == (Errno.EPERM, ["capable"])
    assert granted.the("capable").argument("cap") is Capability.CAP_MAC_ADMIN
    assert granted.errno is None


def test_whether_nobody_knows_of_no_new_privs_is_no_permission() -> None:
    machine = Machine()
    pid = machine.process(credentials=UNKNOWN_CREDENTIALS)

    ran = machine.run(pid, NamespaceUnshare("k"))

    assert ran.errno is Errno.EPERM
    assert ran.outcome.unknown == {"subject.no_new_privs", "subject.effective"}


def test_an_ancestor_that_objects_leaves_nothing_behind() -> None:
    for hook in ("namespace_create", "namespace_bind", "namespace_enter"):
        machine = Machine()
        pid = harmless(machine)
        before = machine.state

        assert machine.run(pid, NamespaceUnshare("k", (bound(),)), grant=denying(hook)).outcome is None
        assert machine.state is before


def test_names_are_unique_among_siblings_and_are_names() -> None:
    machine = Machine()
    one, other = harmless(machine), harmless(machine)
    machine.run(one, NamespaceUnshare("k"))

    assert machine.run(other, NamespaceUnshare("k")).errno is Errno.EEXIST
    for name in ("", "a.b", "a b", "\x1b[31m", "-", "x" * 65):
        assert machine.run(other, NamespaceUnshare(name)).errno is Errno.EINVAL
    assert machine.run(one, NamespaceUnshare("k")).errno is None
    assert machine.run(other, NamespaceUnshare("clinic-7")).errno is None


def test_limits_are_enospc_and_named() -> None:
    deep, many, stuffed = limited(depth=1), limited(namespaces=1), limited(bindings=1)

    for machine, limit in ((deep, "depth"), (many, "namespaces")):
        pid = harmless(machine)
        assert machine.run(pid, NamespaceUnshare("one")).errno is None
        ran = machine.run(pid, NamespaceUnshare("two"))
        assert ran.errno is Errno.ENOSPC
        assert f"`{limit}`" in ran.outcome.reason
    ran = stuffed.run(harmless(stuffed), NamespaceUnshare("one", (bound("a"), bound("b"))))
    assert ran.errno is Errno.ENOSPC
    assert "`bindings`" in ran.outcome.reason


def test_a_limit_counts_for_the_whole_subtree() -> None:
    machine = limited(namespaces=3)

    made = [machine.run(harmless(machine), NamespaceUnshare(name)).errno for name in ("a", "b", "c", "d")]

    assert made == [None, None, None, Errno.ENOSPC]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=12))
def test_what_is_used_up_is_what_is_there(calls: list[tuple[int, int]]) -> None:
    machine = Machine()
    people = [harmless(machine) for _ in range(6)]

    for place, (who, bindings) in enumerate(calls):
        machine.run(people[who], NamespaceUnshare(f"n{place}", tuple(bound(f"c{each}") for each in range(bindings))))

    for number in machine.state.namespaces.members:
        assert usage_of(machine.state, number) == _counted(machine.state.namespaces, number)


def test_a_lock_shuts_out_what_it_does_not_name() -> None:
    tree = lineage_with({"root": [], "web": []})
    locked = tree.with_namespace(replace(tree[0], lock=frozenset({"allowed"})))
    machine = Machine(tree=locked)
    held = replace(ordinary_credentials(1000), no_new_privs=True, namespace=1)
    pid = machine.process(credentials=held)

    refused = machine.run(pid, NamespaceUnshare("k", (bound("other"),)))
    granted = machine.run(pid, NamespaceUnshare("k", (bound("allowed"),)))

    assert refused.errno is Errno.EPERM
    assert "root is locked" in refused.outcome.reason
    assert granted.errno is None


def test_one_control_twice_is_one_binding_in_the_stricter_mode() -> None:
    machine = Machine()
    control = Scripted("c")
    pid = harmless(machine)

    made = machine.run(
        pid, NamespaceUnshare("k", (bound("c", Mode.COMPLAIN, control), bound("c", Mode.ENFORCE, control)))
    )
    clash = machine.run(
        pid, NamespaceUnshare("l", (bound("c", control=Scripted("one")), bound("c", control=Scripted("two"))))
    )

    assert [binding.mode for binding in machine.state.namespaces[made.result].bindings] == [Mode.ENFORCE]
    assert clash.errno is Errno.EEXIST


def test_children_start_where_their_parent_is() -> None:
    machine = Machine()
    pid = harmless(machine)
    made = machine.run(pid, NamespaceUnshare("k")).result

    assert machine.task(machine.fork(pid)).home == made


def test_moving_moves_all_threads_and_nobody_else() -> None:
    tree = lineage_with({"root": [allow("file_open")], "web": [deny("file_open")]})
    machine = Machine(tree=tree)
    pid, other = machine.process(1000), machine.process(1000)
    thread = machine.fork(pid, "thread")

    moved = move(machine.state, pid, 1)

    assert [moved.tasks[each].home for each in (pid, thread, other)] == [1, 1, 0]
    assert moved.tasks[pid].credentials is moved.tasks[thread].credentials


class TestView:
    """What a binding sees of the state."""

    def test_cells_are_private_to_binding_and_namespace(self) -> None:
        from rpds import HashTrieMap

        from nslsm.kernel.state import CellKey

        machine = Machine(tree=lineage_with({"root": [], "web": []}))
        thing = Identity("task", 7)
        cells = machine.state.cells.insert(thing, HashTrieMap({CellKey(1, "c", "task.a"): True}))
        state = replace(machine.state, cells=cells)

        assert BindingView(state, 1, "c").cell("task.a", thing) is True
        assert BindingView(state, 0, "c").cell("task.a", thing) is UNSET
        assert BindingView(state, 1, "d").cell("task.a", thing) is UNSET
        assert BindingView(state, 1, "c").cell("task.b", thing) is UNSET

    def test_a_task_outside_the_subtree_is_foreign_and_a_file_never_is(self) -> None:
        machine = Machine(World.OPEN, lineage_with({"root": [], "web": []}))
        inside = machine.process(credentials=ordinary_credentials(1000, namespace=1))
        outside = machine.process(credentials=ordinary_credentials(1000, namespace=0))
        view = BindingView(machine.state, 1, "c")

        assert view.foreign(machine.task(outside)) is True
        assert view.foreign(machine.task(inside)) is False
        assert BindingView(machine.state, 0, "c").foreign(machine.task(inside)) is False
        assert view.foreign(machine.state.files.file_at("/etc")) is False
        assert view.namespace_path(machine.task(inside)) == "root.web"

    def test_the_parent_of_a_file_is_its_directory(self) -> None:
        machine = Machine()
        machine.file("/srv", type="directory", owner=7)
        machine.file("/srv/a")
        view = BindingView(machine.state, 0, "c")

        parent = view.parent(machine.run(1, Open(At("/srv/a"))).the("file_open").object)

        assert (parent.path, parent.owner, parent.type) == ("/srv", 7, "directory")
        assert view.parent(parent._replace(path=UNKNOWN)) is UNKNOWN

    def test_ancestors_are_those_above_and_oneself(self) -> None:
        machine = Machine()
        top = machine.process(1000)
        middle = machine.fork(top)
        leaf, sibling = machine.fork(middle), machine.fork(top)
        view = BindingView(machine.state, 0, "c")
        task = machine.task

        assert view.is_ancestor_of(task(top), task(leaf)) is True
        assert view.is_ancestor_of(task(leaf), task(leaf)) is True
        assert view.is_ancestor_of(task(leaf), task(top)) is False
        assert view.is_ancestor_of(task(sibling), task(leaf)) is False

    def test_in_a_recording_who_is_above_its_roots_is_unknown(self) -> None:
        machine = Machine(World.RECORDED)
        one = machine.process(pid=100, parent=0, parent_known=False)
        other = machine.process(pid=200, parent=0, parent_known=False)
        child = machine.process(pid=101, parent=100)
        view = BindingView(machine.state, 0, "c")
        task = machine.task

        assert view.is_ancestor_of(task(other), task(child)) is UNKNOWN
        assert view.is_ancestor_of(task(child), task(one)) is False
        assert view.is_ancestor_of(task(one), task(child)) is True

    def test_a_declared_tracer_is_accepted_with_its_descendants(self) -> None:
        machine = Machine()
        tracee, tracer, stranger = (machine.process(1000) for _ in range(3))
        below = machine.fork(tracer)
        machine.run(tracee, Control("set_ptracer", (tracer,)))
        task = machine.task

        def accepts(one: int, other: int) -> object:
            return BindingView(machine.state, 0, "c").accepts_tracer(task(one), task(other))

        assert accepts(tracee, tracer) is True
        assert accepts(tracee, below) is True
        assert accepts(tracee, stranger) is False
        machine.run(tracee, Control("set_ptracer", (-1,)))
        assert accepts(tracee, stranger) is True
        machine.run(tracee, Control("set_ptracer", (0,)))
        assert accepts(tracee, tracer) is False
