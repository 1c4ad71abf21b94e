"""The guide to traces names every finding, and what recording asks strace for."""

import re
from pathlib import Path

from nslsm.importers.traces.findings import AS_A_WHOLE, IN_PLACES, MAX_LINE, MAX_PARTS, MAX_PENDING, MAX_PENDING_TEXT
from nslsm.live import record

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "traces.md"


def test_every_finding_is_explained() -> None:
    named = set(re.findall(r"`(trace-[a-z0-9-]+)`", GUIDE.read_text(encoding="utf-8")))

    assert named == {code.name for code in (*IN_PLACES, *AS_A_WHOLE)}


def test_limits_are_those_of_the_code() -> None:
    text = GUIDE.read_text(encoding="utf-8")

    assert (MAX_LINE, MAX_PARTS, MAX_PENDING_TEXT) == (1 << 20, 100, 64 << 20)
    assert f"{MAX_PENDING:,}" in text


def test_what_strace_is_asked_for_is_what_the_guide_says() -> None:
    text = GUIDE.read_text(encoding="utf-8")

    assert f"-s {record.STRINGS}" in text
    for option in ("-f", "-ttt", "-y", "abbrev=!%%stat", "--decode-pids"):
        assert f"`{option}" in text
        assert option in str(record.__doc__)
