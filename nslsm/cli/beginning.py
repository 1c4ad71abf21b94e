"""Options that several verbs share: where the tasks of a recording begin."""

import click

PLACED = click.option(
    "--place-by",
    type=click.Choice(("namespace", "pod", "container")),
    help="Tasks in pods start in the namespace below that has the names of theirs.",
)
"""Whether tasks begin where the recording says that they were."""
