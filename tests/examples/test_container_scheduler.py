"""The scheduler of containers: what tenants may do, and every way out that they try."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import NamedTuple

import pytest

import nslsm
from nslsm import Decision, Signal, Task
from tests.examples.programs import attempted, program, told

EXAMPLE = "04-a-container-scheduler"


class Cluster(NamedTuple):
    """Two tenants that run a pod each; ``root`` is in beta's container, and has become root there with every capability."""

    example: ModuleType
    scheduler: object
    kernel: nslsm.Kernel
    front: Task
    books: Task
    work: Task
    root: Task


@pytest.fixture
def cluster() -> Cluster:
    example = program(EXAMPLE, "scheduler")
    scheduler = example.Scheduler(nslsm.load_policy(example.POLICY))
    scheduler.admit("acme", connections=3)
    scheduler.admit("beta", connections=3)
    shop, jobs = scheduler.start("acme", example.SHOP), scheduler.start("beta", example.JOBS)
    kernel = scheduler.kernel
    front, work = shop.containers["front"], jobs.containers["sum"]
    for folder in ("/srv/acme/data", "/srv/acme/secrets"):
        kernel.file(folder, type="directory", owner=front.credentials.fsuid)
    kernel.file("/srv/acme/page", owner=front.credentials.fsuid, mode=0o666)
    kernel.file("/srv/acme/secrets/key", owner=front.credentials.fsuid, mode=0o600)
    kernel.file("/srv/beta/book", owner=work.credentials.fsuid, mode=0o600)
    root = kernel.spawn("host.beta.jobs.sum", uid=0, exe="/srv/beta/images/sum")
    return Cluster(example, scheduler, kernel, front, shop.containers["books"], work, root)


# What is allowed on purpose


def test_a_tenant_does_what_it_came_for(cluster: Cluster) -> None:
    front, books = cluster.front, cluster.books

    assert front.open("/srv/acme/page", "r+")
    assert front.open("/usr/lib/libssl.so")
    assert front.connect("10.0.0.9", 443)
    assert front.bind("0.0.0.0", 8080)
    assert front.fork().execve("/srv/acme/images/nginx")
    assert cluster.work.rename("/srv/beta/book", "/srv/beta/old")
    assert front.namespace.path == "host.acme.shop.front"
    assert books.namespace.path == "host.acme.shop.books"


def test_containers_of_one_pod_speak_to_each_other(cluster: Cluster) -> None:
    front, books = cluster.front, cluster.books
    listening = books.socket("unix").result
    assert books.bind("@books", fd=listening)
    assert books.listen(listening)

    assert front.connect("@books")


def test_the_machines_owner_may_stop_anybody(cluster: Cluster) -> None:
    assert cluster.kernel.init.ptrace(cluster.front)
    assert cluster.kernel.init.kill(cluster.front, Signal.SIGKILL)

    assert not cluster.front.alive


def test_a_pod_that_is_stopped_leaves_nothing(cluster: Cluster) -> None:
    cluster.root.exit()
    cluster.scheduler.stop("beta", "jobs")

    paths = {namespace.path for namespace in cluster.kernel.namespaces}
    assert "host.beta" in paths
    assert not {path for path in paths if path.startswith("host.beta.")}
    assert cluster.scheduler.start("beta", cluster.example.JOBS).containers["sum"].alive


# Namespaces


@pytest.mark.parametrize("where", ["host", "host.beta", "host.beta.jobs", "host.acme", "host.acme.shop.front"])
def test_nobody_enters_an_ancestor_or_a_sibling(cluster: Cluster, where: str) -> None:
    target = cluster.kernel.namespace(where)

    assert attempted(cluster.kernel, lambda: cluster.root.lsm_enter(target)) == ("EPERM", "kernel")
    assert attempted(cluster.kernel, lambda: cluster.work.lsm_enter(target)) == ("EPERM", "kernel")


