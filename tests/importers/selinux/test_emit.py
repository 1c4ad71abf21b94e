"""Imported policies of SELinux at work: labels, transitions, relabelling and categories, in a simulated kernel."""

from pathlib import Path

import pytest

import nslsm
from nslsm.importers.selinux.cil import read
from nslsm.importers.selinux.emit import Imported, emit

WARD = Path(__file__).parents[2] / "data" / "selinux" / "ward.cil"


def written(imported: Imported, folder: Path) -> nslsm.LoadedPolicy:
    """The policy, loaded again from its files."""
    for name, data in imported.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(data)
    (folder / f"{imported.name}.nslsm").write_text(imported.text)
    return nslsm.load_policy(str(folder / f"{imported.name}.nslsm"))


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> nslsm.LoadedPolicy:
    policy, _, sources = read([WARD])
    return written(emit(policy, sources, name="ward"), tmp_path_factory.mktemp("ward"))


class Ward:
    """A kernel under the policy, with a few programs and files."""

    def __init__(self, policy: nslsm.LoadedPolicy) -> None:
        self.kernel = nslsm.Kernel()
        assert self.kernel.init.lsm_bind("root", policy["ward_policy"])
        for program in ("ehr", "nurse", "box", "ls"):
            self.kernel.file(f"/usr/bin/{program}", mode=0o755)
        self.kernel.file("/srv/charts/7", mode=0o666)
        self.kernel.file("/etc/hosts", mode=0o644)

    def run(self, program: str) -> nslsm.Task:
        task = self.kernel.spawn(uid=0)
        assert task.execve(f"/usr/bin/{program}")
        return task

    def context(self, task: nslsm.Task) -> object:
        """The context of a task."""
        return task.lsm_get_self_attr()["ward"]["context"]


@pytest.fixture
def machine(ward: nslsm.LoadedPolicy) -> Ward:
    return Ward(ward)


def test_a_program_runs_in_the_context_that_a_transition_gives_it(machine: Ward) -> None:
    assert machine.context(machine.run("ehr")) == "system_u:system_r:server.process:s0"
    assert machine.context(machine.run("ls")) == "system_u:system_r:kernel_t:s0"


def test_roles_and_ranges_change_with_programs_too(machine: Ward) -> None:
    assert machine.context(machine.run("box")) == "system_u:system_r:container.process:s0:c1,c2"


def test_what_no_rule_allows_is_denied_and_the_rule_says_what_was_asked(machine: Ward) -> None:
    nurse = machine.run("nurse")

    assert nurse.open("/srv/charts/7", "r")
    decision = nurse.open("/srv/charts/7", "r+")

    assert not decision
    assert "no allow rule permits write" in str(decision.explain())


def test_new_files_get_the_context_of_their_directory_of_a_transition_or_of_one_for_their_name(machine: Ward) -> None:
    ehr, nurse = machine.run("ehr"), machine.run("nurse")
    machine.kernel.file("/tmp", type="directory", mode=0o777)

    assert ehr.open("/tmp/8", "x")
    assert ehr.open("/tmp/server.log", "x")

    assert nurse.open("/tmp/8", "r")
    assert not nurse.open("/tmp/server.log", "r")


def test_a_label_stays_with_the_file_when_it_is_renamed(machine: Ward) -> None:
    ehr, nurse, init = machine.run("ehr"), machine.run("nurse"), machine.run("ls")
    machine.kernel.file("/tmp", type="directory", mode=0o777)
    assert ehr.open("/tmp/8", "x")

    assert init.rename("/tmp/8", "/etc/8")

    assert nurse.open("/etc/8", "r")
    assert not machine.run("box").open("/etc/8", "r")


def test_who_relabels_may_relabel_from_the_old_and_to_the_new_context(machine: Ward) -> None:
    init, nurse = machine.run("ls"), machine.run("nurse")
    assert not nurse.open("/tmp/x", "r")
    machine.kernel.file("/etc/8", mode=0o666)

    assert nurse.open("/etc/8", "r")
    assert not nurse.setxattr("/etc/8", "security.selinux", "system_u:object_r:charts_t:s0")
    assert not init.setxattr("/etc/8", "security.selinux", "system_u:object_r:nowhere_t:s0")
    assert init.setxattr("/etc/8", "security.selinux", "system_u:object_r:log_t:s0")
    assert not nurse.open("/etc/8", "r")


