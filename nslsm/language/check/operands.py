"""The operands of a test's steps, by the shape of the call or the facts of the hook."""

from collections.abc import Collection, Mapping

from nslsm.diagnostics.span import Span
from nslsm.hooks.kinds import FILE, TASK
from nslsm.hooks.model import Hook
from nslsm.hooks.types import PATH, Kind, Type
from nslsm.language.check import codes
from nslsm.language.check.cases import Endpoint, StepValue, TaskName
from nslsm.language.check.findings import listed, nearest
from nslsm.language.check.modules import ModuleScope
from nslsm.language.check.session import Session
from nslsm.language.check.site import CONSTANT
from nslsm.language.check.steps import CallShape, Form, Operand
from nslsm.language.check.types import path_fault
from nslsm.language.syntax import ast

Written = ast.Expr | ast.Endpoint


class Operands:
    """Checks the operands of one step."""

    def __init__(self, session: Session, module: ModuleScope, tasks: Mapping[str, str], gone: Collection[str]) -> None:
        self._findings = session.findings
        self._here = session.expressions(module, None, CONSTANT)
        self._tasks = tasks
        self._gone = gone

    def known_task(self, name: ast.Name) -> bool:
        """Whether the test has such a task by now; the contrary is reported."""
        if name.text in self._tasks:
            return True
        fate = "has exited" if name.text in self._gone else "is not there by now"
        message = f"task `{name.text}` {fate}"
        self._findings.add(codes.UNKNOWN_TASK, name.span, message, help=nearest(name.text, self._tasks.keys()))
        return False

    def of_call(self, node: ast.CallStep, shape: CallShape) -> tuple[StepValue | None, ...]:
        """The operands of a system call in the order of its shape, its words as one set behind them."""
        written = list(node.operands)
        values: list[StepValue | None] = []
        for operand in shape.operands:
            if written and not self._is_word(written[0], shape, operand):
                values.append(self._operand(written.pop(0), operand, shape.name))
            else:
                values.append(None)
                if not operand.optional:
                    self._bad(node.call.span, f"`{shape.name}` needs {_described(operand)}")
        if shape.words:
            values.append(frozenset(self._words(written, shape)))
        elif written:
            self._bad(written[0].span, f"`{shape.name}` takes no such operand", _usage(shape))
        for argument in node.named:
            self._bad(argument.span, f"`{shape.name}` takes no operands by name", _usage(shape))
        return tuple(values)

    def of_hook(self, node: ast.CallStep, hook: Hook) -> tuple[tuple[str, StepValue], ...]:
        """The facts that a hook is raised with, and its object, by name; the object may also stand first, without."""
        found: dict[str, StepValue] = {}
        for place, operand in enumerate(node.operands):
            if place or hook.object is None:
                self._bad(operand.span, f"the facts of hook `{hook.name}` are given by name", _facts(hook))
                return ()
            value = self._thing(operand, hook.object, "the object")
            if value is not None:
                found["object"] = value
        for argument in node.named:
            name = argument.name.text
            if name in found:
                self._findings.add(codes.DUPLICATE_NAME, argument.name.span, f"`{name}` is given twice")
            value = self._fact(hook, argument)
            if value is not None:
                found[name] = value
        return tuple(found.items())

    def _fact(self, hook: Hook, argument: ast.Argument) -> StepValue | None:
        name = argument.name.text
        if name == "object" and hook.object is not None:
            return self._thing(argument.value, hook.object, "the object")
        fact = hook.fact(name)
        if fact is None:
            way_out = nearest(name, [each.name for each in hook.facts]) or _facts(hook)
            message = f"hook `{hook.name}` has no fact `{name}`"
            self._findings.add(codes.UNKNOWN_FACT, argument.name.span, message, help=way_out)
            return None
        if isinstance(fact.type, Kind):
            return self._thing(argument.value, fact.type, f"`{name}`")
        return self._constant(argument.value, fact.type, f"`{name}`")

    def _thing(self, node: Written, kind: Kind, what: str) -> StepValue | None:
        """A thing as a test can name one: a task by its name, a file by its path."""
        if kind == TASK:
            return self._task(node)
        if kind == FILE:
            return None if isinstance(node, ast.Endpoint) else self._constant(node, PATH, what)
        self._bad(node.span, f"{what} is a {kind.name}, and a test has no words for one")
        return None

    def _operand(self, node: Written, operand: Operand, call: str) -> StepValue | None:
        match operand.form:
            case Form.TASK:
                return self._task(node)
            case Form.NEW_TASK:
                if isinstance(node, ast.Reference):
                    return TaskName(node.name)
            case Form.ENDPOINT:
                return self._endpoint(node)
            case Form.VALUE:
                if operand.type is not None and not isinstance(node, ast.Endpoint):
                    return self._constant(node, operand.type, f"`{operand.name}` of `{call}`")
        self._bad(node.span, f"`{call}` needs {_described(operand)} here")
        return None

    def _task(self, node: Written) -> StepValue | None:
        if isinstance(node, ast.Reference):
            return TaskName(node.name) if self.known_task(ast.Name(span=node.span, text=node.name)) else None
        self._bad(node.span, "here stands the name of a task")
        return None

    def _endpoint(self, node: Written) -> StepValue | None:
        if isinstance(node, ast.Endpoint):
            return Endpoint(node.address, node.port)
        if isinstance(node, ast.String):
            if node.value.startswith("@"):
                return node.value
            fault = path_fault(node.value)
            if fault is None:
                return node.value
            self._findings.add(codes.BAD_PATH, node.span, f'no path is "{node.value}"', help=fault)
            return None
        self._bad(node.span, f"here stands {Form.ENDPOINT.value}")
        return None

    def _constant(self, node: Written, type_: Type, what: str) -> StepValue | None:
        if isinstance(node, ast.Endpoint):
            self._bad(node.span, f"{what} is a `{type_}`, no address with a port")
            return None
        constant = self._here.constant(node, type_, what)
        return None if constant is None else constant.value

    def _is_word(self, node: Written, shape: CallShape, operand: Operand) -> bool:
        """Whether an operand is one of the call's words where an optional operand could stand."""
        return operand.optional and isinstance(node, ast.Reference) and node.name in shape.words

    def _words(self, written: list[Written], shape: CallShape) -> list[str]:
        found: list[str] = []
        for node in written:
            word = node.name if isinstance(node, ast.Reference) else None
            if word in shape.words and word not in found and word is not None:
                found.append(word)
                continue
            known = listed(shape.words, most=20)
            near = nearest(word, shape.words) if word else None
            message = (
                f"`{word}` is said twice"
                if word in found
                else f"behind `{shape.name}` and its operands stand words: {known}"
            )
            self._bad(node.span, message, near)
        return found

    def _bad(self, span: Span, message: str, way_out: str | None = None) -> None:
        self._findings.add(codes.BAD_STEP, span, message, help=way_out)


def _described(operand: Operand) -> str:
    if operand.form is Form.VALUE:
        return f"`{operand.name}`, {'an' if str(operand.type)[0] in 'aeiou' else 'a'} `{operand.type}`"
    return str(operand.form.value)


def _usage(shape: CallShape) -> str:
    parts = [f"[{each.name}]" if each.optional else each.name for each in shape.operands]
    return f"it is `{' '.join((shape.name, *parts))}`"


def _facts(hook: Hook) -> str:
    names = [fact.name for fact in hook.facts] + (["object"] if hook.object is not None else [])
    return f"it has {listed(names, most=12)}" if names else "it has none"
