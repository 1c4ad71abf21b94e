"""What is mapped where: which file an address belongs to, and how long a mapping keeps it."""

from hypothesis import given
from hypothesis import strategies as st

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.address_space import PAGE, Area, Memory
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.memory import mapped, new_memory, unmapped
from nslsm.kernel.operations import (
    At,
    Close,
    Descriptor,
    Execute,
    Exit,
    Map,
    Open,
    Protect,
    Remap,
    SetBreak,
    Unmap,
)
from nslsm.kernel.state import State
from nslsm.kernel.world import World
from tests.kernel.machine import Machine, denying

READ = frozenset({"read"})
WRITE = frozenset({"read", "write"})
CODE = frozenset({"read", "exec"})
PRIVATE = frozenset({"private"})
ANONYMOUS = frozenset({"private", "anonymous"})


def with_library() -> tuple[Machine, Descriptor, int]:
    """A task that has mapped two pages of a library, by which descriptor, and where."""
    machine = Machine()
    machine.file("/lib/a.so")
    descriptor = Descriptor(machine.run(1, Open(At("/lib/a.so"))).result)
    return machine, descriptor, machine.run(1, Map(descriptor, READ, PRIVATE, 2 * PAGE)).result


def test_protection_is_asked_about_the_file_that_is_mapped_there() -> None:
    machine, _, start = with_library()

    assert machine.run(1, Protect(start + PAGE, PAGE, CODE)).the("file_mprotect").object.path == "/lib/a.so"


def test_protection_of_a_range_is_asked_about_each_area_in_it() -> None:
    machine, descriptor, start = with_library()
    below = machine.run(1, Map(descriptor, READ, PRIVATE, PAGE)).result

    ran = machine.run(1, Protect(below, start + 2 * PAGE - below, READ))

    assert below < start
    assert ran.hooks == ["file_mprotect", "file_mprotect"]


def test_what_nobody_saw_mapped_is_unknown() -> None:
    machine, _, start = with_library()

    assert machine.run(1, Protect(start + 64 * PAGE, PAGE, READ)).the("file_mprotect").object is UNKNOWN


def test_a_mapping_outlives_the_descriptor_and_frees_the_file_when_it_goes() -> None:
    machine, descriptor, start = with_library()

    closed = machine.run(1, Close(descriptor), detail=Detail.EVERY)
    half = machine.run(1, Unmap(start, PAGE), detail=Detail.EVERY)
    rest = machine.run(1, Unmap(start + PAGE, PAGE), detail=Detail.EVERY)

    assert (closed.hooks, half.hooks, rest.hooks) == ([], [], ["file_free_security"])
    assert not len(machine.state.descriptions)


def test_a_mapping_in_the_place_of_another_replaces_it() -> None:
    machine, descriptor, start = with_library()
    machine.run(1, Close(descriptor))

    machine.run(1, Map(None, WRITE, ANONYMOUS | {"fixed"}, 2 * PAGE, start))

    assert machine.run(1, Protect(start, PAGE, READ)).the("file_mprotect").object.type == "anonymous"
    assert not len(machine.state.descriptions)


def test_a_child_has_its_makers_memory_and_leaves_it_behind_when_it_executes() -> None:
    machine, _, start = with_library()
    machine.file("/bin/true")
    child = machine.fork(1)

    before = machine.run(child, Protect(start, PAGE, READ)).the("file_mprotect").object
    machine.run(child, Execute(At("/bin/true")))
    after = machine.run(child, Protect(start, PAGE, READ)).the("file_mprotect").object

    assert (before.path, after) == ("/lib/a.so", UNKNOWN)
    assert machine.run(1, Protect(start, PAGE, READ)).the("file_mprotect").object.path == "/lib/a.so"


def test_a_child_of_vfork_shares_memory_until_it_executes() -> None:
    machine, _, start = with_library()
    machine.file("/bin/true")
    child = machine.fork(1, "vm", "vfork")

    machine.run(child, Unmap(start, PAGE))
    shared = machine.run(1, Protect(start, PAGE, READ)).the("file_mprotect").object
    machine.run(child, Execute(At("/bin/true")))
    machine.run(child, Unmap(start + PAGE, PAGE))

    assert shared is UNKNOWN
    assert machine.run(1, Protect(start + PAGE, PAGE, READ)).the("file_mprotect").object.path == "/lib/a.so"


