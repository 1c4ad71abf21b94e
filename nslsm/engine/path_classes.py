"""Paths that no test of a plan tells apart, as one class: a number, found by what the path begins with, not test by test."""

from typing import Final

from nslsm.engine.reading import PathTest
from nslsm.language.check.glob import Glob
from nslsm.language.program.rows import specificity

KEPT: Final = 1 << 17
"""Paths whose classes are remembered."""


class PathClasses:
    """The classes into which tests of paths divide all paths. Two paths of one class pass the same tests."""

    def __init__(self, tests: tuple[PathTest, ...]) -> None:
        self._exact: dict[str, list[int]] = {}
        self._stems: dict[str, list[int]] = {}
        self._globs: dict[str, list[tuple[Glob, int]]] = {}
        for number, test in enumerate(tests):
            for path in test.paths:
                self._exact.setdefault(path, []).append(number)
            for directory in test.directories:
                self._add_directory(directory, number)
            for glob in test.globs:
                if glob.exact is not None:
                    self._exact.setdefault(glob.exact, []).append(number)
                else:
                    self._globs.setdefault(glob.prefix, []).append((glob, number))
        for found in self._globs.values():
            found.sort(key=lambda each: specificity(each[0]), reverse=True)
        self._lengths = sorted({len(prefix) for prefix in self._globs})
        self._numbers: dict[frozenset[int], int] = {}
        self.known: dict[str, int] = {}
        """The classes of paths that have been classed."""

    def _add_directory(self, directory: str, number: int) -> None:
        stem = directory.rstrip("/")
        self._stems.setdefault(stem, []).append(number)
        for each in {directory, stem} - {""}:
            self._exact.setdefault(each, []).append(number)

    def of(self, path: str) -> int:
        """The class of a path."""
        known = self.known.get(path)
        if known is None:
            if len(self.known) >= KEPT:
                self.known.clear()
            known = self.known[path] = self._numbers.setdefault(self._passed(path), len(self._numbers))
        return known

    def _passed(self, path: str) -> frozenset[int]:
        """The tests that a path passes."""
        passed = set(self._exact.get(path, ()))
        if self._stems:
            at = path.find("/")
            while at >= 0:
                passed.update(self._stems.get(path[:at], ()))
                at = path.find("/", at + 1)
        for length in self._lengths:
            if length > len(path):
                break
            for glob, number in self._globs.get(path[:length], ()):
                if number not in passed and glob.matches(path):
                    passed.add(number)
        return frozenset(passed)
