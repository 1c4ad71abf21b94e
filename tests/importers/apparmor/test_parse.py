"""Profiles are taken and refused as AppArmor's own parser does; what is wrong is told once, where it is."""

import time
from itertools import pairwise
from pathlib import Path

import pytest

from nslsm.diagnostics import DiagnosticError
from nslsm.importers.apparmor import import_profiles, lexer, parse

LETTERS = "abcdefghijklmnopqrstuvwxyz"
HERE = Path(__file__).parent


def cases(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text().splitlines()[1:] if line.strip()]


def whole(case: str) -> str:
    text = case[1:] if case.startswith("!") else f"profile p /bin/p {{\n  {case}\n}}"
    return text.replace("\\n", "\n") + "\n"


def refused(folder: Path, text: str | bytes, name: str = "p") -> DiagnosticError:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DiagnosticError) as error:
        import_profiles([file], [folder])
    assert len(error.value.diagnostics) == 1
    return error.value


@pytest.mark.parametrize("case", cases("accepts.txt"))
def test_what_apparmors_parser_takes_is_taken(case: str, tmp_path: Path) -> None:
    file = tmp_path / "p"
    file.write_text(whole(case))

    assert import_profiles([file], [tmp_path]).profiles


@pytest.mark.parametrize("case", cases("refuses.txt"))
def test_what_apparmors_parser_refuses_is_refused(case: str, tmp_path: Path) -> None:
    error = refused(tmp_path, whole(case))

    assert error.diagnostics[0].code.name.startswith("apparmor-")


@pytest.mark.parametrize(
    "rule", ["userns,", "userns create,", "io_uring sqpoll,", "mqueue (create) /q,", "all,", "priority=3 /a r,"]
)
def test_rules_of_apparmor_4_are_taken(rule: str, tmp_path: Path) -> None:
    file = tmp_path / "p"
    file.write_text(f"abi <abi/4.0>,\nprofile p {{ {rule} }}\n")

    assert import_profiles([file], [tmp_path]).profiles == ("p",)


def test_a_mistake_is_shown_where_it_is(tmp_path: Path) -> None:
    error = refused(tmp_path, "profile p {\n  /a r,\n  /b wa,\n}\n")

    assert error.diagnostics[0].span is not None
    assert error.diagnostics[0].span.place == f"{tmp_path / 'p'}:3:3"
    assert "/b wa" in str(error)


def test_files_are_included_from_the_search_path_and_folders_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "abstractions").mkdir()
    (tmp_path / "local").mkdir()
    (tmp_path / "abstractions" / "base").write_text("/base r,\n")
    (tmp_path / "local" / "a").write_text("/local r,\n")
    (tmp_path / "local" / "b.dpkg-old").write_text("/old r,\n")
    file = tmp_path / "p"
    file.write_text("profile p {\n  #include <abstractions/base>\n  include <local>\n  include if exists <absent>\n}\n")

    text = import_profiles([file], [tmp_path]).text

    assert '"/base", "/local"' in text
    assert "/old" not in text


def test_a_circle_of_includes_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("include <a>\n")
    (tmp_path / "a").write_text("include <b>\n")

    error = refused(tmp_path, "profile p {\n include <a>\n}\n")

    assert error.diagnostics[0].code.name == "apparmor-include-cycle"
    assert "`a` includes `b` includes `a`" in str(error)


def test_a_missing_file_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    error = refused(tmp_path, "profile p {\n include <abstractions/none>\n}\n")

    assert error.diagnostics[0].code.name == "apparmor-include-missing"
    assert str(tmp_path) in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "profile p { /a r,",
        'profile p { "/a r,\n}',
        "profile p { /a",
        "profile p { signal set=(",
        "profile p { signal set=",
        "profile p flags=(",
        "profile",
        "@{x}",
        "@{x}=",
        "alias /a ->",
        "abi <",
        "include",
        "profile p { set rlimit",
        "profile p { if",
        "profile p { unix peer=(label=",
        "profile p { unix peer=(label",
        "profile p { ( , }",
        "}",
        "",
        "profile p { \\",
        'profile p { "\\',
        "profile p { dbus (send",
        "if",
        "$x",
    ],
)
def test_a_text_that_is_cut_off_is_one_error(text: str, tmp_path: Path) -> None:
    assert refused(tmp_path, text).diagnostics


def test_nothing_is_kept_of_a_file_that_is_too_large(tmp_path: Path) -> None:
    file = tmp_path / "p"
    with file.open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    started = time.monotonic()

    with pytest.raises(DiagnosticError) as error:
        import_profiles([file])

    assert error.value.diagnostics[0].code.name == "apparmor-over-limit"
    assert not error.value.sources.names()
    assert time.monotonic() - started < 5


def test_zero_bytes_are_no_profile(tmp_path: Path) -> None:
    assert refused(tmp_path, b"profile p {\0}").diagnostics[0].code.name == "apparmor-unreadable"


@pytest.mark.parametrize(
    "text",
    [
        "profile p " + "{ owner " * 200_000,
        "profile p { " + "profile q { " * 1000,
        "profile p { " + "if not defined $x { " * 1000,
        "$x=true\nprofile p { if $x { } " + "else if $x { } " * 20_000 + "}",
        "profile p { /" + "{a," * 60 + "b" + "}" * 60 + " r, }",
        "".join(f"@{{{one}}}=@{{{two}}}@{{{two}}}\n" for one, two in pairwise(LETTERS))
        + "@{z}=xx\nprofile p { /@{a} r, }",
    ],
    ids=["blocks", "profiles", "conditions", "elses", "groups", "variables"],
)  # fmt: skip
def test_deep_nesting_and_growth_end_at_a_limit(text: str, tmp_path: Path) -> None:
    started = time.monotonic()

    assert refused(tmp_path, text).diagnostics
    assert time.monotonic() - started < 10


def test_the_limit_of_size_counts_what_is_included_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexer, "MAX_BYTES", 1000)
    (tmp_path / "a").write_text("# " + "x" * 300 + "\n")

    error = refused(tmp_path, "profile p {\n" + "include <a>\n" * 4 + "}\n")

    assert error.diagnostics[0].code.name == "apparmor-over-limit"


def test_more_rules_than_the_limit_are_not_gone_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "MAX_RULES", 10)

    error = refused(tmp_path, "profile p { " + "/a r, " * 11 + "}")

    assert error.diagnostics[0].code.name == "apparmor-over-limit"


def test_the_values_of_a_variable_end_with_their_file(tmp_path: Path) -> None:
    (tmp_path / "tunables").write_text("#\n@{x} = /a\n")
    file = tmp_path / "p"
    file.write_text("include <tunables>\nprofile p /bin/p flags=(complain) { @{x} r, }\n")

    assert import_profiles([file], [tmp_path]).profiles == ("p",)
