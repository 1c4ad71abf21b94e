"""The codes of everything that can be wrong with a policy's text, before its names and types are looked at."""

from typing import Final

from nslsm.diagnostics.diagnostic import Code

# The text as a whole
NOT_UTF8: Final = Code("not-utf8")
NUL_BYTE: Final = Code("nul-byte")
HIDDEN_CHARACTER: Final = Code("hidden-character")
OVER_LIMIT: Final = Code("over-limit")

# Tokens
UNEXPECTED_CHARACTER: Final = Code("unexpected-character")
UNTERMINATED_STRING: Final = Code("unterminated-string")
UNTERMINATED_DOC: Final = Code("unterminated-doc")

# Literals
BAD_ESCAPE: Final = Code("bad-escape")
BAD_NUMBER: Final = Code("bad-number")
NUMBER_RANGE: Final = Code("number-range")
BAD_ADDRESS: Final = Code("bad-address")
BAD_NETWORK: Final = Code("bad-network")
BAD_PORT: Final = Code("bad-port")
UNKNOWN_ERRNO: Final = Code("unknown-errno")

WRONG_LITERALS: Final = (BAD_ESCAPE, BAD_NUMBER, NUMBER_RANGE, BAD_ADDRESS, BAD_NETWORK, BAD_PORT, UNKNOWN_ERRNO)
"""What is wrong with one literal and does not keep the rest of a text from being understood."""

# Structure
UNEXPECTED: Final = Code("unexpected")
UNCLOSED: Final = Code("unclosed")
FOREIGN_SYNTAX: Final = Code("foreign-syntax")
RESERVED_WORD: Final = Code("reserved-word")
CHAINED_COMPARISON: Final = Code("chained-comparison")
MISPLACED_ALLOW: Final = Code("misplaced-allow")
MISPLACED_RULE: Final = Code("misplaced-rule")
MISPLACED_HEADER: Final = Code("misplaced-header")
MISSING_OUTCOME: Final = Code("missing-outcome")
UNSUPPORTED_LANGUAGE: Final = Code("unsupported-language")

CODES: Final = (
    NOT_UTF8,
    NUL_BYTE,
    HIDDEN_CHARACTER,
    OVER_LIMIT,
    UNEXPECTED_CHARACTER,
    UNTERMINATED_STRING,
    UNTERMINATED_DOC,
    BAD_ESCAPE,
    BAD_NUMBER,
    NUMBER_RANGE,
    BAD_ADDRESS,
    BAD_NETWORK,
    BAD_PORT,
    UNKNOWN_ERRNO,
    UNEXPECTED,
    UNCLOSED,
    FOREIGN_SYNTAX,
    RESERVED_WORD,
    CHAINED_COMPARISON,
    MISPLACED_ALLOW,
    MISPLACED_RULE,
    MISPLACED_HEADER,
    MISSING_OUTCOME,
    UNSUPPORTED_LANGUAGE,
)
"""All of them. ``tests/language/syntax/errors`` has a page for each."""
