"""``nslsm new``: a file to start from, with a test that passes."""

import re
from pathlib import Path
from typing import Final

import click

KINDS: Final = ("control",)

_NAME: Final = re.compile(r"[a-z_][A-Za-z0-9_]*")

_CONTROL: Final = '''\
module {module}

import std.operations (write)

@severity(medium)
@title("{title}")
control {name}(protected: path = "/srv/{name}/**", writer: path = "/usr/bin/{name}") {{
    """What is protected is written by its own program only."""

    deny write when object.path matches protected and subject.exe != writer
        because "only its own program writes here"
}}

namespace host {{ bind {name} }}

test "its own program writes" {{
    file "/srv/{name}/data" {{ mode = 0o666 }}
    task own in host {{ exe = "/usr/bin/{name}" }}

    own open "/srv/{name}/data" write -> allow
}}

test "no other program does, whoever runs it" for user in {{ 0, 1000 }} {{
    file "/srv/{name}/data" {{ mode = 0o666 }}
    task other in host {{ uid = user, exe = "/bin/sh" }}

    other open "/srv/{name}/data" read  -> allow
    other open "/srv/{name}/data" write -> deny EACCES by {name} in host
}}
'''


@click.command(
    name="new",
    short_help="A file to start from, with a test that passes.",
    epilog="Examples: nslsm new control charts · nslsm new control clinic.charts",
)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option(
    "--root", type=click.Path(path_type=Path), default=Path(), help="The folder in which modules' names begin."
)
def command(kind: str, name: str, root: Path) -> None:  # noqa: ARG001 - there is one kind so far
    """Write a starting file for a control called NAME; with dots, NAME says the folders: clinic.charts is clinic/charts.nslsm.

    Exit status: 0 it is written, 2 it is there already or cannot be.
    """
    parts = name.split(".")
    if not all(_NAME.fullmatch(part) for part in parts):
        message = "a name is made of small letters, digits and `_`; dots part the folders"
        raise click.BadParameter(message, param_hint="NAME")
    path = root.joinpath(*parts).with_suffix(".nslsm")
    title = parts[-1].replace("_", " ").capitalize()
    text = _CONTROL.format(module=name, name=parts[-1], title=title)
    _require_name(text, str(path), parts[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(f"`{path}` is there already") from None
    click.echo(f"{path} is written; try: nslsm test {path}")


def _require_name(text: str, source: str, name: str) -> None:
    """Refuse words of the language, which would make a file that does not parse."""
    from nslsm.language.syntax.parse import SyntaxFailure, parse  # noqa: PLC0415 - `--help` needs no parser

    try:
        parse(text, source)
    except SyntaxFailure:
        message = f"`{name}` is a word of the language"
        raise click.BadParameter(message, param_hint="NAME") from None
