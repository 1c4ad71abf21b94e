"""Hook requests by the names of their facts: positions are looked up once, facts that nobody gives are unknown."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.model import Consequence, Hook
from nslsm.hooks.types import UNKNOWN, Unknown
from nslsm.protocol.request import Request
from nslsm.protocol.things import Object, Task, Value

_ENTRIES: Final = MappingProxyType(
    {
        hook.name: (hook, hook.consequence, names, frozenset(names))
        for hook, names in ((hook, tuple(fact.name for fact in hook.facts)) for hook in CATALOGUE.hooks)
    }
)


@cache
def hooks_in(profile: str) -> frozenset[str]:
    """The names of the hooks that the kernel ``profile`` has, this project's own included; ValueError for another kernel."""
    return frozenset(hook.name for hook in CATALOGUE.in_profile(profile))


def request_of(
    hook: str,
    subject: Task,
    thing: Object | Unknown | None = None,
    /,
    *,
    consequence: Consequence | None = None,
    **facts: Value | Unknown,
) -> Request:
    """The request that ``hook`` raises for ``subject`` and the object ``thing``; TypeError for a fact that it lacks.

    >>> from nslsm.protocol.things import Credentials
    >>> task = Task(pid=1, tgid=1, ppid=0, credentials=Credentials())
    >>> request_of("task_setnice", task, task, nice=5).argument("nice")
    5
    """
    return request_with(hook, subject, thing, consequence, facts)


def request_with(
    hook: str,
    subject: Task,
    thing: Object | Unknown | None,
    consequence: Consequence | None,
    facts: Mapping[str, Value | Unknown],
) -> Request:
    """What :func:`request_of` makes, its facts in a mapping."""
    entry, usual, names, known = _ENTRIES[hook]
    if tuple(facts) == names:
        arguments = tuple(facts.values())
    else:
        if not facts.keys() <= known:
            raise TypeError(f"`{hook}` has no fact `{', '.join(sorted(facts.keys() - known))}`")
        arguments = tuple([facts.get(name, UNKNOWN) for name in names])
    return Request(entry, subject, thing, arguments, consequence or usual)


def hook_called(name: str) -> Hook:
    """The hook of that name."""
    return _ENTRIES[name][0]
