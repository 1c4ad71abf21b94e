"""Changed copies are what dataclasses.replace makes."""

from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass, replace
from weakref import ref

import pytest

from nslsm.controls.declare import empty_tree
from nslsm.kernel import copying
from nslsm.kernel.boot import booted
from nslsm.kernel.process import Place
from nslsm.kernel.state import State
from nslsm.protocol.things import Credentials

STATE = booted(empty_tree())
VALUES = (
    STATE,
    STATE.files,
    STATE.files.inodes[0],
    STATE.files.names[0],
    STATE.files.mounts,
    STATE.places[1],
    STATE.tables[2],
    STATE.memories[3],
    STATE.tasks[1],
    STATE.threads[1],
    STATE.processes[1],
    STATE.tasks[1].credentials,
    STATE.ipc,
    STATE.keys,
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_copy_has_what_was_changed_and_else_what_was_there(value: State) -> None:
    for part in fields(value):
        changed = copying.replace(value, **{part.name: "other"})

        assert type(changed) is type(value)
        assert getattr(changed, part.name) == "other"
        assert all(
            getattr(changed, each.name) is getattr(value, each.name) for each in fields(value) if each.name != part.name
        )
        assert repr(changed) == repr(replace(value, **{part.name: "other"}))


def test_the_value_stays_as_it_was_and_the_copy_cannot_be_changed_either() -> None:
    place = Place(1, 2, 0o022)

    copy = copying.replace(place, users=3)

    assert (place.users, copy.users) == (1, 3)
    with pytest.raises(FrozenInstanceError):
        copy.users = 4  # type: ignore[misc]


def test_credentials_can_be_referred_to_weakly_as_before() -> None:
    copy = copying.replace(Credentials(), uid=3)

    assert ref(copy)() is copy
    assert copy == replace(Credentials(), uid=3)
    assert hash(copy) == hash(replace(Credentials(), uid=3))


def test_a_field_that_there_is_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="mode"):
        copying.replace(Place(1, 2, 0o022), mode=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        copying.replace(3, mode=3)  # type: ignore[type-var]


@dataclass(frozen=True, slots=True)
class Checked:
    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(self.number)


def test_a_class_that_looks_at_its_values_does_so_at_each_copy() -> None:
    assert copying.replace(Checked(1), number=2) == Checked(2)

    with pytest.raises(ValueError, match="-1"):
        copying.replace(Checked(1), number=-1)


def test_the_kernels_values_have_copiers_of_their_own() -> None:
    assert all(is_dataclass(value) and copying.copier(type(value)) is not copying._usual for value in VALUES)
