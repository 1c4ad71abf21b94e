"""What a request is about, in a few words."""

import pytest
from rpds import HashTrieMap

from nslsm.audit.naming import name_of, object_of
from nslsm.hooks.linux import Capability
from nslsm.hooks.types import NO_ADDRESS, UNKNOWN
from nslsm.protocol.things import Credentials, Identity, NamespaceFacts, Object, Socket, Thing
from tests.audit.samples import capable, connected, file, opened, request, task

PERSON = task()
SOCKET = Socket(Identity("socket", 1), 0, family="unix", type="stream")


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (file("/etc/passwd"), "/etc/passwd"),
        (file(UNKNOWN), "?"),
        (PERSON, "process 42 (/bin/sh)"),
        (task(exe=UNKNOWN), "process 42"),
        (SOCKET, "unix stream socket"),
        (Socket(UNKNOWN, 0), "socket"),
        (NamespaceFacts(1, "ward", "host.ward", 1, sealed=True), "namespace host.ward"),
        (Thing(kind="module", identity=UNKNOWN, facts=HashTrieMap({"name": "evil"})), "module evil"),
        (Thing(kind="key", identity=UNKNOWN), "key"),
        (Credentials(), "credentials"),
    ],
)
def test_a_thing_has_a_name(thing: Object, name: str) -> None:
    assert name_of(thing) == name


def test_a_connection_is_named_by_its_far_end() -> None:
    assert object_of(connected(PERSON)) == "192.0.2.9:80"
    assert object_of(connected(PERSON, "2001:db8::1", 443)) == "[2001:db8::1]:443"


def test_a_unix_connection_is_named_by_its_path_or_abstract_name() -> None:
    by_path = request("socket_connect", PERSON, SOCKET, family="unix", address=NO_ADDRESS, path="/run/bus")
    abstract = request("socket_connect", PERSON, SOCKET, family="unix", address=NO_ADDRESS, path="", abstract="bus")
    neither = request("socket_connect", PERSON, SOCKET)

    assert object_of(by_path) == "/run/bus"
    assert object_of(abstract) == "@bus"
    assert object_of(neither) == "unix stream socket"


def test_what_has_no_object_is_named_by_its_first_fact() -> None:
    assert object_of(capable(PERSON, Capability.CAP_KILL)) == "CAP_KILL"


def test_an_object_that_nobody_knows_is_a_question_mark() -> None:
    assert object_of(opened(PERSON)._replace(object=UNKNOWN)) == "?"
