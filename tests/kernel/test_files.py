from hypothesis import given
from hypothesis import strategies as st

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.event import FileStatus, Recorded
from nslsm.kernel.files import RECENT, FileSystem
from nslsm.kernel.operations import (
    At,
    ChangeMode,
    Close,
    Descriptor,
    Execute,
    MakeDirectory,
    Open,
    Rename,
    Status,
    Unlink,
)
from nslsm.kernel.paths import parent_of
from nslsm.kernel.world import World
from nslsm.protocol.things import Identity
from tests.kernel.machine import Machine

CREATE = frozenset({"write", "create"})
components = st.lists(st.sampled_from(("a", "b", "..", ".", "", "c")), max_size=8)


@given(components, st.booleans())
def test_a_path_leads_to_a_normal_one_below_the_root(parts: list[str], absolute: bool) -> None:
    files = FileSystem()

    walk = files.walk("/jail/home", "/jail", "/" * absolute + "/".join(parts))

    assert isinstance(walk.path, str)
    assert walk.path == "/jail" or walk.path.startswith("/jail/")
    assert not {"", ".", ".."} & set(walk.path.split("/")[1:])


@given(components)
def test_where_there_are_no_links_a_path_means_what_it_says(parts: list[str]) -> None:
    walked = "/"
    for part in parts:
        walked = parent_of(walked) if part == ".." else walked if part in ("", ".") else f"{walked.rstrip('/')}/{part}"

    assert FileSystem().walk("/", "/", "/" + "/".join(parts)).path == walked


def test_an_unknown_start_matters_to_relative_paths_only() -> None:
    files = FileSystem()

    assert files.walk(UNKNOWN, "/", "a").path is UNKNOWN
    assert files.walk(UNKNOWN, "/", "/a").path == "/a"
    assert files.walk("/", "/", UNKNOWN).path is UNKNOWN


def test_a_link_with_an_unknown_target_leads_nobody_knows_where() -> None:
    machine = Machine()
    machine.file("/l", target=UNKNOWN)

    assert machine.state.files.walk("/", "/", "/l/x").path is UNKNOWN
    assert machine.state.files.walk("/", "/", "/l", follow=False).path == "/l"


def test_links_lead_from_where_they_are() -> None:
    machine = Machine()
    machine.file("/a/b/l", target="../x")

    assert machine.state.files.walk("/", "/", "/a/b/l/y").path == "/a/x/y"


class TestWhatATraceHasTold:
    """Of paths that nobody holds, for a while."""

    def machine(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        return machine, machine.process(0, pid=100, parent=0, directory="/w")

    def stat(self, machine: Machine, pid: int, path: str, **facts: object) -> None:
        machine.run(pid, Status(At(path)), Recorded(0, status=FileStatus("regular", **facts)))

    def test_a_programs_bits_are_known_once_somebody_has_looked_at_them(self) -> None:
        machine, pid = self.machine()
        self.stat(machine, pid, "/bin/tool", mode=0o755, owner=0, inode=7)

        ran = machine.run(pid, Execute(At("/bin/tool")), Recorded(0))

        file = ran.the("bprm_check_security").object
        assert (file.mode, file.inode, file.identity) == (0o755, 7, Identity("file", "/bin/tool"))
        assert machine.task(pid).credentials.euid == 0

    def test_without_a_look_they_are_not(self) -> None:
        machine, pid = self.machine()

        machine.run(pid, Execute(At("/bin/tool")), Recorded(0))

        assert machine.task(pid).credentials.euid is UNKNOWN

    def test_changes_are_followed(self) -> None:
        machine, pid = self.machine()
        self.stat(machine, pid, "x", mode=0o755)

        machine.run(pid, ChangeMode(At("x"), 0o700), Recorded(0))
        machine.run(pid, Rename(At("x"), At("y")), Recorded(0))

        assert machine.state.files.file_at("/w/y").mode == 0o700
        assert machine.state.files.file_at("/w/x").mode is UNKNOWN

    def test_what_was_learnt_of_an_open_file_outlives_it_for_a_while(self) -> None:
        machine, pid = self.machine()
        machine.run(pid, Open(At("x")), Recorded(3))
        self.stat(machine, pid, "x", mode=0o640)

        machine.run(pid, Close(Descriptor(3)), Recorded(0))

        assert machine.state.files.file_at("/w/x").mode == 0o640

    def test_a_file_that_is_known_to_be_there_is_not_made(self) -> None:
        machine, pid = self.machine()
        self.stat(machine, pid, "log", mode=0o644)

        there = machine.run(pid, Open(At("log"), CREATE), Recorded(3))
        machine.run(pid, Unlink(At("log")), Recorded(0))
        gone = machine.run(pid, Open(At("log"), CREATE), Recorded(4))

        assert "path_mknod" not in there.hooks
        assert "path_mknod" in gone.hooks

    def test_a_directory_that_moves_takes_what_was_told_out_of_memory(self) -> None:
        machine, pid = self.machine()
        self.stat(machine, pid, "d/x", mode=0o755)

        machine.run(pid, Rename(At("d"), At("e")), Recorded(0))
        machine.run(pid, MakeDirectory(At("d")), Recorded(0))

        assert machine.state.files.file_at("/w/d/x").mode is UNKNOWN
        assert machine.state.files.file_at("/w/d").type == "directory"

    def test_memory_is_bounded(self) -> None:
        files = FileSystem(world=World.RECORDED)

        for number in range(2 * RECENT + 50):
            files = files.told(f"/{number}", None)

        assert len(files.recent) + len(files.older) <= 2 * RECENT
        assert files.told_of(f"/{2 * RECENT + 49}") is None
        assert files.told_of("/0") is UNKNOWN
