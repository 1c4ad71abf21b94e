"""Hooks that make room and free: where every hook is wanted, and nowhere else."""

import pytest

from nslsm.controls.declare import empty_tree
from nslsm.engine.decide import decide
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import (
    Access,
    At,
    ChangeOwner,
    Close,
    Control,
    Descriptor,
    Execute,
    GetAttribute,
    ListAttributes,
    MakeDirectory,
    Open,
    Operation,
    Pipe,
    SetAttribute,
    SetSupplementaryGroups,
    SetUser,
    SetUsers,
    Transfer,
    Truncate,
    Unlink,
    Write,
)
from nslsm.kernel.recording import Recording
from nslsm.kernel.world import World
from tests.kernel.machine import Machine

NEW = frozenset({"write", "create", "exclusive"})

CALLS: tuple[Operation, ...] = (
    Open(At("/srv/a")),
    Open(At("/srv/new"), NEW, 0o644),
    Access(At("/srv/a"), frozenset({"read"})),
    MakeDirectory(At("/srv/d"), 0o755),
    Unlink(At("/srv/a")),
    Pipe(),
    Execute(At("/srv/a")),
)


@pytest.mark.parametrize("call", CALLS, ids=[f"{type(each).__name__}-{place}" for place, each in enumerate(CALLS)])
def test_what_decides_is_the_same_in_every_detail(call: Operation) -> None:
    raised = []
    for detail in (Detail.DECISIONS, Detail.EVERY):
        machine = Machine(profile="6.1")
        machine.file("/srv/a")
        raised.append(machine.run(1, call, detail=detail).hooks)

    deciding, every = raised
    left = iter(every)
    assert all(hook in left for hook in deciding), "in order, among the others"
    assert len(every) > len(deciding)


def test_an_open_that_fails_frees_what_it_made_room_for() -> None:
    ran = Machine().run(1, Open(At("/none")), detail=Detail.EVERY)

    assert ran.errno is Errno.ENOENT
    assert (ran.hooks[0], ran.hooks[-1]) == ("file_alloc_security", "file_free_security")


def test_an_open_file_is_freed_with_its_last_descriptor() -> None:
    machine = Machine()
    machine.file("/a")
    number = machine.run(1, Open(At("/a"))).result
    child = machine.fork(1)

    assert machine.run(child, Close(Descriptor(number)), detail=Detail.EVERY).hooks == []
    assert machine.run(1, Close(Descriptor(number)), detail=Detail.EVERY).hooks == ["file_free_security"]


def test_a_pipes_inode_goes_with_its_second_end() -> None:
    machine = Machine()
    first = machine.run(1, Pipe()).result

    one = machine.run(1, Close(Descriptor(first)), detail=Detail.EVERY).hooks
    other = machine.run(1, Close(Descriptor(first + 1)), detail=Detail.EVERY).hooks

    assert one == ["file_free_security"]
    assert other == ["inode_free_security", "file_free_security"]


def test_a_new_file_is_asked_about_once_for_privileges_that_writing_takes_away() -> None:
    machine = Machine()
    machine.file("/srv", type="directory")
    new = Descriptor(machine.run(1, Open(At("/srv/a"), NEW, 0o644)).result)

    assert machine.run(1, Write(new)).hooks == ["file_permission", "inode_need_killpriv"]
    assert machine.run(1, Write(new)).hooks == ["file_permission"]


@pytest.mark.parametrize(("moved", "asked"), [(0, 2), (8, 5), (65536, 5), (65537, 7)])
def test_linux_6_1_asks_about_a_copy_again_for_each_pipe_full(moved: int, asked: int) -> None:
    machine = Machine(world=World.RECORDED, profile="6.1")
    machine.process(pid=1)
    source, target = Descriptor(3, "/a"), Descriptor(4, "/b")

    ran = machine.run(1, Transfer(source, target), Recorded(moved))

    assert ran.hooks == ["file_permission"] * asked


def test_newer_kernels_ask_about_both_files_once() -> None:
    machine = Machine(world=World.RECORDED, profile="6.12")
    machine.process(pid=1)

    assert len(machine.run(1, Transfer(Descriptor(3, "/a"), Descriptor(4, "/b")), Recorded(1 << 20)).hooks) == 2


