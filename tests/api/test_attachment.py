import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nslsm
from nslsm.api.attachment import Attachment
from tests.api.controls import Counts, Says


def test_what_is_attached_judges_from_the_next_event_on_and_what_is_detached_no_more() -> None:
    kernel = nslsm.Kernel()
    task = kernel.spawn()

    assert task.open("/a")
    link = Attachment(kernel, "root", Says(False))
    assert not task.open("/a")
    link.detach()
    assert task.open("/a")
    assert not link.attached


def test_it_judges_the_tasks_of_namespaces_below_and_no_others() -> None:
    kernel = nslsm.Kernel()
    inside, outside = kernel.spawn(uid=0), kernel.spawn(uid=0)
    assert inside.lsm_unshare("box")

    with Attachment(kernel, "root.box", Says(False)):
        assert (bool(inside.open("/a")), bool(outside.open("/a"))) == (False, True)


def test_another_version_finds_the_state_and_another_class_begins_anew() -> None:
    kernel = nslsm.Kernel()
    task = kernel.spawn()
    link = Attachment(kernel, "root", Counts(), name="counts")
    task.open("/a")
    task.open("/a")
    before = link.state

    link.replace(Counts(5))
    kept = link.state
    link.replace(Says(True))

    assert before == kept == (2, 0)
    assert link.state is None


def test_detaching_forgets_what_was_kept() -> None:
    kernel = nslsm.Kernel()
    task = kernel.spawn()
    link = Attachment(kernel, "root", Counts(), name="counts")
    task.open("/a")
    link.detach()

    assert Attachment(kernel, "root", Counts(), name="counts").state is None


def test_a_name_that_is_taken_a_seal_and_a_lock_refuse_and_nothing_changes() -> None:
    kernel = nslsm.Kernel()
    kernel.exchange("root", {"x": Says(True)})
    task = kernel.spawn(uid=0)
    assert task.lsm_unshare("box")
    before = kernel.namespace("root").bindings

    with pytest.raises(OSError, match="already") as taken:
        Attachment(kernel, "root", Says(False), name="x")
    assert kernel.init.lsm_lock("root", Says(True))
    with pytest.raises(OSError, match="lock") as locked:
        Attachment(kernel, "root.box", Counts())
    assert kernel.init.lsm_seal("root")
    with pytest.raises(OSError, match="sealed") as sealed:
        Attachment(kernel, "root", Counts())

    assert [each.value.errno for each in (taken, locked, sealed)] == [errno.EEXIST, errno.EPERM, errno.EPERM]
    assert kernel.namespace("root").bindings == before


def test_a_replacement_that_cannot_be_leaves_the_old_one_in_place() -> None:
    kernel = nslsm.Kernel()
    task = kernel.spawn(uid=0)
    assert task.lsm_unshare("box")
    link = Attachment(kernel, "root.box", Says(False))
    assert kernel.init.lsm_lock("root", Says(False))

    with pytest.raises(OSError, match="lock"):
        link.replace(Counts())

    assert link.attached
    assert not task.open("/a")


def test_a_link_whose_binding_somebody_took_away_says_so() -> None:
    kernel = nslsm.Kernel()
    link = Attachment(kernel, "root", Says(False))
    kernel.exchange("root", None)

    with pytest.raises(OSError, match="not attached") as gone:
        link.detach()
    assert gone.value.errno == errno.ENOENT


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(("/a", "/b", "/etc/shadow")), max_size=6), st.sampled_from((None, True, False)))
def test_attaching_only_takes_away_and_detaching_gives_it_all_back(paths: list[str], said: bool | None) -> None:
    kernel = nslsm.Kernel()
    kernel.exchange("root", {"first": Says(None)})
    task = kernel.spawn()
    before = [bool(task.open(path)) for path in paths]

    with Attachment(kernel, "root", Says(said), name="link"):
        during = [bool(task.open(path)) for path in paths]

    assert all(was or not now for was, now in zip(before, during, strict=True))
    assert [bool(task.open(path)) for path in paths] == before
