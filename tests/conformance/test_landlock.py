"""What Landlock lets through: layers over a tree of files, and over a tree of processes, as a real kernel answered."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import nslsm
from tests.conformance.shuffling import shuffled
from tests.conformance.vectors import OWN, Answer, Record, Vector, compared, hold, sample, vectors

LAYERS = "landlock/layers.jsonl"
TREES = "landlock/trees.jsonl"
LANDLOCK = nslsm.load_policy("base.landlock")
DIRECTORIES = ("", "/a", "/a/b", "/c", "/c/d")
FILES = ("/f0", "/a/f1", "/a/b/f2", "/c/f3", "/c/d/f4")

Rename = Callable[[str], str]


def under_srv(path: str) -> str:
    """Where the tree of the vectors is in our kernel."""
    return f"/srv/tree{path.rstrip('/')}"


def ask_layers(vector: Vector, policy: nslsm.LoadedPolicy = LANDLOCK, place: Rename = under_srv) -> Iterator[Answer]:
    """The operations of a line, in order, by a task that put the line's layers on itself; ``place`` names the files."""
    kernel = nslsm.Kernel()
    furnish(kernel, place)
    task = kernel.spawn(uid=0)
    for number, layer in enumerate(vector["layers"]):
        rights: dict[str, set[str]] = {}
        for rule in layer["rules"]:
            rights.setdefault(place(rule["beneath"]), set()).update(rule["allow"])
        assert task.lsm_unshare(f"layer{number}", policy["landlock"](handled=layer["handled"], rights=rights))
    for operation in vector["ops"]:
        decision = OPERATIONS[operation["op"]](task, place(operation["path"]), place(operation.get("to", "")))
        errno = None if decision.errno is None else decision.errno.name
        yield Answer(f"{operation} within {vector['layers']}", operation["errno"], errno, decision)


def furnish(kernel: nslsm.Kernel, place: Rename) -> None:
    """The files that are there before each line's operations."""
    for directory in DIRECTORIES:
        kernel.file(place(directory), type="directory", mode=0o755)
        kernel.file(place(f"{directory}/rmd"), type="directory", mode=0o755)
        kernel.file(place(f"{directory}/exe"), mode=0o755)
        for name in ("del", "ren", "mv", "trunc"):
            kernel.file(place(f"{directory}/{name}"), mode=0o644)
    for file in FILES:
        kernel.file(place(file), mode=0o644)


OPERATIONS: dict[str, Callable[[nslsm.Task, str, str], nslsm.Decision]] = {
    "read_file": lambda task, path, _: task.open(path, {"read"}),
    "write_file": lambda task, path, _: task.open(path, {"write"}),
    "rdwr_file": lambda task, path, _: task.open(path, {"read", "write"}),
    "list_dir": lambda task, path, _: task.open(path, {"read", "directory"}),
    "execute": lambda task, path, _: task.fork().execve(path),
    "truncate": lambda task, path, _: task.truncate(path, 0),
    "open_trunc": lambda task, path, _: task.open(path, {"write", "truncate"}),
    "mkdir": lambda task, path, _: task.mkdir(path),
    "create": lambda task, path, _: task.open(path, {"create", "exclusive", "write"}),
    "symlink": lambda task, path, _: task.symlink("anything", path),
    "mkfifo": lambda task, path, _: task.mknod(path, "fifo"),
    "unlink": lambda task, path, _: task.unlink(path),
    "rmdir": lambda task, path, _: task.rmdir(path),
    "rename_same_dir": lambda task, path, _: task.rename(path, f"{path}2"),
    "rename_across": lambda task, path, to: task.rename(path, to),
    "link_across": lambda task, path, to: task.link(path, to),
}
"""What each operation of a line is here: by whom, on which file, where to."""


BETWEEN: dict[str, Callable[[nslsm.Task, nslsm.Task, str], nslsm.Decision]] = {
    "signal": lambda subject, target, _: subject.kill(target, 0),
    "ptrace": lambda subject, target, _: subject.open(f"/proc/{target.pid}/mem", {"read"}),
    "abstract_unix_connect": lambda subject, _, socket: subject.connect(socket, kind="stream"),
}
"""What one process does to another, or to its socket."""


