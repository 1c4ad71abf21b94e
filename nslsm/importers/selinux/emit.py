"""A policy of SELinux as a policy of ours: data to tables, logic to rules of one control.

The label of a thing is its context, as text; lets take it apart. A rule for each thing that SELinux's hooks ask says which
permissions must be allowed, and one beside it which constraints must hold.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from nslsm.diagnostics import Diagnostic, DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.importers.policy_text import quoted, texts
from nslsm.importers.selinux.codes import LOST, NARROWED, NOTED, UNDEFINED
from nslsm.importers.selinux.explain import Why, explained
from nslsm.importers.selinux.expressions import Written, parameter
from nslsm.importers.selinux.logic import Logic
from nslsm.importers.selinux.made import made_lets, made_rules
from nslsm.importers.selinux.network import context_of_node, context_of_port, initial
from nslsm.importers.selinux.network import tables as network_tables
from nslsm.importers.selinux.paths import MOST_REPEATED, MOUNTED, contexts_of_paths
from nslsm.importers.selinux.policy import Boolean, Conditional, Expression, Logical, Policy, Vectors
from nslsm.importers.selinux.tables import Data, Table
from nslsm.language.syntax.format import format_module

LOSSES: Mapping[str, str] = {
    "deny": "what a `deny` takes away stays allowed",
    "typebounds": "a bounded type may do what its parent may not",
    "dontauditx": "",
}


class Imported(NamedTuple):
    """A policy of ours, and the files of its tables."""

    name: str
    """The name of its control; its policy is called ``NAME_policy``."""
    text: str
    files: Mapping[str, str]
    """The tables' data, by what the text calls the files."""
    findings: tuple[Diagnostic, ...]
    """What was not taken over, and what decides nothing here."""
    sources: Sources
    policy: Policy
    """What was imported, flat."""

    @property
    def lost(self) -> bool:
        """Whether something that was forbidden is not forbidden by the policy."""
        return any(each.code == LOST for each in self.findings)

    def write(self, folder: Path) -> Path:
        """Write the policy and the files of its tables into a folder; the policy's file. Tables that are no longer there go."""
        tables = folder / self.name
        tables.mkdir(parents=True, exist_ok=True)
        for old in tables.glob("*.json"):
            if f"{self.name}/{old.name}" not in self.files:
                old.unlink()
        for name, data in self.files.items():
            (folder / name).write_text(data, "utf-8")
        file = folder / f"{self.name}.nslsm"
        file.write_text(self.text, "utf-8")
        return file

    def why(self, source: str, target: str, class_: str, permission: str = "") -> Why:
        """Which rules allow something between two contexts, and which constraints take it away."""
        return explained(self.policy, source, target, class_, permission)


def emit(
    policy: Policy,
    sources: Sources,
    findings: Iterable[Diagnostic] = (),
    *,
    name: str,
    parameters: Iterable[str] = (),
) -> Imported:
    """The policy. ``parameters``: booleans that stay parameters of the control; the others are as they are set.

    Raises :class:`~nslsm.diagnostics.DiagnosticError` for a parameter that is no boolean of the policy.
    """
    kept = frozenset(parameters)
    for each in sorted(kept - policy.booleans.keys()):
        raise DiagnosticError([UNDEFINED.at(None, f"the policy has no boolean `{each}`")])
    return _Emitter(policy, sources, name, kept, findings).emitted()


