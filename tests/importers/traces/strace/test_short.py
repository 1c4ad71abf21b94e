"""The short way through a line comes to what the long way comes to, and nothing has happened where it is not taken."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.importers.traces.strace import StraceReader, arguments, values
from nslsm.importers.traces.strace.atoms import MalformedError
from nslsm.importers.traces.strace.reader import CarefulReader
from nslsm.importers.traces.strace.values import ValueReader
from nslsm.kernel.call import SystemCall, Unparsed
from nslsm.resources import examples_root
from tests.importers.traces.strace import notation, traces

SAMPLES = Path(__file__).parent.parent / "samples"
RECORDED = [
    *sorted(SAMPLES.glob("*.strace")),
    *sorted(examples_root().glob("*/*.strace")),
]


def everything(reader: CarefulReader, raws: list[bytes]) -> list[Any]:
    """All that a reader says of the lines, line by line; types of numbers told apart."""
    told = [(number, repr(reader.line(raw, number))) for number, raw in enumerate(raws, 1)]
    return [*told, repr(reader.finish(len(raws))), reader.tally]


def same(raws: list[bytes]) -> list[Any]:
    found = everything(StraceReader("t"), raws)
    assert found == everything(CarefulReader("t"), raws)
    return found


def test_random_traces_come_to_the_same() -> None:
    said = "".join(str(same(traces.text(seed).splitlines(keepends=True))) for seed in range(300))

    assert all(f"'trace-{code}'" in said for code in ("malformed-line", "never-resumed", "orphan-resumed", "not-utf8"))
    assert all(f"{kind}(" in said for kind in ("SystemCall", "Began", "Exited", "Superseded", "Remark", "Numbered"))


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


@given(st.lists(notation.arguments, max_size=3), st.text('()"<>=,:[]{}|\\ ->ab1T', max_size=30))
def test_a_list_that_is_read_by_itself_is_what_it_is_whatever_follows(given: list[Any], behind: str) -> None:
    text = ", ".join(notation.written(value) for value in given) + ")"
    alone = arguments.ArgumentLists(ValueReader()).read(text)

    if alone is not None:
        assert ValueReader().arguments(text + behind, 0) == (alone.values, len(text))


@given(st.text('()"<>=,:[]{}|\\ ->a1T/*', max_size=25), st.text('()"<>=,:[]{}|\\ ->a1T/*', max_size=12))
def test_so_is_one_of_any_text(text: str, behind: str) -> None:
    alone = arguments.ArgumentLists(ValueReader()).read(text + ")")

    if alone is not None:
        assert ValueReader().arguments(text + ")" + behind, 0) == (alone.values, len(text) + 1)


def test_what_may_end_behind_the_list_is_not_read_by_itself() -> None:
    assert arguments.ArgumentLists(ValueReader()).read("3<TCP:[a->, 4)") is None
    assert arguments.ArgumentLists(ValueReader()).read('1, "\\9", 2)') is None
    [call] = StraceReader("t").line(b"7 read(3<TCP:[a->, 4) = 5 (x]>)\n", 1)
    assert "trace-malformed-line" in repr(call)


def test_memory_of_lists_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_REMEMBERED", 10)
    lists = arguments.ArgumentLists(ValueReader())

    for number in range(1_000):
        lists.read(f'"{number}")')
    lists.read(f'"{"a" * 1_000}")')

    assert len(lists._remembered) <= 10
    assert max(map(len, lists._remembered)) < arguments.MAX_REMEMBERED_LENGTH


def test_a_value_that_is_not_understood_takes_the_long_way() -> None:
    reader = StraceReader("t")
    [call, finding] = reader.line(b'7 write(1, "\\9", 2) = 2\n', 1)

    assert isinstance(call, SystemCall)
    assert isinstance(call.arguments[1], Unparsed)
    assert "trace-malformed-value" in repr(finding)
    with pytest.raises(MalformedError):
        ValueReader().value("(")


def test_a_call_on_too_many_lines_takes_the_long_way() -> None:
    begun = b"7 read(1, <unfinished ...>\n"
    parts = [b"7 <... read resumed>1, <unfinished ...>\n"] * 99

    found = same([begun, *parts, b"7 <... read resumed>1) = 3\n"])

    assert "trace-line-too-long" in str(found)
