"""Several mistakes in one policy are as many findings, each at its place, and nothing follows from them."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nslsm.diagnostics import Span
from nslsm.language.check.package import Checked
from nslsm.language.load import check_modules
from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import parse
from nslsm.resources import examples_root, policies_root
from tests.language.check.memory import Memory, checked, shown


def _stands_alone(path: Path) -> bool:
    """Whether a policy was written by a person, and needs no other file of its folder: mistakes are made in one text alone."""
    lines = path.read_text().splitlines()
    words = [line.split() for line in lines if line.startswith("import ")]
    made = lines[0].startswith(('"""Profiles of AppArmor', '"""Policy '))
    return not made and not any((path.parent / f"{each[1]}.nslsm").exists() for each in words)


SHIPPED = {
    ".".join(path.relative_to(root).with_suffix("").parts if root == policies_root() else (path.stem,)): path
    for root in (policies_root(), examples_root())
    for path in sorted(root.rglob("*.nslsm"))
    if _stands_alone(path)
}
"""The policies that come with the package and stand alone, by the names of their modules."""


class Mistake(NamedTuple):
    """One change of a text that makes one thing in it wrong."""

    code: str
    span: Span
    text: str
    told_at: Span | None = None
    """Where it is told, if it is not where it was made: a comparison is wrong as a whole."""


STATEMENTS = (ast.Deny, ast.Confine, ast.On, ast.Audit, ast.Use, ast.Enter, ast.CallStep, ast.TaskStep, ast.FileStep)
"""What can be wrong without anything else being wrong for it. A mistake in what others are made of hides theirs."""


def mistakes(statement: ast.Node) -> Iterator[Mistake]:
    """Whatever can be made wrong in one statement."""
    match statement:
        case ast.Use():
            yield Mistake("unknown-control", statement.target.span, "ghost")
            for argument in statement.arguments:
                yield Mistake("unknown-argument", argument.name.span, "ghost")
        case ast.CallStep():
            yield from in_step(statement)
        case ast.TaskStep():
            yield from in_facts(statement.facts)
        case ast.FileStep():
            yield Mistake("bad-path", statement.path.span, '"ghost"')
            yield from in_facts(statement.facts)
        case ast.Deny() | ast.Confine() | ast.On() | ast.Audit() | ast.Enter():
            yield from in_rule(statement)


def in_facts(facts: tuple[ast.Argument, ...]) -> Iterator[Mistake]:
    """What can be made wrong in what a test says of a task or a file."""
    for fact in facts:
        yield Mistake("unknown-fact", fact.name.span, "ghost")
        if isinstance(fact.value, ast.Integer):
            yield Mistake("type-mismatch", fact.value.span, '"ghost"')


def in_step(statement: ast.CallStep) -> Iterator[Mistake]:
    """What can be made wrong in a step of a test."""
    yield Mistake("unknown-task", statement.task.span, "ghost")
    if statement.outcomes:  # where none stands, it is the outcome that lacks
        yield Mistake("unknown-call", statement.call.span, "ghost")
    for outcome in statement.outcomes:
        if outcome.within is not None:
            yield Mistake("unknown-namespace", outcome.within.span, "ghost")
        if outcome.errno is not None:
            yield Mistake("unknown-errno", outcome.errno.span, "EGHOST")


def in_rule(statement: ast.Deny | ast.Confine | ast.On | ast.Audit | ast.Enter) -> Iterator[Mistake]:
    """What can be made wrong in a rule."""
    for hook in statement.hooks:
        yield Mistake("unknown-hook", hook.span, "ghost")
    condition = statement.where if isinstance(statement, ast.Confine) else statement.when
    if condition is not None:
        yield Mistake("not-a-condition", condition.span, "3")
    yield from in_expressions(statement)


def in_expressions(statement: ast.Node) -> Iterator[Mistake]:
    """What can be made wrong in the expressions of a rule."""
    for node in statement.walk():
        match node:
            case ast.ErrnoLiteral():
                yield Mistake("unknown-errno", node.span, "EGHOST")
            case ast.Assign():
                yield Mistake("unknown-fact", node.target.name.span, "ghost")
            case ast.Member(base=ast.Reference(name="subject" | "object"), name=name):
                yield Mistake("unknown-fact", name.span, "ghost")
            case ast.Reference(name=name) if name not in ("subject", "object", "namespace"):
                yield Mistake("unknown-name", node.span, "ghost")
            case ast.Compare(operator="matches", right=ast.String() as pattern):
                yield Mistake("bad-glob", pattern.span, '"/ghost["')
            case ast.Compare(operator="==" | ">=" as operator, right=ast.Integer() as number):
                if operator == "==":
                    yield Mistake("type-mismatch", number.span, '"ghost"', node.span)
                else:
                    yield Mistake("not-ordered", number.span, '"ghost"')


def statements(tree: ast.Module) -> list[list[Mistake]]:
    """The mistakes that can be made in each statement of a module."""
    found = [list(mistakes(node)) for node in tree.walk() if isinstance(node, STATEMENTS) and not _is_part(tree, node)]
    return [each for each in found if each]


def _is_part(tree: ast.Module, node: ast.Node) -> bool:
    """Whether a use is the policy that a step of a test makes a namespace with: the step counts."""
    return isinstance(node, ast.Use) and any(
        isinstance(step, ast.CallStep) and step.policy is node
        for item in tree.items
        if isinstance(item, ast.Test)
        for step in item.steps
    )


def with_mistakes(name: str, made: list[Mistake]) -> Checked:
    """What comes of a shipped module with mistakes made in it."""
    path = SHIPPED[name]
    text = path.read_text(encoding="utf-8")
    for mistake in sorted(made, key=lambda each: each.span, reverse=True):
        lines = mistake.span.end_line - mistake.span.line
        kept = "\n" * lines + " " * (mistake.span.end_column - 1) if lines else ""
        text = text[: mistake.span.start] + mistake.text + kept + text[mistake.span.end :]
    beside = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.suffix in (".csv", ".json")}
    return check_modules([name], Memory({name: text}, beside))


def places(made: list[Mistake]) -> list[tuple[str, int, int]]:
    """Where the mistakes are in the text that has them all: code, line, column."""
    found = []
    for mistake in made:
        place = mistake.told_at or mistake.span
        before = [each for each in made if each.span.line == place.line and each.span.start < place.start]
        moved = sum(len(each.text) - (each.span.end - each.span.start) for each in before)
        found.append((mistake.code, place.line, place.column + moved))
    return sorted(found)


def found_at(result: Checked) -> list[tuple[str, int, int]]:
    return sorted((each.code.name, each.span.line, each.span.column) for each in result.diagnostics if each.span)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SHIPPED)), st.integers(0, 2**32), st.integers(3, 6))
def test_each_of_several_mistakes_is_found_at_its_place_and_nothing_else(name: str, seed: int, count: int) -> None:
    tree = parse(SHIPPED[name].read_text(encoding="utf-8"), f"{name}.nslsm")
    randomly = random.Random(seed)
    possible = statements(tree)
    chosen = randomly.sample(possible, min(count, len(possible)))
    made = [randomly.choice(each) for each in chosen]

    result = with_mistakes(name, made)

    assert found_at(result) == places(made), shown(result)


def of_kinds(tree: ast.Module) -> Iterator[Mistake]:
    """Attributes on what is no kind of thing, tasks in what is no namespace."""
    for node in tree.walk():
        if isinstance(node, ast.TaskStep):
            yield Mistake("unknown-namespace", node.namespace.span, "ghost")
        if isinstance(node, ast.Attribute):
            yield Mistake("unknown-kind", node.kind.span, "ghost")


def in_declarations(tree: ast.Module) -> Iterator[Mistake]:
    """What can be made wrong in what others are made of: imports, operations, tables, names, parameters, attributes."""
    for node in tree.walk():
        match node:
            case ast.Import():
                yield Mistake("unknown-module", node.module.span, f"{node.module}x")
                yield from (Mistake("unknown-name", name.span, "ghost") for name in node.names)
            case ast.Operation(hooks=hooks):
                for part in hooks:
                    yield Mistake("unknown-hook", part.hook.span, "ghost")
                    if part.when is not None:
                        yield Mistake("not-a-condition", part.when.span, "3")
            case ast.Parameter() | ast.Attribute():
                yield Mistake("unknown-type", node.type.span, "ghost")
                if node.default is not None:
                    yield Mistake("unknown-name", node.default.span, "ghost")
            case ast.Let():
                yield Mistake("unknown-name", node.value.span, "ghost")
            case ast.Table(value=value, source=source):
                if value is not None:
                    yield Mistake("unknown-type", value.span, "ghost")
                if source is not None:
                    yield Mistake("table-data", source.span, '"ghost.csv"')
            case ast.Annotation():
                yield Mistake("unknown-annotation", node.name.span, "ghost")


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_mistake_in_what_others_are_made_of_is_found_once_where_it_is(name: str) -> None:
    tree = parse(SHIPPED[name].read_text(encoding="utf-8"), f"{name}.nslsm")

    for mistake in (*in_declarations(tree), *of_kinds(tree)):
        result = with_mistakes(name, [mistake])
        assert found_at(result) == places([mistake]), shown(result)


END = "control c { deny file_open }  namespace n { bind c }"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("control c { deny file_open when basename(size(lib.z.uid)) == 3 }", "unknown-name"),
        ("control c { deny file_open when lib.t.x(3) }", "unknown-name"),
        ("control c { deny lib.o.x }", "unknown-hook"),
        ("namespace n { bind lib.k.x }", "unknown-control"),
        ('test "t" { task a in lib.m.x }', "unknown-namespace"),
    ],
)
def test_a_name_that_leads_on_from_what_is_no_module_is_one_finding(text: str, code: str) -> None:
    library = """let z = subject.uid + 1  operation o = file_open  control k { deny o }  table t(a: int) = { 3 }
    namespace m { bind k  namespace i { } }"""

    assert [each.code.name for each in checked(f"import lib {text}", {"lib": library}).diagnostics] == [code]


LITERALS = (
    ("deny file_open when subject.uid == 99999999999999999999", "number-range"),
    ('deny file_open when object.path == "/a\\q"', "bad-escape"),
    ("deny socket_connect when address == 10.0.0.256", "bad-address"),
    ("deny socket_connect when address in 10.0.0.1/8", "bad-network"),
    ("deny file_open with EGHOST", "unknown-errno"),
    ('deny file_open because "\\q"', "bad-escape"),
)


@pytest.mark.parametrize(("rule", "code"), LITERALS)
def test_a_literal_that_is_wrong_hides_nothing_else(rule: str, code: str) -> None:
    text = f"""
    import base
    let wanted = ghost
    control c {{
        attr task.seen: bool = false
        on file_open set subject.seen = true
        {rule}
        deny file_opne
        deny task_kill when object.seen and wanted == 3
    }}
    namespace n {{ bind c  seal }}
    test "t" {{ task a in n  a opne "/x" -> allow  a open "/x" -> deny by c  expect a.c.seen }}
    """

    assert [each.code.name for each in checked(text).diagnostics] == [
        "unknown-name",
        code,
        "unknown-hook",
        "unknown-call",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('table t(p: path) -> int = from "\\q" else 0  control c { deny file_open when t(object.path) == 3 }', "bad-escape"),
        ("table t(n: int) = { 99999999999999999999 }  control c { deny file_open when t(subject.uid) }", "number-range"),
        ("let many = 99999999999999999999  control c { deny file_open when subject.uid == many }", "number-range"),
        ('@ref(hipaa, "\\q") @title("\\q") control c { deny file_open }', "bad-escape"),
        (f'{END} test "\\q" {{ task a in n }} test "\\q" {{ task a in n }}', "bad-escape"),
        (f'{END} test "t" {{ file "\\q" {{ }} task a in n  a open "/x" -> deny }}', "bad-escape"),
        (f'{END} test "t" {{ task a in n  a connect 10.0.0.1:99999 -> allow }}', "bad-port"),
        ("control d(n: int = 99999999999999999999) { deny file_open when subject.uid == n }", "number-range"),
        ("control c { deny file_open }  namespace n { bind c  limit depth = 99999999999999999999 }", "number-range"),
        ("operation o = file_open when subject.uid == 99999999999999999999  control c { deny o }", "number-range"),
    ],
)  # fmt: skip
def test_nothing_follows_from_a_literal_that_is_wrong(text: str, code: str) -> None:
    assert {each.code.name for each in checked(text).diagnostics} == {code}
