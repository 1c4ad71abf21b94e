"""``nslsm simulate``: scenarios, run on a simulated kernel; what came of each step, or which boundary stops whom."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from nslsm.cli.console import console

if TYPE_CHECKING:
    from nslsm.simulation.scenarios.run import Happened
    from nslsm.simulation.scenarios.script import Script
    from nslsm.simulation.scenarios.tally import Tally

PARQUET: Final = ".parquet"
STANDARD: Final = "-"
"""What stands for standard output where a file could be named."""


@click.command(
    name="simulate",
    short_help="Run scenarios: namespaces, tasks, what they do, what is expected.",
    epilog=(
        "Examples: nslsm simulate night-shift.yaml · nslsm simulate load.yaml --set scope=2 --seed 7 -o steps.parquet · "
        "nslsm simulate escapes/ --matrix"
    ),
)
@click.argument("scenarios", metavar="SCENARIO…", nargs=-1, required=True)
@click.option("--policy", "policies", metavar="POLICY", multiple=True, help="Instead of what the scenarios name.")
@click.option(
    "--set", "values", metavar="NAME=VALUE", multiple=True, help="Only the runs where a parameter has this value."
)
@click.option(
    "--seed", "seeds", type=int, multiple=True, metavar="N", help="Where chance starts from; several: several runs."
)
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), help="The kernel, instead of the scenario's own.")
@click.option(
    "--matrix", is_flag=True, help="Which boundary stops which scenario first, and which would have been second."
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=30, show_default=True, help="Different steps shown for each run."
)
@click.option("-o", "--output", metavar="FILE", help="Every step as a row: JSON lines, or Parquet (*.parquet).")
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
@click.pass_context
def command(
    context: click.Context,
    /,
    scenarios: tuple[str, ...],
    policies: tuple[str, ...],
    values: tuple[str, ...],
    seeds: tuple[int, ...],
    profile: str | None,
    matrix: bool,  # noqa: FBT001
    limit: int,
    output: str | None,
    form: str,
) -> None:
    """Run each SCENARIO, a YAML file or a folder of them, and show what came of its steps.

    Exit status: 0 all that was expected came, 1 something did not, 2 a scenario or its policy cannot be used.
    """
    from nslsm.api.scenarios import load_scenario, scenarios_in  # noqa: PLC0415 - `--help` needs no engine

    given = dict(_value(each) for each in values)
    files = scenarios_in(scenarios)
    if matrix and output is not None:
        raise click.UsageError("--matrix has no rows to write: use --format json")
    if output is not None and len(files) > 1:
        raise click.UsageError("--output is for one scenario: its first line says which")
    scripts = [
        load_scenario(file, policies=policies, values=given, seeds=seeds, profile=profile or "") for file in files
    ]
    if matrix:
        _matrix(scripts, form)
        return
    tallies: list[Tally] = []
    for script in scripts:
        mine = _run(script, output, form)
        tallies.extend(mine)
        if form == "human":
            _show(script, mine, limit)
    if form == "human":
        from nslsm.report.simulation import render_total  # noqa: PLC0415

        console().print(render_total(tallies))
    context.exit(1 if any(tally.failed for tally in tallies) else 0)


def _value(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--set takes NAME=VALUE, not `{said}`")
    return name, value


def _run(script: "Script", output: str | None, form: str) -> "list[Tally]":
    """All runs of a scenario, counted; written on the way where somebody asked for it."""
    from nslsm.api.scenarios import simulate  # noqa: PLC0415

    tallies: dict[int, Tally] = {}
    course = _counted(simulate(script), tallies)
    with ExitStack() as files:
        if output is not None and output.endswith(PARQUET):
            _parquet(script, course, output)
        elif output is not None or form == "json":
            from nslsm.audit.emit import open_private  # noqa: PLC0415

            stream = None if output in (None, STANDARD) else files.enter_context(open_private(str(output)))
            for line in _lines(script, course):
                click.echo(line, file=stream)
        else:
            for _ in course:
                pass
    return list(tallies.values())


def _counted(course: "Iterable[Happened]", tallies: "dict[int, Tally]") -> "Iterator[Happened]":
    from nslsm.simulation.scenarios.tally import Tally  # noqa: PLC0415

    for happened in course:
        run = happened.run
        if run.number not in tallies:
            tallies[run.number] = Tally(run)
        tallies[run.number].add(happened)
        yield happened


def _lines(script: "Script", course: "Iterable[Happened]") -> Iterator[str]:
    from nslsm.wire.base import canonical  # noqa: PLC0415 - people need no pydantic
    from nslsm.wire.simulation import to_manifest, to_step  # noqa: PLC0415

    yield canonical(to_manifest(script))
    for happened in course:
        yield canonical(to_step(happened))


def _parquet(script: "Script", course: "Iterable[Happened]", output: str) -> None:
    from nslsm.audit.emit import open_private  # noqa: PLC0415
    from nslsm.wire.columns import Missing  # noqa: PLC0415
    from nslsm.wire.simulation import to_manifest, to_step, write_parquet  # noqa: PLC0415

    try:
        with open_private(output) as stream:
            write_parquet(map(to_step, course), to_manifest(script), stream.buffer)
    except Missing as missing:
        Path(output).unlink(missing_ok=True)
        raise click.UsageError(str(missing)) from None


def _show(script: "Script", tallies: "list[Tally]", limit: int) -> None:
    from nslsm.report.simulation import render_simulation  # noqa: PLC0415

    console().print(render_simulation(script.scenario, tallies, script.sources, limit=limit))
    click.echo()


def _matrix(scripts: "list[Script]", form: str) -> None:
    from nslsm.api.scenarios import boundaries  # noqa: PLC0415

    rows = list(boundaries(scripts))
    if form == "json":
        from nslsm.wire.base import canonical  # noqa: PLC0415
        from nslsm.wire.simulation import to_matrix  # noqa: PLC0415

        click.echo(canonical(to_matrix(rows)))
        return
    from nslsm.report.simulation import render_matrix  # noqa: PLC0415

    console().print(render_matrix(rows))
