"""Searches for a break of a claim, for people: what was searched, and what was found, as a test that replays it."""

from collections.abc import Iterable
from typing import Final

from nslsm.language.syntax.format import format_module
from nslsm.language.syntax.unparse_expression import quote
from nslsm.report.page import Fitted, Page
from nslsm.report.styles import DENIED, DIM, GRANTED, HEADING, INDETERMINATE
from nslsm.report.summary import count, number
from nslsm.simulation.exploration import Access, Exploration
from nslsm.simulation.exploration.telling import told

SHOWN: Final = 12
"""How many words, paths or facts a line lists before it counts."""


def render_exploration(found: Exploration) -> Fitted:
    """What came of one search."""

    def write(page: Page) -> None:
        page.line((found.claim.name, HEADING), *([f": {found.claim.doc}"] if found.claim.doc else []))
        _answer(page, found)
        _scope(page, found)
        text = as_test(found)
        if text is not None:
            page.gap()
            for line in text.splitlines():
                page.exact(line)

    return Fitted(write)


def _answer(page: Page, found: Exploration) -> None:
    if found.broken is not None:
        steps = len(found.broken.steps)
        page.line(
            ("BROKEN", DENIED), f" after {count(steps, 'step')}, no fewer: {_access(found.broken.access)}", indent=2
        )
        return
    if found.undecided:
        facts = _some(sorted(found.undecided))
        page.line(("NOT DECIDED", INDETERMINATE), f": whether it breaks hangs on unknown facts: {facts}", indent=2)
    elif not found.exhaustive:
        page.line(("NOT SHOWN", INDETERMINATE), ": no break was found, and not everything was tried", indent=2)
    elif not found.accesses:
        page.line(("NOTHING TRIED", INDETERMINATE), ": no step came to an operation of the claim there", indent=2)
    else:
        page.line(("holds", GRANTED), f" for all sequences of {_bound(found)}", indent=2)


def _bound(found: Exploration) -> str:
    return "any length: nothing new can be reached" if found.closed else f"up to {count(found.depth, 'step')}"


def _access(access: Access) -> str:
    request = access.judgement.request
    path = getattr(request.object, "path", None)
    about = f" of {path}" if isinstance(path, str) and path else ""
    return f"`{request.hook.name}`{about} is granted in {access.never.namespace}"


def _scope(page: Page, found: Exploration) -> None:
    """What was tried: the bound of what the answer says."""
    tried = found.vocabulary
    page.line((f"tried: {_some(tried.words)}, as {count(len(tried.templates), 'step')}", DIM), indent=2)
    page.line((f"by {_some(tried.tasks)} and those that they make", DIM), indent=2)
    if found.broken is None and not found.exhaustive:
        deep = "nothing is exhausted" if not found.searched else f"exhaustive up to {count(found.searched, 'step')}"
        page.line(
            (f"not exhaustive: stopped at the limit of {count(found.states, 'state')}; {deep}", INDETERMINATE), indent=2
        )
    merged = f", not merged: {found.unmerged}" if found.unmerged else "" if found.merging else ", not merged"
    how = "exhaustive within that: " if found.exhaustive and found.broken is None else ""
    page.line((f"{how}{count(found.states, 'state')}, {count(found.transitions, 'transition')}{merged}", DIM), indent=2)
    if found.unsure and found.broken is None:
        facts = _some(sorted(found.unsure))
        page.line((f"steps whose verdict hung on unknown facts count as refused: {facts}", INDETERMINATE), indent=2)


def _some(items: Iterable[str]) -> str:
    listed = list(items)
    rest = f" and {number(len(listed) - SHOWN)} more" if len(listed) > SHOWN else ""
    return ", ".join(listed[:SHOWN]) + rest


def as_test(found: Exploration) -> str | None:
    """The sequence that breaks the claim, as a test in the language; None where none was found."""
    sequence = told(found)
    if sequence is None or found.broken is None:
        return None
    name = found.claim.name.rpartition(".")[2]
    lines = "\n".join((*sequence.given, "", *sequence.judged))
    title = quote(f"{name} is broken: {_access(found.broken.access).replace('`', '')}")
    return format_module(f"test {title} {{\n{lines}\n}}\n", name)


def as_module(found: Exploration, module: str) -> str | None:
    """The same as a module of its own, to stand beside the policy; ``module`` is the one that declares the namespaces."""
    test = as_test(found)
    if test is None:
        return None
    return format_module(f"import {module} ({found.claim.root.name})\n\n{test}", found.claim.name)


def as_scenario(found: Exploration, policy: str, profile: str) -> str | None:
    """The same as a scenario for ``nslsm simulate``; ``policy`` is what the scenario names it by."""
    from nslsm.simulation.exploration.scenario import scenario_text  # noqa: PLC0415

    return scenario_text(found, policy, profile)
