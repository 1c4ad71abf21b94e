"""Profiles as a policy of ours: one control for each import, a region for each class of what a profile confines.

A task's label is the set of the profiles that confine it: empty for one that is unconfined, several for a stack. Each region
denies on its own, so that a stack permits what all of its profiles permit.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from nslsm.diagnostics import Code, Diagnostic, DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.importers.apparmor.codes import CONFLICT, LIMIT, LOST
from nslsm.importers.apparmor.files import MAX_STEPS, Files, TooLong, conflicts, opened
from nslsm.importers.apparmor.head import of_head
from nslsm.importers.apparmor.others import regions
from nslsm.importers.apparmor.region import UNCONFINED, Region
from nslsm.importers.apparmor.rule import FileRule, Module, Profile, Rule
from nslsm.importers.apparmor.text import both, either, has, name_of, quoted, texts
from nslsm.importers.apparmor.transitions import Transitions
from nslsm.importers.apparmor.unix import OPERATIONS
from nslsm.language.check.glob import Glob
from nslsm.language.syntax.format import format_module

USED: Final = (
    "read", "read_on", "write", "append", "run", "map_code", "lock", "link", "link_to", "make_socket", "use_socket",
    *OPERATIONS, "trace", "look", "mount",
)  # fmt: skip
"""The operations of ``std.apparmor``, in its order."""


MAX_PROFILES: Final = 500
"""How many profiles one import may have, those in others counted."""


class Imported(NamedTuple):
    """A policy that was made of profiles."""

    text: str
    findings: tuple[Diagnostic, ...]
    """What was not taken over, and what decides nothing here."""
    sources: Sources
    name: str
    """The name of its enforcing control; its policy is called ``NAME_profiles``."""
    profiles: tuple[str, ...]
    """The names of the profiles, those in others behind them."""

    @property
    def lost(self) -> bool:
        """Whether something that a profile forbids is not forbidden by the policy."""
        return any(each.code == LOST for each in self.findings)


def emit(
    modules: Sequence[Module], sources: Sources, *, name: str, enforce: bool = False, peers: Iterable[str] = ()
) -> Imported:
    """The policy. ``enforce``: profiles in complain mode too; ``peers``: names of further profiles that rules speak of."""
    return _Emitter(modules, sources, name, enforce=enforce, peers=peers).emitted()


class _Emitter:
    def __init__(
        self, modules: Sequence[Module], sources: Sources, name: str, *, enforce: bool, peers: Iterable[str]
    ) -> None:
        self._sources, self._name, self._enforce = sources, name, enforce
        self._profiles = [profile for module in modules for top in module.profiles for profile in top.all()]
        self._findings: list[Diagnostic] = []
        mentioned = {
            pattern
            for profile in self._profiles
            for rule in profile.rules
            if isinstance(rule, Rule)
            for pattern in rule.conditions.get("peer", ()) + rule.conditions.get("peer.label", ())
            if Glob(pattern).exact is not None
        }
        if len(self._profiles) > MAX_PROFILES:
            message = f"there are more profiles than the limit of {MAX_PROFILES}"
            raise DiagnosticError([LIMIT.at(self._profiles[-1].span, message, help="import fewer at once")], sources)
        own = {profile.name for profile in self._profiles}
        self._elsewhere = sorted({*peers} - own - {UNCONFINED})
        self._known = frozenset({*own, *mentioned, *peers} - {UNCONFINED})
        taken = {"loaded", name, f"{name}_learning"}
        self._short: dict[str, str] = {}
        for profile in self._profiles:
            self._short[profile.name] = name_of(profile.name, taken)
            taken.add(self._short[profile.name])
        self._files = {
            profile.name: Files.of(
                self._short[profile.name], (each for each in profile.rules if isinstance(each, FileRule))
            )
            for profile in self._profiles
        }

        self._transitions = Transitions(self._profiles, self._files, self._short, self._elsewhere)

    def emitted(self) -> Imported:
        """The whole text, laid out."""
        self._refuse_conflicts()
        for profile in self._profiles:
            for finding in of_head(profile):
                self._tell(finding)
        learning = [each for each in self._profiles if "complain" in each.flags and not self._enforce]
        kept = [each for each in self._profiles if each not in learning]
        lines = [""]
        for profile in self._profiles:
            if not self._is_open(profile):
                lines += self._files[profile.name].sets()
        lines += ["", *self._control(self._name, kept, learning)]
        uses = [f"use {self._name}"]
        if learning:
            lines += ["", *self._control(f"{self._name}_learning", learning, [])]
            uses.append(f"use {self._name}_learning in complain")
        lines += ["", f"policy {self._name}_profiles {{", *uses, "}"]
        text = "\n".join([*self._head("\n".join(lines)), *lines]) + "\n"
        names = tuple(each.name for each in self._profiles)
        laid_out = format_module(text, f"{self._name}.nslsm")
        return Imported(laid_out, tuple(self._findings), self._sources, self._name, names)

    def _head(self, text: str) -> list[str]:
        """The beginning of a module of that text, which imports what the text names."""
        names = "\n".join(_wrapped(", ".join(each.name for each in self._profiles)))
        said = set(re.findall(r"[a-z_]+", re.sub(r"#.*", "", re.sub(r'"(?:\\.|[^"\\])*"', "", text))))
        uses = ", ".join(each for each in USED if each in said)
        imports = ["", f"import std.apparmor ({uses})"] if uses else []
        return [f'"""Profiles of AppArmor, as a policy.\n\n{names}\n"""', *imports]

    def _is_open(self, profile: Profile) -> bool:
        return "unconfined" in profile.flags

    def _refuse_conflicts(self) -> None:
        found = []
        for profile in self._profiles:
            spans = {rule.path: rule.span for rule in profile.rules if isinstance(rule, FileRule)}
            try:
                pairs = conflicts(self._files[profile.name])
            except TooLong:
                message = (
                    f"comparing the programs that `{profile.name}` runs takes more steps than the limit of {MAX_STEPS}"
                )
                raise DiagnosticError([LIMIT.at(profile.span, message)], self._sources) from None
            for one, how, other, otherwise in pairs:
                found.append(
                    CONFLICT.at(
                        spans[other],
                        f"`{other}` is run by `{otherwise}`, and `{one}` by `{how}`, and one program may be both",
                        related=((spans[one], "this is the other rule"),),
                        help="a whole path goes before a pattern; or take one of the rules out",
                    )
                )
        if found:
            raise DiagnosticError(found, self._sources)

    # Controls

    def _control(self, name: str, profiles: Sequence[Profile], denying: Sequence[Profile]) -> list[str]:
        what = "are confined" if not name.endswith("_learning") else "would be confined"
        known = {each.name for each in self._profiles} | set(self._elsewhere)
        made = [
            f"control {name}(start: set of string = {{}}, outside: set of string = {{}}) {{",
            f'"""Programs {what} by the profiles that their label names.\n',
            "`start` is the label of tasks until they run a program that has a profile; the empty set is unconfined.",
            "`outside` is the label that tasks outside of the binding are taken to have.",
            '"""',
            "attr task.label: set of string = start foreign outside",
            "attr file.openers: set of string = {} join union",
            "on file_open when not (flags has exec) set object.openers = object.openers + subject.label",
            "attr socket.label: set of string = {} foreign outside",
            "on socket_post_create set object.label = subject.label",
            "deny unknown_start: file_open, bprm_creds_for_exec, socket_create",
            f"when not ({texts(known)} has all start)",
            'because "`start` names a profile that is not among those that were imported"',
            *self._transitions.text(),
        ]
        for profile in profiles:
            if not self._is_open(profile):
                made += self._confined(profile)
        for profile in denying:
            if not self._is_open(profile):
                made += ["", f"# Profile {profile.name} complains; what it denies outright is denied all the same."]
                found = self._regions(profile)
                made += self._denied(profile, found)
                for region in found:
                    if region.inbound:
                        name, where = f"{self._short[profile.name]}_{region.name}", has(profile.name, "object")
                        denies = Region(region.name, "", "", denies=region.denies)
                        reason = f"with EACCES because {quoted(f'profile {profile.name} denies it')}"
                        made += _from_outside(denies, name, where, reason)
        return [*made, "}"]

    def _regions(self, profile: Profile) -> list[Region]:
        def tell(code: Code, rule: Rule, message: str) -> None:
            self._tell(code.at(rule.span, message))

        rules = [each for each in profile.rules if isinstance(each, Rule)]
        return regions(
            rules, self._known, profile.features, tell,
            everything=profile.permits_everything, lenient="complain" in profile.flags and not self._enforce,
        )  # fmt: skip

    def _tell(self, finding: Diagnostic) -> None:
        if finding not in self._findings:
            self._findings.append(finding)

    def _confined(self, profile: Profile) -> list[str]:
        short, files = self._short[profile.name], self._files[profile.name]
        lets, pairs = files.linking()
        operations = "read, write, append, run, map_code, lock, link"
        label = has(profile.name)
        errno = profile.flags.get("error", "EACCES")

        def because(reason: str, errno: str = errno) -> str:
            return f"{f'with {errno} ' if errno else ''}because {quoted(reason)}"

        everything = profile.permits_everything
        made = ["", f"# Profile {profile.name}", "", *lets]
        made += _closed(
            f"{short}_files", operations, label, because(f"profile {profile.name} does not permit it"),
            [(operations, "")] if everything else [*files.allows(), *self._transitions.runs(profile)],
        )  # fmt: skip
        made += _closed(
            f"{short}_links", "link_to", label,
            because(f"profile {profile.name} does not link this file to that name"),
            [("link_to", "")] if everything else [("link_to", each) for each in pairs],
        )  # fmt: skip
        if not everything:
            reason = because(f"profile {profile.name} does not permit it, whoever opened it")
            made += _closed(
                f"{short}_descriptors", "read_on", both(label, opened(profile.name)), reason, files.reads_on()
            )
        found = self._regions(profile)
        for region in found:
            if region.operations:
                # AppArmor refuses with EACCES, whatever the hook's own errno is; `capable` has yes and no only.
                own = "" if region.operations == "capable" else errno
                reason = because(f"a program of profile {profile.name} {region.because}", own)
                name, where = f"{short}_{region.name}", has(profile.name, "object" if region.inbound else "subject")
                made += _closed(name, region.operations, where, reason, region.permitted())
                if region.inbound:
                    made += _from_outside(region, name, where, reason)
        return [*made, *self._denied(profile, found), *self._transitions.refused(profile)]

    def _denied(self, profile: Profile, found: Sequence[Region]) -> list[str]:
        short = self._short[profile.name]
        errno = profile.flags.get("error", "EACCES")
        because = f"because {quoted(f'profile {profile.name} denies it')}"
        made = self._files[profile.name].denies(profile.name, f"with {errno} {because}")
        for region in found:
            where = has(profile.name, "object" if region.inbound else "subject")
            for number, (operation, when) in enumerate(region.denies, 1):
                own = "" if operation == "capable" else errno
                made.append(
                    f"deny {short}_{region.name}_denied_{number}: {operation} when {both(where, when)} "
                    f"{f'with {own} ' if own else ''}{because}"
                )
        return made


