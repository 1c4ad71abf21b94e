"""A table of calls is as good as the trace that it was made of: events, findings, counts; and damage is one clear error."""

from contextlib import suppress
from json import dumps
from pathlib import Path
from typing import Any

import pytest

from nslsm.api import calls as api
from nslsm.api.calls import convert_calls, open_told
from nslsm.columns import calls, calls_read
from nslsm.columns.calls import KEY, VERSION, schema
from nslsm.columns.calls_read import CallsTrace, is_calls
from nslsm.columns.schema import END, ColumnsError
from nslsm.importers.traces import TraceError, open_trace
from nslsm.importers.traces.strace.atoms import MalformedError
from nslsm.importers.traces.strace.results import ResultReader
from nslsm.importers.traces.strace.rows import Row
from tests.importers.traces.strace import traces
from tests.importers.traces.strace.test_short import RECORDED, SAMPLES

pa = pytest.importorskip("pyarrow")


CALL = {"kind": "call", "line": 1, "end_line": 1, "task": 7, "call": "close", "arguments": "3", "outcome": "0"}
TOLD = {"source": "t", "rows": 1, "lines": 1, "understood": 1, "findings": 0}


@pytest.fixture(params=[".arrow", ".parquet"])
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def told(path: Path) -> tuple[list[str], Any, str]:
    with open_told(path) as trace:
        return [repr(item) for item in trace], trace.tally, trace.source


def same(trace: Path, into: Path) -> None:
    made = convert_calls(trace, into)
    found, expected = told(into), told(trace)

    assert found == expected
    assert (made.rows, made.lines, made.findings) == (len(found[0]), expected[1].lines, expected[1].findings)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_recordings_come_to_the_same(path: Path, suffix: str, tmp_path: Path) -> None:
    same(path, tmp_path / f"t{suffix}")


def test_random_traces_come_to_the_same_in_many_batches(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nslsm.importers.traces.bounded.BLOCK", 300)
    monkeypatch.setattr(api, "BATCH", 7)
    monkeypatch.setattr(calls_read, "STEP", 3)
    trace = tmp_path / "t.strace"
    for seed in range(40):
        trace.write_bytes(b"7 close(3) = 0\n" + traces.text(seed))

        same(trace, tmp_path / f"t{suffix}")


def test_files_of_a_set_come_to_the_same(suffix: str, tmp_path: Path) -> None:
    [first, *_] = sorted((SAMPLES / "set").iterdir())

    same(first.with_suffix(""), tmp_path / f"t{suffix}")


def test_anybody_can_read_what_calls_returned(suffix: str, tmp_path: Path) -> None:
    trace = tmp_path / "t.strace"
    trace.write_text(
        '7 1.5 openat(AT_FDCWD, "/a", O_RDONLY) = 3</a>\n'
        '7 2.5 openat(AT_FDCWD, "/b", O_RDONLY) = -1 ENOENT (No such file or directory) <0.000012>\n'
        "7 3.5 mmap(NULL, 1) = 0xffffffffffffffff\n"
        "7 3.5 exit_group(0) = ?\n"
        "7 4.5 +++ exited with 0 +++\n"
    )
    convert_calls(trace, tmp_path / f"t{suffix}")

    table = _table(tmp_path / f"t{suffix}")

    assert table["kind"].to_pylist() == ["call"] * 4 + ["ended"]
    assert table["call"].to_pylist() == ["openat", "openat", "mmap", "exit_group", None]
    assert table["arguments"].to_pylist()[0] == 'AT_FDCWD, "/a", O_RDONLY'
    assert table["result"].to_pylist() == [3, -1, None, None, None]
    assert table["errno"].to_pylist() == [None, "ENOENT", None, None, None]
    assert table["outcome"].to_pylist()[2:] == ["0xffffffffffffffff", "?", None]
    assert table["duration"].to_pylist()[:2] == [None, 0.000012]
    assert table["text"].to_pylist()[3:] == [None, "exited with 0"]


def test_results_are_what_the_reader_of_results_says() -> None:
    results, rows = ResultReader(), []
    texts = [
        *traces.RESULTS,
        "0644",
        "-0x10",
        "? ERESTARTNOHAND (To be restarted)",
        "-1 EXXX (Strange)",
        "9" * 19,
        "5</a E b>",
    ]
    for text in texts:
        with suppress(MalformedError):
            rows.append((results.result(text), Row("call", 1, 1, None, 7, "close", "3", text)))

    found = calls.batch([row for _, row in rows], results)

    assert len(rows) > 15
    fits = [each.value if abs(each.value or 0) < 1 << 63 else None for each, _ in rows]
    assert found["result"].to_pylist() == fits
    assert found["errno"].to_pylist() == [each.errno and each.errno.name for each, _ in rows]


def test_a_trace_that_strace_has_not_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="made of traces of strace"):
        convert_calls(SAMPLES / "audit.log", tmp_path / "t.arrow")

    assert not list(tmp_path.iterdir())


