"""What is around a task: all that a step of its own, which has to do with no other task, can depend on."""

from typing import NamedTuple


class Surroundings(NamedTuple):
    """What the steps of one task depend on, each more than the one before; equal numbers, equal surroundings."""

    by_itself: int
    """The task with its attributes, and the namespaces: what calls depend on that are about no file."""
    with_files: int
    """All files, too: what calls depend on that are about files by name."""
    whole: int
    """What the task has open, too."""
    shared: int
    """Of the whole, what all tasks have in common."""
    own: int
    """Of the whole, what is the task's."""
