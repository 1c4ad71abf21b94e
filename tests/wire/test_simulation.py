import io
import json
from pathlib import Path

import pytest
from pyarrow import parquet

from nslsm.api.scenarios import boundaries, simulate
from nslsm.wire.base import canonical, read
from nslsm.wire.simulation import METADATA, ManifestRecord, MatrixRecord, to_manifest, to_matrix, to_step, write_parquet
from tests.simulation.scenarios.scenes import HEAD, script

STEPS = """
parameters: {file: [a, lab/1]}
seed: [3, 4]
steps:
  - nurse open "/srv/${file}" -> allow
  - nurse read "/srv/none"
"""


def test_a_manifest_says_what_was_run_and_changes_with_it(tmp_path: Path) -> None:
    made = script(tmp_path, STEPS)
    manifest = to_manifest(made)
    other = to_manifest(script(tmp_path, STEPS.replace("none", "b")))

    assert (manifest.seeds, manifest.parameters, manifest.runs) == ((3, 4), ("file",), 4)
    assert (manifest.policy, manifest.world) == (made.policy_digest, "closed")
    assert manifest.sha256 != other.sha256
    assert manifest.policy == other.policy
    assert read(ManifestRecord, canonical(manifest)) == manifest


def test_rows_say_what_came_of_each_step(tmp_path: Path) -> None:
    rows = [to_step(each) for each in simulate(script(tmp_path, STEPS))]
    granted, impossible, denied = rows[0], rows[1], rows[4]

    assert (granted.verdict, granted.expected, granted.failures) == ("grant", True, ())
    assert "file_open" in granted.hooks
    assert impossible.verdict is None
    assert "has not opened" in str(impossible.impossible)
    assert (denied.verdict, denied.errno, denied.rule, denied.blamed) == (
        "deny",
        "EACCES",
        "clinic.quiet#files",
        "host.clinic",
    )
    assert denied.failures == ("expected allow, got deny EACCES by quiet#files in host.clinic",)
    assert (denied.parameters, denied.line) == ({"file": "lab/1"}, HEAD.count("\n") + 5)


def test_parquet_has_the_same_rows_and_the_manifest(tmp_path: Path) -> None:
    made = script(tmp_path, STEPS)
    manifest, rows = to_manifest(made), [to_step(each) for each in simulate(made)]
    stream = io.BytesIO()

    write_parquet(rows, manifest, stream)

    table = parquet.read_table(stream)
    assert json.loads(table.schema.metadata[METADATA.encode()]) == json.loads(canonical(manifest))
    for name in ("run", "number", "step", "verdict", "rule", "outcome", "impossible", "expected", "line"):
        assert table[name].to_pylist() == [getattr(row, name) for row in rows], name
    assert [dict(each) for each in table["parameters"].to_pylist()] == [row.parameters for row in rows]


@pytest.mark.parametrize("step", ['nurse open "/srv/lab/1"', 'nurse open "/srv/a"', 'nurse open "/srv/none"'])
def test_a_matrix_reads_back_as_it_was(tmp_path: Path, step: str) -> None:
    matrix = to_matrix(boundaries([script(tmp_path, f"steps: ['{step}']")]))

    assert read(MatrixRecord, canonical(matrix)) == matrix
