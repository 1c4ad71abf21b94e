from dataclasses import replace

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import UNKNOWN_CREDENTIALS, ordinary_credentials
from nslsm.kernel.credentials import may_set_securebits
from nslsm.kernel.event import FileStatus, Recorded
from nslsm.kernel.operations import (
    Access,
    At,
    ChangeMode,
    ChangeOwner,
    Control,
    GetAttribute,
    GetCapabilities,
    GetIds,
    Open,
    RemoveAttribute,
    SetAttribute,
    SetCapabilities,
    SetFileUser,
    SetGroupId,
    SetSupplementaryGroups,
    SetTimes,
    SetUser,
    SetUsers,
    Status,
    Truncate,
)
from nslsm.kernel.world import World
from nslsm.protocol.things import ALL_CAPABILITIES, NO_CAPABILITIES
from tests.kernel.machine import Machine, denying, without

NET_RAW = frozenset({Capability.CAP_NET_RAW})


def test_setuid_asks_for_the_capability_even_where_it_is_not_needed() -> None:
    machine = Machine()
    pid = machine.process(1000)

    ran = machine.run(pid, SetUser(1000))

    assert ran.hooks == ["capable", "task_fix_setuid"]
    assert ran.the("capable").argument("flags") == {"insetid"}
    assert ran.errno is None


def test_root_gives_up_all_its_ids_and_with_them_its_capabilities() -> None:
    machine = Machine()
    pid = machine.process(0)

    ran = machine.run(pid, SetUser(1000))

    now = machine.task(pid).credentials
    assert (now.uid, now.euid, now.suid, now.fsuid) == (1000, 1000, 1000, 1000)
    assert now.permitted == now.effective == NO_CAPABILITIES
    assert ran.the("task_fix_setuid").argument("old").uid == 0
    assert ran.the("task_fix_setuid").argument("new") == now
    assert machine.task(pid).dumpable is False
    assert machine.run(pid, SetUser(0)).errno is Errno.EPERM


def test_a_denied_capability_leaves_only_the_effective_id_to_change() -> None:
    machine = Machine()
    pid = machine.process(0)

    machine.run(pid, SetUsers(-1, 1000, -1))
    machine.run(pid, SetUser(0), grant=without("CAP_SETUID"))

    now = machine.task(pid).credentials
    assert (now.uid, now.euid, now.suid) == (0, 0, 0)
    assert now.effective == ALL_CAPABILITIES


def test_capabilities_are_kept_where_they_were_asked_to_be() -> None:
    machine = Machine()
    pid = machine.process(0)
    machine.run(pid, Control("set_keepcaps", (1,)))

    machine.run(pid, SetUser(1000))

    now = machine.task(pid).credentials
    assert now.permitted == ALL_CAPABILITIES
    assert now.effective == NO_CAPABILITIES


def test_setreuid_moves_the_saved_id_along_and_setresuid_does_not() -> None:
    machine = Machine()
    one, other = machine.process(0), machine.process(0)

    machine.run(one, SetUsers(-1, 1000, None))
    machine.run(other, SetUsers(-1, 1000, -1))

    assert machine.task(one).credentials.suid == 1000
    assert machine.task(other).credentials.suid == 0


def test_ones_own_ids_may_be_swapped_without_asking() -> None:
    machine = Machine()
    held = replace(ordinary_credentials(1000), suid=1001)
    pid = machine.process(credentials=held)

    ran = machine.run(pid, SetUsers(1000, 1001, 1000))

    assert ran.hooks == ["task_fix_setuid"]
    assert machine.task(pid).credentials.euid == 1001
    assert machine.run(pid, SetUsers(-1, 7, -1)).errno is Errno.EPERM


def test_setfsuid_never_fails_and_tells_the_old_id() -> None:
    machine = Machine()
    pid = machine.process(1000)

    ran = machine.run(pid, SetFileUser(0))

    assert (ran.errno, ran.result) == (None, 1000)
    assert machine.task(pid).credentials.fsuid == 1000


def test_files_capabilities_follow_the_file_user() -> None:
    machine = Machine()
    pid = machine.process(0)

    machine.run(pid, SetFileUser(1000))

    effective = machine.task(pid).credentials.effective
    assert Capability.CAP_DAC_OVERRIDE not in effective
    assert Capability.CAP_KILL in effective
    machine.run(pid, SetFileUser(0))
    assert machine.task(pid).credentials.effective == ALL_CAPABILITIES


def test_groups_are_changed_with_their_capability() -> None:
    machine = Machine()
    pid = machine.process(1000)

    assert machine.run(1, SetSupplementaryGroups(frozenset({5}))).hooks == ["capable", "task_fix_setgroups"]
    assert machine.task(1).credentials.groups == {5}
    assert machine.run(pid, SetSupplementaryGroups(frozenset({5}))).errno is Errno.EPERM
    assert machine.run(1, SetGroupId(7)).the("task_fix_setgid").argument("new").gid == 7


