"""Pieces of policy text: texts in quotes, sets, names, conditions that are joined."""

import re
from collections.abc import Iterable

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


def name_of(text: str, taken: Iterable[str] = ()) -> str:
    """A name that our language takes, near to a text, and not one of those that are taken.

    >>> name_of("/usr/sbin/vsftpd"), name_of("dnsmasq//lease-helper"), name_of("7z"), name_of("a", {"a"})
    ('usr_sbin_vsftpd', 'dnsmasq_lease_helper', 'p_7z', 'a_2')
    """
    made = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower() or "profile"
    if not made[0].isalpha() or made in _RESERVED:
        made = f"p_{made}"
    number, name = 1, made
    while name in set(taken):
        number += 1
        name = f"{made}_{number}"
    return name


_RESERVED = frozenset(
    {"and", "or", "not", "in", "has", "all", "any", "matches", "under", "if", "else", "true", "false"}
)


def has(profile: str, side: str = "subject") -> str:
    """The condition that a task has a profile."""
    return f"{side}.label has {quoted(profile)}"


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
