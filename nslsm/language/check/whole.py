"""A whole program as the rules see it that look for what is wrong with it although every part of it is right."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nslsm.diagnostics.diagnostic import Code, Diagnostic
from nslsm.language.check import ir
from nslsm.language.check.attribute_flow import AttributeFlow
from nslsm.language.check.claims import Claim
from nslsm.language.check.implication import Reasoner
from nslsm.language.check.modules import ModuleScope
from nslsm.language.syntax import ast


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Everything that came out of checking; what had errors of its own is not in it."""

    roots: tuple[str, ...]
    """The modules that were asked for: their tests were checked too; the others were imported."""
    modules: Mapping[str, ModuleScope]
    controls: Mapping[str, ir.Control]
    policies: Mapping[str, ir.Policy]
    namespaces: Mapping[str, ir.Namespace]
    """Top-level ones, by qualified name."""
    claims: tuple[Claim, ...] = ()
    """Those of the modules that were asked for."""
    is_read: Callable[[ast.Let], bool]
    """Whether anything reads what a ``let`` names."""
    meaning: Callable[[ast.Expr], ir.Expr | None]
    """What a written expression came to; None where it was not read, or is wrong."""
    behind: Callable[[ir.Expr], ast.Let | None]
    """The ``let`` that an expression is the name of, or None."""
    matched: Callable[[], Sequence[tuple[ast.Compare, ir.Matches]]]
    """Every ``matches`` with what it came to."""
    sound: bool
    """Whether nothing is wrong with any part: else what seems unused may only be used by what is wrong."""
    flows: dict[str, AttributeFlow] = field(default_factory=dict, compare=False, repr=False)
    reasoners: dict[str, Reasoner] = field(default_factory=dict, compare=False, repr=False)

    def flow(self, control: ir.Control) -> AttributeFlow:
        """The uses of a control's attributes, looked for once."""
        if control.name not in self.flows:
            self.flows[control.name] = AttributeFlow(control)
        return self.flows[control.name]

    def reasoner(self, control: str) -> Reasoner:
        """What proves things of a control's conditions, the same for all findings; of operations and moves for no name."""
        return self.reasoners.setdefault(control, Reasoner())


class Rule(NamedTuple):
    """One finding about whole programs: its code, and what looks for it."""

    code: Code
    find: Callable[[Whole], Iterator[Diagnostic]]
