"""The version of the package, read by its build too; the language has a version of its own (CHANGELOG.md)."""

__version__ = "0.1.0"
