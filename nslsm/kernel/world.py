"""Worlds: what a kernel holds of things that nobody declared (Model M1, World)."""

from enum import Enum


class World(Enum):
    """Which files there are beside those that were declared, and what is known of them."""

    CLOSED = "closed"
    """None: they do not exist."""
    OPEN = "open"
    """All: regular files of root's, mode 0755, and directories where a path needs them; contents and xattrs unknown."""
    RECORDED = "recorded"
    """Those that the recording shows, and of each only what it shows."""
