"""The tests of policies, run from a program."""

from pathlib import Path

import pytest

from nslsm.api.tests import Unprepared, prepare, run_tests
from nslsm.diagnostics import DiagnosticError
from nslsm.simulation.coverage import Score


def test_tests_are_run_and_counted_only_where_that_is_asked_for() -> None:
    prepared = prepare(["base.yama"])

    run = run_tests(prepared, coverage=True)

    assert run.passed
    assert run.covered is not None
    assert run.covered.score == Score(9, 9)
    assert run_tests(prepared).covered is None


def test_words_choose_tests_and_none_is_no_success() -> None:
    prepared = prepare(["base.yama"])

    assert len(run_tests(prepared, words="SCOPE 2").results) == 1
    with pytest.raises(DiagnosticError, match="no such tests"):
        run_tests(prepared, words="nonesuch")


def test_what_was_read_of_a_policy_that_cannot_be_used_is_known(tmp_path: Path) -> None:
    (tmp_path / "other.nslsm").write_text("let x = 1\n")
    (tmp_path / "web.nslsm").write_text("import other\ncontrol c { deny nothing }\n")

    with pytest.raises(Unprepared) as raised:
        prepare([tmp_path / "web.nslsm"])

    assert {file.name for file in raised.value.files} == {"web.nslsm", "other.nslsm"}
    assert raised.value.diagnostics
