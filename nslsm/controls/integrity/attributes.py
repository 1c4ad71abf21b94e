"""The extended attributes of integrity: ``security.ima``, what contents must be, and ``security.evm``, which seals others.

The forms are those of Linux 6.12: ``security/integrity/integrity.h``, ``security/integrity/evm/evm_crypto.c``.
"""

import hmac
import struct
from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

IMA: Final = "security.ima"
EVM: Final = "security.evm"

SEALED: Final = (
    "security.selinux", "security.SMACK64", "security.SMACK64EXEC", "security.SMACK64TRANSMUTE", "security.SMACK64MMAP",
    "security.apparmor", "security.ima", "security.capability",
)  # fmt: skip
"""The attributes that EVM protects, in the order in which it takes them."""

TYPES: Final = {
    "fifo": 0o010000, "character_device": 0o020000, "directory": 0o040000, "block_device": 0o060000, "regular": 0o100000,
    "symlink": 0o120000, "socket": 0o140000,
}  # fmt: skip
"""The bits of ``i_mode`` for a type of file."""

_ALGORITHMS: Final = {2: "sha1", 4: "sha256", 5: "sha384", 6: "sha512", 7: "sha224"}
"""``enum hash_algo``, as far as it is met."""


class Form(Enum):
    """What a ``security.ima`` holds."""

    DIGEST = "digest"
    SIGNATURE = "signature"
    MALFORMED = "malformed"


class Appraised(NamedTuple):
    """A ``security.ima``, read."""

    form: Form
    algorithm: str = ""
    digest: str = ""


def octets_of(value: str) -> bytes:
    """The octets of an attribute: as getfattr(1) writes them, ``0x04…`` or ``0s…`` (base64), or as they are.

    >>> octets_of("0x0404ab").hex(), octets_of("BAQ=") == b"BAQ="
    ('0404ab', True)
    """
    import base64  # noqa: PLC0415 - few attributes are written so
    import binascii  # noqa: PLC0415

    try:
        if value.startswith("0x"):
            return bytes.fromhex(value[2:])
        if value.startswith("0s"):
            return base64.b64decode(value[2:], validate=True)
    except (ValueError, binascii.Error):
        pass
    return value.encode("utf-8", "surrogateescape")


def appraised(value: str) -> Appraised:
    """What a ``security.ima`` says.

    >>> appraised("0x0404" + "ab" * 32).algorithm
    'sha256'
    """
    octets = octets_of(value)
    if octets[:1] == b"\x01" and len(octets) == 21:
        return Appraised(Form.DIGEST, "sha1", octets[1:].hex())
    if octets[:1] == b"\x04" and len(octets) > 2 and octets[1] in _ALGORITHMS:
        return Appraised(Form.DIGEST, _ALGORITHMS[octets[1]], octets[2:].hex())
    if octets[:1] in (b"\x03", b"\x06"):
        return Appraised(Form.SIGNATURE)
    return Appraised(Form.MALFORMED)


class Sealing(NamedTuple):
    """What of an inode EVM's code covers beside the attributes: ``struct h_misc``."""

    inode: int
    owner: int
    group: int
    mode: int
    """With the bits of its type."""
    generation: int = 0
    uuid: bytes = b""
    """The file system's, 16 octets, where EVM is configured to take it."""


def evm_code(key: bytes, attributes: Mapping[str, str], sealing: Sealing) -> bytes:
    """The HMAC-SHA1 of a file's security attributes and of whose it is, ``hmac_add_misc`` and ``evm_calc_hmac_or_hash``.

    The structure is that of a 64-bit machine: inode number, generation, owner, group, mode, and two octets of padding.
    """
    code = hmac.new(key, digestmod="sha1")
    for name in SEALED:
        if name in attributes:
            code.update(octets_of(attributes[name]))
    code.update(struct.pack("<QIIIH2x", sealing.inode, sealing.generation, sealing.owner, sealing.group, sealing.mode))
    code.update(sealing.uuid)
    return code.digest()


def evm_attribute(key: bytes, attributes: Mapping[str, str], sealing: Sealing) -> str:
    """The ``security.evm`` that a file must have, as getfattr(1) writes it: type 2, and the code."""
    return "0x02" + evm_code(key, attributes, sealing).hex()
