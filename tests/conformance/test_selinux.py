"""Type enforcement, roles, constraints and levels of a real policy: what the imported one answers, and what libsepol did."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

import nslsm
from nslsm.importers.selinux.cil import read
from nslsm.importers.selinux.emit import emit
from nslsm.importers.selinux.policy import Policy
from tests.conformance.vectors import Answer, Record, Vector, hold
from tests.importers.selinux.test_emit import written

ACCESS, TRANSITIONS = "selinux/access.jsonl", "selinux/transitions.jsonl"
ARCHIVE = "selinux/refpolicy_trixie_cil.tar.xz"


class Debian:
    """The policy as it was imported, and as it was loaded again from the text and tables that were written."""

    def __init__(self, policy: Policy, loaded: nslsm.LoadedPolicy) -> None:
        self.policy, self.loaded = policy, loaded

    def task(self, context: str) -> tuple[nslsm.Kernel, nslsm.Task]:
        """A task of that context."""
        kernel = nslsm.Kernel()
        assert kernel.init.lsm_bind("root", self.loaded["debian"](start=context))
        return kernel, kernel.spawn(uid=0)

    def access(self, vector: Vector, every: int = 1) -> Iterator[Answer]:
        """Each permission of the class, as a manager of objects in user space asks for it."""
        class_, allowed = vector["tclass"], set(vector["allowed"])
        kernel, task = self.task(vector["scontext"])
        interesting = allowed | set(vector.get("te_ok_but_constraint_denied", ()))
        for place, permission in enumerate(self.policy.classes[class_]):
            if place % every == 0 or permission in interesting:
                decision = kernel.check("user_access", task, vector["tcontext"], class_=class_, permission=permission)
                question = f"{vector['scontext']} does {permission} to {class_} {vector['tcontext']}"
                yield Answer(question, permission in allowed, decision.granted, decision)

    def transition(self, vector: Vector) -> Iterator[Answer]:
        """The context that a new object, or process, would have."""
        kernel, task = self.task(vector["scontext"])
        decision = kernel.check("user_access", task, vector["tcontext"], class_=vector["tclass"], permission="create?")
        made = task.lsm_get_self_attr()["debian"]["computed"]
        question = f"{vector['scontext']} makes a {vector['tclass']} by {vector['tcontext']}"
        yield Answer(question, vector["newcontext"], made, decision)


@pytest.fixture(scope="module")
def debian(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    policy, _, sources = read([conformance / ARCHIVE])
    imported = emit(policy, sources, name="debian")
    assert not imported.lost
    yield Debian(policy, written(imported, tmp_path_factory.mktemp("debian")))
    gc.collect()


@pytest.mark.conformance
def test_access_is_what_libsepol_answered_for_permissions_of_all_sorts(
    debian: Debian, conformance: Path, record_property: Record
) -> None:
    def ask(vector: Vector) -> Iterator[Answer]:
        return debian.access(vector, every=5)

    hold(ACCESS, conformance, ask, record_property, at_least=7_000)


@pytest.mark.conformance
def test_new_contexts_are_what_libsepol_computed(debian: Debian, conformance: Path, record_property: Record) -> None:
    hold(TRANSITIONS, conformance, debian.transition, record_property, at_least=1_000)


@pytest.mark.sweep
@pytest.mark.conformance
def test_access_is_what_libsepol_answered_for_every_permission(
    debian: Debian, conformance: Path, record_property: Record
) -> None:
    hold(ACCESS, conformance, debian.access, record_property, at_least=7_000)
