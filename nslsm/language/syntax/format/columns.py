"""Lines to text; neighbours that say the same sort of thing have their parts below each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from nslsm.language.syntax.format.layout import WIDTH, Line

ATTRIBUTE: Final = "attribute"
CALL: Final = "call"
TASK: Final = "task"
NAMESPACE: Final = "namespace"

CAPS: Final[Mapping[str, tuple[int, ...]]] = {ATTRIBUTE: (40,), CALL: (16, 56), TASK: (24,), NAMESPACE: (40,)}
"""By kind of line, how wide it may be up to the end of each of its cells to be aligned there: one long line moves no other."""

BEFORE_COMMENT: Final = "  "


def written(lines: Sequence[Line]) -> str:
    """The text of the lines, each ended.

    >>> print(written([Line(0, ["a", "x"], kind=TASK), Line(0, ["bcd", "y"], "# z", kind=TASK)]), end="")
    a   x
    bcd y  # z
    """
    texts: list[str] = []
    for run in _runs(lines):
        aligned = _aligned(run) if len(run) > 1 else [" ".join(line.cells) for line in run]
        for line, text in zip(run, aligned, strict=True):
            blank = "\n" if line.blank else ""
            comment = BEFORE_COMMENT + line.comment if line.comment else ""
            texts.append(f"{blank}{' ' * line.indent}{text}{comment}\n" if text else f"{blank}\n")
    return "".join(texts)


def _runs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Neighbours of one kind and indentation, with no empty line between; anything else by itself."""
    run: list[Line] = []
    for line in lines:
        if run and (line.blank or not line.kind or (line.kind, line.indent) != (run[0].kind, run[0].indent)):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _aligned(run: Sequence[Line]) -> list[str]:
    """The lines' texts, their cells below each other as far as caps and the width allow."""
    texts = [line.cells[0] for line in run]
    for place, cap in enumerate(CAPS[run[0].kind], 1):
        going_on = [number for number, line in enumerate(run) if len(line.cells) > place]
        column = max((len(texts[number]) for number in going_on if len(texts[number]) <= cap), default=0)
        for number in going_on:
            line = run[number]
            rest = " ".join(line.cells[place:])
            if len(texts[number]) <= cap and line.indent + column + 1 + len(rest) <= WIDTH:
                texts[number] = texts[number].ljust(column)
            texts[number] += f" {line.cells[place]}"
    return texts