@pytest.mark.parametrize("where", ["host", "host.beta", "host.beta.jobs", "host.beta.jobs.sum", "host.acme"])
def test_nothing_is_bound_sealed_or_locked_from_below_or_beside_or_in_what_is_sealed(
    cluster: Cluster, where: str
) -> None:
    root, target = cluster.root, cluster.kernel.namespace(where)
    harmless = cluster.scheduler.policy["web"]

    assert attempted(cluster.kernel, lambda: root.lsm_bind(target, harmless)) == ("EPERM", "kernel")
    assert attempted(cluster.kernel, lambda: root.lsm_lock(target)) == ("EPERM", "kernel")
    if where != "host.beta.jobs.sum":
        assert attempted(cluster.kernel, lambda: root.lsm_seal(target)) == ("EPERM", "kernel")


def test_a_seal_holds_for_the_owner_too(cluster: Cluster) -> None:
    kernel = cluster.kernel
    before = kernel.state

    with pytest.raises(PermissionError, match="is sealed"):
        kernel.exchange("host.beta.jobs", cluster.scheduler.policy["web"])
    assert kernel.state is before
    assert attempted(kernel, lambda: kernel.init.lsm_bind("host.beta.jobs", cluster.scheduler.policy["web"])) == (
        "EPERM",
        "kernel",
    )


@pytest.mark.parametrize("where", ["host", "host.acme"])
def test_a_lock_is_not_widened_even_by_the_owner(cluster: Cluster, where: str) -> None:
    stranger = nslsm.load_policy("base.yama")["yama"](scope=0)
    more = [*cluster.scheduler.for_pods, nslsm.load_policy("healthcare")["phi_access"], stranger]

    assert attempted(cluster.kernel, lambda: cluster.kernel.init.lsm_lock(where, more)) == ("EPERM", "kernel")


def test_a_tenant_binds_what_the_locks_let_in_and_nothing_of_its_own(cluster: Cluster) -> None:
    class Yes(nslsm.Control):
        handles = frozenset({"file_open"})

    kernel, policy = cluster.kernel, cluster.scheduler.policy
    beta = cluster.scheduler.tenants["beta"]
    tool = kernel.init.fork(uid=beta.first_user, no_new_privs=True)
    assert tool.lsm_enter(fd=beta.handle)

    assert attempted(kernel, lambda: tool.lsm_unshare("own", Yes())) == ("EPERM", "kernel")
    hospital = nslsm.load_policy("healthcare")["hospital"]
    assert attempted(kernel, lambda: tool.lsm_unshare("own", hospital)) == ("EPERM", "kernel")
    assert attempted(kernel, lambda: tool.lsm_unshare("own", policy["own_files"](root="/srv/acme"))) == (
        "EPERM",
        "kernel",
    )  # the tenant's own lock is narrower than the host's
    assert tool.lsm_unshare("own", policy["batch"])


@pytest.mark.parametrize("limit", ["depth", "namespaces", "bindings", "set_size"])
def test_nobody_carves_more_than_is_left(cluster: Cluster, limit: str) -> None:
    beta = cluster.scheduler.tenants["beta"]
    tool = cluster.kernel.init.fork(uid=beta.first_user, no_new_privs=True)
    assert tool.lsm_enter(fd=beta.handle)
    left = replace(tool.namespace.limits, depth=tool.namespace.limits.depth - 1)
    more = replace(left, **{limit: getattr(left, limit) + 1})

    greedy = tool.lsm_unshare("greedy", limits=more)

    assert told(greedy) == ("ENOSPC", "kernel")
    assert greedy.blame is not None
    assert f"`{limit}`" in greedy.blame.reason
    assert tool.lsm_unshare("modest", limits=left)


def test_limits_are_met_in_every_place(cluster: Cluster) -> None:
    kernel, example, scheduler = cluster.kernel, cluster.example, cluster.scheduler
    inside = attempted(kernel, lambda: cluster.root.lsm_unshare("deeper"))
    scheduler.admit("tiny", connections=1, pods=1)
    many = tuple(example.Container(f"c{number}", f"/srv/tiny/images/{number}") for number in range(4))
    before = {namespace.path for namespace in kernel.namespaces}

    with pytest.raises(example.Refused) as refused:
        scheduler.start("tiny", example.Pod("wide", "web", many))

    assert inside == ("ENOSPC", "kernel")
    assert told(refused.value.decision) == ("ENOSPC", "kernel")
    assert "`namespaces`" in refused.value.decision.blame.reason
    assert {namespace.path for namespace in kernel.namespaces} == before
    assert scheduler.start("tiny", example.Pod("narrow", "web", many[:3]))


