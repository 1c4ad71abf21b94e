"""Fields of recordings: they lead to something that requests have, and are read as they are spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import CREDENTIALS, TASK
from nslsm.hooks.linux import Capability
from nslsm.hooks.types import UNKNOWN, Enumeration, Flags, Kind
from nslsm.kernel.seen import codes
from nslsm.kernel.seen.codes import Code, integer
from nslsm.kernel.seen.fields import FIELDS, Field, part, read, told_of
from nslsm.protocol.things import Credentials, File, Identity
from nslsm.simulation.fidelity.arguments import UNTOLD

EVERY = [(hook, field) for hook, fields in FIELDS.items() for field in fields]


@pytest.mark.parametrize(("hook", "field"), EVERY, ids=lambda value: value if isinstance(value, str) else value.name)
def test_a_field_leads_to_a_fact(hook: str, field: Field) -> None:
    entry = CATALOGUE[hook]
    first, _, rest = field.place.partition(".")

    if first in ("object", "subject"):
        kind: object = entry.object if first == "object" else TASK
    else:
        fact = entry.fact(first)
        assert fact is not None
        kind = fact.type

    if rest:
        assert isinstance(kind, Kind)
        assert kind.fact(rest.partition(".")[0]) is not None
    else:
        assert not isinstance(kind, Kind)


@pytest.mark.parametrize(("hook", "field"), EVERY, ids=lambda value: value if isinstance(value, str) else value.name)
def test_each_word_of_a_fact_is_spelled_and_read_again(hook: str, field: Field) -> None:
    fact = CATALOGUE[hook].fact(field.place)
    words = [] if fact is None or not isinstance(fact.type, Enumeration | Flags) else list(fact.type.members)
    several = fact is not None and isinstance(fact.type, Flags)

    for word in words:
        if word in ("other", "uninitialized", "newlsm", "retry") or (several and word in NUMBERLESS | UNTOLD):
            continue
        value = frozenset({word}) if several else word
        spelled = field.code.spell(value)
        assert spelled is not None, word
        again = field.code.read(spelled)
        assert (word in again) if several else again == word, word


NUMBERLESS = frozenset({"read"})
"""Bits that stand for nothing: O_RDONLY is 0."""


@pytest.mark.parametrize(
    ("written", "number"),
    [("0x1f", 31), ("0o644", 420), ("17", 17), ("-13", -13), (-13, -13), ("", None), (True, None), (None, None)],
)
def test_numbers_come_in_any_base(written: object, number: int | None) -> None:
    assert integer(written) == number


@pytest.mark.parametrize("code", [value for value in vars(codes).values() if isinstance(value, Code)])
@given(written=st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.none()), st.floats()))
def test_nothing_that_is_written_breaks_a_code(code: Code, written: object) -> None:
    value = code.read(written)

    assert value is UNKNOWN or value is not None


def test_a_mode_is_read_without_the_files_type() -> None:
    assert codes.MODE.read("0o100644") == 0o644
    assert codes.MODE.spell(0o644) == "0o644"


def test_flags_of_open_are_what_is_done_with_the_file() -> None:
    assert codes.OPENED.read(0x8241) == {"write", "create", "truncate"}
    assert codes.OPENED.read(0x8020) == {"read", "exec"}
    assert codes.OPENED.read(0x418002) == {"read", "write", "temporary"}
    assert codes.OPENED.spell(frozenset({"read", "write", "temporary"})) == 0x418002


def test_a_validating_shared_mapping_is_shared() -> None:
    assert codes.MAPPED.read(0x23) == {"shared", "anonymous"}


def test_capabilities_are_a_mask() -> None:
    assert codes.CAPABILITIES.read("0x21") == {Capability.CAP_CHOWN, Capability.CAP_KILL}
    assert codes.CAPABILITIES.spell(frozenset({Capability.CAP_CHOWN, Capability.CAP_KILL})) == "0x21"


def test_a_device_has_the_number_that_makedev_gives_it() -> None:
    assert codes.DEVICE.read(1 << 20 | 3) == 0x103
    assert codes.DEVICE.spell(0x103) == 1 << 20 | 3


def test_a_field_may_be_within_another() -> None:
    assert told_of({"addr": {"port": 80}}, "addr.port") == 80
    assert told_of({"addr": 7}, "addr.port") is None
    assert read(Field("addr.port", "port", codes.NUMBER), {"addr": {"port": 80}}) == 80
    assert read(Field("addr.port", "port", codes.NUMBER), {}) is None


def test_a_thing_has_the_parts_of_its_kind() -> None:
    assert part(File("/a", Identity("file", 1)), "path") == "/a"
    assert part(Credentials(groups=frozenset({1, 2})).groups, "count") == 2
    assert part(UNKNOWN, "path") is UNKNOWN
    assert part(None, "path") is None
    assert CREDENTIALS.fact("groups") is not None
