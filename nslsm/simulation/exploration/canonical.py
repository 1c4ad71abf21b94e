"""States up to the names of things: two moments have one key where only the numbers that the kernel gave differ.

A kernel numbers what it makes: processes, descriptors, open files, directories' names, inodes, namespaces. Which number a thing
has says only when it was made, and nothing that a search can do or ask depends on it, unless a policy reads such a number
(:mod:`nslsm.simulation.exploration.symmetry` looks). So a key describes the whole moment with the numbers replaced by the
order in which a walk over the tasks meets the things. Equal keys mean that renaming turns one moment into the other: what can
happen in one can happen in the other, and the same claims break. The order of the tasks is settled by what is true of each,
and between equals by number: a bad choice there makes two keys of what could be one, which costs time and never an answer.

What no step can reach any more is told without its identity, or not at all: a second descriptor for a file that was opened
again, a socket that its step has left behind.
"""

from collections.abc import Hashable

from nslsm.simulation.exploration.bench import Moment
from nslsm.simulation.exploration.description import Description, Key
from nslsm.simulation.exploration.parts import Parts
from nslsm.simulation.exploration.surroundings import Surroundings


class Canonical(Parts):
    """Makes keys. ``merging`` False: numbers stay what they are. ``named``: tasks that steps call by name."""

    def __init__(self, *, merging: bool = True, named: frozenset[str] = frozenset()) -> None:
        super().__init__(merging=merging, named=named)
        self._latest: Description | None = None

    def key(self, moment: Moment) -> Key:
        """The key of a moment."""
        return self._described(moment).key()

    def _described(self, moment: Moment) -> "Description":
        """The description of a moment, made once where several parts of it are asked for in a row."""
        if self._latest is None or self._latest.moment is not moment:
            self._latest = Description(self, moment)
        return self._latest

    def surroundings(self, moment: Moment, name: str) -> Surroundings | None:
        """All that a step of one task, which has to do with no other task, can depend on; None where others share in it.

        Equal surroundings, in whatever moments: the same steps come out the same.
        """
        return self._described(moment).surroundings(moment.names[name])

    def frame(self, moment: Moment) -> Hashable | None:
        """What a step that has to do with no other task leaves as it is: who there is, and whose child; None where tasks share.

        With it, what all have in common, and what is each one's own, a moment is told in full.
        """
        if any(each.users > 1 for each in moment.state.descriptions.values()):
            return None
        processes = moment.state.processes
        return (self.once_for(processes, lambda: self.part(processes)), tuple(sorted(moment.names.items())))


__all__ = ["Canonical", "Key"]
