"""Claims, typed: what is never to be granted, where a search for a break begins, and what may be tried there."""

from dataclasses import dataclass, field
from typing import TypeAlias

from nslsm.diagnostics.span import Span
from nslsm.language.check import ir
from nslsm.language.check.cases import FileFixture, StepValue, TaskFixture

Fixture: TypeAlias = FileFixture | TaskFixture
"""What there is where a search begins, as tests declare it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Whose attribute a claim's condition reads: that of one binding, on the lineage of the claim's namespace.

    The condition calls it ``key``; the control that is bound as ``binding`` in ``namespace`` (a path) declares ``attribute``.
    """

    key: str
    namespace: str
    binding: str
    control: str
    attribute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """No task in ``namespace`` (a path from the root down), or below it, is granted one of ``actions`` where ``when`` holds.

    ``readings`` say whose the attributes are that the condition reads; ``tables`` are those that it looks up.
    """

    actions: tuple[ir.Action, ...]
    namespace: str
    when: ir.Expr | None
    readings: tuple[Reading, ...] = ()
    tables: tuple[ir.Table, ...] = ()
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What any task may try: a call of :data:`nslsm.language.check.steps.CALLS`, with operands as a step has them.

    ``operands`` None: with all that the search can think of.
    """

    call: str
    operands: tuple[StepValue | None, ...] | None = None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a person wants to be true of a policy; ``name`` is qualified by its module. No part of any decision."""

    name: str
    doc: str
    annotations: ir.Annotations
    root: ir.Namespace
    """The top-level namespace that it speaks of."""
    given: tuple[Fixture, ...]
    attempts: tuple[Attempt, ...] | None
    """None where the author leaves it to the search what to try."""
    nevers: tuple[Never, ...]
    span: Span = field(compare=False, repr=False)
