"""System calls that go ahead answer at once; what else there is to know of them is as it would have been then."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

import nslsm
from nslsm.engine import decide as engine
from nslsm.engine.decision import Decision

POLICY = """
import std.operations (read)

control watching {
    attr task.tainted: bool = false

    audit opened: file_open when object.path under "/srv"
    deny hosts: file_open when object.path == "/etc/shadow"
    on read when object.path under "/srv/phi" set subject.tainted = true
}

namespace host {
    bind watching
}
"""
ACTIONS: dict[str, Callable[[nslsm.Task], object]] = {
    "open": lambda task: task.open("/srv/x"),
    "denied": lambda task: task.open("/etc/shadow"),
    "refused": lambda task: task.open("/srv/x/y"),
    "tainting": lambda task: task.open("/srv/phi/1"),
    "exec": lambda task: task.execve("/usr/bin/program"),
    "fork": lambda task: task.fork() and task.wait(),
    "connect": lambda task: task.connect("192.0.2.1", 80),
    "exit": lambda task: task.exit(),
}


def kernel(folder: Path, *, compiled: bool = True) -> nslsm.Kernel:
    path = folder / "performing.nslsm"
    path.write_text(POLICY)
    made = nslsm.Kernel(nslsm.load_policy(path).tree(), compiled=compiled)
    made.file("/srv/x")
    return made


def parts(decision: object) -> dict[str, object]:
    assert isinstance(decision, Decision)
    return {
        part.name: getattr(decision, part.name)
        for part in fields(decision)
        if part.name not in ("later", "composition", "before", "sources")
    }


@pytest.mark.parametrize("action", ACTIONS)
def test_a_call_that_is_answered_at_once_comes_to_what_deciding_it_does(action: str, tmp_path: Path) -> None:
    quick, slow = kernel(tmp_path), kernel(tmp_path, compiled=False)

    decisions = [ACTIONS[action](each.spawn(uid=7)) for each in (quick, slow)]

    assert parts(decisions[0]) == parts(decisions[1])
    assert repr(decisions[0]) == repr(decisions[1])
    assert quick.state == slow.state


def test_a_call_that_goes_ahead_is_not_decided_until_somebody_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = kernel(tmp_path)
    task = made.spawn(uid=7)
    decided: list[object] = []

    def counted(*about: object, **how: object) -> object:
        decided.append(about)
        return engine.decide(*about, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("nslsm.api.recalled.decide", counted)
    monkeypatch.setattr("nslsm.api.kernel.decide", counted)

    decision = task.open("/srv/x")
    granted, result = decision.granted, decision.result

    assert (granted, result, decided) == (True, 0, [])
    assert [each.observation.rule for each in decision.observed] == ["opened"]
    assert len(decided) == 1
    assert decision.judgements
    assert len(decided) == 1


def test_who_looks_late_sees_what_there_was_then(tmp_path: Path) -> None:
    made = kernel(tmp_path)
    task = made.spawn(uid=7)

    decision = task.open("/srv/x")
    task.execve("/usr/bin/program")
    task.exit()

    assert decision.before.tasks[task.pid].credentials.uid == 7
    assert {each.request.subject.exe for each in decision.judgements} == {decision.before.tasks[task.pid].exe}
    assert "file_open" in [each.request.hook.name for each in decision.judgements]


def test_a_strict_kernel_raises_for_what_is_denied_all_the_same(tmp_path: Path) -> None:
    made = nslsm.Kernel(kernel(tmp_path).state.namespaces, strict=True)

    with pytest.raises(nslsm.Denied):
        made.spawn(uid=7).open("/etc/shadow")


def test_who_watches_hears_of_each_call(tmp_path: Path) -> None:
    made = kernel(tmp_path)
    heard: list[str] = []
    task = made.spawn(uid=7)
    task.open("/srv/x")

    end = made.on_decision(lambda decision: heard.append(decision.call))
    task.open("/srv/x")
    task.open("/etc/shadow")
    end()
    task.open("/srv/x")

    assert heard == ["Open", "Open"]


def test_a_kernel_with_a_clock_says_when(tmp_path: Path) -> None:
    made = nslsm.Kernel(kernel(tmp_path).state.namespaces, clock=lambda: 7.0)

    assert made.spawn(uid=7).open("/srv/x").time == 7.0
