"""Making a stranger's text harmless on a terminal or a page of plain text (Model, Trust)."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    r"""``text`` with everything that does not print written out.

    Control characters, ANSI escape sequences, bidirectional and zero-width controls, line separators, lone surrogates
    (bytes that were not UTF-8), private and unassigned characters become ``\n``, ``\x1b``, ``\u{202e}``. The result
    is one line and prints as it reads.

    >>> escape("a\x1b[31mb\u202ec\n")
    'a\\x1b[31mb\\u{202e}c\\n'
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else escape_character(character) for character in text)


def escape_character(character: str) -> str:
    """One character written out, whether it prints or not."""
    short = _SHORT.get(character)
    if short is not None:
        return short
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{{{number:x}}}"
