from dataclasses import replace

from rpds import HashTrieMap

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import (
    At,
    ChangeDirectory,
    ChangeRoot,
    Close,
    Descriptor,
    GetDirectory,
    Link,
    MakeDirectory,
    MakeNode,
    MakeSymbolicLink,
    Open,
    Read,
    ReadLink,
    Rename,
    Status,
    Unlink,
)
from nslsm.kernel.state import CellKey
from nslsm.kernel.world import World
from nslsm.protocol.things import Identity
from tests.kernel.machine import Machine, denying, without

KEY = CellKey(0, "c", "file.label")


def label(machine: Machine, path: str, value: str = "secret") -> Identity:
    identity = machine.state.files.file_at(path).identity
    assert isinstance(identity, Identity)
    cells = machine.state.cells.insert(identity, HashTrieMap({KEY: value}))
    machine.state = replace(machine.state, cells=cells)
    return identity


def label_of(machine: Machine, path: str) -> object:
    identity = machine.state.files.file_at(path).identity
    of_thing = machine.state.cells.get(identity)
    return None if of_thing is None else of_thing.get(KEY)


def recording() -> tuple[Machine, int]:
    machine = Machine(World.RECORDED)
    return machine, machine.process(pid=100, parent=0, directory="/home/u")


def test_mkdir_asks_by_path_then_for_the_directory_then_by_inode() -> None:
    machine = Machine()
    machine.file("/srv", type="directory")

    ran = machine.run(1, MakeDirectory(At("/srv/new"), 0o750))

    assert ran.hooks == ["path_mkdir", "inode_permission", "inode_mkdir"]
    assert ran.the("path_mkdir").argument("mode") == 0o750
    assert machine.state.files.file_at("/srv/new").mode == 0o750
    assert machine.state.files.file_at("/srv/new").type == "directory"


def test_what_is_there_is_not_made_again() -> None:
    machine = Machine()
    machine.file("/srv/a")

    assert machine.run(1, MakeDirectory(At("/srv/a"))).errno is Errno.EEXIST
    assert machine.run(1, MakeDirectory(At("/none/a"))).errno is Errno.ENOENT


def test_in_the_open_world_a_name_that_is_to_be_made_is_free_once() -> None:
    machine = Machine(World.OPEN)

    assert machine.run(1, MakeDirectory(At("/srv/new"))).errno is None
    assert machine.run(1, MakeDirectory(At("/srv/new"))).errno is Errno.EEXIST


def test_devices_need_the_capability_for_them() -> None:
    machine = Machine()
    device = MakeNode(At("/null"), "character_device", 0o666, 0x103)

    ran = machine.run(1, device)
    refused = machine.run(1, MakeNode(At("/zero"), "character_device"), grant=without("CAP_MKNOD"))

    assert ran.hooks == ["path_mknod", "inode_permission", "capable", "inode_mknod", "path_post_mknod"]
    assert ran.the("path_mknod").argument("device_number") == 0x103
    assert refused.errno is Errno.EPERM


def test_a_regular_file_made_by_mknod_is_created() -> None:
    assert "inode_create" in Machine().run(1, MakeNode(At("/a"), "regular")).hooks


def test_unlinking_in_a_sticky_directory_is_for_owners() -> None:
    machine = Machine()
    machine.file("/tmp", type="directory", mode=0o1777)
    machine.file("/tmp/a", owner=1000)
    stranger, owner = machine.process(1001), machine.process(1000)

    refused = machine.run(stranger, Unlink(At("/tmp/a")))
    granted = machine.run(owner, Unlink(At("/tmp/a")))

    assert refused.errno is Errno.EPERM
    assert refused.the("capable").argument("cap") is Capability.CAP_FOWNER
    assert granted.hooks == ["path_unlink", "inode_permission", "inode_unlink"]
    assert machine.run(owner, Open(At("/tmp/a"))).errno is Errno.ENOENT


def test_directories_are_removed_empty_and_by_their_own_call() -> None:
    machine = Machine()
    machine.file("/srv/d/a")

    assert machine.run(1, Unlink(At("/srv/d"))).errno is Errno.EISDIR
    assert machine.run(1, Unlink(At("/srv/d"), directory=True)).errno is Errno.ENOTEMPTY
    assert machine.run(1, Unlink(At("/srv/d/a"), directory=True)).errno is Errno.ENOTDIR
    machine.run(1, Unlink(At("/srv/d/a")))
    assert machine.run(1, Unlink(At("/srv/d"), directory=True)).hooks == [
        "path_rmdir",
        "inode_permission",
        "inode_rmdir",
    ]


