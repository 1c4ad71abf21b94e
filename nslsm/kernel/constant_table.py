"""A table of numbers that have names, read in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from nslsm.kernel.call import Symbols

ALL_BITS: Final = -1
"""The mask of a table whose numbers are never joined."""


@dataclass(frozen=True, slots=True)
class Constants:
    """Names with their numbers: bits to be joined, or choices, or (``O_RDONLY|O_CLOEXEC``) some bits of each kind.

    ``choice`` masks the bits that are one choice, all of them where nothing is joined. ``zero`` is the name of no bits
    at all, where that has one.
    """

    numbers: Mapping[str, int] = field(repr=False)
    choice: int = 0
    zero: str = ""
    _choices: Mapping[int, str] = field(repr=False, compare=False, default_factory=dict)
    _bits: tuple[tuple[int, str], ...] = field(repr=False, compare=False, default=())

    def named(self, number: int) -> Symbols:
        """The names of ``number``, and the bits that have none.

        >>> flags("R_OK=4 W_OK=2 X_OK=1").named(0x13).rest
        16
        """
        if number == 0 and self.zero:
            return Symbols(frozenset({self.zero}))
        names = []
        chosen = self._choices.get(number & self.choice)
        if chosen is not None:
            names.append(chosen)
            number &= ~self.choice
        for bits, name in self._bits:
            if number & bits == bits:
                names.append(name)
                number &= ~bits
        return Symbols(frozenset(names), number)

    def number(self, name: str) -> int | None:
        """The number of ``name``; None where the table lacks it."""
        return self.numbers.get(name)


def flags(text: str, *, choice: int = 0, zero: str = "", others: Mapping[str, int] = MappingProxyType({})) -> Constants:
    """A table from ``NAME=number`` separated by blanks. Of two names for one number, the first is given back."""
    numbers = {name: int(number, 0) for name, _, number in (word.partition("=") for word in text.split())}
    numbers |= others
    chosen: dict[int, str] = {}
    bits: dict[int, str] = {}
    for name, number in numbers.items():
        if choice and number & choice == number:
            chosen.setdefault(number, name)
        elif number:
            bits.setdefault(number, name)
    ordered = sorted(bits.items(), key=lambda item: (-item[0].bit_count(), item[0]))
    return Constants(MappingProxyType(numbers), choice, zero, MappingProxyType(chosen), tuple(ordered))


def choices(text: str) -> Constants:
    """A table of numbers of which one is meant at a time."""
    return flags(text, choice=ALL_BITS)
