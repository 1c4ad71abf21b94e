"""Pieces of policy text, for those who write policies: texts in quotes, sets, conditions that are joined."""

from collections.abc import Iterable, Sequence
from typing import Final

from nslsm.language.check.glob import encoded


def quoted(text: str) -> str:
    r"""A text as our language writes it.

    >>> print(quoted('a"b'), quoted("[^a]\\*"))
    "a\"b" "[^a]\\*"
    """
    made = []
    for character in text:
        if character in '"\\':
            made.append("\\" + character)
        elif " " <= character <= "~" or (character.isprintable() and ord(character) > 160):
            made.append(character)
        else:
            made += [f"\\x{byte:02x}" for byte in encoded(character)]
    return '"' + "".join(made) + '"'


def texts(values: Iterable[str]) -> str:
    """A set of texts; one alone without braces is not a set, so it has them too."""
    return "{" + ", ".join(quoted(each) for each in sorted(set(values))) + "}"


def words(values: Iterable[str]) -> str:
    """A set of names."""
    return "{" + ", ".join(sorted(set(values))) + "}"


def both(*conditions: str) -> str:
    """All of them hold; empty ones are left out."""
    kept = [each for each in conditions if each]
    if len(kept) == 1:
        return kept[0]
    return " and ".join(f"({each})" if _is_loose(each) else each for each in kept)


def either(*conditions: str) -> str:
    """One of them holds."""
    kept = list(dict.fromkeys(conditions))
    return " or ".join(kept) if kept else "false"


def _is_loose(condition: str) -> bool:
    return " or " in condition or " if " in condition


MOST_IN_A_ROW: Final = 32
"""Choices that stand behind one another: what nests deeper is halved, so that long lists stay within the limit of nesting."""


def chosen(steps: Sequence[tuple[str, str]], otherwise: str) -> str:
    """The value of the first condition that holds, as ``a if c else b``: pairs of conditions and values.

    >>> chosen([("x", "1"), ("y", "2")], "3")
    '1 if x else 2 if y else 3'
    """
    if len(steps) <= MOST_IN_A_ROW:
        return "".join(f"{value} if {condition} else " for condition, value in steps) + otherwise
    half = len(steps) // 2
    first = either(*(f"({condition})" for condition, _ in steps[:half]))
    return f"({chosen(steps[:half], otherwise)}) if {first} else {chosen(steps[half:], otherwise)}"


def united(sets: Sequence[str]) -> str:
    """The union of sets, in halves where there are many."""
    if len(sets) <= MOST_IN_A_ROW:
        return " + ".join(sets)
    half = len(sets) // 2
    return f"({united(sets[:half])}) + ({united(sets[half:])})"
