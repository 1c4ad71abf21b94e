"""Coverage in the making: what there is in the modules under test, and what each test sees of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nslsm.controls.policy import PolicyControl
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span
from nslsm.language.check import ir
from nslsm.language.check.cases import Case
from nslsm.language.check.package import Package
from nslsm.protocol.namespace import Binding
from nslsm.simulation.coverage.findings import Condition, Covered, Group, GroupKind, Module, Place, Rule, Sight
from nslsm.simulation.coverage.outline import Outline, RuleOutline, outline_of, outline_of_enters
from nslsm.simulation.coverage.tally import Live, Rules, Seen, Tally, live
from nslsm.simulation.coverage.watching import TallyOf, Watch
from nslsm.simulation.coverage.writing import Written, read

_LETS: Final = "lets"

_Arguments: TypeAlias = frozenset[tuple[str, ir.ArgumentValue]]
_UNBOUND: Final[_Arguments] = frozenset()


@dataclass(frozen=True, slots=True)
class _Subject:
    """Something that is outlined: a control, or a namespace with ``enter on``."""

    name: str
    kind: GroupKind
    span: Span
    outline: Outline
    rules: Rules
    tallies: dict[tuple[Place, _Arguments], Tally] = field(default_factory=dict)
    """One for each place; where tests bind it in one place with other arguments, one for each of these."""

    def sights(self, seen: Callable[[Tally], Seen | None], is_live: Callable[[Tally], bool]) -> tuple[Sight, ...]:
        """What was seen of something in each place."""
        found: dict[Place, Sight] = {}
        for (place, _), tally in self.tallies.items():
            before = found.get(place, Sight(place, Seen(), live=False))
            found[place] = Sight(place, before.seen + (seen(tally) or Seen()), before.live or is_live(tally))
        return tuple(found.values())


class Coverage:
    """What tests see of the modules that they were run for; what these import from others does not count."""

    def __init__(self, packages: Sequence[Package]) -> None:
        self._modules: dict[str, str] = {}
        self._subjects: dict[Span, _Subject] = {}
        self._namespaces: dict[Span, str] = {}
        self._rules: dict[tuple[Span, _Arguments], tuple[Rules, Live]] = {}
        sources = Sources()
        for package in packages:
            sources = sources.merged(package.sources)
            self._modules.update(_modules(package))
        self._written = read(sources, self._modules)
        for package in packages:
            for name, namespace in package.namespaces.items():
                self._namespaces[namespace.span] = name.rpartition(".")[0]
            own = [control for control in package.controls.values() if control.span.source in self._written]
            for control in own:
                outline = outline_of(control, self._written[control.span.source])
                self._add(control.name, "control", control.span, outline, control.rules)
            for namespace in package.own_namespaces():
                for path, inner in _declared(namespace, ""):
                    if inner.enters and inner.span.source in self._written:
                        outline = outline_of_enters(inner, self._written[inner.span.source])
                        self._add(path, "namespace", inner.span, outline, inner.enters)

    def _add(self, name: str, kind: GroupKind, span: Span, outline: Outline, rules: Rules) -> None:
        self._subjects[span] = _Subject(name, kind, span, outline, rules)

    def watch(self, case: Case) -> Watch:
        """What watches the controls of one test."""
        root = case.root
        declared = {} if root is None else dict(_declared(root, ""))
        module = case.module if root is None else self._namespaces.get(root.span, case.module)
        watch = Watch(
            of_binding=lambda binding: self._of_binding(module, binding),
            of_entry=lambda namespace: self._of_entry(module, namespace),
            declarations=declared,
        )
        for path, namespace in declared.items():
            for bind in namespace.binds:
                self._tally_of_control(Place(module, path, bind.name), bind.control, dict(bind.arguments))
            self._tally_of_entry(Place(module, path, ""), namespace)
        return watch

    def _of_binding(self, module: str, binding: Binding) -> TallyOf:
        control = binding.control
        assert isinstance(control, PolicyControl)
        place = Place(module, "", binding.name)
        return lambda view: self._tally_of_control(
            place._replace(namespace=view.namespace.path), control.declared, control.arguments
        )

    def _of_entry(self, module: str, namespace: ir.Namespace) -> TallyOf:
        return lambda view: self._tally_of_entry(Place(module, view.namespace.path, ""), namespace)

    def _tally_of_control(
        self, place: Place, control: ir.Control, arguments: Mapping[str, ir.ArgumentValue]
    ) -> Tally | None:
        """Where what a control is asked in one place is counted; None where the control is not one of those under test.

        What is open there hangs on the arguments, and is found out once.
        """
        subject = self._subjects.get(control.span)
        if subject is None:
            return None
        given = frozenset(arguments.items())
        if (place, given) not in subject.tallies:
            key = (control.span, given)
            if key not in self._rules:
                rules = PolicyControl(control, arguments).program.rules
                self._rules[key] = (rules, live(subject.outline, rules))
            subject.tallies[place, given] = Tally(subject.outline, *self._rules[key])
        return subject.tallies[place, given]

    def _tally_of_entry(self, place: Place, namespace: ir.Namespace) -> Tally | None:
        """Where what a namespace's ``enter on`` is asked is counted; None where it has none, or is not under test."""
        subject = self._subjects.get(namespace.span)
        if subject is None:
            return None
        if (place, _UNBOUND) not in subject.tallies:
            tally = Tally(subject.outline, subject.rules, live(subject.outline, subject.rules))
            subject.tallies[place, _UNBOUND] = tally
        return subject.tallies[place, _UNBOUND]

    def covered(self) -> Covered:
        """What has been seen so far."""
        groups: dict[str, list[Group]] = {source: [] for source in self._written}
        lets: dict[str, dict[tuple[int, int, str], Condition]] = {source: {} for source in self._written}
        for subject in self._subjects.values():
            source = subject.span.source
            own, shared = _lets(subject, self._written[source])
            groups[source].append(_group(subject, own))
            for key, condition in shared.items():
                before = lets[source].get(key)
                lets[source][key] = condition if before is None else _united(before, condition)
        return Covered(
            tuple(
                Module(self._modules[source], source, tuple(_sorted(groups[source], lets[source])))
                for source in sorted(self._written, key=lambda source: self._modules[source])
                if groups[source]
            )
        )