def test_a_tenant_that_is_not_let_in_leaves_nothing(cluster: Cluster) -> None:
    scheduler, kernel = cluster.scheduler, cluster.kernel
    names, tasks = [each.path for each in kernel.namespaces], kernel.tasks

    for name, errno in (("acme", "EEXIST"), ("no name", "EINVAL"), ("vast", "ENOSPC")):
        with pytest.raises(cluster.example.Refused) as refused:
            scheduler.admit(name, connections=1, pods=1_000 if name == "vast" else 1)
        assert told(refused.value.decision) == (errno, "kernel")

    assert [each.path for each in kernel.namespaces] == names
    assert kernel.tasks == tasks
    assert set(scheduler.tenants) == {"acme", "beta"}


def test_a_pod_of_no_kind_is_not_started(cluster: Cluster) -> None:
    before = cluster.kernel.state

    for kind in ("host", "own_files", "nothing"):
        with pytest.raises(ValueError, match="one of these kinds"):
            cluster.scheduler.start("beta", cluster.example.Pod("odd", kind, ()))
    assert cluster.kernel.state is before


def test_clone_makes_no_namespace_where_there_is_no_room(cluster: Cluster) -> None:
    kernel, root = cluster.kernel, cluster.root

    assert attempted(kernel, lambda: root.lsm_set_self_attr("clone_newlsm", "deeper")) == ("ENOSPC", "kernel")
    with pytest.raises(nslsm.Denied) as refused:
        root.clone({"newlsm"})
    assert told(refused.value.decision) == ("EINVAL", "kernel")  # nothing was asked for


def test_a_handle_leads_down_only_wherever_it_came_from(cluster: Cluster) -> None:
    kernel, scheduler = cluster.kernel, cluster.scheduler
    keeper = scheduler.running["beta/jobs"].keeper  # it has inherited the scheduler's handles
    acme, beta = (scheduler.tenants[name].handle for name in ("acme", "beta"))

    assert attempted(kernel, lambda: keeper.lsm_enter(fd=acme)) == ("EPERM", "kernel")
    assert attempted(kernel, lambda: keeper.lsm_enter(fd=beta)) == ("EPERM", "kernel")
    assert attempted(kernel, lambda: cluster.work.lsm_enter(fd=acme)) == ("EBADF", "kernel")  # closed at its exec
    assert attempted(kernel, lambda: cluster.root.lsm_open("host")) == ("ENOENT", "kernel")
    assert attempted(kernel, lambda: cluster.root.lsm_open("host.acme")) == ("ENOENT", "kernel")


# Neighbours

ATTEMPTS: list[tuple[str, Callable[[Task, Task], Decision], str]] = [
    ("a signal", lambda one, other: one.kill(other), "walled#no_signals in host.beta.jobs.sum"),
    ("tracing", lambda one, other: one.ptrace(other), "walled#no_tracing in host.beta.jobs.sum"),
    ("its memory", lambda one, other: one.process_vm_readv(other), "walled#no_tracing in host.beta.jobs.sum"),
    ("changing it", lambda one, other: one.process_vm_writev(other), "walled#no_tracing in host.beta.jobs.sum"),
    (
        "a descriptor of it",
        lambda one, other: one.pidfd_getfd(one.pidfd_open(other).result, 0),
        "walled#no_tracing in host.beta.jobs.sum",
    ),
]


@pytest.mark.parametrize(("attempt", "blame"), [each[1:] for each in ATTEMPTS], ids=[each[0] for each in ATTEMPTS])
def test_root_of_a_container_does_not_reach_into_a_neighbour(
    cluster: Cluster, attempt: Callable[[Task, Task], Decision], blame: str
) -> None:
    for other in (cluster.front, cluster.kernel.init, cluster.scheduler.running["beta/jobs"].keeper):
        assert told(attempt(cluster.root, other)) == ("EPERM", blame)
        assert other.alive


