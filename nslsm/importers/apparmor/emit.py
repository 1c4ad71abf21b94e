"""Profiles as a policy of ours: one control for each import, a region for each class of what a profile confines.

A task's label is the set of the profiles that confine it: empty for one that is unconfined, several for a stack. Each region
denies on its own, so that a stack permits what all of its profiles permit.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nslsm.diagnostics import Code, Diagnostic, DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.importers.apparmor.attachment import Attachment, attachments, destination
from nslsm.importers.apparmor.codes import CONFLICT, LOST, NARROWED, NOTED
from nslsm.importers.apparmor.files import Files, conflicts
from nslsm.importers.apparmor.others import UNCONFINED, Others, Region
from nslsm.importers.apparmor.rule import FileRule, Module, Profile, Rule
from nslsm.importers.apparmor.text import both, either, name_of, quoted, texts
from nslsm.language.check.glob import Glob
from nslsm.language.syntax.format import format_module

UNCONFINING = frozenset({"unconfined", "default_allow"})
"""Flags of profiles that name tasks and confine nothing."""


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
        self._abi = {profile.name: module.abi for module in modules for top in module.profiles for profile in top.all()}
        self._profiles = [profile for module in modules for top in module.profiles for profile in top.all()]
        expanded = {profile.name: profile.attachment for profile in self._profiles}
        self._attachments: list[Attachment] = attachments(self._profiles, expanded)
        self._findings: list[Diagnostic] = []
        mentioned = {
            pattern
            for profile in self._profiles
            for rule in profile.rules
            if isinstance(rule, Rule)
            for pattern in rule.conditions.get("peer", ()) + rule.conditions.get("peer.label", ())
            if Glob(pattern).exact is not None
        }
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

    def emitted(self) -> Imported:
        """The whole text, laid out."""
        self._refuse_conflicts()
        learning = [each for each in self._profiles if "complain" in each.flags and not self._enforce]
        kept = [each for each in self._profiles if each not in learning]
        lines = [*self._head(), ""]
        for profile in self._profiles:
            if not self._is_open(profile):
                lines += self._files[profile.name].sets()
        lines += ["", *self._control(self._name, kept, learning)]
        uses = [f"use {self._name}"]
        if learning:
            lines += ["", *self._control(f"{self._name}_learning", learning, [])]
            uses.append(f"use {self._name}_learning in complain")
        lines += ["", f"policy {self._name}_profiles {{", *uses, "}"]
        text = "\n".join(lines) + "\n"
        names = tuple(each.name for each in self._profiles)
        laid_out = format_module(text, f"{self._name}.nslsm")
        return Imported(laid_out, tuple(self._findings), self._sources, self._name, names)

    def _head(self) -> list[str]:
        names = ", ".join(each.name for each in self._profiles)
        named = "\n".join(_wrapped(names))
        uses = "read, write, append, run, map_code, lock, link, link_to, make_socket, use_socket, trace, look, mount"
        return [f'"""Profiles of AppArmor, as a policy.\n\n{named}\n"""', "", f"import std.apparmor ({uses})"]

    def _is_open(self, profile: Profile) -> bool:
        return bool(profile.flags & UNCONFINING)

    def _refuse_conflicts(self) -> None:
        found = []
        for profile in self._profiles:
            spans = {rule.path: rule.span for rule in profile.rules if isinstance(rule, FileRule)}
            for one, how, other, otherwise in conflicts(self._files[profile.name]):
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
        made = [
            f"control {name}(start: set of string = {{}}) {{",
            f'"""Programs {what} by the profiles that their label names.\n\n',
            "`start` is the label of tasks until they run a program that has a profile; the empty set is unconfined.",
            '"""',
            "attr task.label: set of string = start foreign {}",
        ]
        for profile in self._profiles:
            made += self._next(profile)
        made += self._exec()
        for profile in profiles:
            if not self._is_open(profile):
                made += self._confined(profile)
        for profile in denying:
            if not self._is_open(profile):
                made += ["", f"# Profile {profile.name} complains; what it denies outright is denied all the same."]
                made += self._denied(profile, self._regions(profile))
        return [*made, "}"]

    def _label(self, profile: Profile, side: str = "subject") -> str:
        return f"{side}.label has {quoted(profile.name)}"

    def _regions(self, profile: Profile) -> list[Region]:
        def tell(code: Code, rule: Rule, message: str) -> None:
            finding = code.at(rule.span, message)
            if finding not in self._findings:
                self._findings.append(finding)

        rules = [each for each in profile.rules if isinstance(each, Rule)]
        others = Others(rules, self._known, self._abi[profile.name], tell)
        regions = others.regions()
        limits = others.limits()
        if limits:
            regions.append(
                Region("limits", "", "keeps its limits", denies=[("task_setrlimit", when) for _, when in limits])
            )
        return regions

    def _confined(self, profile: Profile) -> list[str]:
        short, files = self._short[profile.name], self._files[profile.name]
        everything = any(isinstance(each, Rule) and each.kind == "all" for each in profile.rules)
        lets, pairs = files.linking()
        operations = "read, write, append, run, map_code, lock, link"
        made = ["", f"# Profile {profile.name}", "", *lets]
        made += _closed(
            f"{short}_files", operations, self._label(profile), f"profile {profile.name} does not permit it",
            ["allow " + operations] if everything else files.allows(),
        )  # fmt: skip
        made += _closed(
            f"{short}_links", "link_to", self._label(profile), f"profile {profile.name} does not link this file to that name",
            ["allow link_to"] if everything else pairs,
        )  # fmt: skip
        regions = self._regions(profile)
        for region in regions:
            if region.operations:
                side = "object" if region.inbound else "subject"
                because = f"a program of profile {profile.name} {region.because}"
                label = self._label(profile, side)
                made += _closed(f"{short}_{region.name}", region.operations, label, because, region.allows)
        return [*made, *self._denied(profile, regions), *self._missing(profile)]

    def _denied(self, profile: Profile, regions: Sequence[Region]) -> list[str]:
        short = self._short[profile.name]
        made = self._files[profile.name].denies(self._label(profile), f"profile {profile.name} denies it")
        for region in regions:
            side = "object" if region.inbound else "subject"
            for number, (operation, when) in enumerate(region.denies, 1):
                made.append(
                    f"deny {short}_{region.name}_denied_{number}: {operation} when {both(self._label(profile, side), when)} "
                    f"{_errno(operation)}because {quoted(f'profile {profile.name} denies it')}"
                )
        return made

    # Transitions

    def _steps(self, profile: Profile) -> tuple[list[tuple[str, frozenset[str]]], list[str]]:
        files = self._files[profile.name]
        modes = {mode for mode, *_ in files.runs}
        destinations = {mode: destination(mode, profile, self._profiles, self._attachments) for mode in modes}
        return files.transitions(destinations)

    def _next(self, profile: Profile) -> list[str]:
        steps, _ = self._steps(profile)
        own = frozenset({profile.name})
        while steps and steps[-1][1] == own:
            steps.pop()
        value = "".join(f"{_label(label)} if {condition} else " for condition, label in steps) + _label(own)
        return [f"let {self._short[profile.name]}_next = {value}"]

    def _exec(self) -> list[str]:
        inside = [f"({self._short[each.name]}_next if {self._label(each)} else {{}})" for each in self._profiles]
        attached = [
            f"{_label(frozenset({each.profile}))} if object.dpath matches {quoted(each.glob.text)} else "
            for each in self._attachments
            if "//" not in each.profile
        ]
        value = " + ".join(inside)
        if self._elsewhere:
            value += f" + (subject.label - {texts(each.name for each in self._profiles)})"
        if attached:
            value = f"({''.join(attached)}{{}}) if subject.label == {{}} else {value}"
        after = f"let label_after = {value}"
        made = [
            "",
            "# Which label a program gets: each profile of a stack says it for itself.",
            after,
            "deny no_new_privileges: bprm_creds_for_exec",
            "when subject.no_new_privs and subject.label != {} and not (label_after has all subject.label)",
            'with EPERM because "with no_new_privs, a program keeps the profiles that it has"',
            "on bprm_creds_for_exec set subject.label = label_after",
        ]
        return [*made, *self._changing()]

    def _changing(self) -> list[str]:
        """What is written to /proc/self/attr/current: changeprofile, stack, changehat."""
        steps = []
        for name in (*(each.name for each in self._profiles), *self._elsewhere):
            for word, mark, value in (
                ("changeprofile", "", texts([name])),
                ("stack", "&", f"subject.label + {texts([name])}"),
            ):
                may = either("subject.label == {}", *self._permitted(mark + name))
                steps.append(f"{value} if value == {quoted(f'{word} {name}')} and ({may}) else ")
        for profile in self._profiles:
            for hat in profile.children:
                if hat.is_hat:
                    short = hat.name.rpartition("//")[2]
                    steps.append(
                        f"{_label(frozenset({hat.name}))} if subject.label == {_label(frozenset({profile.name}))} "
                        f"and value matches {quoted(f'changehat *^{short}')} else "
                    )
        return [f'on setprocattr when name == "current" set subject.label = {"".join(steps)}subject.label']

    def _permitted(self, target: str) -> list[str]:
        """Conditions under which a confined task may change to a profile: all of its own permit it."""
        willing = {
            profile.name
            for profile in self._profiles
            if self._is_open(profile)
            or (any(
                isinstance(rule, Rule) and rule.kind == "change_profile" and not rule.qualifiers.deny
                and _names(rule, target)
                for rule in profile.rules
            )
            and not any(
                isinstance(rule, Rule) and rule.kind == "change_profile" and rule.qualifiers.deny
                and _names(rule, target)
                for rule in profile.rules
            ))
        }  # fmt: skip
        return [f"subject.label - {texts(willing)} == {{}}"] if willing else []

    def _missing(self, profile: Profile) -> list[str]:
        _, missing = self._steps(profile)
        if not missing:
            return []
        short = self._short[profile.name]
        reason = quoted("the profile that the program is to be run under is not among those that were imported")
        when = both(self._label(profile), either(*missing))
        return [f"deny {short}_no_profile: bprm_creds_for_exec when {when} because {reason}"]


