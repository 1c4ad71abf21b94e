"""Lines of an audit log to records: who wrote which kind of record about which event, with which fields.

Sources: auditd(8), ausearch(8), ``kernel/audit.c`` (``audit_log_start``, ``audit_log_untrustedstring``), the audit project's
description of its event and field names.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

NAMES: Final[Mapping[int, str]] = {
    1300: "SYSCALL",
    1302: "PATH",
    1303: "IPC",
    1304: "SOCKETCALL",
    1305: "CONFIG_CHANGE",
    1306: "SOCKADDR",
    1307: "CWD",
    1309: "EXECVE",
    1311: "IPC_SET_PERM",
    1312: "MQ_OPEN",
    1317: "FD_PAIR",
    1318: "OBJ_PID",
    1320: "EOE",
    1321: "BPRM_FCAPS",
    1322: "CAPSET",
    1323: "MMAP",
    1325: "NETFILTER_CFG",
    1326: "SECCOMP",
    1327: "PROCTITLE",
    1330: "KERN_MODULE",
    1334: "BPF",
    1336: "URINGOP",
    1337: "OPENAT2",
    1400: "AVC",
    1401: "SELINUX_ERR",
    1403: "MAC_POLICY_LOAD",
    1423: "LANDLOCK_ACCESS",
    1424: "LANDLOCK_DOMAIN",
    1501: "APPARMOR_AUDIT",
    1502: "APPARMOR_ALLOWED",
    1503: "APPARMOR_DENIED",
    1505: "APPARMOR_STATUS",
    1701: "ANOM_ABEND",
    2000: "KERNEL",
}
"""Kinds of records that the kernel's own log writes as numbers; ``linux/audit.h``."""

ENRICHMENT: Final = "\x1d"
"""What stands between a record and what auditd adds to it: names for its numbers."""

MAX_FIELDS: Final = 4_096
"""How many fields of one record are looked at."""

_RECORD = re.compile(
    r"""(?:.{0,400}?\s)??(?:node=(?P<node>\S{1,255})\ )?+
    type=(?P<kind>[A-Z][A-Z0-9_]*+|UNKNOWN\[[0-9]{1,6}\]|[0-9]{1,6})\ (?:msg=)?+
    audit\((?P<seconds>[0-9]{1,12})\.(?P<milli>[0-9]{3}):(?P<serial>[0-9]{1,20})\):\ ?+(?P<rest>.*)""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
_JOURNAL = re.compile(
    r"(?P<stamp>\S.{0,100}?) audit\[(?P<pid>[0-9]{1,10})\]: (?P<kind>[A-Z][A-Z0-9_]*+) (?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_LOST = re.compile(
    r"\baudit_lost=([0-9]{1,20})\b|\baudit: backlog limit exceeded|\bkauditd hold queue overflow", re.ASCII
)
_SEPARATOR = re.compile(r"----$|time->|-- (?:Journal|Logs|Boot|No entries)|$", re.ASCII)
_FIELD = re.compile(r"""(?<![\w-])([A-Za-z_][\w-]*+(?:\[[0-9]{1,6}\])?+)=("[^"]*+"|'[^']*+'|[^\s\x1d]*+)""", re.ASCII)
_HEX = re.compile(r"(?:[0-9A-F]{2})+", re.ASCII)


class Record(NamedTuple):
    """One record: a part of the event that its time and serial number name."""

    kind: str
    node: str
    """The machine that it is of; empty where the log does not say."""
    time: int
    """Milliseconds since the epoch."""
    serial: int
    """Of no meaning where ``loose``."""
    fields: Mapping[str, str]
    """Raw values, the first where a name comes twice; those that auditd adds have names in capitals."""
    text: str
    """What stands behind the event's name."""
    line: int
    loose: str = ""
    """What a journal's line shows in the place of an event's name: the time, host and process."""

    def number(self, name: str, base: int = 10) -> int | None:
        """The number that a field has; None where it is missing, or none."""
        raw = self.fields.get(name, "")
        if not 0 < len(raw) <= 20:
            return None
        try:
            return int(raw, base)
        except ValueError:
            return None

    def string(self, name: str) -> str | None:
        """The string that a field has; None where it is missing or the record says that there is none."""
        return string(self.fields.get(name, ""))


def string(raw: str) -> str | None:
    r"""An untrusted string as audit writes it: quoted, or in hexadecimal where it has blanks, quotes or control characters.

    >>> string('"/etc/passwd"'), string("2F746D702F6120C3A4"), string("(null)"), string('"'), string("plain")
    ('/etc/passwd', '/tmp/a ä', None, None, None)
    """
    if len(raw) >= 2 and raw[0] == raw[-1] == '"':
        return raw[1:-1]
    if _HEX.fullmatch(raw):
        return bytes.fromhex(raw).decode("utf-8", "surrogateescape")
    return None


def record(text: str, line: int) -> Record | None:
    """The record that a line is; None where it is none.

    >>> record('node=a type=CWD msg=audit(1700000000.123:456): cwd="/root"', 1).string("cwd")
    '/root'
    >>> record('Nov 14 h kernel: audit: type=1400 audit(1700000000.123:9): apparmor="DENIED"', 1).kind
    'AVC'
    """
    match = _RECORD.fullmatch(text)
    if match is not None:
        kind = match["kind"].removeprefix("UNKNOWN[").removesuffix("]")
        if kind.isdigit():
            kind = NAMES.get(int(kind), kind)
        time = int(match["seconds"]) * 1000 + int(match["milli"])
        rest = match["rest"]
        return Record(kind, match["node"] or "", time, int(match["serial"]), _fields(rest), rest, line)
    match = _JOURNAL.fullmatch(text)
    if match is None:
        return None
    rest = match["rest"]
    return Record(match["kind"], "", 0, 0, _fields(rest), rest, line, f"{match['stamp']} {match['pid']}")


def is_separator(text: str) -> bool:
    """Whether a line stands between events, as ausearch(8) and journalctl(1) write them."""
    return _SEPARATOR.match(text) is not None


def lost(text: str) -> int | None:
    """How many records the kernel says to have lost, at least 1; None where a line is about something else.

    >>> lost("kernel: audit: audit_lost=17 audit_rate_limit=0 audit_backlog_limit=64")
    17
    """
    match = _LOST.search(text)
    return None if match is None else int(match[1] or 1) or None


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for count, match in enumerate(_FIELD.finditer(text)):
        if count >= MAX_FIELDS:
            break
        found.setdefault(match[1], match[2])
    return found
