"""A checked package: its controls, policies, namespaces and tests by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nslsm.diagnostics.diagnostic import Diagnostic, Severity
from nslsm.diagnostics.error import DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.language.check import ir
from nslsm.language.check.cases import Case
from nslsm.language.check.claims import Claim
from nslsm.language.check.findings import listed, nearest

Item: TypeAlias = ir.Control | ir.Policy | ir.Namespace
"""What a package gives by name."""

_KINDS: Final = {ir.Control: "control", ir.Policy: "policy", ir.Namespace: "namespace"}


class UnknownItem(KeyError):
    """A package has nothing of this name, or several things; the text says so and what may have been meant."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Everything that was checked together. Names are qualified by their modules: ``healthcare.hipaa.hospital``."""

    roots: tuple[str, ...]
    """The modules that were asked for; the others were imported."""
    controls: Mapping[str, ir.Control]
    policies: Mapping[str, ir.Policy]
    """Those that can be bound without arguments."""
    namespaces: Mapping[str, ir.Namespace]
    """Top-level ones."""
    tests: tuple[Case, ...]
    """Those of the modules that were asked for."""
    claims: tuple[Claim, ...] = ()
    """Theirs too."""
    sources: Sources = field(repr=False)

    def __getitem__(self, name: str) -> Item:
        """A control, policy or top-level namespace, by qualified or by short name.

        A short name is looked for in the modules that were asked for first, then in those that they import;
        :class:`UnknownItem`, a KeyError, where nothing or more than one thing has it.
        """
        everything: dict[str, Item] = {**self.namespaces, **self.policies, **self.controls}
        if name in everything:
            return everything[name]
        found = {full: item for full, item in everything.items() if full.endswith(f".{name}")}
        own = {
            full: item
            for full, item in found.items()
            if full.removesuffix(f".{name}") in self.roots or full in self.roots
        }
        choice = own or found
        if len(choice) == 1:
            return next(iter(choice.values()))
        if choice:
            raise UnknownItem(f"`{name}` can be any of {listed(sorted(choice))}")
        known = {full.rpartition(".")[2] for full in everything}
        near = nearest(name, [*everything, *known])
        raise UnknownItem(
            f"the policy has no control, policy or namespace called `{name}`" + (f"; {near}" if near else "")
        )

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        try:
            self[name]
        except UnknownItem:
            return False
        return True

    def own_namespaces(self) -> tuple[ir.Namespace, ...]:
        """The top-level namespaces of the modules that were asked for, in the order of the text."""
        return tuple(namespace for full, namespace in self.namespaces.items() if full.rpartition(".")[0] in self.roots)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking: what was found, and the package, where nothing that was found is an error."""

    diagnostics: tuple[Diagnostic, ...]
    package: Package | None
    sources: Sources = field(default_factory=Sources, repr=False)
    """The texts that the diagnostics point into."""
    asked: tuple[str, ...] = ()
    """What the texts of the modules that were asked for are called."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings for which there is no package."""
        return tuple(each for each in self.diagnostics if each.severity is Severity.ERROR)

    def require(self) -> Package:
        """The package; :class:`~nslsm.diagnostics.DiagnosticError` where there is none."""
        if self.package is None:
            raise DiagnosticError(self.errors or self.diagnostics, self.sources)
        return self.package
