"""What execve(2) makes of a task's credentials: set-id bits, file capabilities, root, ambient ones (capabilities(7)).

After ``bprm_fill_uid`` (fs/exec.c) and ``cap_bprm_creds_from_file`` (security/commoncap.c). Facts that nobody knows make
unknown whatever hangs on them, and no more.
"""

from typing import Final, NamedTuple

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.file_capabilities import FileCapabilities
from nslsm.kernel.refusal import Refused
from nslsm.kernel.ternary import (
    Truth,
    all_of,
    any_of,
    choose,
    equal,
    meet,
    member,
    negation,
    union,
    within,
)
from nslsm.protocol.things import NO_CAPABILITIES, Capabilities, Credentials, File

_SETUID = 0o4000
_SETGID_FOR_GROUP = 0o2010
"""Set-group-id counts where the group may execute; without that bit it once meant mandatory locking."""
_ROOT = 0


class Circumstances(NamedTuple):
    """What beside the file decides: who watches, who shares, and which kernel it is."""

    watched: Truth = False
    """A tracer without CAP_SYS_PTRACE would see into a program with more rights (``LSM_UNSAFE_PTRACE``)."""
    shared: Truth = False
    """Another process shares the current directory and root (``LSM_UNSAFE_SHARE``)."""
    compares_effective: bool = True
    """Linux 6.16 and newer: an id counts as changed if it is another than the effective one was, before: than the real one."""


ORDINARY: Final = Circumstances()
"""Nobody watches, nobody shares."""


class _Ids(NamedTuple):
    user: int | Unknown
    group: int | Unknown


def exec_credentials(
    old: Credentials,
    file: File,
    capabilities: FileCapabilities | Unknown | None,
    circumstances: Circumstances = ORDINARY,
    *,
    happened: bool = False,
) -> Credentials:
    """The credentials with which ``file`` starts; Refused with EPERM where it could not be given what it insists on.

    ``happened``: a recording shows that it was run, so that nothing is refused.
    """
    carries: Truth = UNKNOWN if isinstance(capabilities, Unknown) else capabilities is not None
    granted, at_once = _from_file(old, capabilities, happened=happened)
    ids = _set_ids(old, file)
    granted, at_once = _for_root(old, ids, carries, granted, at_once)
    changed = _ids_change(old, ids, circumstances)
    more = any_of(changed, negation(within(granted, old.permitted)))
    guarded = any_of(circumstances.watched, circumstances.shared, old.no_new_privs)
    ids = _held_back(old, ids, more, guarded)
    granted = choose(guarded, meet(granted, old.permitted), granted)
    ambient = choose(any_of(carries, changed), NO_CAPABILITIES, old.ambient)
    permitted = union(granted, ambient)
    securebits = old.securebits
    return replace(
        old,
        euid=ids.user,
        suid=ids.user,
        fsuid=ids.user,
        egid=ids.group,
        sgid=ids.group,
        fsgid=ids.group,
        permitted=permitted,
        effective=choose(at_once, permitted, ambient),
        ambient=ambient,
        securebits=securebits if isinstance(securebits, Unknown) else securebits - {"keep_caps"},
    )


def _from_file(
    old: Credentials, capabilities: FileCapabilities | Unknown | None, *, happened: bool
) -> tuple[Capabilities | Unknown, Truth]:
    """What the file's own capabilities grant, and whether at once; EPERM where a file that wants them at once gets fewer."""
    if isinstance(capabilities, Unknown):
        return UNKNOWN, UNKNOWN
    if capabilities is None:
        return NO_CAPABILITIES, False
    granted = union(meet(old.bounding, capabilities.permitted), meet(old.inheritable, capabilities.inheritable))
    enough = within(capabilities.permitted, granted)
    if capabilities.effective and enough is False and not happened:
        raise Refused(Errno.EPERM, "the program's file insists on capabilities that the bounding set withholds")
    return granted, capabilities.effective


def _set_ids(old: Credentials, file: File) -> _Ids:
    """The effective ids after the file's set-id bits, which no_new_privs switches off."""
    counts = negation(old.no_new_privs)
    mode = file.mode
    user: Truth = UNKNOWN if isinstance(mode, Unknown) else mode & _SETUID != 0
    group: Truth = UNKNOWN if isinstance(mode, Unknown) else mode & _SETGID_FOR_GROUP == _SETGID_FOR_GROUP
    return _Ids(
        choose(all_of(counts, user), file.owner, old.euid),
        choose(all_of(counts, group), file.group, old.egid),
    )


def _for_root(
    old: Credentials, ids: _Ids, carries: Truth, granted: Capabilities | Unknown, at_once: Truth
) -> tuple[Capabilities | Unknown, Truth]:
    """Root gets all that the bounding set allows, unless securebits say otherwise (``handle_privileged_root``).

    A set-uid-root program whose file carries capabilities gives an ordinary user those, and not root's.
    """
    really, in_effect = equal(old.uid, _ROOT), equal(ids.user, _ROOT)
    special = negation(member("noroot", old.securebits))
    mixed = all_of(carries, negation(really), in_effect)
    privileged = all_of(special, negation(mixed), any_of(really, in_effect))
    return (
        choose(privileged, union(old.bounding, old.inheritable), granted),
        any_of(all_of(special, negation(mixed), in_effect), at_once),
    )


def _ids_change(old: Credentials, ids: _Ids, circumstances: Circumstances) -> Truth:
    if not circumstances.compares_effective:
        return any_of(negation(equal(ids.user, old.uid)), negation(equal(ids.group, old.gid)))
    belongs = any_of(equal(ids.group, old.fsgid), member(ids.group, old.groups))
    return any_of(negation(equal(ids.user, old.euid)), negation(belongs))


def _held_back(old: Credentials, ids: _Ids, more: Truth, guarded: Truth) -> _Ids:
    """Where somebody watches or no_new_privs holds, a program that would get ``more`` goes on as the real user.

    Only with CAP_SETUID, and without no_new_privs, the ids may change all the same.
    """
    keeps = all_of(member(Capability.CAP_SETUID, old.effective), negation(old.no_new_privs))
    resets = all_of(more, guarded, negation(keeps))
    user, group = choose(resets, old.uid, ids.user), choose(resets, old.gid, ids.group)
    if guarded is True and keeps is False:
        user = old.uid if old.uid == old.euid else user
        group = old.gid if old.gid == old.egid else group
    return _Ids(user, group)
