"""What add_key(2), request_key(2) and keyctl(2) raise."""

from typing import Final

from nslsm.kernel.mapping.entry import Mapped, mapped
from nslsm.kernel.operations import keys as op

_MAKES: Final = "key_alloc @ key_alloc: a keyring of the caller's that is named and not there yet"
_SEARCH: Final = "key_permission @ keyring_search_rcu keyring_search_iterator: a search, for each keyring and what fits"
_PREPARES: Final = "~cred_prepare @ prepare_creds: the caller gets a keyring"

KEYS: Final[tuple[Mapped, ...]] = (
    mapped(
        op.AddKey,
        "add_key",
        "sys_add_key, lookup_user_key, key_create_or_update",
        _PREPARES,
        _MAKES,
        _SEARCH,
        "key_permission @ lookup_user_key: the keyring, to write",
        "key_permission @ key_create_or_update: the keyring, to write",
        "key_permission @ __key_update: a key that is there, to write",
        "key_alloc @ key_alloc: a new key",
        "key_post_create_or_update @ __key_create_or_update: since 6.9",
    ),
    mapped(
        op.RequestKey,
        "request_key",
        "sys_request_key, request_key_and_link, construct_key",
        _PREPARES,
        _MAKES,
        "key_permission @ lookup_user_key: the keyring that it is to be linked into, to write",
        _SEARCH,
        "key_alloc @ key_alloc: it is not found, and user space is asked: the key, the right to make it, a keyring",
        "key_permission @ request_key_and_link: the key, to link it",
    ),
    mapped(
        op.ControlKey,
        "keyctl",
        "sys_keyctl, lookup_user_key, join_session_keyring",
        _PREPARES,
        _MAKES + ", or a new session's",
        _SEARCH + "; for each key that is named by its number",
        "key_permission @ lookup_user_key: each key that is named, for what is done to it",
        "key_permission @ keyctl_read_key key_update keyctl_keyring_search: to read (whoever possesses a key reads it anyway),"
        " to write, to link",
        "key_getsecurity @ keyctl_get_security: KEYCTL_GET_SECURITY",
        "watch_key @ keyctl_watch_key: KEYCTL_WATCH_KEY",
        "capable @ keyctl_chown_key keyctl_setperm_key keyctl_get_persistent: KEYCTL_CHOWN and KEYCTL_SETPERM before 6.7,"
        " or another's (CAP_SYS_ADMIN); another user's persistent keyring (CAP_SETUID)",
        "key_post_create_or_update @ key_update: KEYCTL_UPDATE, since 6.9",
        "~cred_alloc_blank @ cred_alloc_blank: KEYCTL_SESSION_TO_PARENT",
    ),
)
"""Calls on keys, in the order of :data:`nslsm.kernel.operations.keys.KEYS`."""
