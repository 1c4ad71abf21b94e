"""Bad input is one error in bounded time: texts that grow, that are cut off anywhere, that are no text."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nslsm.diagnostics import DiagnosticError
from nslsm.importers.apparmor import import_profiles

STOCK = r"""abi <abi/3.0>,
@{HOME} = /home/*/ "/ro ot/"
@{HOME} += /srv/@{x}
@{x} = a
$b = true
alias /usr/ -> /opt/usr/,
profile shop /usr/{bin,sbin}/shop xattrs=(user.a="b c") flags=(complain, attach_disconnected) {
  #include if exists <none>
  capability chown kill, deny network inet stream,
  audit deny owner @{HOME}/** rwk, "/a b/[^c]\x41" mrPix -> till,
  link subset /a\,b -> /c*, signal (send, receive) set=(kill, rtmin+3) peer=@{profile_name},
  unix (connect) type=stream addr=@a peer=(label=b addr="@c d"), dbus send bus=system peer=(name=a),
  mount options=(ro, bind) fstype=ext4 /a -> /b/, umount /b, pivot_root oldroot=/a /b -> c,
  change_profile unsafe /x -> y, set rlimit nofile <= 10, ptrace (read) peer=a,
  if not defined $b { /q r, } else if $b { /r r, } else { owner { /s r, } }
  ^hat { /h r, } profile till { priority=3 /t r, }
}
"""


def refusal(folder: Path, text: bytes) -> DiagnosticError | None:
    file = folder / "p"
    file.write_bytes(text)
    found = None
    try:
        import_profiles([file], [folder])
    except DiagnosticError as error:
        found = error
    assert found is None or (len(found.diagnostics) == 1 and str(found))
    return found


def test_a_profile_with_everything_is_taken(tmp_path: Path) -> None:
    assert refusal(tmp_path, STOCK.encode()) is None


def test_a_profile_that_is_cut_off_anywhere_is_one_error(tmp_path: Path) -> None:
    whole = STOCK.encode().rstrip()

    found = [refusal(tmp_path, whole[:end]) for end in range(0, len(whole), 3)]

    assert all(found)


@pytest.mark.parametrize("last", [b"\0", b"\xff", b'"', b"{", b"\\"])
def test_what_stands_where_it_is_cut_off_makes_no_difference(tmp_path: Path, last: bytes) -> None:
    whole = STOCK.encode().rstrip()

    found = [refusal(tmp_path, whole[:end] + last) for end in range(0, len(whole), 19)]

    assert all(found)


def test_bytes_that_are_no_text_are_kept_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "p"
    file.write_bytes(b"profile p { /a\xff r, }")

    assert "\\xff" in import_profiles([file], [tmp_path]).text


def bombs() -> Iterator[tuple[str, str]]:
    some = " ".join(f"aaaaaaaaaaaaaaaaaaaaaaaaa{number}" for number in range(100))
    yield "words", "profile p { " + "a " * 700_000 + "}"
    yield "a word", "profile p { /" + "a" * 70_000 + " r, }"
    yield "a number", "profile p { priority=" + "9" * 5_000 + " /a r, }"
    yield (
        "doubling",
        "".join(f"@{{v{n}}}=@{{v{n + 1}}}@{{v{n + 1}}}\n" for n in range(40)) + "@{v40}=xx\nprofile p { /@{v0} r, }",
    )
    yield "products", f"@{{a}}={some}\nprofile p {{\n" + "/@{a}/@{a} r,\n" * 2_000 + "}"
    yield "ways to run", "profile p {\n" + "".join(f"/{'*a' * 1000}{n} px -> a{n},\n" for n in range(9)) + "}"
    yield "aliases", "".join(f"alias / -> /{n}/,\n" for n in range(400)) + "profile p {" + "/a r, " * 300 + "}"
    yield "groups", "profile p {\n" + "".join(f"/{'{a,b}*' * 100}/{n} px -> a{n},\n" for n in range(60)) + "}"


@pytest.mark.parametrize("text", [text for _, text in bombs()], ids=[name for name, _ in bombs()])
def test_what_grows_ends_at_a_limit(tmp_path: Path, text: str) -> None:
    started = time.monotonic()

    assert refusal(tmp_path, text.encode()) is not None
    assert time.monotonic() - started < 30


def test_files_that_include_the_next_one_twice_end_at_a_limit(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"i{number}").write_text(f"include <i{number + 1}>\n" * 2)
    (tmp_path / "i40").write_text("/a r,\n")

    error = refusal(tmp_path, b"profile p { include <i0> }")

    assert error is not None
    assert error.diagnostics[0].code.name == "apparmor-over-limit"
