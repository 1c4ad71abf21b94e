"""``nslsm explain-error``: the page about a finding, or a way to it."""

import pytest
from click.testing import CliRunner, Result

from nslsm.cli.explain_error import command
from nslsm.diagnostics import DiagnosticError
from nslsm.diagnostics.pages import explained_codes, explanation


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_a_code_gets_its_page() -> None:
    result = run("unknown-hook")

    assert result.exit_code == 0
    assert result.stdout.startswith("# unknown-hook\n\nA rule on a hook that never fires")
    assert run("[Unknown-Hook]").stdout == result.stdout


def test_without_a_code_every_page_is_listed_with_its_first_sentence() -> None:
    lines = run().stdout

    assert all(f"{code} " in lines for code in explained_codes())
    assert "A rule on a hook that never fires looks like protection" in lines


def test_an_unknown_code_gets_the_nearest() -> None:
    result = run("unknown-hok")

    assert isinstance(result.exception, DiagnosticError)
    assert "did you mean `unknown-hook`?" in str(result.exception)


@pytest.mark.parametrize("code", explained_codes())
def test_every_page_begins_with_a_sentence_that_stands_alone(code: str) -> None:
    page = explanation(code)

    assert page is not None
    assert 10 < len(page.first_sentence) < 260
    assert explanation("../../pyproject") is None
