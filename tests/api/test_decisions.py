"""Decisions: what they tell, how they explain themselves, what is raised in their place."""

from pathlib import Path

import pytest

import nslsm
from nslsm import Errno
from nslsm.api.decisions import failure
from tests.api.controls import Counts, Puppet, Says

HEALTHCARE = nslsm.load_policy("healthcare")


def clinic(**options: object) -> nslsm.Kernel:
    return nslsm.Kernel(HEALTHCARE["host"], **options)


def test_a_decision_is_true_where_it_is_granted() -> None:
    kernel = clinic()
    ehr, visitor = kernel.spawn("clinic", uid=1001), kernel.spawn("clinic", uid=2001)
    assert ehr.execve("/usr/bin/ehr")

    granted, denied, unknown = ehr.open("/srv/phi/7"), visitor.open("/srv/phi/7"), kernel.check("file_open", visitor)

    assert [bool(each) for each in (granted, denied, unknown)] == [True, False, False]
    assert [each.granted for each in (granted, denied, unknown)] == [True, False, False]
    assert [each.errno for each in (granted, denied, unknown)] == [None, Errno.EACCES, Errno.EACCES]
    assert [each.verdict.name for each in (granted, denied, unknown)] == ["GRANT", "DENY", "INDETERMINATE"]
    assert [each.blame is None for each in (granted, denied, unknown)] == [True, False, True]


def test_a_decision_says_who_made_it_where_and_of_what() -> None:
    kernel = clinic()
    visitor = kernel.spawn("kiosk", uid=2001)

    decision = visitor.open("/srv/phi/7")

    assert (decision.pid, decision.call, decision.namespace.path) == (visitor.pid, "Open", "host.clinic.kiosk")
    assert repr(decision) == ("<decision 1, Open: deny EACCES by healthcare.hipaa.phi_access#confine-1 in host.clinic>")
    assert repr(visitor.umask(0)) == "<decision 2, SetMask: grant>"


def test_a_decision_remembers_where_the_task_was_although_it_has_moved_or_ended() -> None:
    kernel = clinic()
    task = kernel.init.fork(no_new_privs=True)

    entered, ended = task.lsm_enter("kiosk"), task.exit()

    assert (entered.namespace.path, ended.namespace.path) == ("host", "host.clinic.kiosk")


def test_a_full_walk_has_everybodys_opinion() -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", {"outer": Says(Errno.EPERM), "quiet": Says(None)})
    task = kernel.init.fork()
    (trial,) = nslsm.complaining({"trial": Says(Errno.EIO)})
    assert task.lsm_unshare("box", {"inner": Says(False), "trial": trial})

    decision = task.open("/a")
    asked = next(each for each in decision.judgements if each.request.hook.name == "file_open")

    assert [(each.namespace.name, each.binding.name, each.answer.stance.name) for each in asked.opinions] == [
        ("box", "inner", "DENY"),
        ("box", "trial", "DENY"),
        ("root", "outer", "DENY"),
        ("root", "quiet", "ABSTAIN"),
    ]
    assert decision.errno is Errno.EACCES
    assert str(decision.blame) == "tests.api.controls.Says#judge in root.box"
    assert [each.binding.name for each in asked.would_deny] == ["trial"]


def test_blame_says_whether_it_was_the_kernel() -> None:
    kernel = nslsm.Kernel(world="closed")

    missing = kernel.init.open("/nowhere")

    assert missing.errno is Errno.ENOENT
    assert missing.blame is not None
    assert (missing.blame.by_kernel, str(missing.blame)) == (True, "kernel")
    assert missing.blame.reason == "/nowhere does not exist"


def test_what_changed_and_who_moved_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.nslsm"
    path.write_text(
        "control c { attr task.ran: bool = false join or\n on bprm_check_security set subject.ran = true\n"
        ' audit bprm_check_security because "a program runs"\n deny socket_connect when subject.ran }\n'
        'namespace host { bind c namespace box { enter on bprm_check_security when object.path == "/usr/bin/x" } }\n'
    )
    kernel = nslsm.Kernel(nslsm.load_policy(path)["host"])
    task = kernel.init.fork()

    decision = task.execve("/usr/bin/x")

    assert [(change.attribute, change.value, change.rule) for change in decision.changes] == [
        ("task.ran", True, "on-1")
    ]
    assert [(move.source.path, move.target.path) for move in decision.moves] == [("host", "host.box")]
    assert [each.observation.because for each in decision.observed] == ["a program runs"]
    assert task.namespace.path == "host.box"


