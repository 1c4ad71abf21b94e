"""All the texts that a glob takes: whether any path is among them, whether every one is, whether other globs take them too.

A glob takes a regular language; its automaton (:mod:`nslsm.language.check.glob_automaton`) is run against a small deterministic
one that knows what a path looks like; other globs are :mod:`nslsm.language.check.glob_inclusion`'s. Every positive answer is a
proof. The search is bounded, and where it would take too long there is no proof.
"""

import string
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from nslsm.language.check.glob import Glob, encoded
from nslsm.language.check.glob_automaton import Automaton, byte_classes, members
from nslsm.language.check.glob_inclusion import Inclusions

MAX_STEPS: Final = 3000
"""How many states a search goes through before it gives up."""


class Shape(NamedTuple):
    """What texts of one sort look like: a deterministic automaton whose state 0 is the start; a missing step leads out."""

    steps: tuple[dict[int, int], ...]
    """For each state, where a byte leads."""
    accepting: frozenset[int]

    def after(self, state: int, byte: int) -> int | None:
        """The state behind ``state`` and ``byte``; None where no text of the sort goes on so."""
        return self.steps[state].get(byte)

    def has(self, text: str) -> bool:
        """Whether a text is of the sort."""
        state: int | None = 0
        for byte in encoded(text):
            state = None if state is None else self.after(state, byte)
        return state in self.accepting


def _shape(*states: dict[str, int], accepting: Iterable[int]) -> Shape:
    """A shape from characters: the empty one stands for all others, and a state that is not there leads out."""
    steps = []
    for state in states:
        known = dict.fromkeys(range(256), state.get("", len(states)))
        known.update({ord(character): after for characters, after in state.items() for character in characters})
        steps.append({byte: after for byte, after in known.items() if after < len(states)})
    return Shape(tuple(steps), frozenset(accepting))


_OUT: Final = 99
_WORD: Final = string.ascii_letters + string.digits + "_"
ABSOLUTE: Final = _shape(
    {"/": 1},
    {"": 2, "/\0": _OUT, ".": 3},
    {"": 2, "/": 1, "\0": _OUT},
    {"": 2, "/\0": _OUT, ".": 4},
    {"": 2, "/\0": _OUT},
    accepting=(2,),
)
"""Absolute, normalised paths but ``/`` itself: no empty part, none that is ``.`` or ``..``, no zero byte."""
_ROOT: Final = _shape({"/": 1}, {}, accepting=(1,))
_EMPTY: Final = _shape({}, accepting=(0,))
_NAMELESS: Final = _shape({_WORD: 1}, {_WORD: 1, ":": 2}, {"": 2}, accepting=(2,))
"""What the kernel calls a file that has no name: ``pipe:[4711]``, ``anon_inode:[eventfd]``."""
PATHS: Final = (ABSOLUTE, _ROOT, _EMPTY, _NAMELESS)
"""Everything that a path can be."""
NAMES: Final = _shape({"": 0, "/": _OUT}, accepting=(0,))
"""The last part of a path: any text without ``/``."""
TEXTS: Final = _shape({"": 0}, accepting=(0,))
"""Any text."""


def takes_none(glob: Glob, shapes: Sequence[Shape]) -> bool:
    """Whether certainly no text of these shapes matches.

    >>> takes_none(Glob("srv/phi/**"), PATHS), takes_none(Glob("/a//b"), PATHS), takes_none(Glob("/a/*"), PATHS)
    (True, True, False)
    """
    if glob.exact is not None:
        return not any(shape.has(glob.exact) for shape in shapes)
    return not any(_meets(glob.automaton, shape) for shape in shapes)


def takes_all(globs: Sequence[Glob], shape: Shape) -> bool:
    """Whether certainly every text of the shape matches one of the globs.

    >>> takes_all([Glob("/**")], ABSOLUTE), takes_all([Glob("/*"), Glob("/*/**")], ABSOLUTE), takes_all([Glob("/*")], ABSOLUTE)
    (True, True, False)
    """
    if all(len(glob.prefix) > 1 for glob in globs):
        return False
    automata = [glob.automaton for glob in globs]
    start = (0, tuple(1 for _ in automata))
    seen = {start}
    pending = [start]
    letters = _letters(automata, shape)
    while pending:
        state, reached = pending.pop()
        if state in shape.accepting and not _ends(automata, reached):
            return False
        for letter in letters:
            after = shape.after(state, letter)
            if after is None:
                continue
            following = (after, _step(automata, reached, letter))
            if following not in seen:
                if len(seen) > MAX_STEPS:
                    return False
                seen.add(following)
                pending.append(following)
    return True


def within(one: Glob, others: Sequence[Glob]) -> bool:
    """Whether certainly every text that ``one`` takes is taken by one of ``others``.

    >>> within(Glob("/srv/phi/*"), [Glob("/srv/**")]), within(Glob("/srv/**"), [Glob("/srv/phi/*")])
    (True, False)
    >>> within(Glob("/{a,b}/x"), [Glob("/a/*"), Glob("/b/*")])
    True
    """
    return Inclusions().within(one, others)


def _meets(automaton: Automaton, shape: Shape) -> bool:
    """Whether some text of the shape matches: a walk over pairs of a position and a state, so never a long one."""
    seen = {(0, 0)}
    pending = [(0, 0)]
    letters = _letters([automaton], shape)
    while pending:
        position, state = pending.pop()
        if automaton.accepting >> position & 1 and state in shape.accepting:
            return True
        if len(seen) > MAX_STEPS:
            return True
        followers = list(members(automaton.follows[position]))
        for letter in letters:
            after = shape.after(state, letter)
            if after is None:
                continue
            for each in followers:
                if automaton.classes[each] >> letter & 1 and (each, after) not in seen:
                    seen.add((each, after))
                    pending.append((each, after))
    return False


def _ends(automata: Sequence[Automaton], reached: tuple[int, ...]) -> bool:
    return any(positions & automaton.accepting for automaton, positions in zip(automata, reached, strict=True))


def _step(automata: Sequence[Automaton], reached: tuple[int, ...], letter: int) -> tuple[int, ...]:
    """Where each automaton stands after one more byte, as sets of positions."""
    return tuple(
        sum(
            1 << each
            for each in members(_union(automaton, positions))
            if automaton.classes[each] >> letter & 1
        )
        for automaton, positions in zip(automata, reached, strict=True)
    )  # fmt: skip


def _union(automaton: Automaton, positions: int) -> int:
    union = 0
    for position in members(positions):
        union |= automaton.follows[position]
    return union


def _letters(automata: Sequence[Automaton], shape: Shape | None) -> list[int]:
    """One byte for each class of bytes that none of the automata and the shape tells apart."""
    tables: list[Sequence[object]] = [byte_classes(automaton.classes)[0] for automaton in automata]
    if shape is not None:
        tables += [[steps.get(byte) for byte in range(256)] for steps in shape.steps]
    return list({key: byte for byte, key in enumerate(zip(*tables, strict=True))}.values())
