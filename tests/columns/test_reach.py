"""What a policy's answers can hang on: found in its programs, and rather too much than too little."""

from pathlib import Path

import pytest

from nslsm.api.policies import load_policy
from nslsm.columns.reach import Reach, reach_of

ALWAYS = "module p\nimport std.operations (read, write, exec)\n"


def reach(folder: Path, rules: str, namespace: str = "") -> Reach:
    (folder / "p.nslsm").write_text(f"{ALWAYS}control c {{\n{rules}\n}}\nnamespace host {{ bind c {namespace} }}\n")
    return reach_of(load_policy(folder / "p.nslsm").tree().namespaces)


@pytest.mark.parametrize(
    ("rules", "facts"),
    [
        ('deny read when subject.exe == "/bin/x"', ("exe",)),
        ("deny read when subject.uid == 0 and CAP_KILL in subject.effective", ("uid", "effective")),
        ('deny task_kill when object.comm == "x"', ("comm",)),
        ("deny read", ()),
        ("let known = subject.pid > 3\ndeny read when known", ("pid",)),
        ("attr task.a: bool = object.euid == 0\ndeny read when subject.a", ("euid",)),
    ],
)
def test_facts_of_tasks_that_are_read_anywhere_are_reached(rules: str, facts: tuple[str, ...], tmp_path: Path) -> None:
    assert reach(tmp_path, rules).subject == facts


@pytest.mark.parametrize(
    "rules",
    ["deny task_kill when subject.is_ancestor_of(object)", "deny task_kill when subject.same_process_as(object)"],
)
def test_who_is_who_matters_where_tasks_are_held_against_one_another(rules: str, tmp_path: Path) -> None:
    found = reach(tmp_path, rules)

    assert found.identities
    assert {"pid", "tgid", "ppid"} <= set(found.subject)


def test_effects_last_and_moves_move(tmp_path: Path) -> None:
    assert reach(tmp_path, "attr task.a: bool = false\non read set subject.a = true").lasting
    assert reach(tmp_path, "deny read", "namespace inner { enter on exec }").moving
    still = reach(tmp_path, "attr task.a: bool = false\ndeny read when subject.a")
    assert (still.lasting, still.moving) == (False, False)


@pytest.mark.parametrize(
    ("rules", "counted"),
    [
        ('deny read when object.path matches "/srv/**"', True),
        ('deny read when object.path under "/srv" or object.path == "/etc"', True),
        ('deny read when object.path in {"/a", "/b"}', True),
        ('deny read when basename(object.path) == "x"', False),
        ("deny read when object.path == subject.exe", False),
        ('deny read when object.parent.path == "/srv"', False),
        ('deny read when object.dpath == "/srv/"', False),
        ("attr file.a: bool = false\non read set object.a = true", False),
        ('attr file.a: bool = object.path matches "/a/**"\ndeny read when object.a', True),
        ('attr task.a: bool = false\non read when object.path under "/a" set subject.a = true', True),
    ],
)
def test_paths_are_told_apart_by_tests_alone_where_nothing_else_hangs_on_them(
    rules: str, counted: bool, tmp_path: Path
) -> None:
    assert (reach(tmp_path, rules).tests is not None) == counted
