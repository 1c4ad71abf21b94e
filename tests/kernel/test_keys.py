from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.model import Consequence
from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.context import Detail
from nslsm.kernel.event import Recorded
from nslsm.kernel.operations import At, Execute, Exit
from nslsm.kernel.operations.keys import (
    PROCESS_KEYRING,
    SESSION_KEYRING,
    THREAD_KEYRING,
    USER_KEYRING,
    AddKey,
    ControlKey,
    RequestKey,
)
from nslsm.kernel.world import World
from nslsm.protocol.request import Request
from tests.kernel.machine import Machine, Ran


def needs(ran: Ran) -> list[object]:
    return [request.argument("need") for request in ran.requests if request.hook.name == "key_permission"]


def with_key(uid: int = 1000, keyring: int = PROCESS_KEYRING, profile: str = "7.2") -> tuple[Machine, int, int]:
    machine = Machine(World.OPEN, profile=profile)
    pid = machine.process(uid)
    return machine, pid, machine.run(pid, AddKey("user", "mine", keyring, 6)).result


def test_the_first_key_makes_the_processs_keyring() -> None:
    machine = Machine()

    ran = machine.run(machine.process(1000), AddKey("user", "mine", PROCESS_KEYRING, 6), detail=Detail.EVERY)

    assert ran.hooks == [
        "cred_prepare", "key_alloc", "key_permission", "key_permission", "key_alloc", "key_post_create_or_update"
    ]  # fmt: skip
    made = ran.the("key_alloc", 1).object
    assert (made.facts["type"], made.facts["description"], made.facts["owner"]) == ("user", "mine", 1000)
    assert ran.the("key_alloc").object.facts["description"] == "_pid"
    post = ran.the("key_post_create_or_update")
    assert (post.argument("created"), post.argument("size")) == (True, 6)


def test_the_same_name_in_the_same_keyring_is_the_same_key() -> None:
    machine, pid, key = with_key()

    again = machine.run(pid, AddKey("user", "mine", PROCESS_KEYRING, 3))
    other = machine.run(pid, AddKey("user", "another", PROCESS_KEYRING, 3))

    assert (again.result, needs(again)) == (key, ["write", "write", "write"])
    assert "key_alloc" not in again.hooks
    assert again.the("key_post_create_or_update").argument("created") is False
    assert other.result != key


def test_a_key_is_searched_for_in_the_callers_keyrings_before_it_is_had() -> None:
    machine, pid, key = with_key()

    read = machine.run(pid, ControlKey("read", key))

    assert needs(read) == ["search", "search", "defer_perm_check", "read"]
    assert [request.consequence for request in read.requests[:2]] == [Consequence.ELEMENT] * 2
    assert needs(machine.run(pid, ControlKey("describe", key))) == ["search", "search", "view"]


def test_who_does_not_possess_a_key_has_what_its_owner_has_only() -> None:
    machine, _, key = with_key()
    neighbour, stranger = machine.process(1000), machine.process(1001)

    assert machine.run(neighbour, ControlKey("describe", key)).errno is None
    assert machine.run(neighbour, ControlKey("read", key)).errno is Errno.EACCES
    refused = machine.run(stranger, ControlKey("describe", key))
    assert (refused.errno, refused.hooks) == (Errno.EACCES, [])


def test_who_is_refused_the_search_does_not_possess_the_key() -> None:
    machine, pid, key = with_key()

    def hides(request: Request) -> bool:
        return request.argument("need") != "search"

    ran = machine.run(pid, ControlKey("read", key), grant=hides)

    assert ran.errno is Errno.EACCES
    assert needs(ran) == ["search", "defer_perm_check"]


def test_who_possesses_a_key_reads_it_whatever_is_said_to_reading() -> None:
    machine, pid, key = with_key()

    ran = machine.run(pid, ControlKey("read", key), grant=lambda request: request.argument("need") != "read")

    assert ran.errno is None
    assert ran.the("key_permission", 3).consequence is Consequence.PROBE


def test_a_request_finds_what_is_there_and_links_it_where_it_is_told_to() -> None:
    machine, pid, key = with_key()

    found = machine.run(pid, RequestKey("user", "mine"))
    linked = machine.run(pid, RequestKey("user", "mine", THREAD_KEYRING))
    missing = machine.run(pid, RequestKey("user", "other"))

    assert (found.result, needs(found)) == (key, ["search", "search"])
    assert needs(linked)[0] == "write"
    assert needs(linked)[-1] == "link"
    assert key in machine.state.keys.keys[machine.state.keys.threads[pid]].links
    assert missing.errno is Errno.ENOKEY


def test_what_user_space_is_asked_for_is_made_with_the_right_to_make_it() -> None:
    machine, pid, _ = with_key()

    asked = machine.run(pid, RequestKey("user", "other", calls_out=True))

    assert asked.hooks.count("key_alloc") == 3
    assert asked.errno is Errno.ENOKEY


def test_keyrings_in_keyrings_are_searched() -> None:
    machine = Machine()
    pid = machine.process(1000)
    inner = machine.run(pid, AddKey("keyring", "box", PROCESS_KEYRING)).result
    key = machine.run(pid, AddKey("user", "deep", inner)).result

    ran = machine.run(pid, ControlKey("search", keyring=PROCESS_KEYRING, type="user", description="deep"))

    assert ran.result == key
    asked = [request.object.facts["description"] for request in ran.requests]
    assert asked == ["_pid", "_pid", "box", "deep"]


def test_a_revoked_key_is_no_more_use() -> None:
    machine, pid, key = with_key()
    machine.run(pid, ControlKey("revoke", key))

    assert machine.run(pid, ControlKey("read", key)).errno is Errno.EKEYREVOKED
    assert machine.run(pid, RequestKey("user", "mine")).errno is Errno.ENOKEY