def _closed(name: str, operations: str, where: str, because: str, allows: Sequence[str]) -> list[str]:
    """A region; what nothing in it allows is denied."""
    given = {word for each in allows for word in each.removeprefix("allow ").partition(" when ")[0].split(", ")}
    every = operations.split(", ")
    inside = [each for each in every if each in given]
    outside = [each for each in every if each not in given]
    reason = f"{_errno(operations)}because {quoted(because)}"
    made = []
    if inside:
        made += [f"confine {name}: {', '.join(inside)} where {where}", f"{reason} {{", *allows, "}"]
    if outside:
        made.append(f"deny {name}_none: {', '.join(outside)} when {where} {reason}")
    return made


def _errno(operations: str) -> str:
    """AppArmor refuses with EACCES, whatever the hook's own errno is, but for capabilities."""
    return "" if operations == "capable" else "with EACCES "


def _names(rule: Rule, target: str) -> bool:
    if not rule.words:
        return True
    if "->" not in rule.words:
        return False
    try:
        return Glob(rule.words[-1]).matches(target)
    except ValueError:
        return False


def _label(names: frozenset[str]) -> str:
    return texts(names)


def _wrapped(text: str, width: int = 100) -> list[str]:
    lines = [""]
    for word in text.replace('"', "'").replace("\\", "/").split(" "):
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


__all__ = ["NARROWED", "NOTED", "Imported", "emit"]
