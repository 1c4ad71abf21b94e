"""What tests expect: verdicts with their blame, and attributes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from nslsm.hooks.kinds import KINDS
from nslsm.hooks.model import Hook
from nslsm.hooks.types import SetOf, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.cases import Check, Expected
from nslsm.language.check.findings import listed, nearest
from nslsm.language.check.literals import errno_of
from nslsm.language.check.modules import Declared, ModuleScope
from nslsm.language.check.session import Session
from nslsm.language.check.site import CONSTANT
from nslsm.language.check.things import THINGS, dotted
from nslsm.language.check.types import article, element_of, is_ordered, members_of_kind, path_fault
from nslsm.language.syntax import ast

if TYPE_CHECKING:
    from nslsm.language.check.case_lowering import Stage

KERNEL: Final = "kernel"
"""Who is blamed for what the kernel itself refuses (Model M2.1)."""

OPERATORS: Final = ("==", "!=", "<", "<=", ">", ">=", "has", "has all", "has any", "in", "not in")
"""How an expectation can compare an attribute with a constant."""


@dataclass(slots=True)
class Blamable:
    """The controls that a test can name: by short and qualified name, and by the names they are bound under."""

    controls: dict[str, list[ir.Control]] = field(default_factory=dict)

    def add_control(self, control: ir.Control) -> None:
        """A control, by its own names."""
        self._add(control.name, control)
        self._add(control.name.rpartition(".")[2], control)

    def add_binds(self, binds: Iterable[ir.Bind]) -> None:
        """Controls by the names of their bindings."""
        for bind in binds:
            self._add(bind.name, bind.control)

    def _add(self, name: str, control: ir.Control) -> None:
        known = self.controls.setdefault(name, [])
        if all(each is not control for each in known):
            known.append(control)

    def find(self, name: str, binds: Iterable[ir.Bind]) -> list[ir.Control]:
        """The controls of that name, those that the test itself bound included."""
        return [*self.controls.get(name, ()), *(bind.control for bind in binds if bind.name == name)]


class Expectations:
    """Checks what tests expect."""

    def __init__(self, session: Session, catalogue: Mapping[str, Hook], blamable: Blamable) -> None:
        self._session = session
        self._findings = session.findings
        self._catalogue = catalogue
        self._blamable = blamable
        self.complete = True
        """Whether every name of a control and of a binding came out, so that one that is not known is a mistake of the test."""
        self.hidden: set[str] = set()
        """Names of controls that did not come out themselves."""

    def _is_known_for_sure(self, name: str) -> bool:
        """Whether a name would be known if anything were called so."""
        return self.complete and name not in self.hidden

    # Verdicts

    def outcome(self, module: ModuleScope, stage: "Stage", node: ast.Outcome) -> Expected:
        """One outcome of a step."""
        controls = self._by(module, stage, node)
        if node.rule is not None and controls:
            self._rule(node.rule, controls)
        return Expected(
            verdict=node.verdict,
            errno=None if node.errno is None else errno_of(self._findings, node.errno),
            by="" if node.by is None else self._written(module, node.by),
            rule="" if node.rule is None else node.rule.text,
            within="" if node.within is None else self._within(stage, node.within),
            unknown="" if node.unknown is None else self._unknown(node.unknown),
            span=node.span,
        )

    def _written(self, module: ModuleScope, name: ast.Dotted) -> str:
        """A control's name as records have it: qualified, where the module knows it by another."""
        found = module.find(name.parts)
        if isinstance(found, Declared) and isinstance(found.node, ast.Control):
            return found.qualified if len(name.parts) > 1 or found.name != name.parts[0] else str(name)
        return str(name)

    def _by(self, module: ModuleScope, stage: "Stage", node: ast.Outcome) -> list[ir.Control]:
        if node.by is None or str(node.by) == KERNEL:
            return []
        name = self._written(module, node.by)
        found = self._blamable.find(name, stage.binds)
        if not found and self._is_known_for_sure(name):
            message = f"no control, and no binding, is called `{name}`"
            near = nearest(name, self._blamable.controls.keys())
            self._findings.add(codes.UNKNOWN_CONTROL, node.by.span, message, help=near)
        return found

    def _rule(self, name: ast.Name, controls: list[ir.Control]) -> None:
        known = [rule.id for control in controls for rule in control.rules]
        known += [
            allow.id
            for control in controls
            for rule in control.rules
            if isinstance(rule, ir.Confine)
            for allow in rule.allows
        ]
        if name.text not in known:
            message = f"control `{controls[0].name}` has no rule `{name.text}`"
            way_out = nearest(name.text, known) or (f"it has {listed(known)}" if known else None)
            self._findings.add(codes.UNKNOWN_RULE, name.span, message, help=way_out)

    def _within(self, stage: "Stage", name: ast.Dotted) -> str:
        """The namespace that is to be blamed: a declared one by the end of its path, or one that the test made."""
        written = str(name)
        if name.parts[-1] in stage.made:
            return written
        paths = [] if stage.root is None else list(_paths(stage.root))
        matching = [path for path in paths if f".{path}".endswith(f".{written}")]
        if written in matching:
            matching = [written]
        if len(matching) == 1:
            return matching[0]
        if matching:
            message = f"`{written}` can be any of {listed(matching)}"
        else:
            message = f"no namespace that this test knows is called `{written}`"
        if stage.root is not None:
            near = nearest(written, [*paths, *stage.made])
            self._findings.add(codes.UNKNOWN_NAMESPACE, name.span, message, help=near)
        return written

    def _unknown(self, node: ast.Expr) -> str:
        """The unknown fact, as a rule would read it."""
        argument = ""
        name = node
        if isinstance(node, ast.Call) and len(node.arguments) >= 1 and isinstance(node.arguments[0], ast.String):
            argument, name = f'("{node.arguments[0].value}")', node.function
        parts = dotted(name)
        if parts is None or not self._is_fact(parts):
            message = "here stands the fact that the verdict hangs on, as in `object.sha256`"
            self._findings.add(codes.BAD_EXPECTATION, node.span, message)
            return ""
        return ".".join(parts) + argument

    def _is_fact(self, parts: tuple[str, ...]) -> bool:
        if parts[0] not in THINGS and not any(hook.fact(parts[0]) for hook in self._catalogue.values()):
            return False
        last = parts[-1]
        return (
            len(parts) == 1
            or any(last in members_of_kind(kind) for kind in KINDS)
            or any(attribute.key.endswith(f".{last}") for attribute in self._attributes())
        )

    def _attributes(self) -> Iterable[ir.Attribute]:
        return (
            attribute
            for controls in self._blamable.controls.values()
            for control in controls
            for attribute in control.attributes
        )

    # Attributes

    def expect(self, module: ModuleScope, stage: "Stage", node: ast.Expect) -> Check | None:
        """``expect ehr.phi_access.tainted == true``; a truth may stand alone; ``not`` may stand before."""
        condition, negated = node.condition, False
        while isinstance(condition, ast.Not):
            condition, negated = condition.operand, not negated
        operator, swapped = "==", False
        target: ast.Expr = condition
        constant: ast.Expr = ast.Boolean(span=condition.span, value=True)
        if isinstance(condition, ast.Compare) and condition.operator in OPERATORS:
            operator = condition.operator
            target, constant = condition.left, condition.right
            swapped = operator in ("in", "not in") and not isinstance(target, ast.Member)
        if swapped:
            target, constant = constant, target
            operator, negated = "has", negated is not (operator == "not in")
        found = self._target(stage, target)
        if found is None:
            return None
        kind, of, control, attribute = found
        wanted = self._wanted(operator, attribute.type)
        if wanted is None:
            message = f"`{operator}` does not compare {article(attribute.type)}"
            self._findings.add(codes.NOT_COMPARABLE, condition.span, message)
            return None
        here = self._session.expressions(module, None, CONSTANT)
        value = here.constant(constant, wanted, f"attribute `{attribute.key}`")
        if value is None:
            return None
        return Check(
            kind=kind,
            of=of,
            control=control,
            attribute=attribute.key,
            operator=operator,
            value=value,
            negated=negated,
            span=node.span,
        )

    def _wanted(self, operator: str, type_: Type) -> Type | None:
        """The type of what an attribute is compared with."""
        element = element_of(type_)
        if operator in ("==", "!="):
            return type_
        if operator in ("<", "<=", ">", ">="):
            return type_ if is_ordered(type_) else None
        if operator in ("has all", "has any"):
            return type_ if element is not None else None
        if operator == "has":
            return element
        return SetOf(type_) if element is None else None

    def _target(self, stage: "Stage", node: ast.Expr) -> tuple[str, str, str, ir.Attribute] | None:
        """Kind, name, control and attribute of what is expected."""
        names: list[ast.Name] = []
        while isinstance(node, ast.Member):
            names.insert(0, node.name)
            node = node.base
        if len(names) < 2 or not isinstance(node, ast.Reference | ast.String):
            message = "what is expected is an attribute of a task or a file: `ehr.phi_access.tainted`"
            self._findings.add(codes.BAD_EXPECTATION, node.span, message)
            return None
        thing = self._thing(stage, node)
        if thing is None:
            return None
        kind, of = thing
        control = ".".join(name.text for name in names[:-1])
        found = self._blamable.find(control, stage.binds)
        if not found:
            if self._is_known_for_sure(control):
                near = nearest(control, self._blamable.controls.keys())
                message = f"no control, and no binding, is called `{control}`"
                self._findings.add(codes.UNKNOWN_CONTROL, names[0].span, message, help=near)
            return None
        key = f"{kind}.{names[-1].text}"
        attributes = [attribute for each in found for attribute in each.attributes if attribute.key == key]
        if not attributes:
            known = [
                each.key.partition(".")[2]
                for control_ in found
                for each in control_.attributes
                if each.kind.name == kind
            ]
            message = f"control `{found[0].name}` declares no attribute `{key}`"
            way_out = nearest(names[-1].text, known) or (f"on a {kind} it declares {listed(known)}" if known else None)
            self._findings.add(codes.UNKNOWN_FACT, names[-1].span, message, help=way_out)
            return None
        return kind, of, control, attributes[0]

    def _thing(self, stage: "Stage", node: ast.Reference | ast.String) -> tuple[str, str] | None:
        if isinstance(node, ast.String):
            fault = path_fault(node.value)
            if fault is None:
                return "file", node.value
            self._findings.add(codes.BAD_PATH, node.span, f'no path is "{node.value}"', help=fault)
            return None
        if node.name in stage.tasks or node.name in stage.gone:
            return "task", node.name
        paths = (
            [] if stage.root is None else [path for path in _paths(stage.root) if f".{path}".endswith(f".{node.name}")]
        )
        if len(paths) == 1:
            return "namespace", paths[0]
        if stage.root is None and stage.tasks:
            return None  # where its tasks are is wrong already, so that nobody knows which namespaces there are
        message = f"this test has no task `{node.name}`"
        self._findings.add(codes.UNKNOWN_TASK, node.span, message, help=nearest(node.name, stage.tasks.keys()))
        return None


def _paths(namespace: ir.Namespace, above: str = "") -> Iterable[str]:
    """The paths of a namespace and of all below it."""
    path = f"{above}.{namespace.name}" if above else namespace.name
    yield path
    for child in namespace.children:
        yield from _paths(child, path)
