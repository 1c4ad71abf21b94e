"""The quick way to ask: it says what deciding says, whatever has happened in between, at whatever level."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

import nslsm
from nslsm.api import asking
from nslsm.api.binding import complaining
from nslsm.api.decisions import Decision
from nslsm.api.kernel import Kernel
from nslsm.api.policies import LoadedPolicy
from nslsm.engine.path_classes import PathClasses
from nslsm.engine.plan import plan_of
from nslsm.engine.reading import Reading, reading_of
from tests.laws.chance import elsewhere

PATHS = (
    "/srv", "/srv/a", "/srv/a/b", "/srv/ab", "/srv/a.log", "/etc/passwd", "/etc/shadow", "/etc", "/", "/srv/a/b/c.log",
    "/home/ä/x", "/home/a/x", "/tmp/x", "pipe:[7]",
)  # fmt: skip
FLAGS = (os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT, os.O_RDONLY | os.O_TRUNC)
CONDITIONS = (
    'object.path under "/srv"', 'object.path under {"/srv/a", "/etc"}', 'object.path == "/etc/passwd"',
    'object.path matches "/srv/**"', 'object.path matches "/srv/*"', 'object.path matches {"/srv/*.log", "/home/?/x"}',
    'object.path != "/tmp/x"', 'object.path in {"/etc/shadow", "/srv/ab"}', 'basename(object.path) == "x"',
    "subject.uid == 1", "subject.uid > 1", 'subject.exe == "/usr/bin/b"', "flags has write", "not (flags has read)",
    "subject.hot", "not subject.hot", "subject.count >= 2", "object.owner == 7", "object.type == directory",
    'limit == "a"', "secret(object.path)", 'subject.namespace == "n0.n1"', "subject.no_new_privs", "subject.pid == 3",
    "object.cold",
)  # fmt: skip
EFFECTS = (
    ("set subject.hot = true", "set subject.hot = false"),
    ("set subject.count = subject.count + 1", "set subject.count = 2"),
    ("set object.cold = true", "set object.cold = false"),
)


def rule(chance: Random, effects: list[str]) -> str:
    """A rule about opening, over everything that answers may hang on; of ``effects`` each is had once."""
    when = chance.choice(CONDITIONS)
    if chance.random() < 0.6:
        when = f"{when} {chance.choice(('and', 'or'))} {chance.choice(CONDITIONS)}"
    match chance.randrange(10):
        case 0 | 1 if effects:
            denied = chance.choice(("", "denied "))
            return f"    on {denied}file_open when {when}\n        {effects.pop()}"
        case 2:
            allow = f"allow file_open when {chance.choice(CONDITIONS)}"
            return f"    confine file_open where {when} {{ {allow} }}"
        case 3:
            return f"    audit file_open when {when}"
        case _:
            return f"    deny file_open when {when} with {chance.choice(('EPERM', 'EACCES', 'ENOENT'))}"


def policy(chance: Random, folder: Path) -> LoadedPolicy:
    """Four controls, and three namespaces, each in the other."""
    controls = []
    for number in range(4):
        effects = [chance.choice(each) for each in EFFECTS if chance.random() < 0.4]
        rules = "\n".join(rule(chance, effects) for _ in range(chance.randrange(1, 5)))
        secret = ", ".join(f'"{path}"' for path in chance.sample(PATHS[:9], 2))
        controls.append(
            f"table secret{number}(path: path) = {{ {secret} }}\n"
            f'control c{number}(limit: string = "a") {{\n'
            "    attr task.hot: bool = false join or\n    attr task.count: int = 0 join max\n"
            f"    attr file.cold: bool = false join or\n{rules.replace('secret(', f'secret{number}(')}\n}}"
        )
    tree = "namespace n0 { bind c0\n namespace n1 { bind c1\n namespace n2 { bind c2 } } }"
    path = folder / "policy.nslsm"
    path.write_text("\n".join((*controls, "policy othera { use c3 }", 'policy otherb { use c3(limit = "b") }', tree)))
    return nslsm.load_policy(path)


class Pair:
    """Two kernels to which the same happens: one is asked the quick way, the other decides each time, from the lineage."""

    def __init__(self, loaded: LoadedPolicy) -> None:
        self.quick = Kernel(loaded.tree())
        self.plain = Kernel(loaded.tree(), compiled=False)
        self.loaded = loaded
        self.ask = self.quick.hook("file_open")
        self.questions = self.decided = self.looked = 0
        self.kept: list[tuple[Decision, Decision]] = []
        """Decisions that are looked at later, when other things have happened since."""
        self._count()

    def _count(self) -> None:
        decided = self.quick.decided

        def counted(*arguments: Any) -> Any:
            self.decided += arguments[-1] == "file_open"
            return decided(*arguments)

        setattr(self.quick, "decided", counted)  # noqa: B010 - what counts it, for this one kernel

    def told(self) -> int:
        """How many questions were answered without deciding."""
        return 2 * self.questions - self.decided

    def both(self, act: Callable[[Kernel], object]) -> None:
        """Something happens to both."""
        for kernel in (self.quick, self.plain):
            act(kernel)

    def agree(self, pid: int, path: str, flags: int) -> None:
        """Both are asked, and say and keep the same."""
        errno = self.ask(self.quick.task(pid), path, flags)
        self.questions += 1
        decision = self.plain.check("file_open", self.plain.task(pid), path, flags=flags)
        assert errno == int(decision.errno or 0), f"{errno} by {pid} of {path} {flags}: {decision.explain()}"
        assert self.quick.state.cells == self.plain.state.cells
        checked = self.quick.check("file_open", self.quick.task(pid), path, flags=flags)
        again = self.plain.check("file_open", self.plain.task(pid), path, flags=flags)
        self.looked += checked.later is not None
        assert (checked.granted, checked.errno) == (again.granted, again.errno)
        if self.looked % 3:
            self.kept.append((checked, again))
        else:
            assert checked == again
            assert self.looked % 60 or checked.explain() == again.explain()
        assert self.quick.snapshot().sequence == self.plain.snapshot().sequence


def happening(chance: Random, pair: Pair) -> Callable[[Kernel], object]:
    """Something that may change what is answered: of a task, of a namespace at any level, of a file."""
    pid = chance.choice([task.pid for task in pair.quick.tasks])
    where = chance.choice([namespace.path for namespace in pair.quick.namespaces])
    uid, path = chance.randrange(4), chance.choice(PATHS[:7])
    limit = chance.choice("ab")
    other = pair.loaded["other" + limit]
    return chance.choice(
        (
            lambda kernel: kernel.spawn(where, exe=f"/usr/bin/{limit}", uid=uid),
            lambda kernel: kernel.task(pid).setuid(uid),
            lambda kernel: kernel.task(pid).execve(f"/usr/bin/{limit}"),
            lambda kernel: kernel.task(pid).prctl("PR_SET_NO_NEW_PRIVS", 1),
            lambda kernel: kernel.exchange(where, {"other": other}),
            lambda kernel: kernel.exchange(where, complaining({"other": other})),
            lambda kernel: kernel.exchange(where, None),
            lambda kernel: kernel.task(pid).lsm_bind(where, other),
            lambda kernel: kernel.task(pid).lsm_seal(where),
            lambda kernel: kernel.task(pid).lsm_unshare(f"box{uid}", other),
            lambda kernel: kernel.file(path, owner=uid + 5),
            lambda kernel: kernel.task(pid).chown(path, uid + 5),
        )
    )


def play(seed: int, folder: Path) -> int:
    """A course of questions and happenings; how many questions were answered without deciding."""
    chance = Random(seed)
    pair = Pair(policy(chance, folder))
    for home in ("n0", "n0.n1", "n0.n1.n2"):
        for uid in range(2):
            exe = chance.choice("ab")
            pair.both(lambda kernel, uid=uid, exe=exe, home=home: kernel.spawn(home, exe=f"/usr/bin/{exe}", uid=uid))
    for _ in range(12):
        pids = [task.pid for task in pair.quick.tasks]
        for _ in range(25):
            pair.agree(chance.choice(pids), chance.choice(PATHS), chance.choice(FLAGS))
        act = happening(chance, pair)
        outcomes = []
        for kernel in (pair.quick, pair.plain):
            try:
                outcomes.append(str(act(kernel)))
            except OSError as refused:
                outcomes.append(str(refused))
        assert outcomes[0] == outcomes[1]
    for one, other in pair.kept:
        assert one == other
    return pair.told()


def play_all(seeds: range, folder: Path) -> int:
    """Many courses."""
    return sum(play(seed, folder) for seed in seeds)


def _of_the_root(self: Any, home: int, state: Any) -> Any:
    del home
    reading = reading_of(plan_of(state.namespaces, state.namespaces.root, self._hook), self._hook)
    return None if reading is None else asking._Lineage(reading)


def test_asking_says_what_deciding_says_whatever_happens_in_between(tmp_path: Path) -> None:
    told = play_all(range(40), tmp_path)

    assert told > 2 * 40 * 12 * 25 / 6


def test_what_is_recalled_is_decided_when_somebody_looks_as_it_would_have_been_then(tmp_path: Path) -> None:
    pair = Pair(policy(Random(5), tmp_path))
    tasks = [kernel.spawn("n0", uid=2) for kernel in (pair.quick, pair.plain)]
    for _ in range(3):
        pair.agree(tasks[0].pid, "/etc/passwd", os.O_RDONLY)
    looked = pair.quick.check("file_open", tasks[0], "/etc/passwd", flags=os.O_RDONLY)
    decided = pair.plain.check("file_open", tasks[1], "/etc/passwd", flags=os.O_RDONLY)
    pair.both(lambda kernel: kernel.exchange("n0", None))
    pair.both(lambda kernel: kernel.task(tasks[0].pid).exit())

    assert looked.later is not None
    assert looked == decided
    assert (looked.later, looked.judgements) == (None, decided.judgements)
    assert pickle.loads(pickle.dumps(looked)) == decided


MUTANTS: dict[str, tuple[object, str, Any]] = {
    "keeps answers of other trees": (asking.Memory, "_renew", lambda self, state: setattr(self, "state", state)),
    "forgets attributes": (Reading, "of_subject", lambda _, task, *__: (task.home, task.exe, task.credentials)),
    "forgets credentials": (Reading, "of_subject", lambda _, task, state: (task.home, state.cells.get(task.identity))),
    "forgets where it is": (asking.Memory, "_made", _of_the_root),
    "tells no paths apart": (PathClasses, "_passed", lambda *_: frozenset()),
    "knows no directories": (PathClasses, "_add_directory", lambda *_: None),
    "forgets owners": (Reading, "of_file", lambda *_: ()),
    "remembers what changes something": (asking.Memory, "_is_settled", lambda *_: True),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_what_remembers_too_much_is_found_out(mutant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, instead = MUTANTS[mutant]
    monkeypatch.setattr(owner, name, instead)

    with pytest.raises((AssertionError, AttributeError)):
        play_all(range(120), tmp_path)


@pytest.mark.sweep
@pytest.mark.parametrize("part", range(4))
def test_asking_says_what_deciding_says_in_many_more_courses(part: int, tmp_path: Path) -> None:
    first = elsewhere(1000) + part * 300

    play_all(range(first, first + 300), tmp_path)
