"""Calls on BPF objects, measurements, rings and rulesets as strace writes them."""

import pytest

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.operations import At, Descriptor, Operation
from nslsm.kernel.operations.bpf import Bpf, OpenMeasurement
from nslsm.kernel.operations.rings import EnterRing, MakeRuleset, RegisterRing, RestrictSelf, SetUpRing
from tests.importers.traces.decode.test_decode import decoded

ASKED: dict[str, Operation] = {
    "bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=4, map_flags=0,"
    ' inner_map_fd=0, map_name="counts", map_ifindex=0}, 72) = 3<anon_inode:bpf-map>': Bpf(
        "map_create", "array", "counts"
    ),
    'bpf(BPF_MAP_CREATE, {map_type=0x1 /* BPF_MAP_TYPE_HASH */, map_flags=BPF_F_RDONLY, map_name=""}, 72) = 3': Bpf(
        "map_create", "hash", "", frozenset({"read"})
    ),
    'bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_SOCKET_FILTER, insn_cnt=2, insns=0x7ffe, license="GPL",'
    ' prog_name="p"}, 144) = 4': Bpf("prog_load", "socket_filter", "p"),
    'bpf(BPF_OBJ_PIN, {pathname="/sys/fs/bpf/m", bpf_fd=3, file_flags=0}, 16) = 0': Bpf(
        "obj_pin", name=UNKNOWN, at=At("/sys/fs/bpf/m")
    ),
    "bpf(BPF_PROG_RUN, {test={prog_fd=3}}, 80) = 0": Bpf("prog_test_run", name=UNKNOWN),
    "bpf(BPF_MAP_LOOKUP_ELEM, {map_fd=3, key=0x7ff, value=0x7fe, flags=BPF_ANY}, 32) = 0": Bpf(
        "map_lookup_elem", name=UNKNOWN
    ),
    "bpf(0, 0x7ffe, 72) = -1 EPERM (Operation not permitted)": Bpf("map_create", name=UNKNOWN),
    "bpf(0x63 /* BPF_??? */, NULL, 0) = -1 EINVAL (Invalid argument)": Bpf("other", name=UNKNOWN),
    "perf_event_open({type=PERF_TYPE_SOFTWARE, size=0x88, config=PERF_COUNT_SW_CPU_CLOCK, sample_period=0,"
    " sample_type=0, read_format=0, disabled=1, exclude_kernel=1}, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) = 3": (
        OpenMeasurement("software", kernel=False, close_on_exec=True)
    ),
    "perf_event_open({type=PERF_TYPE_TRACEPOINT, size=0x88, config=1, sample_type=PERF_SAMPLE_RAW|PERF_SAMPLE_IP},"
    " -1, 0, -1, 0) = 3": OpenMeasurement("tracepoint", -1, kernel=True, raw=True),
    "perf_event_open(0x7ffe, 5, -1, -1, 0) = -1 EACCES (Permission denied)": OpenMeasurement(UNKNOWN, 5, UNKNOWN),
    "io_uring_setup(8, {flags=0, sq_thread_cpu=0, sq_thread_idle=0}) = 3<anon_inode:[io_uring]>": SetUpRing(),
    "io_uring_setup(8, {flags=IORING_SETUP_SQPOLL|IORING_SETUP_CLAMP, sq_thread_cpu=0}) = 3": SetUpRing(polls=True),
    "io_uring_setup(8, 0x7ffe) = -1 EPERM (Operation not permitted)": SetUpRing(UNKNOWN),
    "io_uring_enter(3<anon_inode:[io_uring]>, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) = 1": EnterRing(
        Descriptor(3, "anon_inode:[io_uring]")
    ),
    "io_uring_register(3, IORING_REGISTER_PERSONALITY, NULL, 0) = 1": RegisterRing(
        Descriptor(3), "register_personality"
    ),
    "landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) = 3": MakeRuleset(asks=True),
    "landlock_create_ruleset({handled_access_fs=LANDLOCK_ACCESS_FS_EXECUTE}, 8, 0) = 3": MakeRuleset(),
    "landlock_restrict_self(3, 0) = 0": RestrictSelf(Descriptor(3)),
}


@pytest.mark.parametrize("line", ASKED, ids=range(len(ASKED)))
def test_a_call_is_what_it_asks(line: str) -> None:
    assert decoded(line).operation == ASKED[line]


def test_a_rule_of_landlocks_is_added_without_any_hook() -> None:
    assert "landlock" in decoded("landlock_add_rule(3, LANDLOCK_RULE_PATH_BENEATH, {allowed_access=0}, 0) = 0").silent
