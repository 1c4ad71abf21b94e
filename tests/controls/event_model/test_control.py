import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nslsm
from nslsm import Errno
from nslsm.api.event_models import ModelOf
from nslsm.controls.event_model import EventModel, Status
from nslsm.controls.event_model.coefficient import coefficient, measurement


def modelled(model: EventModel | None = None) -> tuple[nslsm.Kernel, ModelOf]:
    kernel = nslsm.Kernel()
    kernel.exchange("root", EventModel() if model is None else model)
    return kernel, ModelOf(kernel, "root")


def test_an_event_is_a_point_once_however_often_it_happens() -> None:
    kernel, model = modelled()
    task = kernel.spawn()

    task.open("/a")
    seen = model.points
    task.open("/a")

    assert len(seen) > 0
    assert model.points == seen


def test_what_is_exported_extends_to_the_measurement() -> None:
    kernel, model = modelled()
    lines: list[str] = []
    kernel.on_decision(
        lambda decision: lines.extend(each.observation.because for each in decision.observed if each.observation.rule)
    )
    task = kernel.spawn()
    for path in ("/a", "/b", "/a", "/c"):
        task.open(path)
    task.execve("/bin/tool")
    task.open("/a")

    exported = list(dict.fromkeys(json.loads(line)["coefficient"] for line in lines))

    control = model.control
    assert set(exported) == set(model.points)
    assert measurement("sha256", control.base, map(bytes.fromhex, exported)).hex() == model.measurement


def test_who_a_task_is_depends_on_its_program_and_so_do_its_coefficients() -> None:
    kernel, model = modelled()
    kernel.spawn(exe="/bin/x").open("/a")
    before = set(model.points)
    task = kernel.spawn(exe="/bin/x")

    task.open("/a")
    same = set(model.points)
    task.execve("/bin/tool")
    task.open("/a")

    assert same == before
    assert len(set(model.points) - same) > 1


def test_who_a_task_is_depends_on_the_chain_of_programs_that_led_to_it() -> None:
    def shell_of(program: str) -> tuple[str, ...]:
        kernel, model = modelled()
        server = kernel.spawn()
        server.execve(program)
        shell = server.fork()
        shell.execve("/bin/sh")
        before = set(model.points)
        shell.open("/a")
        return tuple(each for each in model.points if each not in before)

    assert shell_of("/sbin/getty") == shell_of("/sbin/getty")
    assert not {*shell_of("/sbin/getty")} & {*shell_of("/sbin/sshd")}


def test_a_task_is_the_hash_of_its_program_s_run_by_its_parent_and_nobody() -> None:
    kernel, _ = modelled()
    lines: list[str] = []
    kernel.on_decision(
        lambda decision: lines.extend(each.observation.because for each in decision.observed if each.observation.rule)
    )
    server = kernel.spawn()
    server.execve("/sbin/sshd")
    shell = server.fork()
    shell.execve("/bin/sh")
    shell.open("/a")

    told = [json.loads(line) for line in lines]
    (run,) = (
        each
        for each in told
        if each["event"] == "bprm_check_security" and each["cell"]["facts"]["filename"] == "/bin/sh"
    )
    opened = next(each for each in told if each["event"] == "file_open" and each["cell"]["object"]["path"] == "/a")
    cell = {"object": run["cell"]["object"], "facts": {"filename": "/bin/sh"}}
    nobody = bytes(32)
    expected = coefficient(
        "sha256", "bprm_committed_creds", bytes.fromhex(opened["parent"]), nobody, opened["context"], cell
    )
    assert opened["parent"] == run["task"]
    assert opened["task"] == expected.hex()


def test_what_enters_a_namespace_by_running_a_program_is_that_program_there(tmp_path: Path) -> None:
    (tmp_path / "entry.nslsm").write_text("namespace host { namespace box { enter on bprm_check_security } }\n")
    kernel = nslsm.Kernel(nslsm.load_policy(tmp_path / "entry.nslsm"))
    kernel.exchange("host.box", EventModel())
    lines: list[str] = []
    kernel.on_decision(
        lambda decision: lines.extend(each.observation.because for each in decision.observed if each.observation.rule)
    )
    task = kernel.spawn("host")
    task.execve("/bin/tool")
    task.open("/a")

    assert {json.loads(line)["task"] for line in lines} != {"00" * 32}


CALLS = ("/a", "/b", "/c")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(CALLS)), max_size=8), st.randoms(use_true_random=False))
def test_the_state_is_the_same_however_tasks_are_scheduled(course: list[tuple[int, str]], chance: object) -> None:
    """Two tasks of different users, each of which does the same things in the same order, one before the other or not."""

    def after(order: list[tuple[int, str]]) -> str:
        kernel, model = modelled()
        tasks = [kernel.spawn(uid=uid) for uid in (1000, 2000)]
        for who, path in order:
            tasks[who].open(path)
        return model.state

    mixed = sorted(course, key=lambda step: step[0])
    chance.shuffle(mixed)

    assert after(course) == after(sorted(course, key=lambda step: step[0])) == after(mixed)


def test_after_sealing_what_is_new_is_forensics_and_who_did_it_is_untrusted_for_ever() -> None:
    kernel, model = modelled()
    task = kernel.spawn()
    task.open("/a")
    model.seal()
    points, state = model.points, model.state

    assert task.open("/a")
    assert (model.forensics, model.untrusted, model.state) == ((), (), state)
    assert task.open("/new")
    child = task.fork()

    assert model.points == points
    assert model.state != state
    assert len(model.forensics) > 0
    assert set(model.untrusted) >= {task.pid, child.pid}