def test_equal_credentials_are_one_object() -> None:
    machine = Machine()
    one, other = machine.process(0), machine.process(0)

    machine.run(one, SetUser(1000))
    machine.run(other, SetUser(1000))

    assert machine.task(one).credentials is machine.task(other).credentials


def test_capset_only_gives_up() -> None:
    machine = Machine()
    pid = machine.process(0)

    given_up = machine.run(pid, SetCapabilities(NET_RAW, NET_RAW, NO_CAPABILITIES))
    taken_back = machine.run(pid, SetCapabilities(ALL_CAPABILITIES, ALL_CAPABILITIES, NO_CAPABILITIES))

    assert given_up.hooks == ["capset"]
    assert taken_back.errno is Errno.EPERM
    assert machine.task(pid).credentials.permitted == NET_RAW


def test_the_bounding_set_shrinks_with_the_capability_for_it() -> None:
    machine = Machine()
    pid = machine.process(1000)

    ran = machine.run(1, Control("capbset_drop", (int(Capability.CAP_NET_RAW),)))

    assert ran.hooks == ["task_prctl", "capable"]
    assert Capability.CAP_NET_RAW not in machine.task(1).credentials.bounding
    assert machine.run(pid, Control("capbset_drop", (1,))).errno is Errno.EPERM
    assert machine.run(1, Control("capbset_drop", (99,))).errno is Errno.EINVAL


def test_ambient_capabilities_are_permitted_and_inheritable() -> None:
    machine = Machine()
    held = replace(ordinary_credentials(1000), permitted=NET_RAW, inheritable=NET_RAW)
    able, unable = machine.process(credentials=held), machine.process(1000)
    raise_ = Control("cap_ambient", (2, int(Capability.CAP_NET_RAW)))

    assert machine.run(able, raise_).errno is None
    assert machine.task(able).credentials.ambient == NET_RAW
    assert machine.run(unable, raise_).errno is Errno.EPERM
    machine.run(able, SetCapabilities(NO_CAPABILITIES, NO_CAPABILITIES, NO_CAPABILITIES))
    assert machine.task(able).credentials.ambient == NO_CAPABILITIES


def test_a_locked_securebit_stays_as_it_is() -> None:
    assert may_set_securebits(frozenset({"noroot_locked"}), frozenset({"noroot_locked"})) is True
    assert may_set_securebits(frozenset({"noroot_locked"}), frozenset({"noroot_locked", "noroot"})) is False
    assert may_set_securebits(frozenset({"noroot_locked"}), frozenset()) is False
    assert may_set_securebits(UNKNOWN, frozenset()) is UNKNOWN


def test_no_new_privs_can_only_be_set() -> None:
    machine = Machine()

    assert machine.run(1, Control("set_no_new_privs", (0,))).errno is Errno.EINVAL
    machine.run(1, Control("set_no_new_privs", (1,)))
    assert machine.task(1).credentials.no_new_privs is True
    assert machine.run(1, Control("set_no_new_privs", (1,)), grant=denying("task_prctl")).outcome is None


def test_names_are_cut_to_fifteen_bytes() -> None:
    machine = Machine()

    machine.run(1, Control("set_name", ("a-name-that-is-too-long",)))

    assert machine.task(1).comm == "a-name-that-is-"


def test_a_file_is_changed_by_its_owner_and_asked_about_first() -> None:
    machine = Machine()
    machine.file("/a", owner=1000)
    owner, other = machine.process(1000), machine.process(1001)

    granted = machine.run(owner, ChangeMode(At("/a"), 0o600))
    refused = machine.run(other, ChangeMode(At("/a"), 0o666))

    assert granted.hooks == ["path_chmod", "inode_setattr", "inode_post_setattr"]
    assert refused.hooks[:2] == ["path_chmod", "inode_setattr"]
    assert refused.hooks[-1] == "capable"
    assert refused.errno is Errno.EPERM
    assert machine.state.files.file_at("/a").mode == 0o600


def test_files_are_given_to_ones_groups_and_given_away_with_the_capability() -> None:
    machine = Machine()
    machine.file("/a", owner=1000, group=1000)
    pid = machine.process(credentials=replace(ordinary_credentials(1000), groups=frozenset({50})))

    assert machine.run(pid, ChangeOwner(At("/a"), -1, 50)).errno is None
    assert machine.run(pid, ChangeOwner(At("/a"), -1, 51)).errno is Errno.EPERM
    assert machine.run(pid, ChangeOwner(At("/a"), 1001, -1)).errno is Errno.EPERM
    assert machine.run(1, ChangeOwner(At("/a"), 1001, -1)).errno is None
    assert machine.state.files.file_at("/a").owner == 1001


def test_what_changes_in_the_open_world_is_remembered() -> None:
    machine = Machine(World.OPEN)
    pid = machine.process(1000)

    machine.run(1, ChangeMode(At("/etc/shadow"), 0o600))

    assert machine.run(pid, Open(At("/etc/shadow"))).errno is Errno.EACCES


