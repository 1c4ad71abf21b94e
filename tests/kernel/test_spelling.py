"""However a trace spells a value, the answer is one."""

from ipaddress import IPv4Address, IPv6Address

import pytest

from nslsm.hooks.linux import Capability, Signal
from nslsm.kernel.call import (
    ABSENT,
    Array,
    Call,
    Changed,
    Fd,
    Named,
    Noted,
    Pointer,
    Struct,
    Symbols,
    SystemCall,
    Text,
    Value,
)
from nslsm.kernel.constants import (
    AT_FLAGS,
    CLONE_FLAGS,
    KEYRINGS,
    OPEN_FLAGS,
    PROTECTION,
    PTRACE_REQUESTS,
    SOCKET_TYPES,
)
from nslsm.kernel.spelling import (
    SocketAddress,
    bare,
    capabilities_of,
    child_of,
    fd_of,
    flags_of,
    items_of,
    name_of,
    number_of,
    octets,
    outcome,
    process_of,
    signal_of,
    socket_address_of,
    struct_of,
    text_of,
)


def symbols(*names: str, rest: int = 0) -> Symbols:
    return Symbols(frozenset(names), rest)


@pytest.mark.parametrize(
    "value",
    [
        symbols("O_RDWR", "O_CLOEXEC"),
        Pointer(0o2000002),
        0o2000002,
        Noted(Pointer(0o2000002), "O_RDWR|O_CLOEXEC"),
        Named("flags", symbols("O_RDWR", "O_CLOEXEC")),
        Symbols(frozenset({"O_RDWR"}), 0o2000000),
        Call("|", (Pointer(2), Pointer(0o2000000))),
    ],
)
def test_flags_are_the_same_in_every_spelling(value: Value) -> None:
    assert flags_of(value, OPEN_FLAGS) == symbols("O_RDWR", "O_CLOEXEC")
    assert number_of(value, OPEN_FLAGS) == 0o2000002


def test_names_that_a_table_lacks_are_kept_and_make_the_number_unknown() -> None:
    value = symbols("O_RDWR", "O_NEW", rest=1 << 40)

    assert flags_of(value, OPEN_FLAGS) == symbols("O_RDWR", "O_NEW", rest=1 << 40)
    assert number_of(value, OPEN_FLAGS) is None
    assert number_of(symbols("O_RDWR")) is None


@pytest.mark.parametrize("value", [ABSENT, Text("x"), Struct(()), Array(())])
def test_what_is_no_number_has_none(value: Value) -> None:
    assert number_of(value, OPEN_FLAGS) is None
    assert flags_of(value, OPEN_FLAGS) is None
    assert name_of(value, PTRACE_REQUESTS) is None
    assert fd_of(value) is None
    assert signal_of(value) is None
    assert capabilities_of(value) is None
    assert socket_address_of(value) is None


def test_a_flag_without_bits_is_no_more_than_no_flag() -> None:
    assert flags_of(symbols("AT_STATX_SYNC_AS_STAT", "AT_SYMLINK_NOFOLLOW"), AT_FLAGS) == symbols("AT_SYMLINK_NOFOLLOW")
    assert flags_of(0, PROTECTION) == flags_of(symbols("PROT_NONE"), PROTECTION)


def test_a_choice_joined_with_flags_is_found() -> None:
    flags = flags_of(Call("|", (Pointer(0x1200000), 17)), CLONE_FLAGS)
    kind = flags_of(Call("|", (Pointer(1), Pointer(0x80000))), SOCKET_TYPES)

    assert flags is not None
    assert "SIGCHLD" in flags.names
    assert kind == symbols("SOCK_STREAM", "SOCK_CLOEXEC")


@pytest.mark.parametrize("value", [symbols("PTRACE_SEIZE"), Pointer(0x4206), Noted(Pointer(0x4206), "PTRACE_SEIZE")])
def test_a_choice_has_its_name(value: Value) -> None:
    assert name_of(value, PTRACE_REQUESTS) == "PTRACE_SEIZE"


def test_a_choice_that_the_table_lacks_keeps_its_name_or_has_none() -> None:
    assert name_of(symbols("PTRACE_NEW"), PTRACE_REQUESTS) == "PTRACE_NEW"
    assert name_of(Pointer(0x9999), PTRACE_REQUESTS) is None
    assert name_of(Pointer(0xFFFFFFFD), KEYRINGS) == name_of(-3, KEYRINGS) == "KEY_SPEC_SESSION_KEYRING"


@pytest.mark.parametrize("value", [symbols("SIGKILL"), 9, Noted(9, "SIGKILL")])
def test_a_signal_is_named_or_numbered(value: Value) -> None:
    assert signal_of(value) is Signal.SIGKILL


def test_no_signal_is_a_signal_too() -> None:
    assert signal_of(0) is Signal.NONE
    assert signal_of(400) is None


