"""Keys and keyrings that the kernel keeps for programs, keyrings(7)."""

from functools import partial
from typing import Final

from nslsm.hooks.commands import KEY_NEED
from nslsm.hooks.entry import Answering, Telling
from nslsm.hooks.kinds import KEY, NATURAL
from nslsm.hooks.model import Family, Hook
from nslsm.hooks.types import BOOL, INT, Fact

_CONFIG: Final = "CONFIG_KEYS"
_asks: Final = partial(Hook, object=KEY, config=_CONFIG)
_tells: Final = partial(Telling, object=KEY, config=_CONFIG)

FAMILY: Final = Family.of(
    "key",
    "Keys and keyrings that the kernel keeps for programs, keyrings(7).",
    _asks(
        "key_alloc",
        doc="A key or keyring is about to be made, add_key(2), request_key(2), keyctl(2).",
        prototype="int key_alloc(struct key *key, const struct cred *cred, unsigned long flags)",
        object_is="the key to be",
        subject="the task whose credentials the key is made with",
    ),
    _tells(
        "key_free",
        doc="What modules kept about a key is being freed.",
        prototype="void key_free(struct key *key)",
        until="6.1",
    ),
    _asks(
        "key_permission",
        doc="A key or keyring is about to be looked at, searched, linked, read or changed, keyctl(2).",
        prototype=("int key_permission(key_ref_t key_ref, const struct cred *cred, enum key_need_perm need_perm)"),
        subject="the task whose credentials are asked about",
        repeats="a search goes through keyrings in keyrings",
        facts=(Fact("need", KEY_NEED, "what it is needed for"),),
    ),
    Answering(
        "key_getsecurity",
        doc="A program is about to be told a key's label, keyctl(2) KEYCTL_GET_SECURITY.",
        prototype="int key_getsecurity(struct key *key, char **buffer)",
        object=KEY,
        config=_CONFIG,
        why_other="The answer is how many bytes the label takes; the default says that there is none.",
    ),
    _tells(
        "key_post_create_or_update",
        doc="A key has been made or given other contents, add_key(2), keyctl(2).",
        prototype=(
            "void key_post_create_or_update(struct key *keyring, struct key *key, const void *payload,"
            " size_t payload_len, unsigned long flags, bool create)"
        ),
        since="6.12",
        facts=(
            Fact("keyring", KEY, "the keyring that it is in"),
            Fact("size", INT, "how many bytes its contents have", NATURAL),
            Fact("created", BOOL, "it is new, and was not given other contents only"),
        ),
    ),
    Hook(
        "watch_key",
        doc="A program is about to be told what happens to a key, keyctl(2) KEYCTL_WATCH_KEY.",
        prototype="int watch_key(struct key *key)",
        object=KEY,
        config="CONFIG_KEY_NOTIFICATIONS",
    ),
)
