"""The first line of a recording."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.kernel.origin import ORIGIN_VERSION, PREFIX, Origin, read_origin

ids = st.lists(st.integers(0, 2**32 - 1), max_size=4).map(tuple)
masks = st.integers(0, 2**41 - 1)
names = st.text(max_size=9)


@given(
    st.builds(
        Origin,
        command=st.lists(names, max_size=3).map(tuple),
        cwd=names,
        uids=ids,
        gids=ids,
        groups=ids,
        effective=masks,
        no_new_privs=st.booleans(),
        securebits=st.none() | st.integers(0, 255),
        time=st.floats(0, 2e9),
        tracer=names,
    )
)
def test_what_is_written_is_read_back(origin: Origin) -> None:
    line = origin.written()

    assert "\n" not in line
    assert line.isascii()
    assert read_origin(line) == origin


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# nslsm-record",
        f"{PREFIX}{ORIGIN_VERSION} ",
        f"{PREFIX}{ORIGIN_VERSION} []",
        f"{PREFIX}{ORIGIN_VERSION} {{}}",
        f"{PREFIX}{ORIGIN_VERSION + 1} " + '{"command": [], "cwd": "/"}',
        f"{PREFIX}{ORIGIN_VERSION} " + '{"command": [], "cwd": "/", "other": 1}',
        f"{PREFIX}{ORIGIN_VERSION} " + '{"command": [1], "cwd": "/"}',
        f"{PREFIX}{ORIGIN_VERSION} " + '{"command": [], "cwd": "/", "uids": [true]}',
        f"{PREFIX}{ORIGIN_VERSION} " + '{"command": [], "cwd": "/", "no_new_privs": 1}',
        f"{PREFIX}{ORIGIN_VERSION} " + "[" * 100_000,
    ],
)
def test_what_is_not_one_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_origin(line)


def test_the_members_are_those_of_the_documentation() -> None:
    content = Origin(command=("true",), cwd="/").written().removeprefix(f"{PREFIX}{ORIGIN_VERSION} ")

    assert json.loads(content).keys() == {
        "command", "cwd", "root", "umask", "uids", "gids", "groups", "inheritable", "permitted", "effective", "bounding",
        "ambient", "no_new_privs", "securebits", "kernel", "machine", "tracer", "time",
    }  # fmt: skip
