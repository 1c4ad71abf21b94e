"""One platform, composed of five controls by its boot line; the same platform, locked to one; and who may still do what."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import nslsm
from nslsm.api.attachment import Attachment
from nslsm.api.boot_line import compose

LINE: Final = "lockdown,capability,landlock,yama,safesetid,smack,bpf,ima,evm"
"""What /sys/kernel/security/lsm of the machine says."""
ARGUMENTS: Final[Mapping[str, Mapping[str, object]]] = {
    "lockdown": {"level": "integrity"},
    "yama": {"scope": 1},
    "safesetid": {"uids": {1000: {1000}}},
    "smack": {"start": "Work", "rules": {("Work", "Shared"): {"r"}}},
}
ONE: Final = "smack"
"""The control that the other platform is locked to."""

HELD: Final = frozenset({nslsm.Capability.CAP_MAC_ADMIN, nslsm.Capability.CAP_SETUID})
"""What tenants hold: enough to say what they are bound by, and to become somebody else."""


class NoNetwork(nslsm.Control):
    """What a tenant attaches while everything runs: no connection to anywhere."""

    handles = frozenset({"socket_connect"})

    def judge(self, request: nslsm.Request, state: object) -> object:
        """Everybody is denied."""
        del request, state
        return False


@cache
def base(name: str) -> nslsm.PolicyItem:
    """A control of the shipped ones."""
    return nslsm.load_policy(f"base.{name}")[name]


@dataclass
class Platform:
    """A kernel; a tenant in a namespace of its own; and a job of the tenant's, in one below that."""

    kernel: nslsm.Kernel
    tenant: nslsm.Task
    job: nslsm.Task
    stranger: nslsm.Task
    """A process of the same user, in none of these namespaces and nobody's parent."""


def started(*, locked: bool) -> Platform:
    """The platform with its tenants; where it is ``locked``, it binds one control, and below nothing else is ever bound."""
    kernel = nslsm.Kernel()
    smack = base(ONE)(**ARGUMENTS[ONE])
    if locked:
        kernel.exchange("root", smack)
        done = kernel.init.lsm_lock("root", smack)
        assert done, done.explain()
    else:
        kernel.exchange("root", compose(LINE, arguments=ARGUMENTS))
    kernel.file("/srv/work", mode=0o666, xattrs={"security.SMACK64": "Work"})
    kernel.file("/srv/shared", mode=0o666, xattrs={"security.SMACK64": "Shared"})
    kernel.file("/srv/other", mode=0o666, xattrs={"security.SMACK64": "Other"})
    stranger = kernel.spawn(uid=1000)
    tenant, job = (kernel.spawn(uid=1000, effective=HELD, permitted=HELD) for _ in range(2))
    for task, name in ((tenant, "tenant"), (job, "tenant")):
        done = task.lsm_unshare(name) if task is tenant else task.lsm_enter(f"root.{name}")
        assert done, done.explain()
    done = job.lsm_unshare("job")
    assert done, done.explain()
    return Platform(kernel, tenant, job, stranger)


class Attempt(NamedTuple):
    """Something that a program tries, in words and in deed. It is tried on a platform of its own."""

    words: str
    deed: Callable[[Platform], nslsm.Decision | str]


def attached(platform: Platform) -> str:
    """What comes of attaching a control in Python to the tenant's namespace, as a BPF program is attached."""
    try:
        Attachment(platform.kernel, "root.tenant", NoNetwork())
    except OSError as refused:
        return nslsm.Errno(refused.errno or 0).name
    return "yes" if not platform.tenant.connect("192.0.2.1", 443) else "without effect"


def after_own_lock(platform: Platform) -> nslsm.Decision:
    """The tenant locks what is below it to Yama; then its job binds Smack."""
    done = platform.tenant.lsm_lock("root.tenant", base("yama"))
    return platform.job.lsm_bind("root.tenant.job", base(ONE)()) if done else done


