"""``locked-out``: a declared namespace binds what the lock of one above it does not let be bound."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.language.check import ir
from nslsm.language.check.findings import listed
from nslsm.language.check.whole import Rule, Whole

LOCKED_OUT: Final = Code("locked-out")


def locked_out(whole: Whole) -> Iterator[Diagnostic]:
    """No descendant of a locked namespace binds a control outside the lock (Model M5.3); a lock in between only narrows."""
    for root in whole.namespaces.values():
        yield from _below(root, None)


def _below(namespace: ir.Namespace, locked: ir.Namespace | None) -> Iterator[Diagnostic]:
    if locked is not None:
        for control, span in _brought(namespace):
            if control not in _permitted(locked):
                yield LOCKED_OUT.at(
                    span,
                    f"`{control}` is outside the lock of namespace `{locked.name}`",
                    help=f"the lock lets {listed(sorted(_permitted(locked))) or 'nothing'} be bound below",
                    related=((locked.span, "locked here"),),
                )
    below = namespace if namespace.lock is not None else locked
    for child in namespace.children:
        yield from _below(child, below)


def _brought(namespace: ir.Namespace) -> Iterator[tuple[str, Span]]:
    """The controls that a namespace binds, and those that its own lock would let in."""
    for bind in namespace.binds:
        yield bind.control.name, bind.span
    for control in namespace.lock or ():
        yield control.name, namespace.span


def _permitted(namespace: ir.Namespace) -> frozenset[str]:
    return frozenset(control.name for control in namespace.lock or ())


RULE: Final = Rule(LOCKED_OUT, locked_out)
