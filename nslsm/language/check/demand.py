"""What a condition asks of one term, ``port`` or ``object.path``: values, ranges, elements, globs, directories, networks.

Two demands exclude each other where no value can meet both. Every such answer is a proof; where there is none, there is no
answer. What a glob, a directory or a network must not have (``not (path under "/srv")``) is kept apart from what it must, so
that a demand that lies within another excludes the other's contrary: that is how implication is proved.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Final, TypeAlias

from nslsm.hooks.types import Network
from nslsm.language.check.glob import Glob, disjoint
from nslsm.language.check.glob_inclusion import Inclusions
from nslsm.language.check.operators import is_under
from nslsm.protocol.things import Value

MAX_ALLOWED: Final = 500
"""How many values of a term are looked at one by one."""

_NONE: Final[frozenset[Value]] = frozenset()

Test: TypeAlias = Callable[[Value], bool | None]


@dataclass(slots=True)
class Demand:
    """What a conjunction asks of one term."""

    allowed: frozenset[Value] | None = None
    """The values that it can have, where that is a finite set."""
    low: int | None = None
    high: int | None = None
    tests: list[Test] = field(default_factory=list)
    """What a single value has to pass."""
    holds: frozenset[Value] = frozenset()
    """Elements that the term, a set, has."""
    lacks: frozenset[Value] = frozenset()
    """Elements that it has not."""
    globs: tuple[tuple[Glob, ...], ...] = ()
    """Sets of globs, of each of which one matches."""
    misses: tuple[Glob, ...] = ()
    """Globs that do not match."""
    roots: tuple[tuple[str, ...], ...] = ()
    """Sets of directories, of each of which one is above, or the term itself."""
    outside: tuple[str, ...] = ()
    """Directories that are neither."""
    nets: tuple[tuple[Network, ...], ...] = ()
    """Sets of networks, of each of which one has the term, an address."""
    beyond: tuple[Network, ...] = ()
    """Networks that have not."""
    merged: bool = False
    """Whether several literals ask this: one alone contradicts itself only where it asks for one of no values."""

    @property
    def is_vain(self) -> bool:
        """Whether no value is what is asked for."""
        if self.merged:
            return self.excludes(self)
        return self.allowed == _NONE or () in self.globs or () in self.roots or () in self.nets

    def excludes(self, other: "Demand", inclusions: Inclusions | None = None) -> bool:
        """Whether no value is what both ask for. ``inclusions`` keeps account of what is asked about globs."""
        if self.allowed is not None or other.allowed is not None:
            return not any(self.admits(value) and other.admits(value) for value in self.candidates(other))
        if self.holds & other.lacks or other.holds & self.lacks:
            return True
        low = max((bound for bound in (self.low, other.low) if bound is not None), default=None)
        high = min((bound for bound in (self.high, other.high) if bound is not None), default=None)
        if low is not None and high is not None and low > high:
            return True
        if _places(self, other, inclusions) or _places(other, self, inclusions):
            return True
        return _addresses(self, other) or _addresses(other, self)

    def candidates(self, other: "Demand") -> frozenset[Value]:
        """A finite set that holds every value that both could allow."""
        if self.allowed is None:
            return other.allowed or frozenset()
        return self.allowed if other.allowed is None else self.allowed & other.allowed

    def admits(self, value: Value) -> bool:
        """Whether the value is not ruled out."""
        if self.allowed is not None and value not in self.allowed:
            return False
        if isinstance(value, frozenset) and not (self.holds <= value and self.lacks.isdisjoint(value)):
            return False
        if isinstance(value, int) and not isinstance(value, bool):
            if self.low is not None and value < self.low:
                return False
            if self.high is not None and value > self.high:
                return False
        return not any(test(value) is False for test in self.tests)


def both(one: Demand, other: Demand) -> Demand:
    """What two literals of one conjunction ask of one term."""
    if one.allowed is None or other.allowed is None:
        allowed = other.allowed if one.allowed is None else one.allowed
    else:
        allowed = one.allowed & other.allowed
    lows = [bound for bound in (one.low, other.low) if bound is not None]
    highs = [bound for bound in (one.high, other.high) if bound is not None]
    return Demand(
        allowed=allowed,
        low=max(lows, default=None),
        high=min(highs, default=None),
        tests=[*one.tests, *other.tests],
        holds=one.holds | other.holds,
        lacks=one.lacks | other.lacks,
        globs=(*one.globs, *other.globs),
        misses=(*one.misses, *other.misses),
        roots=(*one.roots, *other.roots),
        outside=(*one.outside, *other.outside),
        nets=(*one.nets, *other.nets),
        beyond=(*one.beyond, *other.beyond),
        merged=True,
    )


def _places(one: Demand, other: Demand, inclusions: Inclusions | None) -> bool:
    """Whether no path is where both ask for it, as far as the globs and directories of ``one`` tell."""
    for globs in one.globs:
        if any(all(disjoint(a, b) for a in globs for b in rest) for rest in other.globs):
            return True
        if any(all(_apart(a, b) for a in globs for b in rest) for rest in other.roots):
            return True
        left = tuple(glob for glob in globs if not any(_beneath(glob, root) for root in other.outside))
        if not left or (other.misses and (inclusions or Inclusions()).all_within(left, other.misses)):
            return True
    for roots in one.roots:
        if any(all(not is_under(a, b) and not is_under(b, a) for a in roots for b in rest) for rest in other.roots):
            return True
        if other.outside and all(any(is_under(root, each) for each in other.outside) for root in roots):
            return True
    return False


def _apart(glob: Glob, root: str) -> bool:
    """Whether nothing that matches is the directory or beneath it."""
    if glob.exact is not None:
        return not is_under(glob.exact, root)
    return not (f"{root.rstrip('/')}/".startswith(glob.prefix) or glob.prefix.startswith(root))


def _beneath(glob: Glob, root: str) -> bool:
    """Whether whatever matches is the directory or beneath it."""
    return glob.prefix.startswith(f"{root.rstrip('/')}/") or (glob.exact is not None and is_under(glob.exact, root))


def _addresses(one: Demand, other: Demand) -> bool:
    """Whether no address is in the networks that ``one`` asks for and where ``other`` asks for it."""
    for nets in one.nets:
        if any(not any(_overlap(a, b) for a in nets for b in rest) for rest in other.nets):
            return True
        if other.beyond and all(any(_subnet(net, each) for each in other.beyond) for net in nets):
            return True
    return False


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _subnet(one: Network, other: Network) -> bool:
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return one.subnet_of(other)
    return isinstance(one, IPv6Network) and isinstance(other, IPv6Network) and one.subnet_of(other)
