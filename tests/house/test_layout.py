"""Files are small, named for what they are, and say so in their first line."""

import ast
from pathlib import Path

import pytest

from tests.house.checkout import PACKAGE, ROOT, files, modules

LINES = 400
"""Past this many lines, a second subject is likely to hide in a file."""

TEST_LINES = 500
"""Claims about one module stand together, even where they are many."""

LONGER = {
    "nslsm/api/task.py": (500, "one method of a line or two for each system call"),
    "nslsm/language/syntax/ast.py": (
        690,
        "one node for each thing that can be said; apart, they could not be compared",
    ),
    "nslsm/language/check/ir.py": (480, "one node for each thing that a typed program does"),
}
"""Files that may be longer, to what length, and why."""

VAGUE = {"common", "helper", "helpers", "misc", "shared", "stuff", "tools", "util", "utils"}
"""Names that say nothing: what is in such a file belongs to one of its callers."""

DECISION_LINES = 40


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_modules_first_line_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring is not None
    assert len(docstring.splitlines()[0]) >= 20


def test_files_are_short_enough_to_have_one_subject() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in [*modules(), *modules(ROOT / "tests")]}

    limits = {name: TEST_LINES if name.startswith("tests/") else LONGER.get(name, (LINES, ""))[0] for name in lengths}
    too_long = {name: lines for name, lines in lengths.items() if lines > limits[name]}

    assert too_long == {}


def test_no_file_keeps_a_leave_to_be_long_that_it_does_not_need() -> None:
    needless = [name for name in LONGER if len((ROOT / name).read_text().splitlines()) <= LINES]

    assert needless == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [name_of(path) for path in modules() if path.stem in VAGUE or path.parent.name in VAGUE]

    assert vague == []


def test_every_folder_of_modules_is_a_package() -> None:
    bare = {name_of(path.parent) for path in modules() if not (path.parent / "__init__.py").exists()}

    assert bare == set()


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").read_text() == ""


def test_a_decision_fits_on_a_page() -> None:
    pages = [path for path in files() if path.parent == ROOT / "docs" / "adr"]

    too_long = [name_of(path) for path in pages if len(path.read_text().splitlines()) > DECISION_LINES]

    assert pages
    assert too_long == []