def loosened(platform: Platform) -> nslsm.Decision:
    """The job's rules are looser than the platform's: it opens a file that those alone would give it."""
    rules = {("Work", "Other"): {"r"}}
    done = platform.job.lsm_bind("root.tenant.job", {"own": base(ONE)(start="Work", rules=rules)})
    return platform.job.open("/srv/other") if done else done


def in_two(platform: Platform) -> nslsm.Decision:
    """A namespace with two controls at once: all or nothing."""
    done = platform.job.lsm_unshare("inner", {"labels": base(ONE)(start="Work"), "tracing": base("yama")(scope=3)})
    if not done:
        assert all(each.name != "inner" for each in platform.kernel.namespaces)
    return done


HOST: Final = (
    Attempt(
        "loads an unsigned module", lambda on: on.kernel.check("locked_down", on.stranger, reason="module_signature")
    ),
    Attempt("traces a process of its own user's", lambda on: on.stranger.ptrace(on.kernel.spawn(uid=1000))),
    Attempt("reads a file of a label that no rule names", lambda on: on.stranger.open("/srv/other")),
)
TENANT: Final = (
    Attempt("becomes root", lambda on: on.tenant.setuid(0)),
    Attempt("reads what its label may read", lambda on: on.tenant.open("/srv/shared")),
    Attempt("writes it", lambda on: on.tenant.open("/srv/shared", "w")),
    Attempt("binds Yama, stricter", lambda on: on.tenant.lsm_bind("root.tenant", {"own": base("yama")(scope=3)})),
    Attempt(
        "binds a layer of Landlock", lambda on: on.tenant.lsm_bind("root.tenant", base("landlock")(scoped={"signal"}))
    ),
    Attempt("binds Smack, with rules of its own", lambda on: on.tenant.lsm_bind("root.tenant", {"own": base(ONE)()})),
    Attempt("has a control in Python attached", attached),
    Attempt("makes a namespace that binds nothing", lambda on: on.tenant.lsm_unshare("another")),
    Attempt("locks what is below it to Yama", lambda on: on.tenant.lsm_lock("root.tenant", base("yama"))),
    Attempt("gives the platform another lock", lambda on: on.tenant.lsm_lock("root", [base(ONE), base("yama")])),
    Attempt("seals its namespace", lambda on: on.tenant.lsm_seal("root.tenant")),
)
JOB: Final = (
    Attempt("binds Yama", lambda on: on.job.lsm_bind("root.tenant.job", base("yama"))),
    Attempt("makes a namespace that binds Smack and Yama", in_two),
    Attempt("binds Smack, once the tenant has locked it to Yama", after_own_lock),
    Attempt("reads what only rules of its own would let it read", loosened),
)


def said(outcome: nslsm.Decision | str) -> str:
    """An outcome as a cell of the table."""
    if isinstance(outcome, str):
        return outcome
    if outcome:
        return "yes"
    rule, _, where = str(outcome.blame).partition(" in ")
    blame = rule.rpartition(".")[2].partition("#")[0]
    return f"{outcome.errno.name if outcome.errno else '?'}, {blame}{f' in {where}' if where else ''}"


def rows(attempts: tuple[Attempt, ...]) -> Iterator[tuple[str, str, str]]:
    """Each attempt on both platforms, freshly started."""
    for attempt in attempts:
        composed, locked = (said(attempt.deed(started(locked=which))) for which in (False, True))
        yield attempt.words, composed, locked


def main() -> None:
    """What is bound where, and what each namespace may still do."""
    for name, which in (("composed", False), ("locked", True)):
        found = started(locked=which).kernel.namespace("root")
        print(f"{name}: root binds {', '.join(each.name for each in found.bindings)}")
    for where, attempts in (("root", HOST), ("root.tenant", TENANT), ("root.tenant.job", JOB)):
        print(f"\n{where:58}{'composed':28}locked to {ONE}")
        for words, composed, locked in rows(attempts):
            print(f"  {words:56}{composed:28}{locked}")


if __name__ == "__main__":
    main()
