"""Claims, checked: their operations, namespaces and conditions, and the world and the attempts that a search is to have.

A claim's condition reads facts as a rule on the same operations does. It may also read attributes: those of the controls that
are bound in its namespace or above it, which all who are asked there have. Where several of them have an attribute of one name,
``object.CONTROL.NAME`` says whose is meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nslsm.diagnostics.span import Span
from nslsm.hooks.types import Type
from nslsm.language.check import codes, ir
from nslsm.language.check.annotations import annotations
from nslsm.language.check.case_lowering import CaseChecker, Stage
from nslsm.language.check.claims import Attempt, Claim, Fixture, Never, Reading
from nslsm.language.check.findings import nearest
from nslsm.language.check.modules import ModuleScope
from nslsm.language.check.operands import Operands
from nslsm.language.check.session import Session
from nslsm.language.check.steps import CALLS, Form
from nslsm.language.check.walk import nodes, tables_in
from nslsm.language.syntax import ast


@dataclass(frozen=True, slots=True)
class _Attributes:
    """The names that a claim's condition knows beside facts: attributes of what is bound where it speaks of."""

    attributes: dict[str, Type] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    parameters: dict[str, ir.Parameter] = field(default_factory=dict)
    tables: dict[str, ir.TableOf] = field(default_factory=dict)
    lets: dict[str, ast.Let] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)


class ClaimChecker:
    """Checks the claims of one module."""

    def __init__(self, session: Session, cases: CaseChecker) -> None:
        self._session = session
        self._findings = session.findings
        self._cases = cases

    def check(self, module: ModuleScope, node: ast.Claim) -> Claim | None:
        """One claim, or None where anything in it is wrong."""
        before = self._findings.errors
        notes = annotations(self._findings, self._session.catalogues, node.annotations)
        stage = Stage()
        given = () if node.given is None else tuple(self._cases.fixtures(module, stage, node.given.steps))
        attempts = None if node.attempts is None else tuple(self._attempts(module, stage, node.attempts))
        nevers = [self._never(module, stage, each) for each in node.nevers]
        if self._findings.errors > before or stage.root is None:
            return None
        return Claim(
            name=f"{module.name}.{node.name.text}" if module.name else node.name.text,
            doc="" if node.doc is None else node.doc.value,
            annotations=notes,
            root=stage.root,
            given=tuple(_sound(given)),
            attempts=attempts,
            nevers=tuple(each for each in nevers if each is not None),
            span=node.name.span,
        )

    # What is never to be

    def _never(self, module: ModuleScope, stage: Stage, node: ast.Never) -> Never | None:
        actions = self._session.actions.resolve(module, node.hooks, judged=True)
        found = self._cases.namespace(module, node.namespace)
        if found is None:
            return None
        root, path = found
        if stage.root is not None and stage.root is not root:
            message = f"a claim is about one root: this is under `{root.name}`, and the rest under `{stage.root.name}`"
            self._findings.add(codes.BAD_CLAIM, node.namespace.span, message, help="make a claim of its own of it")
            return None
        stage.root = root
        if not actions:
            return None
        names = _Attributes()
        self._bound(names, root, path)
        here = self._session.expressions(module, names, self._session.actions.site(actions))
        when, sound = here.condition(node.when)
        if not sound:
            return None
        read = {each.attribute for each in nodes((when,)) if isinstance(each, ir.AttributeOf)}
        return Never(
            actions=actions,
            namespace=path,
            when=when,
            readings=tuple(reading for key, reading in names.readings.items() if key in read),
            tables=self._session.tables.named(tables_in((actions, when))),
            span=node.span,
        )

    def _bound(self, names: _Attributes, root: ir.Namespace, path: str) -> None:
        """The attributes that can be read: by their names where only one binding has such, and in any case by the binding's."""
        once: dict[str, list[tuple[ir.Attribute, Reading]]] = {}
        for namespace, where in _lineage(root, path):
            for bind in namespace.binds:
                for attribute in bind.control.attributes:
                    kind, _, name = attribute.key.partition(".")
                    for known in dict.fromkeys((bind.name, bind.control.name.rpartition(".")[2])):
                        key = f"{kind}.{known}.{name}"
                        reading = Reading(key, where, bind.name, bind.control.name, attribute.key)
                        names.readings[key] = reading
                        names.attributes[key] = attribute.type
                    plain = Reading(attribute.key, where, bind.name, bind.control.name, attribute.key)
                    once.setdefault(attribute.key, []).append((attribute, plain))
        for key, found in once.items():
            if len(found) == 1:
                names.attributes[key] = found[0][0].type
                names.readings[key] = found[0][1]

    # What may be tried

    def _attempts(self, module: ModuleScope, stage: Stage, node: ast.Try) -> Iterator[Attempt]:
        before: dict[tuple[str, object], Span] = {}
        for each in node.attempts:
            found = self._attempt(module, stage, each)
            if found is None:
                continue
            other = before.setdefault((found.call, found.operands), each.span)
            if other is not each.span:
                message = f"`{found.call}` is to be tried twice"
                self._findings.add(
                    codes.BAD_CLAIM, each.span, message, help="leave one of them", related=((other, "the other"),)
                )
            yield found

    def _attempt(self, module: ModuleScope, stage: Stage, node: ast.Attempt) -> Attempt | None:
        name = node.call.text
        shape = CALLS.get(name)
        if shape is None:
            message = f"no system call that a task can try is called `{name}`"
            self._findings.add(codes.UNKNOWN_CALL, node.call.span, message, help=nearest(name, CALLS.keys()))
            return None
        if not node.operands and not node.named:
            return Attempt(call=name, span=node.span)
        if shape.operands and shape.operands[0].form is Form.NEW_TASK:
            message = f"`{name}` stands alone here: what it makes gets a name of the search's own"
            self._findings.add(codes.BAD_CLAIM, node.span, message)
            return None
        step = ast.CallStep(
            span=node.span,
            task=node.call,
            call=node.call,
            operands=node.operands,
            named=node.named,
            policy=None,
            outcomes=(),
        )
        operands = Operands(self._session, module, stage.tasks, stage.gone).of_call(step, shape)
        return Attempt(call=name, operands=operands, span=node.span)


def _sound(given: tuple[Fixture | None, ...]) -> Iterator[Fixture]:
    return (each for each in given if each is not None)


def _lineage(root: ir.Namespace, path: str) -> Iterator[tuple[ir.Namespace, str]]:
    """The namespaces from the root down to ``path``, each with its own path."""
    here, where = root, root.name
    yield here, where
    for name in path.split(".")[1:]:
        children: Mapping[str, ir.Namespace] = {child.name: child for child in here.children}
        here, where = children[name], f"{where}.{name}"
        yield here, where