def ask_trees(
    vector: Vector, policy: nslsm.LoadedPolicy = LANDLOCK, names: Callable[[int], str] = str
) -> Iterator[Answer]:
    """Signals, tracing and sockets between processes that forked and added layers as a line says; ``names`` of namespaces."""
    kernel = nslsm.Kernel()
    tasks: list[nslsm.Task] = []
    for number, (parent, layer) in enumerate(zip(vector["parent"], vector["layer_added_by_process"], strict=True)):
        task = kernel.spawn(uid=0) if parent < 0 else tasks[parent].fork()
        tasks.append(task)
        if layer is not None:
            control = policy["landlock"](handled={"make_char"}, scoped=layer["scoped"])
            assert task.lsm_unshare(f"layer{names(number)}", control)
    for number, task in enumerate(tasks):
        listening = task.socket("unix", "stream").result
        assert task.bind(f"@{names(number)}", fd=listening)
        assert task.listen(fd=listening)
    for operation in vector["ops"]:
        subject, target = tasks[operation["from"]], tasks[operation["to"]]
        socket = f"@{names(operation['to'])}"
        decision = BETWEEN[operation["op"]](subject, target, socket)
        errno = None if decision.errno is None else decision.errno.name
        layers = vector["layer_added_by_process"]
        yield Answer(f"{operation} among {vector['parent']} with {layers}", operation["errno"], errno, decision)


def test_our_own_vectors_of_files(record_property: Record) -> None:
    hold(LAYERS, OWN, ask_layers, record_property, at_least=50, label=f"own {LAYERS}")


def test_our_own_vectors_of_processes(record_property: Record) -> None:
    hold(TREES, OWN, ask_trees, record_property, at_least=20, label=f"own {TREES}")


@pytest.mark.conformance
def test_layers_let_through_what_a_kernel_let_through(conformance: Path, record_property: Record) -> None:
    hold(LAYERS, conformance, ask_layers, record_property, at_least=10_000)


@pytest.mark.conformance
def test_processes_are_kept_apart_as_a_kernel_kept_them(conformance: Path, record_property: Record) -> None:
    hold(TREES, conformance, ask_trees, record_property, at_least=1_000)


@pytest.mark.conformance
def test_files_and_namespaces_may_have_any_names(conformance: Path) -> None:
    def elsewhere(path: str) -> str:
        return "/mnt/o ther" + path.rstrip("/").replace("/", "/x-")

    chance = random.Random(6)
    numbers = {number: f"n{chance.randrange(10**6)}-{number}" for number in range(100)}

    files = compared(LAYERS, sample(conformance / LAYERS, 20), lambda vector: ask_layers(vector, place=elsewhere))
    processes = compared(
        TREES, sample(conformance / TREES, 5), lambda vector: ask_trees(vector, names=numbers.__getitem__)
    )

    assert min(files.vectors, processes.vectors) > 200
    assert not files.differences, str(files)
    assert not processes.differences, str(processes)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rules_changes_no_answer(tmp_path: Path, seed: int) -> None:
    policy = shuffled("base.landlock", tmp_path, random.Random(seed))

    files = compared(LAYERS, vectors(OWN / LAYERS), lambda vector: ask_layers(vector, policy))
    processes = compared(TREES, vectors(OWN / TREES), lambda vector: ask_trees(vector, policy))

    assert not files.differences, str(files)
    assert not processes.differences, str(processes)


def test_layers_count_to_any_depth() -> None:
    kernel = nslsm.Kernel()
    task = kernel.spawn(uid=0)
    for number in range(40):
        directory = "/srv" + "/d" * number
        control = LANDLOCK["landlock"](handled={"read_file"}, rights={directory: {"read_file"}})
        assert task.lsm_unshare(f"layer{number}", control)

    assert task.open("/srv" + "/d" * 39 + "/x")
    assert task.open("/srv" + "/d" * 38 + "/x").errno == nslsm.Errno.EACCES


def test_what_is_no_right_is_refused_and_nothing_is_bound() -> None:
    kernel = nslsm.Kernel()

    for wrong in (
        {"handled": {"fly"}},
        {"rights": {"srv": {"read_file"}}},
        {"rights": {"/srv": {"fly"}}},
        {"ports": {"x": {"bind_tcp"}}},
    ):
        with pytest.raises(ValueError, match="is not a"):
            kernel.init.lsm_bind("root", LANDLOCK["landlock"](**wrong))

    assert kernel.namespace("root").bindings == ()
