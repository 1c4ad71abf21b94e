"""Arguments of a system call, from strace's notation to values: recursive descent, bounded in depth."""

import re
from typing import Final

from nslsm.importers.traces.strace.atoms import (
    ANNOTATION,
    STRING,
    MalformedError,
    fd_of,
    is_number,
    number_of,
    symbols_of,
    text_of,
)
from nslsm.kernel.call import (
    AT_FDCWD,
    Array,
    Call,
    Changed,
    Fd,
    Named,
    Noted,
    Struct,
    Symbols,
    Unparsed,
    Value,
)

MAX_NESTING: Final = 60
"""How deep structures and arrays may nest in one argument; deeper ones are :class:`Unparsed`."""

MAX_REMEMBERED: Final = 20_000
"""How many distinct short arguments a reader remembers before it forgets all of them."""

MAX_REMEMBERED_LENGTH: Final = 200
"""How long an argument may be, in characters, for a reader to remember it."""

MAX_ARGUMENTS: Final = 64
"""How many arguments a call may have; system calls have up to six, and strace shows hardly more."""

MAX_REMARK: Final = 8_192
"""How long a remark between ``/*`` and ``*/`` may be, in characters."""

_SIMPLE = re.compile(
    rf"""({STRING}(?:\.\.\.)?+|[\w|.-]++(?:{ANNOTATION}(?:\(deleted\))?+)?+|~?+[\[{{][^"\[\]{{}}()<>/]*+[\]}}])(, |\))""",
    re.ASCII | re.DOTALL,
)
"""An argument without strings and groups inside, and what follows it: nine in ten."""

