"""Where audit events go: private files, harmless lines, clear errors, and no global configuration."""

import json
import stat
import sys
from io import StringIO
from pathlib import Path

import pytest
import structlog

from nslsm.audit.emit import Emitter, Format, open_private
from nslsm.audit.record import Which
from nslsm.diagnostics.error import DiagnosticError
from nslsm.engine.decision import Decision
from tests.audit.samples import connected, decided, executed, occasion, opened, state, task

HOSTILE = "/srv/phi/\x1b[2J\u202e\n\r\x07\x7fé"


def denial(path: str = "/srv/phi/7.hl7") -> Decision:
    person = task()
    return decided(state(person), opened(person, path))[0]


def emitted(*decisions: Decision, form: Format = Format.JSON, which: Which = Which.DENIALS, **more: bool) -> str:
    stream = StringIO()
    with Emitter(stream, form, which, **more) as emitter:
        for number, decision in enumerate(decisions, 1):
            emitter.emit(decision, occasion(task(), number))
    return stream.getvalue()


def test_each_event_is_one_line_of_canonical_json() -> None:
    lines = emitted(denial(), denial("/srv/phi/8")).splitlines()

    assert [json.loads(line)["object"] for line in lines] == ["/srv/phi/7.hl7", "/srv/phi/8"]
    assert all(line == json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")) for line in lines)


def test_the_same_decisions_make_the_same_bytes() -> None:
    assert emitted(denial(), denial()) == emitted(denial(), denial())


@pytest.mark.parametrize("form", Format)
def test_nothing_that_a_program_named_reaches_a_terminal_raw(form: Format) -> None:
    text = emitted(denial(HOSTILE), form=form)

    assert text.count("\n") == 1
    assert text.removesuffix("\n").isprintable()


def test_a_file_name_in_another_encoding_is_readable_json() -> None:
    (line,) = emitted(denial("/srv/phi/\udce9")).splitlines()

    json.loads(line)["object"].encode()
    assert "e9" in json.loads(line)["object"]


def test_a_console_line_reads_as_a_sentence() -> None:
    assert emitted(denial(), form=Format.CONSOLE) == (
        "#1      denied        sh[42] openat /srv/phi/7.hl7 -> EACCES by ward.charts#confine-1 in host.ward: "
        "only a clinician's program opens PHI [hipaa 164.312(a)(1)]\n"
    )


def test_a_console_line_says_what_is_unknown_and_what_would_be_denied() -> None:
    person = task()
    unknown, _ = decided(state(person), executed(person, "/usr/bin/x"))
    complained, _ = decided(state(person), connected(person))

    first, _, last = emitted(unknown, complained, form=Format.CONSOLE).splitlines()

    assert "hangs on object.sha256" in first
    assert "would-deny    sh[42] openat 192.0.2.9:80 -> EACCES by ward.egress#outside in host.ward" in last


def test_colours_are_only_where_they_are_asked_for() -> None:
    assert "\x1b[1;31mdenied" in emitted(denial(), form=Format.CONSOLE, colours=True)


def test_all_tells_grants_too() -> None:
    person = task()
    granted, _ = decided(state(person), opened(person, "/etc/passwd"))

    assert emitted(granted) == ""
    assert json.loads(emitted(granted, which=Which.ALL))["event"] == "granted"


def test_a_file_of_records_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text("old")
    path.chmod(0o666)

    with Emitter.to_file(path) as emitter:
        emitter.emit(denial(), occasion(task()))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["event"] == "denied"


def test_a_new_file_is_never_readable_by_others(tmp_path: Path) -> None:
    with open_private(tmp_path / "new") as stream:
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
        stream.write("x")


@pytest.mark.parametrize("path", ["", "missing/audit.jsonl", ".", "a\0b"])
def test_a_file_that_cannot_be_opened_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DiagnosticError, match="cannot write"):
        Emitter.to_file(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_write_that_fails_is_one_clear_error() -> None:
    emitter = Emitter.to_file("/dev/full")

    def fill() -> None:
        for _ in range(1000):
            emitter.emit(denial(), occasion(task()))

    with pytest.raises(DiagnosticError, match="cannot write `/dev/full`: no space left on device"):
        fill()
    with pytest.raises(DiagnosticError, match="no space left"):
        emitter.close()


def test_a_reader_that_has_gone_away_is_a_broken_pipe() -> None:
    class Gone(StringIO):
        def write(self, _: str, /) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Emitter(Gone()).emit(denial(), occasion(task()))


def test_the_stream_of_another_is_not_closed() -> None:
    stream = StringIO()

    with Emitter(stream) as emitter:
        emitter.emit(denial(), occasion(task()))

    assert not stream.closed


def test_structlogs_global_configuration_is_neither_used_nor_changed() -> None:
    structlog.configure(processors=[lambda *_: sys.exit("the global configuration was used")])
    before = structlog.get_config().copy()
    try:
        assert json.loads(emitted(denial()))["event"] == "denied"
        assert structlog.get_config() == before
    finally:
        structlog.reset_defaults()
