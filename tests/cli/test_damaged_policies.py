"""Policies that are damaged in every way come to findings, whichever verb meets them: never a crash, never a file half made."""

import random
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nslsm.cli.main import main
from nslsm.cli.outcome import OUR_FAULT
from nslsm.language.syntax.parse import SyntaxFailure, decode, parse
from nslsm.resources import examples_root, policies_root

POLICIES = (*sorted(policies_root().rglob("*.nslsm")), *sorted(examples_root().rglob("*.nslsm")))
PIECES = re.compile(rb'"""[\s\S]*?"""|"[^"\n]*"|\w+|\s+|#[^\n]*|[^\w\s]')

VERBS = (
    ("check", "--strict"),
    ("check", "--format", "sarif"),
    ("check", "--fix", "--format", "json"),
    ("fmt", "--diff"),
    ("fmt",),
    ("test", "-v"),
    ("test", "--format", "json"),
    ("test", "--coverage"),
    ("tree",),
)


def damaged(data: bytes, randomly: random.Random) -> bytes:
    """The bytes with some of their pieces gone, twice there, elsewhere, or replaced by anything."""
    pieces = PIECES.findall(data)
    for _ in range(randomly.randint(1, 5)):
        place, other = randomly.randrange(len(pieces)), randomly.randrange(len(pieces))
        match randomly.randrange(7):
            case 0:
                pieces[place] = b""
            case 1:
                pieces[place] *= 2
            case 2:
                pieces[place], pieces[other] = pieces[other], pieces[place]
            case 3:
                pieces[place] = randomly.randbytes(randomly.randint(1, 6))
            case 4:
                pieces[place] = pieces[place][: len(pieces[place]) // 2]
            case 5:
                del pieces[min(place, other) : min(max(place, other), min(place, other) + 20)]
                pieces = pieces or [b" "]
            case _:
                pieces[place] += bytes([randomly.randrange(256)])
    return b"".join(pieces) if randomly.random() < 0.9 else b"".join(pieces)[: randomly.randint(0, len(data))]


def run(folder: Path, randomly: random.Random, verb: tuple[str, ...]) -> tuple[int, bytes, Path]:
    """One verb on one damaged file in a folder of its own; its status, and what the file was."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    original = randomly.choice(POLICIES)
    for beside in original.parent.glob("*.csv"):
        shutil.copy(beside, folder)
    path = folder / original.name.replace("-", "_")
    text = original.read_bytes()
    tables = sorted(folder.glob("*.csv"))
    if tables and randomly.random() < 0.3:
        table = randomly.choice(tables)
        table.write_bytes(damaged(table.read_bytes(), randomly))
    else:
        text = damaged(text, randomly)
    path.write_bytes(text)
    return main([*verb, str(path)]), text, path


def check_one(folder: Path, seed: int, verb: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    status, text, path = run(folder, random.Random(seed), verb)
    shown = capfd.readouterr()

    assert status in (0, 1, 2), shown.err
    assert status != OUR_FAULT
    assert "Traceback" not in shown.err
    assert "Usage:" not in shown.err
    assert status == 0 or shown.out or shown.err
    assert not [each for each in folder.iterdir() if each.suffix not in (".nslsm", ".csv")]
    if verb == ("fmt",):
        try:
            before = parse(decode(text, "before"), "before")
        except SyntaxFailure:
            assert path.read_bytes() == text
        else:
            assert parse(decode(path.read_bytes(), "after"), "after") == before
    elif "--fix" not in verb:
        assert path.read_bytes() == text


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_damaged_policy_is_a_finding_and_no_crash(
    verb: tuple[str, ...], seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    check_one(tmp_path / "policy", seed, verb, capfd)