def test_a_signal_to_everybody_reaches_ones_own(cluster: Cluster) -> None:
    cluster.root.kill(-1, Signal.SIGKILL)

    assert not cluster.work.alive
    assert all(task.alive for task in (cluster.front, cluster.books, cluster.kernel.init))


def test_a_guest_that_is_bound_by_nothing_does_not_look_into_a_tenant(cluster: Cluster) -> None:
    guest = cluster.kernel.init.fork()
    assert guest.lsm_unshare("guest")

    for attempt in (guest.ptrace, guest.process_vm_readv):
        assert attempted(cluster.kernel, lambda attempt=attempt: attempt(cluster.front)) == (
            "EPERM",
            "walled#no_visitors in host.acme.shop.front",
        )


def test_a_users_process_is_kept_out_by_the_kernel_already(cluster: Cluster) -> None:
    assert attempted(cluster.kernel, lambda: cluster.work.kill(cluster.front)) == ("EPERM", "kernel")
    assert attempted(cluster.kernel, lambda: cluster.work.ptrace(cluster.front)) == ("EPERM", "kernel")


def test_nobody_speaks_to_a_neighbour_over_a_unix_socket(cluster: Cluster) -> None:
    listening = cluster.front.socket("unix").result
    assert cluster.front.bind("@front", fd=listening)
    assert cluster.front.listen(listening)
    own = cluster.root.socket("unix").result

    assert attempted(cluster.kernel, lambda: cluster.root.connect("@front", fd=own)) == (
        "EPERM",
        "silent#no_talking in host.beta.jobs",
    )


def test_a_descriptor_that_is_passed_in_does_not_arrive(cluster: Cluster) -> None:
    kernel, beta = cluster.kernel, cluster.scheduler.tenants["beta"]
    init = kernel.init
    ours = init.socketpair().result
    tool = init.fork(uid=beta.first_user, no_new_privs=True)
    assert tool.lsm_enter(fd=beta.handle)
    secret = init.open("/srv/acme/secrets/key").result
    assert init.sendto(ours, descriptors=[secret])

    received = tool.recv(ours + 1)

    denials = [each for each in received.judgements if each.verdict is nslsm.Verdict.DENY]
    assert received
    assert [each.request.hook.name for each in denials] == ["file_receive"]
    assert denials[0].deciding is not None
    assert denials[0].deciding.namespace.path == "host.beta"
    assert told(tool.read(secret)) == ("EBADF", "kernel")


def test_a_descriptor_that_was_inherited_is_of_no_use(cluster: Cluster) -> None:
    kernel, beta = cluster.kernel, cluster.scheduler.tenants["beta"]
    page = kernel.init.open("/srv/acme/page", "r+").result
    tool = kernel.init.fork(uid=beta.first_user, no_new_privs=True)
    assert tool.read(page)
    assert tool.lsm_enter(fd=beta.handle)

    assert attempted(kernel, lambda: tool.read(page)) == ("EACCES", "own_files#not_ours in host.beta")
    assert attempted(kernel, lambda: tool.write(page)) == ("EACCES", "own_files#not_to_change in host.beta")
    assert attempted(kernel, lambda: tool.mmap(page)) == ("EACCES", "own_files#not_ours in host.beta")


def test_a_pod_reaches_what_its_kind_reaches_and_serves_whom_its_kind_serves(cluster: Cluster) -> None:
    front, work = cluster.front, cluster.work
    jobs, shop = "egress#elsewhere in host.beta.jobs", "egress#elsewhere in host.acme.shop"

    assert front.connect("10.0.0.53", 53)
    assert told(front.connect("192.0.2.1", 443)) == ("EHOSTUNREACH", shop)
    assert told(front.connect("10.0.0.9", 22)) == ("EHOSTUNREACH", shop)
    assert told(work.connect("10.0.0.53", 53)) == ("EHOSTUNREACH", jobs)
    assert told(work.bind("0.0.0.0", 8080)) == ("EACCES", "no_listening#serves_nobody in host.beta.jobs")


