"""The namespaces of a policy: what each binds, what therefore holds in it, who may still change it."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from nslsm.engine.explain.wording import worded_head, worded_value
from nslsm.language.check import ir
from nslsm.protocol.namespace import Limits, Mode
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.styles import DIM, HEADING, STRONG, WOULD_DENY

_DEFAULT: Final = Limits()


def render_tree(*roots: ir.Namespace) -> Fitted:
    """The declared namespaces as a tree, each with its bindings and those that it inherits."""

    def write(page: Page) -> None:
        for root in roots:
            page.gap()
            _namespace(page, root, (), "", "")

    return Fitted(write)


def _namespace(page: Page, namespace: ir.Namespace, above: tuple[ir.Namespace, ...], stem: str, branch: str) -> None:
    """One namespace and those in it; ``stem`` draws what is left of its lines, ``branch`` of its first."""
    page.line((stem + branch, DIM), (namespace.name, HEADING), *_state(namespace))
    inner = stem + {"": "", "|-- ": "|   ", "`-- ": "    "}[branch]
    rail = inner + ("|   " if namespace.children else "    ")
    if namespace.doc.strip():
        page.line((namespace.doc.strip().splitlines()[0], DIM), hang=0, rail=rail)
    for line in _told(namespace, above):
        page.line(*line, hang=4, rail=rail)
    for place, child in enumerate(namespace.children, 1):
        last = place == len(namespace.children)
        _namespace(page, child, (*above, namespace), inner, "`-- " if last else "|-- ")


def _state(namespace: ir.Namespace) -> Iterator[Part]:
    if namespace.sealed:
        yield ("  sealed", WOULD_DENY)


def _told(namespace: ir.Namespace, above: tuple[ir.Namespace, ...]) -> Iterator[tuple[Part, ...]]:
    for enter in namespace.enters:
        yield (("enter on ", DIM), worded_head(enter.actions, enter.when))
    for bind in namespace.binds:
        yield (("bind ", DIM), *_bound(bind))
    inherited = [where for where in reversed(above) if where.binds]
    for where in inherited:
        yield ((f"from {where.name}: ", DIM), *_inherited(where.binds))
    if not namespace.binds and not inherited:
        yield (("nothing is bound: whatever is asked is granted", DIM),)
    if namespace.lock is not None:
        names = ", ".join(control.name for control in namespace.lock)
        yield (("lock ", DIM), names or "no control may be bound below")
    limits = [
        f"{part.name} = {getattr(namespace.limits, part.name):,}"
        for part in fields(Limits)
        if getattr(namespace.limits, part.name) != getattr(_DEFAULT, part.name)
    ]
    if limits:
        yield (("limit ", DIM), ", ".join(limits))


def _bound(bind: ir.Bind) -> Iterator[Part]:
    yield (bind.name, STRONG)
    arguments = ", ".join(f"{name} = {_argument(value)}" for name, value in bind.arguments)
    yield f"({arguments})" if arguments else ""
    if bind.control.name != bind.name:
        yield (f"  {bind.control.name}", DIM)
    if bind.mode is Mode.COMPLAIN:
        yield ("  in complain", WOULD_DENY)
    if bind.control.annotations.severity:
        yield (f"  {bind.control.annotations.severity}", DIM)


def _argument(value: ir.ArgumentValue) -> str:
    return value.name if isinstance(value, ir.Table) else worded_value(value.value, value.type)


def _inherited(binds: tuple[ir.Bind, ...]) -> Iterator[Part]:
    for place, bind in enumerate(binds):
        yield ", " if place else ""
        yield bind.name
        if bind.mode is Mode.COMPLAIN:
            yield (" in complain", WOULD_DENY)
