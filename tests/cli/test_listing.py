"""``nslsm listing``: the generated functions, what their names stand for, and questions that make no sense."""

from pathlib import Path

import pytest

from nslsm.cli.main import main

POLICY = """\
control files {
    attr task.seen: bool = false
    deny secret: file_open when object.path under {"/etc/secret", "/root"} and subject.uid != 0 with EPERM because "not for you"
    on file_open when object.path == "/a" set subject.seen = true
    audit file_open when object.path matches "/srv/?x"
}
control others { deny socket_create }
namespace host { bind others namespace box { bind files } }
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "p.nslsm"
    path.write_text(POLICY)
    return str(path)


def test_a_listing_has_the_functions_of_those_that_are_asked_and_what_their_names_are(
    policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listing", policy, "file_open", "--in", "box"]) == 0
    shown = capsys.readouterr().out

    assert shown.startswith("# file_open in host.box: what is asked, the nearest first\n")
    assert "# host.box: `files`, control p.files, mode enforce" in shown
    whole, _, single = shown.partition("# Each control by itself")
    assert "return 1  # secret" in whole
    assert "return None  # " in whole
    assert "def answer(q, s):" in whole
    assert "def answer" not in single
    for part in ("def judge(q, v):", "def effects(q, v):", "def observe(q, v):", "# secret", "/etc/secret/"):
        assert part in shown
    assert "= deny EPERM secret not for you" in shown
    assert '= "/srv/?x"' in shown
    assert "others" not in shown


def test_nobody_is_asked_where_nobody_has_a_rule(policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listing", policy, "file_open"]) == 0

    assert "# nobody: it is granted" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["file_opn"], "did you mean `file_open`?"), (["file_open", "--in", "nowhere"], "no namespace called `nowhere`")],
)
def test_what_is_not_there_is_told_with_what_is(
    policy: str, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listing", policy, *arguments]) == 2

    assert said in capsys.readouterr().err