def test_nothing_is_left_where_writing_fails(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nslsm.columns.calls_write.CallsFile.finish", _breaks)
    (tmp_path / f"t{suffix}").write_text("as it was")

    with pytest.raises(OSError, match="full"):
        convert_calls(SAMPLES / "pipeline.strace", tmp_path / f"t{suffix}")

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(f"t{suffix}", "as it was")]


def test_more_texts_than_arrow_can_hold_are_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nslsm.columns.calls_write.MOST_BYTES", 1_000)

    with pytest.raises(ValueError, match=r"`arguments`.*write `\.parquet`"):
        convert_calls(SAMPLES / "pipeline.strace", tmp_path / "t.arrow")
    convert_calls(SAMPLES / "pipeline.strace", tmp_path / "t.parquet")

    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.99])
def test_a_file_that_is_cut_is_refused(suffix: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    convert_calls(SAMPLES / "pipeline.strace", path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(ColumnsError, match="columns-unreadable"):
        list(CallsTrace(path))
    with pytest.raises((ColumnsError, TraceError)):
        told(path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda row: {**row, "kind": "other"}, "kind"),
        (lambda row: {**row, "arguments": '"'}, "entry"),
        (lambda row: {**row, "outcome": "none"}, "entry"),
        (lambda row: {**row, "call": None}, "lacks"),
        (lambda row: {**row, "kind": "finding", "text": "{}"}, "code"),
        (lambda row: {**row, "kind": "finding", "text": "[" * 100_000}, "recursion"),
        (lambda row: {**row, "task": None}, "`task`"),
    ],
)
def test_rows_that_nobody_has_written_are_refused(change: Any, why: str, tmp_path: Path) -> None:
    path = tmp_path / "t.arrow"
    rows = [change(dict.fromkeys(schema().names) | CALL)]
    _write(path, rows, schema(), TOLD)

    with pytest.raises(ColumnsError, match=why):
        list(CallsTrace(path))


@pytest.mark.parametrize(
    ("metadata", "told", "why"),
    [
        ({KEY: str(VERSION + 1)}, TOLD, f"version {VERSION + 1}"),
        ({KEY: "x"}, TOLD, "version x"),
        ({}, TOLD, "other columns"),
        ({KEY: str(VERSION)}, None, "end is missing"),
        ({KEY: str(VERSION)}, {}, "end is damaged"),
        ({KEY: str(VERSION)}, {**TOLD, "rows": 2}, "1 rows, and says 2"),
    ],
)
def test_other_versions_and_unfinished_files_are_refused(
    metadata: dict[Any, Any], told: dict[str, Any] | None, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.arrow"
    _write(path, [dict.fromkeys(schema().names) | CALL], schema().with_metadata(metadata), told)

    with pytest.raises(ColumnsError, match=why) as raised:
        list(CallsTrace(path))

    assert raised.value.diagnostics[0].code.name == "columns-unreadable"
    assert is_calls(path) == (KEY in metadata)


def test_a_column_of_another_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.arrow"
    other = schema().set(0, pa.field("kind", pa.string()))
    _write(path, [dict.fromkeys(schema().names) | CALL], other, TOLD)

    with pytest.raises(ColumnsError, match="`kind` is missing, or of another type"):
        CallsTrace(path)


def _write(path: Path, rows: list[dict[str, Any]], layout: Any, told: dict[str, Any] | None) -> None:
    metadata = None if told is None else {END: dumps(told).encode()}
    with pa.ipc.new_file(str(path), layout) as writer:
        writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=layout), custom_metadata=metadata)


def _table(path: Path) -> Any:
    if path.suffix == ".parquet":
        return pa.parquet.read_table(path)
    return pa.ipc.open_file(path).read_all()


def _breaks(*_given: object) -> None:
    raise OSError(28, "the disk is full")


def test_an_open_trace_is_no_table(tmp_path: Path) -> None:
    with open_trace(SAMPLES / "pipeline.strace") as trace:
        assert trace.tally.lines == 0
    (tmp_path / "t.arrow").write_bytes(b"7 close(3) = 0\n")

    assert not is_calls(tmp_path / "t.arrow")
    assert not is_calls(tmp_path / "absent.parquet")
