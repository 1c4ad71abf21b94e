"""``nslsm import selinux``: what it writes, tells, explains and refuses."""

from pathlib import Path

import pytest

from nslsm.cli.group import run

WARD = Path(__file__).parents[1] / "data" / "selinux" / "ward.cil"
NURSE = "system_u:nurse_r:nurse.process:s0"
CHARTS = "system_u:object_r:charts_t:s0"


def test_a_policy_and_its_tables_are_written_and_pass_the_check(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "selinux", str(WARD), "-o", str(tmp_path / "made")]) == 0
    assert run(["check", "--strict", str(tmp_path / "made")]) == 0
    assert run(["fmt", "--check", str(tmp_path / "made")]) == 0

    said = capfd.readouterr()
    assert " types, 17 classes, " in said.err
    assert "0 restrictions lost" in said.err


def test_what_is_imported_again_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "ward").mkdir()
    (tmp_path / "ward" / "old.json").write_text("[]")

    assert run(["import", "selinux", str(WARD), "-o", str(tmp_path)]) == 0

    assert not (tmp_path / "ward" / "old.json").exists()


@pytest.mark.parametrize(
    ("question", "status", "told"),
    [
        ((NURSE, CHARTS, "file", "read"), 0, ["granted: read of file", "(allow nurse.process charts_t (file (read)))"]),
        ((NURSE, CHARTS, "file", "write"), 1, ["denied", "no allow rule permits it", "(dontaudit nurse.process"]),
        (
            ("system_u:system_r:container.process:s0:c1", "system_u:object_r:container.file:s0:c2", "file", "read"),
            1,
            ["allowed by", "taken away by a constraint", "(or (dom h1 h2) (neq t1 mcs_kept_apart))"],
        ),
        (
            ("system_u:system_r:server.process:s0", "system_u:object_r:port_t:s0", "tcp_socket", "name_connect"),
            1,
            ["with booleans set otherwise", "when server_connects"],
        ),
        (("nonsense", CHARTS, "file", "read"), 1, ["`nonsense` is no context of the policy"]),
        ((NURSE, CHARTS, "window", "read"), 1, ["no class `window`"]),
        ((NURSE, CHARTS, "file", "fly"), 1, ["class `file` has no permission `fly`"]),
    ],
)
def test_an_answer_is_explained_by_rules_and_constraints(
    question: tuple[str, ...], status: int, told: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    found = run(["import", "selinux", str(WARD), "--why", *question])

    said = capfd.readouterr().out
    assert found == status, said
    assert [each for each in told if each not in said] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--output FOLDER"),
        (["-o", "{}", "--boolean", "server_connects"], "NAME=on"),
        (["-o", "{}", "--boolean", "flying=on"], "flying"),
        (["-o", "{}", "--parameter", "flying"], "no boolean `flying`"),
        (["-o", "{}/file/below"], "cannot be written to"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_written(
    arguments: list[str], told: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")

    status = run(["import", "selinux", str(WARD), *(each.format(tmp_path) for each in arguments)])

    said = capfd.readouterr()
    assert status == 2
    assert told in said.err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file"]


def test_what_is_no_policy_is_told_at_its_place(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.cil"
    file.write_text("(type a_t)\n(allow a_t b_t (file (read)))\n")

    assert run(["import", "selinux", str(file), "-o", str(tmp_path / "made")]) == 2

    assert f"{file}:2:" in capfd.readouterr().err
    assert not (tmp_path / "made").exists()
