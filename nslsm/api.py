"""The composition root: policies are loaded, recordings are judged. What the command line does, a program can do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike, fspath

from nslsm.controls.declare import namespace_tree
from nslsm.diagnostics import Code, Diagnostic, DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.engine.evaluate import Walk
from nslsm.importers.traces import Progress, Trace, open_trace
from nslsm.importers.traces.decode import decoded
from nslsm.kernel.recording import Recording
from nslsm.language.check import ir
from nslsm.language.check.package import Checked, Item, Package, UnknownItem
from nslsm.language.program.digest import policy_digest
from nslsm.library import select
from nslsm.protocol.namespace import Namespace, NamespaceTree
from nslsm.simulation.replay import Bench, Difference, Replayed, differences
from nslsm.simulation.replay import replay as judge_all

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

    def __getitem__(self, name: str) -> Item:
        """The control, policy or top-level namespace called ``name``, short or qualified; KeyError where there is none."""
        return self.package[name]

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
            return PolicyTree(found)
        if len(own) == 1:
            return PolicyTree(own[0])
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
class PolicyTree:
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


@dataclass
class Replay:
    """A recording under a policy: its decisions, lazily and once, and how much of the trace has been read so far."""

    trace: Trace
    tree: PolicyTree
    bench: Bench

    def __iter__(self) -> Iterator[Replayed]:
        """Each system call judged, each finding, in the order of the trace."""
        with self.trace:
            yield from judge_all(decoded(self.trace), self.bench)

    def against(self, other: PolicyTree, *, start: str | None = None) -> Iterator[Difference | Diagnostic]:
        """The calls that another policy judges differently; instead of iterating, and once as well."""
        bench = _bench(other, start, self.bench.recording.profile, self.bench.walk)
        with self.trace:
            yield from differences(decoded(self.trace), self.bench, bench)


def replay(
    trace: str | PathLike[str],
    tree: PolicyTree,
    *,
    start: str | None = None,
    profile: str = "6.12",
    walk: Walk = Walk.FULL,
    progress: Progress | None = None,
) -> Replay:
    """Judge a recording under the namespaces of ``tree``; its first task is in ``start``, by default the root.

    Raises :class:`nslsm.importers.traces.TraceError` for what is no trace, :class:`PolicyError` for an unknown ``start``.
    """
    bench = _bench(tree, start, profile, walk)
    return Replay(open_trace(trace, progress=progress), tree, bench)


def _bench(tree: PolicyTree, start: str | None, profile: str, walk: Walk) -> Bench:
    home = tree.find(start).id if start is not None else tree.namespaces.root
    return Bench(Recording.of(tree.namespaces, home=home, profile=profile), tree.digest, walk)
