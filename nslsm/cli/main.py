"""The way in: runs a verb, and turns whatever ends it into an exit status and, at most, one clear message.

==== ==============================================================================================================
0    fine
1    the answer is no: findings, failed tests, denials where they were asked about
2    unusable input or usage; one message says what and what to do
70   a fault of nslsm's own: the only time that a traceback is shown (``EX_SOFTWARE`` of ``sysexits.h``)
130  interrupted from the keyboard (128 + SIGINT)
141  whoever read the output has stopped reading (128 + SIGPIPE)
==== ==============================================================================================================
"""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from traceback import format_exc
from typing import Final

from nslsm import __version__
from nslsm.diagnostics import Code, DiagnosticError, escape, render_human
from nslsm.resources import MissingData

FINE: Final = 0
UNUSABLE: Final = 2
OUR_FAULT: Final = 70
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141

VERSION_OPTIONS: Final = (["--version"], ["-V"])

CANNOT_USE: Final = Code("cannot-use-file")
INCOMPLETE: Final = Code("incomplete-installation")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verb that ``arguments`` name (those of the process where there are none), and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return NOBODY_READS
    except DiagnosticError as error:
        return _refuse(str(error))
    except MissingData as error:
        return _refuse(render_human(INCOMPLETE.at(None, str(error))))
    except OSError as error:
        return _refuse(render_human(CANNOT_USE.at(None, _reason(error))))
    except Exception:  # noqa: BLE001 - the last resort, so that a crash is never taken for the answer no
        return _admit(format_exc())
    return status


def _run(arguments: list[str]) -> int:
    if arguments in VERSION_OPTIONS:
        sys.stdout.write(f"nslsm {__version__}\n")
        return FINE
    from nslsm.cli.group import run  # noqa: PLC0415 - asking for the version needs no more than this

    return run(arguments)


def _refuse(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return UNUSABLE


def _admit(traceback: str) -> int:
    for line in traceback.splitlines():
        sys.stderr.write(f"{escape(line)}\n")
    sys.stderr.write(
        "error[fault]: this is a mistake in nslsm, not in what you gave it; please report it with the lines above\n"
    )
    return OUR_FAULT


def _reason(error: OSError) -> str:
    what = (error.strerror or str(error) or type(error).__name__).lower()
    return what if error.filename is None else f"`{os.fsdecode(error.filename)}`: {what}"


def _forget_output() -> None:
    """Let the interpreter's last flush go nowhere, so that it does not complain in its turn."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            try:
                stream.flush()
            except BrokenPipeError:
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
