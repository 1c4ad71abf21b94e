"""What policies come to once they are flat."""

from pathlib import Path

import pytest

from nslsm.diagnostics import DiagnosticError
from nslsm.importers.selinux.cil import read
from nslsm.importers.selinux.policy import Boolean, Logical, Policy

HERE = Path(__file__).parent
BASE = (HERE / "policy.cil").read_text()


def policy(text: str, folder: Path, **settings: dict[str, bool]) -> Policy:
    file = folder / "p.cil"
    file.write_text(BASE + text)
    return read([file], **settings)[0]


def test_permissions_of_one_triple_are_united(tmp_path: Path) -> None:
    found = policy("(allow t t2 (file (write)))", tmp_path)

    assert found.allows["t", "t2", "file"] == {"read", "write"}


@pytest.mark.parametrize(
    ("expression", "permissions"),
    [
        ("(not (read))", {"write", "open", "ioctl"}),
        ("(all)", {"read", "write", "open", "ioctl"}),
        ("(and (read write) (write open))", {"write"}),
        ("(xor (read write) (write open))", {"read", "open"}),
        ("(or (read) (not (read write open)))", {"read", "ioctl"}),
    ],
)
def test_permissions_can_be_an_expression(expression: str, permissions: set[str], tmp_path: Path) -> None:
    found = policy(f"(allow t t3 (file {expression}))", tmp_path)

    assert found.allows["t", "t3", "file"] == permissions


@pytest.mark.parametrize(
    ("expression", "types"),
    [
        ("(all)", {"t", "t2", "t3"}),
        ("(not (t))", {"t2", "t3"}),
        ("(and (a) (not (t)))", {"t2"}),
        ("(xor (a) (t t3))", {"t2", "t3"}),
        ("(or (t3) (and (a) (t)))", {"t", "t3"}),
    ],
)
def test_attributes_are_expressions_of_types(expression: str, types: set[str], tmp_path: Path) -> None:
    found = policy(f"(typeattribute z)(typeattributeset z {expression})", tmp_path)

    assert found.attributes["z"] == types


def test_maps_of_classes_and_named_permissions_come_to_permissions(tmp_path: Path) -> None:
    found = policy(
        "(classmap cm (x))(classpermission cp)(classpermissionset cp (dir (search)))"
        "(classmapping cm x (file (read open)))(classmapping cm x cp)(allow t t3 (cm (x)))",
        tmp_path,
    )

    assert found.allows["t", "t3", "file"] == {"read", "open"}
    assert found.allows["t", "t3", "dir"] == {"search"}


def test_blocks_give_names_and_inherit_rules_with_their_own(tmp_path: Path) -> None:
    found = policy(
        "(block b (blockabstract b) (type x) (allow x .t (file (read))))"
        "(block c (blockinherit b)) (block d (blockinherit c) (allow x t (file (write))))",
        tmp_path,
    )

    assert found.types[-2:] == ("c.x", "d.x")
    assert found.allows["c.x", "t", "file"] == {"read"}
    assert found.allows["d.x", "t", "file"] == {"read", "write"}


def test_in_before_is_inherited_and_in_after_is_not(tmp_path: Path) -> None:
    found = policy(
        "(block b (type x))(block c (blockinherit b))(in before b (type early))(in after b (type late))", tmp_path
    )

    assert {"b.early", "c.early", "b.late"} <= set(found.types)
    assert "c.late" not in found.types


def test_a_macro_declares_where_it_is_called_and_sees_what_it_is_handed(tmp_path: Path) -> None:
    found = policy(
        "(macro m ((type who) (class what)) (type made) (allow who made (what (read))))"
        "(block b (type mine) (call m (mine file)))",
        tmp_path,
    )

    assert found.allows["b.mine", "b.made", "file"] == {"read"}


def test_an_optional_part_that_misses_a_name_goes_with_what_hangs_on_it(tmp_path: Path) -> None:
    found = policy(
        "(optional one (type x) (allow x nowhere (file (read))))"
        "(optional two (type y) (allow x y (file (read))))"
        "(optional three (type z) (allow z t (file (read))))",
        tmp_path,
    )

    assert not {"x", "y"} & set(found.types)
    assert found.allows["z", "t", "file"] == {"read"}


def test_what_hangs_on_a_boolean_keeps_its_condition(tmp_path: Path) -> None:
    found = policy(
        "(macro m () (typechange t t2 file t3))"
        "(booleanif (and b b2) (true (allow t t3 (file (read))) (call m)) (false (typemember t t2 dir t3)))",
        tmp_path,
    )

    yes, no = found.conditionals
    assert yes.condition == Logical("and", (Boolean("b"), Boolean("b2")))
    assert yes.allows == {("t", "t3", "file"): {"read"}}
    assert yes.changes == {("t", "t2", "file"): "t3"}
    assert no.condition == Logical("not", (yes.condition,))
    assert no.members == {("t", "t2", "dir"): "t3"}


def test_booleans_and_tunables_take_other_values(tmp_path: Path) -> None:
    text = "(tunable tu false)(tunableif tu (true (type yes)) (false (type no)))"

    found = policy(text, tmp_path, booleans={"b": True}, tunables={"tu": True})

    assert found.booleans["b"]
    assert "yes" in found.types
    assert found.tunables == {"tu": True}


def test_a_boolean_that_is_not_there_cannot_be_set(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="no boolean `nowhere`"):
        policy("", tmp_path, booleans={"nowhere": True})


def test_transitions_for_a_name_are_kept_by_name(tmp_path: Path) -> None:
    found = policy('(typetransition t t2 file "x y" t3)(typetransition t t2 file t2)', tmp_path)

    assert found.named_transitions == {("t", "t2", "file", "x y"): "t3"}
    assert found.transitions == {("t", "t2", "file"): "t2"}


def test_a_violated_neverallow_names_both_rules(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as error:
        policy("(allow a t3 (file (write)))\n(neverallow t2 t3 (file (write)))", tmp_path)

    assert error.value.diagnostics[0].code.name == "selinux-neverallow"
    assert "allow a t3 (file (write))" in str(error.value)
    assert "(neverallow t2 t3" in str(error.value)
    assert [each.span.line for each in error.value.diagnostics[0].related] == [BASE.count("\n") + 1]


def test_ranges_of_categories_follow_their_order(tmp_path: Path) -> None:
    found = policy("(rangetransition t t2 process ((s0) (s0 (range c0 c2))))", tmp_path)

    assert found.range_transitions["t", "t2", "process"].high.categories == {"c0", "c1", "c2"}


def test_orders_of_several_statements_are_one(tmp_path: Path) -> None:
    found = policy("(class last (p))(classorder (sock last))(class any (p))(classorder (unordered any))", tmp_path)

    assert tuple(found.classes) == ("file", "dir", "process", "sock", "last", "any")


def test_names_are_looked_for_from_where_a_block_was_written_last(tmp_path: Path) -> None:
    found = policy(
        "(block o (type y) (block b (blockabstract b) (allow y t (file (read)))))(block c (blockinherit o.b))", tmp_path
    )

    assert found.allows["o.y", "t", "file"] == {"read"}


def test_the_policy_of_debian_is_read_whole(conformance: Path) -> None:
    found = read([conformance / "selinux" / "refpolicy_trixie_cil.tar.xz"])[0]

    assert (len(found.types), len(found.roles), len(found.users), len(found.booleans)) == (4121, 15, 9, 327)
    assert (len(found.files), len(found.ports), len(found.named_transitions)) == (5748, 487, 703)
    assert len(found.constraints) + len(found.mls_constraints) == 243
