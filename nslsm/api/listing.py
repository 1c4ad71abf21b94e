"""What decides a hook in a namespace, as text to read: the plan, the generated functions, and what their names stand for."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from nslsm.api.policies import PolicyTree
from nslsm.engine.plan import Seat, plan_of
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.language.check.glob import Glob
from nslsm.language.program.compile.compiled import functions
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.opinion import Answer, Observation

WIDEST: Final = 100
"""Characters of a value that are shown."""

_NAME: Final = re.compile(r"\b[a-z]+[0-9]+\b")


def listing(tree: PolicyTree, hook: str, where: str | None = None) -> str:
    """What is asked about ``hook`` in the namespace ``where`` (by default the root), the nearest first.

    LookupError for a hook that there is not; :class:`nslsm.PolicyError` for a namespace that there is not.

    >>> from nslsm.api.policies import load_policy
    >>> print(listing(load_policy("healthcare").tree(), "ptrace_access_check").splitlines()[0])
    # ptrace_access_check in host: what is asked, the nearest first
    """
    known = CATALOGUE.get(hook)
    if known is None:
        near = CATALOGUE.near(hook)
        raise LookupError(f"no hook is called `{hook}`" + (f"; did you mean `{near[0]}`?" if near else ""))
    namespaces: NamespaceTree = tree.namespaces
    home = namespaces.root if where is None else tree.find(where).id
    plan = plan_of(namespaces, home, known)
    lines = [f"# {hook} in {namespaces[home].path}: what is asked, the nearest first", ""]
    whole = plan.function(known)
    if whole is not None and plan.asked:
        lines += ["# All of it as one function, which answers an errno:", ""]
        lines += [*_function(whole.text, whole.values), "", "# Each control by itself, for the verdict vector:", ""]
    for seat in plan.asked:
        lines += _seat(seat, hook)
    if not plan.asked:
        lines += ["# nobody: it is granted"]
    return "\n".join(lines).rstrip() + "\n"


def _seat(seat: Seat, hook: str) -> Iterator[str]:
    control, namespace = seat.binding.control, seat.namespace
    yield f"# {namespace.path}: `{seat.binding.name}`, control {control.name}, mode {seat.binding.mode.value}"
    if seat.program is None:
        yield "# written in Python: it is called"
    else:
        made = functions(seat.program.program, hook)
        if made is None:
            yield "# too deep or too large for a function of Python's: the reference evaluator is asked"
        else:
            yield from _function(made.text, made.values)
    yield ""


def _function(text: str, values: Mapping[str, object]) -> Iterator[str]:
    """A generated function, and what its names stand for."""
    yield from text.rstrip("\n").splitlines()
    used = dict.fromkeys(name for name in _NAME.findall(text) if name in values)
    yield from (f"# {name} = {_shown(values[name])}" for name in used)


def _shown(value: object) -> str:
    """A value in a line."""
    match value:
        case Answer():
            errno = "" if value.errno is None else f" {value.errno.name}"
            return " ".join(part for part in (f"{value.stance.value}{errno}", value.rule, value.because) if part)
        case Observation():
            return f"observed by {value.rule}"
        case Glob():
            return f'"{value.text}"'
        case frozenset():
            text = "{" + ", ".join(sorted(_shown(each) for each in value)) + "}"
        case dict():
            text = "{" + ", ".join(f"{_shown(key)}: {_shown(each)}" for key, each in list(value.items())[:8]) + "}"
        case str():
            text = f'"{value}"'
        case type():
            text = value.__name__
        case _:
            text = str(value) if isinstance(value, int) else type(value).__name__
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
