"""A scenario as its author wrote it: texts in the language's own notation, and how often and in which order they happen."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from nslsm.diagnostics import Code, DiagnosticError, Span
from nslsm.kernel.world import World
from nslsm.language.check.findings import nearest
from nslsm.simulation.machine import PROFILE

UNKNOWN_PARAMETER: Final = Code("scenario-unknown-parameter")

_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_REFERENCE: Final = re.compile(r"\$(?:\$|\{([^}]*)\})")


class Text(NamedTuple):
    """A text of a scenario, and where it stands. ``exact``: character for character, so that a place in it is known."""

    text: str
    span: Span
    exact: bool = True

    def filled(self, values: Mapping[str, str]) -> "Text":
        """The text with ``${name}`` replaced by values, and ``$$`` by one dollar sign.

        Raises :class:`~nslsm.diagnostics.DiagnosticError` where a name has no value.

        >>> Text('a open "/srv/${n}"', Span()).filled({"n": "7"}).text
        'a open "/srv/7"'
        """
        if "$" not in self.text:
            return self
        return Text(_REFERENCE.sub(self._value(values), self.text), self.span, exact=False)

    def _value(self, values: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name is None:
                return "$"
            if name not in values:
                known = ", ".join(f"`{each}`" for each in values) or "none"
                message = f"no parameter is called `{name}`"
                way_out = nearest(name, tuple(values)) or f"those that there are here: {known}"
                raise DiagnosticError([UNKNOWN_PARAMETER.at(self.span, message, help=way_out)])
            return values[name]

        return value


class Repeated(NamedTuple):
    """Steps that are done so many times; ``${name}`` in them is which time it is, from 1."""

    times: int
    name: str
    steps: "tuple[Step, ...]"


class Choice(NamedTuple):
    """One of the steps that chance chooses from; one of twice the weight is chosen twice as often."""

    text: Text
    weight: int = 1


class Drawn(NamedTuple):
    """So many steps, each drawn from ``choices``; ``${name}`` in one is drawn from the values that ``vary`` has for it."""

    times: int
    choices: tuple[Choice, ...]
    vary: Mapping[str, tuple[str, ...]]


Step: TypeAlias = Text | Repeated | Drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A namespace of the hierarchy that a scenario declares itself; the texts are as in the language."""

    name: Text
    members: tuple[Text, ...] = ()
    """``bind …``, ``enter on …``, ``lock { … }``, ``limit …``, ``seal``."""
    below: "tuple[Level, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """A file or a task that there is at the beginning: ``head`` is how the language begins to say it."""

    head: Text
    facts: tuple[Text, ...] = ()
    """``name = value``, each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario, unrolled by :mod:`~nslsm.simulation.scenarios.script`."""

    source: str
    """What its file is called."""
    text: str = field(repr=False)
    title: str
    about: str = ""
    tags: tuple[str, ...] = ()
    policies: tuple[str, ...]
    """Files, folders or names of modules, as :func:`nslsm.library.select` takes them."""
    profile: str = PROFILE
    world: World = World.CLOSED
    seeds: tuple[int, ...] = (0,)
    rows: tuple[Mapping[str, str], ...] = ({},)
    """The values of the parameters, one mapping for each combination to run."""
    hierarchy: Level | None = None
    fixtures: tuple[Fixture, ...] = ()
    steps: tuple[Step, ...] = ()
    always: tuple[Text, ...] = ()
    """What must hold after each step: ``expect …``."""

    @property
    def varied(self) -> tuple[str, ...]:
        """The parameters that change what happens; the others change only what is expected of it."""
        texts = [*self._given(), *(done_alone(each) for each in _said(self.steps))]
        return tuple(name for name in self.rows[0] if any(f"${{{name}}}" in text for text in texts))

    def _given(self) -> Iterator[str]:
        levels = [] if self.hierarchy is None else [self.hierarchy]
        while levels:
            level = levels.pop()
            levels.extend(level.below)
            yield from (each.text for each in (level.name, *level.members))
        for fixture in self.fixtures:
            yield from (each.text for each in (fixture.head, *fixture.facts))


def done_alone(text: str) -> str:
    """A step without what is expected of it.

    >>> done_alone('a open "/x -> y" -> deny by z')
    'a open "/x -> y"'
    """
    arrow = _QUOTED.sub(lambda found: " " * len(found[0]), text).find("->")
    return text if arrow < 0 else text[:arrow].rstrip()


def _said(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        match step:
            case Repeated():
                yield from _said(step.steps)
            case Drawn():
                yield from (choice.text.text for choice in step.choices)
            case _:
                yield step.text
