from dataclasses import replace

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, ordinary_credentials
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import CWD, At, Close, Descriptor, Open, Write
from nslsm.kernel.world import World
from nslsm.protocol.things import Identity
from tests.kernel.machine import Machine, denying, without

READ = frozenset({"read"})
WRITE = frozenset({"write"})
NEW = frozenset({"write", "create", "exclusive"})


def test_an_existing_file_is_asked_for_by_permission_and_then_by_open() -> None:
    machine = Machine(World.OPEN)

    ran = machine.run(1, Open(At("/etc/passwd")))

    assert ran.hooks == ["inode_permission", "file_open", "file_post_open"]
    assert ran.the("file_open").object.path == "/etc/passwd"
    assert ran.the("file_open").argument("flags") == READ
    assert ran.the("inode_permission").argument("mask") == {"read", "open"}


def test_a_kernel_raises_only_hooks_that_it_has() -> None:
    machine = Machine(World.OPEN, profile="6.1")

    ran = machine.run(1, Open(At("/etc/passwd"), WRITE | {"truncate"}))

    assert ran.hooks == ["inode_permission", "file_open", "path_truncate", "inode_setattr"]


def test_truncating_is_asked_of_the_open_file_since_6_2() -> None:
    machine = Machine(World.OPEN, profile="6.12")

    ran = machine.run(1, Open(At("/etc/passwd"), WRITE | {"truncate"}))

    assert ran.hooks == ["inode_permission", "file_open", "file_post_open", "file_truncate", "inode_setattr"]


def test_in_a_closed_world_what_nobody_declared_does_not_exist() -> None:
    machine = Machine()

    ran = machine.run(1, Open(At("/etc/passwd")))

    assert ran.errno is Errno.ENOENT
    assert ran.hooks == []
    assert ran.outcome.reason == "/etc does not exist"


def test_in_an_open_world_undeclared_files_are_roots_and_unknown_otherwise() -> None:
    machine = Machine(World.OPEN)

    file = machine.run(1, Open(At("/etc/passwd"))).the("file_open").object

    assert (file.type, file.owner, file.group, file.mode) == ("regular", 0, 0, 0o755)
    assert file.sha256 is UNKNOWN
    assert file.xattrs is UNKNOWN


def test_a_declared_file_has_exactly_the_attributes_that_were_declared() -> None:
    machine = Machine()
    machine.file("/srv/a", xattrs={"user.k": "v"})

    file = machine.run(1, Open(At("/srv/a"))).the("file_open").object

    assert dict(file.xattrs) == {"user.k": "v"}
    assert file.sha256 is UNKNOWN


def test_permission_bits_refuse_before_any_control_is_asked_about_the_file() -> None:
    machine = Machine()
    machine.file("/srv/a", mode=0o640, group=50)
    pid = machine.process(1000)

    ran = machine.run(pid, Open(At("/srv/a")))

    assert ran.errno is Errno.EACCES
    assert ran.hooks == ["capable", "capable"]
    assert [request.argument("cap") for request in ran.requests] == [
        Capability.CAP_DAC_READ_SEARCH,
        Capability.CAP_DAC_OVERRIDE,
    ]


def test_a_member_of_the_group_reads_and_does_not_write() -> None:
    machine = Machine()
    machine.file("/srv/a", mode=0o640, group=50)
    pid = machine.process(credentials=replace(ordinary_credentials(1000), groups=frozenset({50})))

    assert machine.run(pid, Open(At("/srv/a"))).errno is None
    assert machine.run(pid, Open(At("/srv/a"), WRITE)).errno is Errno.EACCES


def test_the_owners_bits_count_for_the_owner_even_where_others_have_more() -> None:
    machine = Machine()
    machine.file("/srv/a", owner=1000, mode=0o077)
    pid = machine.process(1000)

    assert machine.run(pid, Open(At("/srv/a"))).errno is Errno.EACCES


def test_root_gets_past_permission_bits_unless_a_control_denies_the_capability() -> None:
    machine = Machine()
    machine.file("/srv/a", mode=0o000)

    assert machine.run(1, Open(At("/srv/a"))).errno is None
    refused = machine.run(1, Open(At("/srv/a")), grant=without("CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE"))
    assert refused.errno is Errno.EACCES


def test_who_may_read_all_may_not_write_all() -> None:
    machine = Machine()
    machine.file("/srv/a", mode=0o000)
    reader = replace(ordinary_credentials(1000), effective=frozenset({Capability.CAP_DAC_READ_SEARCH}))
    pid = machine.process(credentials=reader)

    assert machine.run(pid, Open(At("/srv/a"))).errno is None
    assert machine.run(pid, Open(At("/srv/a"), WRITE)).errno is Errno.EACCES