def _modules(package: Package) -> Iterator[tuple[str, str]]:
    """The texts of the modules that were asked for, with their names."""
    for name, control in package.controls.items():
        module = name if name in package.roots else name.rpartition(".")[0]
        if module in package.roots:
            yield control.span.source, module
    for name, namespace in package.namespaces.items():
        if name.rpartition(".")[0] in package.roots:
            yield namespace.span.source, name.rpartition(".")[0]


def _declared(namespace: ir.Namespace, above: str) -> Iterator[tuple[str, ir.Namespace]]:
    path = f"{above}.{namespace.name}" if above else namespace.name
    yield path, namespace
    for child in namespace.children:
        yield from _declared(child, path)


def _group(subject: _Subject, lets: dict[tuple[int, int, str], Condition]) -> Group:
    unbound = live(subject.outline, subject.rules)
    spots: dict[str, list[int]] = {}
    for number, spot in enumerate(subject.outline.spots):
        spots.setdefault(spot.rule, []).append(number)
    rules = tuple(_rule(drawn, subject, spots.get(drawn.id, []), unbound) for drawn in subject.outline.every_rule())
    bound = bool(subject.tallies)
    return Group(subject.name, subject.kind, subject.span, rules, tuple(lets.values()), bound)


def _rule(drawn: RuleOutline, subject: _Subject, spots: Sequence[int], unbound: Live) -> Rule:
    sights = subject.sights(lambda tally: tally.seen_rules.get(drawn.id), lambda tally: drawn.id in tally.live.rules)
    return Rule(
        id=drawn.id,
        kind=drawn.kind,
        span=drawn.span,
        sights=sights,
        conditions=tuple(_condition(number, subject, unbound) for number in spots),
        live=any(sight.live for sight in sights) if sights else drawn.id in unbound.rules,
    )


def _condition(number: int, subject: _Subject, unbound: Live) -> Condition:
    spot = subject.outline.spots[number]
    sights = subject.sights(lambda tally: tally.seen_spots.get(number), lambda tally: number in tally.live.spots)
    return Condition(
        role=spot.role,
        text=spot.text,
        span=spot.span,
        own_place=spot.own_place,
        two_sided=spot.two_sided,
        sights=sights,
        live=any(sight.live for sight in sights) if sights else number in unbound.spots,
    )


_Lets = dict[tuple[int, int, str], Condition]


def _lets(subject: _Subject, written: Written) -> tuple[_Lets, _Lets]:
    """The conditions in lets that the subject reads: those of its own, and those that it shares with the module."""
    unbound = live(subject.outline, subject.rules)
    shared_places = [let.span for let in written.lets[0, 0].values()]
    own: _Lets = {}
    shared: _Lets = {}
    for number, spot in enumerate(subject.outline.spots):
        if not spot.rule:
            within = any(span.start <= spot.span.start and spot.span.end <= span.end for span in shared_places)
            key = (spot.span.start, spot.span.end, spot.text)
            (shared if within else own)[key] = _condition(number, subject, unbound)
    return own, shared


def _united(one: Condition, other: Condition) -> Condition:
    """What was seen of one condition in two controls."""
    return Condition(
        role=one.role,
        text=one.text,
        span=one.span,
        own_place=one.own_place,
        two_sided=one.two_sided,
        sights=(*one.sights, *other.sights),
        live=one.live or other.live,
    )


def _sorted(groups: list[Group], lets: _Lets) -> Iterator[Group]:
    """In the order of the text; the lets of the module first."""
    if lets:
        found = tuple(sorted(lets.values(), key=lambda each: (each.span.start, each.span.end)))
        yield Group(_LETS, _LETS, found[0].span, (), found, bound=True)
    yield from sorted(groups, key=lambda group: group.span.start)
