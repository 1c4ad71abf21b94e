"""Modules, lets, tables, operations, controls, policies, namespaces: each construct with the tree it gives."""

import pytest

from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import parse
from tests.language.syntax.nodes import (
    S,
    address,
    argument,
    arithmetic,
    boolean,
    compare,
    control,
    dotted,
    errno,
    hook,
    hooks,
    item,
    kind,
    member,
    members,
    name,
    namespace_member,
    network,
    number,
    ref,
    text,
    use,
)

# Modules


def test_an_empty_text_is_an_empty_module() -> None:
    assert parse(" \n\t# nothing\n", "a") == ast.Module(
        span=S, language=None, name=None, doc=None, imports=(), items=()
    )


def test_a_module_begins_with_language_name_doc_and_imports() -> None:
    found = parse('language 1 module a.b """What for.""" import c import d.e (f, g,) import h as i let x = 1', "a")

    assert (found.language, found.name, found.doc) == (number(1), dotted("a.b"), text("What for."))
    assert found.imports == (
        ast.Import(span=S, module=dotted("c"), names=(), alias=None),
        ast.Import(span=S, module=dotted("d.e"), names=(name("f"), name("g")), alias=None),
        ast.Import(span=S, module=dotted("h"), names=(), alias=name("i")),
    )
    assert found.items == (ast.Let(span=S, name=name("x"), value=number(1)),)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"""one line"""', "one line"),
        ('"""  padded  """', "padded"),
        ('"""\n    first\n      deeper\n\n    last\n    """', "first\n  deeper\n\nlast"),
        ('"""first\n    second\n    """', "first\nsecond"),
        ('"""with "quotes" and \\n as it is"""', 'with "quotes" and \\n as it is'),
        ('"""windows\r\n  lines\r\n"""', "windows\nlines"),
        ('""""""', ""),
    ],
)
def test_a_doc_string_is_its_text_without_the_layout(source: str, value: str) -> None:
    assert parse(source, "a").doc == text(value)


@pytest.mark.parametrize(
    "source", ["\ufefflet x = 1", "let x\r\n=\r\n1\r\n", "let\tx\t=\t1", "let x = 1# said", "let x=1"]
)
def test_layout_marks_and_line_ends_mean_nothing(source: str) -> None:
    assert item(source) == ast.Let(span=S, name=name("x"), value=number(1))


# Lets and tables


def table(source: str) -> ast.Table:
    found = item(source)
    assert isinstance(found, ast.Table)
    return found


def key(said: str, type_: ast.TypeName) -> ast.Parameter:
    return ast.Parameter(span=S, name=name(said), type=type_, default=None)


def row(*keys: ast.Expr, value: ast.Expr | None = None) -> ast.Row:
    return ast.Row(span=S, keys=keys, value=value)


def test_a_table_from_a_file_with_a_value_for_missing_keys() -> None:
    assert table('table modality(program: path) -> set of int = from "m.csv" else {}') == ast.Table(
        span=S,
        name=name("modality"),
        keys=(key("program", kind("path")),),
        value=kind("set", element=kind("int")),
        source=text("m.csv"),
        rows=(),
        otherwise=members(),
    )


def test_a_table_of_rows_with_several_keys() -> None:
    found = table('table t(s: string, o: string) -> set of string = {"a" "b" -> {"r"}, "a" "c" -> {"w"},}')

    assert found.keys == (key("s", kind("string")), key("o", kind("string")))
    assert found.rows == (
        row(text("a"), text("b"), value=members(text("r"))),
        row(text("a"), text("c"), value=members(text("w"))),
    )
    assert (found.source, found.otherwise) == (None, None)


def test_a_table_without_value_is_a_set_of_keys() -> None:
    found = table('table approved(sha256: string) = {"9f", "60"}')

    assert found.value is None
    assert found.rows == (row(text("9f")), row(text("60")))


def test_keys_of_a_table_may_be_of_any_kind_of_literal() -> None:
    found = table("table t(a: tree) = {1 -2 x true 10.0.0.1 [::1] 10.0.0.0/8 EACCES -> a + b}")

    assert found.keys == (key("a", kind("tree")),)
    assert found.rows == (
        row(
            number(1),
            number(-2),
            ref("x"),
            boolean(True),
            address("10.0.0.1"),
            address("::1"),
            network("10.0.0.0/8"),
            errno("EACCES"),
            value=arithmetic(ref("a"), "+", ref("b")),
        ),
    )


def test_a_table_may_have_no_rows() -> None:
    assert table("table t(a: int,) -> int = {} else 0").rows == ()


# Operations


def test_an_operation_is_hooks_with_guards_some_aimed_at_another_thing() -> None:
    assert item(
        'operation write """Changes.""" = file_open when flags has write, path_rename, path_rename at new when x'
    ) == (
        ast.Operation(
            span=S,
            name=name("write"),
            doc=text("Changes."),
            hooks=(
                ast.OperationHook(
                    span=S, hook=hook("file_open"), at=None, when=compare(ref("flags"), "has", ref("write"))
                ),
                ast.OperationHook(span=S, hook=hook("path_rename"), at=None, when=None),
                ast.OperationHook(span=S, hook=hook("path_rename"), at=name("new"), when=ref("x")),
            ),
        )
    )


# Controls


