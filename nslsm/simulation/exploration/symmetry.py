"""Whether anything that a search looks at reads the numbers that a kernel gives: then they must stay what they are."""

from collections.abc import Iterable
from typing import Final

from nslsm.controls.policy import DeclaredEntry, PolicyControl
from nslsm.language.check import ir
from nslsm.language.check.claims import Claim
from nslsm.language.check.walk import nodes
from nslsm.protocol.namespace import NamespaceTree

NUMBERS: Final = frozenset({"pid", "tgid", "ppid", "id", "inode"})
"""Facts of tasks, namespaces and files that are numbers of the kernel's own."""

ARGUMENTS: Final = frozenset({"pgid", "argument"})
"""Facts of hooks that can be the number of a process (``task_setpgid``, ``task_prctl``)."""

PROCESSES: Final = "/proc"
"""Where paths have the numbers of processes in them. A rule about such paths matters only where a step leads there."""


def numbers_are_seen(tree: NamespaceTree, claim: Claim, paths: Iterable[str] = ()) -> str:
    """What in a policy, a claim or the paths of a search depends on numbers; empty where nothing does.

    Of a control in Python nobody knows what it reads.
    """
    roots: list[object] = [(never.actions, never.when) for never in claim.nevers]
    for namespace in tree.members.values():
        for binding in namespace.bindings:
            if not isinstance(binding.control, PolicyControl):
                return f"`{binding.control.name}` is written in Python"
            roots.append((binding.control.program.rules, binding.control.program.attributes))
        if isinstance(namespace.entry, DeclaredEntry):
            roots.append(namespace.entry.enters)
        elif namespace.entry is not None:
            return f"what enters `{namespace.path}` is written in Python"
    for node in nodes(tuple(roots)):
        if isinstance(node, ir.FactOf) and node.name in NUMBERS:
            return f"a rule or the claim reads `{node.name}`"
        if isinstance(node, ir.Argument) and node.name in ARGUMENTS:
            return f"a rule or the claim reads `{node.name}`"
    if any(PROCESSES in path for path in paths):
        return f"a step speaks of a path below `{PROCESSES}`"
    return ""
