"""What profiles permit, alone and in stacks, as AppArmor's compiler and a real kernel answered.

Profiles are imported, the text that comes of it is written down and loaded again, and its control is asked. They are imported
as in enforce mode, since the vectors are about that.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import nslsm
from nslsm.protocol.things import File, Identity
from tests.conformance.vectors import OWN, Answer, Record, Vector, compared, hold, vectors

FILE, OTHER, STACKS = "apparmor/file.jsonl", "apparmor/other.jsonl", "apparmor/stacks.jsonl"
LETTERS = "rwaxmkl"
USER = 1000
PEERS = ("libvirtd", "/usr/sbin/libvirtd", "/usr/bin/evil", "dnsmasq", "unconfined")
EXECUTED = "/usr/bin/program"


class Profiles:
    """Profiles of a folder, imported once, and kernels in which a task has one of them, or several."""

    def __init__(self, where: Path, folder: Path) -> None:
        self._where, self._folder = where, folder
        self.policy = cache(self._policy)
        self.kernel = cache(self._kernel)
        self.source = cache(self._source)
        self.names = cache(self._names)

    def _source(self, profile: str) -> str:
        """The file that has the profile of that name."""
        for file in sorted(self._where.glob("*.flat")):
            if profile in self.names(file.name):
                return file.name
        raise LookupError(profile)

    def _names(self, source: str) -> set[str]:
        return set(nslsm.import_apparmor(self._where / source, enforce=True).profiles)

    def _policy(self, sources: tuple[str, ...]) -> nslsm.LoadedPolicy:
        files = [self._where / each for each in sources]
        made = nslsm.import_apparmor(*files, name="imported", enforce=True, peers=PEERS)
        target = self._folder / f"{abs(hash(sources))}" / "imported.nslsm"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(made.text)
        return nslsm.load_policy(str(target))

    def _kernel(self, sources: tuple[str, ...], label: tuple[str, ...]) -> tuple[nslsm.Kernel, nslsm.Task]:
        kernel = nslsm.Kernel()
        policy = self.policy(sources)
        assert kernel.init.lsm_bind("root", policy["imported"](start=set(label)))
        return kernel, kernel.spawn(uid=USER)


def asked(kernel: nslsm.Kernel, task: nslsm.Task, file: File, letter: str) -> nslsm.Decision:
    """The hook at which the kernel asks for a letter."""
    match letter:
        case "r":
            return kernel.check("file_open", task, file, flags={"read"})
        case "w":
            return kernel.check("file_open", task, file, flags={"write"})
        case "a":
            return kernel.check("file_open", task, file, flags={"append"})
        case "x":
            return kernel.check("bprm_creds_for_exec", task, file, filename=str(file.path))
        case "m":
            return kernel.check("mmap_file", task, file, reqprot={"exec"}, prot={"exec"}, flags={"private"})
        case "k":
            return kernel.check("file_lock", task, file, lock="shared")
    return kernel.check("path_link", task, "/elsewhere", old="/elsewhere", new=file)


def rule_of(decision: nslsm.Decision) -> str:
    """The rule that is blamed, or nothing."""
    blame = decision.blame
    return "" if blame is None or blame.opinion is None else blame.opinion.rule


def label_of(task: nslsm.Task) -> set[str]:
    """The profiles that a task has."""
    label = task.lsm_get_self_attr()["imported"]["label"]
    assert isinstance(label, frozenset)
    return set(map(str, label))


def file_at(path: str, owner: int) -> File:
    """A file of that path, or a directory, whose path has a slash at its end to AppArmor.

    The compiled automaton was asked about any text, some with parts that no path of a kernel has; so no file is declared.
    """
    kind = "directory" if path.endswith("/") else "regular"
    plain = path if path == "/" else path.removesuffix("/")
    return File(plain, Identity("file", plain), type=kind, owner=owner, mode=0o777)


def letters(
    kernel: nslsm.Kernel, task: nslsm.Task, path: str, owner: int, wanted: str, question: str, *, which: str = LETTERS
) -> Iterator[Answer]:
    """Each letter, granted or not."""
    file, before = file_at(path, owner), kernel.snapshot()
    for letter in which:
        decision = asked(kernel, task, file, letter)
        # The letter is the compiled rule's; that there is no such profile to go on with is found out later.
        found = decision.granted or rule_of(decision).endswith("_no_profile")
        yield Answer(f"{question} {letter}", letter in wanted, found, decision)
        kernel.restore(before)


def files_of(profiles: Profiles, which: str = LETTERS) -> Callable[[Vector], Iterable[Answer]]:
    """How a line of the file vectors is asked."""

    def ask(vector: Vector) -> Iterator[Answer]:
        kernel, task = profiles.kernel((f"{vector['src']}.flat",), (vector["profile"],))
        owner = USER if vector["fsuid_is_owner"] else 0
        whose = "its own" if owner else "root's"
        question = f"{vector['profile']} does to {whose} {vector['path']}:"
        yield from letters(kernel, task, vector["path"], owner, vector["allow"], question, which=which)
        if "x" in vector["allow"] and which == LETTERS:
            yield behind(vector, kernel, task, owner)

    return ask


def behind(vector: Vector, kernel: nslsm.Kernel, task: nslsm.Task, owner: int) -> Answer:
    """Which label the task has when it has run the program."""
    before = kernel.snapshot()
    exec_ = vector["exec"]
    match exec_["type"]:
        case "inherit":
            true: object = {vector["profile"]}
        case "unconfined":
            true = set()
        case _:
            true = set(exec_.get("target", ())) or None
    decision = asked(kernel, task, file_at(vector["path"], owner), "x")
    ours = set(label_of(task))
    kernel.restore(before)
    return Answer(f"{vector['profile']} runs {vector['path']}", true if true is not None else ours, ours, decision)


def others_of(profiles: Profiles) -> Callable[[Vector], Iterable[Answer]]:
    """How a line of the other vectors is asked. The peer has changed to its profile, as a task that is unconfined may."""

    def ask(vector: Vector) -> Iterator[Answer]:
        name = vector["profile"]
        kernel, task = profiles.kernel((f"{vector['src']}.flat",), (name,))
        match vector["kind"]:
            case "capability":
                decision = kernel.check("capable", task, cap=f"CAP_{vector['cap'].upper()}", flags=())
                yield Answer(f"{name} has {vector['cap']}", vector["allow"], decision.granted, decision)
            case "network":
                family, type_ = vector["family"], vector["type"]
                decision = kernel.check("socket_create", task, family=family, type=type_, protocol=0, kern=False)
                yield Answer(f"{name} makes a socket {family} {type_}", vector["allow"], decision.granted, decision)
            case "signal":
                yield from signals(profiles, vector)
            case "ptrace":
                yield from traces(profiles, vector)

    return ask


def pair(profiles: Profiles, vector: Vector) -> tuple[nslsm.Kernel, nslsm.Task, nslsm.Task]:
    """A task that has the profile and one that has the peer's, of the same kernel."""
    kernel, first = profiles.kernel((f"{vector['src']}.flat",), ())
    task, peer = kernel.spawn(uid=USER), kernel.spawn(uid=USER)
    del first
    for each, name in ((task, vector["profile"]), (peer, vector["peer"])):
        if name != "unconfined":
            kernel.check("setprocattr", each, name="current", value=f"changeprofile {name}")
            assert label_of(each) == {name}, (label_of(each), name)
    return kernel, task, peer


