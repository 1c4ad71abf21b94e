"""``nslsm fmt``: policies in their one layout."""

import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Final, NamedTuple

import click

from nslsm.cli.console import show_diagnostic
from nslsm.cli.rewriting import rewrite
from nslsm.diagnostics import Code, DiagnosticError, escape

STANDARD_INPUT: Final = "-"
UNWRITABLE: Final = Code("cannot-use-file")


class _Layout(NamedTuple):
    """A policy as it is and as it would be."""

    file: Path | None
    """None for standard input."""
    name: str
    before: str
    """Its text, without a byte order mark."""
    after: str
    is_changed: bool


@click.command(
    name="fmt",
    short_help="Bring policies into their one layout.",
    epilog="Examples: nslsm fmt policies · nslsm fmt --check . · nslsm fmt - < draft.nslsm",
)
@click.argument("policies", metavar="POLICY…", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Write nothing; name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.pass_context
def command(context: click.Context, policies: tuple[str, ...], *, check: bool, diff: bool) -> None:
    """Lay out policies: files, all files in folders, or - for standard input, whose layout is printed.

    What a policy says, its comments and its groups of lines stay. Files are rewritten where they are, those with errors apart.

    Exit status: 0 done, or nothing to do; 1 something would change (with --check or --diff); 2 something is no policy.
    """
    is_unusable = is_changed = False
    for name, file in _files(policies):
        try:
            layout = _laid_out(name, file)
            is_changed |= layout.is_changed
            _show(layout, check=check, diff=diff)
        except DiagnosticError as error:
            is_unusable = True
            _complain(error)
    context.exit(2 if is_unusable else 1 if is_changed and (check or diff) else 0)


def _files(policies: tuple[str, ...]) -> Iterator[tuple[str, Path | DiagnosticError | None]]:
    """What to lay out, each once, by name: a file, standard input (None), or why there is nothing of that name."""
    from nslsm.library import STANDARD_INPUT_NAME, files_of  # noqa: PLC0415 - it loads the language

    done: set[Path | None] = set()
    for target in policies:
        try:
            found = (None,) if target == STANDARD_INPUT else files_of(target)
        except DiagnosticError as error:
            yield target, error
            continue
        for file in found:
            key = None if file is None else file.resolve()
            if key not in done:
                done.add(key)
                yield STANDARD_INPUT_NAME if file is None else str(file), file


def _laid_out(name: str, file: Path | DiagnosticError | None) -> _Layout:
    from nslsm.language.syntax.format import format_module  # noqa: PLC0415 - `--help` needs none of it
    from nslsm.language.syntax.limits import MODULE_BYTES  # noqa: PLC0415
    from nslsm.language.syntax.parse import decode  # noqa: PLC0415
    from nslsm.library import content_of  # noqa: PLC0415

    if isinstance(file, DiagnosticError):
        raise file
    data = sys.stdin.buffer.read(MODULE_BYTES + 1) if file is None else content_of(file)
    before = decode(data, name)
    after = format_module(before, name)
    return _Layout(file, name, before, after, is_changed=after.encode() != data)


def _show(layout: _Layout, *, check: bool, diff: bool) -> None:
    """Print the layout or what would change, or write it."""
    if layout.is_changed:
        from nslsm.language.syntax.format.comparison import says_the_same  # noqa: PLC0415

        if not says_the_same(layout.before, layout.after, layout.name):
            raise AssertionError(f"the layout of {layout.name} does not say what its text says; nothing was written")
    if diff and layout.is_changed:
        click.echo(_difference(layout).encode(), nl=False)
    elif check and layout.is_changed:
        click.echo(f"would format {escape(layout.name)}")
    if check or diff:
        return
    if layout.file is None:
        click.echo(layout.after.encode(), nl=False)
    elif layout.is_changed:
        _write(layout.file, layout.after)
        click.echo(f"formatted {escape(layout.name)}")


def _difference(layout: _Layout) -> str:
    """A unified diff. Where only what does not show changes (line ends, a byte order mark), it says so."""
    name = escape(layout.name)
    before = layout.before.replace("\r\n", "\n").splitlines(keepends=True)
    lines = list(unified_diff(before, layout.after.splitlines(keepends=True), name, f"{name} (formatted)"))
    if not lines:
        return f"--- {name}\n+++ {name} (formatted)\nline ends or a byte order mark\n"
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _write(file: Path, text: str) -> None:
    try:
        rewrite(file, text)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DiagnosticError([UNWRITABLE.at(None, f"`{file}` cannot be written: {reason}")]) from None


def _complain(error: DiagnosticError) -> None:
    for diagnostic in error.diagnostics:
        show_diagnostic(diagnostic, error.sources)
