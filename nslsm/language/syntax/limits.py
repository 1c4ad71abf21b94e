"""How large a module may be (Model, Trust). An error that reports a limit names it."""

from typing import Final

MODULE_BYTES: Final = 64 * 1024 * 1024
"""Bytes of one module's text."""

NESTING: Final = 200
"""How deep brackets, and expressions in expressions, may stand inside each other."""

REPORTED_ERRORS: Final = 20
"""How many errors of one module are looked for; the rest is likely to follow from them."""
