"""What other modules recorded, where no system call's record stands beside it."""

from ipaddress import ip_address

import pytest

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.hooks.types import UNKNOWN
from nslsm.importers.traces.auditd import AuditReader, verdicts
from nslsm.importers.traces.reader import Item
from nslsm.kernel.call import Described, Remark, SystemCall
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.told import FileAt, SocketOf, TaskNumber, Told, ToldRequest

ARMOR = 'AVC: apparmor="DENIED" profile="p" pid=7 comm="sh" '
DOMAIN = 'LANDLOCK_DOMAIN: domain=195ba459b status=allocated mode=enforcing pid=300 uid=0 exe="/box" comm="box"'


def read(*records: str) -> list[Item]:
    reader = AuditReader("x")
    items: list[Item] = []
    for number, record in enumerate(records, 1):
        kind, _, fields = record.partition(": ")
        items += reader.line(f"type={kind} msg=audit(1700000000.000:{number}): {fields}\n".encode(), number)
    return items + reader.finish(len(records))


def told(*records: str) -> tuple[ToldRequest, ...]:
    [found] = [item for item in read(*records) if isinstance(item, Occurrence)]
    assert isinstance(found.operation, Told)
    return found.operation.requests


def selinux(permissions: str, kind: str, rest: str = "") -> tuple[ToldRequest, ...]:
    return told(f'AVC: avc:  denied  {{ {permissions} }} for  pid=7 comm="sh" {rest} tclass={kind} permissive=0')


def test_every_hook_that_a_record_may_tell_of_is_linuxs() -> None:
    tables = verdicts.APPARMOR, verdicts.LANDLOCK, verdicts._FILES, verdicts._SOCKETS, verdicts._OTHERS

    assert {hook for table in tables for hook in table.values()} <= {
        hook.name for hook in CATALOGUE.hooks if not hook.own
    }


@pytest.mark.parametrize(
    ("fields", "hook", "about", "facts"),
    [
        ('operation="open" name="/f" requested_mask="rw"', "file_open", FileAt("/f"), {"flags": {"read", "write"}}),
        ('operation="file_perm" name="/f" requested_mask="w"', "file_permission", FileAt("/f"), {"mask": {"write"}}),
        ('operation="exec" name="/bin/x" requested_mask="x"', "bprm_creds_for_exec", FileAt("/bin/x"), {}),
        ('operation="unlink" name=2F6120', "path_unlink", FileAt("/a "), {}),
        (
            'operation="link" name="/new" target="/old"',
            "path_link",
            FileAt("/new"),
            {"new": FileAt("/new"), "old": FileAt("/old")},
        ),
        (
            'operation="capable" capability=21 capname="sys_admin"',
            "capable",
            UNKNOWN,
            {"cap": Capability.CAP_SYS_ADMIN},
        ),
        ('operation="signal" signal=term peer="q"', "task_kill", UNKNOWN, {"signal": Signal.SIGTERM}),
        ('operation="ptrace" peer="q"', "ptrace_access_check", UNKNOWN, {}),
    ],
)
def test_apparmors_operations_are_hooks(fields: str, hook: str, about: object, facts: dict[str, object]) -> None:
    [request] = told(ARMOR + fields)

    assert (request.hook, request.about, dict(request.facts)) == (hook, about, facts)


def test_apparmors_sockets_have_their_ends() -> None:
    fields = (
        'operation="connect" family="inet" sock_type="stream" protocol=6 laddr=10.0.0.1 lport=9 faddr=1.2.3.4 fport=443'
    )
    [request] = told(ARMOR + fields)

    assert request.about == SocketOf("inet", "stream", 6, ip_address("10.0.0.1"), 9)
    assert dict(request.facts)["address"] == ip_address("1.2.3.4")
    assert dict(request.facts)["port"] == 443


@pytest.mark.parametrize(
    ("permissions", "kind", "hooks"),
    [
        ("open", "file", ["file_open"]),
        ("read open", "chr_file", ["file_open"]),
        ("create", "dir", ["inode_mkdir"]),
        ("sigkill", "process", ["task_kill"]),
        ("sys_admin", "capability", ["capable"]),
        ("name_connect", "tcp_socket", ["socket_connect"]),
        ("getattr setattr", "lnk_file", ["inode_getattr", "inode_setattr"]),
    ],
)
def test_selinuxs_permissions_are_hooks_where_only_one_asks_for_them(
    permissions: str, kind: str, hooks: list[str]
) -> None:
    assert [request.hook for request in selinux(permissions, kind)] == hooks


