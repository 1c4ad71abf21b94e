"""Answers with and without merging are the same, and those of trying everything; what is found replays as a test."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nslsm.controls.declare import namespace_tree
from nslsm.language.check.claims import Claim
from nslsm.report.exploration import as_test
from nslsm.simulation.cases import run_case
from nslsm.simulation.exploration import Exploration, Watch, explore, vocabulary
from nslsm.simulation.exploration.bench import Bench, Moment
from nslsm.simulation.exploration.search import begun
from nslsm.simulation.exploration.vocabulary import filled
from nslsm.simulation.machine import NotPossible
from tests.language.check.memory import checked

FILE_CONDITIONS = ('object.path == "/tmp/x"', "object.mark", "object.mode == 438", "object.owner == 1000")
TASK_CONDITIONS = ("subject.mark", "not subject.mark", "subject.uid == 0", 'subject.exe == "/bin/x"')
HOOKS = {
    "file_open": (*FILE_CONDITIONS, "flags has write"),
    "file_permission": FILE_CONDITIONS,
    "bprm_check_security": FILE_CONDITIONS,
    "path_unlink": ("object.mark",),
    "task_kill": ("object.mark", "object.uid == 0"),
    "task_fix_setuid": ("new.uid == 0",),
    "socket_connect": ("port == 22",),
    "task_alloc": ("true == true",),
    "path_rename": ("old.mark",),
    "path_link": ("old.mark",),
}
SETTABLE = {"file_open", "file_permission", "bprm_check_security", "path_unlink"}
WORDS = (
    *("open", "open", "read", "write", "close", "exec", "fork", "exit", "kill", "unlink", "setuid", "link", "rename"),
    *("connect", "unshare", "mmap", "thread", "chmod", "symlink", "mkdir", "ptrace", "truncate", "chdir", "vfork"),
)
RAISING = {
    "file_open": "open",
    "file_permission": "open, read",
    "bprm_check_security": "exec",
    "path_unlink": "unlink",
    "task_kill": "kill",
    "task_fix_setuid": "setuid",
    "socket_connect": "connect",
}
WORLD = """given {
    file "/tmp" { type = directory, mode = 0o777 }
    file "/tmp/x" { mode = 0o666, owner = 1000 }
    file "/bin/x" { mode = 0o4755, owner = 0 }
    task one in n.m
    task two in n.m
    task root in n { uid = 0 }
}"""


@st.composite
def conditions(draw: st.DrawFn, hook: str) -> str:
    chosen = draw(st.lists(st.sampled_from([*HOOKS[hook], *TASK_CONDITIONS]), max_size=2, unique=True))
    return f" when {' and '.join(chosen)}" if chosen else ""


@st.composite
def rules(draw: st.DrawFn) -> str:
    hook = draw(st.sampled_from(sorted(HOOKS)))
    condition = draw(conditions(hook))
    if draw(st.booleans()):
        return f"deny {hook}{condition}"
    denied = draw(st.sampled_from(["", "denied "]))
    thing = draw(st.sampled_from(["subject", *(["object"] if hook in SETTABLE or hook == "task_kill" else [])]))
    return f"on {denied}{hook}{condition} set {thing}.mark = {draw(st.sampled_from(['true', 'false']))}"


@st.composite
def policies(draw: st.DrawFn) -> str:
    said = "\n".join(draw(st.lists(rules(), min_size=1, max_size=4, unique=True)))
    hook = draw(st.sampled_from(sorted(RAISING)))
    more = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True))
    words = ", ".join(dict.fromkeys([*RAISING[hook].split(", "), *more]))
    marks = [f"{thing}.mark" for thing in ("subject", "object") if "object.mark" in HOOKS[hook] or thing == "subject"]
    condition = f" when {draw(st.sampled_from(marks))}" if draw(st.booleans()) else draw(conditions(hook))
    return f"""control c {{
        attr task.mark: bool = false join or
        attr file.mark: bool = false join or
        {said}
    }}
    namespace n {{ bind c namespace m {{ }} }}
    claim k {{ {WORLD} try {words} never {hook} in n{condition} }}"""


def claim_in(text: str) -> Claim | None:
    found = checked(text)
    return None if found.package is None else found.package.claims[0]


def answer(found: Exploration) -> tuple[int | None, bool, frozenset[str]]:
    """What a search says: how soon the claim is broken, whether anything was tried, what it hangs on."""
    return (None if found.broken is None else len(found.broken.steps), found.accesses > 0, found.undecided)


def plainly(claim: Claim, depth: int) -> int | None:
    """The same question put to every sequence there is, one after another: no state is compared with any other."""
    tree = namespace_tree(claim.root)
    tried = vocabulary(claim, tree)
    bench, watch = Bench(tree), Watch(claim, tree)
    frontier: Sequence[Moment] = [begun(bench, tried)]
    for level in range(1, depth + 1):
        following: list[Moment] = []
        for moment in frontier:
            living = sorted(moment.names)
            acts = (
                act
                for name in living
                for template in tried.templates
                for act in filled(template, name, living, f"task{moment.state.next_pid}")
            )
            for act in acts:
                bench.put(moment)
                try:
                    bench.perform_act(act)
                except NotPossible:
                    continue
                if any(each.breaks for before, one in bench.decided for each in watch.accesses(one, before)):
                    return level
                following.append(bench.take())
        frontier = following
    return None


@settings(max_examples=20, deadline=None)
@given(policies())
def test_with_and_without_merging_the_answers_are_the_same(text: str) -> None:
    claim = claim_in(text)
    if claim is None:
        return

    merged, apart = explore(claim, depth=3), explore(claim, depth=3, merge=False)

    assert answer(merged) == answer(apart)
    assert merged.states <= apart.states


@settings(max_examples=20, deadline=None)
@given(policies())
def test_a_search_finds_what_trying_everything_finds(text: str) -> None:
    claim = claim_in(text)
    if claim is None:
        return

    found = explore(claim, depth=2)

    assert (None if found.broken is None else len(found.broken.steps)) == plainly(claim, 2)


@settings(max_examples=20, deadline=None)
@given(policies())
def test_what_is_found_runs_as_a_test_of_the_policy(text: str) -> None:
    claim = claim_in(text)
    found = None if claim is None else explore(claim, depth=3)
    test = None if found is None else as_test(found)
    if test is None:
        return

    whole = checked(f"{text}\n{test}").package

    assert whole is not None
    assert [run_case(case).passed for case in whole.tests] == [True]


@pytest.mark.sweep
@settings(max_examples=600, deadline=None)
@given(policies())
def test_many_more_policies_have_the_same_answers(text: str) -> None:
    claim = claim_in(text)
    assume(claim is not None)  # some have effects that overlap, which the checker refuses

    merged, apart = explore(claim, depth=3), explore(claim, depth=3, merge=False)

    assert answer(merged) == answer(apart)
