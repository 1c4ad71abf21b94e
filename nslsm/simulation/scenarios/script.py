"""A scenario in the language: its texts become the tests of a module of their own, checked as every other module is.

What a step is, which tasks there are, whether a namespace exists: the checker of the language knows it, and says it in the
place where the scenario's author wrote it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from nslsm.diagnostics import Code, Diagnostic, DiagnosticError, Sources, Span
from nslsm.language.check import ir
from nslsm.language.check.cases import Act, Check, FileFixture, TaskFixture
from nslsm.language.check.cases import Step as TypedStep
from nslsm.language.check.package import Package
from nslsm.language.program.digest import policy_digest
from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import SyntaxFailure, parse
from nslsm.library import Library, Selection, Written, select
from nslsm.simulation.scenarios.scenario import Drawn, Level, Repeated, Scenario, Step, Text, done_alone

MAX_TEXTS: Final = 20_000
"""How many different steps all runs of a scenario may come to."""
MAX_STEPS: Final = 10_000_000
"""How many steps one run may do."""
SEEDS: Final = range(-(2**63), 2**63)
"""What chance may start from: 64 bits, as other programs keep numbers in."""
MAX_RUNS: Final = 10_000
"""How many runs a scenario may come to."""

TOO_LARGE: Final = Code("scenario-too-large")
NOT_ONE_LINE: Final = Code("scenario-step-lines")
NO_EXPECTATION: Final = Code("scenario-no-expectation")

MODULE: Final = "scenario__"
"""How the modules that scenarios become are called."""

_HEADS: Final = ("expect ", "file ", "task ")


class Run(NamedTuple):
    """One run of a scenario: with which values of its parameters, and with which seed."""

    number: int
    values: Mapping[str, str]
    seed: int


@dataclass(frozen=True, slots=True)
class Script:
    """A scenario, checked: for each row of values what there is, and each step by its text."""

    scenario: Scenario
    package: Package = field(repr=False)
    sources: Sources = field(repr=False)
    roots: tuple[ir.Namespace | None, ...] = field(repr=False)
    """For each row, the tree that its tasks live in."""
    fixtures: "tuple[tuple[FileFixture | TaskFixture, ...], ...]" = field(repr=False)
    steps: tuple[Mapping[str, TypedStep], ...] = field(repr=False)
    always: tuple[tuple[Check, ...], ...] = field(repr=False)

    @property
    def text_digest(self) -> str:
        """The SHA-256 of the scenario's text."""
        return sha256(self.scenario.text.encode(errors="surrogatepass")).hexdigest()

    @property
    def policy_digest(self) -> str:
        """The digest of the namespaces of the first row (Model M6.1); of none where no task is in one."""
        return policy_digest(tuple(root for root in self.roots[:1] if root is not None))

    @property
    def runs(self) -> Iterator[Run]:
        """Each row with each seed."""
        pairs = product(range(len(self.scenario.rows)), self.scenario.seeds)
        for number, (row, seed) in enumerate(pairs, 1):
            yield Run(number, self.scenario.rows[row], seed)


class _Line(NamedTuple):
    """A line of a module that was written here, and what of the scenario it came from."""

    text: str
    origin: Text | None = None
    key: str = ""
    """The step's text, where the line is one."""
    free: bool = False
    """Whether the step says no outcome: any will do."""


def prepared(scenario: Scenario) -> Script:
    """Check a scenario; :class:`~nslsm.diagnostics.DiagnosticError` where it, or its policy, cannot be used."""
    texts = Sources({scenario.source: scenario.text})
    try:
        _bounded(scenario)
        selections = select(scenario.policies)
        imports = list(_imports(selections))
        modules = [
            _module(scenario, f"{MODULE}{number}", imports, values) for number, values in enumerate(scenario.rows)
        ]
    except DiagnosticError as error:
        raise DiagnosticError(error.diagnostics, error.sources.merged(texts)) from None
    return _Checking(scenario, modules, selections, texts).script()


