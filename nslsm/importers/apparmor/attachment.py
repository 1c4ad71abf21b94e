"""Which profile a program is run under: attachments, and where exec modes lead."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nslsm.importers.apparmor.file_rule import glob_text
from nslsm.importers.apparmor.rule import ExecMode, Profile
from nslsm.language.check.glob import Glob


class Attachment(NamedTuple):
    """A pattern of programs, and the profile that they get."""

    glob: Glob
    profile: str


def attachments(profiles: Iterable[Profile]) -> list[Attachment]:
    """The attachments, the most specific first: whole paths, then by the length of what precedes the first wildcard.

    So ``find_attach`` of security/apparmor/domain.c has it, by the length that the compiler works out.
    """
    found = [
        Attachment(Glob(glob_text(pattern)), profile.name)
        for profile in profiles
        if profile.attachment and not profile.is_hat
        for pattern in (profile.attachment, *profile.also)
    ]
    return sorted(found, key=lambda each: (each.glob.exact is None, -len(each.glob.prefix), each.glob.text))


class Destination(NamedTuple):
    """What one exec mode leads to: pairs of a pattern (None: every program) and the label, and what else happens."""

    labels: Sequence[tuple[Glob | None, frozenset[str]]]
    fails: bool
    """Whether the program is not run where no pattern fits: there is no profile for it."""


def destination(
    mode: ExecMode, own: Profile, everything: Sequence[Profile], found: Sequence[Attachment]
) -> Destination:
    """Where a program goes that profile ``own`` runs by ``mode``."""
    if mode.kind == "i":
        return Destination([(None, frozenset({own.name}))], fails=False)
    if mode.kind == "u":
        return Destination([(None, frozenset())], fails=False)
    names = {profile.name for profile in everything}
    children = {child.name for child in own.children}
    labels: list[tuple[Glob | None, frozenset[str]]] = []
    if mode.target:
        stacks = mode.target.startswith("&")
        parts = [part for part in mode.target.removeprefix("&").split("//&") if part]
        wanted = frozenset(f"{own.name}//{part}" if mode.kind == "c" else part for part in parts)
        if wanted <= names:
            return Destination([(None, wanted | ({own.name} if stacks else frozenset()))], fails=False)
    else:
        fits = [each for each in found if (each.profile in children if mode.kind == "c" else "//" not in each.profile)]
        labels = [(each.glob, frozenset({each.profile})) for each in fits]
    if mode.fallback:
        labels.append((None, frozenset({own.name} if mode.fallback == "i" else ())))
    return Destination(labels, fails=not mode.fallback)