def test_what_was_removed_in_the_open_world_stays_removed() -> None:
    machine = Machine(World.OPEN)

    machine.run(1, Unlink(At("/etc/passwd")))

    assert machine.run(1, Open(At("/etc/passwd"))).errno is Errno.ENOENT
    assert machine.run(1, Open(At("/etc/group"))).errno is None


def test_a_rename_is_asked_at_both_ends_and_across_directories_by_a_hook_of_its_own() -> None:
    machine = Machine()
    machine.file("/a/x")
    machine.file("/b", type="directory")

    ran = machine.run(1, Rename(At("/a/x"), At("/b/y")))

    assert ran.hooks == ["path_rename", "path_reparent", "inode_permission", "inode_permission", "inode_rename"]
    assert (ran.the("path_rename").argument("old").path, ran.the("path_rename").argument("new").path) == (
        "/a/x",
        "/b/y",
    )
    assert ran.the("path_rename").object == ran.the("path_rename").argument("old")


def test_a_rename_tells_whether_a_file_goes_by_it() -> None:
    machine = Machine()
    for name in ("/a/x", "/a/y", "/a/z"):
        machine.file(name)

    def replaces(new: str, *flags: str) -> object:
        return machine.run(1, Rename(At("/a/x"), At(new), frozenset(flags))).the("path_rename").argument("replaces")

    assert replaces("/a/y", "exchange") is False
    assert replaces("/a/new", "noreplace") is False
    machine.file("/a/x")
    assert replaces("/a/z") is True
    machine.file("/a/x")
    assert replaces("/a/other") is False
    recorded, pid = recording()
    ran = recorded.run(pid, Rename(At("/a/x"), At("/a/y")), Recorded(0))
    assert ran.the("path_rename").argument("replaces") is UNKNOWN


def test_a_rename_in_one_directory_does_not_reparent() -> None:
    machine = Machine()
    machine.file("/a/x")

    assert "path_reparent" not in machine.run(1, Rename(At("/a/x"), At("/a/y"))).hooks


def test_a_directory_that_moves_is_itself_written_to() -> None:
    machine = Machine()
    machine.file("/a", type="directory", mode=0o777)
    machine.file("/b", type="directory", mode=0o777)
    machine.file("/a/d", type="directory", owner=0, mode=0o755)
    pid = machine.process(1000)

    assert machine.run(pid, Rename(At("/a/d"), At("/a/e"))).errno is None
    assert machine.run(pid, Rename(At("/a/e"), At("/b/e"))).errno is Errno.EACCES


def test_a_directory_does_not_move_below_itself() -> None:
    machine = Machine()
    machine.file("/a/b/c")

    assert machine.run(1, Rename(At("/a"), At("/a/b/a"))).errno is Errno.EINVAL


def test_labels_stay_with_the_inode_on_rename_and_link() -> None:
    machine = Machine()
    machine.file("/a/x")
    label(machine, "/a/x")

    machine.run(1, Rename(At("/a/x"), At("/y")))
    machine.run(1, Link(At("/y"), At("/z")))

    assert label_of(machine, "/y") == label_of(machine, "/z") == "secret"


def test_a_replaced_file_takes_its_labels_along() -> None:
    machine = Machine()
    machine.file("/a")
    machine.file("/b")
    gone = label(machine, "/b", "theirs")

    machine.run(1, Rename(At("/a"), At("/b")))

    assert label_of(machine, "/b") is None
    assert gone not in machine.state.cells


def test_where_no_inode_is_known_labels_follow_the_path() -> None:
    machine, pid = recording()
    label(machine, "/home/u/x")

    machine.run(pid, Rename(At("x"), At("/tmp/y")), Recorded(0))

    assert label_of(machine, "/tmp/y") == "secret"
    assert label_of(machine, "/home/u/x") is None


def test_a_renamed_directory_takes_the_labels_of_paths_beneath_along() -> None:
    machine, pid = recording()
    label(machine, "/home/u/d/x/y", "in")
    label(machine, "/home/u/dd", "beside")

    machine.run(pid, Rename(At("d"), At("e")), Recorded(0))

    assert label_of(machine, "/home/u/e/x/y") == "in"
    assert label_of(machine, "/home/u/dd") == "beside"
    assert len(machine.state.cells) == 2


