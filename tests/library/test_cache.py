"""Kept results: used where nothing has changed, and nowhere else."""

import json
from pathlib import Path

import pytest

from nslsm import library
from nslsm.language.check.package import Checked
from nslsm.library import cache, check_targets

POLICY = """\
import shared (reach)
@ref(house, "A.1")
control web {
    deny socket_connect when reach and port in ports(subject.exe)
    deny file_opn
}
table ports(program: path) -> set of int = from "ports.csv" else {}
namespace host { bind web }
test "a" { task t in host t socket_connect port = 1 -> deny }
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = tmp_path / "package"
    (root / "catalogues").mkdir(parents=True)
    (root / "own.nslsm").write_text(POLICY.replace("    deny file_opn\n", ""))
    (root / "shared.nslsm").write_text("let reach = true\n")
    (root / "ports.csv").write_text("program,port\n/bin/a,1\n")
    (root / "catalogues" / "house.csv").write_text("id,title\nA.1,One\n")
    return root


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(cache, "WORTH", 0)
    return tmp_path / "kept"


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often something was really checked."""
    made = [0]

    def counted(*arguments: object) -> Checked:
        made[0] += 1
        return real(*arguments)

    real = library.check_modules
    monkeypatch.setattr(library, "check_modules", counted)
    return made


def check(root: Path) -> Checked:
    (found,) = check_targets([str(root / "own.nslsm")])
    return found


def everything(checked: Checked) -> tuple[object, ...]:
    package = checked.package
    assert package is not None
    named = (package.roots, package.controls, package.policies, package.namespaces, package.tests)
    return (checked.diagnostics, checked.asked, named, package.sources.texts, checked.sources.texts)


def test_what_was_checked_once_is_the_same_the_second_time_and_not_checked_again(
    package: Path, count: list[int]
) -> None:
    first, second = check(package), check(package)

    assert count == [1]
    assert everything(second) == everything(first)
    assert (package / "own.nslsm").read_text() in second.sources.texts.values()


def test_findings_are_kept_too(package: Path, count: list[int]) -> None:
    (package / "own.nslsm").write_text(POLICY)

    first, second = check(package), check(package)

    assert count == [1]
    assert [each.code.name for each in second.errors] == ["unknown-hook"]
    assert second.diagnostics == first.diagnostics
    assert second.diagnostics[0].span == first.diagnostics[0].span


@pytest.mark.parametrize("name", ["own.nslsm", "shared.nslsm", "ports.csv", "catalogues/house.csv"])
def test_a_change_in_anything_that_was_read_is_seen(package: Path, name: str, count: list[int]) -> None:
    check(package)
    file = package / name
    text = file.read_text()
    file.write_text(
        text.replace("true", "false").replace("/bin/a", "/bin/b").replace("One", "Two").replace("1 -", "2 -")
    )

    assert file.read_text() != text
    check(package)
    assert count == [2]


def test_a_file_that_is_gone_is_seen(package: Path, count: list[int]) -> None:
    check(package)
    (package / "ports.csv").unlink()

    assert [each.code.name for each in check(package).errors] == ["table-data"]
    assert count == [2]


def test_a_module_that_now_comes_from_elsewhere_is_seen(
    package: Path, tmp_path: Path, count: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "shared.nslsm").rename(tmp_path / "shared.nslsm")
    monkeypatch.setenv(library.SEARCH_PATH, str(tmp_path))
    check(package)
    (package / "shared.nslsm").write_text("let reach = false\n")

    check(package)

    assert count == [2]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other", "binary", "nested"])
def test_a_kept_result_that_was_damaged_is_not_used(package: Path, folder: Path, damage: str, count: list[int]) -> None:
    first = check(package)
    (kept,) = folder.glob("*.json")
    data = kept.read_bytes()
    head = data.partition(b"\n")[0]
    kept.write_bytes(
        {
            "cut": data[:-10],
            "changed": data.replace(b"web", b"wib"),
            "empty": b"",
            "other": json.dumps({"a": 1}).encode(),
            "binary": bytes(range(256)),
            "nested": head + b"\n" + b"[" * 100_000,
        }[damage]
    )

    assert everything(check(package)) == everything(first)
    assert count == [2]


def test_a_folder_that_others_can_write_to_is_not_used(package: Path, folder: Path, count: list[int]) -> None:
    folder.mkdir()
    folder.chmod(0o777)

    check(package)
    check(package)

    assert count == [2]
    assert not list(folder.iterdir())


def test_nothing_is_kept_where_it_is_off_or_quick(
    package: Path, folder: Path, count: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "WORTH", 3600)
    check(package)
    monkeypatch.setattr(cache, "WORTH", 0)
    monkeypatch.setenv(cache.VARIABLE, cache.OFF)
    check(package)

    assert count == [2]
    assert not list(folder.glob("*"))


def test_the_folder_and_what_is_in_it_is_its_owners(package: Path, folder: Path) -> None:
    check(package)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert [each.stat().st_mode & 0o777 for each in folder.iterdir()] == [0o600]


def test_results_that_are_old_make_room(package: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_FILES", 2)
    for number in range(4):
        (package / f"more{number}.nslsm").write_text("let a = 1\n")
        check_targets([str(package / f"more{number}.nslsm")])

    assert len(list(folder.glob("*.json"))) == 2
