"""Controls that pip installed: found by their names, imported only when they are asked for."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nslsm

LIMITER = """
import nslsm

class Limiter(nslsm.Control):
    handles = {"file_open"}
    initial = 0

    def __init__(self, most):
        self.most = most

    def judge(self, request, state):
        return nslsm.Errno.EMFILE if state >= self.most else None

    def commit(self, request, state):
        return state + 1

nothing = 7
"""


class Site:
    """A folder that Python looks for packages in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, entries: dict[str, str], text: str = LIMITER) -> None:
        """A package of one module, ``NAME_controls``, and what its metadata says of it."""
        info = self.folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = "\n".join(f"{key} = {value}" for key, value in entries.items())
        (info / "entry_points.txt").write_text(f"[nslsm.controls]\n{lines}\n")
        (self.folder / f"{name}_controls.py").write_text(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Site(tmp_path)
    for name in [name for name in sys.modules if name.endswith("_controls")]:
        del sys.modules[name]


def others() -> list[str]:
    """The installed controls that are not nslsm's own."""
    return [name for name, entry in nslsm.installed_controls().items() if not entry.value.startswith("nslsm.")]


def test_an_installed_control_is_found_and_bound(site: Site) -> None:
    site.install("acme", {"limiter": "acme_controls:Limiter"})

    assert others() == ["limiter"]
    assert "acme_controls" not in sys.modules
    limiter = nslsm.load_control("limiter")

    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", limiter(1))  # type: ignore[call-arg]
    assert kernel.init.open("/a")
    assert str(kernel.init.open("/a").blame) == "acme_controls.Limiter#judge in root"


def test_nothing_is_imported_by_loading_policies_or_making_kernels(site: Site) -> None:
    site.install("acme", {"limiter": "acme_controls:Limiter"}, "raise SystemExit('imported')\n")

    nslsm.Kernel(nslsm.load_policy("healthcare")["host"])
    assert nslsm.installed_controls()["limiter"].value == "acme_controls:Limiter"
    assert "acme_controls" not in sys.modules


def test_a_name_that_nobody_installed_is_an_error_that_tells_those_that_are(site: Site) -> None:
    with pytest.raises(LookupError, match="called 'limiter'; there are "):
        nslsm.load_control("limiter")
    site.install("acme", {"limiter": "acme_controls:Limiter", "other": "acme_controls:Limiter"})
    with pytest.raises(LookupError, match=r"called 'limit'; there are .*limiter, other"):
        nslsm.load_control("limit")


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("acme_controls:nothing", TypeError),
        ("acme_controls:Missing", AttributeError),
        ("acme_controls", TypeError),
        ("elsewhere_controls:X", ModuleNotFoundError),
        ("pathlib:Path", TypeError),
    ],
)
def test_what_is_no_control_is_not_loaded(site: Site, value: str, error: type[Exception]) -> None:
    site.install("acme", {"odd": value})

    with pytest.raises(error):
        nslsm.load_control("odd")


def test_of_two_packages_that_claim_one_name_neither_has_it(site: Site) -> None:
    site.install("acme", {"limiter": "acme_controls:Limiter", "fine": "acme_controls:Limiter"})
    site.install("base", {"limiter": "base_controls:Limiter"})

    assert others() == ["fine"]
    with pytest.raises(LookupError, match=r"there are .*fine"):
        nslsm.load_control("limiter")


def test_policies_and_controls_of_one_package_work_together(site: Site) -> None:
    from nslsm.library.installed import installed_roots

    site.install("acme", {"limiter": "acme_controls:Limiter"})
    folder = site.folder / "acme_policies" / "acme"
    folder.mkdir(parents=True)
    (folder / "web.nslsm").write_text("control web { deny socket_connect when port == 23 }\n")
    entry = site.folder / "acme-1.0.dist-info" / "entry_points.txt"
    entry.write_text(f"{entry.read_text()}\n[nslsm.policies]\nacme = acme_policies\n")
    installed_roots.cache_clear()
    try:
        kernel = nslsm.Kernel()
        both = [nslsm.load_policy("acme.web")["web"], nslsm.load_control("limiter")(1)]  # type: ignore[call-arg]
        assert kernel.init.lsm_bind("root", both)
    finally:
        installed_roots.cache_clear()

    assert str(kernel.init.connect("192.0.2.1", 23).blame) == "acme.web#deny-1 in root"
    assert kernel.init.lsm_list_modules() == ("acme.web", "acme_controls.Limiter")
