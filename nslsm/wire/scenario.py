"""The form of a scenario's file: YAML, checked key by key; what is wrong is said where it stands."""

import json
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, ValidationError

from nslsm.diagnostics import Code, Diagnostic, DiagnosticError
from nslsm.hooks.types import PATH, STRING, SetOf, Type
from nslsm.kernel.world import World
from nslsm.language.check.findings import nearest
from nslsm.language.check.steps import FILE_FACTS, TASK_FACTS
from nslsm.language.syntax.parse import decode
from nslsm.language.syntax.unparse_expression import quote
from nslsm.simulation.scenarios.scenario import Choice, Drawn, Fixture, Level, Repeated, Scenario, Step, Text
from nslsm.wire.base import Model
from nslsm.wire.marked_yaml import MAX_BYTES, Marked, Plain, read_yaml
from nslsm.wire.marked_yaml import Path as At

MALFORMED: Final = Code("scenario-malformed")
UNKNOWN_KEY: Final = Code("scenario-unknown-key")
UNREADABLE: Final = Code("scenario-unreadable")
OUTSIDE: Final = Code("scenario-policy-outside")

MOST_ROWS: Final = 10_000
"""How many combinations the parameters of a scenario may come to."""
MOST_TIMES: Final = 10_000_000

Scalar: TypeAlias = str | int | bool | float
Fact: TypeAlias = Scalar | tuple[Scalar, ...]
Texts: TypeAlias = str | tuple[str, ...]


class Choosable(Model):
    """A step that chance chooses more often than others."""

    step: str
    weight: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class RepeatForm(Model):
    """Steps that are done so many times."""

    repeat: Annotated[int, Field(ge=1, le=MOST_TIMES)]
    counter: Annotated[str, Field(alias="as")] = ""
    """What a step calls the number of the time: ``${name}``."""
    steps: "tuple[StepForm, ...]"


class RandomForm(Model):
    """So many steps by chance."""

    random: Annotated[int, Field(ge=1, le=MOST_TIMES)]
    steps: tuple[str | Choosable, ...]
    vary: dict[str, tuple[Scalar, ...]] = Field(default={})
    """Values of which one is drawn each time a step says ``${name}``."""


READINGS: Final = ("text", "repeat", "random")


def _kind(value: object) -> str | None:
    """Which of :data:`READINGS` a step is."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return next((each for each in READINGS[1:] if each in value), None)
    return None


StepForm: TypeAlias = Annotated[
    Annotated[str, Tag("text")] | Annotated[RepeatForm, Tag("repeat")] | Annotated[RandomForm, Tag("random")],
    Discriminator(
        _kind,
        custom_error_type="step_kind",
        custom_error_message="a step is a text, or a mapping with `repeat` or `random`",
    ),
]


class LevelForm(Model):
    """A namespace of the scenario's own hierarchy."""

    bind: Texts = ()
    """What follows `bind` in the language: ``base.yama(scope = 2) as ptrace in complain``."""
    enter: Texts = ()
    """What follows `enter on`."""
    lock: tuple[str, ...] | None = None
    """The controls that may still be bound here and below; an empty list: none."""
    limits: dict[str, int] = Field(default={})
    sealed: bool = False
    namespaces: "dict[str, LevelForm | None]" = Field(default={})
    """The namespaces below."""


class ScenarioForm(Model):
    """A scenario: namespaces, files and tasks, what the tasks do, and what is expected."""

    title: str
    policy: Texts
    """Files beside the scenario, or names of modules."""
    about: str = ""
    tags: tuple[str, ...] = ()
    kernel: str | float = "6.12"
    world: Literal["closed", "open"] = "closed"
    """Whether files that nobody declares do not exist, or do."""
    seed: int | tuple[int, ...] = 0
    """Where chance starts from; several make as many runs."""
    parameters: dict[str, tuple[Scalar, ...]] = Field(default={})
    """Values to run with, each with each."""
    cases: tuple[dict[str, Scalar], ...] = ()
    """Values to run with, row by row."""
    hierarchy: "dict[str, LevelForm | None]" = Field(default={})
    """Namespaces of the scenario's own, instead of those that the policy declares."""
    files: dict[str, dict[str, Fact] | None] = Field(default={})
    tasks: dict[str, dict[str, Fact]] = Field(default={})
    steps: tuple[StepForm, ...]
    always: tuple[str, ...] = ()
    """Expectations that must hold after each step."""


