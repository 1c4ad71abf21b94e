"""A program is run under strace, and its trace is its owner's only."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nslsm.importers.traces import open_trace
from nslsm.kernel.call import SystemCall
from nslsm.kernel.origin import Origin
from nslsm.kernel.spelling import text_of
from nslsm.live.record import RecordError, record


def may_trace() -> bool:
    strace = shutil.which("strace")
    if strace is None:
        return False
    return subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


needs_strace = pytest.mark.skipif(not may_trace(), reason="strace is not installed, or may not trace here")


def refusal(command: list[str], output: Path) -> str:
    with pytest.raises(RecordError) as refused:
        record(command, output)
    [diagnostic] = refused.value.diagnostics
    return diagnostic.code.name


def pretend_strace(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program called strace that only looks like it."""
    path = folder / "strace"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@needs_strace
def test_a_recording_reads_back_and_begins_with_who_made_it(tmp_path: Path) -> None:
    recording = record(["sh", "-c", "exit 3"], tmp_path / "t")

    with open_trace(tmp_path / "t") as trace:
        origin, *events = trace
    assert (recording.status, recording.signal) == (3, None)
    assert isinstance(origin, Origin)
    assert origin.command == ("sh", "-c", "exit 3")
    assert origin.cwd == str(Path.cwd())
    assert origin.uids == (os.getuid(), os.geteuid(), os.geteuid(), os.geteuid())
    assert set(origin.groups) == set(os.getgroups()) or not origin.groups
    assert origin.securebits is not None
    assert trace.tally.share == 1.0
    assert recording.lines == trace.tally.lines - 1
    assert recording.octets == (tmp_path / "t").stat().st_size
    first = next(event for event in events if isinstance(event, SystemCall))
    assert first.name == "execve"
    assert first.time is not None
    assert first.time >= origin.time


@needs_strace
def test_a_signal_that_ended_the_program_is_told(tmp_path: Path) -> None:
    recording = record(["sh", "-c", "kill -TERM $$"], tmp_path / "t")

    assert (recording.status, recording.signal) == (None, signal.SIGTERM)


@needs_strace
def test_a_recording_is_its_owners_only_whatever_was_there_before(tmp_path: Path) -> None:
    output = tmp_path / "t"
    output.write_text("older")
    output.chmod(0o666)
    before = os.umask(0)
    try:
        record(["true"], output)
    finally:
        os.umask(before)

    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_it_is_its_owners_only_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
    case "$*" in *"trace=none"*) echo "strace -- version 6.1"; exit 0;; --help) exit 0;; esac
    while [ "$1" != "-o" ]; do shift; done
    stat -c %a "$2" >> "$2"
    """
    (tmp_path / "bin").mkdir()
    pretend_strace(tmp_path / "bin", script, monkeypatch)
    before = os.umask(0)
    try:
        record(["true"], tmp_path / "t")
    finally:
        os.umask(before)

    assert (tmp_path / "t").read_text().splitlines()[1:] == ["600"]


@needs_strace
def test_the_environment_is_not_recorded_but_arguments_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "hunter2")

    record(["true", "--token=argument"], tmp_path / "t")

    text = (tmp_path / "t").read_text()
    assert "hunter2" not in text
    assert "--token=argument" in text


@needs_strace
def test_owners_of_files_are_recorded(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")

    record(["cat", str(tmp_path / "a")], tmp_path / "t")

    assert f"st_uid={os.getuid()}" in (tmp_path / "t").read_text()


def test_where_strace_is_missing_the_way_to_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RecordError) as refused:
        record(["true"], tmp_path / "t")

    assert refused.value.diagnostics[0].code.name == "strace-missing"
    assert "apt install strace" in str(refused.value)


def test_where_tracing_is_not_permitted_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_strace(tmp_path, "echo 'strace: PTRACE_TRACEME: Operation not permitted' >&2; exit 1", monkeypatch)

    with pytest.raises(RecordError) as refused:
        record(["true"], tmp_path / "t")

    assert refused.value.diagnostics[0].code.name == "tracing-not-permitted"
    assert "SYS_PTRACE" in str(refused.value)
    assert not (tmp_path / "t").exists()


@needs_strace
def test_inside_another_trace_nothing_can_be_recorded(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from nslsm.live.record import record; record(['true'], Path(sys.argv[1]))"
    command = ["strace", "-f", "-e", "trace=none", "-o", os.devnull, sys.executable, "-c", program, str(tmp_path / "t")]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert "error[tracing-not-permitted]" in done.stderr


def test_an_strace_that_does_not_work_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_strace(tmp_path, "echo gibberish >&2; exit 7", monkeypatch)

    assert refusal(["true"], tmp_path / "t") == "strace-unusable"


@needs_strace
def test_a_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")

    assert refusal(["no-such-program"], tmp_path / "t") == "command-not-found"
    assert refusal([str(tmp_path / "data")], tmp_path / "t") == "command-not-found"
    assert refusal([], tmp_path / "t") == "command-not-found"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@needs_strace
def test_where_no_file_can_be_written_nothing_is_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    mark = tmp_path / "ran"

    assert refusal(["touch", str(mark)], tmp_path / "nowhere" / "t") == "record-unwritable"
    assert refusal(["touch", str(mark)], tmp_path / "pipe") == "record-unwritable"
    assert refusal(["touch", str(mark)], tmp_path) == "record-unwritable"
    assert not mark.exists()
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@needs_strace
def test_an_interrupt_from_the_terminal_is_the_programs_and_the_trace_is_kept(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from nslsm.live.record import record;"
        "print(record(['sleep', '60'], Path(sys.argv[1])).signal)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "t")], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 30
    while not any(b"nanosleep" in path.read_bytes() for path in tmp_path.glob(".t.*")):
        assert time.monotonic() < deadline
        time.sleep(0.02)

    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)

    assert said.strip() == str(int(signal.SIGINT))
    with open_trace(tmp_path / "t") as trace:
        names = [event.name for event in trace if isinstance(event, SystemCall)]
    assert "clock_nanosleep" in names


@needs_strace
def test_a_name_that_strace_would_take_for_a_pipe_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    record(["true"], Path("|cat"))

    with open_trace(Path("|cat")) as trace:
        texts = [text_of(event.argument(0)) for event in trace if isinstance(event, SystemCall)]
    assert texts[0] is not None
