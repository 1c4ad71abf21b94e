"""What SELinux asks, as a table: complete, in SELinux's own words, and typed at every hook that it is about."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

import pytest

import nslsm
from nslsm.hooks import CATALOGUE, Capability, HookClass
from nslsm.importers.selinux.class_names import FILES, SOCKETS, lets
from nslsm.importers.selinux.permissions import (
    APPROXIMATED,
    ASKED,
    CONDITIONS,
    LETS,
    NOT_ASKED,
    REFUSED,
    UNASKED,
    Asked,
)
from nslsm.language.check import ir
from tests.importers.selinux.asking import BY_NAME, denying, policy
from tests.importers.selinux.linux import CLASSES, HOOKS


@pytest.fixture(scope="module")
def hooks(observer: nslsm.LoadedPolicy) -> Mapping[str, frozenset[str]]:
    """The hooks that each thing asked is asked at, by the checker's account."""
    control = observer["selinux"].declaration
    assert isinstance(control, ir.Control)
    found: dict[str, frozenset[str]] = {}
    for rule in control.rules:
        assert isinstance(rule, ir.Audit)
        found[rule.id.partition("__")[0]] = frozenset(
            target.hook for action in rule.actions for target in action.targets
        )
    return found


# Complete


def test_names_are_distinct_and_are_no_hooks() -> None:
    operations = {each.operation for each in (*ASKED, *CONDITIONS, *REFUSED)}
    names = [each.name for each in (*ASKED, *CONDITIONS, *REFUSED)]

    assert len(names) == len(set(names))
    assert not operations & set(CATALOGUE)


def test_every_hook_of_selinux_that_can_deny_is_asked_at_or_left_out_for_a_reason(
    hooks: Mapping[str, frozenset[str]],
) -> None:
    deciding = {name for name in HOOKS if CATALOGUE[name].hook_class is not HookClass.NOTIFY}
    asked = frozenset[str]().union(*hooks.values())

    assert deciding - asked - NOT_ASKED.keys() == set()
    assert NOT_ASKED.keys() & asked == set()
    assert NOT_ASKED.keys() - set(HOOKS) == set()


def test_selinux_has_the_hooks_that_are_asked_at_but_those_that_are_told_apart_from_it(
    hooks: Mapping[str, frozenset[str]],
) -> None:
    others = {(name, hook) for name, found in hooks.items() for hook in found - set(HOOKS)}

    assert {hook for _, hook in others} == {"path_rename", "path_truncate"}
    assert {name for name, _ in others} <= APPROXIMATED.keys()


def test_nothing_is_asked_where_no_denial_counts_but_for_effects(hooks: Mapping[str, frozenset[str]]) -> None:
    for asked in ASKED:
        assert {CATALOGUE[hook].hook_class for hook in hooks[asked.name]} == {HookClass.ACCESS}, asked.name


# In SELinux's words


@pytest.mark.parametrize("asked", [*ASKED, *CONDITIONS], ids=lambda each: each.name)
def test_classes_and_permissions_are_selinux_s(asked: Asked) -> None:
    assert asked.classes
    assert bool(asked.permissions) != bool(asked.permission_of)
    assert bool(asked.class_of) == (len(asked.classes) > 1)
    for class_ in asked.classes:
        assert set(asked.permissions) <= CLASSES[class_]


def test_every_permission_of_the_kernel_is_asked_or_left_out_for_a_reason() -> None:
    pairs = {f"{class_}:{permission}" for class_, held in CLASSES.items() for permission in held}
    asked = {
        f"{class_}:{permission}"
        for each in (*ASKED, *CONDITIONS)
        for class_ in each.classes
        for permission in each.permissions or CLASSES[class_]
    }
    left = pairs - asked

    assert {pair for pair in left if not any(fnmatchcase(pair, pattern) for pattern in UNASKED)} == set()
    assert {pattern for pattern in UNASKED if not any(fnmatchcase(pair, pattern) for pair in left)} == set()


def test_what_gives_a_class_gives_all_of_its_classes_and_no_other() -> None:
    for asked in ASKED:
        if asked.class_of and asked.name not in ("socket_connecting_name", "unix_send_to"):
            given = {part for part in LETS[asked.class_of].split('"')[1::2] if part in CLASSES}
            least = set(asked.classes) - ({"socket"} if asked.classes != FILES else {"dir"})
            assert least <= given, asked.name
            if asked.name not in ("socket_binding_name", "socket_binding_node"):
                assert given == set(asked.classes), asked.name


def test_the_permission_of_a_capability_is_its_name() -> None:
    named = {part for part in LETS["capability_name"].split('"')[1::2] if part}

    assert named == CLASSES["capability"] | CLASSES["capability2"]
    assert len(named) == len(Capability)


def test_policies_without_extended_classes_have_the_old_ones() -> None:
    old = {part for part in lets(extended=False)["socket_class"].split('"')[1::2] if part}

    assert set(SOCKETS) - old == {
        *("sctp_socket", "icmp_socket", "bluetooth_socket", "can_socket", "vsock_socket", "alg_socket", "xdp_socket")
    }


def test_what_is_approximated_is_asked() -> None:
    assert APPROXIMATED.keys() <= BY_NAME.keys()


# Typed


@pytest.mark.parametrize("extended", [True, False])
def test_rules_that_are_made_of_it_are_policies(load: Callable[[str], nslsm.LoadedPolicy], *, extended: bool) -> None:
    control = load(policy(denying(), extended=extended))["selinux"].declaration

    assert isinstance(control, ir.Control)
    assert len(control.rules) == sum(len(each.classes) for each in ASKED) + len(REFUSED)
