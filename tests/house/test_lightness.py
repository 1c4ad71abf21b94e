"""Importing nslsm costs next to nothing: what is heavy is loaded by those who use it."""

import sys

import pytest

from tests.house.checkout import run, succeed

HEAVY = {
    "asyncio",
    "click",
    "email",
    "http",
    "lark",
    "multiprocessing",
    "pydantic",
    "rich",
    "sqlite3",
    "structlog",
    "unittest",
}


MAY = {
    *(
        "abc",
        "annotationlib",
        "collections",
        "contextlib",
        "copyreg",
        "enum",
        "functools",
        "importlib",
        "io",
        "itertools",
    ),
    *("keyword", "operator", "os", "re", "reprlib", "sys", "types", "typing", "warnings"),
}
"""What `import nslsm` may load of the standard library: what typing and enum are made of, in any version."""
OWN = {"nslsm", "nslsm.version"}
COMMAND = OWN | {"nslsm.cli", "nslsm.cli.main"}
"""What it may load of ours, and what the command may to say its version."""


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after ``statement``, over those that it begins with."""
    program = (
        f"import sys\nbefore = set(sys.modules)\n{statement}\nprint(*sorted(set(sys.modules) - before), sep='\\n')"
    )
    return set(succeed([sys.executable, "-c", program]).split("\n")[-200:])


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_by("import nslsm")

    assert "nslsm" in loaded
    assert roots(loaded) - {"nslsm", ""} <= sys.stdlib_module_names
    assert roots(loaded) & HEAVY == set()


@pytest.mark.parametrize(
    ("statement", "own"),
    [("import nslsm", OWN), ("from nslsm.cli.main import main; main(['--version'])", COMMAND)],
)
def test_to_begin_loads_no_module_but_these(statement: str, own: set[str]) -> None:
    loaded = {name for name in loaded_by(statement) if name and " " not in name}

    ours = {name for name in loaded if name.partition(".")[0] == "nslsm"}
    others = {root for root in roots(loaded - ours) if not root.startswith("_")}
    assert ours <= own
    assert others <= MAY


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [("--version", {"nslsm"}), ("--help", {"nslsm", "click"})],
)
def test_a_question_about_the_program_loads_no_verb(arguments: str, allowed: set[str]) -> None:
    code = f"from nslsm.cli.main import main; main(['{arguments}'])"

    loaded = loaded_by(code)

    assert "nslsm.cli.main" in loaded
    assert not loaded & {"nslsm.cli.check", "nslsm.cli.hooks", "nslsm.language", "nslsm.kernel", "nslsm.hooks"}
    assert roots(loaded) & HEAVY <= allowed


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_the_packages(option: str) -> None:
    import nslsm

    ended = run([sys.executable, "-m", "nslsm", option])

    assert (ended.returncode, ended.stdout) == (0, f"nslsm {nslsm.__version__}\n")