KERNELS: Final = ("6.1", "6.12", "7.2")


def read_scenario(file: Path, policies: tuple[str, ...] = ()) -> Scenario:
    """The scenario in a file; ``policies`` stand in for those that it names.

    Raises :class:`~nslsm.diagnostics.DiagnosticError` where it is none.
    """
    try:
        with file.open("rb") as content:
            data = content.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DiagnosticError([UNREADABLE.at(None, f"`{file}` cannot be read: {reason}")]) from None
    return scenario_of(decode(data, str(file)), file, policies)


def scenario_of(text: str, file: Path, policies: tuple[str, ...] = ()) -> Scenario:
    """The scenario in a text that is, or would be, in ``file``."""
    marked = read_yaml(text, str(file))
    if not isinstance(marked.value, dict):
        raise marked.error(MALFORMED, (), "a scenario is a mapping: title, policy, steps, …")
    try:
        form = ScenarioForm.model_validate_json(json.dumps(marked.value))
    except ValidationError as wrong:
        raise DiagnosticError(_faults(marked, wrong), marked.sources) from None
    return _Reading(marked, form, file).scenario(policies)


# What is wrong with the form


def _faults(marked: Marked, wrong: ValidationError) -> list[Diagnostic]:
    """The findings, one for each place: of several readings that do not fit, the first tells."""
    found: dict[At, Diagnostic] = {}
    faults = [(fault, *_path(marked, fault["loc"])) for fault in wrong.errors()]
    misspelt = {path[:-1] for fault, path, _ in faults if fault["type"] == "extra_forbidden"}
    for fault, path, missing in faults:
        if fault["type"] == "extra_forbidden":
            known = _keys_of(marked, path)
            message = f"no key is called `{path[-1]}` here"
            way_out = nearest(str(path[-1]), known) or f"the keys are {', '.join(f'`{each}`' for each in known)}"
            found.setdefault(path, UNKNOWN_KEY.at(marked.keys.get(path), message, help=way_out))
        elif fault["type"] == "missing" and path in misspelt:
            continue  # it is there, under the name that is unknown
        elif fault["type"] == "missing":
            whole = marked.place(path).span
            start = whole._replace(end_line=whole.line, end_column=whole.column, end=whole.start)
            found.setdefault((*path, str(missing)), MALFORMED.at(start, f"`{missing}` is missing"))
        else:
            message = fault["msg"]
            found.setdefault(path, MALFORMED.at(marked.place(path).span, message[:1].lower() + message[1:]))
    return [each for path, each in found.items() if not any(_is_within(other, path) for other in found)]


def _is_within(inner: At, outer: At) -> bool:
    """Whether a place is in another: of the readings of one value, the one that got further knows what is wrong."""
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _path(marked: Marked, location: tuple[int | str, ...]) -> tuple[At, str | int | None]:
    """Where in the file a fault is: its location without the names of readings; and the last part that is not there."""
    here: Plain = marked.value
    path: At = ()
    missing: str | int | None = None
    for number, part in enumerate(location):
        if part in READINGS and location[number - 2 : number - 1] == ("steps",):
            continue  # how the step was read, not where anything is
        inner = _member(here, part)
        if inner is None:
            missing = part
        else:
            (here,) = inner
            path = (*path, part)
    return path, missing


