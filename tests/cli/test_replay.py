"""``nslsm replay`` as a person and as a program meet it."""

import json
import re
from pathlib import Path

import pytest

from nslsm.cli.main import main
from nslsm.resources import examples_root

BUILD = examples_root() / "01-a-build-under-watch"
TRACE = BUILD / "build.strace"
POLICY = BUILD / "build.nslsm"

SMALL = """\
100 1.0 execve("/usr/bin/make", ["make"], 0x7ffe /* 4 vars */) = 0
100 1.1 openat(AT_FDCWD</home/dev/hello>, "/home/dev/.profile", O_WRONLY) = 3</home/dev/.profile>
100 1.2 openat(AT_FDCWD</home/dev/hello>, "notes", O_RDONLY) = 3</home/dev/hello/notes>
100 1.3 exit_group(0) = ?
100 1.4 +++ exited with 0 +++
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.strace"
    path.write_text(SMALL)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(each) for each in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_summary_says_first_how_many_events_and_what_came_of_them(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "replay", small, "--policy", POLICY)

    assert status == 0
    assert out.startswith("4 events")
    assert "build.at_home#changes" in out
    assert "a build changes nothing outside its project" in out


def test_denials_are_an_answer_where_they_are_asked_about(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "replay", small, "--policy", POLICY, "--fail-on-denial")[0] == 1
    assert run(capsys, "replay", small, "--policy", "base.platform", "--fail-on-denial")[0] == 0


def test_json_is_one_document_with_a_version(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "replay", small, "--policy", POLICY, "--format", "json")

    summary = json.loads(out)
    assert summary["version"] == 1
    assert (summary["events"], summary["denied"]) == (4, 1)


def test_audit_records_are_denials_unless_all_are_asked_for(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denials, everything = tmp_path / "denials", tmp_path / "all"

    run(capsys, "replay", small, "--policy", POLICY, "--audit-to", denials)
    run(capsys, "replay", small, "--policy", POLICY, "--audit-to", everything, "--audit", "all")

    events = [json.loads(line) for line in denials.read_text().splitlines()]
    assert [event["event"] for event in events] == ["denied"]
    assert events[0]["rule"] == "build.at_home#changes"
    assert len(everything.read_text().splitlines()) > len(events)
    assert denials.stat().st_mode & 0o077 == 0


def test_audit_records_go_to_standard_error_where_no_file_is_named(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, err = run(capsys, "replay", small, "--policy", POLICY, "--audit", "denials")

    assert json.loads(err.splitlines()[0])["event"] == "denied"


def test_every_decision_can_be_written_in_full(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "replay", small, "--policy", POLICY, "-o", tmp_path / "d.jsonl")

    records = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text().splitlines()]
    assert [record["verdict"] for record in records] == ["grant", "deny", "grant", "grant"]


def test_the_same_trace_and_policy_give_the_same_records_byte_for_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        run(capsys, "replay", BUILD.parent / "02-the-hospital" / "visit.strace", "--policy", "healthcare",
            "-o", tmp_path / name)  # fmt: skip

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_short_and_full_walks_come_to_the_same_denials(capsys: pytest.CaptureFixture[str]) -> None:
    full = json.loads(run(capsys, "replay", TRACE, "--policy", POLICY, "--format", "json")[1])
    short = json.loads(run(capsys, "replay", TRACE, "--policy", POLICY, "--format", "json", "--short")[1])

    for part in ("events", "granted", "denied", "indeterminate", "by_namespace", "first_denials"):
        assert full[part] == short[part]


def test_two_policies_are_compared_by_cause(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "replay", small, "--policy", POLICY, "--against", "base.platform")

    assert status == 0
    assert out.startswith("1 event judged differently, for 1 reason")
    assert "build.at_home#changes in" in " ".join(out.split())


def test_a_damaged_trace_is_findings_and_a_failure_only_where_that_was_asked_for(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small.write_bytes(SMALL.encode() + b"100 1.5 \xff\xfe what is this\n100 1.6 openat(AT_FD")

    status, out, err = run(capsys, "replay", small, "--policy", POLICY)
    assert status == 0
    assert "trace-" in err
    assert "Traceback" not in out + err
    assert run(capsys, "replay", small, "--policy", POLICY, "--strict")[0] == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty", b""),
        ("binary", bytes(range(256)) * 8),
        ("elf", b"\x7fELF\x02\x01\x01" + bytes(200)),
        ("gzip", b"\x1f\x8b\x08" + bytes(50)),
        ("policy", b"module x\ncontrol c { deny file_open }\n"),
        ("json", b'{"words": {"process": {"pid": 1}}}\n'),
        ("ltrace", b'__libc_start_main(0x401136, 1, 0x7ffc <unfinished ...>\nputs("x") = 2\n'),
    ],
)
def test_what_is_no_trace_at_all_is_one_clear_error(
    name: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    status, out, err = run(capsys, "replay", path, "--policy", POLICY)

    assert (status, out) == (2, "")
    assert err.count("error[") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("missing", ["nowhere.strace", "."])
def test_a_trace_that_cannot_be_read_is_one_clear_error(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "replay", missing, "--policy", POLICY)

    assert status == 2
    assert err.count("error[") == 1


def test_a_trace_where_a_policy_is_expected_is_one_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "replay", TRACE, "--policy", TRACE)

    assert status == 2
    assert "error[" in err
    assert "Traceback" not in err


def test_a_line_of_a_hundred_megabytes_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "long.strace"
    with path.open("wb") as file:
        file.write(SMALL.encode())
        file.write(b'100 1.7 write(1, "')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'", 5) = 5\n100 1.8 getpid() = 100\n')

    status, _, err = run(capsys, "replay", path, "--policy", POLICY)

    assert status == 0
    assert "trace-line-too-long" in err


def test_an_unknown_namespace_is_named_with_those_that_there_are(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "replay", small, "--policy", POLICY, "--in", "nowhere")

    assert status == 2
    assert "`host.build`" in err


PODS = """
control closed {
    deny file_open when object.path == "/etc/hosts"
}

namespace host {
    namespace shop {
        namespace cart { bind closed }
    }
}
"""


def test_tasks_in_pods_are_judged_where_the_policy_has_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "pods.nslsm"
    policy.write_text(PODS)
    trace = Path(__file__).parents[1] / "importers" / "traces" / "samples" / "tetragon.jsonl"

    _, unplaced, _ = run(capsys, "replay", trace, "--policy", policy)
    _, placed, _ = run(capsys, "replay", trace, "--policy", policy, "--place-by", "pod")

    assert "denied\n  #" not in unplaced
    assert "node[1200] openat /etc/hosts -> EACCES by pods.closed#deny-1 in host.shop.cart" in " ".join(placed.split())


def test_explanations_and_comparisons_place_tasks_as_a_replay_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "pods.nslsm"
    policy.write_text(PODS)
    trace = Path(__file__).parents[1] / "importers" / "traces" / "samples" / "tetragon.jsonl"
    _, replayed, _ = run(capsys, "replay", trace, "--policy", policy, "--place-by", "pod")
    number = re.search(r"#(\d+) .*openat /etc/hosts", replayed)
    assert number is not None

    explained = [
        run(capsys, "explain", f"{trace}#{number[1]}", "--policy", policy, *place)[1]
        for place in ((), ("--place-by", "pod"))
    ]
    _, compared, _ = run(
        capsys, "compare-semantics", trace, "--policy", policy, "--place-by", "pod", "--format", "json"
    )

    assert ["host.shop.cart" in each for each in explained] == [False, True]
    assert {each["denied"] for each in json.loads(compared)["compositions"]} == {1}
