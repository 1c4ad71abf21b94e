"""Which tool wrote this: recognised by content, so that what cannot be read is refused with its name."""

import re
from enum import Enum
from typing import Final

from nslsm.importers.traces.auditd.records import record
from nslsm.importers.traces.lsm.rows import ROW
from nslsm.importers.traces.strace.lines import LINE, interruption
from nslsm.kernel.origin import PREFIX

SNIFFED: Final = 1 << 16
"""How much of an input is looked at, in bytes, before it is said not to be recognised."""


class Format(Enum):
    """What an input is, in words that complete "this is …"."""

    STRACE = "a trace of strace"
    EMPTY = "empty"
    BINARY = "not text"
    ELF = "a program (ELF)"
    COMPRESSED = "compressed"
    COUNTS = "a table of counts, which `strace -c` writes"
    LTRACE = "a trace of ltrace"
    AUDITD = "a log of auditd"
    INTERPRETED = "a log of auditd as `ausearch -i` interprets it"
    TETRAGON = "events that Tetragon exports"
    LSM = "a recording of hooks"
    PERF = "a trace of perf"
    SYSDIG = "a trace of sysdig"
    JSON = "JSON"
    POLICY = "a policy"
    UNKNOWN = "nothing that is known here"


_COMPRESSED: Final = (b"\x1f\x8b", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh", b"PK\x03\x04")
_FUNCTIONS: Final = """
    __ctype_b_loc __cxa_atexit __cxa_finalize __errno_location __libc_start_main __memcpy_chk __overflow
    __printf_chk __fprintf_chk __sprintf_chk __strdup abort atexit atoi bindtextdomain calloc fclose
    fflush fgets fopen fopen64 fprintf fputc fputs fread free fseek fwrite getenv getopt getopt_long
    isatty malloc memchr memcmp memcpy memmove memset opendir perror printf putc putchar puts qsort
    realloc setlocale setvbuf snprintf sprintf sscanf strcasecmp strcat strchr strcmp strcpy strdup
    strerror strlen strncmp strncpy strrchr strstr strtol strtoul textdomain tolower toupper vprintf
"""
_LIBRARY: Final = frozenset(_FUNCTIONS.split())
"""Functions of the C library whose names no system call has."""

_LTRACE = re.compile(r".*(?:\) += (?:nil|<void>)|\bSYS_[a-z0-9_]+\(|exited \(status [0-9]+\) \+\+\+)")
_INTERPRETED = re.compile(r"(?:node=\S+ )?type=[A-Z_0-9]+ msg=audit\([^()]*[/ ][^()]*\) :")
_TETRAGON = re.compile(
    r'\{.{0,2000}?"(?:process_(?:exec|exit|kprobe|tracepoint|lsm|uprobe|loader|throttle|connect|listen|close)'
    r'|rate_limit_info)": ?\{'
)
_PERF = re.compile(r" *[0-9.]+ \( *(?:[0-9.]+ ms)? *\): |# (?:started on|captured on)")
_SYSDIG = re.compile(r"[0-9]+ [0-9:.]+ [0-9]+ \S+ \([0-9.]+\) [<>] ")
_COUNTS = re.compile(r"% time +seconds +usecs/call")
_POLICY = re.compile(
    r"(?:language [0-9]|module [a-z]|import [a-z].*(?:\(|$)|control [a-z]|policy [a-z]|namespace [a-z]|operation [a-z]"
    r"|test \"|table [a-z]|let [a-z]\w* =)"
)
_ENDING = re.compile(r"\) *= |[.]{3}>|[-+]{3}$")


def sniff(head: bytes) -> Format:
    """What the input is that begins with ``head``: some lines, the last of which may be cut.

    >>> sniff(b'7 close(3) = 0'), sniff(b'{"words": 1}'), sniff(b"")
    (<Format.STRACE: 'a trace of strace'>, <Format.JSON: 'JSON'>, <Format.EMPTY: 'empty'>)
    """
    if head.startswith(b"\x7fELF"):
        return Format.ELF
    if head.startswith(_COMPRESSED):
        return Format.COMPRESSED
    if b"\0" in head[:4096]:
        return Format.BINARY
    if not head.strip():
        return Format.EMPTY
    policy = False
    for line in head.decode("utf-8", "replace").splitlines():
        recognised = sniff_line(line)
        if recognised not in (Format.UNKNOWN, Format.POLICY):
            return recognised
        policy |= recognised is Format.POLICY
    if policy:
        return Format.POLICY
    return Format.JSON if head.lstrip()[:1] in b"{[" else Format.UNKNOWN


def sniff_line(line: str) -> Format:
    """What the input is, going by one of its lines; ``UNKNOWN`` where that does not tell."""
    match = LINE.match(line)
    if line.startswith(PREFIX):
        return Format.STRACE
    for pattern, recognised in (
        (_COUNTS, Format.COUNTS),
        (_INTERPRETED, Format.INTERPRETED),
        (_PERF, Format.PERF),
        (_SYSDIG, Format.SYSDIG),
        (_LTRACE, Format.LTRACE),
        (_POLICY, Format.POLICY),
    ):
        if pattern.match(line) is not None:
            return recognised
    if record(line, 1) is not None:
        return Format.AUDITD
    if _TETRAGON.match(line) is not None:
        return Format.TETRAGON
    if ROW.match(line) is not None:
        return Format.LSM
    if line.startswith("{") and '":' in line:
        return Format.JSON
    if match is None:
        return Format.UNKNOWN
    if (match["call"] or match["resumed"]) in _LIBRARY:
        return Format.LTRACE
    whole = _ENDING.search(line) is not None or interruption(line) is not None
    return Format.STRACE if whole else Format.UNKNOWN
