"""Which label may do what to which: Smack's built-in order and its rules, as a real kernel's smackfs answered."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import nslsm
from nslsm.importers.modules.smack import rules
from tests.conformance.shuffling import shuffled
from tests.conformance.vectors import OWN, Answer, Record, Vector, compared, hold, vectors

FILE = "smack/access.jsonl"
SMACK = nslsm.load_policy("base.smack")
ORDER = "rwxatl"
MASKS = {"r": "read", "w": "write", "x": "exec", "a": "append"}
BUILT_IN = {"*", "_", "^", "@"}


def ask(
    vector: Vector, policy: nslsm.LoadedPolicy = SMACK, labels: Mapping[str, str] | None = None
) -> Iterator[Answer]:
    """The queries of a line: as smackfs was asked, about a label; and about a file of that label, where a hook asks just that.

    ``labels`` renames labels.
    """
    names = labels or {}

    def renamed(label: str) -> str:
        return names.get(label, label)

    lines = [[renamed(subject), renamed(object_), letters] for subject, object_, letters in accepted(vector)]
    loaded = rules("\n".join(map(" ".join, lines)))
    kernels: dict[str, tuple[nslsm.Kernel, nslsm.Task]] = {}
    for was_subject, was_object, letters, granted in vector["queries"]:
        subject, object_ = renamed(was_subject), renamed(was_object)
        if subject not in kernels:
            kernel = nslsm.Kernel()
            assert kernel.init.lsm_bind("root", policy["smack"](rules=loaded, start=subject))
            kernels[subject] = (kernel, kernel.spawn(uid=1001))
        kernel, task = kernels[subject]
        ordered = "".join(letter for letter in ORDER if letter in letters)
        question = f"{subject} does {letters} to {object_} with {lines}"
        decision = kernel.check("user_access", task, object_, class_="smack", permission=ordered)
        yield Answer(question, granted, decision.granted, decision)
        path = f"/labelled/{object_}"
        if set(letters) <= MASKS.keys():
            kernel.file(path, mode=0o777, xattrs={"security.SMACK64": object_})
            decision = kernel.check("inode_permission", task, path, mask={MASKS[letter] for letter in letters})
            yield Answer(f"{question}, as a file", granted, decision.granted, decision)
        if letters == "l":
            kernel.file(path, mode=0o777, xattrs={"security.SMACK64": object_})
            decision = kernel.check("file_lock", task, path, lock="exclusive")
            yield Answer(f"{question}, as a file", granted, decision.granted, decision)


def accepted(vector: Vector) -> Iterator[tuple[str, str, str]]:
    """The rules that the kernel took; one that it refused says so behind its letters."""
    for subject, object_, letters, *refused in vector["rules"]:
        if not refused:
            yield subject, object_, letters


def test_our_own_vectors(record_property: Record) -> None:
    hold(FILE, OWN, ask, record_property, at_least=100, label=f"own {FILE}")


@pytest.mark.conformance
def test_access_is_what_a_kernel_granted(conformance: Path, record_property: Record) -> None:
    hold(FILE, conformance, ask, record_property, at_least=1700)


@pytest.mark.conformance
def test_labels_may_have_any_names(conformance: Path) -> None:
    chance = random.Random(6)
    lines = list(vectors(conformance / FILE))
    used = {label for _, vector in lines for rule in vector["rules"] for label in rule[:2]} - BUILT_IN
    labels = {
        label: f"{chance.choice('abcXYZ')}{chance.randrange(10**9)}{'x' * chance.randrange(240)}" for label in used
    }

    found = compared(FILE, lines, lambda vector: ask(vector, labels=labels))

    assert found.vectors > 1700
    assert not found.differences, str(found)


@pytest.mark.parametrize("permission", ["", "fly", "xr", "rr", "R"])
def test_letters_that_are_none_are_refused(permission: str) -> None:
    kernel = nslsm.Kernel()
    assert kernel.init.lsm_bind("root", SMACK["smack"](rules={("_", "_"): set("rwxatl")}, start="_"))

    assert kernel.check("user_access", kernel.init, "_", class_="smack", permission="rx").granted
    assert not kernel.check("user_access", kernel.init, "_", class_="smack", permission=permission).granted


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rules_changes_no_answer(tmp_path: Path, seed: int) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "smack_access.csv").write_bytes(
        (Path(nslsm.__file__).parents[1] / "policies" / "base" / "smack_access.csv").read_bytes()
    )
    policy = shuffled("base.smack", tmp_path, random.Random(seed))

    found = compared(FILE, vectors(OWN / FILE), lambda vector: ask(vector, policy))

    assert not found.differences, str(found)
