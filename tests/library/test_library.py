"""Where modules are found: files, folders, names, links and their limits."""

import gc
import io
import os
from pathlib import Path

import pytest

from nslsm.diagnostics import DiagnosticError
from nslsm.language.check.package import Checked
from nslsm.language.load import OutsideRoot
from nslsm.library import Library, check_targets, select
from nslsm.resources import policies_root

CONTROL = "control {name} {{ deny task_kill }}\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def roots(*targets: Path | str) -> list[tuple[tuple[str, ...], Path]]:
    """What each selection asks for, and where it looks first."""
    return [(each.roots, each.library.folders[0]) for each in select([str(target) for target in targets])]


def one(*targets: Path | str) -> Checked:
    (found,) = check_targets([str(target) for target in targets])
    return found


def refused(*targets: Path | str) -> list[tuple[str, str]]:
    with pytest.raises(DiagnosticError) as caught:
        select([str(target) for target in targets])
    return [(each.code.name, each.message) for each in caught.value.diagnostics]


# What targets stand for


def test_a_file_is_a_module_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path, {"web.nslsm": CONTROL.format(name="c")})

    assert roots(tmp_path / "web.nslsm") == [(("web",), tmp_path)]


def test_a_module_line_says_how_far_up_its_package_begins(tmp_path: Path) -> None:
    text = "# a remark\nlanguage 1\nmodule lab.web.shop\n" + CONTROL.format(name="c")
    write(tmp_path, {"lab/web/shop.nslsm": text})

    assert roots(tmp_path / "lab/web/shop.nslsm") == [(("lab.web.shop",), tmp_path)]
    assert roots(tmp_path / "lab/web") == [(("lab.web.shop",), tmp_path)]
    assert not one(tmp_path / "lab/web/shop.nslsm").diagnostics


def test_a_module_line_that_disagrees_with_the_folders_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, {"web.nslsm": "module lab.web\n" + CONTROL.format(name="c")})

    assert [each.code.name for each in one(tmp_path / "web.nslsm").diagnostics] == ["module-name-mismatch"]


def test_a_folder_stands_for_all_policies_below_it(tmp_path: Path) -> None:
    write(tmp_path, {"a.nslsm": "", "sub/b.nslsm": "", "sub/deep/c.nslsm": "", ".hidden/d.nslsm": "", "readme.md": ""})

    assert roots(tmp_path) == [(("a", "sub.b", "sub.deep.c"), tmp_path)]


def test_a_folder_whose_name_no_module_could_have_begins_a_package(tmp_path: Path) -> None:
    write(tmp_path, {"01-first/build.nslsm": "", "02-second/build.nslsm": "", "02-second/sub/x.nslsm": ""})

    assert roots(tmp_path) == [
        (("build",), tmp_path / "01-first"),
        (("build", "sub.x"), tmp_path / "02-second"),
    ]


def test_a_name_is_a_shipped_module_or_folder() -> None:
    found = one("base")

    assert found.package is not None
    assert {"base.yama", "base.capability", "base.platform"} <= set(found.package.controls)
    assert one("base.yama").require().roots == ("base.yama",)


def test_shipped_policies_have_their_names_also_as_files() -> None:
    assert roots(policies_root() / "base" / "yama.nslsm") == [(("base.yama",), policies_root())]
    assert "healthcare.hipaa" in roots(policies_root())[0][0]


def test_the_shipped_policies_are_without_a_finding() -> None:
    assert not one(policies_root()).diagnostics


def test_a_folder_without_policies_does_not_hide_a_module_s_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"base/readme.md": ""})
    monkeypatch.chdir(tmp_path)

    assert one("base").package is not None


def test_a_relative_file_is_found_from_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path,
        {"lab/web.nslsm": "module lab.web\n" + CONTROL.format(name="c"), "lab/other.nslsm": "import lab\nlet x = 3\n"},
    )
    monkeypatch.chdir(tmp_path / "lab")

    assert one("web.nslsm").require().roots == ("lab.web",)
    assert one("../lab/web.nslsm").require().roots == ("lab.web",)


def test_standard_input_is_a_policy_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path, {"ports.csv": "port\n22\n"})
    monkeypatch.chdir(tmp_path)
    text = b'table ports(port: int) = from "ports.csv"\ncontrol c { deny socket_connect when not ports(port) }\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))

    found = one("-").require()

    assert found.controls["stdin.c"].tables[0].rows == {(22,): True}
    assert found.sources.names() == ("<standard input>",)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("missing.nslsm", "there is no file"),
        ("./missing", "is no policy"),
        ("notes.txt", "is no policy"),
        ("empty/", "no policy (`*.nslsm`) is in"),
        ("2-x.nslsm", "cannot be a module: `2-x` is no name"),
    ],
)
def test_what_is_no_policy_is_refused(
    target: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"notes.txt": "", "2-x.nslsm": "", "empty/x": ""})
    monkeypatch.chdir(tmp_path)

    ((code, said),) = refused(target)

    assert code == "no-such-policy"
    assert message in said


