r"""The words of strace's output: strings with escapes, numbers, names, descriptors with their annotations.

Sources: strace(1); the forms that strace 5 and 6 write, as recorded.
"""

import re
from functools import reduce
from operator import or_
from typing import Final

from nslsm.kernel.call import AT_FDCWD, Call, Fd, Pointer, Symbols, Text, Value

STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
SOCKET: Final = rf'<[A-Z][\w-]*+:\[(?:->|{STRING}|[^"<>])*?\]>'
_PLAIN = rf'<[^<>"\\]*+(?:(?:\\.|{STRING}|<[^<>]*+>)[^<>"\\]*+)*+>'
ANNOTATION: Final = rf"(?:{SOCKET}|{_PLAIN})"
"""What ``-y`` and ``-yy`` put behind a descriptor. In a path, ``<``, ``>`` and quotes are escaped; but a socket has
quoted paths and ``->`` between its ends, and a device its numbers in angle brackets of their own."""

_VALID = re.compile(
    r"[^\\]*+(?:\\(?:[0-3][0-7][0-7]|[0-7]{1,2}+(?![0-7])|x[0-9a-f]{2}|[nrtvf\"\\'])[^\\]*+)*+", re.DOTALL
)
_DEVICE = re.compile(r"(.*)<((?:char|block) [0-9a-f]+:[0-9a-f]+)>", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0x[0-9a-f]+|[0-9]+)")


class MalformedError(Exception):
    """The text at ``position`` is not what strace writes there; ``expected`` says what would be."""

    def __init__(self, position: int, expected: str) -> None:
        super().__init__(position, expected)
        self.position = position
        self.expected = expected


def unescape(text: str) -> str:
    r"""The string that ``text`` is the escaped form of, its bytes read as UTF-8, others as surrogates.

    >>> unescape(r"\303\244\t\x2f")
    'ä\t/'
    """
    if "\\" not in text:
        return text
    if _VALID.fullmatch(text) is None:
        raise MalformedError(0, "escapes as strace writes them")
    octets = text.encode("utf-8", "surrogateescape").decode("latin-1")
    return octets.encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8", "surrogateescape")


def text_of(raw: str) -> Text:
    r"""The value of a string literal: ``"/etc"``, ``"abc"...``, ``@"abstract"``.

    >>> text_of('@"x"...')
    Text(value='\x00x', cut=True)
    """
    cut = raw[-1] == "."
    body = raw[:-3] if cut else raw
    if body[0] == "@":
        return Text("\0" + unescape(body[2:-1]), cut)
    return Text(unescape(body[1:-1]), cut)


def number_of(raw: str) -> int:
    """The value of a number: decimal, octal (``0644``), or hexadecimal, which is a :class:`Pointer`.

    >>> number_of("0644"), number_of("-1"), number_of("0x10")
    (420, -1, Pointer(0x10))
    """
    if "x" in raw:
        return Pointer(raw, 16)
    digits = raw.lstrip("-")
    if len(digits) > 1 and digits[0] == "0" and "8" not in digits and "9" not in digits:
        return int(raw, 8)
    return int(raw)


def is_number(raw: str) -> bool:
    """Whether ``raw`` is a number and nothing else."""
    return _NUMBER.fullmatch(raw) is not None


def symbols_of(raw: str) -> Value:
    """The value of names and numbers joined by ``|`` without spaces: ``O_RDWR|0x40``; ``NULL`` is None.

    >>> symbols_of("S_IFREG|0644")
    Symbols(names=frozenset({'S_IFREG'}), rest=420)
    """
    if raw == "NULL":
        return None
    if raw == "AT_FDCWD":
        return Fd(AT_FDCWD)
    names = []
    numbers = []
    for part in raw.removeprefix("|").split("|"):  # statx without a sync type, -X raw: `|0x100`
        if not part:
            raise MalformedError(0, "a name")
        if part[0].isdigit() and is_number(part):
            numbers.append(number_of(part))
        else:
            names.append(part)
    if names:
        return Symbols(frozenset(names), reduce(or_, numbers, 0))
    return numbers[0] if len(numbers) == 1 else Call("|", tuple(numbers))


def fd_of(number: int, annotation: str, *, deleted: bool) -> Fd:
    r"""The descriptor ``number`` with its annotation (without the angle brackets).

    >>> fd_of(0, "/dev/null<char 1:3>", deleted=False)
    Fd(number=0, path='/dev/null', deleted=False, device='char 1:3')
    """
    device = ""
    if annotation.endswith(">"):
        match = _DEVICE.fullmatch(annotation)
        if match is not None:
            annotation, device = match.groups()
    path = unescape(annotation)
    if path.endswith(" (deleted)"):
        path, deleted = path[: -len(" (deleted)")], True
    return Fd(number, path, deleted, device)