def test_unknown_credentials_never_pass_permission_bits_that_hang_on_them() -> None:
    machine = Machine()
    machine.file("/srv/mine", mode=0o600, owner=1000)
    machine.file("/srv/all", mode=0o644)
    pid = machine.process(credentials=UNKNOWN_CREDENTIALS)

    refused = machine.run(pid, Open(At("/srv/mine")))
    granted = machine.run(pid, Open(At("/srv/all")))

    assert refused.errno is Errno.EACCES
    assert {"subject.fsuid", "subject.effective"} <= refused.outcome.unknown
    assert granted.errno is None


def test_a_certain_refusal_names_no_unknown_facts() -> None:
    machine = Machine()
    machine.file("/srv/a", mode=0o600)
    pid = machine.process(1000)

    assert machine.run(pid, Open(At("/srv/a"))).outcome.unknown == frozenset()


def test_a_directory_that_may_not_be_searched_hides_what_is_in_it() -> None:
    machine = Machine()
    machine.file("/vault", type="directory", mode=0o700)
    machine.file("/vault/a", mode=0o666)
    pid = machine.process(1000)

    ran = machine.run(pid, Open(At("/vault/a")))

    assert ran.errno is Errno.EACCES
    assert "/vault" in ran.outcome.reason


def test_a_file_on_the_way_is_no_directory() -> None:
    machine = Machine(World.OPEN)
    machine.file("/srv/a")

    assert machine.run(1, Open(At("/srv/a/b"))).errno is Errno.ENOTDIR


def test_making_a_file_asks_about_the_name_the_directory_and_the_inode() -> None:
    machine = Machine()
    machine.file("/tmp", type="directory", mode=0o1777)
    pid = machine.process(1000)

    ran = machine.run(pid, Open(At("/tmp/new"), NEW, 0o666))

    assert ran.hooks == [
        "path_mknod",
        "inode_permission",
        "inode_create",
        "path_post_mknod",
        "inode_permission",
        "file_open",
        "file_post_open",
    ]
    made = ran.the("path_mknod").object
    assert (made.owner, made.mode, made.type) == (1000, 0o644, "regular")
    assert ran.the("inode_permission").object.path == "/tmp"
    assert machine.run(pid, Open(At("/tmp/new"))).errno is None


def test_a_control_that_denies_the_name_comes_before_the_directorys_permissions() -> None:
    machine = Machine(World.OPEN)
    pid = machine.process(1000)

    assert machine.run(pid, Open(At("/etc/new"), NEW), grant=denying("path_mknod")).outcome is None
    assert machine.run(pid, Open(At("/etc/new"), NEW)).errno is Errno.EACCES


def test_exclusive_creation_of_what_is_there_fails() -> None:
    machine = Machine()
    machine.file("/srv/a")

    assert machine.run(1, Open(At("/srv/a"), NEW)).errno is Errno.EEXIST


def test_what_is_said_of_a_name_to_be_is_said_of_the_file_that_has_it() -> None:
    machine = Machine()
    machine.file("/tmp", type="directory")

    ran = machine.run(1, Open(At("/tmp/new"), NEW))

    assert ran.the("path_mknod").object.identity == Identity("file", "/tmp/new")
    known = machine.run(1, Open(At("/tmp/new"))).the("file_open").object.identity
    assert ran.outcome.rekeyed[Identity("file", "/tmp/new")] == known
    assert isinstance(known.name, int)


def test_open_path_asks_for_nothing_but_the_way() -> None:
    machine = Machine()
    machine.file("/srv/a", mode=0)
    pid = machine.process(1000)

    ran = machine.run(pid, Open(At("/srv/a"), frozenset({"path"})))

    assert ran.hooks == []
    assert ran.errno is None


def test_a_link_that_may_not_be_followed_is_eloop() -> None:
    machine = Machine()
    machine.file("/srv/a")
    machine.file("/srv/l", target="a")

    assert machine.run(1, Open(At("/srv/l"))).the("file_open").object.path == "/srv/a"
    assert machine.run(1, Open(At("/srv/l"), READ | {"nofollow"})).errno is Errno.ELOOP


def test_links_that_lead_in_a_circle_are_eloop() -> None:
    machine = Machine()
    machine.file("/srv/a", target="b")
    machine.file("/srv/b", target="a")

    assert machine.run(1, Open(At("/srv/a"))).errno is Errno.ELOOP


def test_directories_on_the_way_are_asked_for_where_searches_are_wanted() -> None:
    machine = Machine()
    machine.file("/srv/www/a")

    ran = machine.run(1, Open(At("/srv/www/a")), detail=Detail.SEARCHES)

    searched = [each.object.path for each in ran.requests if each.hook.name == "inode_permission"][:3]
    assert searched == ["/", "/srv", "/srv/www"]


