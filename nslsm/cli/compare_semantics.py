"""``nslsm compare-semantics``: a recorded trace under the composition rules of real systems, and where they part."""

from typing import TYPE_CHECKING, Final

import click

from nslsm.cli.beginning import PLACED
from nslsm.cli.console import console, progress
from nslsm.diagnostics import Diagnostic, render_line

if TYPE_CHECKING:
    from nslsm.engine.compositions import Composition

SHOWN_FINDINGS: Final = 10
"""How many findings about single lines are shown; the rest are counted."""


@click.command(
    name="compare-semantics",
    short_help="Where the composition rules of real systems would decide differently.",
    epilog=(
        "Examples: nslsm compare-semantics build.strace --policy build.nslsm · "
        "nslsm compare-semantics - --policy healthcare --in clinic --only landlock,selinux-ns"
    ),
)
@click.argument("trace")
@click.option("--policy", required=True, metavar="POLICY", help="File, folder or module name.")
@click.option("--root", metavar="NAMESPACE", help="The top-level namespace, where the policy declares several.")
@click.option("--in", "start", metavar="NAMESPACE", help="Where the recorded program starts; by default the root.")
@PLACED
@click.option("--only", metavar="NAMES", help="Compare these with the model only, commas between them; by default all.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Show the N weightiest causes; the rest are counted."
)
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.12", show_default=True)
@click.option("--fail-on-difference", is_flag=True, help="Exit with 1 if any event is not the same under all.")
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
@click.pass_context
def command(
    context: click.Context,
    trace: str,
    policy: str,
    root: str | None,
    start: str | None,
    place_by: str | None,
    only: str | None,
    limit: int | None,
    profile: str,
    fail_on_difference: bool,  # noqa: FBT001
    form: str,
) -> None:
    """Judge the system calls in TRACE (`-` is standard input) under several rules of composition, side by side.

    Each has attributes of its own, which follow its own verdicts. The events that differ in verdict, errno, blame, in who
    was asked or in who got to see them are grouped by what came of them under each.
    """
    from nslsm.api.policies import load_policy  # noqa: PLC0415 - `--help` needs no engine
    from nslsm.api.semantics import compare_semantics  # noqa: PLC0415

    tree = load_policy(policy).tree(root)
    findings = 0
    with progress(trace) as advance:
        run = compare_semantics(
            trace,
            tree,
            start=start,
            compositions=_chosen(only),
            profile=profile,
            place_by=place_by,
            progress=advance,
        )
        for item in run:
            if isinstance(item, Diagnostic):
                findings += 1
                if findings <= SHOWN_FINDINGS and form == "human":
                    console(stderr=True, unbroken=True).print(render_line(item))
    if findings > SHOWN_FINDINGS and form == "human":
        console(stderr=True).print(f"and {findings - SHOWN_FINDINGS} more findings about the trace")
    if form == "json":
        from nslsm.wire.base import canonical  # noqa: PLC0415
        from nslsm.wire.semantics import to_semantics  # noqa: PLC0415

        click.echo(canonical(to_semantics(run.semantics, limit=limit)))
    else:
        from nslsm.report.semantics import render_semantics  # noqa: PLC0415

        console().print(render_semantics(run.semantics, limit=limit))
    if fail_on_difference and run.semantics.differing:
        context.exit(1)


def _chosen(only: str | None) -> "tuple[Composition, ...]":
    """The compositions that are named; a usage error for a name that none has."""
    from nslsm.engine.compositions import COMPOSITIONS, by_name  # noqa: PLC0415

    if only is None:
        return COMPOSITIONS
    try:
        named = {by_name(name.strip()).name for name in only.split(",") if name.strip()}
    except LookupError as unknown:
        raise click.BadParameter(str(unknown.args[0]), param_hint="'--only'") from None
    if not named:
        raise click.BadParameter("it names no composition", param_hint="'--only'")
    return tuple(each for each in COMPOSITIONS if each.name in named)
