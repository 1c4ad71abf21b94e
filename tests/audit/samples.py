"""A policy of the language and decisions about it, small enough to know by heart: for records, summaries and reports."""

from functools import cache
from ipaddress import ip_address
from pathlib import Path

from rpds import HashTrieMap

from nslsm.audit.occasion import Occasion
from nslsm.controls.declare import namespace_tree
from nslsm.diagnostics.sources import Sources
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision
from nslsm.engine.evaluate import Walk
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.kernel.event import Outcome, Steps
from nslsm.kernel.state import State
from nslsm.language.check.package import Package
from nslsm.language.program.digest import policy_digest
from nslsm.library import Library, Selection, Written
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, Object, Socket, Task, Value
from nslsm.resources import policies_root

TEXT = '''\
module ward
"""A ward's records, and who reads them."""

import std.operations (read, write, exec, connect)

let clinicians = {1001, 1002}

@ref(hipaa, "164.312(a)(1)", coverage = partial)
@severity(high)
@title("Access to charts")
control charts(store: path = "/srv/phi/**") {
    """Charts are opened by clinicians only."""

    attr task.clinician: bool = false
    attr task.tainted:   bool = false
    attr file.phi:       bool = object.path matches store

    confine read, write where object.phi because "only a clinician's program opens PHI" {
        allow read, write when subject.clinician
        allow read when subject.uid == 0 and basename(object.path) == "index"
    }

    deny out: connect when subject.tainted and address not in 10.0.0.0/8 and port not in {443, 8443}
        with EHOSTUNREACH
        because "a process that has read PHI may reach the hospital network only"

    on exec when object.path == "/usr/bin/ehr" and subject.uid in clinicians
        set subject.clinician = true
    on read when object.phi
        set subject.tainted = true
    audit started: exec when object.path matches "/usr/**" because "programs are counted"
}

control egress {
    """Nothing speaks to hosts outside."""

    deny outside: connect when address not in 10.0.0.0/8 because "the hospital network is 10.0.0.0/8"
}

control genuine {
    """Only programs that are known run."""

    confine known: exec because "the program is not among the known ones" {
        allow exec when object.sha256 in {"aa", "bb"}
        allow exec when object.path == "/usr/bin/ehr"
    }
}

namespace host {
    bind genuine
    namespace ward {
        enter on exec when object.path matches "/opt/ward/**"
        bind charts
        bind egress in complain
        seal
        namespace kiosk { lock {} }
    }
}
'''


@cache
def package() -> Package:
    """The policy, checked."""
    library = Library((policies_root(),), {"ward": Written(Path("/nowhere"), TEXT)})
    checked = Selection(("ward",), library).check()
    assert checked.package is not None, checked.diagnostics
    return checked.package


def sources() -> Sources:
    """Its text, and those of what it imports."""
    return package().sources


@cache
def tree() -> NamespaceTree:
    """Its namespaces."""
    return namespace_tree(package().namespaces["ward.host"])


@cache
def digest() -> str:
    """Its digest."""
    return policy_digest((package().namespaces["ward.host"],))


def namespace(path: str) -> int:
    """The number of a namespace."""
    found = tree().by_path(path)
    assert found is not None
    return found.id


def task(path: str = "host.ward", *, uid: int | Unknown = 1003, exe: str | Unknown = "/bin/sh", pid: int = 42) -> Task:
    """A task in a namespace."""
    credentials = Credentials(uid=uid, euid=uid, fsuid=uid, namespace=namespace(path))
    return Task(pid=pid, tgid=pid, ppid=1, credentials=credentials, exe=exe, comm="sh")


def state(*tasks: Task) -> State:
    """A state with some tasks and the policy's namespaces."""
    return State(namespaces=tree(), tasks=HashTrieMap({each.pid: each for each in tasks}))


def file(path: str | Unknown, **facts: int | str) -> File:
    """A file."""
    identity = path if isinstance(path, Unknown) else Identity("file", path)
    return File(path, identity, type="regular")._replace(**facts)  # type: ignore[arg-type]


def request(hook: str, subject: Task, thing: Object | Unknown | None, **facts: Value | Unknown) -> Request:
    """A request, unknown in what is not said."""
    found = CATALOGUE[hook]
    return Request(
        found,
        subject,
        thing,
        tuple(facts.get(fact.name, UNKNOWN) for fact in found.facts),
        found.consequence,
    )


def opened(subject: Task, path: str | Unknown = "/srv/phi/7.hl7", *flags: str) -> Request:
    """A file is opened, for reading unless said otherwise."""
    return request("file_open", subject, file(path), flags=frozenset(flags or ("read",)))


def executed(subject: Task, path: str = "/usr/bin/ehr", **facts: str) -> Request:
    """A program is executed."""
    return request("bprm_check_security", subject, file(path, **facts))


def connected(subject: Task, address: str = "192.0.2.9", port: int = 80) -> Request:
    """A connection is made."""
    socket = Socket(Identity("socket", 1), subject.home, family="inet", type="stream")
    return request("socket_connect", subject, socket, family="inet", address=ip_address(address), port=port)


def capable(subject: Task, capability: Capability = Capability.CAP_DAC_OVERRIDE) -> Request:
    """The kernel asks for a capability."""
    return request("capable", subject, None, cap=capability)


def steps(before: State, *requests: Request, refusal: tuple[Errno, str] | None = None) -> Steps:
    """An event that raises requests, and is refused by the kernel itself where that is said."""
    for each in requests:  # noqa: UP028 - what is sent back is nothing to it
        yield each
    if refusal is not None:
        return Outcome(before, errno=refusal[0], reason=refusal[1])
    return Outcome(before)


def decided(
    before: State,
    *requests: Request,
    walk: Walk = Walk.FULL,
    happened: bool = False,
    refusal: tuple[Errno, str] | None = None,
) -> tuple[Decision, State]:
    """An event, decided, and the state after."""
    return decide(before, steps(before, *requests, refusal=refusal), walk=walk, happened=happened)


def occasion(subject: Task, sequence: int = 7, call: str = "openat", walk: Walk = Walk.FULL) -> Occasion:
    """When an event was."""
    return Occasion(
        sequence=sequence,
        policy=digest(),
        walk=walk,
        task=subject,
        namespace=tree()[subject.home].path,
        call=call,
        line=sequence * 2,
        time=sequence / 4,
    )
