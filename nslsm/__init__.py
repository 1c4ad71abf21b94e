"""Security policy per namespace: a language, a model of the kernel's hooks, and a laboratory for composed controls."""

__version__ = "0.1.0"
"""The version of the package, read by its build too; the language has a version of its own (CHANGELOG.md)."""
