"""A whole program as the rules see it that look for what is wrong with it although every part of it is right."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nslsm.diagnostics.diagnostic import Code, Diagnostic
from nslsm.language.check import ir
from nslsm.language.check.modules import ModuleScope
from nslsm.language.syntax import ast


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Everything that came out of checking; what had errors of its own is not in it."""

    modules: Mapping[str, ModuleScope]
    controls: Mapping[str, ir.Control]
    policies: Mapping[str, ir.Policy]
    namespaces: Mapping[str, ir.Namespace]
    """Top-level ones, by qualified name."""
    is_read: Callable[[ast.Let], bool]
    """Whether anything reads what a ``let`` names."""
    sound: bool
    """Whether nothing is wrong with any part: else what seems unused may only be used by what is wrong."""


class Rule(NamedTuple):
    """One finding about whole programs: its code, and what looks for it."""

    code: Code
    find: Callable[[Whole], Iterator[Diagnostic]]
