"""Calls on keys as strace writes them."""

import pytest

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel.operations import Operation
from nslsm.kernel.operations.keys import AddKey, ControlKey, RequestKey
from tests.importers.traces.decode.test_decode import decoded

ASKED: dict[str, Operation] = {
    'add_key("user", "mine", "secret", 6, KEY_SPEC_PROCESS_KEYRING) = 449384482': AddKey("user", "mine", -2, 6),
    'add_key("keyring", "box", NULL, 0, 0xfffffffd) = 5': AddKey("keyring", "box", -3, 0),
    'request_key("user", "mine", NULL, KEY_SPEC_THREAD_KEYRING) = 4': RequestKey("user", "mine", -1),
    'request_key("user", "mi"..., "", 0) = -1 ENOKEY (Required key not available)': RequestKey(
        "user", UNKNOWN, 0, calls_out=True
    ),
    'keyctl(KEYCTL_READ, 449384482, "secret", 16) = 6': ControlKey("read", 449384482),
    "keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL) = 930090965": ControlKey("join_session_keyring"),
    'keyctl(KEYCTL_JOIN_SESSION_KEYRING, "work") = 9': ControlKey("join_session_keyring", description="work"),
    "keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) = 9": ControlKey("get_keyring_id", -3, create=True),
    "keyctl(KEYCTL_LINK, 7, KEY_SPEC_USER_KEYRING) = 0": ControlKey("link", 7, -4),
    "keyctl(KEYCTL_MOVE, 7, 8, 9, 0) = 0": ControlKey("move", 7, 8, 9),
    'keyctl(KEYCTL_SEARCH, 8, "user", "mine", 0) = 7': ControlKey("search", keyring=8, type="user", description="mine"),
    "keyctl(KEYCTL_CHOWN, 7, 1000, -1) = 0": ControlKey("chown", 7, owner=1000, group=-1),
    "keyctl(KEYCTL_SETPERM, 7, KEY_POS_VIEW|KEY_USR_ALL) = 0": ControlKey("setperm", 7, mode=UNKNOWN),
    "keyctl(KEYCTL_SETPERM, 7, KEY_POS_VIEW|KEY_USR_READ) = 0": ControlKey("setperm", 7, mode=0x01020000),
    "keyctl(KEYCTL_GET_PERSISTENT, -1, 9) = 10": ControlKey("get_persistent", owner=-1, to=9),
    "keyctl(KEYCTL_CAPABILITIES, 0x7ffe, 2) = 2": ControlKey("capabilities"),
    "keyctl(0xffff, 1) = -1 EOPNOTSUPP (Operation not supported)": ControlKey(UNKNOWN),
}


@pytest.mark.parametrize("line", ASKED, ids=range(len(ASKED)))
def test_a_call_is_what_it_asks(line: str) -> None:
    assert decoded(line).operation == ASKED[line]
