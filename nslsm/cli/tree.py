"""``nslsm tree``: the namespaces of a policy, with what is bound in each and what each is bound by."""

import click

from nslsm.cli.console import console


@click.command(
    name="tree",
    short_help="The namespaces of a policy, with what is bound in each.",
    epilog="Examples: nslsm tree healthcare · nslsm tree build.nslsm",
)
@click.argument("policy")
@click.option("--root", metavar="NAMESPACE", help="Only this top-level namespace.")
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
def command(policy: str, root: str | None, form: str) -> None:
    """Show the namespaces that POLICY (a file, a folder, a module's name) declares, as a tree."""
    from nslsm.api.policies import load_policy  # noqa: PLC0415 - `--help` needs no engine
    from nslsm.report.tree import render_tree  # noqa: PLC0415

    loaded = load_policy(policy)
    declared = [loaded.tree(root).declaration] if root else list(loaded.package.own_namespaces())
    declared = declared or [loaded.tree().declaration]
    if form == "json":
        from nslsm.wire.base import canonical  # noqa: PLC0415
        from nslsm.wire.tree import to_tree  # noqa: PLC0415

        click.echo(canonical(to_tree(*declared)))
        return
    console().print(render_tree(*declared))