class _Emitter:
    def __init__(
        self, policy: Policy, sources: Sources, name: str, parameters: frozenset[str], findings: Iterable[Diagnostic]
    ) -> None:
        self._policy, self._sources, self._name = policy, sources, name
        self._parameters = parameters
        self._written = Written(policy)
        self._findings = list(findings)
        self._data = Data(policy)
        self._conditions: dict[str, list[Conditional]] = {}
        allows = {key: set(held) for key, held in policy.allows.items()}
        recorded = {key: set(held) for key, held in policy.auditallows.items()}
        transitions, changes, members = dict(policy.transitions), dict(policy.changes), dict(policy.members)
        for each in policy.conditionals:
            settled = _settled(each.condition, policy.booleans, parameters)
            if settled is True:
                for key, held in each.allows.items():
                    allows.setdefault(key, set()).update(held)
                for key, held in each.auditallows.items():
                    recorded.setdefault(key, set()).update(held)
                transitions.update(each.transitions)
                changes.update(each.changes)
                members.update(each.members)
            elif settled is None:
                condition = self._written.condition(each.condition)
                self._conditions.setdefault(condition, []).append(each)
                if each.transitions or each.changes or each.members:
                    told = f"transitions that hang on `{condition}` are left out: they lead to other types"
                    help_ = "leave the boolean out of the parameters, and import once with each value"
                    self._findings.append(LOST.at(None, told, help=help_))
        self._allows: Vectors = {key: frozenset(held) for key, held in allows.items()}
        self._recorded: Vectors = {key: frozenset(held) for key, held in recorded.items()}
        self._transitions, self._changes, self._members = transitions, changes, members
        self._unlabeled = initial(policy, "unlabeled")
        self._logic = Logic(policy, tuple(self._conditions), self._recorded)

    def emitted(self) -> Imported:
        """The whole, laid out."""
        tables = list(self._tables())
        control = list(self._control())
        used = " ".join(control)
        kept = [each for each in tables if f"{each.name}(" in used]
        operations = self._logic.operations(used)
        lines = [
            doc(
                f"Policy {self._name} of SELinux: {len(self._policy.types)} types, {len(self._policy.classes)} classes."
            ),
            "",
            *([f"import std.selinux ({', '.join(operations)})", ""] if operations else []),
        ]
        files: dict[str, str] = {}
        for table in kept:
            file = f"{self._name}/{table.name}.json"
            lines += [table.declared(file), ""]
            if table.rows:
                files[file] = table.data()
        lines += control
        lines += ["", f"policy {self._name}_policy {{", f"use {self._name}"]
        if self._policy.permissive:
            lines.append(f"use {self._name}(permissive = true) as {self._name}_permissive in complain")
        lines.append("}")
        self._report()
        text = format_module("\n".join(lines) + "\n", f"{self._name}.nslsm")
        return Imported(self._name, text, files, tuple(self._findings), self._sources, self._policy)

    def _tables(self) -> Iterator[Table]:
        data = self._data
        yield data.attributes()
        yield from data.vectors("allowed", self._allows)
        for number, held in enumerate(self._conditions.values(), 1):
            joined: dict[tuple[str, str, str], set[str]] = {}
            for each in held:
                for key, permissions in each.allows.items():
                    joined.setdefault(key, set()).update(permissions)
            yield from data.vectors(f"allowed_if_{number}", {key: frozenset(each) for key, each in joined.items()})
        yield data.types_by("next_type", self._transitions)
        yield data.types_by("change_type", self._changes)
        yield data.types_by("member_type", self._members)
        yield data.named()
        yield from data.vectors("recorded", self._recorded)
        if self._policy.bounds:
            yield data.bounds()
        yield data.ranges()
        yield from data.roles()
        if self._policy.mls:
            yield from data.levels()
        self._paths = contexts_of_paths(self._policy)
        yield self._paths.table
        yield from network_tables(self._policy)
        if self._policy.permissive:
            rows = tuple((each,) for each in sorted(self._policy.permissive))
            yield Table("is_permissive", (("type", "string"),), "", "", rows)

    # The control

    def _control(self) -> Iterator[str]:
        policy = self._policy
        start = initial(policy, "kernel")
        declared = [f"start: string = {quoted(start)}", "by_path: bool = false", "filesystems: bool = false"]
        if policy.permissive:
            declared.append("permissive: bool = false")
        declared += [
            f"{parameter(each)}: bool = {str(policy.booleans[each]).lower()}" for each in sorted(self._parameters)
        ]
        yield f"control {self._name}({', '.join(declared)}) {{"
        yield doc(
            "Type enforcement, roles, constraints and levels, as SELinux's hooks ask for them.\n\n"
            "`start` is the context of tasks that have run no program yet. Files have the context of their extended\n"
            "attribute, or, where they have none, or with `by_path`, the one that file_contexts gives their path.\n"
            "`filesystems`: `associate` is asked of file systems, whose type must be known then."
        )
        unlabeled = quoted(self._unlabeled)
        path = "context_of_path(object.path, object.type)"
        known = f'({path} if {path} != "" else {unlabeled})'
        yield f"attr task.context: string = start foreign {unlabeled}"
        for kind in ("socket", "ipc", "key", "bpf"):
            yield f"attr {kind}.context: string = start foreign {unlabeled}"
        places = sorted({MOUNTED[system] for system, *_ in policy.generic if system in MOUNTED} | {"/proc", "/sys"})
        unnamed = f"by_path or object.path under {texts(places)}"
        yield f'attr file.context: string = {known} if {unnamed} else object.xattr("security.selinux", {known})'
        yield 'attr task.exec: string = ""'
        yield 'attr task.create: string = ""'
        yield 'attr task.sockcreate: string = ""'
        yield 'attr task.keycreate: string = ""'
        yield 'attr file.opener: string = ""'
        yield "# nslsm: allow(unused-attribute) it is for those who ask"
        yield 'attr task.computed: string = "" join last'
        yield ""
        yield from self._rules()
        yield "}"

    def _rules(self) -> Iterator[str]:
        logic = self._logic
        logic.context("parent", "object.parent.context")
        logic.context("object", "object.context")
        rules = [*logic.user_rules(), *logic.hook_rules(), *made_rules(logic)]
        for name in ("after", "made_file", "written"):
            logic.context(
                name, {"after": "context_after", "made_file": "context_of_made_file", "written": "value"}[name]
            )
        logic.add(made_lets(self._policy, logic, self._special()))
        yield from logic.lets(rules)
        yield ""
        yield from rules

    def _special(self) -> Mapping[str, str]:
        """Contexts that tables and constants say."""
        node, unsaid = context_of_node(self._policy)
        for each in unsaid:
            self._findings.append(
                NOTED.at(None, f"`nodecon {each}` is no network; its addresses have the context of others")
            )
        return {
            "context_of_filesystem": "context_by_filesystem(object.filesystem)",
            "context_of_port": context_of_port(self._policy),
            "context_of_node": node,
            "context_of_kernel": quoted(initial(self._policy, "kernel")),
        }

    def _report(self) -> None:
        for word, span in self._policy.other:
            if LOSSES.get(word):
                self._findings.append(LOST.at(span, f"`{word}` is not taken over: {LOSSES[word]}"))
            else:
                self._findings.append(NOTED.at(span, f"`{word}` decides nothing here"))
        for kind, _, span in self._policy.extended:
            if kind == "allowx":
                told = (
                    "`allowx`: all numbers of ioctl(2) are taken as one, and those that it does not list stay allowed"
                )
                self._findings.append(LOST.at(span, told))
            else:
                self._findings.append(NOTED.at(span, f"`{kind}` decides nothing here"))
        if self._policy.dontaudits:
            told = "`dontaudit`: a denial is recorded all the same; which rules there are, `--why` tells"
            self._findings.append(NOTED.at(None, told))
        for path in self._paths.near:
            told = f"`{path}` repeats without end; the pattern has up to {MOST_REPEATED} times"
            self._findings.append(NOTED.at(None, told))
        for path, reason in self._paths.unsaid:
            told = f"no pattern says `{path}`: {reason}; the files have another context"
            self._findings.append(LOST.at(None, told))
        if self._policy.mls and not all(_is_counted(each, place) for place, each in enumerate(self._policy.categories)):
            told = "categories are not called c0, c1, … in order: spans of them, such as `c1.c3`, are read by their numbers"
            self._findings.append(NARROWED.at(None, told))


def _is_counted(category: str, place: int) -> bool:
    return category == f"c{place}"


def _settled(condition: Expression, booleans: Mapping[str, bool], parameters: frozenset[str]) -> bool | None:
    """The value of a condition, None where it hangs on a parameter."""
    if isinstance(condition, Boolean):
        return None if condition.name in parameters else booleans[condition.name]
    assert isinstance(condition, Logical)
    values = [_settled(each, booleans, parameters) for each in condition.operands]
    known = [each for each in values if each is not None]
    match condition.operator:
        case "and" if False in known:
            return False
        case "or" if True in known:
            return True
    if len(known) < len(values):
        return None
    match condition.operator:
        case "not":
            return not known[0]
        case "and":
            return all(known)
        case "or":
            return any(known)
        case "eq":
            return known[0] == known[1]
    return known[0] != known[1]


def doc(text: str) -> str:
    """A doc string."""
    return f'"""{text}"""'
