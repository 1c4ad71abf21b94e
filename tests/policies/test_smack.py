"""What no step of a policy's test can say about ``base.smack``: abstract sockets, and who must be able to write back."""

import pytest

import nslsm
from nslsm.importers.modules.smack import rules

SMACK = nslsm.load_policy("base.smack")["smack"]


def labelled(kernel: nslsm.Kernel, label: str, **credentials: object) -> nslsm.Task:
    """A task that got its label by the program that it runs."""
    program = f"/usr/bin/{label}"
    kernel.file(program, mode=0o755, xattrs={"security.SMACK64EXEC": label})
    task = kernel.spawn(uid=1001, **credentials)
    assert task.execve(program)
    return task


@pytest.mark.parametrize(
    ("loaded", "who", "whom", "granted"),
    [
        ("", "Guest", "Guest", True),
        ("", "Guest", "House", False),
        ("Guest House w", "Guest", "House", False),
        ("House Guest w", "Guest", "House", False),
        ("Guest House w\nHouse Guest w", "Guest", "House", True),
        ("Guest House rxa\nHouse Guest w", "Guest", "House", False),
        ("", "Guest", "_", False),
        ("", "Guest", "@", True),
    ],
)
def test_both_ends_of_a_connection_may_write_to_each_other(loaded: str, who: str, whom: str, granted: bool) -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", SMACK(rules=rules(loaded)))
    server, client = labelled(kernel, whom), labelled(kernel, who)
    listening = server.socket("unix", "stream").result
    assert server.bind("@there", fd=listening)
    assert server.listen(fd=listening)

    decision = client.connect("@there", kind="stream")

    assert decision.granted is granted
    assert decision.errno == (None if granted else nslsm.Errno.EACCES)


def test_cap_mac_override_passes_by_both_ends() -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", SMACK())
    server = labelled(kernel, "House")
    held = {nslsm.Capability.CAP_MAC_OVERRIDE}
    client = labelled(kernel, "Guest", effective=held, permitted=held, inheritable=held, ambient=held)
    listening = server.socket("unix", "stream").result
    assert server.bind("@there", fd=listening)
    assert server.listen(fd=listening)

    assert client.connect("@there", kind="stream")
