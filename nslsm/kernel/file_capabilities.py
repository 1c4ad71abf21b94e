"""The capabilities that a program's file carries: the extended attribute ``security.capability``, capabilities(7)."""

import re
import struct
from typing import Final, NamedTuple

from nslsm.hooks.linux import Capability
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.protocol.things import ALL_CAPABILITIES, NO_CAPABILITIES, Capabilities, File

ATTRIBUTE: Final = "security.capability"
_REVISION: Final = 0xFF000000
_EFFECTIVE: Final = 0x000001
_LENGTHS: Final = {0x01000000: 12, 0x02000000: 20, 0x03000000: 24}
"""``VFS_CAP_REVISION_*`` and the sizes of their structures, ``include/uapi/linux/capability.h``."""
_CLAUSE: Final = re.compile(r"(?P<names>[a-z0-9_,]*)(?P<changes>(?:[=+-][eip]*)+)", re.IGNORECASE)


class FileCapabilities(NamedTuple):
    """What a file grants at execve(2), and what it lets through of what the task may inherit."""

    permitted: Capabilities
    inheritable: Capabilities
    effective: bool
    """Whether what is granted is also in force at once."""


def file_capabilities(file: File) -> FileCapabilities | Unknown | None:
    """The capabilities of a program; None where it has none, unknown where its attributes are, or say nothing readable."""
    if isinstance(file.xattrs, Unknown):
        return UNKNOWN
    value = file.xattrs.get(ATTRIBUTE)
    return None if value is None else read_capabilities(value)


def read_capabilities(value: str) -> FileCapabilities | Unknown | None:
    """The attribute's value: as the kernel keeps it, in hexadecimal as getfattr(1) shows it, or as text, cap_from_text(3).

    None for an attribute that another user namespace's root has made: it counts only there.

    >>> read_capabilities("cap_net_raw+ep").permitted == frozenset({Capability.CAP_NET_RAW})
    True
    >>> read_capabilities("0x0100000200200000000000000000000000000000").effective
    True
    """
    if value.startswith("0x"):
        try:
            return _unpacked(bytes.fromhex(value[2:]))
        except ValueError:
            return UNKNOWN
    if re.fullmatch(r"[A-Za-z0-9_,=+\- ]+", value):
        return _from_text(value)
    return _unpacked(value.encode("utf-8", "surrogateescape"))


def _unpacked(data: bytes) -> FileCapabilities | Unknown | None:
    if len(data) < 4:
        return UNKNOWN
    (magic,) = struct.unpack_from("<I", data)
    length = _LENGTHS.get(magic & _REVISION)
    if length != len(data):
        return UNKNOWN
    words = struct.unpack_from(f"<{length // 4 - 1}I", data, 4)
    if length == 24 and words[4] != 0:
        return None
    permitted, inheritable = words[0], words[1]
    if length > 12:
        permitted, inheritable = permitted | words[2] << 32, inheritable | words[3] << 32
    return FileCapabilities(capabilities_in(permitted), capabilities_in(inheritable), bool(magic & _EFFECTIVE))


def capabilities_in(mask: int) -> Capabilities:
    """The capabilities whose bits are set; bits that no capability has are left out.

    >>> capabilities_in(0b11) == frozenset({Capability.CAP_CHOWN, Capability.CAP_DAC_OVERRIDE})
    True
    """
    return frozenset(capability for capability in Capability if mask >> capability & 1)


def _from_text(text: str) -> FileCapabilities | Unknown:
    sets: dict[str, Capabilities] = {"p": NO_CAPABILITIES, "i": NO_CAPABILITIES, "e": NO_CAPABILITIES}
    for word in text.split():
        clause = _CLAUSE.fullmatch(word)
        named = None if clause is None else _named(clause["names"])
        if clause is None or named is None:
            return UNKNOWN
        for change in re.findall(r"[=+-][eip]*", clause["changes"]):
            for name in sets:
                if change[0] == "=" or (change[0] == "-" and name in change):
                    sets[name] -= named
                if change[0] in "=+" and name in change:
                    sets[name] |= named
    return FileCapabilities(sets["p"], sets["i"], bool(sets["e"]))


def _named(names: str) -> Capabilities | None:
    if names.lower() in ("", "all"):
        return ALL_CAPABILITIES
    try:
        return frozenset(Capability[name.upper()] for name in names.split(","))
    except KeyError:
        return None
