"""A distribution's whole SELinux policy in two containers of one machine, below AppArmor's profile of the host."""

from pathlib import Path

import pytest

import nslsm
from nslsm.importers.selinux.cil import read
from nslsm.importers.selinux.emit import emit
from nslsm.resources import examples_root
from tests.conformance.test_selinux import ARCHIVE
from tests.importers.selinux.test_emit import written

PROFILES = examples_root() / "09-fedora-on-ubuntu" / "ubuntu.nslsm"
"""``engine`` and ``container-default``, imported."""


@pytest.fixture(scope="module")
def kernel(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> nslsm.Kernel:
    """A host with AppArmor, and two containers with the same policy, each with categories of its own."""
    policy, _, sources = read([conformance / ARCHIVE])
    debian = written(emit(policy, sources, name="debian"), tmp_path_factory.mktemp("debian"))["debian"]
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", nslsm.load_policy(PROFILES)["ubuntu"](start={"container-default"}))
    for name, categories in (("one", "c1,c2"), ("two", "c3,c4")):
        task = kernel.init.fork(no_new_privs=True)
        assert task.lsm_unshare(name, debian(start=f"system_u:system_r:container_t:s0:{categories}"))
        label = f"system_u:object_r:container_file_t:s0:{categories}"
        kernel.file(f"/srv/{name}", type="directory", mode=0o777, xattrs={"security.selinux": label})
        kernel.file(f"/srv/{name}/data", mode=0o666, xattrs={"security.selinux": label})
    return kernel


@pytest.mark.conformance
@pytest.mark.parametrize(("one", "other"), [("one", "two"), ("two", "one")])
def test_a_container_has_its_own_files_and_not_the_others(kernel: nslsm.Kernel, one: str, other: str) -> None:
    task = kernel.spawn(one, uid=0)

    assert task.open(f"/srv/{one}/data", "r+")
    assert task.mkdir(f"/srv/{one}/new")
    denied = [task.open(f"/srv/{other}/data"), task.mkdir(f"/srv/{other}/x"), task.unlink(f"/srv/{other}/data")]
    assert [str(each.blame).rpartition(" in ")[2] for each in denied] == [f"root.{one}"] * 3