def _closed(name: str, operations: str, where: str, because: str, allows: Sequence[tuple[str, str]]) -> list[str]:
    """A region; what nothing in it allows is denied."""
    given = {word for each, _ in allows for word in each.split(", ")}
    every = operations.split(", ")
    inside = [each for each in every if each in given]
    outside = [each for each in every if each not in given]
    made = []
    if inside:
        lines = [f"allow {each} when {when}" if when else f"allow {each}" for each, when in allows]
        made += [f"confine {name}: {', '.join(inside)} where {where}", f"{because} {{", *lines, "}"]
    if outside:
        made.append(f"deny {name}_none: {', '.join(outside)} when {where} {because}")
    return made


def _from_outside(region: Region, name: str, where: str, because: str) -> list[str]:
    """What the region refuses to tasks outside of the binding, as inbound rules: a region is about those below it."""
    refused: dict[str, list[str]] = {}
    for operation in filter(None, region.operations.split(", ")):
        given = [when for each, when in region.allows if operation in each.split(", ")]
        if "" not in given:
            refused.setdefault(both(where, f"not ({either(*given)})" if given else ""), []).append(operation)
    made = [
        f"inbound deny {name}_outside_{number}: {', '.join(operations)} when {when} {because}"
        for number, (when, operations) in enumerate(refused.items(), 1)
    ]
    for number, (operation, when) in enumerate(region.denies, 1):
        made.append(f"inbound deny {name}_outside_denied_{number}: {operation} when {both(where, when)} {because}")
    return made


def _wrapped(text: str, width: int = 100) -> list[str]:
    lines = [""]
    for word in text.replace('"', "'").replace("\\", "/").split(" "):
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines
