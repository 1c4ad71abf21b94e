"""Globs, as regular expressions over bytes: exponential at worst, and plain to read (language, Globs; apparmor.d(5))."""

import re
from functools import cache


def glob_matches(pattern: str, path: str) -> bool:
    """Whether the whole path matches."""
    return _compiled(pattern).fullmatch(_bytes(path)) is not None


def _bytes(text: str) -> bytes:
    """Paths are bytes to the kernel."""
    return text.encode("utf-8", "surrogateescape")


@cache
def _compiled(pattern: str) -> "re.Pattern[bytes]":
    return re.compile(_translated(pattern), re.DOTALL)


def _translated(pattern: str) -> bytes:
    out: list[bytes] = []
    depth, at = 0, 0
    while at < len(pattern):
        character = pattern[at]
        step = 1
        if character == "\\":
            out.append(re.escape(_bytes(pattern[at + 1])))
            step = 2
        elif character == "*":
            step = len(re.match(r"\*+", pattern[at:]).group())
            rest = pattern[at + step : at + step + 1]
            whole_name = at > 0 and pattern[at - 1] == "/" and rest in ("", "/")
            out.append(b"[^/]" * whole_name + (b".*" if step > 1 else b"[^/]*"))
        elif character == "?":
            out.append(b"[^/]")
        elif character == "[":
            step = _class_length(pattern, at)
            inner = pattern[at + 1 : at + step - 1]
            out.append(_class(inner))
        elif character == "{":
            depth += 1
            out.append(b"(?:")
        elif character == "}" and depth:
            depth -= 1
            out.append(b")")
        elif character == "," and depth:
            out.append(b"|")
        else:
            out.append(re.escape(_bytes(character)))
        at += step
    return b"".join(out)


def _class_length(pattern: str, at: int) -> int:
    end = at + 1
    while pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end + 1 - at


def _class(inner: str) -> bytes:
    """The members of ``[…]`` one by one: ranges are spelt out, so that no character means anything special."""
    negated = inner.startswith("^")
    members = re.findall(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", inner[negated:], re.DOTALL)
    listed = {chr(code) for first, last in members for code in range(ord(first[-1]), ord((last or first)[-1]) + 1)}
    escaped = b"".join(b"\\x%02x" % ord(each) for each in sorted(listed))
    return b"[^" * negated + b"[" * (not negated) + escaped + b"]"
