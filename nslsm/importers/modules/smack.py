"""Smack's rules as smackload(8) reads them, for the ``rules`` of control ``base.smack``.

A line is a subject's label, an object's, and letters of ``rwxatlb``, or ``-`` for none, with blanks between; the last line of a
pair counts. Follows ``smk_parse_smack`` and ``smk_parse_rule`` in security/smack of Linux 6.12.
"""

from typing import Final

LABEL_BYTES: Final = 255
"""The longest label, SMK_LONGLABEL."""

LETTERS: Final = "rwxatlb"
"""What a rule can grant; either case."""

Rules = dict[tuple[str, str], frozenset[str]]


class RuleError(ValueError):
    """A line that the kernel would refuse, with what is wrong in it."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")


def rules(text: str) -> Rules:
    r"""The rules of a file; :class:`RuleError` at the first line that is none.

    >>> rules("User System rx\nUser System -\nGuest User w")
    {('User', 'System'): frozenset(), ('Guest', 'User'): frozenset({'w'})}
    """
    found: Rules = {}
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 3:
            raise RuleError(number, f"a rule is a label, a label and letters, and this has {len(parts)} parts")
        subject, object_, letters = parts
        for each in (subject, object_):
            fault = label_fault(each)
            if fault is not None:
                raise RuleError(number, fault)
        found[subject, object_] = _access(number, letters)
    return found


def label_fault(label: str) -> str | None:
    """What keeps a text from being a label, or None.

    >>> label_fault("User::App"), label_fault("-x"), label_fault("a/b")
    (None, 'label `-x` begins with `-`', 'label `a/b` has a character that no label has')
    """
    if not label:
        return "a label is not empty"
    if len(label.encode()) > LABEL_BYTES:
        return f"label `{label[:20]}…` has {len(label.encode())} bytes, more than the limit of {LABEL_BYTES}"
    if label.startswith("-"):
        return f"label `{label}` begins with `-`"
    if any(not "!" <= character <= "~" or character in "/\"\\'" for character in label):
        return f"label `{ascii(label)[1:-1]}` has a character that no label has"
    return None


def _access(line: int, letters: str) -> frozenset[str]:
    found = set()
    for letter in letters:
        if letter != "-" and letter.lower() not in LETTERS:
            raise RuleError(line, f"`{ascii(letter)[1:-1]}` is no access: there are {LETTERS}, and - for none")
        found |= {letter.lower()} - {"-"}
    return frozenset(found)
