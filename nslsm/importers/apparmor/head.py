"""What the head of a profile says beside its name, and what becomes of it here."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics import Code, Diagnostic
from nslsm.importers.apparmor.codes import LOST, NARROWED, NOTED
from nslsm.importers.apparmor.rule import Profile

FLAGS: Final = frozenset(
    {
        "enforce", "complain", "kill", "default_allow", "unconfined", "prompt", "audit", "debug", "mediate_deleted",
        "delegate_deleted", "attach_disconnected", "no_attach_disconnected", "chroot_attach", "chroot_no_attach",
        "chroot_relative", "namespace_relative", "interruptible", "hat", "error",
    }
)  # fmt: skip
"""The flags that a profile may have, apparmor.d(5)."""
VALUED: Final = frozenset({"error", "attach_disconnected.path"})
"""Flags that have a value."""
MODES: Final = ("enforce", "complain", "kill", "default_allow", "unconfined", "prompt")
TOLD: Final[dict[str, tuple[Code, str]]] = {
    "kill": (LOST, "a program that is refused something is not killed here"),
    "chroot_relative": (LOST, "paths are taken from the root of all here, not from that of a task's chroot"),
    "xattrs": (LOST, "the profile attaches to programs here whatever their extended attributes are"),
    "prompt": (NARROWED, "nobody is prompted here: what no rule permits is denied"),
    "attach_disconnected": (NOTED, "every file has a path here, so none is attached"),
    "attach_disconnected.path": (NOTED, "every file has a path here, so none is attached"),
    "chroot_attach": (NOTED, "every file has a path here, so none is attached"),
    "delegate_deleted": (NARROWED, "a file that is deleted is asked about here as before"),
    "interruptible": (NOTED, "nobody waits here to be prompted"),
    "audit": (NOTED, "what is written into a log decides nothing"),
    "debug": (NOTED, "what is written into a log decides nothing"),
}
"""What is told of flags that are not carried over. Others are: modes, ``error``, ``mediate_deleted``, and what is usual."""


def of_head(profile: Profile) -> Iterator[Diagnostic]:
    """What is told of the head of a profile."""
    for flag in profile.flags:
        if flag in TOLD:
            code, message = TOLD[flag]
            yield code.at(profile.span, f"`{flag.partition('.')[0]}`: {message}")
