"""Which label a task has next, as text: at exec, by ``change_profile``, at the next exec, in a hat."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from nslsm.importers.apparmor.attachment import Attachment, attachments, destination
from nslsm.importers.apparmor.file_rule import glob_text
from nslsm.importers.apparmor.files import Files
from nslsm.importers.apparmor.rule import Profile, Rule
from nslsm.importers.apparmor.text import both, either, has, quoted, texts
from nslsm.importers.policy_text import chosen, united
from nslsm.language.check.glob import Glob, GlobError

WORDS: Final = {"current": ("changeprofile", "stack"), "exec": ("exec", "stack")}
"""What is written to a file below /proc/self/attr, before the name of a profile: it takes the place, or comes beside."""
KEEPS: Final = "not (subject.no_new_privs and subject.label != {})"
"""The condition without which a task keeps the profiles that it has."""


class Transitions:
    """Those of all profiles of an import; ``elsewhere`` are names of others that a task may have."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        files: Mapping[str, Files],
        short: Mapping[str, str],
        elsewhere: Sequence[str],
    ) -> None:
        self._profiles, self._files, self._short, self._elsewhere = profiles, files, short, elsewhere
        self._attachments: list[Attachment] = attachments(profiles)
        self._targets = (*(each.name for each in profiles), *elsewhere)

    def text(self) -> list[str]:
        """What every control has that follows labels: attributes and effects, and what no task may become."""
        made = [
            "attr task.on_exec: set of string = {} foreign {}",
            "attr task.adds_on_exec: bool = false foreign false",
        ]
        for profile in self._profiles:
            made += self._next(profile)
        return [*made, *self._exec(), *self._changing()]

    def runs(self, profile: Profile) -> list[tuple[str, str]]:
        """A program is run without a rule of its own where the task chose the profile for it, ``profile_onexec``."""
        return [("run", "subject.on_exec != {}")] if any(self._pairs(profile)) else []

    def refused(self, profile: Profile) -> list[str]:
        """What the profile lets no task become: a profile that is not there, or one that was not chosen for that program."""
        _, missing = self._steps(profile)
        short = self._short[profile.name]
        made = []
        if missing:
            reason = quoted("the profile that the program is to be run under is not among those that were imported")
            when = both(has(profile.name), "subject.on_exec == {}", either(*missing))
            made.append(f"deny {short}_no_profile: bprm_creds_for_exec when {when} because {reason}")
        may_run = any("x" in group.letters and not group.deny for group in self._files[profile.name].groups)
        if may_run or profile.permits_everything or self.runs(profile):
            pairs = either(*self._pairs(profile))
            when = both(has(profile.name), "subject.on_exec != {}", f"not ({pairs})" if pairs != "false" else "")
            reason = quoted(
                f"profile {profile.name} does not permit it to be left for that one when that program is run"
            )
            made.append(f"deny {short}_not_on_exec: bprm_creds_for_exec when {when} because {reason}")
        return made

    # At exec

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
        value = chosen([(condition, texts(label)) for condition, label in steps], texts(own))
        return [f"let {self._short[profile.name]}_next = {value}"]

    def _exec(self) -> list[str]:
        inside = [f"({self._short[each.name]}_next if {has(each.name)} else {{}})" for each in self._profiles]
        attached = [
            (f"object.dpath matches {quoted(each.glob.text)}", texts([each.profile]))
            for each in self._attachments
            if "//" not in each.profile
        ]
        value = united(inside)
        if self._elsewhere:
            value += f" + (subject.label - {texts(each.name for each in self._profiles)})"
        if attached:
            value = f"({chosen(attached, '{}')}) if subject.label == {{}} else {value}"
        said = "subject.on_exec + (subject.label if subject.adds_on_exec else {}) if subject.on_exec != {}"
        return [
            "",
            "# Which label a program gets: what the task chose; else each profile of a stack says it for itself.",
            f"let label_after = {said} else {value}",
            "deny no_new_privileges: bprm_creds_for_exec",
            "when subject.no_new_privs and subject.label != {} and not (label_after has all subject.label)",
            'with EPERM because "with no_new_privs, a program keeps the profiles that it has"',
            "on bprm_creds_for_exec set subject.label = label_after",
            "on bprm_creds_for_exec when subject.on_exec != {} set subject.on_exec = {}",
        ]

    # By what is written to /proc/self/attr

    def _changing(self) -> list[str]:
        """``changeprofile``, ``stack`` and ``changehat`` for ``current``; ``exec`` and ``stack`` for ``exec``."""
        changed: list[tuple[str, str]] = []
        next_: list[tuple[str, str]] = []
        for name in self._targets:
            for file, (place, beside) in WORDS.items():
                for mark, word in (("", place), ("&", beside)):
                    condition = both(f"value == {quoted(f'{word} {name}')}", self._may(mark + name))
                    if file == "current" and not mark:
                        condition = both(condition, KEEPS)
                    if file == "exec":
                        next_.append((condition, texts([name])))
                    else:
                        value = f"subject.label + {texts([name])}" if mark else texts([name])
                        changed.append((condition, value))
        changed += self._hats()
        written = texts(f"{word} {name}" for word in WORDS["exec"] for name in self._targets)
        return [
            f'on setprocattr when name == "current" set subject.label = {chosen(changed, "subject.label")}',
            f'on setprocattr when name == "exec" set subject.on_exec = {chosen(next_, "subject.on_exec")}',
            f'on setprocattr when name == "exec" and value in {written}',
            'set subject.adds_on_exec = value matches "stack **"',
        ]

    def _hats(self) -> Iterator[tuple[str, str]]:
        for profile in self._profiles:
            for hat in profile.children:
                if hat.is_hat:
                    short = hat.name.rpartition("//")[2]
                    here = f"subject.label == {texts([profile.name])}"
                    yield both(here, KEEPS, f"value matches {quoted(f'changehat *^{short}')}"), texts([hat.name])

    def _may(self, target: str) -> str:
        """The condition that a task may change to a profile: unconfined, or all of its own permit it."""
        willing = [profile.name for profile in self._profiles if self._permits(profile, target)]
        return f"({either('subject.label == {}', *([f'subject.label - {texts(willing)} == {{}}'] if willing else []))})"

    def _permits(self, profile: Profile, target: str) -> bool:
        if "unconfined" in profile.flags:
            return True
        rules = _changes(profile)
        permitted = profile.permits_everything or any(
            not rule.qualifiers.deny and _names(rule, target) for rule in rules
        )
        return permitted and not any(rule.qualifiers.deny and _names(rule, target) for rule in rules)

    def _pairs(self, profile: Profile) -> Iterator[str]:
        """Conditions under which what was chosen goes with the program: ``change_profile EXEC -> TARGET``.

        A rule that denies does so for all targets: the compiler gives the program alone the denial too.
        """
        taken = [_program(rule) for rule in _changes(profile) if rule.qualifiers.deny]
        but = f"not (object.dpath matches {texts(taken)})" if taken else ""
        if "" in taken:
            return
        if profile.permits_everything:
            yield but or "subject.on_exec != {}"
            return
        for name in self._targets:
            for mark, adds in (("", "not subject.adds_on_exec"), ("&", "subject.adds_on_exec")):
                given = [
                    _program(rule)
                    for rule in _changes(profile)
                    if not rule.qualifiers.deny and _names(rule, mark + name)
                ]
                if given:
                    programs = "" if "" in given else f"object.dpath matches {texts(given)}"
                    yield f"({both(f'subject.on_exec == {texts([name])}', adds, programs, but)})"


def _changes(profile: Profile) -> list[Rule]:
    return [rule for rule in profile.rules if isinstance(rule, Rule) and rule.kind == "change_profile"]


def _words(rule: Rule) -> tuple[str, ...]:
    """What stands in the rule but ``safe`` and ``unsafe``, which say what becomes of the environment."""
    return rule.words[1:] if rule.words[:1] in (("safe",), ("unsafe",)) else rule.words


def _names(rule: Rule, target: str) -> bool:
    """Whether a rule is about a profile; one without a name is about all."""
    words = _words(rule)
    if "->" not in words:
        return True
    try:
        return Glob(words[-1]).matches(target)
    except GlobError:
        return False


def _program(rule: Rule) -> str:
    """The pattern of programs for which the rule holds; empty: all."""
    words = _words(rule)
    return "" if not words or words[0] == "->" else glob_text(words[0])
