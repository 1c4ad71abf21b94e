from pathlib import Path

from nslsm.simulation.scenarios.matrix import KERNEL, Row, Stop, matrix
from tests.simulation.scenarios.scenes import script


def stops(row: Row) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    return _named(row.first), _named(row.second)


def _named(stop: Stop | None) -> tuple[str, str] | None:
    return None if stop is None else (stop.boundary, stop.rule.rpartition("#")[2])


def test_the_nearest_boundary_is_first_and_the_one_behind_it_second(tmp_path: Path) -> None:
    (row,) = matrix(script(tmp_path, 'steps: [nurse open "/srv/lab/1"]'))

    assert stops(row) == (("host.clinic", "files"), ("host", "closed"))


def test_who_would_have_been_second_may_stop_a_later_step(tmp_path: Path) -> None:
    (row,) = matrix(script(tmp_path, 'steps: [nurse connect 192.0.2.1:443, nurse open "/srv/lab/1"]'))

    assert stops(row) == (("host.clinic", "calls"), ("host", "closed"))
    assert row.first is not None
    assert row.second is not None
    assert (row.first.happened.number, row.second.happened.number) == (1, 2)


def test_one_boundary_stops_a_scenario_alone_where_nothing_else_would(tmp_path: Path) -> None:
    (row,) = matrix(script(tmp_path, 'steps: [root open "/srv/lab/1"]'))

    assert stops(row) == (("host", "closed"), None)


def test_the_kernel_can_be_first_and_is_not_asked_to_look_away(tmp_path: Path) -> None:
    (row,) = matrix(script(tmp_path, 'steps: [nurse open "/srv/none", nurse open "/srv/lab/1"]'))

    assert stops(row) == ((KERNEL, "ENOENT"), None)


def test_what_nothing_stops_has_nobody(tmp_path: Path) -> None:
    (row,) = matrix(script(tmp_path, 'steps: [nurse open "/srv/a"]'))

    assert stops(row) == (None, None)


def test_a_namespace_that_is_made_on_the_way_is_a_boundary_too(tmp_path: Path) -> None:
    steps = """
steps:
  - root unshare "box" with clinic.quiet -> allow
  - root open "/srv/lab/1"
"""
    (row,) = matrix(script(tmp_path, steps))

    assert stops(row) == (("host.box", "files"), ("host", "closed"))