_ATOM = re.compile(
    rf"""(?P<string>@?{STRING}(?:\.\.\.)?+)
    |(?P<number>-?(?:0x[0-9a-f]++|[0-9]++)(?![\w:.]|-[0-9]))
    |(?P<cut>\.\.\.)
    |(?P<call>[A-Za-z_]\w*+)\(
    |(?P<open>[\[{{]|~\[)
    |(?P<resuming><\.\.\.[^<>]*+>)
    |(?P<word>[^\s,{{}}\[\]()"=<>|*/]++(?:/[^\s,{{}}\[\]()"=<>|*/]++)*+)""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
_ANNOTATED = re.compile(rf"({ANNOTATION})(\(deleted\))?+", re.DOTALL)
_OPERATOR = re.compile(r" ?(?:=>|->|\|) ?| or ")
_STATUS = re.compile(r"(W[A-Z]++)\(s\)(?: == (?P<is>[^&{}]++))?+(?: && |(?=}))", re.ASCII)
_NAME = re.compile(r"([A-Za-z_][\w.]*+(?:\[[^\[\]]{0,80}+\])?+)=(?![=>])", re.ASCII)
_DESIGNATOR = re.compile(r"\[([^\[\]]*+)\]=(?![=>])")
_SEPARATOR = re.compile(r",? ?")
_BALANCE = re.compile(rf'{STRING}|"|[\[{{(]|[\]}})]|, ', re.DOTALL)

_CLOSING: Final = {"{": "}", "[": "]", "~[": "]"}


class ValueReader:
    """Reads arguments; remembers short ones, since most come again."""

    __slots__ = ("_remembered",)

    def __init__(self) -> None:
        self._remembered: dict[str, Value] = {}

    def arguments(self, text: str, position: int) -> tuple[tuple[Value, ...], int]:
        """The arguments from ``position``, behind ``(``, and the position behind the matching ``)``."""
        if text.startswith(")", position):
            return (), position + 1
        values: list[Value] = []
        remembered = self._remembered
        while True:
            match = _SIMPLE.match(text, position)
            if match is None:
                if len(values) >= MAX_ARGUMENTS:
                    raise MalformedError(position, f"at most {MAX_ARGUMENTS} arguments (MAX_ARGUMENTS)")
                value, position = self._argument(text, position)
                values.append(value)
                if text.startswith(", ", position):
                    position += 2
                elif text.startswith(")", position):
                    return tuple(values), position + 1
                else:
                    raise MalformedError(position, "`, ` or `)` after an argument")
            else:
                raw, separator = match.groups()
                try:
                    values.append(remembered[raw])
                except KeyError:
                    values.append(self._remember(raw))
                position = match.end()
                if separator == ")":
                    return tuple(values), position

    def again(self, written: str) -> tuple[Value, ...] | None:
        """The arguments that ``written`` begins with, once a parenthesis is put behind; None where they do not end."""
        try:
            return self.arguments(written + ")", 0)[0]
        except MalformedError:
            return None

    def shown(self, text: str, position: int) -> tuple[Value, ...]:
        """The arguments from ``position`` to the end of ``text``: those of a call that is under way."""
        values: list[Value] = []
        text = text.rstrip(" ,")
        while position < len(text) and len(values) < MAX_ARGUMENTS:
            try:
                value, position = self._argument(text, position)
            except MalformedError:
                value, position = Unparsed(text[position:]), len(text)
            values.append(value)
            position += 2
        return tuple(values)

    def value(self, text: str) -> Value:
        """The value that ``text`` as a whole is."""
        value, position = _operation(text, 0, 0)
        if position != len(text):
            raise MalformedError(position, "the end of a value")
        return value

    def _remember(self, raw: str) -> Value:
        try:
            value = _simple(raw)
        except MalformedError:
            value = Unparsed(raw)
        if len(raw) <= MAX_REMEMBERED_LENGTH and not raw.startswith("0x7"):  # addresses hardly come again
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[raw] = value
        return value

    def _argument(self, text: str, position: int) -> tuple[Value, int]:
        """One argument, or where it cannot be taken apart all of it as :class:`Unparsed`."""
        try:
            value, end = _member(text, position, 0)
            if end == len(text) or text[end] in ",)":
                return value, end
        except MalformedError:
            pass
        end = _end_of_argument(text, position)
        return Unparsed(text[position:end]), end


def _simple(raw: str) -> Value:
    if raw[0] == '"':
        return text_of(raw)
    if raw[0] in "[{~":
        value, end = _member(raw, 0, 0)
        if end != len(raw):
            raise MalformedError(end, "the end of an argument")
        return value
    if raw[-1] in ">)":
        number, _, annotation = raw.partition("<")
        deleted = annotation.endswith("(deleted)")
        return _described(number, annotation.removesuffix("(deleted)")[:-1], deleted=deleted)
    if is_number(raw):
        return number_of(raw)
    return symbols_of(raw)


def _described(number: str, annotation: str, *, deleted: bool) -> Fd:
    if number == "AT_FDCWD":
        return fd_of(AT_FDCWD, annotation, deleted=deleted)
    if is_number(number):
        return fd_of(number_of(number), annotation, deleted=deleted)
    raise MalformedError(0, "a descriptor in front of `<`")


def _member(text: str, position: int, depth: int) -> tuple[Value, int]:
    """A value, perhaps with ``name=`` or ``[index]=`` in front."""
    match = _NAME.match(text, position) or _DESIGNATOR.match(text, position)
    if match is None:
        return _operation(text, position, depth)
    value, end = _operation(text, match.end(), depth)
    return Named(match[1], value), end


def _operation(text: str, position: int, depth: int) -> tuple[Value, int]:
    """Terms joined by ``|`` or by ``or``, and perhaps ``=>`` with what the kernel made of it."""
    value, position = _term(text, position, depth)
    terms = [value]
    joint = ""
    while (match := _OPERATOR.match(text, position)) is not None:
        operator = match[0].strip()
        if operator in ("=>", "->"):
            if depth >= MAX_NESTING:
                raise MalformedError(position, f"at most {MAX_NESTING} levels of nesting (MAX_NESTING)")
            after, position = _operation(text, match.end(), depth + 1)
            return Changed(_joined(joint, terms), after), position
        if joint not in ("", operator):
            raise MalformedError(position, f"`{joint}` again")
        joint = operator
        value, position = _term(text, match.end(), depth)
        terms.append(value)
    return _joined(joint, terms), position


def _joined(operator: str, terms: list[Value]) -> Value:
    """The value of terms with the same operator between them."""
    if len(terms) == 1:
        return terms[0]
    if operator == "|":
        notes = [term.note for term in terms if isinstance(term, Noted)]
        terms = [term.value if isinstance(term, Noted) else term for term in terms]
        names = frozenset().union(*(term.names for term in terms if isinstance(term, Symbols)))
        value: Value = Call(operator, tuple(terms))
        if names and all(isinstance(term, Symbols | int) for term in terms):
            rest = 0
            for term in terms:
                rest |= term.rest if isinstance(term, Symbols) else term if isinstance(term, int) else 0
            value = Symbols(names, rest)
        return Noted(value, "|".join(notes)) if notes else value
    return Call(operator, tuple(terms))


def _term(text: str, position: int, depth: int) -> tuple[Value, int]:
    """A value, or two with ``<<`` or ``*`` between: ``1<<CAP_CHOWN`` is the name, ``8192*1024`` the product."""
    left, position = _primary(text, position, depth)
    if text.startswith(("<<", "*"), position):
        operator = "*" if text[position] == "*" else "<<"
        right, position = _primary(text, position + len(operator), depth)
        if operator == "<<" and left == 1 and isinstance(right, Symbols):
            left = right
        elif isinstance(left, int) and isinstance(right, int) and operator == "*":
            left = left * right
        elif isinstance(left, int) and isinstance(right, int) and 0 <= right < 64:
            left = left << right
        else:
            left = Call(operator, (left, right))
    return _remarked(left, text, position)


def _remarked(value: Value, text: str, position: int) -> tuple[Value, int]:
    """``value``, with the remark ``/* … */`` where one follows."""
    if not text.startswith((" /* ", "/* "), position):
        return value, position
    start = text.index("/", position) + 3
    end = text.find(" */", start, start + MAX_REMARK)
    if end < 0:
        raise MalformedError(position, "the end of a remark")
    return _annotated(Noted(value, text[start:end]), text, end + 3)


def _primary(text: str, position: int, depth: int) -> tuple[Value, int]:
    match = _ATOM.match(text, position)
    if match is None:
        raise MalformedError(position, "a value")
    kind = match.lastgroup
    end = match.end()
    if kind == "number":
        return _annotated(number_of(match[0]), text, end)
    if kind == "word":
        return _annotated(symbols_of(match[0]), text, end)
    if kind == "string":
        return text_of(match[0]), end
    if depth >= MAX_NESTING:
        raise MalformedError(position, f"at most {MAX_NESTING} levels of nesting (MAX_NESTING)")
    if kind == "open":
        return _group(text, end, match[0], depth + 1)
    if kind == "call":
        return _call(text, end, match["call"], depth + 1)
    if kind == "resuming":
        return Symbols(frozenset({match[0][4:-4].strip()})), end
    raise MalformedError(position, "a value")


def _annotated(value: Value, text: str, position: int) -> tuple[Value, int]:
    """``value``, with the annotation of a descriptor where one follows."""
    if not text.startswith("<", position) or text.startswith("<<", position):
        return value, position
    match = _ANNOTATED.match(text, position)
    if match is None:
        return value, position
    plain = value.value if isinstance(value, Noted) else value
    if isinstance(plain, Fd):
        plain = plain.number
    if not isinstance(plain, int):
        return value, position
    return fd_of(plain, match[1][1:-1], deleted=match[2] is not None), match.end()


def _group(text: str, position: int, bracket: str, depth: int) -> tuple[Value, int]:
    """What stands between braces or brackets, from behind the opening one."""
    if bracket == "{" and _STATUS.match(text, position) is not None:
        return _status(text, position)
    closing = _CLOSING[bracket]
    members: list[tuple[str, Value]] = []
    cut = False
    while not text.startswith(closing, position):
        if text.startswith("...", position):
            cut = True
            position += 3
        else:
            name, value, position = _field(text, position, depth)
            members.append((name, value))
        separator = _SEPARATOR.match(text, position)
        if separator is None or (separator.end() == position and not text.startswith(closing, position)):
            raise MalformedError(position, f"`, ` or `{closing}`")
        position = separator.end()
    if closing == "}":
        return Struct(tuple(members), cut), position + 1
    items = tuple(Named(name, value) if name else value for name, value in members)
    return Array(items, cut, bracket == "~["), position + 1


def _status(text: str, position: int) -> tuple[Struct, int]:
    """``{WIFEXITED(s) && WEXITSTATUS(s) == 0}`` from behind the brace."""
    members: list[tuple[str, Value]] = []
    while (match := _STATUS.match(text, position)) is not None:
        value: Value = 1
        if match["is"] is not None:
            value, _ = _operation(match["is"].rstrip(), 0, 0)
        members.append((match[1], value))
        position = match.end()
    if not text.startswith("}", position):
        raise MalformedError(position, "the status of a task")
    return Struct(tuple(members)), position + 1


def _field(text: str, position: int, depth: int) -> tuple[str, Value, int]:
    value, position = _member(text, position, depth)
    if isinstance(value, Named):
        return value.name, value.value, position
    if isinstance(value, Call) and value.name == "inet_pton" and value.arguments:
        last = value.arguments[-1]
        if isinstance(last, Symbols) and last.name.startswith("&"):
            return last.name[1:], Call(value.name, value.arguments[:-1]), position
    return "", value, position


def _call(text: str, position: int, name: str, depth: int) -> tuple[Value, int]:
    """``name(…)`` from behind the parenthesis."""
    arguments: list[Value] = []
    while not text.startswith(")", position):
        value, position = _member(text, position, depth)
        arguments.append(value)
        if text.startswith(", ", position):
            position += 2
        elif not text.startswith(")", position):
            raise MalformedError(position, "`, ` or `)`")
    return Call(name, tuple(arguments)), position + 1


def _end_of_argument(text: str, position: int) -> int:
    """Where the argument at ``position`` ends, going by brackets and quotes alone."""
    depth = 0
    for match in _BALANCE.finditer(text, position):
        character = match[0]
        if character == '"':
            break
        if character in "[{(":
            depth += 1
        elif character in "]})":
            if depth == 0:
                return match.start()
            depth -= 1
        elif character == ", " and depth == 0:
            return match.start()
    raise MalformedError(position, "the end of an argument")