def signals(profiles: Profiles, vector: Vector) -> Iterator[Answer]:
    """A signal from the profile to the peer, and from the peer to the profile."""
    kernel, task, peer = pair(profiles, vector)
    name = {"exists": "NONE", "stp": "SIGTSTP"}.get(vector["signal"], f"SIG{vector['signal'].upper()}")
    question = f"{vector['profile']} and {vector['peer']}: {vector['signal']}"
    own = vector["profile"] == vector["peer"]
    for what, one, other in (("send", task, peer), ("receive", peer, task)):
        decision = kernel.check("task_kill", one, other, signal=name)
        true = vector["send"] and vector["receive"] if own else vector[what]
        yield Answer(f"{question} {what}", true, decision.granted, decision)


def traces(profiles: Profiles, vector: Vector) -> Iterator[Answer]:
    """The profile looks into the peer, and is looked into. A tracer that is unconfined is asked about by nobody.

    A peer that is confined by the same import has rules of its own, of which the vector does not tell.
    """
    kernel, task, peer = pair(profiles, vector)
    own = vector["profile"] == vector["peer"]
    is_confined = vector["peer"] in profiles.names(f"{vector['src']}.flat")
    for what, other_side, mode in (("trace", "tracedby", "attach"), ("read", "readby", "read")):
        question = f"{vector['profile']} and {vector['peer']}:"
        decision = kernel.check("ptrace_access_check", task, peer, mode={mode})
        true = vector[what] and vector[other_side] if own else vector[what]
        yield Answer(f"{question} {what}", true, decision.granted, decision)
        if not is_confined and vector["peer"] != "unconfined":
            decision = kernel.check("ptrace_access_check", peer, task, mode={mode})
            yield Answer(f"{question} {other_side}", vector[other_side], decision.granted, decision)


