"""What setuid(2) and its kin, capset(2) and prctl(2) make of credentials: pure arithmetic, after security/commoncap.c.

Whether the caller may is checked elsewhere, except where the rule is about the sets themselves.
"""

from typing import Final

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.refusal import Refused
from nslsm.kernel.ternary import Truth, all_of, any_of, choose, equal, meet, member, negation, union, within
from nslsm.protocol.things import NO_CAPABILITIES, Capabilities, Credentials

FILE_CAPABILITIES: Final[Capabilities] = frozenset(
    {
        Capability.CAP_CHOWN,
        Capability.CAP_DAC_OVERRIDE,
        Capability.CAP_DAC_READ_SEARCH,
        Capability.CAP_FOWNER,
        Capability.CAP_FSETID,
        Capability.CAP_LINUX_IMMUTABLE,
        Capability.CAP_MKNOD,
        Capability.CAP_MAC_OVERRIDE,
    }
)
"""Those that follow the file system user id (``CAP_FS_SET``)."""

_ROOT: Final = 0


def with_users(old: Credentials, real: int | Unknown, effective: int | Unknown, saved: int | Unknown) -> Credentials:
    """The credentials with other user ids; the file system's follows the effective one, and capabilities follow root's ids."""
    new = replace(old, uid=real, euid=effective, suid=saved, fsuid=effective)
    return _follow_root(old, new)


def _follow_root(old: Credentials, new: Credentials) -> Credentials:
    """``cap_emulate_setxuid``: who gives up root's last id gives up capabilities too, unless securebits say otherwise."""
    fixes = negation(member("no_setuid_fixup", old.securebits))
    was = any_of(*(equal(uid, _ROOT) for uid in (old.uid, old.euid, old.suid)))
    still = any_of(*(equal(uid, _ROOT) for uid in (new.uid, new.euid, new.suid)))
    leaves = all_of(fixes, was, negation(still))
    loses = all_of(leaves, negation(member("keep_caps", old.securebits)))
    permitted = choose(loses, NO_CAPABILITIES, old.permitted)
    effective = choose(loses, NO_CAPABILITIES, old.effective)
    acted, acts = equal(old.euid, _ROOT), equal(new.euid, _ROOT)
    effective = choose(all_of(fixes, acted, negation(acts)), NO_CAPABILITIES, effective)
    effective = choose(all_of(fixes, negation(acted), acts), permitted, effective)
    ambient = choose(leaves, NO_CAPABILITIES, old.ambient)
    return replace(new, permitted=permitted, effective=effective, ambient=ambient)


def with_file_user(old: Credentials, uid: int | Unknown) -> Credentials:
    """The credentials with another file system user id, setfsuid(2)."""
    fixes = negation(member("no_setuid_fixup", old.securebits))
    was, becomes = equal(old.fsuid, _ROOT), equal(uid, _ROOT)
    fewer = UNKNOWN if isinstance(old.effective, Unknown) else old.effective - FILE_CAPABILITIES
    more = union(old.effective, meet(old.permitted, FILE_CAPABILITIES))
    effective = choose(all_of(fixes, was, negation(becomes)), fewer, old.effective)
    effective = choose(all_of(fixes, negation(was), becomes), more, effective)
    return replace(old, fsuid=uid, effective=effective)


def with_groups(old: Credentials, real: int | Unknown, effective: int | Unknown, saved: int | Unknown) -> Credentials:
    """The credentials with other group ids; the file system's follows the effective one."""
    return replace(old, gid=real, egid=effective, sgid=saved, fsgid=effective)


def with_capabilities(
    old: Credentials,
    effective: Capabilities | Unknown,
    permitted: Capabilities | Unknown,
    inheritable: Capabilities | Unknown,
    *,
    certain: bool = True,
) -> Credentials:
    """The credentials after capset(2) (``cap_capset``); EPERM where it asks for more than it may.

    ``certain`` False (a replay): the kernel has agreed, so nothing is refused.
    """
    permits = (
        any_of(
            within(inheritable, union(old.inheritable, old.permitted)),
            member(Capability.CAP_SETPCAP, old.effective),
        ),
        within(inheritable, union(old.inheritable, old.bounding)),
        within(permitted, old.permitted),
        within(effective, permitted),
    )
    if certain and all_of(*permits) is not True:
        unknown = frozenset({"subject.permitted"}) if False not in permits else frozenset[str]()
        raise Refused(Errno.EPERM, "capset(2) asks for capabilities that the task may not have", unknown)
    ambient = meet(old.ambient, meet(permitted, inheritable))
    return replace(old, effective=effective, permitted=permitted, inheritable=inheritable, ambient=ambient)


def without_bounding(old: Credentials, capability: Capability | Unknown) -> Credentials:
    """The credentials after prctl(2) PR_CAPBSET_DROP."""
    if isinstance(capability, Unknown) or isinstance(old.bounding, Unknown):
        return replace(old, bounding=UNKNOWN)
    return replace(old, bounding=old.bounding - {capability})


def may_raise_ambient(old: Credentials, capability: Capability) -> Truth:
    """Whether PR_CAP_AMBIENT_RAISE may add the capability: it is permitted and inheritable, and no securebit forbids it."""
    return all_of(
        member(capability, old.permitted),
        member(capability, old.inheritable),
        negation(member("no_cap_ambient_raise", old.securebits)),
    )


def with_ambient(old: Credentials, capability: Capability, *, raised: bool) -> Credentials:
    """The credentials with a capability added to the ambient set, or taken off it."""
    if isinstance(old.ambient, Unknown):
        return old
    return replace(old, ambient=old.ambient | {capability} if raised else old.ambient - {capability})


LOCKABLE: Final = ("noroot", "no_setuid_fixup", "keep_caps", "no_cap_ambient_raise")
"""The securebits that have a lock: ``noroot_locked``, …"""


def may_set_securebits(old: frozenset[str] | Unknown, new: frozenset[str]) -> Truth:
    """Whether prctl(2) PR_SET_SECUREBITS may: no locked bit changes, no lock is taken off (``cap_task_prctl``)."""
    if isinstance(old, Unknown):
        return UNKNOWN
    locked = {bit for bit in LOCKABLE if f"{bit}_locked" in old}
    unlocks = any(f"{bit}_locked" not in new for bit in locked)
    return not unlocks and not any((bit in old) != (bit in new) for bit in locked)


def loosens(old: Credentials, new: Credentials) -> Truth:
    """Whether a change of credentials ends a process's being dumpable (``commit_creds``): other ids, or more capabilities."""
    same = all_of(
        equal(old.euid, new.euid),
        equal(old.egid, new.egid),
        equal(old.fsuid, new.fsuid),
        equal(old.fsgid, new.fsgid),
        within(new.permitted, old.permitted),
    )
    return negation(same)