def _bounded(scenario: Scenario) -> None:
    seed = next((seed for seed in scenario.seeds if seed not in SEEDS), None)
    if seed is not None:
        raise _too_large(scenario, "a seed has 64 bits", help=f"`{str(seed)[:20]}…` has more: take a smaller number")
    runs = len(scenario.rows) * len(scenario.seeds)
    if runs > MAX_RUNS:
        raise _too_large(scenario, f"the parameters come to {runs} runs; {MAX_RUNS} are the limit")
    steps = _count(scenario.steps)
    if steps > MAX_STEPS:
        raise _too_large(scenario, f"a run comes to {steps} steps; {MAX_STEPS} are the limit")


def _too_large(scenario: Scenario, message: str, help: str | None = None) -> DiagnosticError:  # noqa: A002 - as in Code.at
    return DiagnosticError([TOO_LARGE.at(Span(scenario.source), message, help=help)])


def _count(steps: Sequence[Step]) -> int:
    total = 0
    for step in steps:
        match step:
            case Repeated():
                total += step.times * _count(step.steps)
            case Drawn():
                total += step.times
            case _:
                total += 1
    return total


def texts_of(steps: Sequence[Step], values: Mapping[str, str]) -> Iterator[Text]:
    """Every step that a run can come to, filled in; a text may come several times."""
    for step in steps:
        match step:
            case Repeated(times, name, inner):
                for time in range(1, times + 1) if name else (1,):
                    yield from texts_of(inner, {**values, name: str(time)} if name else values)
            case Drawn(_, choices, vary):
                for choice in choices:
                    for drawn in drawings(choice.text, vary):
                        yield choice.text.filled({**values, **drawn})
            case _:
                yield step.filled(values)


def drawings(text: Text, vary: Mapping[str, tuple[str, ...]]) -> Iterator[Mapping[str, str]]:
    """The values that what varies in a text can have, one mapping for each combination."""
    names = [name for name in vary if f"${{{name}}}" in text.text]
    for chosen in product(*(vary[name] for name in names)):
        yield dict(zip(names, chosen, strict=True))


# The module


def _imports(selections: Sequence[Selection]) -> Iterator[str]:
    """The policy's modules, and by name the namespaces in them, so that a task may be said to be in one of them."""
    found: dict[str, list[str]] = {}
    for selection in selections:
        for root in selection.roots:
            yield f"import {root}"
            for name in _declared(selection, root):
                found.setdefault(name, []).append(root)
    for name, roots in found.items():
        if len(roots) == 1:
            yield f"import {roots[0]} ({name})"


def _declared(selection: Selection, root: str) -> Iterator[str]:
    module = selection.library.module(root)
    if module is None or module.text is None:
        return
    try:
        tree = parse(module.text, module.source)
    except SyntaxFailure:
        return  # the checker will say it
    yield from (each.name.text for each in tree.items if isinstance(each, ast.Namespace))


def _module(scenario: Scenario, name: str, imports: Sequence[str], values: Mapping[str, str]) -> "_Module":
    lines = [_Line(f"module {name}"), *map(_Line, imports)]
    if scenario.hierarchy is not None:
        lines.extend(_level(scenario.hierarchy, values))
    lines.append(_Line('test "scenario" {'))
    for fixture in scenario.fixtures:
        lines.append(_Line(f"{fixture.head.filled(values).text} {{", fixture.head))
        lines.extend(_Line(f"{fact.filled(values).text},", fact) for fact in fixture.facts)
        lines.append(_Line("}"))
    seen: set[str] = set()
    for text in (*texts_of(scenario.steps, values), *(each.filled(values) for each in scenario.always)):
        if text.text not in seen:
            seen.add(text.text)
            lines.append(_step(text))
        if len(seen) > MAX_TEXTS:
            raise DiagnosticError(
                [TOO_LARGE.at(text.span, f"the scenario comes to more than {MAX_TEXTS} different steps")]
            )
    return _Module(name, (*lines, _Line("}")))


def _level(level: Level, values: Mapping[str, str]) -> Iterator[_Line]:
    yield _Line(f"namespace {level.name.filled(values).text} {{", level.name)
    for member in level.members:
        yield _Line(member.filled(values).text, member)
    for below in level.below:
        yield from _level(below, values)
    yield _Line("}")


def _step(text: Text) -> _Line:
    if "\n" in text.text.strip():
        raise DiagnosticError([NOT_ONE_LINE.at(text.span, "a step is one line", help="write one step for each line")])
    free = done_alone(text.text) == text.text and not text.text.lstrip().startswith(_HEADS)
    return _Line(f"{text.text} -> allow" if free else text.text, text, text.text, free)


