"""Tests of policies, checked: every name known, every operand typed, every constant worked out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from nslsm.hooks.model import Hook
from nslsm.hooks.types import PATH, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.cases import Act, Case, FileFixture, Step, StepValue, TaskFixture
from nslsm.language.check.expectations import Expectations
from nslsm.language.check.findings import listed, nearest
from nslsm.language.check.modules import Declared, ModuleScope
from nslsm.language.check.operands import Operands
from nslsm.language.check.policies import Policies
from nslsm.language.check.session import Session
from nslsm.language.check.site import CONSTANT
from nslsm.language.check.steps import CALLS, FILE_FACTS, TASK_FACTS, CallShape, Form
from nslsm.language.syntax import ast
from nslsm.protocol.things import Value

NamespaceOf = Callable[[Declared], ir.Namespace]
"""The checked namespace of a top-level declaration."""

_NOTHING: Final[tuple[tuple[str, StepValue], ...]] = ()


@dataclass(slots=True)
class Stage:
    """What a test has set up so far: its tasks, the namespaces that they are in, the namespaces it made."""

    tasks: dict[str, str] = field(default_factory=dict)
    """The path of the namespace that each living task was put in, as far as the text tells."""
    gone: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    root: ir.Namespace | None = None
    binds: list[ir.Bind] = field(default_factory=list)


class CaseChecker:
    """Checks the tests of one module."""

    def __init__(
        self,
        session: Session,
        policies: Policies,
        catalogue: Mapping[str, Hook],
        namespace_of: NamespaceOf,
        expectations: Expectations,
    ) -> None:
        self._session = session
        self._findings = session.findings
        self._policies = policies
        self._catalogue = catalogue
        self._namespace_of = namespace_of
        self._expectations = expectations

    def check(self, module: ModuleScope, node: ast.Test) -> Case | None:
        """One test, or None where anything in it is wrong."""
        before = self._findings.errors
        stage = Stage()
        steps = [self._step(module, stage, step) for step in node.steps]
        if self._findings.errors > before:
            return None
        return Case(
            title=node.title.value,
            module=module.name,
            root=stage.root,
            steps=tuple(step for step in steps if step is not None),
            span=node.title.span,
        )

    def fixtures(
        self, module: ModuleScope, stage: Stage, nodes: Iterable[ast.FileStep | ast.TaskStep]
    ) -> Iterator[FileFixture | TaskFixture | None]:
        """What there is, None where it is wrong: for claims, which begin as tests do."""
        for node in nodes:
            yield self._file(module, node) if isinstance(node, ast.FileStep) else self._task(module, stage, node)

    def _step(self, module: ModuleScope, stage: Stage, node: ast.Step) -> Step | None:
        match node:
            case ast.FileStep():
                return self._file(module, node)
            case ast.TaskStep():
                return self._task(module, stage, node)
            case ast.CallStep():
                return self._act(module, stage, node)
            case ast.Expect():
                return self._expectations.expect(module, stage, node)

    # What there is

    def _file(self, module: ModuleScope, node: ast.FileStep) -> FileFixture | None:
        here = self._session.expressions(module, None, CONSTANT)
        path = here.constant(node.path, PATH, "a file's name")
        facts = self._facts(module, node.facts, FILE_FACTS, "file")
        return None if path is None else FileFixture(path=str(path.value), facts=facts, span=node.span)

    def _task(self, module: ModuleScope, stage: Stage, node: ast.TaskStep) -> TaskFixture | None:
        facts = self._facts(module, node.facts, TASK_FACTS, "task")
        self._introduce(stage, node.name, "")
        found = self.namespace(module, node.namespace)
        if found is None:
            return None
        root, path = found
        if stage.root is not None and stage.root is not root:
            message = f"the tasks of one test live under one root: others are under `{stage.root.name}`"
            self._findings.add(codes.BAD_STEP, node.namespace.span, message)
        stage.root = root
        stage.tasks[node.name.text] = path
        return TaskFixture(name=node.name.text, namespace=path, facts=facts, span=node.span)

    def _introduce(self, stage: Stage, name: ast.Name, path: str) -> None:
        if name.text in stage.tasks or name.text in stage.gone:
            self._findings.add(codes.DUPLICATE_NAME, name.span, f"this test has a task `{name.text}` already")
        stage.tasks[name.text] = path

    def _facts(
        self, module: ModuleScope, nodes: Iterable[ast.Argument], known: Mapping[str, Type], what: str
    ) -> tuple[tuple[str, Value], ...]:
        here = self._session.expressions(module, None, CONSTANT)
        found: dict[str, Value] = {}
        for node in nodes:
            name = node.name.text
            if name not in known:
                way_out = nearest(name, known) or f"it can have {listed(known, most=30)}"
                message = f"a {what} of a test has no fact `{name}`"
                self._findings.add(codes.UNKNOWN_FACT, node.name.span, message, help=way_out)
                continue
            if name in found:
                self._findings.add(codes.DUPLICATE_NAME, node.name.span, f"`{name}` is given twice")
            constant = here.constant(node.value, known[name], f"`{name}`")
            if constant is not None:
                found[name] = constant.value
        return tuple(found.items())

    def namespace(self, module: ModuleScope, name: ast.Dotted) -> tuple[ir.Namespace, str] | None:
        """The root and the path of the declared namespace that a test or a claim calls ``name``: by the end of its path."""
        wanted = name.parts
        trees = [each for each in module.declarations() if isinstance(each.node, ast.Namespace)]
        if not _matching(trees, wanted):
            trees = [each for each in module.imported.values() if isinstance(each, Declared)]
            trees = [each for each in trees if isinstance(each.node, ast.Namespace)]
        for count in range(1, len(wanted) + 1):
            if _matching(trees, wanted):
                break
            found = module.find(wanted[:count])
            if isinstance(found, Declared) and isinstance(found.node, ast.Namespace):
                trees, wanted = [found], wanted[count - 1 :]
        matching = _matching(trees, wanted)
        if len(matching) == 1:
            declared, path = matching[0]
            return self._namespace_of(declared), ".".join(path)
        written = str(name)
        if matching:
            paths = listed(".".join(path) for _, path in matching)
            message = f"`{written}` can be any of {paths}"
        else:
            message = f"no namespace is called `{written}` here"
        known = [".".join(path) for path in _paths(trees)]
        self._findings.add(codes.UNKNOWN_NAMESPACE, name.span, message, help=nearest(written, known))
        return None

    # What is done

    def _act(self, module: ModuleScope, stage: Stage, node: ast.CallStep) -> Act | None:
        operands = Operands(self._session, module, stage.tasks, stage.gone)
        operands.known_task(node.task)
        name = node.call.text
        shape = CALLS.get(name)
        binds = None
        if node.policy is not None:
            binds = self._policies.uses(module, (node.policy,))
            stage.binds.extend(binds)
        if shape is None and name not in self._catalogue:
            known = [*CALLS, *self._catalogue]
            message = f"no system call that a test can make, and no hook, is called `{name}`"
            self._findings.add(codes.UNKNOWN_CALL, node.call.span, message, help=nearest(name, known))
            return None
        if node.policy is not None and (shape is None or not shape.binds):
            self._findings.add(codes.BAD_STEP, node.policy.span, f"`{name}` binds nothing: `with` is for `unshare`")
        if shape is not None:
            values, named = operands.of_call(node, shape), _NOTHING
        else:
            values, named = (), operands.of_hook(node, self._catalogue[name])
        self._follow(stage, node, shape)
        expected = tuple(self._expectations.outcome(module, stage, each) for each in node.outcomes)
        return Act(
            task=node.task.text,
            call=name,
            hook=shape is None,
            operands=values,
            named=named,
            binds=binds,
            expected=expected,
            span=node.span,
        )

    def _follow(self, stage: Stage, node: ast.CallStep, shape: CallShape | None) -> None:
        """What the step changes of the stage."""
        if shape is None:
            return
        task = node.task.text
        if shape.operands and shape.operands[0].form is Form.NEW_TASK and node.operands:
            operand = node.operands[0]
            if isinstance(operand, ast.Reference):
                name = ast.Name(span=operand.span, text=operand.name)
                self._introduce(stage, name, stage.tasks.get(task, ""))
        elif shape.name == "unshare" and node.operands and isinstance(node.operands[0], ast.String):
            stage.made.add(node.operands[0].value)
        elif shape.name == "exit":
            stage.tasks.pop(task, None)
            stage.gone.add(task)


def _paths(trees: Iterable[Declared]) -> list[tuple[str, ...]]:
    return [path for _, path in _matching(trees, ())]


def _matching(trees: Iterable[Declared], wanted: tuple[str, ...]) -> list[tuple[Declared, tuple[str, ...]]]:
    """The declared namespaces whose path ends so."""
    found = []
    for tree in trees:
        pending: list[tuple[ast.Namespace, tuple[str, ...]]] = []
        if isinstance(tree.node, ast.Namespace):
            pending.append((tree.node, (tree.node.name.text,)))
        while pending:
            node, path = pending.pop()
            if path[len(path) - len(wanted) :] == wanted and len(wanted) <= len(path):
                found.append((tree, path))
            inner = [member for member in node.members if isinstance(member, ast.Namespace)]
            pending.extend((member, (*path, member.name.text)) for member in inner)
    exact = [each for each in found if each[1] == wanted]
    return exact or found
