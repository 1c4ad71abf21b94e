"""What comes of an event, as plain values: the second evaluator makes them, and the engine's decision is told in them."""

from typing import Any, NamedTuple

from nslsm.hooks.linux import Errno
from nslsm.kernel.state import CellKey
from nslsm.protocol.things import Identity

GRANT, INDETERMINATE, DENY = 0, 1, 2
"""Verdicts, ordered as the laws order them."""

KERNEL = "kernel"
"""Who is to blame for what the kernel's own checks refused (M2.1)."""


class Voice(NamedTuple):
    """What one binding in one namespace answered (M2.6)."""

    namespace: int
    binding: str
    inbound: bool
    stance: str
    rule: str
    errno: Errno | None
    because: str
    unknown: frozenset[str]
    broke: bool


class Ruling(NamedTuple):
    """One request with its verdict and its verdict vector."""

    hook: str
    consequence: str
    verdict: int
    errno: Errno | None
    deciding: Voice | None
    unknown: frozenset[str]
    voices: tuple[Voice, ...]


class Sighting(NamedTuple):
    """An observing rule that matched (M2.7)."""

    namespace: int
    binding: str
    hook: str
    rule: str
    because: str
    certain: bool
    unknown: frozenset[str]


class Setting(NamedTuple):
    """A cell that the event set."""

    namespace: int
    binding: str
    attribute: str
    thing: Identity
    value: object
    rule: str


class Shift(NamedTuple):
    """What ``enter on`` did (M5.5)."""

    source: int
    target: int | None
    counterfactual: bool
    refused: bool


Cells = dict[tuple[Identity, CellKey], Any]


class Result(NamedTuple):
    """All that a decision says, and where things stand afterwards."""

    verdict: int
    errno: Errno | None
    blame: Voice | str | None
    unknown: tuple[str, ...]
    rulings: tuple[Ruling, ...]
    sightings: tuple[Sighting, ...]
    settings: tuple[Setting, ...]
    shifts: tuple[Shift, ...]
    broken: frozenset[tuple[int, str]]
    """Bindings that broke, by namespace and name (M2.8)."""
    result: int
    cells: Cells
    homes: dict[int, int]
    """The namespace of each task, by pid."""
