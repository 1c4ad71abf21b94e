"""Linux's numbers against the C library's, where this machine runs Linux on x86-64."""

import errno
import platform
import signal

import pytest

from nslsm.hooks.linux import Capability, Errno, Signal

on_this_linux = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="another machine has other numbers"
)


@on_this_linux
def test_errnos_are_those_of_the_c_library() -> None:
    for number, name in errno.errorcode.items():
        assert Errno(number) == Errno.__members__[name]


def test_errnos_have_no_gap_but_the_two_that_linux_has() -> None:
    assert set(range(1, 134)) - {number.value for number in Errno} == {41, 58}


@on_this_linux
def test_signals_are_those_of_the_c_library_real_time_ones_aside() -> None:
    for each in signal.Signals:
        if each < 32:
            assert Signal.__members__[each.name] == each.value


def test_real_time_signals_are_counted_from_the_kernels_first() -> None:
    assert [Signal["SIGRTMIN"], Signal["SIGRT_1"], Signal["SIGRT_32"]] == [32, 33, 64]
    assert [number.value for number in Signal] == list(range(65))


def test_capabilities_are_numbered_without_a_gap() -> None:
    assert [number.value for number in Capability] == list(range(41))
    assert (Capability.CAP_SYS_PTRACE, Capability.CAP_SYS_ADMIN, Capability.CAP_MAC_ADMIN) == (19, 21, 33)
