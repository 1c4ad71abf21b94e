"""A control's program as generated functions, once a hook has been asked about a few times; in doubt, the reference."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, cast

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.language.check import ir
from nslsm.language.program import judge as reference
from nslsm.language.program.compile.expressions import Expressions
from nslsm.language.program.compile.names import Names
from nslsm.language.program.compile.rules import effects, judging, observing
from nslsm.protocol.opinion import ABSTAIN, Answer, Assignment, Observation
from nslsm.protocol.request import Request
from nslsm.protocol.view import View

PATIENCE: Final = 8
"""So often the reference is asked about a hook before functions are made: most programs are bound and asked little."""

Judging = Callable[[Request, View], Answer | None]
Setting = Callable[[Request, View], tuple[Assignment, ...] | None]
Observing = Callable[[Request, View], tuple[Observation, ...] | None]


def _abstains(request: Request, view: View) -> Answer:
    del request, view
    return ABSTAIN


def _nothing(request: Request, view: View) -> tuple[()]:
    del request, view
    return ()


class Functions(NamedTuple):
    """What a program says about one hook. Each answers None where it hangs on a fact that nobody knows."""

    judge: Judging
    judge_inbound: Judging
    effects: Setting
    effects_denied: Setting
    observe: Observing
    observe_inbound: Observing
    text: str
    """The functions as they were generated."""
    values: Mapping[str, object]
    """What the text calls by a name."""


def functions(control: ir.Control, hook: str) -> Functions | None:
    """The functions of a control about one hook; None where it cannot be said in Python (too deep, too large)."""
    names = Names()
    expressions = Expressions(CATALOGUE[hook], names)
    try:
        made = {
            "judge": judging(control, expressions, "judge", inbound=False),
            "judge_inbound": judging(control, expressions, "judge_inbound", inbound=True),
            "effects": effects(control, expressions, "effects", denied=False),
            "effects_denied": effects(control, expressions, "effects_denied", denied=True),
            "observe": observing(control, expressions, "observe", inbound=False),
            "observe_inbound": observing(control, expressions, "observe_inbound", inbound=True),
        }
        text = "\n\n".join((*expressions.beside, *(each for each in made.values() if each is not None)))
        values = dict(names.values)
        exec(compile(text, f"<{control.name}, {hook}>", "exec"), values)  # noqa: S102 - generated above, from a checked program
    except (RecursionError, SyntaxError, MemoryError, LookupError):
        return None

    def of(name: str, otherwise: object) -> object:
        return otherwise if made[name] is None else values[name]

    return Functions(
        cast("Judging", of("judge", _abstains)),
        cast("Judging", of("judge_inbound", _abstains)),
        cast("Setting", of("effects", _nothing)),
        cast("Setting", of("effects_denied", _nothing)),
        cast("Observing", of("observe", _nothing)),
        cast("Observing", of("observe_inbound", _nothing)),
        text,
        names.values,
    )


class CompiledProgram:
    """A program that is asked: the same answers as :mod:`nslsm.language.program.judge`, sooner."""

    __slots__ = ("_asked", "_control", "_functions")

    def __init__(self, control: ir.Control) -> None:
        self._control = control
        self._asked: dict[str, int] = {}
        self._functions: dict[str, Functions | None] = {}

    def about(self, hook: str) -> Functions | None:
        """The functions about a hook, once it has been asked about often enough; None: ask the reference."""
        try:
            return self._functions[hook]
        except KeyError:
            asked = self._asked.get(hook, 0)
            if asked < PATIENCE:
                self._asked[hook] = asked + 1
                return None
            made = self._functions[hook] = functions(self._control, hook)
            return made

    def judge(self, request: Request, view: View, *, inbound: bool = False) -> Answer:
        """Where the control stands on one request."""
        made = self.about(request.hook.name)
        if made is not None:
            try:
                answer = made.judge_inbound(request, view) if inbound else made.judge(request, view)
            except Exception:  # noqa: BLE001 - an unknown fact, or a defect: the reference says which, in its own words
                answer = None
            if answer is not None:
                return answer
        return reference.judge(self._control, request, view, inbound=inbound)

    def effects(self, request: Request, view: View, *, denied: bool) -> tuple[Assignment, ...]:
        """What attributes are to become."""
        made = self.about(request.hook.name)
        if made is not None:
            try:
                found = made.effects_denied(request, view) if denied else made.effects(request, view)
            except Exception:  # noqa: BLE001 - as above
                found = None
            if found is not None:
                return found
        return reference.effects(self._control, request, view, denied=denied)

    def observe(self, request: Request, view: View, *, inbound: bool = False) -> tuple[Observation, ...]:
        """The observing rules that match."""
        made = self.about(request.hook.name)
        if made is not None:
            try:
                found = made.observe_inbound(request, view) if inbound else made.observe(request, view)
            except Exception:  # noqa: BLE001 - as above
                found = None
            if found is not None:
                return found
        return reference.observe(self._control, request, view, inbound=inbound)
