"""What the guide to records shows runs as it stands, and what it names exists."""

import re
from pathlib import Path

import pytest

from nslsm.wire.schema import DOCUMENTS, file_name

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guide" / "records.md").read_text(encoding="utf-8")


def test_the_guides_program_reads_a_record_back(monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    monkeypatch.chdir(ROOT)

    exec(compile(program, "records.md", "exec"), {})


def test_the_guide_names_every_schema_and_no_other() -> None:
    named = re.findall(r"\(\.\./schema/([\w.-]+)\)", GUIDE)

    assert sorted(named) == sorted(file_name(document) for document in DOCUMENTS)