def test_a_file_without_a_name_is_no_path_mknod() -> None:
    machine = Machine()
    machine.file("/tmp", type="directory", mode=0o1777)

    ran = machine.run(1, Open(At("/tmp"), frozenset({"read", "write", "temporary"}), 0o600))

    assert "path_mknod" not in ran.hooks
    assert ran.hooks[0] == "inode_permission"
    assert ran.the("file_open").object.path.startswith("/tmp/#")


def test_writing_to_a_file_ends_what_is_known_of_its_contents() -> None:
    machine = Machine()
    machine.file("/srv/a", sha256="ab" * 32)
    number = machine.run(1, Open(At("/srv/a"), WRITE)).result

    machine.run(1, Write(Descriptor(number)))

    assert machine.state.files.file_at("/srv/a").sha256 is UNKNOWN


def test_the_lowest_free_descriptor_is_taken() -> None:
    machine = Machine(World.OPEN)
    first, second = (machine.run(1, Open(At("/etc/a"))).result for _ in range(2))

    machine.run(1, Close(Descriptor(first)))

    assert (first, second) == (0, 1)
    assert machine.run(1, Open(At("/etc/a"))).result == 0


def test_opening_anothers_memory_looks_into_it() -> None:
    machine = Machine(World.OPEN)
    other = machine.process(1000)
    machine.file(f"/proc/{other}/mem", owner=1000, mode=0o600)

    ran = machine.run(1, Open(At(f"/proc/{other}/mem")))

    assert ran.hooks[-2:] == ["ptrace_access_check", "file_post_open"]
    assert ran.the("ptrace_access_check").object.pid == other


def test_a_processs_own_memory_is_its_own() -> None:
    machine = Machine(World.OPEN)

    ran = machine.run(1, Open(At("/proc/self/mem")))

    assert ran.the("file_open").object.path == "/proc/1/mem"
    assert "ptrace_access_check" not in ran.hooks


class TestReplay:
    """What a recording shows of open(2)."""

    def machine(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        return machine, machine.process(credentials=UNKNOWN_CREDENTIALS, pid=100, parent=0, directory="/home/u")

    def test_the_path_that_the_kernel_found_is_taken(self) -> None:
        machine, pid = self.machine()

        recorded = Recorded(3, descriptor=Descriptor(3, "/usr/lib/libc.so.6"))
        ran = machine.run(pid, Open(At("/lib/libc.so.6", CWD)), recorded)

        assert ran.the("file_open").object.path == "/usr/lib/libc.so.6"

    def test_a_call_that_did_not_find_its_file_raised_nothing_of_the_files(self) -> None:
        machine, pid = self.machine()

        ran = machine.run(pid, Open(At("missing")), Recorded(-1, Errno.ENOENT))

        assert ran.hooks == []
        assert ran.errno is Errno.ENOENT

    def test_a_call_that_was_forbidden_asked_for_capabilities_only(self) -> None:
        machine, pid = self.machine()

        ran = machine.run(pid, Open(At("/etc/shadow")), Recorded(-1, Errno.EACCES))

        assert ran.hooks == ["capable", "capable"]

    def test_a_failure_after_the_open_itself_raised_the_hook(self) -> None:
        machine, pid = self.machine()

        ran = machine.run(pid, Open(At("/dev/x")), Recorded(-1, Errno.ENXIO))

        assert ran.hooks == ["inode_permission", "file_open", "kernel_module_request"]

    def test_what_is_created_is_asked_about_as_a_name_to_be(self) -> None:
        machine, pid = self.machine()

        ran = machine.run(pid, Open(At("a.out"), NEW, 0o777), Recorded(3))

        assert ran.the("path_mknod").object.path == "/home/u/a.out"

    def test_devices_are_not_made_by_opening_them(self) -> None:
        machine, pid = self.machine()

        ran = machine.run(pid, Open(At("/dev/null"), WRITE | {"create", "truncate"}), Recorded(3))

        assert "path_mknod" not in ran.hooks

    def test_a_cut_path_is_an_unknown_file(self) -> None:
        machine, pid = self.machine()

        file = machine.run(pid, Open(At(UNKNOWN)), Recorded(3)).the("file_open").object

        assert file.path is UNKNOWN
        assert file.identity is UNKNOWN

    def test_memory_does_not_grow_with_what_was_opened_and_closed(self) -> None:
        machine, pid = self.machine()
        machine.run(pid, Open(At("/keep")), Recorded(3))
        before = machine.state.files

        for number in range(50):
            machine.run(pid, Open(At(f"/tmp/{number}")), Recorded(4))
            machine.run(pid, Close(Descriptor(4)), Recorded(0))

        assert len(machine.state.files.paths) == len(before.paths)
        assert len(machine.state.files.inodes) == len(before.inodes)
        assert len(machine.state.descriptions) == 1