def test_a_copy_across_file_systems_that_cannot_be_asks_nothing() -> None:
    machine = Machine(world=World.RECORDED)
    machine.process(pid=1)

    assert machine.run(1, Transfer(Descriptor(3, "/a"), Descriptor(4, "/b")), Recorded(None, Errno.EXDEV)).hooks == []


def test_since_6_8_a_program_is_opened_before_room_is_made_for_it() -> None:
    orders = {}
    for profile in ("6.1", "6.12"):
        machine = Machine(profile=profile)
        machine.file("/bin/a")
        hooks = machine.run(1, Execute(At("/bin/a")), detail=Detail.EVERY).hooks
        orders[profile] = hooks.index("cred_prepare") < hooks.index("file_open")

    assert orders == {"6.1": True, "6.12": False}


def test_a_label_is_asked_for_of_the_module_that_keeps_it() -> None:
    machine = Machine()
    machine.file("/a", xattrs={"security.selinux": "x", "user.note": "y"})

    label = machine.run(1, GetAttribute(At("/a"), "security.selinux"))

    assert label.the("inode_getsecurity").argument("name") == "selinux"
    assert "inode_getsecurity" not in machine.run(1, GetAttribute(At("/a"), "user.note")).hooks


def test_tmpfs_lists_trusted_attributes_for_who_may_see_them() -> None:
    machine = Machine()
    machine.file("/a", filesystem="tmpfs")
    machine.file("/b", filesystem="ext4")

    assert "capable" in machine.run(1, ListAttributes(At("/a"))).hooks
    assert "capable" not in machine.run(1, ListAttributes(At("/b"))).hooks


def test_a_recorded_loop_is_followed_as_often_as_linux_does() -> None:
    machine = Machine(world=World.RECORDED)
    machine.process(pid=1)

    ran = machine.run(1, Open(At("/d/loop")), Recorded(None, Errno.ELOOP), detail=Detail.EVERY)

    assert ran.hooks.count("inode_follow_link") == 40
    assert "file_open" not in ran.hooks


def test_a_recorded_enotdir_searches_no_directory_that_is_none() -> None:
    machine = Machine(world=World.RECORDED)
    machine.process(pid=1)

    ran = machine.run(1, Open(At("/d/file/x")), Recorded(None, Errno.ENOTDIR), detail=Detail.SEARCHES)

    assert [each.object.path for each in ran.requests] == ["/", "/d"]


def test_a_dot_is_searched_for_like_any_name() -> None:
    machine = Machine()
    machine.file("/d/a")

    ran = machine.run(1, Open(At("/d/./a")), detail=Detail.SEARCHES)

    assert [each.object.path for each in ran.requests if each.hook.name == "inode_permission"] == [
        "/",
        "/d",
        "/d",
        "/d/a",
    ]


def test_file_capabilities_are_set_with_setfcap_over_the_file_and_over_its_file_system() -> None:
    machine = Machine()
    machine.file("/a")

    everywhere = machine.run(1, SetAttribute(At("/a"), "security.capability", "cap_net_raw+ep"))
    of_a_namespace = machine.run(
        1, SetAttribute(At("/a"), "security.capability", "0x01000003" + "00" * 16 + "e8030000")
    )

    asked = [
        [each.argument("cap").name for each in ran.requests if each.hook.name == "capable"]
        for ran in (everywhere, of_a_namespace)
    ]
    assert asked == [["CAP_SETFCAP", "CAP_SETFCAP"], ["CAP_SETFCAP"]]


def test_a_device_without_a_driver_has_a_module_looked_for() -> None:
    machine = Machine(world=World.RECORDED)
    machine.process(pid=1)

    device = machine.run(1, Open(At("/dev/nothing")), Recorded(None, Errno.ENXIO))
    fifo = machine.run(1, Open(At("/srv/fifo"), frozenset({"write"})), Recorded(None, Errno.ENXIO))

    assert device.hooks[-1] == "kernel_module_request"
    assert fifo.hooks[-1] == "file_open"


