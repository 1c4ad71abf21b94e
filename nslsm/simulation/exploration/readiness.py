"""Steps made ready for a search: whether they can break the claim, what they come out by, and what is remembered of them."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from nslsm.language.check.cases import Endpoint
from nslsm.simulation.exploration.surroundings import Surroundings
from nslsm.simulation.exploration.vocabulary import Template
from nslsm.simulation.exploration.words import BY_ITSELF, HOLDING, NEEDS, SOLITARY, hooks_of


class Came(NamedTuple):
    """What came of a step, as far as a search goes on with it."""

    accesses: int
    undecided: frozenset[str]
    unsure: frozenset[str]


Memory: TypeAlias = tuple[int, int]
"""What a step comes out by: what is around its task, and which step it is."""


class Scene(NamedTuple):
    """A state by its parts. ``frame`` None: something in it is shared by several tasks."""

    frame: Hashable | None
    around: Mapping[str, Surroundings | None]

    def after(self, name: str, shared: int, own: int) -> Hashable:
        """The state after a step of task ``name``, which has led it to ``own`` and all to ``shared``."""
        owns = (
            (each, own if each == name else around.own) for each, around in self.around.items() if around is not None
        )
        return (self.frame, shared, tuple(owns))


class Ready(NamedTuple):
    """A step that any task can take, with what a search has to know of it."""

    number: int
    template: Template
    can_break: bool
    """It can raise a hook that the claim is about."""
    depends: int | None
    """Which of :class:`Surroundings` it comes out by; None where it may have to do with other tasks."""
    needs: str | None
    """The path that must be open for it."""


def made_ready(templates: Iterable[Template], hooks: frozenset[str]) -> Iterator[Ready]:
    """The steps of a vocabulary, for a claim about ``hooks``."""
    for number, template in enumerate(templates):
        word = template.call
        elsewhere = word in ("connect", "send") and not isinstance(template.operands[0], Endpoint)
        path = template.operands[0] if word in NEEDS else None
        yield Ready(
            number,
            template,
            can_break=not hooks.isdisjoint(hooks_of(word)),
            depends=None if template.tasks or elsewhere else surroundings_of(word),
            needs=path if isinstance(path, str) else None,
        )


def surroundings_of(word: str) -> int | None:
    """Which of :class:`Surroundings` a word comes out by; None for one that may have to do with other tasks."""
    if word not in SOLITARY:
        return None
    names = Surroundings._fields
    return names.index("by_itself" if word in BY_ITSELF else "whole" if word in HOLDING else "with_files")
