"""Every value has one JSON form, and reads back as what it was."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from rpds import HashTrieMap

from nslsm.audit.canonical import canonical_json
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN, Unknown
from nslsm.protocol.things import (
    ALL_CAPABILITIES,
    Credentials,
    File,
    Identity,
    NamespaceFacts,
    Socket,
    Task,
    Thing,
    Value,
)
from nslsm.wire import decode, encode
from nslsm.wire.forms import Escaped, UnknownForm, ValueForm

FORM: TypeAdapter[ValueForm] = TypeAdapter(ValueForm, config=None)

bytes_as_text = st.binary(max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
texts = st.one_of(st.text(max_size=12), bytes_as_text, st.text(st.characters(categories=["Cs", "Ll"]), max_size=4))
numbers = st.integers(-(2**63), 2**64)
scalars = st.one_of(
    st.booleans(),
    numbers,
    texts,
    st.sampled_from(Capability),
    st.sampled_from(Signal),
    st.sampled_from(Errno),
    st.ip_addresses(),
    st.sampled_from((ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"), NO_ADDRESS)),
)


def perhaps(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value | Unknown]:
    return st.one_of(values, st.just(UNKNOWN))


identities = st.builds(Identity, st.sampled_from(("file", "task")), st.one_of(numbers, texts), st.integers(0, 3))
capabilities = perhaps(st.one_of(st.frozensets(st.sampled_from(Capability), max_size=3), st.just(ALL_CAPABILITIES)))
credentials = st.builds(
    Credentials,
    uid=perhaps(numbers),
    euid=perhaps(numbers),
    groups=perhaps(st.frozensets(numbers, max_size=3)),
    effective=capabilities,
    permitted=capabilities,
    inheritable=capabilities,
    bounding=capabilities,
    ambient=capabilities,
    securebits=perhaps(st.frozensets(st.sampled_from(("noroot", "keep_caps")))),
    no_new_privs=perhaps(st.booleans()),
    namespace=st.integers(0, 5),
)
tasks = st.builds(
    Task,
    pid=numbers,
    tgid=numbers,
    ppid=numbers,
    credentials=credentials,
    exe=perhaps(texts),
    comm=perhaps(texts),
    dumpable=perhaps(st.booleans()),
)
files = st.builds(
    File,
    path=perhaps(texts),
    identity=perhaps(identities),
    type=perhaps(st.sampled_from(("regular", "fifo"))),
    owner=perhaps(numbers),
    mode=perhaps(numbers),
    filesystem=perhaps(texts),
    sha256=perhaps(st.just("00ff")),
    xattrs=perhaps(st.dictionaries(texts, texts, max_size=3).map(HashTrieMap)),
)
sockets = st.builds(
    Socket,
    identity=perhaps(identities),
    home=st.integers(0, 5),
    family=perhaps(st.just("inet")),
    address=perhaps(st.one_of(st.ip_addresses(), st.just(NO_ADDRESS))),
    port=perhaps(numbers),
    path=perhaps(texts),
    abstract=perhaps(texts),
)
namespaces = st.builds(
    NamespaceFacts, st.integers(0, 9), st.just("a"), st.just("host.a"), st.integers(0, 9), st.booleans()
)
things = st.builds(
    Thing,
    kind=st.sampled_from(("ipc", "key", "bpf")),
    identity=perhaps(identities),
    home=st.one_of(st.none(), st.integers(0, 5)),
    facts=st.dictionaries(st.sampled_from(("owner", "name", "mode")), perhaps(scalars), max_size=3).map(HashTrieMap),
)
values = st.one_of(
    scalars,
    st.frozensets(scalars, max_size=4),
    st.frozensets(st.frozensets(numbers, max_size=2), max_size=2),
    tasks,
    files,
    sockets,
    namespaces,
    things,
    credentials,
)


@given(perhaps(values))
def test_a_value_reads_back_from_its_json_as_what_it_was(value: Value | Unknown) -> None:
    line = canonical_json(FORM.dump_python(encode.value(value), mode="json", exclude_none=True))
    form = FORM.validate_json(line, strict=True)

    assert decode.value(form) == value
    assert type(decode.value(form)) is type(value)


@given(perhaps(values), perhaps(values))
def test_different_values_have_different_json(one: Value | Unknown, other: Value | Unknown) -> None:
    lines = [
        canonical_json(FORM.dump_python(encode.value(value), mode="json", exclude_none=True)) for value in (one, other)
    ]

    if lines[0] == lines[1]:
        assert one == other


@given(st.frozensets(numbers, min_size=2, max_size=5), st.randoms())
def test_a_set_has_one_order_whatever_order_it_was_made_in(members: frozenset[int], random: st.DataObject) -> None:
    shuffled = list(members)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert encode.value(frozenset(shuffled)) == encode.value(members) == tuple(sorted(members))


@example("\x7f\x1b[0m\u202e\n")
@given(texts)
def test_no_byte_of_canonical_json_steers_a_terminal(text: str) -> None:
    line = canonical_json(FORM.dump_python(encode.value(text), mode="json"))

    assert line.isascii()
    assert line.isprintable()


def test_a_file_name_in_another_encoding_is_text_with_its_stray_bytes_written_out() -> None:
    assert encode.text("/srv/caf\udce9 \\ é") == Escaped(escaped="/srv/caf\\xe9 \\\\ é")
    assert decode.text(Escaped(escaped="/srv/caf\\xe9 \\\\ é")) == "/srv/caf\udce9 \\ é"


def test_true_is_not_one_and_unknown_is_not_absent() -> None:
    assert encode.value(True) is True
    assert encode.value(1) == 1
    assert encode.value(UNKNOWN) == UnknownForm(unknown=True)
    assert decode.value(FORM.validate_json("1", strict=True)) is not True


@pytest.mark.parametrize(
    ("json", "fault"),
    [
        ('{"capability": "CAP_FLY"}', "CAP_FLY"),
        ('{"signal": "SIGNAL"}', "SIGNAL"),
        ('{"errno": "EFLY"}', "EFLY"),
        ('{"address": "10.0.0"}', "10.0.0"),
        ('{"network": "10.0.0.1/8"}', "host bits"),
        ('{"escaped": "\\\\q"}', "escape"),
        ('[{"unknown": true}]', "unknown"),
    ],
)
def test_a_form_that_stands_for_nothing_is_a_clear_error(json: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        decode.value(FORM.validate_json(json, strict=True))


def test_an_address_reads_back() -> None:
    assert decode.value(encode.value(ip_address("2001:db8::1"))) == ip_address("2001:db8::1")
