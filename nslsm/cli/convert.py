"""``nslsm convert``: a recording as columns, to be judged often without being read again."""

import click

from nslsm.cli.console import console, progress
from nslsm.diagnostics import render_line

SHOWN_FINDINGS = 10
"""How many findings about single lines are shown; the rest are counted."""


@click.command(
    name="convert",
    short_help="A recording as columns, to be judged often.",
    epilog="Example: nslsm convert build.strace -o build.arrow && nslsm replay build.arrow --policy build.nslsm",
)
@click.argument("trace")
@click.option("-o", "--output", required=True, metavar="FILE", help="What is written: .arrow or .parquet.")
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.12", show_default=True)
def command(trace: str, output: str, profile: str) -> None:
    """Write TRACE, in any format that `nslsm replay` reads, as columns: what Linux asked, whatever a policy answers."""
    from nslsm.api.columns import convert  # noqa: PLC0415 - `--help` needs no kernel
    from nslsm.columns.schema import Missing  # noqa: PLC0415

    try:
        with progress(trace) as advance:
            made = convert(trace, output, profile=profile, progress=advance)
    except (Missing, ValueError) as error:
        raise click.UsageError(str(error)) from error
    for finding in made.findings[:SHOWN_FINDINGS]:
        console(stderr=True, unbroken=True).print(render_line(finding))
    if len(made.findings) > SHOWN_FINDINGS:
        click.echo(f"{len(made.findings) - SHOWN_FINDINGS} more findings", err=True)
    click.echo(f"{made.events} events of {made.lines} lines, {made.understood} of them understood: {output}")