# Files and programs


def test_somebody_elses_files_have_no_name_that_helps(cluster: Cluster) -> None:
    kernel, root = cluster.kernel, cluster.root
    rule = ("EACCES", "own_files#not_ours in host.beta")
    assert root.symlink("/srv/acme/page", "/srv/beta/page")

    assert attempted(kernel, lambda: root.open("/srv/acme/page")) == rule
    assert attempted(kernel, lambda: root.open("/srv/beta/../acme/page")) == rule
    assert attempted(kernel, lambda: root.open("/srv/beta/page")) == rule
    assert root.chdir("/srv")
    assert attempted(kernel, lambda: root.open("acme/page")) == rule
    assert attempted(kernel, lambda: root.open("/etc/shadow")) == rule
    assert attempted(kernel, lambda: root.open(f"/proc/{cluster.front.pid}/mem"))[0] == "EACCES"
    for moved in (root.rename, root.link):
        assert attempted(kernel, lambda move=moved: move("/srv/acme/page", "/srv/beta/mine")) == (
            "EACCES",
            "own_files#not_to_change in host.beta",
        )
    assert attempted(kernel, lambda: root.chmod("/srv/acme/page", 0o777)) == (
        "EACCES",
        "own_files#not_to_change in host.beta",
    )


def test_a_container_runs_its_image_and_nothing_else(cluster: Cluster) -> None:
    kernel, root = cluster.kernel, cluster.root
    kernel.file("/srv/beta/images/script", mode=0o755, interpreter="/srv/acme/images/books")
    root.chroot("/srv/acme")

    assert attempted(kernel, lambda: cluster.work.execve("/srv/acme/images/books")) == (
        "EACCES",
        "own_files#not_ours in host.beta",
    )
    assert attempted(kernel, lambda: cluster.work.execve("/usr/bin/sh")) == (
        "EACCES",
        "one_program#of_its_image in host.beta.jobs.sum",
    )
    assert not cluster.work.execve("/srv/beta/images/script")
    assert told(root.execve("/images/books")) == ("EACCES", "own_files#not_ours in host.beta")


def test_a_set_user_id_program_gives_a_container_nothing(cluster: Cluster) -> None:
    cluster.kernel.file("/srv/beta/images/sum", owner=0, mode=0o4755)
    before = cluster.work.credentials

    assert cluster.work.execve("/srv/beta/images/sum")
    assert cluster.work.credentials.euid == before.euid
    assert attempted(cluster.kernel, lambda: cluster.work.setuid(0)) == ("EPERM", "kernel")


@pytest.mark.parametrize("user", [100_001, 99_999, 120_000])
def test_root_of_a_container_becomes_nobody_elses_user(cluster: Cluster, user: int) -> None:
    rule = ("EPERM", "own_users#not_our_user in host.beta")

    assert attempted(cluster.kernel, lambda: cluster.root.setuid(user)) == rule
    assert attempted(cluster.kernel, lambda: cluster.root.setresuid(effective=user)) == rule
    assert cluster.root.setuid(110_007)


# Secrets


def test_no_other_name_makes_a_secret_less_secret(cluster: Cluster) -> None:
    for number, name in enumerate(("/srv/acme/data/page", "/srv/acme/data/again")):
        front = cluster.kernel.init.fork(uid=cluster.front.credentials.fsuid, no_new_privs=True)
        assert front.lsm_enter(fd=cluster.scheduler.tenants["acme"].handle)
        old = ("/srv/acme/secrets/key", "/srv/acme/data/page")[number]
        assert (front.rename if number else front.link)(old, name)
        assert front.connect("192.0.2.7", 443)
        assert front.open(name)

        assert told(front.connect("192.0.2.7", 443)) == ("EHOSTUNREACH", "quiet_secrets#told_outside in host.acme")
        cluster.scheduler.sell("acme", 100)