def _keys_of(marked: Marked, path: At) -> list[str]:
    """The keys that the mapping may have that a path's last part is in."""
    inside = marked.value
    for part in path[:-1]:
        inside = (_member(inside, part) or (None,))[0]
    form: type[Model] = ScenarioForm
    for key, each in (("step", Choosable), ("random", RandomForm), ("repeat", RepeatForm)):
        if isinstance(inside, dict) and key in inside:
            form = each
    if len(path) > 1 and path[0] == "hierarchy":
        form = LevelForm
    return sorted(field.alias or name for name, field in form.model_fields.items())


def _member(value: Plain, part: str | int) -> tuple[Plain] | None:
    """The value there, None where there is none."""
    match value, part:
        case dict(), str():
            return (value[part],) if part in value else None
        case list(), int():
            return (value[part],) if part < len(value) else None
        case _:
            return None


# What a form says


class _Reading:
    """A form that is well made, as a scenario."""

    def __init__(self, marked: Marked, form: ScenarioForm, file: Path) -> None:
        self.marked, self.form, self.file = marked, form, file

    def scenario(self, policies: tuple[str, ...]) -> Scenario:
        form = self.form
        kernel = str(form.kernel)
        if kernel not in KERNELS:
            message = f"no kernel {kernel} is known here: {', '.join(KERNELS)} are"
            raise self.marked.error(MALFORMED, ("kernel",), message)
        if len(form.hierarchy) > 1:
            raise self.marked.error(MALFORMED, ("hierarchy",), "a hierarchy has one root")
        levels = [self.level(("hierarchy", name), name, level) for name, level in form.hierarchy.items()]
        return Scenario(
            source=str(self.file),
            text=self.marked.sources.texts[str(self.file)],
            title=form.title,
            about=form.about,
            tags=form.tags,
            policies=policies or tuple(self.policies()),
            profile=kernel,
            world=World(form.world),
            seeds=form.seed if isinstance(form.seed, tuple) else (form.seed,),
            rows=self.rows(),
            hierarchy=levels[0] if levels else None,
            fixtures=(*self.files(), *self.tasks()),
            steps=self.steps(("steps",), form.steps),
            always=tuple(self.text(("always", number), each) for number, each in enumerate(form.always)),
        )

    def policies(self) -> Iterator[str]:
        """Files are looked for beside the scenario, and nowhere above it: it may come from a stranger."""
        named = self.form.policy
        folder = self.file.parent
        for number, each in enumerate((named,) if isinstance(named, str) else named):
            at: At = ("policy",) if isinstance(named, str) else ("policy", number)
            if not each.endswith(".nslsm") and "/" not in each:
                yield each
                continue
            path = folder / each
            if not path.resolve().is_relative_to(folder.resolve()):
                message = f"`{each}` leads out of the scenario's folder"
                raise self.marked.error(OUTSIDE, at, message, way_out="name the policy on the command line: --policy")
            yield str(path)

    def rows(self) -> tuple[Mapping[str, str], ...]:
        """Every row of ``cases`` with every combination of ``parameters``."""
        form = self.form
        names = {key for case in form.cases for key in case}
        for number, case in enumerate(form.cases):
            lacking = sorted(names - case.keys())
            if lacking:
                raise self.marked.error(
                    MALFORMED, ("cases", number), f"this case has no `{lacking[0]}`; others have one"
                )
        twice = sorted(names & form.parameters.keys())
        if twice:
            raise self.marked.error(
                MALFORMED, ("parameters", twice[0]), f"`{twice[0]}` is among the cases too", key=True
            )
        total = max(len(form.cases), 1)
        for name, values in form.parameters.items():
            if not values:
                raise self.marked.error(MALFORMED, ("parameters", name), f"`{name}` has no values")
            total *= len(values)
        if total > MOST_ROWS:
            raise self.marked.error(
                MALFORMED, ("parameters",), f"the parameters come to {total} runs; {MOST_ROWS} are the limit", key=True
            )
        combined = [dict(zip(form.parameters, each, strict=True)) for each in product(*form.parameters.values())]
        return tuple(
            {name: _worded(value) for name, value in {**case, **one}.items()}
            for case in (form.cases or ({},))
            for one in combined
        )

    # Namespaces, files, tasks

    def level(self, at: At, name: str, form: LevelForm | None) -> Level:
        level = LevelForm() if form is None else form
        members = [self.part((*at, "bind"), f"bind {each}") for each in _several(level.bind)]
        members += [self.part((*at, "enter"), f"enter on {each}") for each in _several(level.enter)]
        if level.lock is not None:
            members.append(self.part((*at, "lock"), f"lock {{ {', '.join(level.lock)} }}"))
        members += [self.part((*at, "limits", key), f"limit {key} = {value}") for key, value in level.limits.items()]
        if level.sealed:
            members.append(self.part((*at, "sealed"), "seal"))
        below = (self.level((*at, "namespaces", each), each, inner) for each, inner in level.namespaces.items())
        return Level(name=self.key(at, name), members=tuple(members), below=tuple(below))

    def files(self) -> Iterator[Fixture]:
        for path, facts in self.form.files.items():
            at = ("files", path)
            yield Fixture(
                head=self.key(at, f"file {quote(path)}"), facts=tuple(self.facts(at, facts or {}, FILE_FACTS))
            )

    def tasks(self) -> Iterator[Fixture]:
        for name, facts in self.form.tasks.items():
            at = ("tasks", name)
            given = dict(facts)
            where = given.pop("in", None)
            if not isinstance(where, str):
                message = f"nothing says in which namespace `{name}` is"
                raise self.marked.error(MALFORMED, at, message, way_out="say it with `in: …`", key=True)
            yield Fixture(head=self.key(at, f"task {name} in {where}"), facts=tuple(self.facts(at, given, TASK_FACTS)))

    def facts(self, at: At, facts: Mapping[str, Fact], types: Mapping[str, Type]) -> Iterator[Text]:
        for name, value in facts.items():
            yield self.part((*at, name), f"{name} = {_literal(value, types.get(name))}")

    # Steps

    def steps(self, at: At, forms: tuple[StepForm, ...]) -> tuple[Step, ...]:
        if not forms:
            raise self.marked.error(MALFORMED, at, "nothing is done here")
        return tuple(self.step((*at, number), form) for number, form in enumerate(forms))

    def step(self, at: At, form: StepForm) -> Step:
        match form:
            case RepeatForm():
                return Repeated(form.repeat, form.counter, self.steps((*at, "steps"), form.steps))
            case RandomForm():
                if not form.steps:
                    raise self.marked.error(MALFORMED, (*at, "steps"), "there is nothing to draw from")
                choices = tuple(self.choice((*at, "steps", number), each) for number, each in enumerate(form.steps))
                return Drawn(
                    form.random, choices, {name: tuple(map(_worded, each)) for name, each in form.vary.items()}
                )
            case _:
                return self.text(at, form)

    def choice(self, at: At, form: str | Choosable) -> Choice:
        if isinstance(form, str):
            return Choice(self.text(at, form))
        return Choice(self.text((*at, "step"), form.step), form.weight)

    # Texts

    def text(self, at: At, text: str) -> Text:
        place = self.marked.place(at)
        return Text(text, place.span, place.exact)

    def part(self, at: At, text: str) -> Text:
        """A text that was put together; in case of doubt it is the key's place that is shown."""
        return Text(text, self.marked.keys.get(at) or self.marked.place(at).span, exact=False)

    def key(self, at: At, text: str) -> Text:
        return Text(text, self.marked.keys.get(at) or self.marked.place(at).span, exact=False)


def _several(texts: Texts) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else texts


def _worded(value: Scalar) -> str:
    """A value of a parameter, as the language writes it where it is a number or a truth."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _literal(value: Fact, type_: Type | None) -> str:
    """A fact as the language writes it: texts in quotes, the words of its own and numbers without."""
    if isinstance(value, tuple):
        inner = type_.element if isinstance(type_, SetOf) else None
        return f"{{{', '.join(_literal(each, inner) for each in value)}}}"
    if isinstance(value, str) and type_ in (STRING, PATH, None):
        return quote(value)
    return _worded(value)
