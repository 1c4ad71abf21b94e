"""Answers of real kernels, held against ours: files of vectors are read, asked of a kernel of ours, and differences told.

A file holds one JSON object a line. A test module says how a line is asked through the public face, as :class:`Answer`\\ s,
one for each single question; what is told of a file is how many there were, how many differ, and of the first ten what
we answered and why. The files are in the folder that ``NSLSM_CONFORMANCE`` names; small ones of our own, with facts of the
kernel's documentation restated, are in ``tests/data/conformance``, so that a checkout alone tests every control.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import nslsm

OWN: Final = Path(__file__).parents[1] / "data" / "conformance"
"""Where our own small files are."""

SHOWN: Final = 10
"""How many differences are told in full."""

Vector = dict[str, Any]
Record = Callable[[str, object], None]


class Answer(NamedTuple):
    """One question of a vector: what was asked, what a real kernel answered, what ours did."""

    question: str
    true: object
    ours: object
    decision: nslsm.Decision | None = None
    """Who made our answer, to explain it."""


class Difference(NamedTuple):
    """An answer that differs, and the line of the file that it is about."""

    line: int
    answer: Answer

    def __str__(self) -> str:
        """The question, both answers, and why ours is what it is."""
        question, true, ours, decision = self.answer
        why = "" if decision is None else f"\n{decision.explain()}"
        return f"line {self.line}: {question}: a kernel answered {true}, ours {ours}{why}"


@dataclass(frozen=True)
class Comparison:
    """What came of a file."""

    name: str
    vectors: int
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        """``yama/ptrace.jsonl: 102 vectors, 0 differences``, and the first differences."""
        head = f"{self.name}: {self.vectors} vectors, {len(self.differences)} differences"
        return "\n".join([head, *(str(each) for each in self.differences[:SHOWN])])


def vectors(file: Path) -> Iterator[tuple[int, Vector]]:
    """The lines of a file with their numbers; a line that starts with ``#`` is a remark."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, json.loads(line)


def compared(
    name: str, numbered: Iterable[tuple[int, Vector]], ask: Callable[[Vector], Iterable[Answer]]
) -> Comparison:
    """Every question of every vector, asked."""
    asked, differences = 0, []
    for number, vector in numbered:
        for answer in ask(vector):
            asked += 1
            if answer.true != answer.ours:
                differences.append(Difference(number, answer))
    return Comparison(name, asked, tuple(differences))


def hold(
    name: str, where: Path, ask: Callable[[Vector], Iterable[Answer]], record: Record, *, at_least: int, label: str = ""
) -> None:
    """The file ``name`` of a folder is answered as a real kernel did; what came of it is told in the summary of the run.

    ``at_least`` so many questions, so that a file that is empty or half read passes nothing. Skipped where it is not there.
    """
    file = where / name
    if not file.exists():
        pytest.skip(f"{where} has no {name}")
    found = compared(label or name, vectors(file), ask)
    record("told", str(found))

    assert found.vectors >= at_least
    assert not found.differences, str(found)


def sample(file: Path, every: int) -> list[tuple[int, Vector]]:
    """Every so many lines of a file: for what is tried in several ways."""
    return list(islice(vectors(file), 0, None, every))
