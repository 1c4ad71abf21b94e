"""``empty-seal``: nothing is kept by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.language.check.rules.lint import found, places

CODE = "empty-seal"
CONTROL = "control c { deny task_kill } policy none { }"


def sealed(members: str) -> list[str]:
    return places(CODE, f"{CONTROL} namespace host {{ {members} }}")


@pytest.mark.parametrize(
    ("members", "reported"),
    [
        ("seal", True),
        ("bind none seal", True),
        ("seal namespace a { bind c }", True),
        ("bind c namespace a { enter on task_kill seal }", True),
        ("bind c seal", False),
        ("seal limit depth = 3", False),
        ("seal lock { }", False),
        ("namespace a { bind c }", False),
    ],
)
def test_a_seal_is_reported_where_there_is_neither_a_binding_nor_a_limit_nor_a_lock(
    members: str, reported: bool
) -> None:
    assert sealed(members) == (["seal"] if reported else [])


def test_a_seal_around_others_is_told_not_to_reach_them() -> None:
    (finding,) = found(CODE, f"{CONTROL} namespace host {{ seal namespace a {{ bind c }} }}")

    assert finding.notes == ("the namespaces inside are not sealed by this: each says `seal` for itself",)


trees = st.recursive(
    st.tuples(st.sampled_from(["", "bind c", "lock { }", "limit set_size = 9"]), st.booleans(), st.just(())),
    lambda inner: st.tuples(
        st.sampled_from(["", "bind c", "limit set_size = 9"]), st.booleans(), st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=8,
)


def written(tree: tuple[str, bool, tuple[object, ...]], name: str) -> str:
    members, seal, inner = tree
    inside = " ".join(written(each, f"{name}{n}") for n, each in enumerate(inner))  # type: ignore[arg-type]
    return f"namespace {name} {{ {members} {'seal' if seal else ''} {inside} }}"


def empty(tree: tuple[str, bool, tuple[object, ...]]) -> int:
    members, seal, inner = tree
    return (seal and not members) + sum(map(empty, inner))  # type: ignore[arg-type]


@given(trees)
def test_every_seal_in_a_tree_is_looked_at_by_itself(tree: tuple[str, bool, tuple[object, ...]]) -> None:
    assert len(places(CODE, f"{CONTROL} {written(tree, 'n')}")) == empty(tree)
