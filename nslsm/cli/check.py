"""``nslsm check``: parse, type-check and lint policies; say what is wrong where, and the way out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from nslsm.cli.console import show_diagnostic
from nslsm.cli.rewriting import rewrite
from nslsm.diagnostics.diagnostic import Diagnostic, Severity
from nslsm.diagnostics.error import DiagnosticError
from nslsm.diagnostics.fixing import fixed
from nslsm.diagnostics.render import render_line
from nslsm.diagnostics.sources import Sources
from nslsm.language.check.package import Checked

UNUSABLE: Final = frozenset(
    {
        "ambiguous-module",
        "empty-module",
        "import-cycle",
        "no-such-policy",
        "not-utf8",
        "nul-byte",
        "over-limit",
        "unreadable",
    }
)
"""Findings about input that is no policy at all, or none that can be checked: exit status 2."""

ROUNDS: Final = 20
"""How often fixes are made, as long as one makes room for another."""


@click.command(
    name="check",
    short_help="Parse, type-check and lint policies.",
    epilog="Examples: nslsm check policies · nslsm check --format short my.nslsm · nslsm check base.yama",
)
@click.argument("policies", metavar="POLICY…", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(("human", "short", "json", "sarif")),
    default="human",
    show_default=True,
    help="With excerpts; a line for each finding, for editors; JSON; or SARIF 2.1.0, for code hosts.",
)
@click.option("--fix", is_flag=True, help="Make the fixes that are certain, in the files that were named.")
@click.option("--strict", is_flag=True, help="Warnings count as findings too: exit status 1.")
@click.pass_context
def command(context: click.Context, policies: tuple[str, ...], form: str, *, fix: bool, strict: bool) -> None:
    """Check policies: files, folders, names of modules, or - for standard input.

    Exit status: 0 nothing is wrong (warnings apart), 1 something is, 2 the input is no policy that could be checked.
    """
    from nslsm.library import check_targets  # noqa: PLC0415 - it loads the language, which `--help` need not

    if fix and "-" in policies:
        raise click.UsageError("--fix rewrites files, and standard input is none")
    made = 0
    try:
        found = check_targets(policies)
        for _ in range(ROUNDS if fix else 0):
            fixes = sum(_make_fixes(checked) for checked in found)
            if not fixes:
                break
            made += fixes
            found = check_targets(policies)
    except DiagnosticError as error:
        _show(error.diagnostics, error.sources, form)
        context.exit(2)
    diagnostics = tuple(each for checked in found for each in checked.diagnostics)
    sources = Sources()
    for checked in found:
        sources = sources.merged(checked.sources)
    _show(diagnostics, sources, form)
    if form == "human":
        click.echo(summary(found, diagnostics, made), err=True)
    context.exit(status(diagnostics, strict=strict))


def status(diagnostics: Sequence[Diagnostic], *, strict: bool = False) -> int:
    """The exit status that findings come to."""
    errors = [each for each in diagnostics if each.severity is Severity.ERROR]
    if any(each.code.name in UNUSABLE or _is_missing_root(each) for each in errors):
        return 2
    return 1 if errors or (strict and diagnostics) else 0


def _is_missing_root(diagnostic: Diagnostic) -> bool:
    """Whether a module that was asked for is not there: nothing could be checked."""
    return diagnostic.code.name == "unknown-module" and diagnostic.span is None


def _make_fixes(checked: Checked) -> int:
    """Make the fixes of the modules that were asked for; how many there were.

    A file that changed meanwhile, or that a fix would break, is left alone.
    """
    fixes = 0
    for source in checked.asked:
        text = checked.sources.texts.get(source)
        own = [each for each in checked.diagnostics if each.span is not None and each.span.source == source]
        if text is None or not any(each.fix for each in own):
            continue
        outcome = fixed(text, source, own)
        was_broken = not _parses(text, source)
        if not (was_broken or _parses(outcome.text, source)):
            continue
        path = Path(source)
        if not path.is_file() or path.read_bytes().removeprefix(b"\xef\xbb\xbf") != text.encode():
            continue
        rewrite(path, outcome.text)
        fixes += len(outcome.made)
    return fixes


def _parses(text: str, source: str) -> bool:
    from nslsm.language.syntax.parse import SyntaxFailure, parse  # noqa: PLC0415

    try:
        parse(text, source)
    except SyntaxFailure:
        return False
    return True


def summary(found: Sequence[Checked], diagnostics: Sequence[Diagnostic], made: int = 0) -> str:
    """What came out, in a line: ``2 errors and 1 warning; 14 controls, 3 namespaces, 9 tests in 5 modules``."""
    said = _outcome(found, diagnostics)
    fixable = sum(each.fix is not None for each in diagnostics)
    if fixable and not made:
        said += f" ({fixable} can be fixed with --fix)"
    return f"{_counted(made, 'fix')} made; {said}" if made else said


def _outcome(found: Sequence[Checked], diagnostics: Sequence[Diagnostic]) -> str:
    errors = sum(each.severity is Severity.ERROR for each in diagnostics)
    warnings = sum(each.severity is Severity.WARNING for each in diagnostics)
    counts = [_counted(errors, "error")] if errors else []
    counts += [_counted(warnings, "warning")] if warnings else []
    packages = [checked.package for checked in found if checked.package is not None]
    if len(packages) < len(found):
        return " and ".join(counts)
    modules = sum(len(package.roots) for package in packages)
    parts = (
        (sum(_is_own(name, package.roots) for package in packages for name in package.controls), "control"),
        (sum(_is_own(name, package.roots) for package in packages for name in package.policies), "policy"),
        (sum(len(package.own_namespaces()) for package in packages), "namespace"),
        (sum(len(package.tests) for package in packages), "test"),
    )
    what = ", ".join(_counted(number, noun) for number, noun in parts if number)
    said = " and ".join(counts) or "nothing wrong"
    return f"{said}: {what or 'nothing but names'} in {_counted(modules, 'module')}"


def _is_own(name: str, roots: Sequence[str]) -> bool:
    return name in roots or name.rpartition(".")[0] in roots


def _counted(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def _show(diagnostics: Sequence[Diagnostic], sources: Sources, form: str) -> None:
    """The findings on standard output: they are what was asked for."""
    if form == "json":
        from nslsm.wire.base import canonical  # noqa: PLC0415 - people need no pydantic
        from nslsm.wire.finding import to_findings  # noqa: PLC0415

        click.echo(canonical(to_findings(diagnostics)))
    if form == "sarif":
        import json  # noqa: PLC0415

        from nslsm.wire.sarif import to_sarif  # noqa: PLC0415

        click.echo(json.dumps(to_sarif(diagnostics, sources), indent=2))
    for diagnostic in diagnostics:
        if form == "short":
            click.echo(render_line(diagnostic))
        elif form == "human":
            show_diagnostic(diagnostic, sources, stderr=False)
            click.echo()
