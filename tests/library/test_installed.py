"""Policies that pip installed are found by their names, and by no others; folders can be named for the search."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nslsm.diagnostics import DiagnosticError
from nslsm.library import SEARCH_PATH, check_targets
from nslsm.library.installed import installed_roots

WEB = "control web { deny socket_connect when port == 23 }\nnamespace host { bind web }\n"


class Site:
    """A folder that Python looks for packages in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, entries: dict[str, str], files: dict[str, str]) -> None:
        info = self.folder / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = "\n".join(f"{key} = {value}" for key, value in entries.items())
        (info / "entry_points.txt").write_text(f"[nslsm.policies]\n{lines}\n")
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        installed_roots.cache_clear()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    installed_roots.cache_clear()
    yield Site(folder)
    installed_roots.cache_clear()


BOOM = "raise SystemExit('a policy package was imported')\n"


def test_an_installed_module_is_found_by_its_name_and_nothing_is_imported(site: Site) -> None:
    files = {"acme_policies/__init__.py": BOOM, "acme_policies/acme/web.nslsm": WEB}
    site.install("acme", {"acme": "acme_policies"}, files)

    (checked,) = check_targets(["acme.web"])

    assert "acme.web.host" in checked.require().namespaces
    assert "acme_policies" not in sys.modules


def test_a_policy_imports_installed_modules(site: Site, tmp_path: Path) -> None:
    site.install("acme", {"acme": "acme_policies"}, {"acme_policies/acme/web.nslsm": WEB})
    (tmp_path / "own.nslsm").write_text("import acme.web\nnamespace root { bind acme.web.web }\n")

    (checked,) = check_targets([str(tmp_path / "own.nslsm")])

    assert not checked.errors


def test_a_package_has_the_name_that_it_claims_and_no_other(site: Site) -> None:
    site.install(
        "acme", {"acme": "acme_policies"}, {"acme_policies/std/more.nslsm": WEB, "acme_policies/other.nslsm": WEB}
    )

    assert check_targets(["std.more"])[0].errors
    assert check_targets(["other"])[0].errors


def test_a_name_that_is_shipped_cannot_be_claimed(site: Site) -> None:
    site.install("evil", {"base": "evil_policies"}, {"evil_policies/base/capability.nslsm": WEB})

    (checked,) = check_targets(["base.capability"])

    assert "base.capability.web" not in checked.require().controls


def test_of_two_packages_that_claim_one_name_neither_has_it(site: Site) -> None:
    site.install("acme", {"acme": "a_policies"}, {"a_policies/acme.nslsm": WEB})
    site.install("emca", {"acme": "b_policies"}, {"b_policies/acme.nslsm": WEB})

    assert check_targets(["acme"])[0].errors


@pytest.mark.parametrize("value", ["no_such_package", "../../etc", "acme:attribute", ""])
def test_an_entry_point_that_leads_nowhere_is_none(site: Site, value: str) -> None:
    site.install("acme", {"acme": value}, {})

    assert check_targets(["acme"])[0].errors


def test_folders_of_the_search_path_are_searched_before_the_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "web.nslsm").write_text(WEB)
    monkeypatch.setenv(SEARCH_PATH, f"{tmp_path / 'house'}:")

    assert not check_targets(["web"])[0].errors


def test_a_search_path_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SEARCH_PATH, "/no/such/folder")

    with pytest.raises(DiagnosticError, match="`/no/such/folder` in `NSLSM_PATH` is no folder"):
        check_targets(["base"])
