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
        _write(context, output, made.text)
    losses = [finding for finding in made.findings if finding.severity is Severity.ERROR]
    profiles = f"{len(made.profiles)} profile{'s' * (len(made.profiles) != 1)}"
    target = "" if output is None else f" in {escape(str(output))}"
    click.echo(
        f"{profiles}{target}: {len(losses)} restrictions lost, "
        f"{len(made.findings) - notes - len(losses)} permissions lost, {notes} notes",
        err=True,
    )
    context.exit(1 if losses else 0)


@command.command(
    name="oci",
    short_help="A container's config.json, or a filter of system calls.",
    epilog="Examples: nslsm import oci config.json -o web.nslsm · nslsm import oci --capability CAP_SYS_ADMIN seccomp.json",
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--root", metavar="DIR", default="/", show_default=True, help="Where the container's root is.")
@click.option(
    "--elsewhere", multiple=True, type=click.Choice(("apparmor", "selinux")),
    help="What the configuration says of this module, something else sees to.",
)  # fmt: skip
@click.option(
    "--apparmor",
    metavar="MODULE",
    help="The module of imported profiles: the container is bound to its profile of them.",
)
@click.option(
    "--selinux", metavar="MODULE", help="The module of an imported policy: the container is bound to it in its context."
)
@click.option(
    "--capability", "capabilities", metavar="CAP", multiple=True,
    help="For a filter alone in Docker's format: one that the container has. Without any: all.",
)  # fmt: skip
@click.option(
    "--kernel", metavar="VERSION", default="6.12", show_default=True, help="For Docker's format: which Linux."
)
@click.option("--name", metavar="NAME", help="What the control is called; else as the file, or its folder.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Else the policy is printed.")
@click.pass_context
def oci(
    context: click.Context,
    file: Path,
    root: str,
    elsewhere: tuple[str, ...],
    apparmor: str | None,
    selinux: str | None,
    capabilities: tuple[str, ...],
    kernel: str,
    name: str | None,
    output: Path | None,
) -> None:
    """Write what a container's runtime is told to confine as one policy, with a namespace that binds it.

    Exit status: 0 it is done, 1 something that restricts the container does not in the policy, 2 the file is no
    configuration, or cannot be used.
    """
    from nslsm.api.oci import container  # noqa: PLC0415 - it loads the language, which `--help` need not

    if not root.startswith("/"):
        raise click.UsageError(f"`{root}` is no absolute path")
    try:
        made = container(
            file,
            name=name,
            root=root,
            elsewhere=elsewhere,
            capabilities=capabilities or None,
            kernel=kernel,
            bound={kind: module for kind, module in (("apparmor", apparmor), ("selinux", selinux)) if module},
        )
    except DiagnosticError as error:
        for each in error.diagnostics:
            show_diagnostic(each, error.sources)
        context.exit(2)
    for finding in made.findings:
        if finding.severity is not Severity.NOTE:
            show_diagnostic(finding, made.sources)
    if output is None:
        click.echo(made.text, nl=False)
    else:
        _write(context, output, made.text)
    counts = [sum(each.severity is severity for each in made.findings) for severity in Severity]
    target = "" if output is None else f" in {escape(str(output))}"
    click.echo(
        f"{escape(made.name)}{target}: {counts[0]} restrictions lost, {counts[1]} made stricter, {counts[2]} notes",
        err=True,
    )
    context.exit(1 if made.lost else 0)


def _write(context: click.Context, output: Path, text: str) -> None:
    """Write a policy; exit status 2 where that cannot be."""
    try:
        rewrite(output, text) if output.exists() else output.write_text(text, "utf-8")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        show_diagnostic(UNWRITABLE.at(None, f"`{output}` cannot be written: {reason}"))
        context.exit(2)


def _defined(text: str) -> tuple[str, bool]:
    name, _, value = text.partition("=")
    if not name or value.lower() not in ("true", "false"):
        raise click.UsageError(f"`{text}` is no NAME=true or NAME=false")
    return name.lstrip("$").strip("{}"), value.lower() == "true"