def boxed(policy: nslsm.LoadedPolicy, kernel: nslsm.Kernel, name: str, categories: str) -> nslsm.Task:
    """A task in a namespace of its own, under the policy, as a container with categories."""
    context = f"system_u:system_r:container.process:{categories}"
    task = kernel.init.fork(no_new_privs=True)
    assert task.lsm_unshare(name, policy["ward"](start=context))
    return task


def test_containers_with_other_categories_do_not_touch_each_others_files(ward: nslsm.LoadedPolicy) -> None:
    kernel = nslsm.Kernel()
    one = boxed(ward, kernel, "one", "s0:c1,c2")
    label = "system_u:object_r:container.file:s0:{}"
    kernel.file("/srv/container/a", mode=0o666, xattrs={"security.selinux": label.format("c1,c2")})
    kernel.file("/srv/container/b", mode=0o666, xattrs={"security.selinux": label.format("c3,c4")})

    assert one.open("/srv/container/a", "r+")
    decision = one.open("/srv/container/b", "r")

    assert not decision
    assert "a constraint does not hold" in str(decision.explain())


def test_a_file_has_a_context_in_the_container_and_none_on_the_host(ward: nslsm.LoadedPolicy) -> None:
    kernel = nslsm.Kernel()
    box = boxed(ward, kernel, "one", "s0:c1,c2")
    kernel.file("/etc/hosts", mode=0o644)

    assert box.open("/etc/hosts", "r")
    assert not box.open("/srv/charts/7", "r")
    assert kernel.init.open("/srv/charts/7", "r")
    with pytest.raises(OSError, match="no control here keeps"):
        kernel.init.lsm_get_self_attr()


def test_a_task_from_elsewhere_is_unlabeled(ward: nslsm.LoadedPolicy) -> None:
    kernel = nslsm.Kernel()
    outside = kernel.init.fork()
    box = boxed(ward, kernel, "one", "s0:c1,c2")

    assert box.kill(outside.pid, 0)
    assert not box.kill(outside.pid, "SIGTERM")


def test_what_a_program_asks_for_counts_where_it_may_ask_and_the_policy_has_the_context(machine: Ward) -> None:
    box, ehr = machine.run("box"), machine.run("ehr")

    def ask(task: nslsm.Task, name: str, value: str) -> object:
        wrote = task.open(f"/proc/self/attr/{name}", "w")
        assert task.write(wrote.result, f"{value}\n")
        return task.lsm_get_self_attr()["ward"][{"fscreate": "create"}.get(name, name)]

    label = "system_u:object_r:container.file:s0:c1,c2"
    assert ask(box, "fscreate", label) == label
    assert ask(box, "fscreate", "nonsense") == label
    assert ask(box, "fscreate", "") == ""
    assert ask(ehr, "fscreate", label) == ""


def test_a_program_runs_in_the_context_that_was_asked_for_or_not_at_all(machine: Ward) -> None:
    init, box = machine.run("ls"), machine.run("box")
    wanted = "system_u:system_r:container.process:s0:c3"

    for task, value in ((init, wanted), (box, "system_u:system_r:kernel_t:s0")):
        assert task.write(task.open("/proc/self/attr/exec", "w").result, value)

    assert init.execve("/usr/bin/box")
    assert machine.context(init) == wanted
    assert not box.execve("/usr/bin/ls")


def test_with_no_new_privs_a_program_keeps_the_context(ward: nslsm.LoadedPolicy) -> None:
    machine = Ward(ward)
    task = machine.kernel.spawn(uid=0, no_new_privs=True)

    assert task.execve("/usr/bin/ehr")

    assert machine.context(task) == "system_u:system_r:kernel_t:s0"


