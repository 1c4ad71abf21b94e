"""Run a program under strace(1), and leave its trace in a file that only its owner can read.

What strace is asked for:

=====================  ==============================================================================
``-f``                 the program's children and threads too
``-ttt``               times in seconds since the epoch, to the microsecond
``-y``                 what descriptors refer to, so that a file inherited or received has its path
``-s 128``             128 bytes of each string that is no path (paths are whole): names of extended
                       attributes and options of mounts, but only the beginning of what is read or written
``-e abbrev=!%%stat``  owner and inode number of each file whose status the program asks for
``--decode-pids``      numbers of tasks by this system's count where the program is in a pid namespace
=====================  ==============================================================================

The environment is not recorded; arguments of programs are.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from nslsm.diagnostics import Code, Diagnostic, DiagnosticError
from nslsm.live.origin import origin_of_here

STRACE_MISSING: Final = Code("strace-missing")
STRACE_UNUSABLE: Final = Code("strace-unusable")
TRACING_NOT_PERMITTED: Final = Code("tracing-not-permitted")
COMMAND_NOT_FOUND: Final = Code("command-not-found")
RECORD_UNWRITABLE: Final = Code("record-unwritable")

STRINGS: Final = 128
"""How many bytes of a string that is no path are recorded."""

_VERSION = re.compile(r"strace -- version (\S+)")
_DENIED = re.compile(r"Operation not permitted|Permission denied|ptrace")


class RecordError(DiagnosticError):
    """Nothing could be recorded; the diagnostic says why, and what helps."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__([diagnostic])


class Recording(NamedTuple):
    """A recording that has been made."""

    path: Path
    lines: int
    octets: int
    status: int | None
    """The exit status of the program; None where a signal ended it."""
    signal: int | None
    """The signal that ended the program."""


def record(command: Sequence[str], output: Path, *, strings: int = STRINGS) -> Recording:
    """Run ``command`` to its end, with this process's standard streams, and leave its trace at ``output``.

    The file appears when the program has ended, replacing one that was there. Raises :class:`RecordError` where strace
    is missing or may not trace, the command cannot be run, or the file cannot be written.
    """
    strace = _strace()
    version = _checked_version(strace)
    _check_command(command)
    if output.exists() and not output.is_file():
        raise RecordError(RECORD_UNWRITABLE.at(None, f"`{output}` is there, and is no regular file"))
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{output.name}.", suffix=".part", dir=output.absolute().parent)
    except OSError as error:
        raise RecordError(_unwritable(output, error)) from error
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(origin_of_here(command, f"strace {version}").written() + "\n")
        returned = _run([strace, *_options(strace, strings), "-A", "-o", name, "--", *command])
        lines, octets = _measured(part)
        part.replace(output)
    except OSError as error:
        raise RecordError(_unwritable(output, error)) from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    if returned < 0:
        return Recording(output, lines, octets, None, -returned)
    return Recording(output, lines, octets, returned, None)


def _strace() -> str:
    strace = shutil.which("strace")
    if strace is None:
        message = "strace, which recording needs, is not installed"
        raise RecordError(STRACE_MISSING.at(None, message, help="install it: `apt install strace`"))
    return strace


def _checked_version(strace: str) -> str:
    """The version of strace, once it has shown that it may trace."""
    try:
        trial = subprocess.run(  # noqa: S603 - strace itself, by its path
            [strace, "-qq", "-e", "trace=none", "-o", os.devnull, "--", strace, "-V"],
            capture_output=True,
            text=True,
            errors="replace",
            env=_plain(),
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RecordError(STRACE_UNUSABLE.at(None, f"`{strace}` cannot be run: {error}")) from error
    version = _VERSION.search(trial.stdout)
    if trial.returncode == 0 and version is not None:
        return version[1]
    said = trial.stderr.strip().splitlines()
    reason = said[0] if said else f"exit status {trial.returncode}"
    if _DENIED.search(trial.stderr) is not None:
        raise RecordError(
            TRACING_NOT_PERMITTED.at(
                None,
                f"this system does not let a program be traced: {reason}",
                help="in a container, add the capability SYS_PTRACE; else see whether `kernel.yama.ptrace_scope` is 3, "
                "or whether this is itself being traced",
            )
        )
    raise RecordError(STRACE_UNUSABLE.at(None, f"`{strace}` does not work here: {reason}"))


def _check_command(command: Sequence[str]) -> None:
    if not command:
        raise RecordError(COMMAND_NOT_FOUND.at(None, "there is no command to record"))
    name = command[0]
    if shutil.which(name) is None:
        reason = "is no program that can be run" if "/" in name else "is not in any folder of `PATH`"
        raise RecordError(COMMAND_NOT_FOUND.at(None, f"`{name}` {reason}"))


def _options(strace: str, strings: int) -> list[str]:
    options = ["-f", "-ttt", "-y", "-s", str(strings), "-e", "abbrev=!%%stat"]
    asked = subprocess.run(  # noqa: S603 - strace itself, by its path
        [strace, "--help"], capture_output=True, text=True, errors="replace", check=False
    )
    if "--decode-pids" in asked.stdout:
        options.append("--decode-pids=pidns")
    return options


def _run(arguments: Sequence[str]) -> int:
    """The status of strace, which is that of the program. Signals of the terminal are the program's business."""
    with _deaf_to_the_terminal():
        process = subprocess.Popen(arguments)  # noqa: S603 - what the user asks to be run
        return process.wait()


@contextmanager
def _deaf_to_the_terminal() -> Iterator[None]:
    """Leave interrupts from the terminal to the program, and outlive it; what is executed meanwhile hears them."""

    def ignore(number: int, frame: FrameType | None) -> None:
        """Do nothing: unlike SIG_IGN, not passed on to programs."""

    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGQUIT):
            before[number] = signal.signal(number, ignore)
    except ValueError:  # not the main thread, which gets no signals
        pass
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _measured(part: Path) -> tuple[int, int]:
    """Lines of the trace, without the first of the recording, and bytes."""
    lines = octets = 0
    with part.open("rb") as file:
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
            octets += len(chunk)
    return max(0, lines - 1), octets


def _plain() -> Mapping[str, str]:
    """This environment, with messages in English."""
    return {**os.environ, "LC_ALL": "C"}


def _unwritable(output: Path, error: OSError) -> Diagnostic:
    return RECORD_UNWRITABLE.at(None, f"cannot write `{output}`: {error.strerror or error}")