@dataclass(frozen=True, slots=True)
class _Module:
    name: str
    lines: tuple[_Line, ...]

    @property
    def source(self) -> str:
        return f"<{self.name}>"

    @property
    def text(self) -> str:
        return "".join(f"{line.text}\n" for line in self.lines)

    def origin(self, span: Span) -> Span | None:
        """Where in the scenario a place of this module is."""
        for line in self.lines[span.line - 1 : span.end_line]:
            if line.origin is not None:
                return _within(line, span)
        return None


def _within(line: _Line, span: Span) -> Span:
    origin = line.origin
    assert origin is not None
    whole, text = origin.span, origin.text
    before = line.text.find(text)
    start, end = span.column - 1 - before, span.end_column - 1 - before
    if not origin.exact or before < 0 or span.line != span.end_line or not 0 <= start <= end <= len(text):
        return whole
    offset = (whole.end - whole.start - len(text)) // 2  # a quotation mark on each side, or none
    return Span(
        whole.source,
        whole.line,
        whole.column + offset + start,
        whole.line,
        whole.column + offset + end,
        whole.start + offset + start,
        whole.start + offset + end,
    )


@dataclass(frozen=True, slots=True)
class _Checking:
    """The modules of a scenario, checked together with the policy, and what is found translated to the scenario's places."""

    scenario: Scenario
    modules: Sequence[_Module]
    selections: Sequence[Selection]
    texts: Sources

    def script(self) -> Script:
        folders = dict.fromkeys(folder for each in self.selections for folder in each.library.folders)
        written = {name: text for each in self.selections for name, text in each.library.texts.items()}
        written |= {each.name: Written(Path(), each.text, each.source) for each in self.modules}
        library = Library(tuple(folders), written)
        checked = Selection(tuple(each.name for each in self.modules), library).check()
        if checked.package is None:
            shown = dict.fromkeys(self.translated(each) for each in checked.errors)
            raise DiagnosticError(shown, checked.sources.merged(self.texts))
        package = checked.package
        cases = {case.module: case for case in package.tests}
        fixtures, steps, always = [], [], []
        for module in self.modules:
            case = cases[module.name]
            given, done, held = self.sorted(module, case.steps)
            fixtures.append(given)
            steps.append(done)
            always.append(held)
        roots = tuple(cases[module.name].root for module in self.modules)
        sources = package.sources.merged(self.texts)
        return Script(self.scenario, package, sources, roots, tuple(fixtures), tuple(steps), tuple(always))

    def sorted(
        self, module: _Module, typed: Sequence[TypedStep]
    ) -> "tuple[tuple[FileFixture | TaskFixture, ...], Mapping[str, TypedStep], tuple[Check, ...]]":
        """What there is at the beginning, what is done, by its text, and what must always hold."""
        fixtures: list[FileFixture | TaskFixture] = []
        steps: dict[str, TypedStep] = {}
        for step in typed:
            line = module.lines[step.span.line - 1]
            placed = replace(step, span=module.origin(step.span) or step.span)
            if isinstance(placed, Act) and line.free:
                placed = replace(placed, expected=())
            if line.key:
                steps[line.key] = placed
            elif isinstance(placed, FileFixture | TaskFixture):
                fixtures.append(placed)
        always = []
        for text in self.scenario.always:
            held = steps[text.filled(self.scenario.rows[self.modules.index(module)]).text]
            if not isinstance(held, Check):
                message = "what must always hold is an expectation"
                raise DiagnosticError(
                    [NO_EXPECTATION.at(text.span, message, help="write it as `expect …`")], self.texts
                )
            always.append(held)
        return tuple(fixtures), steps, tuple(always)

    def translated(self, found: Diagnostic) -> Diagnostic:
        """A finding of the checker's, where the author wrote what it is about."""
        span = self.place(found.span)
        related = tuple(
            each._replace(span=place) for each in found.related if (place := self.place(each.span)) is not None
        )
        return replace(found, span=span, related=related, fix=None)

    def place(self, span: Span | None) -> Span | None:
        if span is None:
            return None
        module = next((each for each in self.modules if each.source == span.source), None)
        return span if module is None else module.origin(span) or Span(self.scenario.source)