def test_a_heap_asks_only_where_it_grows() -> None:
    machine = Machine()
    grown, shrunk, asked = 0x5555_0000_4000, 0x5555_0000_1000, 0

    machine.run(1, SetBreak(0), Recorded(0x5555_0000_0000))

    assert machine.run(1, SetBreak(grown)).the("mmap_addr").argument("start") == 0x5555_0000_0000
    assert machine.run(1, SetBreak(shrunk)).hooks == []
    assert machine.run(1, SetBreak(asked)).hooks == []


def test_a_denial_of_the_address_leaves_the_heap_as_it_was() -> None:
    machine = Machine()
    machine.run(1, SetBreak(0), Recorded(0x5555_0000_0000))

    machine.run(1, SetBreak(0x5555_0000_4000), grant=denying("mmap_addr"))

    assert machine.state.memories[machine.state.threads[1].memory].end_of_heap == 0x5555_0000_0000


def test_what_moves_is_asked_about_where_it_goes_and_takes_its_file_along() -> None:
    machine, _, start = with_library()
    to = start - 16 * PAGE

    ran = machine.run(1, Remap(start, 2 * PAGE, 4 * PAGE, moves=True), Recorded(to))

    assert ran.the("mmap_addr").argument("start") == to
    assert machine.run(1, Protect(to + 3 * PAGE, PAGE, READ)).the("file_mprotect").object.path == "/lib/a.so"
    assert machine.run(1, Protect(start, PAGE, READ)).the("file_mprotect").object is UNKNOWN


def test_a_recorded_programs_own_segments_are_told_by_where_they_are() -> None:
    machine = Machine(world=World.RECORDED)
    machine.process(pid=1)
    machine.run(1, Execute(At("/usr/bin/cat")), Recorded(0))

    program = machine.run(1, Protect(0x5555_5555_8000, PAGE, READ), Recorded(0)).the("file_mprotect").object
    interpreter = machine.run(1, Protect(0x7FFF_F7FF_B000, PAGE, READ), Recorded(0)).the("file_mprotect").object

    assert program.path == "/usr/bin/cat"
    assert interpreter.path == "/lib64/ld-linux-x86-64.so.2"


def test_loading_maps_the_programs_segments_and_then_those_of_its_interpreter() -> None:
    machine = Machine(world=World.RECORDED, profile="6.1")
    machine.process(pid=1)

    ran = machine.run(1, Execute(At("/usr/bin/cat")), Recorded(0), detail=Detail.EVERY)

    mapped_files = [(each.object.path, each.argument("prot")) for each in ran.requests if each.hook.name == "mmap_file"]
    segments = [READ, CODE, READ, WRITE]
    assert mapped_files == [
        *(("/usr/bin/cat", each) for each in segments),
        *(("/lib64/ld-linux-x86-64.so.2", each) for each in segments),
    ]
    assert ran.hooks.index("bprm_committed_creds") < ran.hooks.index("mmap_file")


def test_a_program_that_ends_lets_go_of_what_it_alone_had() -> None:
    machine, _, _ = with_library()
    child = machine.fork(1)

    last_but_one = machine.run(child, Exit(0), detail=Detail.EVERY)
    last = machine.run(1, Exit(0), detail=Detail.EVERY)

    assert (last_but_one.hooks, last.hooks) == ([], ["file_free_security"])


RANGES = st.tuples(st.integers(0, 12), st.integers(1, 5)).map(lambda at: (at[0] * PAGE, (at[0] + at[1]) * PAGE))


@given(st.lists(st.tuples(st.booleans(), RANGES), max_size=12))
def test_areas_are_what_page_by_page_bookkeeping_says(changes: list[tuple[bool, tuple[int, int]]]) -> None:
    state, memory = new_memory(State(namespaces=Machine().tree))
    pages: dict[int, bool] = {}

    for number, (maps, (start, end)) in enumerate(changes):
        if maps:
            state = mapped(state, memory, Area(start, end, None, bool(number % 2))).state
        else:
            state = unmapped(state, memory, start, end).state
        for page in range(start, end, PAGE):
            pages.pop(page, None)
            if maps:
                pages[page] = bool(number % 2)

    known: Memory = state.memories[memory]
    assert {page: area.charged for area in known.areas for page in range(area.start, area.end, PAGE)} == pages
    assert list(known.areas) == sorted(known.areas)