def test_managers_in_user_space_ask_about_their_own_classes(machine: Ward) -> None:
    nurse = machine.run("nurse")
    chart = "system_u:object_r:charts_t:s0"

    def ask(permission: str, context: str = chart, class_: str = "chart") -> bool:
        return bool(machine.kernel.check("user_access", nurse, context, class_=class_, permission=permission))

    assert ask("view")
    assert not ask("change")
    assert not ask("view", "system_u:object_r:nowhere_t:s0")
    assert not ask("view", class_="window")


@pytest.mark.parametrize(
    ("question", "context", "class_", "answer"),
    [
        ("create?", "system_u:object_r:tmp_t:s0", "file", "system_u:object_r:tmp_t:s0"),
        ("relabel?", "system_u:object_r:charts_t:s0", "file", "system_u:object_r:log_t:s0"),
        ("relabel?", "system_u:object_r:etc_t:s0", "file", "system_u:object_r:etc_t:s0"),
        ("member?", "system_u:object_r:tmp_t:s0", "dir", "system_u:object_r:log_t:s0"),
    ],
)
def test_managers_are_told_which_context_things_would_have(
    machine: Ward, question: str, context: str, class_: str, answer: str
) -> None:
    nurse = machine.run("nurse")

    assert machine.kernel.check("user_access", nurse, context, class_=class_, permission=question)

    assert nurse.lsm_get_self_attr()["ward"]["computed"] == answer


def test_a_constraint_on_new_contexts_sees_the_old_one_too(machine: Ward) -> None:
    init = machine.run("ls")

    assert not init.setxattr("/srv/charts/7", "security.selinux", "system_u:object_r:etc_t:s0")
    assert init.setxattr("/etc/hosts", "security.selinux", "system_u:object_r:tmp_t:s0")
    assert init.setxattr("/srv/charts/7", "security.selinux", "system_u:object_r:log_t:s0")


def test_with_no_new_privs_a_program_may_run_in_a_context_that_is_bounded_by_its_own(ward: nslsm.LoadedPolicy) -> None:
    machine = Ward(ward)
    machine.kernel.file("/usr/bin/helper", mode=0o755)
    task = machine.run("ehr")
    assert task.prctl("set_no_new_privs", 1)

    assert task.execve("/usr/bin/helper")

    assert machine.context(task) == "system_u:system_r:bounded_t:s0"


def test_what_is_to_be_recorded_is_and_decides_nothing(machine: Ward) -> None:
    ehr = machine.run("ehr")

    decision = ehr.unlink("/srv/charts/7")

    assert decision
    assert "file_unlink_recorded" in str(decision.explain())


def test_booleans_are_set_at_import_or_stay_parameters(tmp_path: Path) -> None:
    closed, _, sources = read([WARD])
    opened, _, _ = read([WARD], booleans={"server_connects": True})
    kept = emit(closed, sources, name="kept", parameters=["server_connects"])

    def connects(policy: nslsm.LoadedPolicy, name: str, **given: object) -> bool:
        kernel = nslsm.Kernel()
        start = "system_u:system_r:server.process:s0"
        assert kernel.init.lsm_bind("root", policy[name](start=start, **given))
        task = kernel.spawn(uid=1000)
        made = task.socket("inet", "stream")
        return bool(made) and bool(task.connect("192.0.2.1", 80))

    for name, policy, given, wanted in (
        ("off", emit(closed, sources, name="off"), {}, False),
        ("on", emit(opened, sources, name="on"), {}, True),
        ("kept", kept, {}, False),
        ("kept", kept, {"server_connects": True}, True),
    ):
        (tmp_path / name).mkdir(exist_ok=True)
        assert connects(written(policy, tmp_path / name), name, **given) is wanted, (name, given)


def test_a_permissive_type_is_told_about_and_not_stopped(tmp_path: Path) -> None:
    file = tmp_path / "permissive.cil"
    file.write_text(WARD.read_text() + "(typepermissive nurse.process)\n")
    policy, _, sources = read([file])
    loaded = written(emit(policy, sources, name="ward"), tmp_path)
    machine = Ward(loaded)

    decision = machine.run("nurse").open("/srv/charts/7", "r+")

    assert decision
    assert "would" in str(decision.explain())
    assert not machine.run("box").open("/srv/charts/7", "r")
