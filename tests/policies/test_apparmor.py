"""What std.apparmor asks about: files by their paths, and nothing that has none."""

from pathlib import Path

import pytest

import nslsm
from nslsm.protocol.things import File, Identity

PROFILE = "profile shop /usr/bin/shop { /srv/** rw, }"


@pytest.fixture
def confined(tmp_path: Path) -> tuple[nslsm.Kernel, nslsm.Task]:
    """A kernel, and a task that the profile confines."""
    (tmp_path / "shop").write_text(PROFILE)
    policy = tmp_path / "shop.nslsm"
    policy.write_text(nslsm.import_apparmor(tmp_path / "shop").text)
    kernel = nslsm.Kernel()
    kernel.exchange("root", {"shop": nslsm.load_policy(policy)["shop"](start={"shop"})})
    return kernel, kernel.spawn(uid=0)


def thing(path: str, type_: str) -> File:
    return File(path, Identity("file", path or type_), type=type_, owner=0, group=0, mode=0o666)


@pytest.mark.parametrize(
    ("path", "type_"), [("", "socket"), ("pipe:[7]", "fifo"), ("anon_inode:[eventfd]", "anonymous")]
)
@pytest.mark.parametrize("mask", ["read", "write", "append"])
def test_what_has_no_place_in_a_file_system_is_not_asked_about(
    confined: tuple[nslsm.Kernel, nslsm.Task], path: str, type_: str, mask: str
) -> None:
    kernel, task = confined

    assert kernel.check("file_permission", task, thing(path, type_), mask={mask})
    assert kernel.check("file_receive", task, thing(path, type_), flags={mask})


@pytest.mark.parametrize("mask", ["write", "append"])
def test_files_and_pipes_with_a_name_are_asked_about(confined: tuple[nslsm.Kernel, nslsm.Task], mask: str) -> None:
    kernel, task = confined

    for path, type_ in (("/etc/shadow", "regular"), ("/run/initctl", "fifo")):
        assert not kernel.check("file_permission", task, thing(path, type_), mask={mask})
        assert not kernel.check("file_receive", task, thing(path, type_), flags={mask})
    assert kernel.check("file_permission", task, thing("/srv/a", "regular"), mask={mask})
