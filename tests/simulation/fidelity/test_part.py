"""Where two sequences part, call by call."""

from nslsm.simulation.fidelity.part import Call, Difference, Kind, calls, parted


def call(true: str, ours: str, *, name: str = "openat", nth: int = 0, line: int | None = 1) -> Call:
    return Call(0, nth, name, line, tuple(true.split()), tuple(ours.split()))


def summed(*found: Call) -> list[tuple[str, str, str, int, int | None]]:
    return [(each.call, each.kind.value, each.hook, each.times, each.first.line) for each in parted(found)]


def test_calls_that_agree_are_no_difference() -> None:
    assert parted([call("file_open file_permission", "file_open file_permission")]) == []


def test_what_is_lacking_and_what_is_too_much_is_counted_over_calls() -> None:
    found = summed(
        call("file_open path_truncate", "file_open", line=17),
        call("file_open path_truncate path_truncate", "file_open capable", nth=1, line=9),
    )

    assert found == [("openat", "lack", "path_truncate", 3, 9), ("openat", "extra", "capable", 1, 9)]


def test_what_comes_elsewhere_is_neither_lacking_nor_too_much() -> None:
    assert summed(call("capable file_open mmap_file", "file_open mmap_file capable")) == [
        ("openat", "moved", "capable", 1, 1)
    ]


def test_calls_with_the_most_differences_come_first() -> None:
    found = summed(
        call("file_open", "", name="read"), call("capable", "", name="kill"), call("capable", "", name="kill")
    )

    assert [each[0] for each in found] == ["kill", "read"]


def test_a_call_that_the_trace_lacks_has_the_recordings_name_and_no_line() -> None:
    [found] = parted(calls({(0, 3): ["file_open"]}, {}, {}, {(0, 3): "openat2"}))

    assert found == Difference("openat2", Kind.LACK, "file_open", 1, Call(0, 3, "openat2", None, ("file_open",), ()))


def test_the_trace_names_a_call_and_its_line() -> None:
    [found] = calls({(1, 0): ["file_open"]}, {(1, 0): ["file_open"]}, {(1, 0): ("openat", 4)}, {(1, 0): "other"})

    assert (found.name, found.line) == ("openat", 4)


def test_a_call_with_very_many_hooks_is_compared_by_number() -> None:
    assert summed(call("file_permission " * 6_000, "file_permission " * 5_999)) == [
        ("openat", "lack", "file_permission", 1, 1)
    ]
