"""Lockdown, reason by reason: the kernel compares the number of the reason with that of its level."""

import pytest

import nslsm
from nslsm.hooks import CATALOGUE
from nslsm.hooks.types import Enumeration

LOCKDOWN = nslsm.load_policy("base.lockdown")["lockdown"]
REASON = CATALOGUE["locked_down"].facts[0].type
assert isinstance(REASON, Enumeration)
REASONS = REASON.members
LEVELS = {"none": "none", "integrity": "integrity_max", "confidentiality": "confidentiality_max"}
"""Each level, and the reason whose number is the level's, ``lockdown_levels`` in security/lockdown/lockdown.c."""

TABLE = (
    "none", "module_signature", "dev_mem", "efi_test", "kexec", "hibernation", "pci_access", "ioport", "msr", "acpi_tables",
    "device_tree", "pcmcia_cis", "tiocsserial", "module_parameters", "mmiotrace", "debugfs", "xmon_wr", "bpf_write_user",
    "dbg_write_kernel", "rtas_error_injection", "integrity_max", "kcore", "kprobes", "bpf_read_kernel", "dbg_read_kernel",
    "perf", "tracefs", "xmon_rw", "xfrm_secret", "confidentiality_max",
)  # fmt: skip
"""``enum lockdown_reason`` of include/linux/security.h, Linux 6.12, in its order."""


def test_the_reasons_are_those_of_the_kernel_in_its_order() -> None:
    assert REASONS == TABLE


@pytest.mark.parametrize("level", LEVELS)
def test_a_reason_is_refused_up_to_the_level(level: str) -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", LOCKDOWN(level=level))

    decisions = {reason: kernel.check("locked_down", kernel.init, reason=reason) for reason in TABLE}

    most = TABLE.index(LEVELS[level])
    refused = {*TABLE[: most + 1], "confidentiality_max"}
    assert {reason for reason, decision in decisions.items() if not decision.granted} == refused
    assert {decision.errno for decision in decisions.values() if not decision.granted} == {nslsm.Errno.EPERM}


@pytest.mark.parametrize("above", LEVELS)
@pytest.mark.parametrize("below", LEVELS)
def test_a_level_below_takes_nothing_back(above: str, below: str) -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", LOCKDOWN(level=above))
    task = kernel.spawn(uid=0)
    assert task.lsm_unshare("box", LOCKDOWN(level=below))

    refused = {reason for reason in TABLE if not kernel.check("locked_down", task, reason=reason).granted}

    most = max(TABLE.index(LEVELS[above]), TABLE.index(LEVELS[below]))
    assert refused == {*TABLE[: most + 1], "confidentiality_max"}
