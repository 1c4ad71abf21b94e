"""``nslsm import selinux``: policies of SELinux in its Common Intermediate Language."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from nslsm.cli.console import show_diagnostic
from nslsm.diagnostics import Code, DiagnosticError, Severity, escape

if TYPE_CHECKING:
    from nslsm.importers.selinux import Imported
    from nslsm.importers.selinux.explain import Allow, Why

UNWRITABLE: Final = Code("cannot-use-file")


@click.command(
    name="selinux",
    short_help="A policy of SELinux, in CIL.",
    epilog="Examples: nslsm import selinux base.cil modules/ -o policy · nslsm import selinux policy.tar.xz "
    "--boolean httpd_can_network=on -o policy · nslsm import selinux ward.cil "
    "--why u:r:nurse_t:s0 u:object_r:chart_t:s0 file write",
)
@click.argument("modules", metavar="POLICY…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--boolean", "booleans", metavar="NAME=on|off", multiple=True, help="A boolean's value, instead of its default."
)
@click.option("--tunable", "tunables", metavar="NAME=on|off", multiple=True, help="The same of a tunable.")
@click.option(
    "--parameter",
    "parameters",
    metavar="BOOLEAN",
    multiple=True,
    help="A boolean that stays a parameter of the control.",
)
@click.option("--name", metavar="NAME", help="What the control is called; else as the first file.")
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the policy and its tables are written.",
)
@click.option(
    "--why",
    metavar="SOURCE TARGET CLASS PERMISSION",
    nargs=4,
    help="Instead: which rules allow this between two contexts, and which constraints take it away.",
)
@click.pass_context
def selinux(
    context: click.Context,
    modules: tuple[Path, ...],
    booleans: tuple[str, ...],
    tunables: tuple[str, ...],
    parameters: tuple[str, ...],
    name: str | None,
    output: Path | None,
    why: tuple[str, str, str, str] | None,
) -> None:
    """Write a policy of SELinux as one of ours: data to tables, logic to rules. Files, folders and archives of modules make it
    together.

    Exit status: 0 it is done (what only permits, or only writes logs, may be lost), 1 something that was forbidden is not, 2 it
    is no policy, or cannot be used. With `--why`: 0 granted, 1 denied.
    """
    from nslsm.api.importing import import_selinux  # noqa: PLC0415 - it loads the language, which `--help` need not

    if (output is None) == (why is None):
        raise click.UsageError("say where to write it, `--output FOLDER`, or ask a question, `--why …`")
    settings = dict(_setting(each) for each in booleans)
    try:
        made = import_selinux(
            *modules,
            name=name,
            booleans=settings,
            tunables=dict(_setting(each) for each in tunables),
            parameters=parameters,
        )
    except DiagnosticError as error:
        for each in error.diagnostics:
            show_diagnostic(each, error.sources)
        context.exit(2)
    if why is not None:
        context.exit(0 if _explained(made.why(*why), why[3]) else 1)
    assert output is not None
    for finding in made.findings:
        if finding.severity is not Severity.NOTE:
            show_diagnostic(finding, made.sources)
    try:
        file = made.write(output)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        show_diagnostic(UNWRITABLE.at(None, f"`{output}` cannot be written to: {reason}"))
        context.exit(2)
    click.echo(_summary(made, file), err=True)
    context.exit(1 if made.lost else 0)


def _setting(text: str) -> tuple[str, bool]:
    name, _, value = text.partition("=")
    if not name or value.lower() not in ("on", "off", "true", "false"):
        raise click.UsageError(f"`{text}` is no NAME=on or NAME=off")
    return name, value.lower() in ("on", "true")


def _summary(made: "Imported", file: Path) -> str:
    policy = made.policy
    counts = {severity: sum(each.severity is severity for each in made.findings) for severity in Severity}
    rules = len(policy.allows) + sum(len(each.allows) for each in policy.conditionals)
    return (
        f"{len(policy.types)} types, {len(policy.classes)} classes, {rules} allow rules in {escape(str(file))} and "
        f"{len(made.files)} tables beside it: {counts[Severity.ERROR]} restrictions lost, "
        f"{counts[Severity.WARNING]} permissions lost, {counts[Severity.NOTE]} notes"
    )


def _explained(why: "Why", permission: str) -> bool:
    """Tell an answer; whether it is granted."""
    granted = permission in why.allowed
    click.echo(f"{'granted' if granted else 'denied'}: {escape(permission)} of {escape(why.class_)}")
    if why.unknown:
        click.echo(f"  {escape(why.unknown)}")
        return False
    _listed("allowed by", why.rules, why.class_)
    if not why.rules:
        click.echo("  no allow rule permits it")
    for each in why.constraints:
        place = f"  ({each.span.source}:{each.span.line})" if each.span else ""
        click.echo(f"  taken away by a constraint that does not hold{escape(place)}")
        click.echo(f"    {escape(each.expression)}")
    _listed("would be allowed, with booleans set otherwise, by", why.off, why.class_)
    _listed("recorded where it is granted, by", why.audited, why.class_, word="auditallow")
    _listed("not told where it is denied, by", why.quiet, why.class_, word="dontaudit")
    return granted


def _listed(title: str, rules: "tuple[Allow, ...]", class_: str, word: str = "allow") -> None:
    if rules:
        click.echo(f"  {title}")
    for each in rules:
        condition = f"   when {each.condition}" if each.condition else ""
        permissions = " ".join(sorted(each.permissions))
        click.echo(escape(f"    ({word} {each.source} {each.target} ({class_} ({permissions}))){condition}"))
