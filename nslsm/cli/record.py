"""``nslsm record``: run a real program under strace and write its trace, ready for replay."""

import signal
from pathlib import Path

import click

from nslsm.diagnostics.error import DiagnosticError
from nslsm.diagnostics.escape import escape


@click.command(
    name="record",
    short_help="Run a program and write down its system calls.",
    epilog="Example: nslsm record -o build.strace -- make",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option(
    "-o",
    "--output",
    metavar="TRACE",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write, readable by its owner only. Replaced when the program has ended.",
)
@click.option(
    "-s",
    "--strings",
    metavar="BYTES",
    type=click.IntRange(0, 4096),
    default=128,
    show_default=True,
    help="How much of each string that is no path is written down, contents of files among them.",
)
@click.argument("command_line", metavar="-- COMMAND…", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def command(context: click.Context, output: Path, strings: int, command_line: tuple[str, ...]) -> None:
    """Run COMMAND under strace and write its trace to TRACE, for `nslsm replay`.

    The trace holds the names of files and programs, arguments, addresses, and the beginning of what was read and
    written; not the environment. Exit status: the command's own, 128 and its number where a signal ended it; 2 where
    nothing could be recorded.
    """
    from nslsm.live.record import record  # noqa: PLC0415 - `--help` needs none of it

    try:
        recording = record(command_line, output, strings=strings)
    except DiagnosticError as error:
        click.echo(str(error), err=True)
        context.exit(2)
    if recording.signal is not None:
        ended = f"was ended by {_signal_name(recording.signal)}"
        status = 128 + recording.signal
    else:
        ended = f"ended with exit status {recording.status}"
        status = recording.status or 0
    name = escape(command_line[0])
    click.echo(f"{recording.lines} lines of `{name}`, which {ended}, are in {escape(str(output))}", err=True)
    context.exit(status)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
