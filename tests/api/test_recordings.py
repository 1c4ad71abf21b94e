"""Real recordings, judged: understood, placed, followed through forks, execs and namespaces."""

import shutil
import sys
from pathlib import Path

import pytest

from nslsm.api.policies import PolicyError, PolicyTree, load_policy
from nslsm.api.recordings import Replay, replay
from nslsm.diagnostics import Diagnostic
from nslsm.engine.decision import Verdict
from nslsm.live.record import record
from nslsm.resources import examples_root
from nslsm.simulation.replay import Judged


def policy(tmp_path: Path, text: str) -> PolicyTree:
    path = tmp_path / "p.nslsm"
    path.write_text(text)
    return load_policy(path).tree()


def judged(run: Replay) -> list[Judged]:
    return [item for item in run if isinstance(item, Judged)]


def shares(run: Replay) -> float:
    findings = [item for item in run if isinstance(item, Diagnostic)]
    assert run.lines - run.understood <= 2 * len(findings)
    return run.understood / run.lines


@pytest.mark.conformance
def test_a_shell_pipeline_recorded_elsewhere_is_understood(conformance: Path) -> None:
    run = replay(conformance / "traces" / "strace_sh.txt", load_policy("base.platform").tree())

    assert shares(run) >= 0.99
    assert run.lines == 931


@pytest.mark.conformance
def test_programs_of_every_sort_are_understood_but_for_calls_that_are_not_simulated(conformance: Path) -> None:
    """Mounts, keys, io_uring and their like are not made yet: each such call is a finding that says so."""
    paths = sorted((conformance / "truth").rglob("strace.txt"))
    found = [item for path in paths for item in replay(path, load_policy("base.platform").tree())]
    findings = [item for item in found if isinstance(item, Diagnostic)]

    assert len(paths) >= 35
    assert {finding.code.name for finding in findings} <= {"trace-not-modelled"}
    assert len(findings) <= 0.01 * len(found)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_recording_made_now_is_understood(tmp_path: Path) -> None:
    program = "import subprocess, threading, socket; subprocess.run(['/bin/sh', '-c', 'cat /etc/passwd | wc -l'])"
    record([sys.executable, "-c", program], tmp_path / "t")

    run = replay(tmp_path / "t", load_policy("base.platform").tree())

    assert shares(run) >= 0.99
    assert run.lines > 500


@pytest.mark.parametrize("example", ["01-a-build-under-watch/build.strace", "02-the-hospital/visit.strace"])
def test_the_shipped_recordings_are_understood_to_the_last_line(example: str) -> None:
    run = replay(examples_root() / example, load_policy("base.platform").tree())

    assert shares(run) == 1.0


LINES = """\
100 1.0 execve("/bin/sh", ["sh"], 0x7ffe /* 4 vars */) = 0
100 1.1 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f <unfinished ...>
101 1.2 chdir("/srv" <unfinished ...>
100 1.3 <... clone resumed>) = 101
101 1.4 <... chdir resumed>) = 0
101 1.5 openat(AT_FDCWD, "phi/7", O_RDONLY) = 3
101 1.6 dup2(3, 0) = 0
101 1.7 execve("/bin/cat", ["cat"], 0x7ffe /* 4 vars */) = 0
101 1.8 read(0, "x", 1) = 1
101 1.9 openat(AT_FDCWD, "../etc/pas"..., O_RDONLY) = 3
101 2.0 exit_group(0) = ?
101 2.1 +++ exited with 0 +++
100 2.2 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=101, si_uid=0, si_status=0, si_utime=0, si_stime=0} ---
100 2.3 openat(AT_FDCWD, "/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory)
"""
POLICY = """\
control c {
    attr task.tainted: bool = false
    on file_open when object.path under "/srv" set subject.tainted = true
    deny late: file_permission when subject.tainted and subject.exe == "/bin/cat"
    deny hidden: file_open when object.path under "/etc"
}
namespace host {
    bind c
    namespace cats { enter on bprm_check_security when object.path == "/bin/cat" }
}
"""


@pytest.fixture
def small(tmp_path: Path) -> list[Judged]:
    (tmp_path / "t").write_text(LINES)
    return judged(replay(tmp_path / "t", policy(tmp_path, POLICY)))


def test_a_childs_relative_path_starts_where_the_child_is(small: list[Judged]) -> None:
    opening = next(each for each in small if each.occurrence.line == 6)

    assert [str(request.object.path) for request in (j.request for j in opening.decision.judgements)  # type: ignore[union-attr]
            if request.hook.name == "file_open"] == ["/srv/phi/7"]  # fmt: skip


