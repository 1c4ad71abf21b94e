"""What is no policy, or too much of one, gets one clear answer, soon."""

import io
import stat
import tarfile
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics import DiagnosticError
from nslsm.importers.selinux.cil import forms as forms_module
from nslsm.importers.selinux.cil import read, sources, structure
from nslsm.importers.selinux.cil.order import Unordered, merged

HERE = Path(__file__).parent
BASE = (HERE / "policy.cil").read_text()


def refused(file: Path) -> tuple[str, str]:
    with pytest.raises(DiagnosticError) as error:
        read([file])
    assert len(error.value.diagnostics) == 1
    return error.value.diagnostics[0].code.name.removeprefix("selinux-"), str(error.value)


def text(folder: Path, content: str | bytes) -> Path:
    file = folder / "p.cil"
    file.write_bytes(content if isinstance(content, bytes) else (BASE + content).encode())
    return file


BOMBS = {
    "macros": "".join(f"(macro m{n} () (call m{n + 1}) (call m{n + 1}))" for n in range(40))
    + "(macro m40 () (allow t t3 (file (read))))(call m0)",
    "empty macros": "".join(f"(macro m{n} () (call m{n + 1}) (call m{n + 1}))" for n in range(40))
    + "(macro m40 ())(call m0)",
    "blocks": "(block b0 (type y))"
    + "".join(
        f"(block b{n} (block l (blockinherit b{n - 1})) (block r (blockinherit b{n - 1})))" for n in range(1, 40)
    ),
    "a chain of macros": "".join(f"(macro m{n} () (call m{n + 1}))" for n in range(2000)) + "(macro m2000 ())(call m0)",
    "a chain of blocks": "(block b0 (type y))"
    + "".join(f"(block b{n} (blockinherit b{n - 1}))" for n in range(999, 0, -1)),
    "brackets": "(typeattributeset a " + "(" * 300 + ")" * 300 + ")",
    "only brackets": "(" * 100_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_grows_without_end_meets_a_limit(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MAX_STATEMENTS", 20_000)

    code, shown = refused(text(tmp_path, BOMBS[name]))

    assert code == "over-limit"
    assert "p.cil:" in shown


@pytest.mark.parametrize("depth", ["(not ", "("])
def test_what_is_nested_as_deep_as_may_be_is_read(depth: str, tmp_path: Path) -> None:
    file = text(tmp_path, f"(typeattributeset a {depth * 190}t{')' * 190})")

    assert read([file])[0].attributes["a"] == {"t", "t2"}


def test_a_long_chain_of_optional_parts_falls_at_once(tmp_path: Path) -> None:
    chain = "".join(f"(optional o{n} (type x{n}) (allow x{n} x{n + 1} (file (read))))" for n in range(500))

    assert len(read([text(tmp_path, chain)])[0].types) == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"(type x)\n(type \0)", "unreadable"),
        (b"(type x)\n(type \xff)", "unreadable"),
        (b"", "syntax"),
        (b"; nothing", "syntax"),
        (b"(type x", "syntax"),
        (b"(type x))", "syntax"),
        (b'(type "x', "syntax"),
        (b"type x", "syntax"),
    ],
)
def test_what_is_no_text_of_a_policy_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    assert refused(text(tmp_path, content))[0] == code


def test_more_text_or_brackets_than_may_be_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms_module, "MAX_LISTS", 10)
    assert refused(text(tmp_path, ""))[0] == "over-limit"
    monkeypatch.setattr(sources, "MAX_BYTES", 10)
    assert refused(text(tmp_path, ""))[0] == "over-limit"


def archive(folder: Path, *members: tuple[str, bytes, str], mode: str = "w:gz") -> Path:
    file = folder / "modules.tar.gz"
    with tarfile.open(file, mode) as made:  # type: ignore[call-overload]
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
            else:
                info.linkname = content
            made.addfile(info, io.BytesIO(content.encode()))
    return file


def test_the_modules_of_a_folder_or_an_archive_are_one_policy(tmp_path: Path) -> None:
    (tmp_path / "a.cil").write_text(BASE)
    (tmp_path / "b.cil").write_text("(allow t t3 (file (open)))")
    packed = archive(
        tmp_path, ("x/a.cil", tarfile.REGTYPE, BASE), ("x/b.cil", tarfile.REGTYPE, "(allow t t3 (file (open)))")
    )
    with zipfile.ZipFile(tmp_path / "modules.zip", "w") as made:
        made.writestr("a.cil", BASE)
        made.writestr("b.cil", "(allow t t3 (file (open)))")

    policies = [read([each])[0] for each in (tmp_path, packed, tmp_path / "modules.zip")]

    assert all(each.allows["t", "t3", "file"] == {"open"} for each in policies)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../x.cil", tarfile.REGTYPE),
        ("/x.cil", tarfile.REGTYPE),
        ("x.cil", tarfile.SYMTYPE),
        ("x.cil", tarfile.LNKTYPE),
        ("x.cil", tarfile.CHRTYPE),
        ("x.cil", tarfile.FIFOTYPE),
        ("x.txt", tarfile.REGTYPE),
    ],
)
def test_members_that_are_no_files_inside_are_refused(name: str, kind: bytes, tmp_path: Path) -> None:
    members = [(name, kind, "a.cil")] if name == "x.txt" else [("a.cil", tarfile.REGTYPE, BASE), (name, kind, "a.cil")]

    assert refused(archive(tmp_path, *members))[0] == "unreadable"


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "p.zip"
    info = zipfile.ZipInfo("x.cil")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(info, "/etc/passwd")

    assert refused(file)[0] == "unreadable"


@pytest.mark.parametrize("kept", [0, 5, 60])
def test_a_cut_archive_is_refused(kept: int, tmp_path: Path) -> None:
    file = archive(tmp_path, ("a.cil", tarfile.REGTYPE, BASE))
    file.write_bytes(file.read_bytes()[:kept])

    assert refused(file)[0] == "unreadable"


def test_an_archive_that_unpacks_to_more_than_may_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 100_000)

    assert refused(archive(tmp_path, ("a.cil", tarfile.REGTYPE, " " * 1_000_000)))[0] == "over-limit"
    assert refused(archive(tmp_path, ("a.bin", tarfile.REGTYPE, " " * 5_000_000)))[0] == "over-limit"


@given(st.integers(min_value=0, max_value=len(BASE)), st.sampled_from(["", "(", ")", '"', "all", "(not", " nowhere "]))
def test_a_policy_with_a_cut_and_a_slip_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, slip: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "cut.cil"
    for content in (BASE[:at] + slip, BASE[:at] + slip + BASE[at:]):
        file.write_text(content)
        codes: list[str] = []

        try:
            read([file])
        except DiagnosticError as error:
            codes = [each.code.name for each in error.diagnostics]

        assert all(each.startswith("selinux-") for each in codes)


@given(st.integers(2, 8), st.sets(st.integers(0, 6)), st.randoms())
def test_pieces_of_an_order_give_it_back(length: int, cuts: set[int], random: object) -> None:
    whole = [f"n{each}" for each in range(length)]
    ends = sorted({each for each in cuts if 0 < each < length - 1} | {0, length - 1})
    pieces = [whole[one : other + 1] for one, other in pairwise(ends)]
    random.shuffle(pieces)  # type: ignore[attr-defined]

    assert merged(pieces) == whole


def test_orders_that_share_nothing_are_none() -> None:
    with pytest.raises(Unordered):
        merged([["a", "b"], ["c", "d"]])