def test_a_control_has_annotations_parameters_a_doc_string_and_members_in_any_order() -> None:
    found = item(
        '@ref(hipaa, "164.312", coverage = partial) @severity(high) @reviewed @level(3)'
        ' control c(scope: int = 1, e: enum (low, high), s: set of path) { """Doc.""" let x = 1 deny read attr task.a: bool }'
    )

    assert found == ast.Control(
        span=S,
        annotations=(
            ast.Annotation(
                span=S,
                name=name("ref"),
                arguments=(
                    ast.AnnotationArgument(span=S, name=None, value=ref("hipaa")),
                    ast.AnnotationArgument(span=S, name=None, value=text("164.312")),
                    ast.AnnotationArgument(span=S, name=name("coverage"), value=ref("partial")),
                ),
            ),
            ast.Annotation(
                span=S, name=name("severity"), arguments=(ast.AnnotationArgument(span=S, name=None, value=ref("high")),)
            ),
            ast.Annotation(span=S, name=name("reviewed"), arguments=()),
            ast.Annotation(
                span=S, name=name("level"), arguments=(ast.AnnotationArgument(span=S, name=None, value=number(3)),)
            ),
        ),
        name=name("c"),
        parameters=(
            ast.Parameter(span=S, name=name("scope"), type=kind("int"), default=number(1)),
            ast.Parameter(span=S, name=name("e"), type=kind("enum", members=("low", "high")), default=None),
            ast.Parameter(span=S, name=name("s"), type=kind("set", element=kind("path")), default=None),
        ),
        doc=text("Doc."),
        members=(member("let x = 1"), member("deny read"), member("attr task.a: bool")),
    )


def test_a_control_may_be_empty() -> None:
    assert control("").members == ()
    assert item("control c() {}") == control("")


def test_an_attribute_has_a_default_a_foreign_value_and_a_join() -> None:
    assert member('attr task.label: string = "_" foreign "?" join first') == ast.Attribute(
        span=S,
        kind=name("task"),
        name=name("label"),
        type=kind("string"),
        default=text("_"),
        foreign=text("?"),
        join=name("first"),
    )


@pytest.mark.parametrize("word", ["or", "and", "min", "max", "union", "last"])
def test_attributes_are_joined_by_any_of_the_words_for_it(word: str) -> None:
    found = member(f"attr file.mode: int join {word}")

    assert isinstance(found, ast.Attribute)
    assert (found.join, found.default, found.foreign) == (name(word), None, None)


@pytest.mark.parametrize("word", ["file", "task", "mode", "set", "type", "limit", "in", "foreign", "join", "all"])
def test_attributes_and_their_kinds_may_be_called_by_keywords(word: str) -> None:
    found = member(f"attr {'task' if word in ('in', 'all') else word}.{word}: bool = object.{word}")

    assert isinstance(found, ast.Attribute)
    assert (found.name, found.default) == (name(word), ref(f"object.{word}"))


# Policies


def test_a_policy_uses_controls_and_policies_with_arguments_names_and_modes() -> None:
    found = item(
        '@title("x") policy p(n: int) { """Doc.""" use a use b.c(scope = 2, s = {1},) as y in complain use d in enforce }'
    )

    assert isinstance(found, ast.Policy)
    assert (found.name, found.doc, len(found.annotations), len(found.parameters)) == (name("p"), text("Doc."), 1, 1)
    assert found.uses == (
        use("a"),
        use("b.c", argument("scope", number(2)), argument("s", members(number(1))), alias="y", mode="complain"),
        use("d", mode="enforce"),
    )


# Namespaces


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("bind base.yama", use("base.yama")),
        (
            "bind yama(scope = 2) as y in complain",
            use("yama", argument("scope", number(2)), alias="y", mode="complain"),
        ),
        ("enter on exec", ast.Enter(span=S, hooks=hooks("exec"), when=None)),
        ("enter on exec, b.c when x", ast.Enter(span=S, hooks=hooks("exec", "b.c"), when=ref("x"))),
        ("seal", ast.Seal(span=S)),
        ("lock {}", ast.Lock(span=S, controls=())),
        ("lock { base.yama, c, }", ast.Lock(span=S, controls=(dotted("base.yama"), dotted("c")))),
        ("limit depth = 4", ast.Limit(span=S, name=name("depth"), value=number(4))),
    ],
)
def test_what_a_namespace_holds(source: str, tree: ast.Node) -> None:
    assert namespace_member(source) == tree


def test_namespaces_nest_and_have_doc_strings_and_annotations() -> None:
    found = item(
        'namespace host { """Doc.""" seal @owner("ops") namespace web { limit depth = 1 limit set_size = 2 } bind b }'
    )

    inner = ast.Namespace(
        span=S,
        annotations=(
            ast.Annotation(
                span=S, name=name("owner"), arguments=(ast.AnnotationArgument(span=S, name=None, value=text("ops")),)
            ),
        ),
        name=name("web"),
        doc=None,
        members=(
            ast.Limit(span=S, name=name("depth"), value=number(1)),
            ast.Limit(span=S, name=name("set_size"), value=number(2)),
        ),
    )
    assert found == ast.Namespace(
        span=S, annotations=(), name=name("host"), doc=text("Doc."), members=(ast.Seal(span=S), inner, use("b"))
    )
