"""Rows lose nothing: what is made of them is what is made of the lines."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.strace import rows, values, wording
from nslsm.importers.traces.strace.again import RowItems
from nslsm.importers.traces.strace.reader import CarefulReader
from nslsm.importers.traces.strace.rows import Row, RowReader
from nslsm.importers.traces.strace.values import ValueReader
from nslsm.kernel.call import SystemCall, Unparsed
from tests.importers.traces.strace import notation, traces
from tests.importers.traces.strace.test_short import RECORDED


def rows_of(raws: list[bytes]) -> tuple[list[Row], Any]:
    reader = RowReader("t")
    reader.lines(raws, 1)
    reader.finish(len(raws))
    return [Row(*row) for row in reader.rows], reader.tally


def same(raws: list[bytes]) -> list[Row]:
    """The rows of some lines, which come to what the lines come to, the long way."""
    reader = CarefulReader("t")
    expected: list[Item] = [*reader.lines(raws, 1), *reader.finish(len(raws))]
    made, tally = rows_of(raws)
    items = RowItems()
    found = [items.item(row) for row in made]
    assert list(map(repr, found)) == list(map(repr, expected))
    assert tally == reader.tally
    return made


def test_random_traces_come_to_the_same() -> None:
    made = [row for seed in range(300) for row in same(traces.text(seed).splitlines(keepends=True))]

    assert {row.kind for row in made} == set(rows.KINDS)


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(1_000, 21_000, 100))
def test_more_of_them_do(seed: int) -> None:
    for each in range(seed, seed + 100):
        same(traces.text(each).splitlines(keepends=True))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_recordings_come_to_the_same(path: Path) -> None:
    assert same(path.read_bytes().splitlines(keepends=True))


@given(st.lists(notation.arguments, max_size=4), st.sampled_from(traces.RESULTS))
def test_calls_with_any_arguments_come_to_the_same(given: list[Any], result: str) -> None:
    written = ", ".join(notation.written(value) for value in given)

    same([f"7 mount({written}) = {result}\n".encode()])


def test_what_may_end_behind_the_list_keeps_what_follows() -> None:
    [call] = same([b"7 read(%<TCP:[a->, 4) = 5 (x]>, 4) = 3\n"])[:1]
    [finding] = same([b"7 read(3<TCP:[a->, 4) = 5 (x]>)\n"])

    assert call.kind == "call"
    assert finding.kind == "finding"


def understood(text: str) -> bool:
    """Whether a list is read, to its end, and all of it."""
    found, end = ValueReader().arguments(text, 0)
    return end == len(text) and not any(isinstance(each, Unparsed) for each in found)


@given(st.lists(notation.arguments, max_size=4))
def test_lists_that_are_known_by_their_wording_are_understood(given: list[Any]) -> None:
    text = ", ".join(notation.written(value) for value in given) + ")"

    assert wording.LIST.fullmatch(text) is None or understood(text)


WORDS = (
    *(
        '"',
        '"ab"',
        "\\",
        "\\n",
        "\\400",
        "\\8",
        "...",
        "|",
        "A_B",
        "0x1f",
        "08",
        "-",
        "3",
        "<",
        ">",
        "</a>",
        "(deleted)",
    ),
    *(
        "<<",
        "=",
        "=>",
        "{",
        "}",
        "[",
        "]",
        "{a=1, ...}",
        "st=",
        ", ",
        ",",
        " ",
        "/* x */",
        " /* y z */",
        ":[",
        "TCP:[",
        "->",
    ),
    *("<char 1:3>", "AT_FDCWD", "@", "*", "(", ")", "~", "_", "ü", "NULL", "W", "WIFEXITED(s)", " or ", "a[b]", "[1]="),
)
PIECES = st.lists(st.sampled_from(WORDS), max_size=10)


@given(PIECES)
def test_so_are_those_of_any_text(pieces: list[str]) -> None:
    text = "".join(pieces) + ")"

    assert wording.LIST.fullmatch(text) is None or understood(text)


@given(PIECES, PIECES)
def test_and_they_end_there_whatever_follows(pieces: list[str], behind: list[str]) -> None:
    text = "".join(pieces) + ")"

    if wording.LIST.fullmatch(text) is not None:
        assert ValueReader().arguments(text + "".join(behind), 0)[1] == len(text)


def test_most_lists_of_recordings_are_known_by_their_wording() -> None:
    raws = [line for path in RECORDED for line in path.read_bytes().splitlines(keepends=True)]
    lists = [row.arguments for row in rows_of(raws)[0] if row.kind == "call"]

    known = [each for each in lists if each is not None and wording.LIST.fullmatch(each + ")") is not None]
    assert all(map(understood, (each + ")" for each in known)))
    assert len(known) > 0.6 * len(lists)


@pytest.mark.parametrize(
    "row",
    [
        Row("call", 1, 1, None, 7, "read", "3", None),
        Row("call", 1, 1, None, 7, None, "3", "0"),
        Row("call", 1, 1, None, 7, "read", '"', "0"),
        Row("call", 1, 1, None, 7, "read", "3", "nothing"),
        Row("signal", 1, 1, text="x"),
        Row("superseded", 1, 1, text="x"),
        Row("finding", 1, 1),
        Row("origin", 1, 1, text="x"),
        Row("other", 1, 1, text="x"),
    ],
)
def test_a_damaged_row_is_an_error(row: Row) -> None:
    with pytest.raises(ValueError, match=r"row|entry|int|recording"):
        RowItems().item(row)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_REMEMBERED", 10)
    items = RowItems()

    found = [items.item(Row("call", 1, 1, None, 7, "close", str(each), "0")) for each in range(100)]

    assert [each.arguments for each in found if isinstance(each, SystemCall)] == [(each,) for each in range(100)]
    assert len(items._remembered) <= 10
