"""``nslsm import apparmor``: a policy on standard output or in a file, losses on standard error and in the exit status."""

from pathlib import Path

import pytest

from nslsm.cli.group import run

GOOD = "profile p /bin/p { /etc/p r, }\n"


def test_a_policy_is_printed_and_what_was_done_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p").write_text(GOOD)

    status = run(["import", "apparmor", str(tmp_path / "p")])

    said = capfd.readouterr()
    assert status == 0
    assert said.out.startswith('"""Profiles of AppArmor')
    assert "1 profile: 0 restrictions lost" in said.err


def test_a_policy_is_written_and_passes_the_check(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p").write_text(GOOD)
    target = tmp_path / "made.nslsm"

    assert run(["import", "apparmor", str(tmp_path / "p"), "-o", str(target)]) == 0
    assert run(["check", "--strict", str(target)]) == 0
    assert run(["fmt", "--check", str(target)]) == 0
    assert not capfd.readouterr().out


def test_a_lost_restriction_is_exit_status_1(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p").write_text("profile p {\n  deny network ax25,\n}\n")

    assert run(["import", "apparmor", str(tmp_path / "p")]) == 1
    assert f"{tmp_path / 'p'}:2:" in capfd.readouterr().err


def test_what_is_no_profile_is_exit_status_2(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p").write_text("profile p {")

    assert run(["import", "apparmor", str(tmp_path / "p")]) == 2
    assert run(["import", "apparmor", str(tmp_path / "absent")]) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_boolean_variables_are_defined_on_the_command_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p").write_text("profile p { if $x { /yes r, } else { /no r, } }\n")

    assert run(["import", "apparmor", "-D", "x=true", str(tmp_path / "p")]) == 0
    assert "/yes" in capfd.readouterr().out
    assert run(["import", "apparmor", "-D", "x=maybe", str(tmp_path / "p")]) == 2
