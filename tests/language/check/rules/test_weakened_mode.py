"""``weakened-mode``: what only complains under a lock, or although a policy says that it enforces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.language.check import ir
from nslsm.protocol.namespace import Mode
from tests.language.check.memory import checked
from tests.language.check.rules.lint import found, places

CODE = "weakened-mode"
CONTROLS = """
control a(level: int = 1) { deny file_open when subject.uid == level }
control b { deny task_kill }
policy trial { use a  use b in complain }
policy strict { use a in enforce  use b }
policy outer { use strict }
policy given(level: int) { use a(level = level) in enforce }
"""


@pytest.mark.parametrize(
    ("members", "reported"),
    [
        ("bind a in complain lock { a }", ["complain"]),
        ("bind a in complain lock { }", ["complain"]),
        ("bind trial lock { a }", ["bind trial"]),
        ("lock { a } namespace i { bind a in complain }", ["complain"]),
        ("lock { a } namespace i { namespace j { bind a in complain } }", ["complain"]),
        ("bind a lock { a } namespace i { bind a(level = 2) in complain }", ["complain"]),
        ("bind a lock { a } namespace i { bind a in complain }", []),
        ("bind a bind a in complain lock { a }", []),
        ("bind a in complain namespace i { bind b lock { } }", []),
        ("bind a in complain seal", []),
        ("lock { a } namespace i { bind a }", []),
        ("namespace i { bind b lock { } } namespace j { bind b in complain }", []),
    ],
)
def test_what_only_complains_under_a_lock_is_reported_unless_something_makes_up_for_it(
    members: str, reported: list[str]
) -> None:
    assert places(CODE, f"{CONTROLS} namespace host {{ {members} }}") == reported


@pytest.mark.parametrize(
    ("use", "reported"),
    [
        ("strict in complain", True),
        ("outer in complain", True),
        ("strict as s in complain", True),
        ("given(level = 3) in complain", True),
        ("strict", False),
        ("strict in enforce", False),
        ("trial in complain", False),
        ("a in complain", False),
    ],
)
def test_a_policy_that_says_that_it_enforces_is_not_to_be_overruled_in_silence(use: str, reported: bool) -> None:
    expected = ["complain"] if reported else []

    assert places(CODE, f"{CONTROLS} namespace host {{ bind {use} }}") == expected
    assert places(CODE, f"{CONTROLS} policy mine {{ use {use} }}") == expected


def test_the_control_beside_its_policy_makes_up_for_it() -> None:
    assert places(CODE, f"{CONTROLS} namespace host {{ bind strict in complain  bind a }}") == []
    assert places(CODE, f"{CONTROLS} namespace host {{ bind strict in complain  bind b }}") == ["complain"]


def test_under_a_lock_one_binding_is_one_finding() -> None:
    (finding,) = found(CODE, f"{CONTROLS} namespace host {{ bind strict in complain  lock {{ }} }}")

    assert finding.message == "`strict` says that `a` enforces, and this takes it back"


def test_the_finding_names_the_lock_and_what_is_bound() -> None:
    (finding,) = found(CODE, f"{CONTROLS} namespace host {{ lock {{ trial }} namespace i {{ bind trial }} }}")

    assert finding.message == (
        "`b`, which `trial` brings, only complains, and the lock of `host` lets nothing else be bound in its place"
    )
    assert [each.text for each in finding.related] == ["locked here"]


Tree = tuple[tuple[str, ...], bool, tuple["Tree", ...]]

_BINDS = st.lists(
    st.sampled_from(["bind a", "bind a in complain", "bind b in complain", "bind b"]), max_size=2, unique=True
).map(tuple)
trees = st.recursive(
    st.tuples(_BINDS, st.booleans(), st.just(())),
    lambda inner: st.tuples(_BINDS, st.booleans(), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=8,
)


def written(tree: Tree, name: str) -> str:
    binds, locked, inner = tree
    inside = " ".join(written(each, f"{name}{n}") for n, each in enumerate(inner))
    return f"namespace {name} {{ {' '.join(binds)} {'lock { a, b }' if locked else ''} {inside} }}"


def weakened(namespace: ir.Namespace, locked: bool, enforced: frozenset[str]) -> int:
    """How many bindings deny nothing where a lock relies on them, counted one namespace after the other."""
    locked = locked or namespace.lock is not None
    enforced |= {bind.control.name for bind in namespace.binds if bind.mode is Mode.ENFORCE}
    complaining = [bind for bind in namespace.binds if bind.control.name not in enforced]
    return locked * len(complaining) + sum(weakened(child, locked, enforced) for child in namespace.children)


@given(trees)
def test_in_any_tree_the_gaps_are_those_that_no_binding_above_closes(tree: Tree) -> None:
    text = f"{CONTROLS} {written(tree, 'n')}"
    package = checked(text).require()

    assert len(places(CODE, text)) == weakened(package.namespaces["case.n"], locked=False, enforced=frozenset())
