"""Files of columns, read a batch at a time: entries keep their numbers, and what is no such file is refused."""

from pathlib import Path

import pytest

from nslsm.columns import read
from nslsm.columns.read import Entries, Recorded
from nslsm.columns.schema import KEY, VERSION, ColumnsError, numpy, pyarrow, schema
from tests.columns.recordings import recording
from tests.columns.repeated import repeated
from tests.columns.sameness import converted

pytest.importorskip("pyarrow")


def column(texts: list[str], numbers: list[int | None]) -> object:
    arrow = pyarrow()
    return arrow.DictionaryArray.from_arrays(arrow.array(numbers, arrow.int32()), arrow.array(texts))


def texts_of(entries: Entries, numbers: list[int]) -> list[str | None]:
    return [None if number < 0 else entries.texts[number] for number in numbers]


def test_entries_are_told_apart_where_one_dictionary_lies_where_another_lay() -> None:
    entries = Entries()
    for number in range(300):
        texts = [f"{number % 7}-{place}" for place in range(20)]
        array = column(texts, [3, None, 19])

        found = entries.numbered(array).tolist()

        assert texts_of(entries, found) == [texts[3], None, texts[19]]
        del array


def test_a_dictionary_that_grows_keeps_its_numbers() -> None:
    entries = Entries()
    assert entries.numbered(column(["a", "b"], [1, 0])).tolist() == [1, 0]

    assert entries.numbered(column(["a", "b", "c"], [2, 0])).tolist() == [2, 0]
    assert texts_of(entries, entries.numbered(column(["c", "d", "a"], [0, 1, 2, None])).tolist()) == [
        "c",
        "d",
        "a",
        None,
    ]
    assert texts_of(entries, entries.numbered(column(["a", "b", "c", "d", "d"], [4, 3])).tolist()) == ["d", "d"]


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    trace = tmp_path / "t.strace"
    trace.write_text(recording(3, 100))
    return converted(trace)


@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
def test_some_columns_of_some_batches_are_those_of_all(
    suffix: str, columns: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "PIECE", 17)
    monkeypatch.setattr(read, "FORGETTING", 1)
    again = repeated(columns, tmp_path / f"again{suffix}", 3, batch=130)
    whole = Recorded(again)
    every = [
        [whole.entries[name].texts[number] for batch in whole.batches() for number in getattr(batch, name).tolist()]
        for name in ("subject", "program")
    ]

    some = Recorded(again)
    pieces = list(some.numbers(("subject", "program"), 1, 3))

    before, after = some.rows_before(1), some.rows_before(3)
    assert 0 < before < after <= some.rows
    assert max(len(each) for each in pieces) == 17
    for name, expected in zip(("subject", "program"), every, strict=True):
        texts = some.entries[name].texts
        assert [texts[number] for each in pieces for number in each.of[name].tolist()] == expected[before:after]


def test_a_file_of_a_newer_version_is_refused_and_says_so(columns: Path, tmp_path: Path) -> None:
    arrow = pyarrow()
    table = arrow.ipc.open_file(str(columns)).read_all()
    newer = table.replace_schema_metadata({KEY: str(VERSION + 1)})
    for path in (tmp_path / "newer.arrow", tmp_path / "newer.parquet"):
        if path.suffix == ".arrow":
            with arrow.ipc.new_file(str(path), newer.schema) as writer:
                writer.write_table(newer.unify_dictionaries())
        else:
            arrow.parquet.write_table(newer, path)

        with pytest.raises(
            ColumnsError, match=f"of version {VERSION + 1} of the format, and version {VERSION} is read here"
        ):
            Recorded(path)


def test_a_file_without_rows_has_none(tmp_path: Path) -> None:
    trace = tmp_path / "t.strace"
    trace.write_text("100 1.0 +++ exited with 0 +++\n")
    for suffix in (".arrow", ".parquet"):
        recorded = Recorded(converted(trace, suffix))

        assert sum(len(batch.line) for batch in recorded.batches()) == 0
        assert sum(len(each) for each in recorded.numbers(("program",))) == 0


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.arrow").write_bytes(b"")

    with pytest.raises(ColumnsError, match="no recording in columns"):
        Recorded(tmp_path / "t.arrow")


def test_a_column_is_read_by_its_name_wherever_it_stands(columns: Path, tmp_path: Path) -> None:
    arrow = pyarrow()
    file = arrow.ipc.open_file(str(columns))
    metadata = file.get_batch_with_custom_metadata(file.num_record_batches - 1).custom_metadata
    names = list(reversed(schema().names))
    (batch,) = file.read_all().select(names).unify_dictionaries().combine_chunks().to_batches()
    with arrow.ipc.new_file(str(tmp_path / "other.arrow"), batch.schema) as writer:
        writer.write_batch(batch, custom_metadata=metadata)

    one, other = Recorded(columns), Recorded(tmp_path / "other.arrow")

    assert [
        arrays.array_equal(getattr(first, name), getattr(second, name), equal_nan=name == "time")
        for arrays in (numpy(),)
        for first, second in zip(one.batches(), other.batches(), strict=True)
        for name in first._fields
    ] == [True] * 7