def test_a_folder_of_secrets_keeps_its_name(cluster: Cluster) -> None:
    assert attempted(cluster.kernel, lambda: cluster.root.rename("/srv/acme/secrets", "/srv/beta/s")) == (
        "EACCES",
        "own_files#not_to_change in host.beta",
    )
    tenant = cluster.kernel.spawn("host.acme", uid=0)
    assert attempted(cluster.kernel, lambda: tenant.rename("/srv/acme/secrets", "/srv/acme/data/s")) == (
        "EACCES",
        "quiet_secrets#folders_stay in host.acme",
    )


def test_children_threads_and_programs_know_what_was_known(cluster: Cluster) -> None:
    cluster.scheduler.sell("acme", 100)
    tenant = cluster.kernel.spawn("host.acme", uid=cluster.front.credentials.fsuid, no_new_privs=True)
    assert tenant.connect("192.0.2.7", 443)
    assert tenant.thread().open("/srv/acme/secrets/key")
    child = tenant.fork()
    assert child.execve("/usr/bin/curl")
    assert child.fork().lsm_unshare("fresh")

    for task in (tenant, child, child.fork()):
        assert told(task.connect("192.0.2.7", 443)) == ("EHOSTUNREACH", "quiet_secrets#told_outside in host.acme")
        assert task.connect("10.0.0.9", 443)


def test_what_is_written_down_by_who_knows_is_secret_too(cluster: Cluster) -> None:
    cluster.scheduler.sell("acme", 100)
    one, other = (cluster.kernel.spawn("host.acme", uid=cluster.front.credentials.fsuid) for _ in range(2))
    assert one.open("/srv/acme/secrets/key")
    assert one.open("/srv/acme/data/copy", "x")
    assert other.connect("192.0.2.7", 443)
    assert other.open("/srv/acme/data/copy")

    assert told(other.connect("192.0.2.7", 443)) == ("EHOSTUNREACH", "quiet_secrets#told_outside in host.acme")


# The quota


def test_a_quota_is_the_tenants_whoever_in_it_connects(cluster: Cluster) -> None:
    quota = ("EDQUOT", "ConnectionQuota#quota in host.acme")
    for task in (cluster.front, cluster.books, cluster.front.fork()):
        assert task.connect("10.0.0.9", 443)

    for task in (cluster.front, cluster.books, cluster.books.fork()):
        assert told(task.connect("10.0.0.9", 443)) == quota
    assert cluster.work.connect("10.0.0.9", 443)  # beta's is its own
    cluster.scheduler.sell("acme", 4)
    assert cluster.front.connect("10.0.0.9", 443)
    assert told(cluster.front.connect("10.0.0.9", 443)) == quota


def test_a_quota_that_breaks_lets_nobody_through_and_disturbs_nobody_else(cluster: Cluster) -> None:
    cluster.scheduler.sell("acme", "as many as you like")

    decision = cluster.front.connect("10.0.0.9", 443)

    assert told(decision) == ("EACCES", "ConnectionQuota#fault in host.acme")
    assert "TypeError" in decision.faults[0].answer.fault
    assert cluster.work.connect("10.0.0.9", 443)


# What if


def test_what_is_only_thought_of_leaves_nothing(cluster: Cluster) -> None:
    scheduler, example = cluster.scheduler, cluster.example
    before = cluster.kernel.state
    beta = scheduler.tenants["beta"]
    counted = beta.granted, beta.denials.total()

    fine = scheduler.would_start("beta", example.Pod("fine", "batch", (example.Container("a", "/srv/beta/images/a"),)))
    stolen = scheduler.would_start("beta", example.THEFT)

    assert fine is None
    assert told(stolen) == ("EACCES", "own_files#not_ours in host.beta")
    assert cluster.kernel.state is before
    assert (beta.granted, beta.denials.total()) == counted
    assert set(scheduler.running) == {"acme/shop", "beta/jobs"}


def test_each_tenant_is_told_of_its_own_denials(cluster: Cluster) -> None:
    acme, beta = cluster.scheduler.tenants["acme"], cluster.scheduler.tenants["beta"]
    before = acme.denials.total()
    cluster.root.kill(cluster.front)

    assert beta.denials["containers.walled#no_signals in host.beta.jobs.sum"] == 1
    assert acme.denials.total() == before
