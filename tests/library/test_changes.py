"""Which files a check read, and whether they have changed."""

import os
from pathlib import Path

from nslsm.library import select
from nslsm.library.changes import check_noting, fingerprint

POLICY = """\
import other
table known(path: path) = from "known.csv"
control c { deny file_open when object.path == other.place and known(object.path) }
namespace host { bind c }
"""


def written(folder: Path) -> Path:
    (folder / "case.nslsm").write_text(POLICY)
    (folder / "other.nslsm").write_text('let place = "/a"\n')
    (folder / "known.csv").write_text("path\n/a\n")
    return folder / "case.nslsm"


def test_everything_that_was_read_is_known(tmp_path: Path) -> None:
    (selection,) = select([str(written(tmp_path))])

    checked, files = check_noting(selection)

    assert checked.errors == ()
    assert {file.name for file in files} == {"case.nslsm", "other.nslsm", "known.csv"}


def test_a_file_that_is_missing_is_known_by_its_place(tmp_path: Path) -> None:
    case = written(tmp_path)
    (tmp_path / "known.csv").unlink()
    (selection,) = select([str(case)])

    checked, files = check_noting(selection)

    assert checked.errors
    assert tmp_path / "known.csv" in files


def test_a_change_a_new_file_and_a_lost_one_are_seen(tmp_path: Path) -> None:
    case = written(tmp_path)
    (selection,) = select([str(case)])
    _, files = check_noting(selection)
    states = [fingerprint([str(case)], files)]

    (tmp_path / "known.csv").write_text("path\n/a\n/b\n")
    states.append(fingerprint([str(case)], files))
    os.utime(case, ns=(1, 1))
    states.append(fingerprint([str(case)], files))
    (tmp_path / "new.nslsm").write_text("")
    states.append(fingerprint([str(case)], files))
    (tmp_path / "other.nslsm").unlink()
    states.append(fingerprint([str(case)], files))

    assert len(set(states)) == len(states)
    assert fingerprint([str(case)], files) == states[-1]


def test_in_a_folder_that_was_named_new_policies_are_seen_however_deep_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    before = fingerprint([str(tmp_path)], ())

    (tmp_path / ".hidden" / "a.nslsm").write_text("")
    (tmp_path / "deep" / "notes.txt").write_text("")
    assert fingerprint([str(tmp_path)], ()) == before

    (tmp_path / "deep" / "er" / "a.nslsm").write_text("")
    assert fingerprint([str(tmp_path)], ()) != before
