"""Programs as generated functions: what is too much for Python, what is unknown, and shapes that take a way of their own."""

from dataclasses import replace
from random import Random

import pytest

import nslsm
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.types import BOOL, UNKNOWN
from nslsm.language.check import ir
from nslsm.language.check.glob import Glob
from nslsm.language.program.compile import compiled, paths
from nslsm.language.program.compile.compiled import CompiledProgram, functions
from nslsm.language.program.compile.names import Names, Undecided
from nslsm.language.program.operators import is_under
from nslsm.protocol.opinion import Stance
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, Task
from nslsm.protocol.view import View

PATTERNS = (
    "/srv/**", "/srv/*", "/srv**", "/srv*", "/etc/passwd", "/etc/pass*", "/**", "/*", "/srv/*.log", "/srv/{a,b}/**", "/ä/**",
    "/srv/?", "/srv/[ab]*", "/srv/a\\*",
)  # fmt: skip
PATHS = (
    "", "/", "/srv", "/srv/", "/srv/a", "/srv/a/", "/srv/a/b", "/srv//a", "/srvx", "/srv/a.log", "/etc/passwd", "/etc/password",
    "/etc/pass/x", "/ä/b", "/ä/", "/srv/a*", "x", "/srv/a\nb", "/srv/\udc80", "pipe:[1]",
)  # fmt: skip
DIRECTORIES = ("/", "/srv", "/srv/", "/srv/a", "/etc/passwd", "", "/ä", "/srv/a/b/")


@pytest.mark.parametrize("few", [0, 3, 12])
def test_tests_of_paths_say_what_globs_and_directories_say(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "FEW", few)
    chance = Random(few)

    for _ in range(300):
        globs = tuple(Glob(text) for text in chance.sample(PATTERNS, chance.randrange(1, 6)))
        directories = frozenset(chance.sample(DIRECTORIES, chance.randrange(1, 5)))
        names = Names()
        matching = eval(f"lambda p: {paths.matching('p', globs, names)}", names.values)
        under = eval(f"lambda p: {paths.under('p', directories, names)}", names.values)
        for path in PATHS:
            assert bool(matching(path)) is any(glob.matches(path) for glob in globs), (path, globs)
            assert bool(under(path)) is any(is_under(path, each) for each in directories), (path, directories)


def program(rules: str, tmp_path_factory: pytest.TempPathFactory) -> ir.Control:
    """The program of a control with these rules."""
    folder = tmp_path_factory.mktemp("policy")
    (folder / "p.nslsm").write_text(f"control c {{\n{rules}\n}}\nnamespace host {{ bind c }}\n")
    binding = nslsm.load_policy(folder / "p.nslsm").tree().namespaces[0].bindings[0]
    return binding.control.program  # type: ignore[attr-defined, no-any-return]


def opening(path: object, flags: object = frozenset({"read"})) -> Request:
    """Somebody opens a file."""
    subject = Task(pid=2, tgid=2, ppid=1, credentials=Credentials())
    file = File(path, Identity("file", 9))  # type: ignore[arg-type]
    return Request(CATALOGUE["file_open"], subject, file, (flags,))  # type: ignore[arg-type]


NOBODY: View = None  # type: ignore[assignment] # what these programs read, no view tells


def test_what_no_fact_that_is_read_is_unknown_for_is_answered_by_the_function(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = functions(
        program('deny file_open when object.path == "/a" and object.owner == 7', tmp_path_factory), "file_open"
    )

    assert made is not None
    answer = made.judge(opening("/b"), NOBODY)
    assert answer is not None
    assert answer.stance is Stance.ABSTAIN  # whoever owns it
    with pytest.raises(Undecided):
        made.judge(opening("/a"), NOBODY)
    assert CompiledProgram(program("deny file_open when object.owner == 7", tmp_path_factory)).judge(
        opening("/a"), NOBODY
    ).unknown == {"object.owner"}


def test_an_unknown_object_is_left_to_the_reference(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = functions(program('deny file_open when object.path == "/a"', tmp_path_factory), "file_open")

    assert made is not None
    assert made.judge(opening("/a")._replace(object=UNKNOWN), NOBODY) is None
    with pytest.raises(Undecided):
        made.judge(opening(UNKNOWN), NOBODY)


def test_a_condition_too_deep_for_python_is_left_to_the_reference(tmp_path_factory: pytest.TempPathFactory) -> None:
    control = program('deny file_open when object.path == "/a"', tmp_path_factory)
    rule = control.rules[0]
    assert isinstance(rule, ir.Deny)
    deep: ir.Expr = ir.Constant(value=True, type=BOOL)
    for _ in range(400):
        deep = ir.Not(deep, BOOL)

    assert functions(replace(control, rules=(replace(rule, when=deep),)), "file_open") is None


def test_functions_are_made_for_what_is_asked_often(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(compiled, "functions", lambda _, hook: asked.append(hook))
    decider = CompiledProgram(program('deny file_open when object.path == "/a"', tmp_path_factory))

    for _ in range(compiled.PATIENCE):
        assert decider.judge(opening("/a"), NOBODY).stance is Stance.DENY
    assert asked == []
    for _ in range(3):
        assert decider.judge(opening("/a"), NOBODY).stance is Stance.DENY
    assert asked == ["file_open"]
