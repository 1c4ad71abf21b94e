"""How lines of strace begin, and which kinds there are: calls, signals, ends of tasks, remarks."""

import re
from typing import Final

from nslsm.importers.traces.strace.atoms import ANNOTATION

LINE: Final = re.compile(
    rf"""
    (?:\[pid\ +(?P<bracketed>[0-9]++)(?:{ANNOTATION})?+\]\ |(?P<pid>[0-9]{{1,7}}+)(?:{ANNOTATION})?+\ ++)?+
    (?:(?P<clock>[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]++)?+)\ |(?P<epoch>[0-9]{{8,}}+(?:\.[0-9]++)?+)\ )?+
    (?:\ *+(?:\(\+\ *+)?+(?P<delta>[0-9]++\.[0-9]++)\)?+\ )?+
    (?:\[\ *+[0-9]++\]\ )?+(?:\[[0-9a-f?]{{8,16}}+\]\ )?+
    (?:(?P<call>[a-z_?][a-z0-9_?]*+)\(
    |<\.\.\.\ (?P<resumed>[a-z0-9_?]++)\ resumed>
    |---\ (?P<signal>.*)\ ---$
    |\+\+\+\ (?P<end>.*)\ \+\+\+$
    )""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
"""The beginning of a line, up to the first argument of a call. One of the last four groups is there."""

PLAIN: Final = re.compile(
    r"""(?:(?P<pid>[0-9]{1,7}+)\ ++)?+
    (?:(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]++)?+)\ |(?P<epoch>[0-9]{8,}+(?:\.[0-9]++)?+)\ )?+
    (?:(?P<call>[a-z_?][a-z0-9_?]*+)\(|<\.\.\.\ (?P<resumed>[a-z0-9_?]++)\ resumed>)""",
    re.ASCII | re.VERBOSE,
)
"""The same for lines that begin as most do. What it matches, :data:`LINE` matches alike."""

REMARK: Final = re.compile(
    r"""(?P<attached>(?:/\S*/)?strace:\ Process\ (?P<process>[0-9]++)(?:<[^<>]*+>)?+\ attached$)
    |(?:/\S*/)?strace:\ |\[\ Process\ PID=[0-9]+\ runs\ in
    |\ >\ \S                          # a frame of a stack, -k
    |\ \|\ [0-9a-f]{5,}\ |\ \*\ [0-9]+\ bytes\ in\ buffer\ [0-9]+   # data, -e read, -e write
    |%\ time\ +seconds|-{6}\ -|\ *[0-9]+\.[0-9]+\ +[0-9]+\.[0-9]+\ +[0-9]+\ +   # the counts of -C
    |$""",
    re.ASCII | re.VERBOSE,
)
"""Lines in which the tracer speaks, or adds to the call above."""

SIGNAL: Final = re.compile(
    r"""stopped\ by\ (?P<stopped>[A-Z0-9_+]++)|(?P<name>SIG[A-Z0-9_+]++|[0-9]++)\ (?P<info>\{.*\}|\(.*)""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)

END: Final = re.compile(
    rf"""exited\ with\ (?P<status>[0-9]{{1,3}}+)
    |killed\ by\ (?P<killed>[A-Z0-9_+]++)(?P<core>\ \(core\ dumped\))?+
    |superseded\ by\ execve\ in\ pid\ (?P<by>[0-9]++)(?:{ANNOTATION})?+""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)

UNFINISHED: Final = " <unfinished ...>"
DETACHED: Final = " <detached ...>"
RENUMBERED: Final = re.compile(r" <pid changed to ([0-9]++) \.\.\.>$", re.ASCII)
"""What ``-ff`` leaves in the file of a thread that executed a program."""

GIVEN_UP: Final = re.compile(r"[ ,]*+<unfinished \.\.\.>(?=\) *+= \?)")
"""A call whose task ended in it: ``read(3,  <unfinished ...>) = ?``."""

CONTINUED: Final = re.compile(r" <unfinished \.\.\.>|[,)]| =>|[ ,]*<detached")
"""How a line goes on that the tracer interrupted with a remark of its own."""

_INTERRUPTION: Final = re.compile(r"strace: Process [0-9]++(?:<[^<>]*+>)?+ (?:attached|detached)", re.ASCII)
_PATH: Final = frozenset("/.+-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def interruption(text: str) -> int | None:
    """Where, in a line, the tracer interrupts itself with a remark that goes on to the end; None where it does not.

    >>> interruption("vfork(strace: Process 9189 attached")
    6
    """
    start = text.rfind("strace: Process ")
    if start < 0 or _INTERRUPTION.fullmatch(text, start) is None:
        return None
    path = start
    while path > 0 and text[path - 1] in _PATH:
        path -= 1
    slash = text.find("/", path, start)
    return slash if slash >= 0 else start


EXECS: Final = frozenset({"execve", "execveat"})
"""Calls from which a thread comes back under its process's number."""

BIRTHS: Final = frozenset({"clone", "clone3", "fork", "vfork"})
"""Calls that make a task, whose first lines may come before the call has returned."""
