"""The names that generated text uses, and the values behind them."""

from collections.abc import Callable
from typing import Final

from nslsm.hooks.contexts import context, level
from nslsm.hooks.types import UNKNOWN
from nslsm.language.program.interpret import call
from nslsm.language.program.operators import arithmetic, as_strings, builtin, compare, is_under
from nslsm.language.program.rows import look_up
from nslsm.protocol.things import Value
from nslsm.protocol.view import UNSET


class Undecided(Exception):
    """The generated function does not know: a fact that it came to is unknown. The reference does."""


def undecided() -> object:
    """Raises :class:`Undecided` from within an expression."""
    raise Undecided


def under_any(path: str, directories: Value) -> bool:
    """Whether a path is one of several directories that are computed, or beneath one."""
    return any(is_under(path, each) for each in as_strings(directories))


REMEMBERED: Final = 1024
"""So many values of one fact are remembered with what hangs on them."""


class Remembered(dict[object, object]):
    """What hangs on a fact alone, by the fact's value: made when a value first comes up."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[object], object]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, value: object) -> object:
        """What hangs on a new value."""
        if len(self) >= REMEMBERED:
            self.clear()
        made = self[value] = self._make(value)
        return made


class Names:
    """Names for values, each value once."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {
            "UNKNOWN": UNKNOWN,
            "UNSET": UNSET,
            "undecided": undecided,
            "Undecided": Undecided,
            "arithmetic": arithmetic,
            "builtin": builtin,
            "context": context,
            "level": level,
            "compare": compare,
            "under_any": under_any,
            "look_up": look_up,
            "call": call,
            "Remembered": Remembered,
        }
        self._named: dict[int, str] = {}
        self._count = 0

    def of(self, value: object, letter: str = "k") -> str:
        """The name of a value; the same object has the same name."""
        known = self._named.get(id(value))
        if known is None:
            known = self._named[id(value)] = self.fresh(letter)
            self.values[known] = value
        return known

    def fresh(self, letter: str) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{letter}{self._count}"


LITERAL: Final = (bool, int, str)
"""What is written as it is."""


def literal(value: object, names: Names) -> str:
    """A constant as text: as a literal where Python has one for it, else by name."""
    return repr(value) if type(value) in LITERAL else names.of(value)
