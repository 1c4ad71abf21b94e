"""``nslsm import``: other systems' policies, as policies of ours."""

from pathlib import Path

import click

from nslsm.cli.console import show_diagnostic
from nslsm.cli.import_selinux import selinux
from nslsm.cli.rewriting import rewrite
from nslsm.diagnostics import Code, DiagnosticError, Severity, escape

UNWRITABLE = Code("cannot-use-file")


@click.group(
    name="import",
    short_help="Other systems' policies, as policies of ours.",
    epilog="Example: nslsm import apparmor /etc/apparmor.d/usr.sbin.nscd --output nscd.nslsm",
)
def command() -> None:
    """Read a policy of another system, and write what it says in our language.

    What is not taken over is told; something forbidden that would no longer be is an error.
    """


command.add_command(selinux)


@command.command(
    name="apparmor",
    short_help="Profiles of AppArmor.",
    epilog="Examples: nslsm import apparmor usr.sbin.nscd · nslsm import apparmor -I profiles -D fips=true a b -o both.nslsm",
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-I", "--include", "folders", metavar="DIR", multiple=True, type=click.Path(path_type=Path),
    help="Where included files are looked for, instead of /etc/apparmor.d; several are looked through in order.",
)  # fmt: skip
@click.option(
    "-D", "--define", "defines", metavar="NAME=VALUE", multiple=True, help="A boolean variable, true or false."
)
@click.option("--enforce", is_flag=True, help="Profiles in complain mode too, as aa-enforce(8) would have them.")
@click.option(
    "--peer", "peers", metavar="NAME", multiple=True, help="A profile that is elsewhere, of which rules speak."
)
@click.option("--name", metavar="NAME", help="What the control is called; else as the first file.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Else the policy is printed.")
@click.pass_context
def apparmor(
    context: click.Context,
    files: tuple[Path, ...],
    folders: tuple[Path, ...],
    defines: tuple[str, ...],
    peers: tuple[str, ...],
    name: str | None,
    output: Path | None,
    *,
    enforce: bool,
) -> None:
    """Write AppArmor's profiles as one policy: a region for each class of what a profile confines.

    Exit status: 0 it is done (what only permits, or only writes logs, may be lost), 1 something that a profile forbids is not
    forbidden by the policy, 2 a file is no profile, or cannot be used.
    """
    from nslsm.api.importing import import_apparmor  # noqa: PLC0415 - it loads the language, which `--help` need not

    known = dict(_defined(each) for each in defines)
    try:
        made = import_apparmor(*files, folders=folders, name=name, defines=known, enforce=enforce, peers=peers)
    except DiagnosticError as error:
        for each in error.diagnostics:
            show_diagnostic(each, error.sources)
        context.exit(2)
    for finding in made.findings:
        if finding.severity is not Severity.NOTE:
            show_diagnostic(finding, made.sources)
    notes = sum(finding.severity is Severity.NOTE for finding in made.findings)
    if output is None:
        click.echo(made.text, nl=False)
    else:
        try:
            rewrite(output, made.text) if output.exists() else output.write_text(made.text, "utf-8")
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            show_diagnostic(UNWRITABLE.at(None, f"`{output}` cannot be written: {reason}"))
            context.exit(2)
    losses = [finding for finding in made.findings if finding.severity is Severity.ERROR]
    profiles = f"{len(made.profiles)} profile{'s' * (len(made.profiles) != 1)}"
    target = "" if output is None else f" in {escape(str(output))}"
    click.echo(
        f"{profiles}{target}: {len(losses)} restrictions lost, "
        f"{len(made.findings) - notes - len(losses)} permissions lost, {notes} notes",
        err=True,
    )
    context.exit(1 if losses else 0)


def _defined(text: str) -> tuple[str, bool]:
    name, _, value = text.partition("=")
    if not name or value.lower() not in ("true", "false"):
        raise click.UsageError(f"`{text}` is no NAME=true or NAME=false")
    return name.lstrip("$").strip("{}"), value.lower() == "true"
