"""Lists of arguments, remembered as a whole: a call is mostly made with what it was made with before."""

import re
from typing import Final, NamedTuple

from nslsm.importers.traces.strace import values as bounds
from nslsm.importers.traces.strace.atoms import SOCKET, MalformedError
from nslsm.importers.traces.strace.values import ValueReader
from nslsm.kernel.call import Unparsed, Value

MAX_REMEMBERED_LENGTH: Final = 400
"""How long a list of arguments may be, in characters, for a reader to remember it."""

_NAMES_A_SOCKET = re.compile(r"<[A-Z][\w-]*+:\[", re.ASCII)
_SOCKET = re.compile(SOCKET, re.DOTALL)


class ArgumentList(NamedTuple):
    """The arguments of a call."""

    values: tuple[Value, ...]
    text: str
    """As they are written, without the parenthesis that closes them."""


class ArgumentLists:
    """Reads lists of arguments that can be read by themselves; remembers short ones, within bounds."""

    __slots__ = ("_remembered", "_values")

    def __init__(self, values: ValueReader) -> None:
        self._values = values
        self._remembered: dict[str, ArgumentList | None] = {}

    def read(self, text: str) -> ArgumentList | None:
        """The list of which ``text`` is all, with the parenthesis that closes it and perhaps blanks behind.

        None where it cannot be told without what follows on the line: where an argument is not understood, or where
        something begins that might end only there.
        """
        try:
            return self._remembered[text]
        except KeyError:
            found = self._found(text.rstrip(" "))
        if len(text) <= MAX_REMEMBERED_LENGTH:
            if len(self._remembered) >= bounds.MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[text] = found
        return found

    def _found(self, text: str) -> ArgumentList | None:
        try:
            values, end = self._values.arguments(text, 0)
        except MalformedError:
            return None
        if end != len(text) or Unparsed in map(type, values):
            return None
        if ":[" in text and any(_SOCKET.match(text, each.start()) is None for each in _NAMES_A_SOCKET.finditer(text)):
            return None
        return ArgumentList(values, text[:-1])
