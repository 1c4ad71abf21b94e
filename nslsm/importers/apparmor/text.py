"""Names and conditions of profiles in policy text."""

import re
from collections.abc import Iterable

from nslsm.importers.policy_text import quoted


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
