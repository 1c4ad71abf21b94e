"""The tests that stand in policies, run: what ``nslsm test`` does, for a program."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Final

from nslsm.diagnostics import Code, DiagnosticError, Sources
from nslsm.language.check.package import Package
from nslsm.library import select
from nslsm.library.changes import check_noting
from nslsm.simulation.cases import Result, run
from nslsm.simulation.coverage import Coverage, Covered
from nslsm.simulation.machine import PROFILE

NO_TESTS: Final = Code("no-tests")
"""There is nothing to run, and that must not read as a success."""


@dataclass(frozen=True)
class Prepared:
    """Policies that were checked, to have their tests run."""

    packages: tuple[Package, ...]
    files: tuple[Path, ...]
    """What was read for it."""

    @property
    def sources(self) -> Sources:
        """The texts that places point into."""
        return Sources({name: text for package in self.packages for name, text in package.sources.texts.items()})


@dataclass(frozen=True)
class TestRun:
    """The results of tests, in their order, and what they have seen of the rules, where that was asked for."""

    __test__ = False  # pytest's own sign: this is no test of anybody's

    results: tuple[Result, ...]
    sources: Sources
    covered: Covered | None = None

    @property
    def passed(self) -> bool:
        """Whether all did."""
        return all(result.passed for result in self.results)


class Unprepared(DiagnosticError):
    """Policies that cannot be used; the diagnostics say why, and ``files`` are those that were read nevertheless."""

    def __init__(self, error: DiagnosticError, files: tuple[Path, ...]) -> None:
        super().__init__(error.diagnostics, error.sources)
        self.files = files


def prepare(targets: Sequence[str | PathLike[str]]) -> Prepared:
    """Check policies: files, folders, names of modules. Raises :class:`Unprepared` where they cannot be used."""
    files: dict[Path, None] = {}
    packages = []
    try:
        for selection in select([fspath(target) for target in targets]):
            checked, read = check_noting(selection)
            files.update(dict.fromkeys(read))
            packages.append(checked.require())
    except DiagnosticError as error:
        raise Unprepared(error, tuple(files)) from None
    return Prepared(tuple(packages), tuple(files))


def run_tests(prepared: Prepared, *, words: str = "", profile: str = PROFILE, coverage: bool = False) -> TestRun:
    """Run the tests whose titles have all of ``words``, each on a machine of its own.

    Raises :class:`~nslsm.diagnostics.DiagnosticError` where there are none.

    >>> run = run_tests(prepare(["base.yama"]), coverage=True)
    >>> run.passed, run.covered.score
    (True, Score(covered=9, total=9))
    """
    wanted = words.lower().split()
    tests = [test for package in prepared.packages for test in package.tests]
    chosen = [test for test in tests if all(word in test.title.lower() for word in wanted)]
    if not chosen:
        raise DiagnosticError([NO_TESTS.at(None, "there are no such tests", help='a test is test "…" { … }')])
    watching = Coverage(prepared.packages) if coverage else None
    results = tuple(run(chosen, profile=profile, coverage=watching))
    return TestRun(results, prepared.sources, None if watching is None else watching.covered())
