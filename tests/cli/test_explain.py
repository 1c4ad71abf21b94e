"""``nslsm explain``: an event of a recording, or a hook that is asked about."""

import json

import pytest

from nslsm.cli.main import main
from nslsm.resources import examples_root
from tests.cli.test_replay import POLICY, run

VISIT = examples_root() / "02-the-hospital" / "visit.strace"


def test_an_event_is_explained_with_its_rule_and_what_would_turn_it(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("file_open", "object=/srv/phi/7.hl7", "flags=read")

    status, out, _ = run(capsys, "explain", "--policy", "healthcare", "--in", "clinic", "--task", "uid=1001", *words)

    assert status == 0
    assert "healthcare.hipaa.phi_access#confine-1" in out
    assert "allow read, write when subject.clinician" in out
    assert "only a clinician's program opens PHI" in out


def test_an_explanation_for_programs_is_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("socket_connect", "family=inet", "address=8.8.8.8", "port=443")

    _, out, _ = run(capsys, "explain", "--policy", "healthcare", "--in", "clinic", *words, "--format", "json")

    assert json.loads(out)["decision"]["requests"][0]["hook"] == "socket_connect"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("file_opne",), "did you mean `file_open`?"),
        ((f"{VISIT}#999999",), "its events are numbered 1 to"),
        ((f"{VISIT}#x",), "no event's number"),
        (("file_open", "flags"), "NAME=VALUE"),
        (("file_open", "flags=read"), "which file?"),
        (("file_open", "object=/x", "flags=raed"), "any of read, write"),
        (("file_open", "object=/x", "colour=red"), "there is no fact `colour`"),
        (("capable", "cap=CAP_FLY"), "a name such as CAP_NET_ADMIN"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "explain", "--policy", "healthcare", *words)

    assert status == 2
    assert said in err
    assert "Traceback" not in err


def test_facts_of_the_task_are_read_by_their_types(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--policy", str(POLICY), "--task", "uid=me", "file_open", "object=/x"]) == 2
    assert "`uid=me` is not a int" in capsys.readouterr().err
