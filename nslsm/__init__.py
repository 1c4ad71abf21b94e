"""Security policy per namespace: a language, a model of the kernel's hooks, and a laboratory for composed controls."""

from typing import Final

__version__: Final = "0.1.0"
"""The version of the package; the language has one of its own (see CHANGELOG.md)."""
