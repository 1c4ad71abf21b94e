"""Inputs opened as traces, and what is refused with one clear reason."""

import gzip
import io
import sys
import tracemalloc
from pathlib import Path

import pytest

from nslsm.diagnostics import Diagnostic, Severity
from nslsm.importers.traces import Item, TraceError, open_trace
from nslsm.importers.traces.findings import AS_A_WHOLE, IN_PLACES, MAX_LINE
from nslsm.importers.traces.recognise import Format
from nslsm.importers.traces.strace import values
from nslsm.importers.traces.trace import _REFUSALS
from nslsm.kernel.call import SystemCall

SAMPLES = Path(__file__).parent / "samples"


def refusal(path: Path | str) -> Diagnostic:
    with pytest.raises(TraceError) as refused:
        open_trace(path)
    return refused.value.diagnostic


def read(path: Path) -> list[Item]:
    with open_trace(path) as trace:
        return list(trace)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "trace-empty"),
        (b"\n\n \n", "trace-empty"),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 5000, "trace-is-binary"),
        (gzip.compress(b"7 close(3) = 0\n", mtime=0), "trace-is-binary"),
        (b"\0\1\2\3", "trace-is-binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "trace-is-binary"),
        ("7 close(3) = 0\n".encode("utf-16"), "trace-is-binary"),
        (b'{"words": {}}\n', "trace-of-other-tool"),
        (b"type=SYSCALL msg=audit(11/14/23 22:13:20.123:456) : arch=x86_64 syscall=open\n", "trace-of-other-tool"),
        (b'puts("hi") = 3\n', "trace-of-other-tool"),
        (b"module a\n\ncontrol b {\n    deny file_open\n}\n", "trace-is-policy"),
        (b"The quick brown fox\n", "trace-unrecognised"),
        (b"x" * (3 * MAX_LINE), "trace-unrecognised"),
    ],
)
def test_what_is_no_trace_is_refused_with_one_error(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "t").write_bytes(content)

    diagnostic = refusal(tmp_path / "t")

    assert diagnostic.code.name == code
    assert diagnostic.severity is Severity.ERROR
    assert diagnostic.help


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere").code.name == "trace-unreadable"
    assert refusal(tmp_path / "a" / "b").code.name == "trace-unreadable"
    assert refusal("nul\0byte").code.name == "trace-unreadable"
    assert refusal(tmp_path).code.name == "trace-is-directory"


def test_a_device_without_end_is_refused_at_once() -> None:
    assert refusal("/dev/zero").code.name == "trace-is-binary"


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"7 close(3) = 0\n")))

    with open_trace("-") as trace:
        [event] = trace

    assert isinstance(event, SystemCall)
    assert (trace.source, trace.size) == ("<stdin>", None)


def test_progress_is_told_and_the_size_is_known() -> None:
    told: list[int] = []

    with open_trace(SAMPLES / "calls-plain.strace", progress=told.append) as trace:
        list(trace)

    assert told[-1] == trace.size == (SAMPLES / "calls-plain.strace").stat().st_size


def test_a_trace_that_begins_with_an_overlong_line_is_read_on(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"a" * (3 * MAX_LINE) + b"\n7 close(3) = 0\n")

    finding, event = read(tmp_path / "t")

    assert isinstance(finding, Diagnostic)
    assert finding.code.name == "trace-line-too-long"
    assert isinstance(event, SystemCall)
    assert event.line == 2


def test_an_overlong_line_is_not_held_in_memory(tmp_path: Path) -> None:
    with (tmp_path / "t").open("wb") as file:
        file.write(b'7 close(3) = 0\n7 write(1, "')
        for _ in range(32):
            file.write(b"a" * (1 << 20))
        file.write(b'", 1) = 1\n7 close(4) = 0\n')

    tracemalloc.start()
    items = read(tmp_path / "t")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [type(item) for item in items] == [SystemCall, Diagnostic, SystemCall]
    assert peak < 8 << 20


def test_memory_does_not_grow_with_the_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_REMEMBERED", 500)

    def peak(count: int) -> int:
        with (tmp_path / "t").open("w") as file:
            for number in range(count):
                file.write(f'{number} openat(AT_FDCWD, "/tmp/{number:08}", O_RDONLY <unfinished ...>\n')
                file.write(f"{number} <... openat resumed>) = {number % 99}\n{number} +++ exited with 0 +++\n")
        tracemalloc.start()
        with open_trace(tmp_path / "t") as trace:
            for _ in trace:
                pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(8_000) < peak(2_000) + (256 << 10)  # 6,000 more tasks would be more than that


def test_damage_in_places_is_survived(tmp_path: Path) -> None:
    lines = (SAMPLES / "pipeline.strace").read_bytes().splitlines(keepends=True)
    lines[10] = b"\xff\xfe" + lines[10]
    lines[-1] = lines[-1][:20]
    (tmp_path / "t").write_bytes(b"".join(lines))

    found = {item.code.name for item in read(tmp_path / "t") if isinstance(item, Diagnostic)}

    assert found == {"trace-not-utf8", "trace-cut-line"}


def test_codes_are_distinct_and_errors_are_those_about_the_whole() -> None:
    names = [code.name for code in (*IN_PLACES, *AS_A_WHOLE)]

    assert len(set(names)) == len(names)
    assert all(code.severity is Severity.WARNING for code in IN_PLACES)
    assert all(code.severity is Severity.ERROR for code in AS_A_WHOLE)
    assert Format.STRACE not in _REFUSALS
