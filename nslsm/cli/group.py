"""The verbs, each in a module of its own that is imported when it is asked for."""

import os
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from keyword import iskeyword
from typing import Final, NamedTuple

import click

from nslsm.version import __version__

PROGRAM: Final = "nslsm"
COMPLETION: Final = "_NSLSM_COMPLETE"
"""Where a shell that completes a line says so; see Click's documentation of shell completion."""


class Verb(NamedTuple):
    """A verb is ``command`` in ``nslsm.cli.<name>``, hyphens as underscores, ``_`` behind a word of Python's.

    Its line stands here: listing imports nothing.
    """

    name: str
    line: str


VERBS: Final = (
    Verb("demo", "A build is recorded, judged and explained: the whole story in a minute."),
    Verb("check", "Parse, type-check and lint policies."),
    Verb("fmt", "Bring policies into their one layout."),
    Verb("new", "A file to start from, with a test that passes."),
    Verb("test", "Run the tests that stand in policies."),
    Verb("import", "Other systems' policies, as policies of ours."),
    Verb("simulate", "Run scenarios: namespaces, tasks, what they do, what is expected."),
    Verb("explore", "Search for a sequence of operations that breaks a claim."),
    Verb("tree", "The namespaces of a policy, with what is bound in each."),
    Verb("listing", "The program that decides a hook in a namespace, as it was generated."),
    Verb("record", "Run a program and write down its system calls."),
    Verb("convert", "A recording as columns, to be judged often."),
    Verb("replay", "Judge a recorded trace by a policy."),
    Verb("compare-semantics", "Where the composition rules of real systems would decide differently."),
    Verb("fidelity", "The hooks that our kernel raises, held against those of a real one."),
    Verb("explain", "One decision in full: who said what, and what would change it."),
    Verb("explain-error", "The page about a finding: what is wrong, why it matters, what to do."),
    Verb("hooks", "The catalogue of hooks: what the kernel asks, about what, and what a rule may use."),
)
"""All of them, in the order in which a new user meets them."""

NAMES: Final = tuple(verb.name for verb in VERBS)


class Verbs(click.Group):
    """A group whose members are :data:`VERBS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        """The names of the verbs, in their order."""
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - Click's signature
        """The verb's command, imported now."""
        if cmd_name not in NAMES:
            return None
        module = cmd_name.replace("-", "_") + "_" * iskeyword(cmd_name)
        command = import_module(f"nslsm.cli.{module}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb and what is left for it; a usage error that offers the nearest name where there is no such verb."""
        name = args[0]
        if name not in NAMES and not name.startswith("-"):
            near = get_close_matches(name, NAMES, n=1)
            way_out = f"did you mean `{near[0]}`?" if near else f"`{PROGRAM} --help` lists them"
            raise click.UsageError(f"no verb is called `{name}`; {way_out}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - Click's signature
        """The verbs with their lines."""
        with formatter.section("Verbs"):
            formatter.write_dl(VERBS)


def run(arguments: Sequence[str]) -> int:
    """Run one verb and return its exit status; what it raises of its own passes through."""
    if COMPLETION in os.environ:
        group.main(list(arguments), prog_name=PROGRAM, complete_var=COMPLETION)
    try:
        with group.make_context(PROGRAM, list(arguments)) as context:
            result: object = group.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort as abort:
        raise KeyboardInterrupt from abort
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


@click.group(
    name=PROGRAM,
    cls=Verbs,
    subcommand_metavar="VERB …",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: nslsm demo. Every verb has --help, with an example.",
)
@click.version_option(__version__, "-V", "--version", prog_name=PROGRAM, message="%(prog)s %(version)s")
def group() -> None:
    """Security policy per namespace: check it, test it, and replay real programs against it."""
