"""How the tests run: what chance may do, and where the answers of real kernels are."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("nslsm", deadline=None, derandomize=True)
settings.register_profile("sweep", deadline=None, print_blob=True, derandomize="NSLSM_SEED" not in os.environ)
settings.load_profile("nslsm")
# The same source gets the same answer every time; where NSLSM_SEED is a number, the sweeps look elsewhere (`just sweep`).

CONFORMANCE = "NSLSM_CONFORMANCE"

os.environ["NSLSM_CACHE"] = "off"
# A test looks at what the checker says now; those of the cache turn it on for themselves.


def pytest_report_header() -> list[str]:
    """What this machine lacks, so that a skipped test is no surprise."""
    return [
        f"conformance: {os.environ.get(CONFORMANCE) or f'none ({CONFORMANCE} is not set)'}",
        f"strace: {shutil.which('strace') or 'none'}",
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have to tell beside passing: each ``record_property("told", …)``, whichever process ran the test."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [str(text) for report in reports for name, text in report.user_properties if name == "told"]
    for line in dict.fromkeys(told):
        terminalreporter.write_line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's name is the same in every process: one with an address in it cannot be run on several cores."""
    unstable = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if unstable:
        raise pytest.UsageError(f"tests whose names hold addresses: {', '.join(unstable[:3])}")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are as wide as where nobody says how wide; what runs tests side by side says 80 columns to some of them."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The folder of what real kernels and tools answered; tests that ask for it are skipped where there is none."""
    folder = os.environ.get(CONFORMANCE)
    if not folder:
        pytest.skip(f"{CONFORMANCE} is not set")
    found = Path(folder)
    if not found.is_dir():
        pytest.fail(f"{CONFORMANCE} is {folder}, which is no folder")
    return found
