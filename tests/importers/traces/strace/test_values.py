"""Arguments in strace's notation become values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.importers.traces.strace.values import MAX_NESTING, ValueReader
from nslsm.kernel.call import (
    AT_FDCWD,
    Array,
    Call,
    Changed,
    Fd,
    Named,
    Noted,
    Pointer,
    Struct,
    Symbols,
    Text,
    Unparsed,
    Value,
)

from .notation import arguments, hexadecimal, written


def parsed(text: str) -> tuple[Value, ...]:
    values, end = ValueReader().arguments(f"{text})", 0)
    assert end == len(text) + 1
    return values


@given(st.lists(arguments, max_size=6))
def test_what_strace_writes_is_read_back(values: list[Value]) -> None:
    assert parsed(", ".join(map(written, values))) == tuple(values)


@given(st.binary(max_size=20))
def test_strings_in_hexadecimal_are_read_back(octets: bytes) -> None:
    [value] = parsed(f'"{hexadecimal(octets)}"')

    assert isinstance(value, Text)
    assert value.value.encode("utf-8", "surrogateescape") == octets


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-1", -1),
        ("0644", 0o644),
        ("000", 0),
        ("0x7ffd8109c1c0", Pointer(0x7FFD8109C1C0)),
        ("NULL", None),
        ("AT_FDCWD", Fd(AT_FDCWD)),
        ("AT_FDCWD</home/u>", Fd(AT_FDCWD, "/home/u")),
        ("-100 /* AT_FDCWD */</tmp/x>", Fd(-100, "/tmp/x")),
        ("23</tmp/x/del\\74e\\76ted\\n\\303\\244.txt>(deleted)", Fd(23, "/tmp/x/del<e>ted\nä.txt", True)),
        ("5</tmp/a (deleted)>", Fd(5, "/tmp/a", True)),
        ("0</dev/pts/0<char 136:0>>", Fd(0, "/dev/pts/0", False, "char 136:0")),
        ("9<TCP:[127.0.0.1:51700->127.0.0.1:41939]>", Fd(9, "TCP:[127.0.0.1:51700->127.0.0.1:41939]")),
        ("9<TCPv6:[[::1]:5->[::1]:6]>", Fd(9, "TCPv6:[[::1]:5->[::1]:6]")),
        ('5<UNIX:[10599,"./so<ck>\\303\\244"]>', Fd(5, 'UNIX:[10599,"./so<ck>ä"]')),
        ("6<UNIX:[11665->11666]>", Fd(6, "UNIX:[11665->11666]")),
        ("18<anon_inode:[eventpoll]>", Fd(18, "anon_inode:[eventpoll]")),
        ("7</tmp/a->", Fd(7, "/tmp/a-")),
        ('1234<n\\74a\\76me \\"x>', Fd(1234, 'n<a>me "x')),
        ('"a\\tb\\"c\\\\"', Text('a\tb"c\\')),
        ('"\\1\\0027\\377"', Text("\x01\x027\udcff")),
        ('"abc"...', Text("abc", True)),
        ('@"abs\\tname"', Text("\0abs\tname")),
        ("O_RDONLY|O_CLOEXEC", Symbols(frozenset({"O_RDONLY", "O_CLOEXEC"}))),
        ("S_IFREG|0644", Symbols(frozenset({"S_IFREG"}), 0o644)),
        ("0x1|0x80000", Call("|", (Pointer(1), Pointer(0x80000)))),
        ("|0x100", Pointer(0x100)),
        ("0x2 /* O_RDWR */", Noted(Pointer(2), "O_RDWR")),
        (
            "0x1200000 /* CLONE_X */|17 /* SIGCHLD */",
            Noted(Call("|", (Pointer(0x1200000), 17)), "CLONE_X|SIGCHLD"),
        ),
        ("0x7ffe /* 5 vars */", Noted(Pointer(0x7FFE), "5 vars")),
        ("1<sh> /* 22474 in strace's PID NS */", Noted(Fd(1, "sh"), "22474 in strace's PID NS")),
        ("[]", Array(())),
        ("[0 1]", Array((0, 1))),
        ("[3</a> 4</b>]", Array((Fd(3, "/a"), Fd(4, "/b")))),
        ("~[RTMIN RT_1]", Array((Symbols(frozenset({"RTMIN"})), Symbols(frozenset({"RT_1"}))), complement=True)),
        ("[110 => 13]", Array((Changed(110, 13),))),
        ("[110->13]", Array((Changed(110, 13),))),
        ('["sh", "-c", ...]', Array((Text("sh"), Text("-c")), cut=True)),
        ("[{fd=3, events=POLLIN}]", Array((Struct((("fd", 3), ("events", Symbols(frozenset({"POLLIN"}))))),))),
        ("[[IPV4_X-1]=0]", Array((Named("IPV4_X-1", 0),))),
        ("{rlim_cur=8192*1024}", Struct((("rlim_cur", 8192 * 1024),))),
        ("{tv_sec=1, ...}", Struct((("tv_sec", 1),), cut=True)),
        ("{sin_port=htons(80)}", Struct((("sin_port", Call("htons", (80,))),))),
        (
            '{inet_pton(AF_INET6, "::1", &sin6_addr)}',
            Struct((("sin6_addr", Call("inet_pton", (Symbols(frozenset({"AF_INET6"})), Text("::1")))),)),
        ),
        (
            "{effective=1<<CAP_KILL|1<<CAP_CHOWN}",
            Struct((("effective", Symbols(frozenset({"CAP_KILL", "CAP_CHOWN"}))),)),
        ),
        (
            "[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]",
            Array((Struct((("WIFEXITED", 1), ("WEXITSTATUS", 3))),)),
        ),
        (
            "[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP | 0x80}]",
            Array((Struct((("WIFSTOPPED", 1), ("WSTOPSIG", Symbols(frozenset({"SIGTRAP"}), 0x80)))),)),
        ),
        (
            "SNDCTL_TMR_STOP or TCSETSW",
            Call("or", (Symbols(frozenset({"SNDCTL_TMR_STOP"})), Symbols(frozenset({"TCSETSW"})))),
        ),
        ("flags=CLONE_VM|SIGCHLD", Named("flags", Symbols(frozenset({"CLONE_VM", "SIGCHLD"})))),
        ("{a=1} => {b=2}", Changed(Struct((("a", 1),)), Struct((("b", 2),)))),
        ("<... resuming interrupted read ...>", Symbols(frozenset({"resuming interrupted read"}))),
        (
            "{B38400 opost isig ...}",
            Struct(
                (
                    ("", Symbols(frozenset({"B38400"}))),
                    ("", Symbols(frozenset({"opost"}))),
                    ("", Symbols(frozenset({"isig"}))),
                ),
                cut=True,
            ),
        ),
        ("00:0c:29:aa:bb:cc", Symbols(frozenset({"00:0c:29:aa:bb:cc"}))),
    ],
)
def test_a_notation_is_read_as_what_it_means(text: str, value: Value) -> None:
    assert parsed(text) == (value,)


def test_what_cannot_be_taken_apart_keeps_its_place_among_the_arguments() -> None:
    first, second, third = parsed('3, {a = "}", b}, NULL')

    assert (first, third) == (3, None)
    assert second == Unparsed('{a = "}", b}')


def test_escapes_that_strace_does_not_write_are_not_guessed_at() -> None:
    assert parsed('"\\q"') == (Unparsed('"\\q"'),)


def test_nesting_over_the_limit_is_not_followed() -> None:
    deep = "[" * (MAX_NESTING + 2) + "]" * (MAX_NESTING + 2)

    assert parsed(deep) == (Unparsed(deep),)
    assert isinstance(parsed(deep[2:-2])[0], Array)


def test_arguments_of_a_call_under_way_are_those_shown_so_far() -> None:
    shown = ValueReader().shown('clone(child_stack=NULL, flags=CLONE_VM|SIGCHLD, {a="', len("clone("))

    assert shown[:2] == (Named("child_stack", None), Named("flags", Symbols(frozenset({"CLONE_VM", "SIGCHLD"}))))
    assert shown[2] == Unparsed('{a="')


def test_a_reader_forgets_rather_than_grow() -> None:
    from nslsm.importers.traces.strace import values

    reader = ValueReader()
    for number in range(values.MAX_REMEMBERED + 10):
        reader.arguments(f"{number})", 0)

    assert len(reader._remembered) <= values.MAX_REMEMBERED