def test_two_names_of_a_recorded_file_share_labels_and_keep_them_apart_from_later_files() -> None:
    machine, pid = recording()
    label(machine, "/home/u/x")

    machine.run(pid, Link(At("x"), At("y")), Recorded(0))
    assert label_of(machine, "/home/u/x") == label_of(machine, "/home/u/y") == "secret"

    machine.run(pid, Unlink(At("x")), Recorded(0))
    assert label_of(machine, "/home/u/x") is None
    assert label_of(machine, "/home/u/y") == "secret"

    machine.run(pid, Unlink(At("y")), Recorded(0))
    assert len(machine.state.cells) == 0


def test_an_unlinked_file_that_is_still_open_keeps_its_labels_until_it_is_closed() -> None:
    machine, pid = recording()
    machine.run(pid, Open(At("x")), Recorded(3))
    label(machine, "/home/u/x")

    machine.run(pid, Unlink(At("x")), Recorded(0))

    read = machine.run(pid, Read(Descriptor(3)), Recorded(1)).the("file_permission").object
    assert machine.state.cells[read.identity][KEY] == "secret"
    assert read.path == "/home/u/x"
    assert label_of(machine, "/home/u/x") is None
    machine.run(pid, Close(Descriptor(3)), Recorded(0))
    assert len(machine.state.cells) == 0
    assert len(machine.state.files.inodes) == 2


def test_an_open_file_is_called_what_it_was_renamed_to() -> None:
    machine, pid = recording()
    machine.run(pid, Open(At("d/x")), Recorded(3))

    machine.run(pid, Rename(At("d"), At("e")), Recorded(0))

    assert machine.run(pid, Read(Descriptor(3)), Recorded(1)).the("file_permission").object.path == "/home/u/e/x"


def test_a_current_directory_follows_its_renaming() -> None:
    machine, pid = recording()
    machine.run(pid, ChangeDirectory(At("d")), Recorded(0))

    machine.run(pid, Rename(At("/home/u"), At("/home/v")), Recorded(0))

    assert machine.run(pid, Open(At("x")), Recorded(3)).the("file_open").object.path == "/home/v/d/x"


def test_exchanged_files_exchange_their_labels_paths() -> None:
    machine, pid = recording()
    label(machine, "/a/x", "one")
    label(machine, "/b", "two")

    machine.run(pid, Rename(At("/a"), At("/b"), frozenset({"exchange"})), Recorded(0))

    assert label_of(machine, "/b/x") == "one"
    assert label_of(machine, "/a") == "two"


def test_exchange_moves_whole_trees_in_a_declared_world() -> None:
    machine = Machine()
    machine.file("/a/x")
    machine.file("/b", mode=0o600)

    machine.run(1, Rename(At("/a"), At("/b"), frozenset({"exchange"})))

    assert machine.state.files.exists("/b/x") is True
    assert machine.state.files.file_at("/a").mode == 0o600
    assert machine.state.files.exists("/a/x") is False


def test_a_declared_tree_moves_as_a_whole_and_can_be_removed_again() -> None:
    machine = Machine()
    machine.file("/a/b/x")
    machine.file("/c", type="directory")

    machine.run(1, Rename(At("/a"), At("/c/a")))

    assert machine.state.files.exists("/c/a/b/x") is True
    for path, directory in (("/c/a/b/x", False), ("/c/a/b", True), ("/c/a", True)):
        assert machine.run(1, Unlink(At(path), directory=directory)).errno is None


def test_a_link_to_a_directory_is_refused_after_the_path_hook() -> None:
    machine = Machine()
    machine.file("/d", type="directory")

    ran = machine.run(1, Link(At("/d"), At("/e")))

    assert ran.errno is Errno.EPERM
    assert ran.hooks[0] == "path_link"
    assert "inode_link" not in ran.hooks


def test_a_denied_rename_changes_nothing() -> None:
    machine = Machine()
    machine.file("/a")
    before = machine.state

    ran = machine.run(1, Rename(At("/a"), At("/b")), grant=denying("inode_rename"))

    assert ran.outcome is None
    assert machine.state is before


def test_symbolic_links_are_asked_about_with_what_they_say_and_followed_from_then_on() -> None:
    machine = Machine()
    machine.file("/srv/real/a")

    ran = machine.run(1, MakeSymbolicLink("real", At("/srv/l")))

    assert ran.hooks == ["path_symlink", "inode_permission", "inode_symlink"]
    assert ran.the("path_symlink").argument("target") == "real"
    assert machine.run(1, Open(At("/srv/l/a"))).the("file_open").object.path == "/srv/real/a"
    assert machine.run(1, ReadLink(At("/srv/l"))).hooks == ["inode_readlink"]
    assert machine.run(1, ReadLink(At("/srv/real/a"))).errno is Errno.EINVAL