def test_extended_attributes_are_set_read_and_removed() -> None:
    machine = Machine()
    machine.file("/a", owner=1000)
    pid = machine.process(1000)

    ran = machine.run(pid, SetAttribute(At("/a"), "user.k", "v"))

    assert ran.hooks == ["inode_permission", "inode_setxattr", "inode_post_setxattr"]
    assert dict(machine.state.files.file_at("/a").xattrs) == {"user.k": "v"}
    assert machine.run(pid, GetAttribute(At("/a"), "user.other")).errno is Errno.ENODATA
    assert machine.run(pid, SetAttribute(At("/a"), "trusted.k", "v")).errno is Errno.EPERM
    assert machine.run(pid, SetAttribute(At("/a"), "system.posix_acl_access", "v")).hooks[0] == "inode_set_acl"
    assert machine.run(pid, RemoveAttribute(At("/a"), "user.k")).errno is None
    assert machine.run(pid, GetAttribute(At("/a"), "user.k")).errno is Errno.ENODATA


def test_truncating_by_name_needs_permission_and_by_descriptor_an_open_for_writing() -> None:
    machine = Machine()
    machine.file("/a", mode=0o644)
    pid = machine.process(1000)

    assert machine.run(pid, Truncate(At("/a"), 0)).errno is Errno.EACCES
    assert machine.run(1, Truncate(At("/a"), 0)).hooks[:2] == ["inode_permission", "path_truncate"]


def test_times_are_set_to_now_by_whoever_may_write() -> None:
    machine = Machine()
    machine.file("/a", mode=0o666)
    pid = machine.process(1000)

    assert machine.run(pid, SetTimes(At("/a"))).errno is None
    assert machine.run(pid, SetTimes(At("/a"), now=False)).errno is Errno.EPERM


def test_access_asks_for_the_real_user() -> None:
    machine = Machine()
    machine.file("/a", mode=0o600)
    held = replace(ordinary_credentials(0), uid=1000)
    pid = machine.process(credentials=held)

    really = machine.run(pid, Access(At("/a"), frozenset({"read"})))
    in_effect = machine.run(pid, Access(At("/a"), frozenset({"read"}), effective=True))

    assert really.errno is Errno.EACCES
    assert in_effect.errno is None
    assert really.requests[0].subject.credentials.fsuid == 1000


class TestReplay:
    """What a recording shows of identities."""

    def recording(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        return machine, machine.process(credentials=UNKNOWN_CREDENTIALS, pid=100, parent=0)

    def test_ids_that_a_program_is_told_are_known_from_then_on(self) -> None:
        machine, pid = self.recording()

        machine.run(pid, GetIds(("uid",)), Recorded(1000))
        machine.run(pid, GetIds(("gid", "egid", "sgid")), Recorded(0, ids=(5, 6, 7)))
        machine.run(pid, GetIds(("groups",)), Recorded(2, ids=(8, 9)))

        now = machine.task(pid).credentials
        assert (now.uid, now.gid, now.egid, now.sgid) == (1000, 5, 6, 7)
        assert now.groups == {8, 9}
        assert now.euid is UNKNOWN

    def test_capabilities_that_a_program_is_told_are_known_from_then_on(self) -> None:
        machine, pid = self.recording()

        machine.run(pid, GetCapabilities(), Recorded(0, capabilities=(NET_RAW, NET_RAW, NO_CAPABILITIES)))

        assert machine.task(pid).credentials.permitted == NET_RAW

    def test_setuid_settles_what_it_surely_changes(self) -> None:
        machine, pid = self.recording()

        machine.run(pid, SetUser(1000), Recorded(0))

        now = machine.task(pid).credentials
        assert (now.euid, now.fsuid) == (1000, 1000)
        assert now.uid is UNKNOWN

    def test_setresuid_settles_all_three(self) -> None:
        machine, pid = self.recording()

        machine.run(pid, SetUsers(1, 2, 3), Recorded(0))

        now = machine.task(pid).credentials
        assert (now.uid, now.euid, now.suid) == (1, 2, 3)

    def test_a_failed_setuid_asked_for_the_capability(self) -> None:
        machine, pid = self.recording()

        assert machine.run(pid, SetUser(0), Recorded(-1, Errno.EPERM)).hooks == ["capable"]

    def test_what_stat_tells_is_known_while_the_file_is_held(self) -> None:
        machine, pid = self.recording()
        machine.run(pid, Open(At("/a")), Recorded(3))

        machine.run(pid, Status(At("/a")), Recorded(0, status=FileStatus("regular", 0o600, 1000, inode=77)))

        file = machine.state.files.file_at("/a")
        assert (file.type, file.mode, file.owner, file.group, file.inode) == ("regular", 0o600, 1000, UNKNOWN, 77)
