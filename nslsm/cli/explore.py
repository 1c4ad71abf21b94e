"""``nslsm explore``: search for a sequence of operations that breaks a claim."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nslsm.cli.console import console

if TYPE_CHECKING:
    from nslsm.api.policies import LoadedPolicy
    from nslsm.simulation.exploration import Exploration

DEPTH = 4
MAX_STATES = 50_000


@click.command(
    name="explore",
    short_help="Search for a sequence of operations that breaks a claim.",
    epilog=(
        "Examples: nslsm explore tenants.nslsm · nslsm explore tenants.nslsm --claim no_leak --depth 6 · "
        "nslsm explore tenants.nslsm --try open,rename,fork --format nslsm > found.nslsm"
    ),
)
@click.argument("policy", metavar="POLICY")
@click.option(
    "--claim", "claims", metavar="NAME", multiple=True, help="Search for a break of this one; by default all."
)
@click.option("--depth", type=click.IntRange(min=1), default=DEPTH, show_default=True, help="At most so many steps.")
@click.option(
    "--try",
    "words",
    metavar="CALLS",
    multiple=True,
    help="What tasks try, commas between; in place of the claim's own.",
)
@click.option(
    "--max-states",
    type=click.IntRange(min=1),
    default=MAX_STATES,
    show_default=True,
    help="Keep so many states, and say so where that was not enough.",
)
@click.option("--no-merge", is_flag=True, help="Follow states that differ only by the numbers of things, too.")
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.12", show_default=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(("human", "json", "nslsm", "yaml")),
    default="human",
    show_default=True,
    help="nslsm: a test that replays what was found; yaml: a scenario that does.",
)
@click.pass_context
def command(
    context: click.Context,
    /,
    policy: str,
    claims: tuple[str, ...],
    depth: int,
    words: tuple[str, ...],
    max_states: int,
    no_merge: bool,  # noqa: FBT001
    profile: str,
    form: str,
) -> None:
    """Try every sequence of operations, up to so many, that tasks in POLICY's namespaces can do, for one that breaks a claim.

    Exit status: 0 no sequence within the bound breaks a claim, and all were tried; 1 one does, or that could not be shown;
    2 the policy cannot be used.
    """
    from nslsm.api.claims import explore  # noqa: PLC0415 - `--help` needs no engine
    from nslsm.api.policies import load_policy  # noqa: PLC0415

    loaded = load_policy(policy)
    tried = [word.strip() for each in words for word in each.split(",") if word.strip()]
    with _unhurried_collector(), _progress() as told:
        run = explore(
            loaded,
            claims,
            depth=depth,
            words=tried,
            max_states=max_states,
            merge=not no_merge,
            profile=profile,
            progress=told,
        )
        found = list(run)
    _tell(found, loaded, policy, profile, form)
    context.exit(0 if all(each.holds for each in found) else 1)


def _tell(found: "list[Exploration]", loaded: "LoadedPolicy", policy: str, profile: str, form: str) -> None:
    from nslsm.report.exploration import as_module, as_scenario, render_exploration  # noqa: PLC0415

    for place, each in enumerate(found):
        if form == "json":
            from nslsm.wire.base import canonical  # noqa: PLC0415
            from nslsm.wire.exploration import to_exploration  # noqa: PLC0415

            click.echo(canonical(to_exploration(each)))
        elif form == "human":
            if place:
                click.echo()
            console().print(render_exploration(each))
        else:
            module = next(name for name, root in loaded.package.namespaces.items() if root is each.claim.root)
            named = Path(policy).name if Path(policy).is_file() else policy
            text = as_module(each, module.rpartition(".")[0]) if form == "nslsm" else as_scenario(each, named, profile)
            if text is None:
                console(stderr=True).print(render_exploration(each))
            else:
                click.echo(text, nl=False)


@contextmanager
def _unhurried_collector() -> Iterator[None]:
    """A search makes many small values and no cycles: looking for cycles less often saves a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """On a terminal, how far a search is; None elsewhere."""
    target = console(stderr=True)
    if not target.is_terminal:
        yield None
        return
    with target.status("searching") as status:
        yield lambda states, transitions: status.update(f"searching: {states:,} states, {transitions:,} transitions")