def test_selinuxs_records_have_what_they_tell() -> None:
    [opened] = selinux("open", "file", 'path="/etc/f" dev="sda1" ino=3')
    [unnamed] = selinux("open", "file", 'name="f" dev="sda1" ino=3')
    [connected] = selinux("name_connect", "tcp_socket", "dest=443")
    [capable] = selinux("sys_admin", "capability", "capability=21")
    [killed] = selinux("signull", "process")

    assert (opened.about, unnamed.about) == (FileAt("/etc/f"), UNKNOWN)
    assert dict(connected.facts)["port"] == 443
    assert dict(capable.facts) == {"cap": Capability.CAP_SYS_ADMIN}
    assert dict(killed.facts) == {"signal": Signal.NONE}


@pytest.mark.parametrize(
    ("fields", "errno"),
    [
        ('apparmor="DENIED" operation="open" name="/f" pid=7', Errno.EACCES),
        ('apparmor="ALLOWED" operation="open" name="/f" pid=7', None),
        ("avc:  denied  { sigkill } for pid=7 tclass=process permissive=0", Errno.EPERM),
        ("avc:  denied  { sigkill } for pid=7 tclass=process permissive=1", None),
        ("avc:  granted  { sigkill } for pid=7 tclass=process", None),
    ],
)
def test_what_was_denied_failed_unless_the_module_only_complained(fields: str, errno: Errno | None) -> None:
    [found] = [item for item in read(f"AVC: {fields}") if isinstance(item, Occurrence)]

    assert found.recorded.errno == errno


def test_a_landlock_domain_stands_for_the_process_that_made_it() -> None:
    access = "LANDLOCK_ACCESS: domain=195ba459b "

    [opened] = told(DOMAIN, access + 'blockers=fs.write_file path="/f" dev="vda" ino=3')
    [killed] = told(DOMAIN, access + 'blockers=scope.signal opid=9 ocomm="x"')
    [connected] = told(DOMAIN, access + "blockers=net.connect_tcp daddr=127.0.0.1 dest=80")
    items = read(DOMAIN, access + 'blockers=fs.read_file,fs.write_file path="/f"')

    assert (opened.hook, opened.about) == ("file_open", FileAt("/f"))
    assert (killed.hook, killed.about) == ("task_kill", TaskNumber(9))
    assert (connected.hook, dict(connected.facts)["port"]) == ("socket_connect", 80)
    assert [item.task for item in items if isinstance(item, Occurrence)] == [300]


@pytest.mark.parametrize(
    "record",
    [
        "LANDLOCK_ACCESS: domain=5 blockers=fs.write_file path=2F66",
        'AVC: apparmor="STATUS" operation="profile_load" name="p" pid=7',
        'AVC: apparmor="DENIED" operation="open" name="/f"',
        "AVC: avc:  denied  { read } for pid=7 tclass=file",
        "AVC: avc:  denied  { transition } for pid=7 tclass=process",
        "AVC: avc:  received policyload notice (seqno=2)",
    ],
)
def test_what_tells_of_no_hook_for_sure_or_not_whose_is_a_remark(record: str) -> None:
    assert [type(item) for item in read(record)] == [Remark]


def test_beside_a_system_call_it_is_a_remark_to_that() -> None:
    reader = AuditReader("x")
    fields = "arch=c000003e syscall=3 success=no exit=-13 a0=1 ppid=1 pid=7"
    head = "msg=audit(1700000000.000:1):"
    items = reader.line(f'type=AVC {head} {ARMOR.removeprefix("AVC: ")}operation="open"\n'.encode(), 1)
    items += reader.line(f"type=SYSCALL {head} {fields}\n".encode(), 2) + reader.finish(2)

    assert [type(item) for item in items] == [Remark, Described, SystemCall]


def test_who_was_asked_about_is_described() -> None:
    described = read(ARMOR + 'operation="open" name="/f" requested_mask="r" fsuid=1000 ouid=33')[0]

    assert isinstance(described, Described)
    assert (described.task, described.comm, described.ids) == (7, "sh", (("fsuid", 1000),))
    assert [(file.path, file.owner) for file in described.files] == [("/f", 33)]
