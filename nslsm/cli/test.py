"""``nslsm test``: the tests that stand in policies, carried out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import sleep, time_ns
from typing import TYPE_CHECKING, Final

import click

from nslsm.cli.console import console, show_diagnostic

if TYPE_CHECKING:
    from nslsm.api.tests import TestRun

PAUSE: Final = 0.3
"""Seconds between two looks at the files, with ``--watch``."""

SLACK: Final = 10_000_000
"""Nanoseconds by which the times of files may be behind the clock."""

STANDARD: Final = "-"
"""What stands for standard input or output where a file could be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be run, and what to be told of it."""

    policies: tuple[str, ...]
    words: str = ""
    verbose: bool = False
    profile: str
    form: str = "human"
    coverage: bool = False
    coverage_html: Path | None = None
    coverage_json: Path | None = None
    fail_under: float | None = None
    junit: Path | None = None

    @property
    def covers(self) -> bool:
        """Whether anything asks what the tests have seen."""
        return self.coverage or bool(self.coverage_html or self.coverage_json) or self.fail_under is not None


def _file(name: str, what: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    path = click.Path(path_type=Path, dir_okay=False)
    return click.option(name, metavar="FILE", type=path, help=what)


@click.command(
    name="test",
    short_help="Run the tests that stand in policies.",
    epilog="Examples: nslsm test policies · nslsm test healthcare -k chart · nslsm test --coverage --fail-under 90 my.nslsm",
)
@click.argument("policies", metavar="POLICY…", nargs=-1)
@click.option("-k", "words", metavar="WORDS", default="", help="Only tests whose title has all of these words.")
@click.option("-v", "--verbose", is_flag=True, help="Name the tests that passed, too.")
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.12", show_default=True)
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
@click.option("--coverage", is_flag=True, help="Which rules and branches of conditions the tests have seen.")
@_file("--coverage-html", "The same as a page that shows the source.")
@_file("--coverage-json", "The same for programs.")
@click.option(
    "--fail-under",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    help="Status 1 where fewer rules or branches were seen.",
)
@_file("--junit", "The results as JUnit XML.")
@click.option("--watch", is_flag=True, help="Run again whenever a file that was read changes; Ctrl-C ends it.")
@click.pass_context
def command(context: click.Context, /, *, watch: bool, **options: object) -> None:
    """Run the tests in POLICY (files, folders, module names; by default this folder), each on a simulated kernel of its own.

    Exit status: 0 all passed, 1 some did not, or too little was seen, 2 a policy cannot be used.
    """
    request = Request(**options)  # type: ignore[arg-type]  # Click has checked them
    if not request.policies:
        request = replace(request, policies=(".",))
    if watch:
        if request.form != "human" or STANDARD in request.policies:
            raise click.UsageError("--watch shows results to people, and reads files that can change")
        keep_running(request)
    context.exit(run_once(request)[0])


def run_once(request: Request) -> tuple[int, tuple[Path, ...]]:
    """Run the tests and tell what came of them: the exit status, and the files that were read."""
    from nslsm.api.tests import prepare, run_tests  # noqa: PLC0415 - `--help` needs no engine

    prepared = prepare(request.policies)
    run = run_tests(prepared, words=request.words, profile=request.profile, coverage=request.covers)
    _tell(request, run)
    _write(request, run)
    status = 0 if run.passed else 1
    if request.fail_under is not None and run.covered is not None and not run.covered.reaches(request.fail_under):
        rules, branches = run.covered.score, run.covered.branches
        click.echo(
            f"too little was seen: {rules.percent:g} % of the rules and {branches.percent:g} % of the branches of "
            f"conditions, where {request.fail_under:g} % were asked for",
            err=True,
        )
        status = 1
    return status, prepared.files


def _tell(request: Request, run: "TestRun") -> None:
    if request.form == "json":
        from nslsm.wire.base import canonical  # noqa: PLC0415 - people need no pydantic
        from nslsm.wire.coverage import to_coverage  # noqa: PLC0415
        from nslsm.wire.results import to_results  # noqa: PLC0415

        click.echo(canonical(to_results(run.results)))
        if request.coverage and run.covered is not None:
            click.echo(canonical(to_coverage(run.covered)))
        return
    from nslsm.report.cases import render_results  # noqa: PLC0415

    console().print(render_results(run.results, run.sources, verbose=request.verbose))
    if request.coverage and run.covered is not None:
        from nslsm.report.coverage import render_coverage  # noqa: PLC0415

        click.echo()
        console().print(render_coverage(run.covered))


def _write(request: Request, run: "TestRun") -> None:
    """Write the files that were asked for."""
    if request.junit is not None:
        from nslsm.report.cases import render_failures  # noqa: PLC0415
        from nslsm.report.page import as_text  # noqa: PLC0415
        from nslsm.wire.junit import to_junit  # noqa: PLC0415

        _put(request.junit, to_junit(run.results, lambda result: as_text(render_failures(result, run.sources))))
    if request.coverage_html is not None and run.covered is not None:
        from nslsm.report.coverage import coverage_document  # noqa: PLC0415

        _put(request.coverage_html, coverage_document(run.covered, run.sources))
    if request.coverage_json is not None and run.covered is not None:
        from nslsm.wire.base import canonical  # noqa: PLC0415
        from nslsm.wire.coverage import to_coverage  # noqa: PLC0415

        _put(request.coverage_json, canonical(to_coverage(run.covered)) + "\n")


def _put(path: Path, text: str) -> None:
    if str(path) == STANDARD:
        click.echo(text, nl=False)
    else:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")


# Watching


def keep_running(request: Request, wait: Callable[[], object] = lambda: sleep(PAUSE)) -> None:
    """Run the tests now, and again whenever a file that was read changes, until ``wait`` raises KeyboardInterrupt.

    A policy that cannot be used is shown with what is wrong with it, and looked at again when it has changed.
    """
    from nslsm.library.changes import fingerprint  # noqa: PLC0415

    files: tuple[Path, ...] = ()
    while True:
        started = time_ns()
        before = fingerprint(request.policies, files)
        files = _run_watched(request, files)
        seen = {name for name, _, _ in before}
        found = (each for each in fingerprint(request.policies, files) if each[0] not in seen)
        before |= {each for each in found if each[1] < started - SLACK}  # what changed meanwhile is looked at again
        count = f"{len(files)} file{'' if len(files) == 1 else 's'}"
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        click.echo(f"\n{now}  watching {count}; Ctrl-C ends it")
        while fingerprint(request.policies, files) == before:
            wait()


def _run_watched(request: Request, files: tuple[Path, ...]) -> tuple[Path, ...]:
    """One run of many: what is wrong with the policies is shown, and ends nothing. The files to look at from now on."""
    from nslsm.api.tests import Unprepared  # noqa: PLC0415
    from nslsm.diagnostics import DiagnosticError  # noqa: PLC0415

    target = console()
    if target.is_terminal:
        target.clear()
    try:
        return run_once(request)[1]
    except DiagnosticError as error:
        for diagnostic in error.diagnostics:
            show_diagnostic(diagnostic, error.sources)
        return tuple(dict.fromkeys((*files, *error.files))) if isinstance(error, Unprepared) else files
    except OSError as error:
        click.echo(f"error: {error.strerror or error}: {error.filename}", err=True)
        return files
