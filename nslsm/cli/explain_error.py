"""``nslsm explain-error``: the page about a finding."""

from difflib import get_close_matches
from typing import Final

import click

from nslsm.cli.console import console

UNKNOWN_CODE: Final = "unknown-code"


@click.command(
    name="explain-error",
    short_help="The page about a finding: what is wrong, why it matters, what to do.",
    epilog="Examples: nslsm explain-error unknown-hook · nslsm explain-error",
)
@click.argument("code", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(("human", "markdown")),
    default="human",
    show_default=True,
    help="For a terminal, or the page as it is written.",
)
def command(code: str | None, form: str) -> None:
    """Show the page about CODE, the word in brackets of a finding; without CODE, the list of all pages.

    Exit status: 0 there is a page, 2 there is none.
    """
    from nslsm.diagnostics import Code, DiagnosticError  # noqa: PLC0415 - `--help` needs none of it
    from nslsm.diagnostics.pages import explained_codes, explanation  # noqa: PLC0415

    known = explained_codes()
    if code is None:
        _list(known)
        return
    code = code.strip().strip("[]").lower()
    page = explanation(code)
    if page is None:
        near = get_close_matches(code, known, n=1)
        way_out = f"did you mean `{near[0]}`?" if near else "`nslsm explain-error` lists all"
        raise DiagnosticError([Code(UNKNOWN_CODE).at(None, f"no finding is called `{code}`", help=way_out)])
    target = console()
    if form == "markdown" or not target.is_terminal:
        click.echo(page.text, nl=False)
        return
    from rich.markdown import Markdown  # noqa: PLC0415 - heavy, and for terminals only

    target.print(Markdown(page.text, code_theme="ansi_dark"))


def _list(known: tuple[str, ...]) -> None:
    from rich.table import Table  # noqa: PLC0415

    from nslsm.diagnostics.pages import explanation  # noqa: PLC0415

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for code in known:
        page = explanation(code)
        table.add_row(code, "" if page is None else page.first_sentence.replace("`", ""))
    console().print(table)
