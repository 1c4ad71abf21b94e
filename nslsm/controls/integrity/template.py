"""Measurements in IMA's template ``ima-ng``: what is hashed, how a list of them is written, what a PCR becomes.

The forms are those of Linux 6.12: ``Documentation/security/IMA-templates.rst``, ``security/integrity/ima/ima_template_lib.c``,
``ima_fs.c`` and ``ima_queue.c``.
"""

import hashlib
import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

PCR: Final = 10
"""The register that IMA extends, unless a kernel is told otherwise."""
TEMPLATE: Final = "ima-ng"
BANKS: Final = {"sha1": 20, "sha256": 32}
"""The banks of registers that are kept, with the octets of each."""
BOOT_AGGREGATE: Final = "boot_aggregate"
"""What the first entry of a list is called: the registers of the boot, in one digest."""


class Measurement(NamedTuple):
    """A file that was measured: the digest of its contents, and the name that led to it.

    >>> Measurement("sha256", "15e1efee080fe54f5d7404af7e913de01671e745ce55215d89f3d6521d3884f0", "/root/cat").hashed().hex()
    '50b5a68bea0776a84eef6725f17ce474756e51c0'
    """

    algorithm: str
    digest: str
    """Hexadecimal; zeros for a violation: contents that nobody can vouch for."""
    path: str
    violation: bool = False

    @property
    def named(self) -> str:
        """The path as a list has it: blanks are underscores, in what is hashed too (``ima_write_template_field_data``)."""
        return self.path.replace(" ", "_")

    @property
    def data(self) -> bytes:
        """The fields ``d-ng`` and ``n-ng``, each behind its length."""
        digest = f"{self.algorithm}:".encode() + b"\0" + bytes.fromhex(self.digest)
        name = self.named.encode(errors="surrogateescape") + b"\0"
        return b"".join(struct.pack("<I", len(field)) + field for field in (digest, name))

    def hashed(self, bank: str = "sha1") -> bytes:
        """The template's hash in a bank; zeros for a violation."""
        if self.violation:
            return bytes(BANKS[bank])
        return hashlib.new(bank, self.data, usedforsecurity=False).digest()

    def line(self, pcr: int = PCR) -> str:
        """The line of ``ascii_runtime_measurements``.

        A path with a line feed in it is two lines there, as in the kernel's: what is to be checked is the binary list.
        """
        return f"{pcr} {self.hashed().hex()} {TEMPLATE} {self.algorithm}:{self.digest} {self.named}"

    def octets(self, pcr: int = PCR) -> bytes:
        """The entry of ``binary_runtime_measurements``, in the byte order of ordinary machines."""
        name = TEMPLATE.encode()
        head = struct.pack("<I", pcr) + self.hashed() + struct.pack("<I", len(name)) + name
        return head + struct.pack("<I", len(self.data)) + self.data


def violated(path: str, algorithm: str = "sha256") -> Measurement:
    """An entry for contents that nobody can vouch for: the list says so, and the register never fits a list again."""
    return Measurement(algorithm, "0" * (2 * BANKS[algorithm]), path, violation=True)


def extended(bank: str, register: bytes, entry: Measurement) -> bytes:
    """A register with one more entry: a violation extends it by ones, whatever the list shows (``ima_queue.c``)."""
    by = b"\xff" * BANKS[bank] if entry.violation else entry.hashed(bank)
    return hashlib.new(bank, register + by, usedforsecurity=False).digest()


def aggregate(bank: str, entries: Iterable[Measurement]) -> str:
    """What the register becomes by all the entries, from zeros, in hexadecimal."""
    register = bytes(BANKS[bank])
    for entry in entries:
        register = extended(bank, register, entry)
    return register.hex()
