"""Links under /proc lead to what a process holds, and not along a path."""

import pytest

from nslsm.hooks.linux import Errno
from nslsm.kernel import operations as o
from nslsm.kernel.boot import with_file
from nslsm.kernel.operations import At
from tests.kernel.machine import Machine, Ran


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    for path in ("/proc", "/etc", "/jail", "/jail/proc"):
        machine.state = with_file(machine.state, path, type="directory")
    for path in ("/etc/hosts", "/bin/tool"):
        machine.state = with_file(machine.state, path)
    return machine


def opened(ran: Ran) -> object:
    return ran.the("file_open").object.path


def test_the_link_to_the_program_leads_to_the_program(machine: Machine) -> None:
    pid = machine.process(0)
    machine.run(pid, o.Execute(At("/bin/tool"), ("tool",)))

    assert opened(machine.run(pid, o.Open(At("/proc/self/exe")))) == "/bin/tool"


def test_the_link_to_an_open_directory_leads_to_it_whatever_it_is_called_now(machine: Machine) -> None:
    pid = machine.process(0)
    number = machine.run(pid, o.Open(At("/etc"), frozenset({"read", "directory"}))).result
    machine.run(pid, o.Rename(At("/etc"), At("/moved")))

    assert opened(machine.run(pid, o.Open(At(f"/proc/self/fd/{number}/hosts")))) == "/moved/hosts"


def test_it_leads_out_of_a_chroot(machine: Machine) -> None:
    pid = machine.process(0)
    machine.run(pid, o.Open(At("/"), frozenset({"read", "directory"})))
    number = machine.run(pid, o.Open(At("/etc"), frozenset({"read", "directory"}))).result
    machine.run(pid, o.ChangeDirectory(At("/proc/self/fd")))
    machine.run(pid, o.ChangeRoot(At("/jail")))

    assert machine.run(pid, o.Open(At("/etc/hosts"))).errno is Errno.ENOENT
    assert opened(machine.run(pid, o.Open(At(f"{number}/hosts")))) == "/etc/hosts"


def test_the_link_of_a_descriptor_that_is_not_open_leads_nowhere(machine: Machine) -> None:
    pid = machine.process(0)

    assert machine.run(pid, o.Open(At("/proc/self/fd/77"))).errno is Errno.ENOENT


def test_a_link_to_the_root_is_the_tasks_own_root(machine: Machine) -> None:
    pid = machine.process(0)
    machine.run(pid, o.ChangeDirectory(At("/proc/self")))
    machine.run(pid, o.ChangeRoot(At("/jail")))

    assert machine.run(pid, o.Status(At("root"))).the("inode_getattr").object.path == "/jail"
