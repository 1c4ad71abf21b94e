"""Rules that are made of the table of what SELinux asks, one for each class, by which tests see that it is typed and raised."""

from collections.abc import Iterable, Iterator

from nslsm.importers.policy_text import both, quoted
from nslsm.importers.selinux.class_names import lets
from nslsm.importers.selinux.permissions import ASKED, CONDITIONS, REFUSED, TARGETS, Asked

CONTEXTS = [f'attr {kind}.context: string = "{kind}"' for kind in ("task", "file", "socket", "ipc", "key", "bpf")]
COMPUTED = sorted({each for each in TARGETS.values() if each.startswith("context_")})
BY_NAME = {each.name: each for each in (*ASKED, *CONDITIONS)}


def policy(rules: Iterable[str], *, extended: bool = True) -> str:
    """A policy with these rules and all that the table says a control declares."""
    operations = sorted({each.operation for each in (*ASKED, *CONDITIONS, *REFUSED)})
    lines = [f"import std.selinux ({', '.join(operations)})", "control selinux {", *CONTEXTS]
    lines += ['attr file.opener: string = "opener"', *(f'let {name} = "{name}"' for name in COMPUTED)]
    lines += [f"let {name} = {value}" for name, value in lets(extended=extended).items()]
    return "\n".join([*lines, *rules, "}", "namespace host { bind selinux }", ""])


def rules_of(asked: Asked, verb: str, *read: str) -> Iterator[str]:
    """A rule for each class that it can be. ``read``: expressions that the rule reads besides."""
    for class_ in asked.classes:
        is_one = f"{asked.class_of} == {quoted(class_)}" if asked.class_of else ""
        when = both(is_one, asked.condition, *(f'{each} != "?"' for each in read if each))
        errno = f" with {asked.errno}" if asked.errno and verb == "deny" else ""
        yield f"{verb} {asked.name}__{class_}: {asked.operation}{f' when {when}' if when else ''}{errno}"


def denying() -> Iterator[str]:
    for asked in ASKED:
        contexts = [TARGETS.get(word, f"{word}.context") for word in (asked.source, asked.target)]
        yield from rules_of(asked, "deny", *contexts, asked.permission_of)
    for refused in REFUSED:
        when = f" when {refused.condition}" if refused.condition else ""
        yield f'deny {refused.name}: {refused.operation}{when} with {refused.errno} because "{refused.because}"'


def observing() -> Iterator[str]:
    for asked in (*ASKED, *CONDITIONS):
        yield from rules_of(asked, "audit")
