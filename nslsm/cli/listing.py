"""``nslsm listing``: the functions that decide a hook in a namespace, as they were generated."""

import click


@click.command(
    name="listing",
    short_help="The program that decides a hook in a namespace, as it was generated.",
    epilog="Examples: nslsm listing build.nslsm file_open · nslsm listing healthcare socket_connect --in clinic",
)
@click.argument("policy")
@click.argument("hook")
@click.option("--root", metavar="NAMESPACE", help="The top-level namespace, where the policy declares several.")
@click.option("--in", "where", metavar="NAMESPACE", help="Whose lineage is asked; by default the root's.")
def command(policy: str, hook: str, root: str | None, where: str | None) -> None:
    """Show what is asked about HOOK under POLICY (a file, a folder, a module's name), the nearest first.

    Each control of the lineage that handles the hook is a few functions of a request `q` and of what its namespace sees, `v`. A
    function that comes to a fact which nobody knows answers nothing, and the reference evaluator is asked instead.
    """
    from nslsm.api.listing import listing  # noqa: PLC0415 - `--help` needs no engine
    from nslsm.api.policies import load_policy  # noqa: PLC0415

    tree = load_policy(policy).tree(root)
    try:
        text = listing(tree, hook, where)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from None
    click.echo(text, nl=False)
