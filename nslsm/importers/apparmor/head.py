"""What the head of a profile says beside its name, and what becomes of it here."""

from collections.abc import Iterator, Sequence
from typing import Final

from nslsm.diagnostics import Code, Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.hooks.linux import Errno
from nslsm.importers.apparmor.codes import LOST, NARROWED, NOTED, RULE, SYNTAX
from nslsm.importers.apparmor.lexer import Reading, Token
from nslsm.importers.apparmor.rule import Profile

FLAGS: Final = frozenset(
    {
        "enforce", "complain", "kill", "default_allow", "unconfined", "prompt", "audit", "mediate_deleted",
        "delegate_deleted", "attach_disconnected", "no_attach_disconnected", "chroot_attach", "chroot_no_attach",
        "chroot_relative", "namespace_relative", "interruptible", "error",
    }
)  # fmt: skip
"""The flags that a profile may have, apparmor.d(5)."""
VALUED: Final = frozenset({"error", "attach_disconnected.path"})
"""Flags that have a value."""
EXCLUSIVE: Final = (
    ("enforce", "complain", "kill", "default_allow", "unconfined", "prompt"),
    ("mediate_deleted", "delegate_deleted"),
    ("attach_disconnected", "no_attach_disconnected"),
    ("chroot_attach", "chroot_no_attach"),
    ("chroot_relative", "namespace_relative"),
)
"""Flags of which a profile has one at most."""
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
}
"""What is told of flags that are not carried over. Others are: modes, ``error``, ``mediate_deleted``, and what is usual."""


def flags_of(words: Sequence[Token], end: Span, reading: Reading) -> dict[str, str]:
    """The flags of a list, each with its value; ``end`` is where the list ends."""
    found: dict[str, str] = {}
    for each in words:
        flag, equals, value = each.text.partition("=")
        if flag.partition(".")[0] not in FLAGS or bool(equals) is not (flag in VALUED):
            raise reading.fault(RULE, each.span, f"no profile has a flag `{each.text}`")
        if flag == "error" and value not in Errno.__members__:
            raise reading.fault(RULE, each.span, f"no error is called `{value}`")
        found[flag] = value
    if not found:
        raise reading.fault(SYNTAX, end, "a list of flags is empty")
    for group in EXCLUSIVE:
        several = [each for each in group if each in found]
        if len(several) > 1:
            raise reading.fault(RULE, end, f"flags `{several[0]}` and `{several[1]}` exclude each other")
    return found


def of_head(profile: Profile) -> Iterator[Diagnostic]:
    """What is told of the head of a profile."""
    for flag in profile.flags:
        if flag in TOLD:
            code, message = TOLD[flag]
            yield code.at(profile.span, f"`{flag.partition('.')[0]}`: {message}")
