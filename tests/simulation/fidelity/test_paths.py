"""When two paths are one file's."""

import pytest

from nslsm.simulation.fidelity.paths import same_path


def same(ours: str, theirs: str, filesystem: str = "tmpfs", *, whole: bool = True) -> bool:
    return same_path(ours, theirs, filesystem=filesystem, whole=whole)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("/a/b", "/b"), ("/bin/sh", "/usr/bin/dash"), ("/a", "/"), ("", "/a"), ("pipe:[3]", "/")]
)
def test_other_paths_are_other_files(ours: str, theirs: str) -> None:
    assert not same(ours, theirs)


def test_a_path_within_a_file_system_is_the_end_of_ours() -> None:
    assert same("/srv/data/a", "/a", whole=False)
    assert same("/srv/data", "/", whole=False)
    assert not same("/srv/data/ba", "/a", whole=False)


def test_a_path_that_was_cut_is_the_end_of_ours() -> None:
    assert same("/srv/deep/down/a", "…/down/a")
    assert not same("/srv/deep/up/a", "…/down/a")


def test_what_has_no_path_is_recorded_as_a_root() -> None:
    assert same("socket:[31]", "/", "sockfs")
    assert same("pipe:[31]", "/", "pipefs")
    assert not same("/etc/passwd", "/", "sockfs")


def test_processes_have_other_numbers_in_each_run() -> None:
    assert same("/proc/7/maps", "/proc/1001/maps", "proc")
    assert same("/proc/self/task/7/fd/3", "/proc/1001/task/1003/fd/3", "proc")
    assert same("/proc/7/exe", "/1001/exe", "proc", whole=False)
    assert not same("/proc/7/maps", "/proc/7/mem", "proc")
    assert not same("/srv/7/a", "/srv/8/a")
