"""Policies, loaded and checked, ready to be bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike, fspath

from nslsm.api.binding import PolicyItem
from nslsm.controls.declare import namespace_tree
from nslsm.diagnostics import Code, Diagnostic, DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.language.check import ir
from nslsm.language.check.package import Checked, Package, UnknownItem
from nslsm.language.program.digest import policy_digest
from nslsm.library import select
from nslsm.protocol.namespace import Namespace, NamespaceTree

NO_NAMESPACE = Code("no-namespace")
"""A policy that declares no namespace, or several, where one tree of them is needed; or a name that none has."""


class PolicyError(DiagnosticError):
    """A policy that cannot be used; its text shows why, where, and the way out."""


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy, loaded and checked: everything that its modules declare, by name.

    >>> policy = load_policy("healthcare")
    >>> policy["hospital"].name
    'healthcare.hipaa.hospital'
    """

    checked: Checked
    package: Package

    def __getitem__(self, name: str) -> PolicyItem:
        """The control, policy or top-level namespace called ``name``, short or qualified; KeyError where there is none."""
        found = self.package[name]
        if isinstance(found, ir.Namespace):
            return PolicyTree(found, sources=self.sources)
        return PolicyItem(found, sources=self.sources)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was found that is no error."""
        return self.checked.diagnostics

    @property
    def sources(self) -> Sources:
        """The texts that places in the policy point into."""
        return self.package.sources

    def tree(self, name: str | None = None) -> "PolicyTree":
        """The declared namespaces under the top-level one called ``name``, or under the only one that there is.

        Raises :class:`PolicyError` where that is none, or could be several.
        """
        own = self.package.own_namespaces()
        if name is not None:
            try:
                found = self.package[name]
            except UnknownItem as reason:
                raise PolicyError([NO_NAMESPACE.at(None, str(reason))]) from None
            if not isinstance(found, ir.Namespace):
                raise PolicyError([NO_NAMESPACE.at(None, f"`{name}` is no namespace")])
            return PolicyTree(found, sources=self.sources)
        if len(own) == 1:
            return PolicyTree(own[0], sources=self.sources)
        names = ", ".join(f"`{each.name}`" for each in own) or "none"
        raise PolicyError(
            [
                NO_NAMESPACE.at(
                    None,
                    f"the policy declares {'no' if not own else len(own)} top-level namespaces",
                    help=f"say which: {names}" if own else "declare one: namespace host { … }",
                )
            ]
        )


@dataclass(frozen=True)
class PolicyTree(PolicyItem):
    """A top-level namespace of a policy with everything inside it."""

    declaration: ir.Namespace

    @cached_property
    def namespaces(self) -> NamespaceTree:
        """The tree with its controls bound."""
        return namespace_tree(self.declaration)

    @cached_property
    def digest(self) -> str:
        """The policy digest that records carry (Model M6.1)."""
        return policy_digest((self.declaration,))

    def find(self, name: str) -> Namespace:
        """The namespace of that name or path; :class:`PolicyError` where there is none, or several."""
        members = [self.namespaces[number] for number in sorted(self.namespaces.members)]
        found = [each for each in members if name in (each.name, each.path)]
        if len(found) == 1:
            return found[0]
        paths = ", ".join(f"`{each.path}`" for each in (found or members))
        what = "several namespaces" if found else "no namespace"
        raise PolicyError([NO_NAMESPACE.at(None, f"the policy has {what} called `{name}`", help=f"there are {paths}")])


def load_policy(*targets: str | PathLike[str]) -> LoadedPolicy:
    """Load and check a policy: module names (shipped ones too), files, or folders, all of one package.

    Raises :class:`PolicyError`, which carries the diagnostics and shows them.
    """
    names = [fspath(target) for target in targets]
    try:
        checked = merged(names)
        return LoadedPolicy(checked, checked.require())
    except PolicyError:
        raise
    except DiagnosticError as error:
        raise PolicyError(error.diagnostics, error.sources) from None


def merged(targets: Sequence[str]) -> Checked:
    """What came of checking targets that must be one package; :class:`PolicyError` where they are several."""
    selections = select(targets)
    if len(selections) != 1:
        raise PolicyError(
            [
                NO_NAMESPACE.at(
                    None,
                    f"{len(selections)} packages were named, where one policy is needed",
                    help="name one file, folder or module, which imports what it needs",
                )
            ]
        )
    return selections[0].check()
