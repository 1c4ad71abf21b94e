from dataclasses import replace

import pytest

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.boot import ordinary_credentials
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import At, Descriptor, Ioctl, Read
from nslsm.kernel.operations.bpf import Bpf, OpenMeasurement
from nslsm.kernel.world import World
from tests.kernel.machine import Machine, Ran


def asked(ran: Ran) -> list[object]:
    """Hooks in order, capabilities by their names."""
    return [
        request.argument("cap").name if request.hook.name == "capable" else request.hook.name
        for request in ran.requests
    ]


def test_a_map_is_made_as_6_1_makes_one() -> None:
    machine = Machine(profile="6.1")

    ran = machine.run(machine.process(0), Bpf("map_create", "array", "counts"), detail=Detail.EVERY)

    assert asked(ran) == [
        "CAP_BPF", "bpf", "CAP_PERFMON", "bpf_map_alloc_security", "bpf_map", "d_instantiate", "file_alloc_security"
    ]  # fmt: skip
    assert ran.the("bpf").argument("cmd") == "map_create"
    assert ran.the("bpf_map").argument("mask") == {"read", "write"}
    assert ran.the("bpf_map_alloc_security").object.facts["name"] == "counts"


def test_newer_kernels_ask_the_hook_first_and_then_what_the_map_needs() -> None:
    machine = Machine()
    root = machine.process(0)

    assert asked(machine.run(root, Bpf("map_create", "hash"))) == ["bpf", "CAP_BPF", "bpf_map_create", "bpf_map"]
    assert "CAP_NET_ADMIN" in asked(machine.run(root, Bpf("map_create", "sockmap")))


@pytest.mark.parametrize("profile", ["6.1", "7.2"])
def test_without_privileges_nothing_is_made(profile: str) -> None:
    machine = Machine(profile=profile)

    ran = machine.run(machine.process(1000), Bpf("map_create", "hash"))

    assert ran.errno is Errno.EPERM
    assert asked(ran)[-2:] == ["CAP_BPF", "CAP_SYS_ADMIN"]
    assert not {"bpf_map_create", "bpf_map"} & set(ran.hooks)


def test_a_program_is_verified_with_what_its_loader_may() -> None:
    machine = Machine(profile="6.1")

    ran = machine.run(machine.process(0), Bpf("prog_load", "socket_filter"))

    perfmon = ["CAP_PERFMON"] * 4
    assert asked(ran) == [
        "CAP_BPF", "bpf", "CAP_BPF", "bpf_prog_alloc_security", "CAP_BPF", *perfmon, "CAP_BPF", "CAP_BPF", "bpf_prog"
    ]  # fmt: skip


def test_who_has_cap_sys_admin_only_may_as_before_5_8() -> None:
    machine = Machine()
    admin = replace(ordinary_credentials(0), effective=frozenset({Capability.CAP_SYS_ADMIN}))

    ran = machine.run(machine.process(credentials=admin), Bpf("map_create", "hash"))

    assert (ran.errno, asked(ran)[:3]) == (None, ["bpf", "CAP_BPF", "CAP_SYS_ADMIN"])


def test_what_others_made_is_for_cap_sys_admin() -> None:
    machine = Machine()

    reached = machine.run(machine.process(0), Bpf("map_get_fd_by_id"))

    assert asked(reached) == ["bpf", "CAP_SYS_ADMIN", "bpf_map"]
    assert reached.the("bpf_map").object is UNKNOWN
    assert machine.run(machine.process(1000), Bpf("prog_get_next_id")).errno is Errno.EPERM


def test_an_object_gets_a_name_as_a_file_does() -> None:
    machine = Machine()
    root = machine.process(0)
    machine.file("/sys/fs/bpf", type="directory", mode=0o700)

    pinned = machine.run(root, Bpf("obj_pin", at=At("/sys/fs/bpf/m")))
    got = machine.run(root, Bpf("obj_get", access=frozenset({"read"}), at=At("/sys/fs/bpf/m")))

    assert pinned.hooks == ["bpf", "path_mknod", "inode_permission", "inode_create"]
    assert got.hooks == ["bpf", "inode_permission", "bpf_map"]
    assert got.the("inode_permission").argument("mask") == {"read"}
    assert machine.run(machine.process(1000), Bpf("obj_get", at=At("/sys/fs/bpf/m"))).errno is Errno.EACCES


def test_a_recorded_refusal_asked_for_both_capabilities() -> None:
    machine = Machine(World.RECORDED, profile="6.1")
    pid = machine.process(1000, pid=100, parent=0)

    ran = machine.run(pid, Bpf("map_create", "array"), Recorded(-1, Errno.EPERM))

    assert asked(ran) == ["CAP_BPF", "CAP_SYS_ADMIN"]


def test_a_measurement_asks_for_the_kernel_and_for_the_process() -> None:
    machine = Machine(profile="6.1")

    ran = machine.run(machine.process(0), OpenMeasurement("software"), detail=Detail.EVERY)

    assert asked(ran) == [
        "CAP_PERFMON", "perf_event_open", "CAP_PERFMON", "perf_event_open", "perf_event_alloc", "d_instantiate",
        "file_alloc_security", "CAP_PERFMON",
    ]  # fmt: skip
    reaches = [each.argument("reaches") for each in ran.requests if each.hook.name == "perf_event_open"]
    assert reaches == ["open", "kernel"]


def test_a_user_measures_itself_without_the_kernel_and_nobody_else() -> None:
    machine = Machine()
    user, stranger = machine.process(1000), machine.process(1001)

    own = machine.run(user, OpenMeasurement("software", kernel=False))
    whole = machine.run(user, OpenMeasurement("software"))
    other = machine.run(user, OpenMeasurement("software", stranger, kernel=False))
    cpu = machine.run(user, OpenMeasurement("software", -1, kernel=False))

    assert (own.errno, own.hooks[:2]) == (None, ["perf_event_open", "perf_event_alloc"])
    assert [each.errno for each in (whole, other, cpu)] == [Errno.EACCES] * 3


def test_a_processor_and_a_trace_points_data_are_asked_about() -> None:
    machine = Machine()

    ran = machine.run(machine.process(0), OpenMeasurement("tracepoint", -1, kernel=False, raw=True))

    reaches = [each.argument("reaches") for each in ran.requests if each.hook.name == "perf_event_open"]
    assert reaches == ["open", "tracepoint", "cpu"]


def test_a_measurement_is_read_and_steered_through_its_descriptor() -> None:
    machine = Machine()
    pid = machine.process(0)
    number = machine.run(pid, OpenMeasurement("software")).result

    assert machine.run(pid, Read(Descriptor(number))).hooks == ["file_permission", "perf_event_read"]
    assert machine.run(pid, Ioctl(Descriptor(number), 0x2400)).hooks == ["file_ioctl", "perf_event_write"]
