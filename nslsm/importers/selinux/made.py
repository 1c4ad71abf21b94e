"""Which context what is made gets: by transitions, defaults, and what a program asked for; and what sets labels.

The arithmetic of ``security_compute_sid`` in security/selinux/ss/services.c of Linux 6.12.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from nslsm.importers.policy_text import quoted, texts
from nslsm.importers.selinux.logic import Logic
from nslsm.importers.selinux.policy import Default, Policy

OWN_FILES: Final = ("/proc/[0-9]*/**", "/proc/self/**", "/proc/thread-self/**")
"""Files that have the context of a task: that of the one that looks at them, since no fact tells whose they are.

What is told about others there is asked about at ``ptrace_access_check``, by their contexts.
"""

SOCKETS: Final = "_socket"
"""What the names of classes end in whose things are labelled as the task that makes them."""


class Made:
    """The new context of a thing of one class, or of any: ``target`` is what lets call the related thing's context."""

    def __init__(self, policy: Policy, target: str, class_: str, name: str = "", table: str = "next_type") -> None:
        self._policy, self._target, self._class, self._name, self._table = policy, target, class_, name, table

    @property
    def _is_made(self) -> bool:
        """Whether something is made; else it is asked how something that is there would be relabelled, or doubled."""
        return self._table == "next_type"

    def _choice(self, part: str, word: str, *, own: bool) -> str:
        """A part of the new context: the source's or the target's, by class; ``own``: the source's, where nothing is said."""
        source, target = f"source_{word}", f"{self._target}_{word}"
        said = {class_: getattr(each, part) for class_, each in self._policy.defaults.items() if getattr(each, part)}
        usual, other = (source, target) if own else (target, source)
        different = [class_ for class_, value in said.items() if (value == "source") != own]
        if self._class.startswith('"'):
            return other if self._class.strip('"') in different else usual
        return f"({other} if {self._class} in {texts(different)} else {usual})" if different else usual

    def text(self) -> str:
        """The whole context."""
        user = self._choice("user", "user", own=True)
        return f"context_of({user}, {self._role()}, {self._type()}, {self._level('low')}, {self._level('high')})"

    def _is_task(self) -> str:
        """Whether the class is that of a process or a socket."""
        if self._class.startswith('"'):
            name = self._class.strip('"')
            return "true" if name == "process" or name.endswith(SOCKETS) or name == "socket" else "false"
        tasks = [each for each in self._policy.classes if each in ("process", "socket") or each.endswith(SOCKETS)]
        return f"{self._class} in {texts(tasks)}"

    def _if_task(self, yes: str, no: str) -> str:
        condition = self._is_task()
        if condition in ("true", "false"):
            return yes if condition == "true" else no
        return f"({yes} if {condition} else {no})"

    def _role(self) -> str:
        usual = self._if_task(self._choice("role", "role", own=True), '"object_r"')
        if not self._policy.role_transitions or not self._is_made:
            return usual
        found = f"next_role(source_role, {self._target}_type, {self._class})"
        return f'({found} if {found} != "" else {usual})'

    def _type(self) -> str:
        usual = self._if_task(self._choice("type", "type", own=True), self._choice("type", "type", own=False))
        found = f"{self._table}(source_type, {self._target}_type, {self._class})"
        made = f'({found} if {found} != "" else {usual})'
        if self._name and self._policy.named_transitions:
            named = f"next_type_named(source_type, {self._target}_type, {self._class}, {self._name})"
            made = f'({named} if {named} != "" else {made})'
        return made

    def _level(self, end: str) -> str:
        if not self._policy.mls:
            return '""'
        usual = "source_low" if self._table == "member_type" else self._if_task(f"source_{end}", "source_low")
        if not self._is_made:
            return usual
        by_class: dict[str, str] = {}
        for class_, each in self._policy.defaults.items():
            if each.range is not None:
                by_class[class_] = self._of_default(each, end)
        if self._class.startswith('"'):
            usual = by_class.get(self._class.strip('"'), usual)
        else:
            groups: dict[str, list[str]] = {}
            for class_, value in by_class.items():
                groups.setdefault(value, []).append(class_)
            for value, classes in groups.items():
                usual = f"({value} if {self._class} in {texts(classes)} else {usual})"
        if not self._policy.range_transitions:
            return usual
        found = f"next_range(source_type, {self._target}_type, {self._class})"
        context = f'context_of("u", "r", "t", {found}, "")'
        return f'(context_{end}({context}) if {found} != "" else {usual})'

    def _of_default(self, default: Default, end: str) -> str:
        assert default.range is not None
        side, which = default.range
        if side == "glblub":
            ranks = [f"{each}_{end}_rank" for each in ("source", self._target)]
            higher = ">=" if end == "low" else "<="
            sensitivity = " else ".join(
                (
                    f"level_sensitivity(source_{end}) if {ranks[0]} {higher} {ranks[1]}",
                    f"level_sensitivity({self._target}_{end})",
                )
            )
            sign = "+" if end == "low" else "&"
            return f"level_of({sensitivity}, source_{end}_categories {sign} {self._target}_{end}_categories)"
        name = "source" if side == "source" else self._target
        return f"{name}_{end if which == 'low-high' else which}"


