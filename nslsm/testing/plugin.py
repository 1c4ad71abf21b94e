"""A plugin for pytest: the tests in ``*.nslsm`` files stand beside those in Python, one item each.

It is there wherever nslsm is installed (entry point ``pytest11``), and costs nothing until pytest meets a policy that holds
tests: the language is imported then. ``-p no:nslsm`` leaves it out; ``nslsm_profile`` in pytest's settings chooses the kernel.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr, TracebackStyle

    from nslsm.diagnostics import Sources
    from nslsm.language.check.cases import Case
    from nslsm.simulation.cases import Result

SUFFIX: Final = ".nslsm"
HEAD: Final = 64 * 1024 * 1024
"""Bytes of a policy in which tests are looked for: as many as a module may have."""

_TEST: Final = re.compile(rb'^\s*test\s*"', re.MULTILINE)
_WIDTH: Final = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    """Settings of pytest that the plugin reads."""
    parser.addini("nslsm_profile", "the kernel that tests in policies run on: 6.1, 6.12 or 7.2", default="6.12")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "PolicyFile | None":
    """The tests of a policy that holds any; other files are not looked into."""
    if file_path.suffix != SUFFIX or not _holds_tests(file_path):
        return None
    collector: PolicyFile = PolicyFile.from_parent(parent, path=file_path)
    return collector


def _holds_tests(path: Path) -> bool:
    """Whether anything in a file looks like a test; what cannot be read does, so that this comes to light."""
    try:
        with path.open("rb") as content:
            return _TEST.search(content.read(HEAD)) is not None
    except OSError:
        return True


class PolicyFile(pytest.File):
    """A policy with its tests; where it cannot be used, what is wrong with it is the error of its collection."""

    def collect(self) -> "Iterator[PolicyTest]":
        """An item for each test, in the order of the text."""
        from nslsm.diagnostics import DiagnosticError  # noqa: PLC0415 - pytest starts without the language
        from nslsm.library import check_targets  # noqa: PLC0415

        try:
            packages = [checked.require() for checked in check_targets([_name(self.path)])]
        except DiagnosticError as error:
            raise self.CollectError(str(error)) from None
        profile = _profile(self.config)
        for package in packages:
            for case in package.tests:
                yield PolicyTest.of(self, case, package.sources, profile)


def _name(path: Path) -> str:
    """What a file is called in messages: from here, where it is below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _profile(config: pytest.Config) -> str:
    from nslsm.hooks.model import PROFILES  # noqa: PLC0415

    profile = str(config.getini("nslsm_profile"))
    if profile not in PROFILES:
        raise pytest.UsageError(f"nslsm_profile is {profile!r}; there are {', '.join(PROFILES)}")
    return profile


class Failed(Exception):
    """A test of a policy that did not pass."""

    def __init__(self, result: "Result") -> None:
        reasons = [reason for failure in result.failures for reason in failure.reasons]
        more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
        super().__init__(f"{reasons[0]}{more}")
        self.result = result


class PolicyTest(pytest.Item):
    """One test of a policy."""

    case: "Case"
    sources: "Sources"
    profile: str

    @classmethod
    def of(cls, parent: PolicyFile, case: "Case", sources: "Sources", profile: str) -> "PolicyTest":
        """The item of a test."""
        from nslsm.diagnostics import escape  # noqa: PLC0415

        item: PolicyTest = cls.from_parent(parent, name=escape(case.title))
        item.case, item.sources, item.profile = case, sources, profile
        return item

    def runtest(self) -> None:
        """Carry it out; :class:`Failed` where it does not pass."""
        from nslsm.simulation.cases import run_case  # noqa: PLC0415

        result = run_case(self.case, profile=self.profile)
        if not result.passed:
            raise Failed(result)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: "TracebackStyle | None" = None
    ) -> "str | TerminalRepr":
        """What did not hold, as ``nslsm test`` shows it; anything else that was raised, as pytest does."""
        if not isinstance(excinfo.value, Failed):
            return super().repr_failure(excinfo, style)
        from nslsm.diagnostics import escape  # noqa: PLC0415
        from nslsm.report.cases import render_failures  # noqa: PLC0415
        from nslsm.report.page import as_text  # noqa: PLC0415

        reason = escape(str(excinfo.value))  # what pytest's own summary of failures shows
        return f"{reason}\n{as_text(render_failures(excinfo.value.result, self.sources), _WIDTH)}"

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test stands; pytest counts lines from 0."""
        return self.path, self.case.span.line - 1, self.name
