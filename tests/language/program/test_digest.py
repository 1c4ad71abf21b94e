"""The digest follows what a control says, and nothing else."""

from dataclasses import replace

import pytest

from nslsm.controls.policy import PolicyControl
from nslsm.diagnostics.span import Span
from nslsm.hooks.types import BOOL, INT
from nslsm.language.check import ir
from nslsm.language.program.digest import control_digest
from nslsm.testing.programs import ATTRIBUTES, NOWHERE

DENY = ir.Deny(
    id="deny-1",
    span=NOWHERE,
    inbound=False,
    actions=(ir.Action("file_open", (ir.Target("file_open"),)),),
    when=ir.Compare(">", ir.Parameter("n", INT), ir.Constant(3, INT), BOOL),
    errno=None,
    because="",
)
CONTROL = ir.Control(
    name="t.c",
    doc="",
    annotations=ir.Annotations(),
    parameters=(ir.ParameterDeclaration("n", INT, None),),
    attributes=ATTRIBUTES,
    tables=(ir.Table(name="p", keys=(INT,), trees=(False,), value=INT, rows={(1,): 1, (2,): 2}, otherwise=0),),
    rules=(DENY,),
    span=NOWHERE,
)


def test_places_in_the_text_and_the_order_of_rows_take_no_part() -> None:
    elsewhere = replace(DENY, span=Span("other", 9, 9, 9, 9))
    table = replace(CONTROL.tables[0], rows={(2,): 2, (1,): 1})

    assert control_digest(replace(CONTROL, rules=(elsewhere,), tables=(table,))) == control_digest(CONTROL)


@pytest.mark.parametrize(
    "other",
    [
        replace(CONTROL, name="t.d"),
        replace(CONTROL, doc="Says more."),
        replace(CONTROL, annotations=ir.Annotations(severity="high")),
        replace(CONTROL, rules=(replace(DENY, because="of this"),)),
        replace(CONTROL, rules=()),
        replace(CONTROL, tables=(replace(CONTROL.tables[0], rows={(1,): 1, (2,): 3}),)),
        replace(CONTROL, tables=(replace(CONTROL.tables[0], otherwise=9),)),
        replace(CONTROL, attributes=()),
    ],
)
def test_all_that_answers_depend_on_takes_part(other: ir.Control) -> None:
    assert control_digest(other) != control_digest(CONTROL)


def test_arguments_are_part_of_a_bound_controls_digest_and_not_of_its_origin() -> None:
    one, two = (PolicyControl(CONTROL, {"n": ir.Constant(n, INT)}) for n in (1, 2))

    assert one.digest != two.digest
    assert one.origin == two.origin


def test_a_shared_let_is_hashed_in_linear_time() -> None:
    deep: ir.Expr = ir.Constant(1, INT)
    for name in range(200):
        shared = ir.Named(str(name), deep, INT)
        deep = ir.Arithmetic("+", shared, shared, INT)
    rule = replace(DENY, when=ir.Compare("==", deep, ir.Constant(0, INT), BOOL))

    assert len(control_digest(replace(CONTROL, rules=(rule,)))) == 64
