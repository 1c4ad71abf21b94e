"""``# nslsm: allow(code) reason`` silences one finding, where it stands, and nothing else."""

from textwrap import dedent

import pytest

from nslsm.diagnostics import Diagnostic
from tests.language.check.memory import checked

CONTROL = """\
control c {{
    {before}
    attr task.domain: path = ""{behind}
    on bprm_check_security set subject.domain = object.path
    deny socket_connect when subject.domain != "/web"
}}
"""
"""Has a `join-missing` at its attribute."""


def found(text: str) -> list[Diagnostic]:
    return list(checked(dedent(text)).diagnostics)


def codes(text: str) -> list[str]:
    return [each.code.name for each in found(text)]


def test_without_a_comment_there_is_a_finding() -> None:
    assert codes(CONTROL.format(before="", behind="")) == ["join-missing"]


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("# nslsm: allow(join-missing) no interpreters here", ""),
        ("", "  # nslsm: allow(join-missing): no interpreters here"),
        ("# nslsm: allow(join-missing) no interpreters here\n\n    # what the program may do", ""),
        ("#nslsm:allow( join-missing )no interpreters", ""),
    ],
)
def test_a_comment_silences_what_it_stands_before_or_behind(before: str, behind: str) -> None:
    assert codes(CONTROL.format(before=before, behind=behind)) == []


def test_a_comment_speaks_of_its_own_place_only() -> None:
    text = """\
    # nslsm: allow(join-missing) elsewhere
    let web = 443
    """ + CONTROL.format(before="", behind=" when_port")

    assert codes(text.replace(" when_port", "")) == ["unused-allow", "join-missing"]


def test_a_comment_before_a_rule_speaks_of_all_its_lines() -> None:
    text = """\
    control c {
        # nslsm: allow(empty-confine) a tarpit
        confine file_open
            where object.path == "/trap"
            with EACCES
        { }
    }
    """

    assert codes(text) == []


def test_a_comment_before_a_control_does_not_speak_of_what_is_in_it() -> None:
    text = "# nslsm: allow(join-missing) everywhere\n" + CONTROL.format(before="", behind="")

    assert codes(text) == ["unused-allow", "join-missing"]


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("# nslsm: allow(join-missing)", "does not say why"),
        ("# nslsm: allow(join-missing) -", "does not say why"),
        ("# nslsm: allow(join-mising) typo", "no finding is called"),
        ("# nslsm: allow(unknown-hook) please", "errors cannot be silenced"),
        ("# nslsm: allow join-missing", "not understood"),
        ("# nslsm: forgive", "not understood"),
        ("# nslsm: allow(join-missing, unused-let) both", "no finding is called"),
    ],
)
def test_a_comment_that_is_not_understood_is_an_error_and_silences_nothing(comment: str, why: str) -> None:
    here = found(CONTROL.format(before=comment, behind=""))

    assert [each.code.name for each in here] == ["bad-allow", "join-missing"]
    assert why in here[0].message


def test_other_comments_may_speak_of_nslsm() -> None:
    assert codes(CONTROL.format(before="", behind="  # nslsm allows this")) == ["join-missing"]


def test_a_comment_that_silences_nothing_offers_to_go() -> None:
    (here,) = found("let web = 443 # nslsm: allow(unused-let) spare\n")

    assert here.code.name == "unused-allow"
    assert here.fix is not None


def test_with_errors_elsewhere_no_comment_is_called_unused() -> None:
    text = "control d { deny file_opne }\n" + "let a = 1 # nslsm: allow(unused-let) spare\n"

    assert codes(text) == ["unknown-hook"]
