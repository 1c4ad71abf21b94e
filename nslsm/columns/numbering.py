"""Numbers for keys, found for whole arrays at once: a hash table that is looked up in numpy."""

from typing import TYPE_CHECKING, Any, Final

from nslsm.columns.schema import numpy

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MULTIPLIERS: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93)
"""Odd, and with no pattern in their bits: what keys are spread by, in one table after another."""
_BITS: Final = 64
_ROOM: Final = 4
"""A table has at least so many places for each key."""


class Numbering:
    """Keys, whole numbers from 0 on, and the numbers that they have here: from 0, in the order in which they came."""

    def __init__(self, bits: int = 10) -> None:
        self.keys: list[int] = []
        self._numbers: dict[int, int] = {}
        self._lay(bits)

    def _lay(self, bits: int) -> None:
        arrays = numpy()
        self._bits = bits
        self._tables = [
            (arrays.uint64(each), arrays.full(1 << bits, -1, arrays.int64), arrays.zeros(1 << bits, arrays.intp))
            for each in _MULTIPLIERS
        ]
        self._place(list(range(len(self.keys))))

    def __len__(self) -> int:
        return len(self.keys)

    def of(self, keys: "Array") -> "Array":
        """The numbers of keys (int64); of those that are new, new ones."""
        found, missing = self._looked_up(keys, 0)
        if missing is None:
            return found
        arrays = numpy()
        missing = arrays.flatnonzero(missing)
        rest = keys[missing]
        for level in range(1, len(self._tables)):
            there, absent = self._looked_up(rest, level)
            found[missing] = there
            if absent is None:
                return found
            missing, rest = missing[absent], rest[absent]
        distinct, firsts, which = arrays.unique(rest, return_index=True, return_inverse=True)
        numbers = arrays.empty(len(distinct), arrays.intp)
        new: list[int] = []
        for place in firsts.argsort().tolist():
            key = int(distinct[place])
            number = self._numbers.get(key)
            if number is None:
                number = self._numbers[key] = len(self.keys)
                self.keys.append(key)
                new.append(number)
            numbers[place] = number
        found[missing] = numbers[which]
        if len(self.keys) * _ROOM > 1 << self._bits:
            self._lay((len(self.keys) * _ROOM).bit_length() + 1)
        else:
            self._place(new)
        return found

    def _looked_up(self, keys: "Array", level: int) -> "tuple[Array, Array | None]":
        """Numbers from one table, and where it has none; None where it has all."""
        arrays = numpy()
        multiplier, known, numbers = self._tables[level]
        places = ((keys.view(arrays.uint64) * multiplier) >> arrays.uint64(_BITS - self._bits)).view(arrays.int64)
        right = known.take(places) == keys
        return numbers.take(places), None if right.all() else ~right

    def _place(self, new: list[int]) -> None:
        """Put keys into the tables: each into the first whose place for it is free, perhaps into none."""
        arrays = numpy()
        left = arrays.array(new, arrays.intp)
        for multiplier, known, numbers in self._tables:
            if not len(left):
                return
            keys = arrays.array([self.keys[number] for number in left.tolist()], arrays.int64)
            places = ((keys.view(arrays.uint64) * multiplier) >> arrays.uint64(_BITS - self._bits)).view(arrays.int64)
            free = known.take(places) < 0
            known[places[free]] = keys[free]
            numbers[places[free]] = left[free]
            left = left[known.take(places) != keys]
