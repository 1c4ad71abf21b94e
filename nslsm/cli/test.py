"""``nslsm test``: the tests that stand in policies, carried out."""

import click

from nslsm.cli.console import console


@click.command(
    name="test",
    short_help="Run the tests that stand in policies.",
    epilog="Examples: nslsm test policies · nslsm test healthcare -k chart",
)
@click.argument("policies", metavar="POLICY…", nargs=-1)
@click.option("-k", "words", metavar="WORDS", help="Only tests whose title has all of these words.")
@click.option("-v", "--verbose", is_flag=True, help="Name the tests that passed, too.")
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.12", show_default=True)
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
@click.pass_context
def command(
    context: click.Context,
    policies: tuple[str, ...],
    words: str | None,
    verbose: bool,  # noqa: FBT001
    profile: str,
    form: str,
) -> None:
    """Run the tests in POLICY (files, folders, module names; by default this folder), each on a simulated kernel of its own.

    Exit status: 0 all passed, 1 some did not, 2 a policy cannot be used.
    """
    from nslsm.diagnostics import Code, DiagnosticError, Sources  # noqa: PLC0415 - `--help` needs no engine
    from nslsm.library import check_targets  # noqa: PLC0415
    from nslsm.report.cases import render_results  # noqa: PLC0415
    from nslsm.simulation.cases import run  # noqa: PLC0415

    packages = [checked.require() for checked in check_targets(policies or (".",))]
    wanted = (words or "").lower().split()
    cases = [
        case for package in packages for case in package.tests if all(word in case.title.lower() for word in wanted)
    ]
    if not cases:
        raise DiagnosticError([Code("no-tests").at(None, "there are no such tests", help='a test is test "…" { … }')])
    results = list(run(cases, profile=profile))
    failed = [result for result in results if not result.passed]
    if form == "json":
        from nslsm.wire.base import canonical  # noqa: PLC0415
        from nslsm.wire.results import to_results  # noqa: PLC0415

        click.echo(canonical(to_results(results)))
    else:
        sources = Sources({name: text for package in packages for name, text in package.sources.texts.items()})
        console().print(render_results(results, sources, verbose=verbose))
    context.exit(1 if failed else 0)