def test_an_enforcing_model_refuses_what_is_new_and_all_that_the_untrusted_do() -> None:
    kernel, model = modelled()
    task, other = kernel.spawn(), kernel.spawn()
    assert task.open("/a")
    model.seal()
    model.enforce()

    assert other.open("/a")
    refused = task.open("/new")
    assert refused.errno is Errno.EPERM
    assert "not part of the model" in str(refused.blame.reason)
    again = task.open("/a")

    assert again.errno is Errno.EPERM
    assert "has done" in again.blame.reason
    assert other.open("/a")
    assert len(model.forensics) > 0


def test_a_model_never_goes_back() -> None:
    _, model = modelled(EventModel(Status.SEALED))

    with pytest.raises(ValueError, match="never free again"):
        model.control.become(Status.FREE)


def test_points_of_an_earlier_run_are_enough_to_enforce() -> None:
    def workload(kernel: nslsm.Kernel) -> list[bool]:
        task = kernel.spawn(uid=1000)
        return [bool(task.open("/a")), bool(task.open("/b")), bool(task.connect("192.0.2.1", 443))]

    first, learnt = modelled()
    workload(first)
    second, enforced = modelled(EventModel(Status.ENFORCING, points=learnt.points))

    assert workload(second) == [True, True, True]
    assert enforced.state == learnt.state
    assert not second.spawn(uid=1000).open("/c")


def test_a_base_nonce_changes_sums_and_no_coefficient() -> None:
    plain_kernel, plain = modelled()
    kernel, model = modelled(EventModel(base="ab" * 32))
    for each in (plain_kernel, kernel):
        each.spawn().open("/a")

    assert model.points == plain.points
    assert model.measurement != plain.measurement
    assert model.state != plain.state


def test_the_contents_of_a_file_with_a_pseudonym_do_not_matter() -> None:
    def points(contents: str, *pseudonyms: str) -> tuple[str, ...]:
        kernel, model = modelled(EventModel(pseudonyms=pseudonyms))
        kernel.file("/a", sha256=contents)
        kernel.spawn().open("/a")
        return model.points

    assert points("11") != points("22")
    assert points("11", "/a") == points("22", "/a")


def test_each_namespace_has_a_model_of_its_own() -> None:
    kernel, outer = modelled()
    task = kernel.spawn(uid=0)
    assert task.lsm_unshare("box", EventModel(digest="sha512"))
    inner = ModelOf(kernel, "root.box")
    before = len(outer.points)

    task.open("/a")
    kernel.spawn().open("/b")

    assert len(outer.points) > before
    assert {len(each) for each in inner.points} == {128}
    assert len(inner.points) < len(outer.points)


@pytest.mark.parametrize(
    "wrong", [{"digest": "md5"}, {"base": "xyz"}, {"points": ("ab",)}, {"status": "open"}, {"pseudonyms": ([],)}]
)
def test_what_no_model_can_be_made_with_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        EventModel(**wrong)


def test_a_model_keeps_nothing_on_itself() -> None:
    model = EventModel()

    with pytest.raises(AttributeError, match="keeps nothing"):
        model.status = Status.FREE
    assert model == EventModel()
    assert model.digest != EventModel(base="00").digest
    assert model.origin == EventModel(base="00").origin


def unsure(tmp_path: Path) -> tuple[nslsm.Kernel, ModelOf, nslsm.Task]:
    """A model beside a control that may refuse what is in ``/odd``, which nobody knows."""
    (tmp_path / "odd.nslsm").write_text('control odd { deny file_open when object.sha256 == "11" }\n')
    kernel = nslsm.Kernel()
    kernel.exchange("root", [EventModel(), nslsm.load_policy(tmp_path / "odd.nslsm")["odd"]])
    for path in ("/a", "/b"):
        kernel.file(path, sha256="00")
    return kernel, ModelOf(kernel, "root"), kernel.spawn()


def test_an_event_that_nobody_could_decide_leaves_the_rest_of_the_model_as_it_was(tmp_path: Path) -> None:
    _, model, task = unsure(tmp_path)
    task.open("/a")
    points, before = model.points, model.measurement

    assert task.open("/odd").verdict is nslsm.Verdict.INDETERMINATE
    assert model.points == points
    assert model.measurement != before
    task.open("/b")

    assert model.points[: len(points)] == points
    assert len(model.points) > len(points)


def test_what_may_be_part_of_the_model_is_neither_granted_nor_makes_untrusted_for_sure(tmp_path: Path) -> None:
    kernel, model, task = unsure(tmp_path)
    task.open("/a")
    task.open("/odd")
    model.seal()
    model.enforce()
    kernel.exchange("root", [each for each in kernel.namespace("root").bindings if each.name != "odd"])

    decision = kernel.spawn().open("/odd")
    assert (decision.verdict, decision.unknown) == (nslsm.Verdict.INDETERMINATE, ("namespace.point",))
    assert kernel.spawn().open("/a")
    again = task.open("/odd") and task.open("/a")
    assert not again
    assert model.untrusted == ()


def test_a_long_trajectory_is_kept_in_order() -> None:
    kernel, model = modelled()
    task = kernel.spawn()
    order = []
    for number in range(40):
        before = set(model.points)
        task.open(f"/{number}")
        order += [each for each in model.points if each not in before]

    assert list(model.points) == order
    assert len(order) >= 40