def test_recorded_links_decide_later_paths() -> None:
    machine, pid = recording()
    machine.run(pid, MakeSymbolicLink("/etc", At("l")), Recorded(0))

    assert machine.run(pid, Open(At("l/passwd")), Recorded(3)).the("file_open").object.path == "/etc/passwd"


def test_lstat_looks_at_the_link_itself() -> None:
    machine = Machine()
    machine.file("/l", target="/nowhere")

    assert machine.run(1, Status(At("/l", follow=False))).the("inode_getattr").object.type == "symlink"
    assert machine.run(1, Status(At("/l"))).errno is Errno.ENOENT


def test_dot_dot_stops_at_the_root_of_the_task() -> None:
    machine = Machine()
    machine.file("/jail/etc/passwd")
    machine.run(1, ChangeRoot(At("/jail")))

    ran = machine.run(1, Open(At("/../../etc/passwd")))

    assert ran.the("file_open").object.path == "/jail/etc/passwd"


def test_chroot_asks_for_the_capability_before_the_hook() -> None:
    machine = Machine()
    machine.file("/jail", type="directory")
    pid = machine.process(1000)

    assert machine.run(1, ChangeRoot(At("/jail"))).hooks == ["inode_permission", "capable", "path_chroot"]
    refused = machine.run(pid, ChangeRoot(At("/jail")))
    assert refused.errno is Errno.EPERM
    assert refused.hooks == ["inode_permission", "capable"]


def test_in_a_replay_a_denied_capability_is_what_the_kernel_would_have_refused_for() -> None:
    machine, pid = recording()

    ran = machine.run(pid, ChangeRoot(At("/jail")), Recorded(0), grant=without("CAP_SYS_CHROOT"))

    assert ran.errno is None
    assert ran.outcome.refusal is Errno.EPERM
    assert ran.hooks[-1] == "capable"
    assert machine.run(pid, Open(At("/x")), Recorded(3)).the("file_open").object.path == "/jail/x"


def test_paths_are_relative_to_the_directory_that_is_named() -> None:
    machine = Machine()
    machine.file("/srv/www/a")
    machine.run(1, ChangeDirectory(At("/srv")))
    number = machine.run(1, Open(At("www"), frozenset({"read", "directory"}))).result

    assert machine.run(1, Open(At("./www/../www/a"))).the("file_open").object.path == "/srv/www/a"
    assert machine.run(1, Open(At("a", Descriptor(number)))).the("file_open").object.path == "/srv/www/a"
    assert machine.run(1, Open(At("a", Descriptor(77)))).errno is Errno.EBADF


def test_a_remark_on_the_current_directory_wins_over_what_is_not_known() -> None:
    machine = Machine(World.RECORDED)
    pid = machine.process(pid=100, parent=0, directory=UNKNOWN)

    unknown = machine.run(pid, Open(At("x")), Recorded(3)).the("file_open").object
    known = machine.run(pid, Open(At("x", Descriptor(-100, "/srv"))), Recorded(4)).the("file_open").object

    assert unknown.path is UNKNOWN
    assert known.path == "/srv/x"


def test_getcwd_tells_where_a_task_is() -> None:
    machine = Machine(World.RECORDED)
    pid = machine.process(pid=100, parent=0, directory=UNKNOWN)

    machine.run(pid, GetDirectory(), Recorded(5, text="/srv"))

    assert machine.run(pid, Open(At("x")), Recorded(3)).the("file_open").object.path == "/srv/x"


def test_a_failed_rename_raised_the_hooks_that_it_reached() -> None:
    machine, pid = recording()
    rename = Rename(At("/a"), At("/b/c"))

    assert machine.run(pid, rename, Recorded(-1, Errno.ENOENT)).hooks == []
    assert machine.run(pid, rename, Recorded(-1, Errno.EXDEV)).hooks == []
    assert machine.run(pid, rename, Recorded(-1, Errno.EACCES)).hooks == ["path_rename", "path_reparent", "capable"]


def test_linked_names_do_not_grow_once_they_are_removed() -> None:
    machine, pid = recording()
    before = len(machine.state.files.inodes), len(machine.state.files.names), len(machine.state.files.paths)

    for number in range(20):
        machine.run(pid, Link(At("x"), At(f"y{number}")), Recorded(0))
    for number in range(20):
        machine.run(pid, Unlink(At(f"y{number}")), Recorded(0))
    machine.run(pid, Unlink(At("x")), Recorded(0))

    assert (len(machine.state.files.inodes), len(machine.state.files.names), len(machine.state.files.paths)) == before
