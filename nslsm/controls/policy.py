"""Controls written in the language: a checked program behind the protocol that the engine asks."""

from collections.abc import Mapping
from functools import cached_property

from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.language.check import ir
from nslsm.language.program import judge as program
from nslsm.language.program.compile.compiled import CompiledProgram
from nslsm.language.program.digest import control_digest
from nslsm.language.program.instantiate import instantiate
from nslsm.language.program.interpret import Missing, Scene, either
from nslsm.protocol.opinion import Answer, Assignment, Observation
from nslsm.protocol.request import Request
from nslsm.protocol.view import View


class PolicyControl:
    """A control of the language with its arguments filled in. It keeps nothing but its program."""

    def __init__(self, control: ir.Control, arguments: Mapping[str, ir.ArgumentValue] | None = None) -> None:
        self.declared = control
        """The control as its author wrote it, parameters in their places: what explanations quote."""
        self.arguments = dict(arguments or {})
        self.program = instantiate(control, self.arguments)
        self._declared = control
        self._handles = program.handled(self.program)
        self._compiled = CompiledProgram(self.program)

    @property
    def name(self) -> str:
        """Its qualified name, ``healthcare.hipaa.phi_access``."""
        return self.program.name

    @cached_property
    def digest(self) -> str:
        """The digest of the program with its arguments (Model M6.1)."""
        return control_digest(self.program)

    @cached_property
    def origin(self) -> str:
        """The digest of the program before its arguments: what a lock names (Model M5.3)."""
        return control_digest(self._declared)

    def __eq__(self, other: object) -> bool:
        """Equal where every answer must be: a policy that is loaded again has equal controls (Model M6.1)."""
        return isinstance(other, PolicyControl) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"PolicyControl({self.name!r}, {self.digest[:12]})"

    def handles(self, hook: str) -> bool:
        """Whether any of its rules is about this hook."""
        return hook in self._handles

    @cached_property
    def observed(self) -> frozenset[str]:
        """The hooks that it observes from within."""
        return program.handled(self.program, lambda rule: isinstance(rule, ir.Audit) and not rule.inbound)

    @cached_property
    def setting(self) -> frozenset[str]:
        """The hooks that may set something when they are granted."""
        return program.handled(self.program, lambda rule: isinstance(rule, ir.Effect) and not rule.denied)

    @cached_property
    def setting_denied(self) -> frozenset[str]:
        """The hooks that may set something when they are denied."""
        return program.handled(self.program, lambda rule: isinstance(rule, ir.Effect) and rule.denied)

    def judge(self, request: Request, view: View) -> Answer:
        """Where its rules stand on a request from within."""
        return self._compiled.judge(request, view)

    def judge_inbound(self, request: Request, view: View) -> Answer:
        """Where its ``inbound`` rules stand on a request from outside (Model M4.2)."""
        return self._compiled.judge(request, view, inbound=True)

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """What its ``on`` rules make of attributes, or its ``on denied`` rules (Model M3.2)."""
        return self._compiled.effects(request, view, denied=denied)

    def observe(self, request: Request, view: View) -> tuple[Observation, ...]:
        """Its ``audit`` rules that match (Model M2.7)."""
        return self._compiled.observe(request, view)

    def observe_inbound(self, request: Request, view: View) -> tuple[Observation, ...]:
        """Its ``inbound audit`` rules that match."""
        return self._compiled.observe(request, view, inbound=True)


class DeclaredEntry:
    """The ``enter on`` declarations of one namespace (Model M5.5)."""

    def __init__(self, enters: tuple[ir.Enter, ...], declaration: ir.Namespace) -> None:
        self.enters = enters
        self._scope = ir.Control(
            name=declaration.name,
            doc="",
            annotations=ir.Annotations(),
            parameters=(),
            attributes=(),
            tables=tuple(table for enter in enters for table in enter.tables),
            rules=(),
            span=declaration.span,
        )
        self.hooks = frozenset(target.hook for enter in enters for action in enter.actions for target in action.targets)

    def __eq__(self, other: object) -> bool:
        """Equal where they declare the same."""
        return isinstance(other, DeclaredEntry) and self.enters == other.enters

    def __hash__(self) -> int:
        return hash(self.hooks)

    def matches(self, request: Request, view: View) -> bool | Unknown:
        """Whether any declaration moves the request's process in; UNKNOWN where it hangs on unknown facts."""
        if request.hook.name not in self.hooks:
            return False
        scene = Scene(self._scope, request, view)
        truth = either(program.holds(enter.actions, enter.when, scene) for enter in self.enters)
        return UNKNOWN if isinstance(truth, Missing) else truth
