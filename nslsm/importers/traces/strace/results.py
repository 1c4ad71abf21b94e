"""What stands behind a call's arguments: its result, errno, remarks, duration."""

import re
from typing import Final, NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.importers.traces.strace.atoms import ANNOTATION, MalformedError, fd_of, number_of
from nslsm.kernel.call import Fd

MAX_REMEMBERED: Final = 20_000
"""How many distinct results a reader remembers before it forgets all of them."""

_RESULT = re.compile(
    rf"""(?:\?|(?P<number>-?(?:0x[0-9a-f]++|[0-9]++)))
    (?P<annotation>{ANNOTATION})?+(?P<deleted>\(deleted\))?+
    (?:\ /\*\ (?P<note>.*?)\ \*/)?+
    (?:\ (?:(?P<error>E[A-Z0-9_]++)|\((?P<unnamed>errno\ [0-9]++)\)))?+
    (?:\ (?P<detail>\(.*\)|<unavailable>))?""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
_DURATION = re.compile(r" <([0-9]+\.[0-9]+|unavailable)>$")
_ERRNOS: Final = Errno.__members__


class Result(NamedTuple):
    """How a call ended: see the members of the same names of :class:`~nslsm.kernel.call.SystemCall`."""

    value: int | None
    fd: Fd | None = None
    errno: Errno | None = None
    error: str = ""
    detail: str = ""


class ResultReader:
    """Reads results; remembers most, since few programs have many different ones."""

    __slots__ = ("_remembered",)

    def __init__(self) -> None:
        self._remembered: dict[str, Result] = {}

    def remembered(self, text: str) -> Result | None:
        """The result that ``text`` tells, where it has been read before."""
        return self._remembered.get(text)

    def result(self, text: str) -> Result:
        """The result that ``text`` tells, without what stands in front of it and without a duration."""
        remembered = self._remembered.get(text)
        if remembered is not None:
            return remembered
        result = _result(text)
        if len(text) > 100 or text.startswith("0x"):
            return result
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[text] = result
        return result


def without_duration(text: str) -> tuple[str, float | None]:
    """``text`` without the duration at its end, and the duration in seconds.

    >>> without_duration("0 <0.000012>")
    ('0', 1.2e-05)
    """
    match = _DURATION.search(text, max(0, len(text) - 40))
    if match is None or text == "? <unavailable>":  # that is the result, not the duration
        return text, None
    return text[: match.start()], None if match[1] == "unavailable" else float(match[1])


def _result(text: str) -> Result:
    match = _RESULT.fullmatch(text)
    if match is None:
        raise MalformedError(0, "a result")
    number = match["number"]
    value = None if number is None else number_of(number)
    detail = match["detail"] or ""
    if detail.startswith("("):
        detail = detail[1:-1]
    error = match["error"] or match["unnamed"] or ""
    if match["error"]:
        if not detail:
            raise MalformedError(len(text), "what the error means, in parentheses")
        _, _, detail = detail.partition(") (")
    if match["note"] is not None:
        detail = match["note"]
    fd = None
    if match["annotation"] is not None and value is not None:
        fd = fd_of(value, match["annotation"][1:-1], deleted=match["deleted"] is not None)
    return Result(value, fd, _ERRNOS.get(error), error, detail)
