"""A filter answers as libseccomp's does, and as a kernel that has it loaded."""

import ctypes
import ctypes.util
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import nslsm
from nslsm.api.oci import Container
from nslsm.hooks.types import UNKNOWN
from nslsm.importers.traces.auditd.numbers import X86_64

ALLOW, ERRNO = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"
Rule = Mapping[str, object]


def rule(action: str, *names: str, args: Sequence[tuple[int, str, int, int]] = (), errno: int | None = None) -> Rule:
    made: dict[str, object] = {"names": names, "action": action}
    if args:
        made["args"] = [
            {"index": index, "op": f"SCMP_CMP_{op}", "value": value, "valueTwo": two} for index, op, value, two in args
        ]
    return made if errno is None else {**made, "errnoRet": errno}


def filter_of(folder: Path, default: str, *rules: Rule, errno: int | None = None, **options: object) -> "Asked":
    said = {"defaultAction": default, "syscalls": rules}
    path = folder / "filter.json"
    path.write_text(json.dumps(said if errno is None else {**said, "defaultErrnoRet": errno}))
    return Asked(nslsm.import_oci(path, **options))  # type: ignore[arg-type]


class Asked:
    """A filter that is bound, to be asked about calls."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.kernel = nslsm.Kernel(container.policy.tree())
        self.task = self.kernel.spawn("filter")

    def errno(self, call: str, *arguments: int) -> int:
        facts: dict[str, object] = {
            f"arg{place}": value - 2**64 if value >= 2**63 else value for place, value in enumerate(arguments)
        }
        decision = self.kernel.check("system_call", self.task, call=call, **facts)
        return 0 if decision.granted else int(decision.errno or 0)

    @property
    def codes(self) -> set[str]:
        return {each.code.name for each in self.container.made.findings}


def test_what_is_listed_goes_on_and_all_else_is_refused(tmp_path: Path) -> None:
    asked = filter_of(tmp_path, ERRNO, rule(ALLOW, "read"), rule(ERRNO, "clone3", errno=38), errno=13)

    assert [asked.errno(call) for call in ("read", "clone3", "mkdir")] == [0, 38, 13]
    assert not asked.container.lost


def test_a_filter_that_lists_what_it_refuses(tmp_path: Path) -> None:
    asked = filter_of(tmp_path, ALLOW, rule(ERRNO, "mkdir"), rule("SCMP_ACT_KILL_PROCESS", "ptrace"))

    assert [asked.errno(call) for call in ("read", "mkdir", "ptrace")] == [0, 1, 1]
    assert "oci-stricter" in asked.codes


def test_who_supervises_is_not_there(tmp_path: Path) -> None:
    asked = filter_of(tmp_path, ALLOW, rule("SCMP_ACT_NOTIFY", "mount"))

    assert (asked.errno("mount"), "oci-stricter" in asked.codes) == (38, True)


def test_an_argument_that_nobody_knows_is_no_leave(tmp_path: Path) -> None:
    asked = filter_of(tmp_path, ERRNO, rule(ALLOW, "personality", args=[(0, "EQ", 0, 0)]))

    decision = asked.kernel.check("system_call", asked.task, call="personality", arg0=UNKNOWN)

    assert decision.verdict is nslsm.Verdict.INDETERMINATE


def test_rules_in_dockers_format_are_chosen_by_capability_kernel_and_machine(tmp_path: Path) -> None:
    rules = (
        {**rule(ALLOW, "mount"), "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {**rule(ALLOW, "chroot"), "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
        {**rule(ALLOW, "ptrace"), "includes": {"minKernel": "4.8"}},
        {**rule(ALLOW, "bpf"), "includes": {"minKernel": "7.0"}},
        {**rule(ALLOW, "read"), "includes": {"arches": ["arm64"]}},
    )
    calls = ("mount", "chroot", "ptrace", "bpf", "read")

    with_it = filter_of(tmp_path, ERRNO, *rules, capabilities=["CAP_SYS_ADMIN"])
    without = filter_of(tmp_path, ERRNO, *rules, capabilities=["CAP_CHOWN"], kernel="7.2")

    assert [with_it.errno(each) for each in calls] == [0, 1, 0, 1, 1]
    assert [without.errno(each) for each in calls] == [1, 0, 0, 0, 1]


def test_where_rules_may_permit_and_refuse_one_call_the_refusal_counts_and_is_told(tmp_path: Path) -> None:
    rules = (rule(ALLOW, "socket", args=[(0, "GE", 1, 0)]), rule(ERRNO, "socket", args=[(0, "EQ", 40, 0)], errno=13))
    asked = filter_of(tmp_path, ERRNO, *rules)

    assert [asked.errno("socket", family) for family in (0, 1, 40)] == [1, 0, 13]
    assert "oci-stricter" in asked.codes


@pytest.mark.parametrize(
    "text",
    [
        '{"defaultAction": "SCMP_ACT_MAYBE"}',
        '{"defaultAction": 1}',
        '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]}',
        '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_ERRNO"}]}',
        (
            '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO",'
            ' "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]}]}'
        ),
        "[]",
    ],
)
def test_what_is_no_filter_is_an_error_with_its_place(text: str, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(text)

    with pytest.raises(nslsm.PolicyError) as caught:
        nslsm.import_oci(tmp_path / "f.json")

    assert all(each.span is not None for each in caught.value.diagnostics)


# Against a kernel

OPERATORS = ("NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ")
VALUES = (0, 7, 8, 9, 0x20008, 0xFFFFFFFF, 2**63 - 1, 2**63, 2**64 - 1)
NUMBER = next(number for number, name in X86_64.items() if name == "personality")
"""A call whose argument is a number, refused or not without harm."""
SETS = (
    *([rule(ERRNO, "personality", args=[(0, each, 8, 8)], errno=97)] for each in OPERATORS),
    *([rule(ERRNO, "personality", args=[(0, each, 2**63, 2**63)], errno=97)] for each in OPERATORS),
    [rule(ERRNO, "personality", args=[(0, "GE", 8, 0), (1, "EQ", 0, 0)], errno=97)],
    [rule(ERRNO, "personality", args=[(0, "EQ", 8, 0), (0, "EQ", 9, 0)], errno=97)],
    [rule(ERRNO, "personality", errno=97), rule(ERRNO, "personality", args=[(0, "EQ", 8, 0)], errno=98)],
    [rule(ERRNO, "personality", args=[(0, "EQ", 8, 0)], errno=98), rule(ERRNO, "personality", errno=97)],
)


class _Argument(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def kernels(rules: Sequence[Rule]) -> list[int] | None:
    """The errnos of a real kernel with a filter that libseccomp made; None where there is none."""
    if os.uname().machine != "x86_64" or ctypes.util.find_library("seccomp") is None:
        return None
    library, libc = ctypes.CDLL("libseccomp.so.2"), ctypes.CDLL(None, use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Argument),
    ]  # fmt: skip
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            made = library.seccomp_init(0x7FFF0000)
            for each in rules:
                listed = [
                    _Argument(item["index"], OPERATORS.index(item["op"][9:]) + 1, item["value"], item["valueTwo"])
                    for item in each.get("args", ())  # type: ignore[attr-defined]
                ]
                apart = len({item.arg for item in listed}) < len(listed)
                for group in [[item] for item in listed] if apart else [listed]:
                    array = (_Argument * max(1, len(group)))(*group)
                    library.seccomp_rule_add_array(made, 0x50000 | each["errnoRet"], NUMBER, len(group), array)  # type: ignore[operator]
            found: list[int] | None = None
            if library.seccomp_load(made) == 0:
                found = []
                for value in VALUES:
                    ctypes.set_errno(0)
                    libc.syscall(ctypes.c_long(NUMBER), ctypes.c_uint64(value), ctypes.c_uint64(0))
                    found.append(ctypes.get_errno())
            os.write(send, json.dumps(found).encode())
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive) as file:
        text = file.read()
    os.waitpid(child, 0)
    answer: list[int] | None = json.loads(text or "null")
    return answer


@pytest.mark.parametrize("rules", SETS, ids=range(len(SETS)))
def test_a_filter_answers_as_a_kernels(rules: list[Rule], tmp_path: Path) -> None:
    expected = kernels(rules)
    if expected is None:
        pytest.skip("no libseccomp, or no leave to load a filter")
    asked = filter_of(tmp_path, ALLOW, *rules)

    assert [asked.errno("personality", value, 0) for value in VALUES] == expected
