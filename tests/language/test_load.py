"""Loading: modules by name, through folders, each once; what they import, and no more."""

import pytest

from nslsm.language.load import ModuleText, check_modules, is_inside
from nslsm.language.syntax.parse import SyntaxFailure, decode
from tests.language.check.memory import Memory, checked, codes, findings, package, shown

CONTROL = "control {name} {{ deny task_kill }}"


class Watched(Memory):
    """Memory that remembers which modules it was asked for."""

    def module(self, name: str) -> ModuleText | None:
        self.asked = [*getattr(self, "asked", []), name]
        return super().module(name)


def one(name: str) -> str:
    return CONTROL.format(name=name)


def test_only_the_modules_of_a_folder_that_are_named_are_read() -> None:
    port = Watched(
        {
            "case": "import lib namespace host { bind lib.a bind lib.deep.b }",
            "lib.a": one("a"),
            "lib.c": "this is no policy at all",
            "lib.deep.b": one("b"),
            "lib.deep.d": "neither is this",
        }
    )

    found = check_modules(["case"], port)

    assert not found.diagnostics, shown(found)
    assert set(port.asked) == {"case", "lib", "lib.a", "lib.deep", "lib.deep.b"}
    assert len(port.asked) == len(set(port.asked))


def test_a_folder_that_is_asked_for_stands_for_all_that_is_in_it() -> None:
    port = Memory({"lib.a": one("a"), "lib.deep.b": one("b")})

    found = check_modules(["lib"], port).require()

    assert found.roots == ("lib.a", "lib.deep.b")


def test_a_module_stands_for_the_control_or_policy_that_has_its_last_name() -> None:
    modules = {"lib.a": f"{one('a')} {one('other')}", "lib.p": "import lib policy p { use lib.a }"}
    found = package("import lib namespace host { bind lib.a bind lib.p as q bind lib.a.other }", modules)

    assert set(found.controls) == {"lib.a", "lib.a.other"}
    assert [bind.name for bind in found.namespaces["case.host"].binds] == ["a", "other"]