def test_a_recorded_enoent_ends_at_the_first_directory_that_nobody_has_seen() -> None:
    machine = Machine(world=World.RECORDED)
    machine.process(pid=1)

    ran = machine.run(1, Open(At("/etc/app/conf.d/x")), Recorded(None, Errno.ENOENT), detail=Detail.SEARCHES)

    assert [each.object.path for each in ran.requests] == ["/", "/etc"]


def test_directories_that_were_gone_through_are_known() -> None:
    recording = Recording.of(empty_tree(), home=0, profile="6.1", detail=Detail.SEARCHES)
    asked = []

    for path, recorded in (("/srv/app/a", Recorded(3)), ("/srv/app/b", Recorded(None, Errno.ENOENT))):
        recording.sees(7)
        steps = recording.begin(7, Open(At(path)), recorded)
        decision, recording.state = decide(recording.state, steps, happened=True)
        asked.append([judgement.request.object.path for judgement in decision.judgements])

    assert asked[1] == ["/", "/srv", "/srv/app"]


def test_a_new_owner_takes_the_set_uid_bit_along_in_one_change() -> None:
    machine = Machine()
    machine.file("/bin/su", mode=0o4755)

    change = machine.run(1, ChangeOwner(At("/bin/su"), 7, -1)).the("inode_setattr")

    assert {"kill_suid", "mode", "owner"} <= change.argument("changes")
    assert change.argument("mode") == 0o755


def test_a_truncation_by_name_changes_the_size_and_one_by_descriptor_the_times_too() -> None:
    machine = Machine()
    machine.file("/a", mode=0o666)
    opened = Descriptor(machine.run(1, Open(At("/a"), frozenset({"write"}))).result)

    by_name = machine.run(1, Truncate(At("/a"), 3)).the("inode_setattr")
    by_descriptor = machine.run(1, Truncate(At(None, opened), 3)).the("inode_setattr")

    assert by_name.argument("changes") == {"size"}
    assert by_descriptor.argument("changes") == {"size", "mtime", "ctime"}


@pytest.mark.parametrize(
    ("call", "hooks"),
    [
        (SetUser(7), ["cred_prepare", "capable", "task_fix_setuid"]),
        (SetUsers(7, 7, 7), ["capable", "cred_prepare", "task_fix_setuid"]),
        (SetUsers(7, 7, None), ["cred_prepare", "capable", "capable", "task_fix_setuid"]),
        (SetUsers(-1, 0, -1), []),
        (SetSupplementaryGroups(frozenset({5})), ["capable", "cred_prepare", "task_fix_setgroups"]),
        (Control("capbset_drop", (0,)), ["task_prctl", "capable", "cred_prepare"]),
        (Control("set_keepcaps", (1,)), ["task_prctl", "cred_prepare"]),
        (Control("get_dumpable", ()), ["task_prctl"]),
    ],
    ids=range(8),
)
def test_new_credentials_are_made_where_linux_makes_them(call: Operation, hooks: list[str]) -> None:
    assert Machine().run(1, call, detail=Detail.EVERY).hooks == hooks


@pytest.mark.parametrize(
    ("path", "written", "told"),
    [
        ("/proc/self/attr/current", "changeprofile web\n", ("current", "changeprofile web")),
        ("/proc/self/attr/apparmor/exec", "exec web", ("exec", "exec web")),
        ("/proc/self/task/1/attr/fscreate", "u:r:t\0", ("fscreate", "u:r:t")),
        ("/proc/self/attr/current", UNKNOWN, ("current", UNKNOWN)),
        ("/proc/self/comm", "web", None),
        ("/srv/attr/current", "web", None),
    ],
)
def test_what_is_written_to_a_tasks_attributes_is_told_to_modules(
    path: str, written: str | Unknown, told: tuple[str, str | Unknown] | None
) -> None:
    machine = Machine(world=World.OPEN)
    number = machine.run(1, Open(At(path), frozenset({"write"}))).result

    found = machine.run(1, Write(Descriptor(number), written)).requests

    asked = [(each.argument("name"), each.argument("value")) for each in found if each.hook.name == "setprocattr"]
    assert asked == ([] if told is None else [told])