def stacks_of(profiles: Profiles) -> Callable[[Vector], Iterable[Answer]]:
    """How a line of the vectors about stacks is asked: of one import of all their profiles."""

    def ask(vector: Vector) -> Iterator[Answer]:
        stack = tuple(vector["stack"])
        sources = tuple(sorted({profiles.source(each) for each in stack}))
        owner = USER if vector["fsuid_is_owner"] else 0
        question = f"{'//&'.join(stack)} does to {'its own' if owner else 'root'} {vector['path']}:"
        kernel, task = profiles.kernel(sources, stack)
        yield from letters(kernel, task, vector["path"], owner, vector["allow"], question)

    return ask


@pytest.fixture(scope="module")
def real(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> Profiles:
    return Profiles(conformance / "apparmor" / "profiles", tmp_path_factory.mktemp("imported"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Profiles:
    return Profiles(OWN / "apparmor" / "profiles", tmp_path_factory.mktemp("own"))


@pytest.mark.conformance
def test_files_are_used_as_a_kernel_let_them_be(conformance: Path, real: Profiles, record_property: Record) -> None:
    hold(FILE, conformance, files_of(real), record_property, at_least=80_000)


@pytest.mark.conformance
def test_all_else_is_as_a_kernel_answered(conformance: Path, real: Profiles, record_property: Record) -> None:
    hold(OTHER, conformance, others_of(real), record_property, at_least=1400)


@pytest.mark.conformance
def test_a_stack_permits_what_all_of_it_permit(conformance: Path, real: Profiles, record_property: Record) -> None:
    hold(STACKS, conformance, stacks_of(real), record_property, at_least=12_000)


def test_our_own_vectors_about_files(own: Profiles, record_property: Record) -> None:
    hold(FILE, OWN, files_of(own), record_property, at_least=180, label=f"own {FILE}")


def test_our_own_vectors_about_all_else(own: Profiles, record_property: Record) -> None:
    hold(OTHER, OWN, others_of(own), record_property, at_least=18, label=f"own {OTHER}")


def test_our_own_vectors_about_stacks(own: Profiles, record_property: Record) -> None:
    hold(STACKS, OWN, stacks_of(own), record_property, at_least=35, label=f"own {STACKS}")


def renamed(where: Path, folder: Path, chance: random.Random) -> tuple[Path, Callable[[str], str]]:
    """The profiles of a folder with other names, their lines of file rules in another order."""
    names = {name: f"z{chance.randrange(10**6)}" for name in ("kitchen", "oven", "guest", "waiter", "recipes")}

    def rename(text: str) -> str:
        return re.sub("|".join(names), lambda found: names[found[0]], text)

    for file in where.glob("*.flat"):
        lines = rename(file.read_text()).splitlines()
        end = lines.index("}")
        places = [
            at for at, line in enumerate(lines[:end]) if re.match(r"  (owner |deny )?[@/]\S+ \w+( -> \w+)?,$", line)
        ]
        for at, line in zip(places, chance.sample([lines[at] for at in places], len(places)), strict=True):
            lines[at] = line
        (folder / rename(file.name)).write_text("\n".join(lines) + "\n")
    return folder, rename


@pytest.mark.parametrize("seed", range(3))
def test_names_and_the_order_of_rules_change_no_answer(tmp_path: Path, seed: int) -> None:
    (tmp_path / "profiles").mkdir()
    where, rename = renamed(OWN / "apparmor" / "profiles", tmp_path / "profiles", random.Random(seed))
    profiles = Profiles(where, tmp_path)
    lines = [(number, json.loads(rename(json.dumps(vector)))) for number, vector in vectors(OWN / FILE)]

    found = compared(FILE, lines, files_of(profiles))

    assert found.vectors > 180
    assert not found.differences, str(found)