def test_a_result_is_what_the_call_returned() -> None:
    kernel = nslsm.Kernel(world="closed")

    assert kernel.init.socket().result == 0
    assert kernel.init.socket().result == 1
    assert kernel.init.umask(0o77).result == 0o22
    assert kernel.init.open("/nowhere").result == 0


# Explaining


def test_an_explanation_quotes_the_rule_wherever_it_came_from(tmp_path: Path) -> None:
    path = tmp_path / "late.nslsm"
    path.write_text('control late { deny closed: file_open when object.path == "/srv/x" because "it is late" }\n')
    kernel = clinic()
    task = kernel.init.fork(no_new_privs=True)
    assert task.lsm_unshare("night", nslsm.load_policy(path)["late"])

    text = task.open("/srv/x").explain()

    assert "denied EACCES by late#closed in host.night" in text
    assert 'deny closed: file_open when object.path == "/srv/x"' in text
    assert f"{path}:1:" in text
    assert "it is late" in text


@pytest.mark.parametrize("composition", ["lsm-core", "selinux-ns", "apparmor-stack", "landlock", "ima"])
def test_an_explanation_says_which_composition_decided_and_turns_nothing_but_the_models(composition: str) -> None:
    texts = []
    for name in (composition, "conjunction"):
        kernel = clinic(composition=name)
        task = kernel.init.fork(no_new_privs=True)
        task.lsm_unshare("ward", HEALTHCARE["hospital"])
        texts.append(task.open("/srv/phi/7.hl7").explain())

    other, ours = texts
    assert f"decided as by {composition}: " in other
    assert "what would have it granted" not in other
    assert "decided as by" not in ours
    assert "what would have it granted" in ours


def test_an_explanation_of_a_control_in_python_says_what_it_answered() -> None:
    kernel = nslsm.Kernel()
    sorry = nslsm.Answer(nslsm.Stance.DENY, "quota", Errno.EDQUOT, "three are all there are")
    assert kernel.init.lsm_bind("root", Puppet(judge=lambda control, request, state: sorry))  # noqa: ARG005

    text = kernel.init.open("/a").explain()

    assert "denied EDQUOT by tests.puppet#quota in root" in text
    assert "three are all there are" in text


def test_a_fault_a_grant_and_the_kernels_own_refusal_are_explained() -> None:
    kernel = nslsm.Kernel(world="closed")
    assert "/a does not exist" in kernel.init.open("/a").explain()
    assert "granted" in kernel.init.umask(0).explain()
    assert kernel.init.lsm_bind("root", Puppet(judge=lambda control, request, state: 1 / 0))  # noqa: ARG005
    kernel.file("/a")

    assert "ZeroDivisionError: division by zero" in kernel.init.open("/a").explain()


def test_an_explanation_does_not_change_with_what_happens_later() -> None:
    kernel = clinic()
    visitor = kernel.spawn("clinic", uid=2001)
    decision = visitor.open("/srv/phi/7")
    before = decision.explain()

    assert visitor.exit()
    kernel.exchange("kiosk", None)
    assert decision.explain() == before


def test_an_explanation_is_also_a_value() -> None:
    kernel = clinic()

    found = kernel.spawn("clinic", uid=2001).open("/srv/phi/7").explanation()

    assert found.to_grant is not None
    assert [level.namespace.path for level in found.hearings[-1].levels] == ["host.clinic", "host"]


# Raising


def test_what_is_raised_carries_the_decision() -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", Counts(0))
    decision = kernel.init.open("/a")

    raised = failure(decision)

    assert isinstance(raised, nslsm.Denied)
    assert isinstance(raised, PermissionError)
    assert raised.errno == Errno.EDQUOT
    assert raised.decision is decision
    assert "by tests.api.controls.Counts#judge in root" in str(raised)


@pytest.mark.parametrize(
    ("path", "error"), [("/nowhere", FileNotFoundError), ("/d/x/y", FileNotFoundError), ("/f/x", NotADirectoryError)]
)
def test_the_kernels_own_refusals_are_pythons_own_exceptions(path: str, error: type[OSError]) -> None:
    kernel = nslsm.Kernel(world="closed")
    kernel.file("/d", type="directory")
    kernel.file("/f")

    raised = failure(kernel.init.open(path))

    assert type(raised) is error
    assert "by the kernel" in str(raised)