def made_lets(policy: Policy, logic: Logic, special: Mapping[str, str]) -> Mapping[str, str]:
    """The contexts that are computed. ``special``: those that tables and constants say, by let."""
    asked = 'subject.{0} if subject.{0} != "" else {1}'

    found = {
        **special,
        "made_named": Made(policy, "named", "class").text(),
        "changed_named": Made(policy, "named", "class", table="change_type").text(),
        "doubled_named": Made(policy, "named", "class", table="member_type").text(),
        "context_wanted": asked.format("exec", Made(policy, "object", '"process"').text()),
        "gains": logic.permits("program_gains")
        + (" or bounds_of(wanted_type) has source_type" if policy.bounds else ""),
        "context_after": "context_wanted if not subject.no_new_privs or gains else subject.context",
        "transits": "context_after != subject.context",
        "opened_elsewhere": 'object.opener != "" and object.opener != subject.context',
        "context_of_made_file": asked.format(
            "create", Made(policy, "parent", "file_class", "basename(object.path)").text()
        ),
        "context_of_made_socket": asked.format("sockcreate", Made(policy, "source", "made_socket_class").text()),
        "context_of_new_socket": asked.format("sockcreate", Made(policy, "source", "socket_class").text()),
        "context_of_made_anonymous": Made(policy, "source", '"anon_inode"', "name").text(),
        "context_of_made_message": Made(policy, "object", '"msg"').text(),
        "file_context": f"subject.context if object.path matches {texts(OWN_FILES)} else object.context",
        "context_of_key": 'subject.keycreate if subject.keycreate != "" else subject.context',
    }
    for name in ("after", "made_file", "written"):
        found[f"{name}_is_valid"] = logic.written.valid(name)
    return found


def made_rules(logic: Logic) -> Iterator[str]:
    """The effects: labels of what is made, run, relabelled or asked for; and what has no context that the policy has."""
    enforced = logic.enforced
    yield "# What would have a context that the policy has not, is not made."
    yield f'deny program_nowhere: program_run when {enforced}not after_is_valid because "the policy has no such context"'
    yield f'deny file_nowhere: any_create when {enforced}not made_file_is_valid because "the policy has no such context"'
    yield (
        f"deny label_unknown: file_relabel when {enforced}not written_is_valid with EINVAL "
        f'because "the policy has no such context"'
    )
    yield (
        f'deny program_asks_more: program_run when {enforced}subject.exec not in {{"", subject.context}} '
        f'and subject.no_new_privs and not gains with EPERM because "with no_new_privs, the next program has no other context"'
    )
    yield "# What selinuxfs computes: the context of a new object, of one that is relabelled, of one copy of several."
    for question, name in (("create?", "made"), ("relabel?", "changed"), ("member?", "doubled")):
        yield f"on user_access when permission == {quoted(question)} set subject.computed = {name}_named"
    yield "# Programs"
    yield "on program_run set subject.context = context_after"
    for attribute in ("exec", "create", "sockcreate", "keycreate"):
        yield f'on program_run set subject.{attribute} = ""'
    yield "# What a program asks for by /proc/self/attr"
    for attribute, name, condition in (
        ("exec", "process_attribute_exec", logic.permits("attribute_exec")),
        ("create", "process_attribute_files", logic.permits("attribute_files")),
        ("sockcreate", "process_attribute_sockets", logic.permits("attribute_sockets")),
        (
            "keycreate",
            "process_attribute_keys",
            f'{logic.permits("attribute_keys")} and (value == "" or {logic.permits("attribute_key")})',
        ),
    ):
        yield f'on {name} when (value == "" or written_is_valid) and {condition} set subject.{attribute} = value'
    changes = f"{logic.permits('attribute_current')} and {logic.permits('attribute_transition')}"
    yield f"on process_attribute_current when written_is_valid and {changes} set subject.context = value"
    yield "# Things"
    yield "on any_create set object.context = context_of_made_file"
    yield "on inode_rename, inode_link set object.context = object.context"
    yield 'on inode_post_setxattr when name == "security.selinux" set object.context = value'
    yield "on file_open set object.opener = subject.context"
    yield "on socket_post_create when not kern set object.context = context_of_new_socket"
    yield "on ipc_create set object.context = subject.context"
    yield "on key_alloc set object.context = context_of_key"
