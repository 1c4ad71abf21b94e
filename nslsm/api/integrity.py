"""The measurement list of a namespace, as its owner reads it: securityfs's files of IMA, for one namespace."""

from dataclasses import dataclass

from nslsm.api.kept import bound_as, sequence
from nslsm.api.kernel import Kernel
from nslsm.controls.integrity import Integrity, Measurement
from nslsm.controls.integrity.control import LIST, entries_of
from nslsm.controls.integrity.template import PCR, aggregate


@dataclass(frozen=True)
class MeasurementsOf:
    """The list that the control ``integrity`` keeps where a namespace binds it under a name. LookupError where it does not.

    >>> import nslsm
    >>> kernel = nslsm.Kernel()
    >>> kernel.exchange("root", Integrity(nslsm.load_policy("base.integrity")["measure_tcb"]))
    >>> kernel.file("/bin/tool", sha256="ab" * 32, filesystem="ext4")
    >>> _ = kernel.spawn().execve("/bin/tool")
    >>> [(entry.path, entry.violation) for entry in MeasurementsOf(kernel, "root").entries]
    [('boot_aggregate', False), ('/bin/tool', False)]
    """

    kernel: Kernel
    namespace: str
    binding: str = "integrity"

    def __post_init__(self) -> None:
        bound_as(self.kernel, self.namespace, self.binding, Integrity)

    @property
    def entries(self) -> tuple[Measurement, ...]:
        """The entries in order, the aggregate of the boot first."""
        return entries_of(
            sequence(self.kernel, self.namespace, self.binding, LIST),
            bound_as(self.kernel, self.namespace, self.binding, Integrity).boot_aggregate,
        )

    def ascii(self, pcr: int = PCR) -> str:
        """The list as the kernel's ``ascii_runtime_measurements`` has it."""
        return "".join(f"{entry.line(pcr)}\n" for entry in self.entries)

    def binary(self, pcr: int = PCR) -> bytes:
        """The list as ``binary_runtime_measurements`` has it, which evmctl(1) checks."""
        return b"".join(entry.octets(pcr) for entry in self.entries)

    def aggregate(self, bank: str = "sha256") -> str:
        """The register of a bank, ``sha1`` or ``sha256``, in hexadecimal: extended by each entry from zeros."""
        return aggregate(bank, self.entries)
