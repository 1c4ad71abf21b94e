"""SafeSetID's allowances as they are written to its files, for ``uids`` and ``gids`` of control ``base.safesetid``.

A line is ``FROM:TO``, two decimal ids. Follows ``handle_policy_update`` and ``verify_ruleset`` in
security/safesetid/securityfs.c of Linux 6.12: each line ends with a newline, none comes twice, and who may be become without
a line of their own gets one that leads to themselves, so that nobody is unrestricted by way of another.
"""

import re
from typing import Final

MOST: Final = 2**32 - 2
"""The largest id; -1 is none."""

_LINE: Final = re.compile(r"([0-9]{1,10}):([0-9]{1,10})", re.ASCII)

Allowances = dict[int, frozenset[int]]


class AllowanceError(ValueError):
    """A line that the kernel would refuse, with what is wrong in it."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")


def allowances(text: str) -> Allowances:
    r"""Who may become whom; :class:`AllowanceError` at the first line that is none.

    >>> allowances("1:2\n1:3\n")
    {1: frozenset({2, 3}), 2: frozenset({2}), 3: frozenset({3})}
    """
    found: dict[int, set[int]] = {}
    lines = text.split("\n")
    if lines.pop():
        raise AllowanceError(len(lines) + 1, "the last line has no end")
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise AllowanceError(number, f"`{ascii(line[:40])[1:-1]}` is not `FROM:TO`, two decimal ids")
        source, target = int(match[1]), int(match[2])
        if max(source, target) > MOST:
            raise AllowanceError(number, f"there is no id above {MOST}")
        if target in found.get(source, ()):
            raise AllowanceError(number, f"{source}:{target} stands there twice")
        found.setdefault(source, set()).add(target)
    for target in sorted({each for targets in found.values() for each in targets} - found.keys()):
        found[target] = {target}
    return {source: frozenset(targets) for source, targets in found.items()}
