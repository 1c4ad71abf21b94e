"""Facts in Python's words: what is understood, and that everything else raises."""

import os
import signal
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.api.values import MODES, open_flags, value_of
from nslsm.hooks.kinds import FILE_TYPE, OPEN_FLAGS, SOCKET_FAMILY
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import (
    ADDRESS,
    BOOL,
    CAPABILITY,
    ERRNO,
    INT,
    NETWORK,
    NO_ADDRESS,
    PATH,
    SIGNAL,
    STRING,
    UNKNOWN,
    SetOf,
    Type,
)


@pytest.mark.parametrize(
    ("said", "type_", "meant"),
    [
        (True, BOOL, True),
        (443, INT, 443),
        ("x", STRING, "x"),
        ("/srv/x", PATH, "/srv/x"),
        ("", PATH, ""),
        ("8.8.8.8", ADDRESS, ip_address("8.8.8.8")),
        (ip_address("::1"), ADDRESS, ip_address("::1")),
        (NO_ADDRESS, ADDRESS, NO_ADDRESS),
        ("10.0.0.0/8", NETWORK, ip_network("10.0.0.0/8")),
        ("CAP_KILL", CAPABILITY, Capability.CAP_KILL),
        (5, CAPABILITY, Capability.CAP_KILL),
        ("SIGTERM", SIGNAL, Signal.SIGTERM),
        (signal.SIGTERM, SIGNAL, Signal.SIGTERM),
        ("EPERM", ERRNO, Errno.EPERM),
        (1, ERRNO, Errno.EPERM),
        ("inet", SOCKET_FAMILY, "inet"),
        ({"read"}, OPEN_FLAGS, frozenset({"read"})),
        ("read", OPEN_FLAGS, frozenset({"read"})),
        (os.O_RDWR | os.O_CLOEXEC, OPEN_FLAGS, frozenset({"read", "write"})),
        ([1, 2], SetOf(INT), frozenset({1, 2})),
        (["10.0.0.0/8"], SetOf(NETWORK), frozenset({ip_network("10.0.0.0/8")})),
        (UNKNOWN, INT, UNKNOWN),
    ],
)
def test_a_fact_is_said_as_python_says_it(said: object, type_: Type, meant: object) -> None:
    found = value_of("it", said, type_)

    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    ("said", "type_"),
    [
        (1, BOOL),
        (True, INT),
        ("1", INT),
        (1.0, INT),
        (b"x", STRING),
        ("srv/x", PATH),
        ("/srv/../x", PATH),
        ("/srv/", PATH),
        ("8.8.8", ADDRESS),
        ("10.0.0.1/8", NETWORK),
        ("CAP_FLY", CAPABILITY),
        (99, CAPABILITY),
        ("TERM", SIGNAL),
        (0.5, SIGNAL),
        ("EFLY", ERRNO),
        ("ipv4", SOCKET_FAMILY),
        ({"fast"}, OPEN_FLAGS),
        (None, OPEN_FLAGS),
        (7, SetOf(INT)),
        (["1"], SetOf(INT)),
        ("12", SetOf(INT)),
        ([[1]], SetOf(INT)),
        (None, STRING),
        ("regula", FILE_TYPE),
    ],
)
def test_what_is_no_such_fact_raises_and_says_which(said: object, type_: Type) -> None:
    with pytest.raises(ValueError, match=r"^it=.* is not a "):
        value_of("it", said, type_)


@given(st.one_of(st.integers(), st.text(), st.binary(), st.floats(), st.none(), st.lists(st.integers(), max_size=3)))
def test_whatever_is_said_is_a_value_of_the_type_or_raises(said: object) -> None:
    for type_, python in (
        (BOOL, bool),
        (INT, int),
        (STRING, str),
        (PATH, str),
        (SIGNAL, Signal),
        (OPEN_FLAGS, frozenset),
    ):
        try:
            found = value_of("it", said, type_)
        except ValueError:
            continue
        assert isinstance(found, python)


@pytest.mark.parametrize("mode", MODES)
def test_the_modes_of_open_are_its_flags(mode: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    seen: list[int] = []
    path = tmp_path_factory.mktemp("modes") / "file"
    if "x" not in mode:
        path.touch()

    def opener(name: str, flags: int) -> int:
        seen.append(flags)
        return os.open(name, flags, 0o600)

    with open(path, mode, opener=opener):
        assert open_flags(mode) == open_flags(seen[0]) - {"close_on_exec"}
    assert open_flags(f"{mode}b") == open_flags(mode)


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (os.O_RDONLY, {"read"}),
        (os.O_WRONLY | os.O_APPEND, {"write", "append"}),
        (os.O_PATH | os.O_DIRECTORY, {"path", "directory"}),
        (os.O_RDWR | os.O_TMPFILE, {"read", "write", "temporary"}),
        (os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, {"read", "nofollow", "close_on_exec"}),
    ],
)
def test_numbers_are_the_flags_of_open2(bits: int, words: set[str]) -> None:
    assert open_flags(bits) == words


def test_words_are_taken_as_they_are() -> None:
    assert open_flags(["read", "exclusive", "create"]) == {"read", "create", "exclusive"}
    with pytest.raises(ValueError, match="has no flag 'fast'"):
        open_flags({"read", "fast"})
    with pytest.raises(ValueError, match="'rw' is no mode"):
        open_flags("rw")
