"""``unused-import``: what nothing in the module speaks of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics.fixing import fixed
from tests.language.check.memory import checked
from tests.language.check.rules.lint import found, places

CODE = "unused-import"
LIBRARY = {
    "lib.parts": "let staff = {1} operation peek = file_open control own { deny task_kill } policy floor { use own }",
    "lib.other": "table ports(port: int) = { 22 } control other { deny task_kill }",
    "lib.tree": "control c { deny task_kill } namespace host { namespace web { bind c } }",
}
OPERATIONS = ("read", "write", "create", "delete", "exec", "connect", "signal")


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ("import lib", ["lib"]),
        ("import lib.parts as p", ["p"]),
        ("import lib.parts", ["lib.parts"]),
        ("import lib.parts (staff, peek, own, floor)", ["staff", "peek", "own", "floor"]),
        ("import lib.parts (staff, peek)  control c { deny peek }", ["staff"]),
        ("import lib  import lib.parts  control c { deny lib.parts.peek }", ["lib"]),
        ("import lib.parts (peek)  import lib.parts (peek)  control c { deny peek }", ["peek"]),
        ("import lib  import lib  control c { deny lib.parts.peek }", ["lib"]),
        ('import lib.parts as hipaa  @ref(hipaa, "164.312(a)(1)") control c { deny task_kill }', ["hipaa"]),
    ],
)  # fmt: skip
def test_a_name_that_nothing_uses_is_reported_where_it_stands(text: str, unused: list[str]) -> None:
    assert places(CODE, text, LIBRARY) == unused


@pytest.mark.parametrize(
    "text",
    [
        "import lib  namespace n { bind lib.parts.own }",
        "import lib.parts as p  control c { deny p.peek when subject.uid in p.staff }",
        "import lib.parts  policy mine { use lib.parts.floor }",
        "import lib.other  control c { deny socket_connect when lib.other.ports(port) }",
        "import lib.parts (staff)  control c(who: set of int = staff) { deny file_open when subject.uid in who }",
        "import lib.parts (staff)  let more = staff + {2}  control c { deny file_open when subject.uid in more }",
        "import lib.parts (staff)  control c { let nobody_reads = staff  deny task_kill }",
        "import lib.parts (own)  namespace n { lock { own } }",
        'import lib.parts (floor)  namespace n { }  test "t" { task a in n  a unshare "k" with floor -> allow }',
        'import lib.tree (host)  test "t" { task a in host  a open "/x" -> allow }',
        'import lib.tree (host)  test "t" { task a in web  a open "/x" -> allow }',
        'import lib.tree  test "t" { task a in lib.tree.host  a open "/x" -> allow }',
        "import lib.parts (peek)  namespace n { namespace m { enter on peek } }",
        "import lib.parts (peek)  operation look = peek, file_permission  control c { deny look }",
    ],
)  # fmt: skip
def test_any_use_is_a_use(text: str) -> None:
    assert places(CODE, text, LIBRARY) == []


def test_imports_of_imported_modules_are_looked_at_too_with_what_only_their_tests_use() -> None:
    modules = {
        "mine": """import lib.parts (staff, peek)  import lib.other
        control own { deny task_kill }  namespace n { bind own }
        test "t" { task a in n { uid = size(staff) }  a open "/x" -> allow }"""
    }

    assert places(CODE, "import mine  namespace n { bind mine.own }", {**LIBRARY, **modules}) == ["peek", "lib.other"]


def test_a_second_import_is_told_as_such() -> None:
    (finding,) = found(CODE, "import lib  import lib  namespace n { bind lib.parts.own }", LIBRARY)

    assert finding.message == "`lib` is imported already"


def test_where_something_is_wrong_nothing_is_said_of_imports() -> None:
    codes = [
        each.code.name for each in checked("import lib.parts (peek)  control c { deny peak }", LIBRARY).diagnostics
    ]

    assert codes == ["unknown-hook"]


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("import lib.parts (staff)\ncontrol c { deny task_kill }\n", "control c { deny task_kill }\n"),
        ("import lib\ncontrol c { deny task_kill }\n", "control c { deny task_kill }\n"),
        (
            "import lib.parts (staff, peek)\ncontrol c { deny peek }\n",
            "import lib.parts (peek)\ncontrol c { deny peek }\n",
        ),
        (
            "import lib.parts (peek, staff)\ncontrol c { deny peek }\n",
            "import lib.parts (peek)\ncontrol c { deny peek }\n",
        ),
        (
            "import lib.parts (own, peek, staff)\ncontrol c { deny peek }\n",
            "import lib.parts (peek)\ncontrol c { deny peek }\n",
        ),
        (
            "import lib.parts (  # what it has\n  own,  # theirs\n  peek)\ncontrol c { deny peek }\n",
            "import lib.parts (  # what it has\n  own,  # theirs\n  peek)\ncontrol c { deny peek }\n",
        ),
    ],
)
def test_the_fix_takes_out_what_is_of_no_use_and_leaves_comments_alone(text: str, mended: str) -> None:
    for _ in range(3):
        text = fixed(text, "case.nslsm", found(CODE, text, LIBRARY)).text

    assert text == mended


@given(st.frozensets(st.sampled_from(OPERATIONS), min_size=1), st.frozensets(st.sampled_from(OPERATIONS), min_size=1))
def test_what_is_reported_is_what_is_imported_and_not_used(imported: frozenset[str], used: frozenset[str]) -> None:
    used &= imported
    rules = " ".join(f"deny {name}" for name in sorted(used))
    text = f"import std.operations ({', '.join(sorted(imported))})  control c {{ deny task_kill {rules} }}"

    assert sorted(places(CODE, text)) == sorted(imported - used)
