"""Whatever ends a verb becomes an exit status and, at most, one clear message.

==== ==============================================================================================================
0    fine
1    the answer is no: findings, failed tests, denials where they were asked about
2    unusable input or usage; one message says what, and what to do
70   a fault of nslsm's own, the only time that a traceback is shown (``EX_SOFTWARE`` of ``sysexits.h``)
130  interrupted from the keyboard (128 + SIGINT)
141  whoever read the output has stopped reading (128 + SIGPIPE)
==== ==============================================================================================================
"""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from traceback import format_exc
from typing import Final

from nslsm.diagnostics import Code, DiagnosticError, escape, render_human
from nslsm.resources import MissingData

UNUSABLE: Final = 2
OUR_FAULT: Final = 70
INTERRUPTED: Final = 130
NOBODY_READS: Final = 141

CANNOT_USE: Final = Code("cannot-use-file")
INCOMPLETE: Final = Code("incomplete-installation")
FAULT: Final = Code("fault")


def status_of(verb: Callable[[], int]) -> int:
    """Run ``verb``; its own status where it comes to its end, else the one that fits what it raised."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    try:
        status = verb()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return NOBODY_READS
    except DiagnosticError as error:
        return _end(UNUSABLE, str(error))
    except MissingData as error:
        return _end(UNUSABLE, render_human(INCOMPLETE.at(None, str(error))))
    except OSError as error:
        _forget_output()
        return _end(UNUSABLE, render_human(CANNOT_USE.at(None, _reason(error))))
    except Exception:  # noqa: BLE001 - the last resort, so that a crash is never taken for the answer no
        traceback = "\n".join(map(escape, format_exc().splitlines()))
        apology = FAULT.at(
            None, "this is a mistake in nslsm, not in what it was given", help="report it with these lines"
        )
        return _end(OUR_FAULT, f"{traceback}\n{render_human(apology)}")
    return status


def _end(status: int, message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return status


def _reason(error: OSError) -> str:
    what = (error.strerror or str(error) or type(error).__name__).lower()
    return what if error.filename is None else f"`{os.fsdecode(error.filename)}`: {what}"


def _forget_output() -> None:
    """Let output that nobody takes go nowhere, so that the interpreter's last flush does not complain in its turn."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
