from collections import Counter

import pytest

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.kernel.mapping import MAPPING, Mapped, raised_by
from nslsm.kernel.operations import OPERATIONS, Open, Quiet


def test_every_operation_is_mapped_once_and_in_order() -> None:
    assert tuple(entry.operation for entry in MAPPING) == OPERATIONS


def test_no_system_call_stands_for_two_operations() -> None:
    calls = Counter(call for entry in MAPPING for call in entry.calls)

    assert {call for call, times in calls.items() if times > 1} == set()


@pytest.mark.parametrize("entry", MAPPING, ids=lambda entry: entry.operation.__name__)
def test_an_entry_names_hooks_and_what_it_follows(entry: Mapped) -> None:
    for raised in entry.raises:
        assert raised.hook in CATALOGUE
    assert entry.follows
    assert entry.calls or entry.operation is Quiet


def test_an_open_is_asked_about_by_name_before_it_is_asked_about_as_open() -> None:
    hooks = [raised.hook for raised in raised_by(Open).raises]

    assert hooks.index("path_mknod") < hooks.index("inode_create") < hooks.index("file_open")