@pytest.mark.parametrize("value", [Fd(-100), -100, Pointer(0xFFFFFF9C), Noted(-100, "AT_FDCWD")])
def test_the_working_directory_is_one_descriptor(value: Value) -> None:
    assert fd_of(value) == Fd(-100)


def test_a_descriptor_keeps_what_it_refers_to() -> None:
    assert fd_of(Named("fd", Fd(3, "/etc", True))) == Fd(3, "/etc", True)


def test_strings_structures_and_arrays_are_found_behind_remarks() -> None:
    struct = Struct((("flags", 1),))

    assert text_of(Noted(Text("a"), "b")) == Text("a")
    assert text_of(Pointer(0x7F00)) is None
    assert struct_of(Changed(struct, Struct(()))) == struct
    assert items_of(Array((1, 2))) == (1, 2)
    assert items_of(Array((1, 2), cut=True)) is None
    assert items_of(Array((1,), complement=True)) is None
    assert octets(Text("ä\udcff")) == b"\xc3\xa4\xff"


def test_what_was_handed_in_and_what_came_out_are_told_apart() -> None:
    value = Noted(Changed(128, 16), "x")

    assert (bare(value), outcome(value)) == (128, 16)


def test_processes_have_the_tracers_numbers() -> None:
    assert process_of(Noted(2, "1002 in strace's PID NS")) == 1002
    assert process_of(Noted(Fd(2, "sh"), "1002 in strace's PID NS")) == 1002
    assert process_of(Fd(1234, "sh")) == 1234
    assert process_of(-1) == -1
    assert process_of(Noted(7, "another remark")) == 7


def test_a_child_has_the_tracers_number() -> None:
    born = SystemCall(1, "clone", (), 2, 1, detail="1002 in strace's PID NS")
    failed = SystemCall(1, "clone", (), -1, 1, error="EAGAIN")

    assert child_of(born) == 1002
    assert child_of(SystemCall(1, "fork", (), 9, 1)) == 9
    assert child_of(failed) is None


def test_capabilities_are_names_or_two_halves() -> None:
    both = {Capability.CAP_CHOWN, Capability.CAP_PERFMON}

    assert capabilities_of(symbols("CAP_CHOWN", "CAP_PERFMON")) == both
    assert capabilities_of(Call("|", (Pointer(1), Pointer(1 << (38 - 32))))) == both
    assert capabilities_of(Noted(Call("|", (Pointer(1), Pointer(1 << (38 - 32)))), "…")) == both
    assert capabilities_of(0) == frozenset()
    assert capabilities_of(symbols("CAP_UNHEARD_OF")) is None


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {
                "sa_family": symbols("AF_INET"),
                "sin_port": Call("htons", (80,)),
                "sin_addr": Call("inet_addr", (Text("10.0.0.1"),)),
            },
            SocketAddress("AF_INET", IPv4Address("10.0.0.1"), 80),
        ),
        (
            {"sa_family": Pointer(2), "sin_port": Text("\0P"), "sin_addr": Text("\n\0\0\x01")},
            SocketAddress("AF_INET", IPv4Address("10.0.0.1"), 80),
        ),
        (
            {
                "sa_family": Noted(Pointer(2), "AF_INET"),
                "sin_port": Noted(Text("\0P"), "htons(80)"),
                "sin_addr": Noted(Text("\n\0\0\x01"), 'inet_addr("10.0.0.1")'),
            },
            SocketAddress("AF_INET", IPv4Address("10.0.0.1"), 80),
        ),
        (
            {
                "sa_family": symbols("AF_INET6"),
                "sin6_port": Call("htons", (9,)),
                "sin6_addr": Call("inet_pton", (symbols("AF_INET6"), Text("::1"))),
            },
            SocketAddress("AF_INET6", IPv6Address("::1"), 9),
        ),
        ({"sa_family": symbols("AF_UNIX"), "sun_path": Text("/run/a")}, SocketAddress("AF_UNIX", path="/run/a")),
        ({"sa_family": symbols("AF_UNIX"), "sun_path": Text("/run/a", cut=True)}, SocketAddress("AF_UNIX")),
        ({"sa_family": symbols("AF_LOCAL"), "sun_path": Text("\0a")}, SocketAddress("AF_UNIX", abstract="a")),
        ({"sa_family": Pointer(1)}, SocketAddress("AF_UNIX", path="")),
        ({"sa_family": symbols("AF_NETLINK"), "nl_pid": 0}, SocketAddress("AF_NETLINK")),
        ({"sa_family": symbols("AF_INET"), "sin_port": 80, "sin_addr": Text("x")}, SocketAddress("AF_INET")),
    ],
)
def test_a_socket_address_is_the_same_in_every_spelling(members: dict[str, Value], expected: SocketAddress) -> None:
    assert socket_address_of(Struct(tuple(members.items()))) == expected
