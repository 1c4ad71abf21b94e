"""``nslsm convert``: a recording as columns, to be judged often without being read again."""

import click

from nslsm.cli.console import console, progress
from nslsm.diagnostics import render_line

SHOWN_FINDINGS = 10
"""How many findings about single lines are shown; the rest are counted."""


@click.command(
    name="convert",
    short_help="A recording as columns, to be judged often.",
    epilog="Examples: nslsm convert build.strace -o build.arrow && nslsm replay build.arrow --policy build.nslsm · "
    "nslsm convert build.strace -o calls.parquet --calls",
)
@click.argument("trace")
@click.option("-o", "--output", required=True, metavar="FILE", help="What is written: .arrow or .parquet.")
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.12", show_default=True)
@click.option("--calls", is_flag=True, help="Write the calls of a trace of strace as they are, before any kernel.")
@click.option(
    "--jobs", type=click.IntRange(1), help="With --calls: how many processes read; by default all, for a big file."
)
def command(
    trace: str,
    output: str,
    profile: str,
    calls: bool,  # noqa: FBT001
    jobs: int | None,
) -> None:
    """Write TRACE, in any format that `nslsm replay` reads, as columns: what Linux asked, whatever a policy answers.

    With `--calls`, a table of the system calls themselves, for any kernel and policy; `nslsm replay` and `nslsm convert` read
    it as they read TRACE.
    """
    if calls:
        _calls(trace, output, jobs)
        return
    if jobs is not None:
        raise click.UsageError("`--jobs` goes with `--calls`: the kernel of recordings is one process")
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


def _calls(trace: str, output: str, jobs: int | None) -> None:
    from nslsm.api.calls import convert_calls  # noqa: PLC0415
    from nslsm.columns.schema import Missing  # noqa: PLC0415

    try:
        with progress(trace) as advance:
            made = convert_calls(trace, output, jobs=jobs, progress=advance)
    except (Missing, ValueError) as error:
        raise click.UsageError(str(error)) from error
    if made.findings:
        click.echo(f"{made.findings} findings, which a replay tells", err=True)
    click.echo(f"{made.rows} rows of {made.lines} lines, {made.understood} of them understood: {output}")