def test_all_targets_that_are_no_policies_are_said(tmp_path: Path) -> None:
    assert len(refused(tmp_path / "a.nslsm", tmp_path / "b.nslsm")) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"a.nslsm": ""})
    (tmp_path / "a.nslsm").chmod(0)

    assert refused(tmp_path / "a.nslsm")[0][0] == "unreadable"


def test_a_folder_called_like_a_policy_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path, {"a.nslsm/b.nslsm": CONTROL.format(name="c")})

    assert roots(tmp_path / "a.nslsm") == [(("b",), tmp_path / "a.nslsm")]


# What imports what


def test_a_package_finds_its_own_modules_then_those_of_others_then_the_shipped(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "lib/tools.nslsm": "let staff = {1}\n",
            "app/main.nslsm": "import tools\nimport base\n"
            "control c { deny file_open when subject.uid in tools.staff }\nnamespace h { bind c bind base.yama }\n",
        },
    )

    lib, app = check_targets([str(tmp_path / "lib"), str(tmp_path / "app")])

    assert lib.package is not None
    assert app.package is not None
    assert "base.yama" in app.package.controls
    assert not app.diagnostics
    assert [each.code.name for each in one(tmp_path / "app").diagnostics] == ["unknown-module"]


def test_a_module_of_one_s_own_comes_before_a_shipped_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.nslsm": "import base.yama\nnamespace h { bind base.yama }\n",
            "base/yama.nslsm": CONTROL.format(name="yama"),
        },
    )

    assert len(one(tmp_path / "main.nslsm").require().controls["base.yama"].rules) == 1


def test_a_file_and_a_folder_of_one_name_are_an_error(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "lib.nslsm": CONTROL.format(name="c"),
            "lib/a.nslsm": CONTROL.format(name="a"),
            "main.nslsm": "import lib\nnamespace h { bind lib.a }\n",
        },
    )

    assert "ambiguous-module" in [each.code.name for each in one(tmp_path / "main.nslsm").diagnostics]


# Nothing from outside


def test_data_are_read_beside_the_module_and_below(tmp_path: Path) -> None:
    write(tmp_path, {"lab/web.nslsm": "", "lab/x.csv": "1", "lab/data/y.csv": "2"})
    library = Library((tmp_path,))

    assert library.data("lab.web", "x.csv") == b"1"
    assert library.data("lab.web", "data/y.csv") == b"2"


def test_a_link_out_of_the_package_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"secret.csv": "1", "secret.nslsm": CONTROL.format(name="s"), "package/web.nslsm": "import out\n"})
    package = tmp_path / "package"
    (package / "x.csv").symlink_to(tmp_path / "secret.csv")
    (package / "out.nslsm").symlink_to(tmp_path / "secret.nslsm")
    (package / "folder").symlink_to(tmp_path)
    library = Library((package,))

    for name in ("x.csv", "folder/secret.csv", "../secret.csv"):
        with pytest.raises(OutsideRoot):
            library.data("web", name)
    with pytest.raises(DiagnosticError) as caught:
        library.module("out")
    assert caught.value.diagnostics[0].code.name == "unreadable"
    with pytest.raises(DiagnosticError):
        library.module("folder.secret")
    assert [each.code.name for each in one(package / "web.nslsm").diagnostics] == ["unreadable"]


def test_a_link_within_the_package_is_followed(tmp_path: Path) -> None:
    write(tmp_path, {"web.nslsm": "", "data/x.csv": "1"})
    (tmp_path / "y.csv").symlink_to("data/x.csv")

    assert Library((tmp_path,)).data("web", "y.csv") == b"1"


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"web.nslsm": 'table t(a: int) = from "pipe.csv"\ncontrol c { deny file_open when t(1) }\n'})
    os.mkfifo(tmp_path / "pipe.csv")

    assert [each.code.name for each in one(tmp_path / "web.nslsm").diagnostics] == ["table-data"]


def test_a_name_that_is_none_leads_nowhere(tmp_path: Path) -> None:
    library = Library((tmp_path,))

    for name in ("..", "a..b", "a/b", "/etc/passwd", "", "a.b c"):
        assert library.module(name) is None


def test_binary_files_and_other_encodings_are_findings(tmp_path: Path) -> None:
    (tmp_path / "a.nslsm").write_bytes(b"\x7fELF\x00\xff\xff")
    (tmp_path / "b.nslsm").write_bytes("control c { }".encode("utf-16"))
    (tmp_path / "c.nslsm").write_bytes(b"")

    assert {name: [each.code.name for each in one(tmp_path / f"{name}.nslsm").diagnostics] for name in "abc"} == {
        "a": ["not-utf8"],
        "b": ["not-utf8"],
        "c": ["empty-module"],
    }


def test_the_collector_is_as_it_was_after_a_check(tmp_path: Path) -> None:
    (tmp_path / "a.nslsm").write_text("let a = 1\n")

    for turn in (gc.enable, gc.disable):
        turn()
        before = gc.isenabled()
        one(tmp_path / "a.nslsm")
        with pytest.raises(DiagnosticError):
            one(tmp_path / "missing.nslsm")
        assert gc.isenabled() is before
    gc.enable()