@pytest.mark.parametrize(
    "imports",
    [
        ("import lib", "lib.a"),
        ("import lib.a", "lib.a"),
        ("import lib.a as x", "x"),
        ("import lib as l", "l.a"),
        ("import lib (a)", "a"),
        ("import lib.a (a)", "a"),
        ("import lib.a import lib", "lib.a"),
    ],
)
def test_a_control_is_named_by_whatever_way_it_was_imported(imports: tuple[str, str]) -> None:
    text = f"{imports[0]} namespace host {{ bind {imports[1]} }}"

    assert set(package(text, {"lib.a": one("a")}).controls) == {"lib.a"}


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("import lib namespace h { bind lib.nothing }", "unknown-control: no control or policy is called `lib.nothing` here"),
        (
            "import lib namespace h { bind lib }",
            "unknown-control: `lib` is a module, and it declares no control or policy called `lib`",
        ),
        ("import lib.b", "unknown-module: module `lib` has no `b` in it"),
        ("import libs", "unknown-module: no module is called `libs`"),
        ("import lib.a (b)", "unknown-name: module `lib.a` declares no `b`"),
        ("import lib (b)", "unknown-name: module `lib` declares no `b`"),
        ("import lib.a (a) control a { deny task_kill }", "duplicate-name: `a` is both imported and declared in this module"),
        ("import lib control lib { deny task_kill }", "duplicate-name: `lib` is both imported and declared in this module"),
        ("import lib.a as x import lib.x as x", "duplicate-name: `x` is imported twice"),
        ("import lib.a (limit) import lib.x (limit)", "duplicate-name: `limit` is imported twice, from different modules"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_import_is_one_finding(text: str, finding: str) -> None:
    modules = {"lib.a": f"{one('a')} let limit = 3", "lib.x": "let limit = 4"}

    assert findings(text, modules) == [finding]


def test_an_import_that_is_missing_makes_no_names_unknown() -> None:
    text = """
    import nothing
    import nobody as n
    import nowhere (staff, watch)
    control c { deny watch when subject.uid in staff or nothing.x(3) or n.y == nothing.z }
    namespace host { bind nothing.q  bind n.r }
    """

    assert codes(text) == ["unknown-module", "unknown-module", "unknown-module"]


def test_a_cycle_of_imports_is_shown_once() -> None:
    modules = {"a": "import b", "b": "import c", "c": "import a import case"}

    assert findings("import a", modules) == [
        "import-cycle: modules import one another: `a` → `b` → `c` → `a`",
        "import-cycle: modules import one another: `case` → `a` → `b` → `c` → `case`",
    ]


def test_a_module_that_imports_itself_is_a_cycle() -> None:
    assert findings("import case") == ["import-cycle: module `case` imports itself"]


def test_two_modules_of_a_folder_may_import_the_folder() -> None:
    modules = {
        "lib.a": "import lib policy a { use lib.b }",
        "lib.b": "import lib control b { deny task_kill when lib.c.x }",
        "lib.c": "let x = subject.uid == 0",
    }

    assert codes("import lib namespace h { bind lib.a }", modules) == []


def test_a_folder_s_modules_in_a_circle_are_a_cycle() -> None:
    modules = {"lib.a": "import lib policy a { use lib.b }", "lib.b": "import lib policy b { use lib.a }"}

    assert "import-cycle" in codes("import lib namespace h { bind lib.a }", modules)


def test_a_module_and_what_another_declares_cannot_have_one_name() -> None:
    modules = {"lib": f"{one('a')} {one('x')}", "lib.a": one("a")}

    assert "duplicate-name" in codes("import lib namespace h { bind lib.a }", modules)


def test_what_is_asked_for_and_not_there_is_said_with_what_may_be_meant() -> None:
    found = check_modules(["bsae"], Memory({}))

    assert [(each.code.name, each.help) for each in found.diagnostics] == [("unknown-module", "did you mean `base`?")]


def test_a_module_that_does_not_parse_is_reported_and_hides_nothing_else() -> None:
    modules = {"lib.a": "control { deny }", "lib.b": "control b { deny task_kil }"}
    found = checked("import lib namespace h { bind lib.a bind lib.a.x bind lib.b }", modules)

    names = [(each.span and each.span.source, each.code.name) for each in found.diagnostics]
    assert {source for source, _ in names} == {"lib.a.nslsm", "lib.b.nslsm"}
    assert ("lib.b.nslsm", "unknown-hook") in names


def test_a_module_that_cannot_be_decoded_is_reported() -> None:
    class Damaged(Memory):
        def module(self, name: str) -> ModuleText | None:
            if name == "bad":
                decode(b"control \xff", "bad.nslsm")
            return super().module(name)

    found = check_modules(["case"], Damaged({"case": "import bad namespace h { bind bad.x }"}))

    assert [each.code.name for each in found.diagnostics] == ["not-utf8"]


def test_findings_of_several_modules_come_module_by_module_in_order() -> None:
    modules = {"a": "\n\ncontrol x { deny task_kil }\ncontrol y { deny task_kil }"}
    found = checked("import a\ncontrol c { deny task_kil }", modules)

    assert [(each.span and (each.span.source, each.span.line)) for each in found.diagnostics] == [
        ("case.nslsm", 2), ("a.nslsm", 3), ("a.nslsm", 4)
    ]  # fmt: skip


def test_tests_are_those_of_the_modules_that_were_asked_for() -> None:
    modules = {"a": 'namespace n { } test "one" { task t in n }'}

    assert package("import a (n) let x = 3", modules).tests == ()
    assert [case.title for case in check_modules(["a"], Memory(modules)).require().tests] == ["one"]


def test_more_modules_than_the_limit_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nslsm.language.load.MAX_MODULES", 3)
    port = Memory({f"lib.m{n}": one(f"m{n}") for n in range(6)})

    assert "over-limit" in [each.code.name for each in check_modules(["lib"], port).diagnostics]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../x", "/x", "./x", "a//x", "a\\x", "C:x", "a\0"])
def test_names_that_lead_elsewhere_are_not_inside(name: str) -> None:
    assert not is_inside(name)


def test_names_of_files_beside_and_below_are_inside() -> None:
    assert is_inside("x.csv")
    assert is_inside("data/x y.csv")
    assert is_inside("..x")


def test_a_syntax_failure_of_the_port_is_not_raised() -> None:
    with pytest.raises(SyntaxFailure):
        decode(b"\xff", "x")
