"""Names and numbers of system calls' arguments, in both directions."""

import fcntl
import mmap
import os
import socket
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.kernel import constants
from nslsm.kernel.call import Symbols
from nslsm.kernel.constant_table import ALL_BITS, Constants

TABLES = {name: table for name, table in vars(constants).items() if isinstance(table, Constants)}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_name_is_given_back_or_has_the_number_of_one_that_is(table: Constants) -> None:
    for name, number in table.numbers.items():
        named = table.named(number)

        assert named.rest == 0 or (number == 0 and not table.zero)
        assert sum(table.numbers[each] for each in named.names) == number, name


@pytest.mark.parametrize("table", [table for table in TABLES.values() if table.choice != ALL_BITS])
@given(number=st.integers(0, 2**32 - 1))
def test_names_and_rest_make_up_the_number(table: Constants, number: int) -> None:
    named = table.named(number)

    whole = named.rest
    for name in named.names:
        whole |= table.numbers[name]
    assert whole == number


@pytest.mark.parametrize(
    ("table", "module", "prefix"),
    [
        (constants.OPEN_FLAGS, os, "O_"),
        (constants.ACCESS_MODES, os, ""),
        (constants.FCNTL_COMMANDS, fcntl, "F_"),
        (constants.FLOCK_OPERATIONS, fcntl, "LOCK_"),
        (constants.PROTECTION, mmap, "PROT_"),
        (constants.MAP_FLAGS, mmap, "MAP_"),
        (constants.SOCKET_FAMILIES, socket, "AF_"),
        (constants.SOCKET_TYPES, socket, "SOCK_"),
        (constants.FILE_MODES, stat, "S_I"),
        (constants.MESSAGE_FLAGS, socket, "MSG_"),
        (constants.CLONE_FLAGS, os, "CLONE_"),
    ],
)
def test_numbers_are_those_of_this_system(table: Constants, module: object, prefix: str) -> None:
    common = [name for name in table.numbers if name.startswith(prefix) and hasattr(module, name)]

    assert common or module is os
    for name in common:
        if name != "O_LARGEFILE":  # 0 on a 64-bit system's C library, 0o100000 in the kernel
            assert table.numbers[name] == int(getattr(module, name)), name


def test_one_choice_and_bits_are_told_apart() -> None:
    assert constants.SOCKET_TYPES.named(0x80002) == Symbols(frozenset({"SOCK_DGRAM", "SOCK_CLOEXEC"}))
    assert constants.CLONE_FLAGS.named(0x1200011).names == {
        "CLONE_CHILD_CLEARTID",
        "CLONE_CHILD_SETTID",
        "SIGCHLD",
    }
    assert constants.FILE_MODES.named(0o104755) == Symbols(frozenset({"S_IFREG", "S_ISUID"}), 0o755)


def test_flags_of_several_bits_come_before_their_parts() -> None:
    assert constants.OPEN_FLAGS.named(0o20200002).names == {"O_RDWR", "O_TMPFILE"}
    assert constants.OPEN_FLAGS.named(0o10000).names == {"O_RDONLY", "O_DSYNC"}


def test_nothing_has_a_name_where_the_table_says_so() -> None:
    assert constants.PROTECTION.named(0) == Symbols(frozenset({"PROT_NONE"}))
    assert constants.AT_FLAGS.named(0) == Symbols(frozenset())