def test_an_attribute_goes_through_fork_and_exec_to_an_inherited_descriptor(small: list[Judged]) -> None:
    reading = next(each for each in small if each.occurrence.call == "read")

    assert reading.decision.verdict is Verdict.DENY
    assert reading.decision.blame is not None
    assert str(reading.decision.blame) == "p.c#late in host"


def test_an_exec_moves_the_process_and_only_it(small: list[Judged]) -> None:
    places = {each.occurrence.line: each.occasion.namespace for each in small}

    assert places[9] == "host.cats"
    assert places[14] == "host"


def test_a_path_that_was_cut_is_unknown_and_never_granted(small: list[Judged]) -> None:
    cut = next(each for each in small if each.occurrence.line == 10)

    assert cut.decision.verdict is Verdict.INDETERMINATE
    assert cut.decision.unknown == ("object.path",)


def test_a_call_that_failed_on_the_way_to_its_file_does_not_open_it(small: list[Judged]) -> None:
    failed = next(each for each in small if each.occurrence.line == 14)

    assert "file_open" not in [judgement.request.hook.name for judgement in failed.decision.judgements]
    assert failed.decision.recorded_errno is not None


def test_a_denied_exec_that_happened_is_followed_and_its_move_is_counterfactual(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(LINES)
    text = POLICY.replace(
        "deny hidden:", 'deny no_cats: bprm_check_security when object.path == "/bin/cat"\n deny hidden:'
    )

    run = judged(replay(tmp_path / "t", policy(tmp_path, text)))

    exec_ = next(each for each in run if each.occurrence.line == 8)
    reading = next(each for each in run if each.occurrence.call == "read")
    assert exec_.decision.verdict is Verdict.DENY
    assert [move.counterfactual for move in exec_.decision.moves] == [True]
    assert reading.occasion.task.exe == "/bin/cat"
    assert reading.occasion.namespace == "host.cats"


def test_memory_follows_what_lives_not_what_was_seen(tmp_path: Path) -> None:
    lines = [LINES]
    for pid in range(1000, 3000):
        lines.append(f'100 3.0 vfork() = {pid}\n{pid} 3.1 openat(AT_FDCWD, "/f{pid}", O_RDONLY) = 3\n')
        lines.append(f"{pid} 3.2 exit_group(0) = ?\n{pid} 3.3 +++ exited with 0 +++\n")
        lines.append(f"100 3.4 wait4(-1, [{{WIFEXITED(s) && WEXITSTATUS(s) == 0}}], 0, NULL) = {pid}\n")
    (tmp_path / "t").write_text("".join(lines))
    run = replay(tmp_path / "t", policy(tmp_path, POLICY))

    for _ in run:
        state = run.bench.recording.state
        assert len(state.tasks) <= 4
        assert len(state.processes) <= 4
        assert len(state.files.inodes) <= 12
        assert len(state.cells) <= 4


def test_a_policy_of_several_trees_must_be_told_which(tmp_path: Path) -> None:
    (tmp_path / "p.nslsm").write_text("control c { deny file_open }\nnamespace a { bind c }\nnamespace b { bind c }\n")
    loaded = load_policy(tmp_path / "p.nslsm")

    assert loaded.tree("b").declaration.name == "b"
    with pytest.raises(PolicyError, match="say which: `a`, `b`"):
        loaded.tree()
    with pytest.raises(PolicyError, match="called `z`"):
        loaded.tree("z")


def test_a_replay_is_counted_or_gone_through_and_needs_namespaces(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(LINES)
    tree = policy(tmp_path, POLICY)
    run = replay(tmp_path / "t", tree)
    gone_through = judged(run)

    summary = replay(tmp_path / "t", tree).summary()

    assert (summary.events, summary.denied, summary.indeterminate) == (
        len(gone_through),
        sum(each.decision.verdict is Verdict.DENY for each in gone_through),
        sum(each.decision.verdict is Verdict.INDETERMINATE for each in gone_through),
    )
    assert summary.denied
    assert (summary.lines, summary.understood) == (run.lines, run.understood)
    control = load_policy(tmp_path / "p.nslsm")["c"]
    for use in (lambda: replay(tmp_path / "t", control), lambda: list(replay(tmp_path / "t", tree).against(control))):
        with pytest.raises(TypeError, match="declares no namespaces"):
            use()