def test_a_key_that_is_in_no_keyring_any_more_is_gone() -> None:
    machine, pid, key = with_key()

    gone = machine.run(pid, ControlKey("unlink", key, PROCESS_KEYRING))

    assert needs(gone) == ["write", "search", "search", "unlink"]
    assert key not in machine.state.keys.keys
    assert machine.run(pid, ControlKey("describe", key)).errno is Errno.ENOKEY


def test_a_session_passes_on_at_fork_and_exec_and_what_a_process_kept_does_not() -> None:
    machine, pid, own = with_key()
    shared = machine.run(pid, AddKey("user", "ours", SESSION_KEYRING)).result
    child = machine.fork(pid)

    assert needs(machine.run(child, ControlKey("read", shared)))[-1] == "read"
    assert machine.run(child, ControlKey("read", own)).errno is Errno.EACCES
    machine.run(pid, Execute(At("/bin/x")))
    assert own not in machine.state.keys.keys
    assert machine.run(pid, ControlKey("read", shared)).errno is None
    machine.run(pid, Exit())
    machine.run(child, Exit())
    assert shared not in machine.state.keys.keys


def test_a_session_joined_by_its_name_is_the_one_that_is_there() -> None:
    machine = Machine()
    one, other, stranger = machine.process(1000), machine.process(1000), machine.process(1001)
    first = machine.run(one, ControlKey("join_session_keyring", description="work"))
    machine.run(one, ControlKey("setperm", SESSION_KEYRING, mode=0x3F3F0000))

    joined = machine.run(other, ControlKey("join_session_keyring", description="work"), detail=Detail.EVERY)
    apart = machine.run(stranger, ControlKey("join_session_keyring", description="work"))

    assert (joined.hooks, joined.result) == (["cred_prepare", "key_permission"], first.result)
    assert (apart.hooks, apart.result != first.result) == (["key_alloc"], True)


def test_a_users_keyrings_are_made_once() -> None:
    machine = Machine()
    one, other = machine.process(1000), machine.process(1000)

    first = machine.run(one, ControlKey("describe", USER_KEYRING))
    again = machine.run(other, ControlKey("describe", USER_KEYRING))

    assert first.hooks.count("key_alloc") == 3
    assert "key_alloc" not in again.hooks
    assert first.the("key_permission", -1).object == again.the("key_permission", -1).object


def test_giving_a_key_away_needs_cap_sys_admin_and_older_kernels_always_ask() -> None:
    machine, pid, key = with_key()
    old, elder, kept = with_key(profile="6.1")

    assert machine.run(pid, ControlKey("chown", key, owner=1001)).errno is Errno.EACCES
    assert "capable" not in machine.run(pid, ControlKey("setperm", key, mode=0x3F010000)).hooks
    asked = old.run(elder, ControlKey("setperm", kept, mode=0x3F010000))
    assert asked.the("capable").argument("cap") is Capability.CAP_SYS_ADMIN
    assert asked.errno is None


def test_a_label_and_a_watch_are_asked_for_after_the_look() -> None:
    machine, pid, key = with_key()

    assert machine.run(pid, ControlKey("get_security", key)).hooks[-2:] == ["key_permission", "key_getsecurity"]
    assert machine.run(pid, ControlKey("watch_key", key)).hooks[-1] == "watch_key"


def test_keys_of_the_kernels_own_and_of_no_known_type_are_not_made() -> None:
    machine = Machine()
    pid = machine.process(1000)

    assert machine.run(pid, AddKey(".user", "a", PROCESS_KEYRING)).errno is Errno.EPERM
    assert machine.run(pid, AddKey("nonsense", "a", PROCESS_KEYRING)).errno is Errno.ENODEV
    assert machine.run(pid, ControlKey("unlink", 5, PROCESS_KEYRING)).errno is Errno.ENOKEY
    assert machine.run(pid, AddKey("user", "a", 77)).errno is Errno.ENOKEY


class TestReplay:
    """What a recording shows of keys."""

    def recording(self) -> tuple[Machine, int]:
        machine = Machine(World.RECORDED)
        return machine, machine.process(1000, pid=100, parent=0)

    def test_a_key_that_was_seen_made_is_found_again_by_its_number(self) -> None:
        machine, pid = self.recording()
        machine.run(pid, AddKey("user", "mine", PROCESS_KEYRING, 6), Recorded(449384482))

        ran = machine.run(pid, ControlKey("read", 449384482), Recorded(6))

        assert needs(ran) == ["search", "search", "defer_perm_check", "read"]
        assert ran.the("key_permission", 3).object.facts["description"] == "mine"

    def test_a_key_of_elsewhere_is_unknown(self) -> None:
        machine, pid = self.recording()

        ran = machine.run(pid, ControlKey("describe", 12), Recorded(6))

        assert ran.the("key_permission").object is UNKNOWN

    def test_what_was_not_found_asked_nothing_about_it(self) -> None:
        machine, pid = self.recording()

        assert machine.run(pid, ControlKey("describe", 12), Recorded(-1, Errno.ENOKEY)).hooks == []
        assert machine.run(pid, RequestKey("user", "x"), Recorded(-1, Errno.ENOKEY)).hooks == []

    def test_a_keyrings_number_that_is_told_later_is_its_number(self) -> None:
        machine, pid = self.recording()
        machine.run(pid, AddKey("user", "mine", PROCESS_KEYRING, 6), Recorded(7))

        machine.run(pid, ControlKey("get_keyring_id", PROCESS_KEYRING), Recorded(99))
        ran = machine.run(pid, AddKey("user", "other", 99), Recorded(8))

        assert ran.the("key_alloc").object.facts["description"] == "other"
        assert machine.state.keys.keys[99].links == (7, 8)
