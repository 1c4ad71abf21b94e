"""Tables: rows in the text and in files, typed cell by cell, each mistake at its line."""

import json
from ipaddress import ip_address, ip_network

import pytest

from nslsm.hooks.linux import Capability, Errno
from nslsm.hooks.types import ADDRESS, BOOL, CAPABILITY, ERRNO, GLOB, INT, NETWORK, PATH, STRING, SetOf
from nslsm.language.check import ir, table_data
from nslsm.language.check.cells import CellError, from_json, from_text
from tests.language.check.memory import checked, codes, control, findings, shown


def table(declaration: str, use: str, files: dict[str, bytes] | None = None) -> ir.Table:
    """The table of a module, which control ``c`` asks with ``use``."""
    (found,) = control(f"{declaration} control c {{ deny file_open when {use} }}", files=files).tables
    return found


def test_rows_in_the_text_are_typed_by_their_columns() -> None:
    found = table(
        'table level(name: path, kind: file_type) -> int = { "/a" regular -> 1, "/b" fifo -> 2 } else 0',
        "level(object.path, object.type) > 1",
    )

    assert found.rows == {("/a", "regular"): 1, ("/b", "fifo"): 2}
    assert (found.otherwise, found.value, found.trees) == (0, INT, (False, False))


def test_a_table_without_a_value_is_a_set_of_keys() -> None:
    found = table('table known(name: path) = { "/a", "/b" }', "known(object.path)")

    assert found.rows == {("/a",): True, ("/b",): True}
    assert (found.otherwise, found.value) == (False, BOOL)


def test_rows_of_one_key_add_up_where_values_are_sets() -> None:
    found = table(
        'table rights(beneath: tree) -> set of string = { "/a" -> {"r"}, "/a" -> {"w", "r"}, "/" -> {} } else {"n"}',
        'rights(object.path) has "r"',
    )

    assert found.rows == {("/a",): frozenset({"r", "w"}), ("/",): frozenset()}
    assert (found.otherwise, found.trees, found.keys) == (frozenset({"n"}), (True,), (PATH,))


def test_rows_may_name_constants() -> None:
    found = table(
        "let base = 1000 table x(id: int) = { base, 7 } let more = base + 1", "x(subject.uid) and subject.uid < more"
    )

    assert set(found.rows) == {(1000,), (7,)}


def test_a_csv_file_names_its_columns_in_any_order() -> None:
    data = b'\xef\xbb\xbfport,"program"\r\n22,/usr/bin/ssh\r\n\r\n443,/usr/bin/ssh\r\n80,"/a,b"\r\n'
    found = table(
        'table ports(program: path) -> set of int = from "p.csv" else {}', "ports(subject.exe) has 1", {"p.csv": data}
    )

    assert found.rows == {("/usr/bin/ssh",): frozenset({22, 443}), ("/a,b",): frozenset({80})}


def test_a_json_file_is_an_array_of_objects() -> None:
    rows = [{"program": "/a", "ports": [1, 2]}, {"ports": 3, "program": "/b"}, {"program": "/c", "ports": []}]
    found = table(
        'table ports(program: path) -> set of int = from "p.json" else {}',
        "ports(subject.exe) has 1",
        {"p.json": json.dumps(rows).encode()},
    )

    assert found.rows == {("/a",): frozenset({1, 2}), ("/b",): frozenset({3}), ("/c",): frozenset()}


def test_csv_and_json_of_the_same_rows_are_the_same_table() -> None:
    declaration = 'table x(a: int, b: string) -> network = from "{}" else 10.0.0.0/8'
    csv = b"a,b,where\n1,x,10.0.0.0/8\n2,y,192.0.2.0/24\n"
    rows = [{"a": 1, "b": "x", "v": "10.0.0.0/8"}, {"a": 2, "b": "y", "v": "192.0.2.0/24"}]
    use = "x(subject.uid, subject.comm) == 10.0.0.0/8"

    assert table(declaration.format("x.csv"), use, {"x.csv": csv}) == table(
        declaration.format("x.json"), use, {"x.json": json.dumps(rows).encode()}
    )


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("true", BOOL, True),
        ("-7", INT, -7),
        ("0o17", INT, 15),
        ("0xff", INT, 255),
        (" x ", STRING, " x "),
        ("/a b", PATH, "/a b"),
        ("8.8.8.8", ADDRESS, ip_address("8.8.8.8")),
        ("2001:db8::/32", NETWORK, ip_network("2001:db8::/32")),
        ("CAP_KILL", CAPABILITY, Capability.CAP_KILL),
        ("EPERM", ERRNO, Errno.EPERM),
    ],
)
def test_cells_are_values_of_their_type(text: str, type_: object, value: object) -> None:
    assert from_text(text, type_) == value  # type: ignore[arg-type]
    if type_ not in (BOOL, INT):
        assert from_json(text, type_) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("True", BOOL), ("1", BOOL), ("", INT), ("1_000", INT), (" 1", INT), ("1.0", INT), ("0b1", INT), ("\uff19", INT),
        (str(2**63), INT), ("9" * 5000, INT), ("a/b", PATH), ("/a/", PATH), ("8.8.8", ADDRESS), ("10.0.0.1/8", NETWORK),
        ("cap_kill", CAPABILITY), ("13", ERRNO),
    ],
)  # fmt: skip
def test_a_cell_that_is_no_value_of_its_type_is_refused(text: str, type_: object) -> None:
    with pytest.raises(CellError):
        from_text(text, type_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "type_"),
    [(1, BOOL), (True, INT), ("1", INT), (1.0, INT), (None, STRING), (2**63, INT), ([1], INT), ({}, STRING)],
)
def test_json_values_are_not_converted(cell: object, type_: object) -> None:
    with pytest.raises(CellError):
        from_json(cell, type_)  # type: ignore[arg-type]


CSV = 'table t(a: path, b: int) -> set of int = from "t.csv" else {} control c { deny file_open when t(object.path, 3) has 1 }'


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "table-header", 1),
        (b"a,b\n", "table-header", 1),
        (b"a,b,c,d\n", "table-header", 1),
        (b"a,b,b,c\n", "table-header", 1),
        (b"a,c,d\n", "table-header", 1),
        (b"a,b,c\n/x,1\n", "table-data", 2),
        (b"a,b,c\n/x,1,2,3\n", "table-data", 2),
        (b"a,b,c\n\n/x,1,2\n/x,one,2\n", "table-cell", 4),
        (b"a,b,c\nx,1,2\n", "table-cell", 2),
        (b'a,b,c\n"/x\n",1,2\n/y,1,two\n', "table-cell", 4),
        (b"a,b,c\n/x,1,2\n/x,1,2\n", "table-duplicate", 3),
        (b'a,b,c\n"/x,1,2\n', "table-data", 2),
        (b'a,b,c\n/x,1,"2"3\n', "table-data", 2),
        (b"a,b,c\n/x,1,2\n/\xff,1,2\n", "table-data", 3),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_said_at_its_line(data: bytes, code: str, line: int) -> None:
    found = checked(CSV, files={"t.csv": data})

    assert [(each.code.name, each.span and (each.span.source, each.span.line)) for each in found.diagnostics] == [
        (code, ("t.csv", line))
    ], shown(found)
    assert found.package is None


JSON = CSV.replace("t.csv", "t.json")


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "table-data", 1),
        (b"{}", "table-data", 1),
        (b'[\n{"a": "/x", "b": 1, "c": 2}\n{}]', "table-data", 3),
        (b"[\n[1]]", "table-data", 2),
        (b'[\n{"a": "/x", "b": 1}]', "table-header", 2),
        (b'[{"a": "/x",\n "b": 1, "c": 2},\n\n{"a": "/x", "b": "1", "c": 2}]', "table-cell", 4),
        (b'[{"a": "/x", "a": "/y", "b": 1, "c": 2}]', "table-header", 1),
        (b'[{"a": "/x", "b": NaN, "c": 2}]', "table-data", 1),
        (b'[{"a": "/x", "b": 1, "c": 2}]\n x', "table-data", 2),
        (b'[{"a": "/x", "b": 1, "c": 2},', "table-data", 1),
        (b"[" * 100_000, "table-data", 1),
        (b'[{"a": ' + b"[" * 100_000, "table-data", 1),
        (b'[{"a": "/x", "b": ' + b"9" * 5000 + b', "c": 2}]', "table-data", 1),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_json_file_is_said_at_its_line(data: bytes, code: str, line: int) -> None:
    found = checked(JSON, files={"t.json": data})

    assert [(each.code.name, each.span and (each.span.source, each.span.line)) for each in found.diagnostics] == [
        (code, ("t.json", line))
    ], shown(found)


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        ('table t(a: path) -> int = { "/x" } else 0', "table-cell"),
        ('table t(a: path) -> int = { "/x" "/y" -> 1 } else 0', "table-cell"),
        ('table t(a: path) = { "/x" -> 1 }', "table-cell"),
        ('table t(a: path) -> int = { "/x" -> "y" } else 0', "type-mismatch"),
        ("table t(a: path) -> int = { 3 -> 4 } else 0", "type-mismatch"),
        ('table t(a: path) -> int = { "x" -> 4 } else 0', "bad-path"),
        ('table t(a: path) -> set of int = { "/x" -> 4 } else {}', "type-mismatch"),
        ('table t(a: path) -> int = { "/x" -> 4 }', "table-otherwise"),
        ('table t(a: path) -> int = { "/x" -> 4 } else {}', "type-mismatch"),
        ('table t(a: path) = { "/x" } else false', "table-otherwise"),
        ('table t(a: path, a: int) = { "/x" 3 }', "duplicate-name"),
        ("table t(a: set of int) = { 3 }", "unknown-type"),
        ("table t(a: open_flags) = { write }", "unknown-type"),
        ('table t(a: tree) -> int = { "/x" -> 4 } else 0', "table-type"),
        ('table t(a: path) -> tree = { "/x" -> "/x" } else "/x"', "unknown-type"),
        ('table t(a: path) -> int = from "missing.csv" else 0', "table-data"),
        ('table t(a: path) -> int = from "/etc/t.csv" else 0', "table-outside-root"),
        ('table t(a: path) -> int = from "a/../../t.csv" else 0', "table-outside-root"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_declaration_is_one_finding(declaration: str, code: str) -> None:
    assert codes(declaration) == [code]


def test_a_mistake_in_a_table_is_not_repeated_where_it_is_asked() -> None:
    text = "table t(a: nothing) = { 3 } control c { deny file_open when t(subject.uid) } control d { deny file_open when t(3) }"

    assert codes(text) == ["unknown-type"]


def test_a_table_of_flags_gathers_them() -> None:
    found = table(
        'table modes(name: path) -> open_flags = { "/a" -> {read}, "/a" -> {write} } else {}',
        "modes(object.path) has all flags",
    )

    assert found.rows == {("/a",): frozenset({"read", "write"})}


# Asking


def test_a_set_as_key_asks_for_each_of_its_elements() -> None:
    text = """
    table members(group: int) -> set of int = { 1 -> {2} } else {}
    table known(id: int) = { 1 }
    control c { deny file_open when members(subject.groups) has 3 and known({1, subject.uid}) }
    """
    rule = control(text).rules[0]

    assert isinstance(rule, ir.Deny)
    assert isinstance(rule.when, ir.And)
    first, second = rule.when.operands
    assert isinstance(first, ir.Compare)
    assert first.left == ir.Lookup("case.members", (first.left.keys[0],), (True,), SetOf(INT))  # type: ignore[union-attr]
    assert isinstance(second, ir.Lookup)
    assert second.lifted == (True,)


@pytest.mark.parametrize(
    ("use", "code"),
    [
        ("level(subject.groups) > 3", "type-mismatch"),
        ("level(object.path) > 3", "type-mismatch"),
        ("level() > 3", "wrong-arguments"),
        ("level(1, 2) > 3", "wrong-arguments"),
        ("level > 3", "not-a-value"),
        ("levl(3) > 3", "unknown-name"),
    ],
)
def test_a_table_is_asked_for_what_it_holds(use: str, code: str) -> None:
    assert codes(f"table level(id: int) -> int = {{ 1 -> 2 }} else 0 control c {{ deny file_open when {use} }}") == [
        code
    ]


def test_tables_of_other_modules_are_asked_by_their_names() -> None:
    modules = {"lib.data": "table known(id: int) = { 1 }"}
    text = """
    import lib
    import lib.data as d
    import lib.data (known)
    control c { deny file_open when lib.data.known(1) and d.known(2) and known(3) }
    """
    found = control(text, modules)

    assert [each.name for each in found.tables] == ["lib.data.known"]


# Limits


def test_more_rows_than_the_limit_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nslsm.language.check.table_rows.MAX_ROWS", 3)
    data = b"a,b,c\n" + b"".join(b"/x,%d,1\n" % n for n in range(5))

    assert [each.partition(":")[0] for each in findings(CSV, files={"t.csv": data})] == ["over-limit"]
    assert codes("table t(a: int) = { 1, 2, 3, 4, 5 }") == ["over-limit"]


def test_a_file_beyond_the_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_data, "MAX_TABLE_BYTES", 10)

    assert [each.partition(":")[0] for each in findings(CSV, files={"t.csv": b"a,b,c\n/x,1,2\n"})] == ["table-data"]


def test_the_excerpt_of_a_finding_in_a_file_shows_its_line() -> None:
    found = checked(CSV, files={"t.csv": b"a,b,c\n/x,1,2\n/x,1,two\n"})

    assert " 3 | /x,1,two" in shown(found)


def test_a_glob_key_is_a_pattern_that_is_asked_with_a_path() -> None:
    found = table('table kind(of: glob) -> int = { "/etc/**" -> 1, "/etc/[ab]" -> 2 } else 0', "kind(object.path) > 1")

    assert (found.keys, found.rows) == ((GLOB,), {("/etc/**",): 1, ("/etc/[ab]",): 2})


@pytest.mark.parametrize(
    ("row", "problem"),
    [('"/etc/[a"', "no glob"), ('"etc/*"', "starts with `/`"), ("7", "")],
)
def test_a_row_that_is_no_pattern_is_told_at_its_cell(row: str, problem: str) -> None:
    (found,) = findings(f"table kind(of: glob) = {{ {row} }} control c {{ deny file_open when kind(object.path) }}")

    assert found.startswith(("table-cell", "type-mismatch"))
    assert problem in found


def test_patterns_of_a_file_are_read_and_told() -> None:
    text = b"of,value\n/etc/*,1\n/etc/{a,2\n"

    (found,) = checked(
        'table kind(of: glob) -> int = from "k.csv" else 0 control c { deny file_open when kind(object.path) > 1 }',
        files={"k.csv": text},
    ).diagnostics

    assert (found.code.name, found.span and found.span.line) == ("table-cell", 3)


def test_a_pattern_is_no_type_but_of_a_key() -> None:
    (found,) = checked("control c(x: glob) { deny file_open when object.path == x }").diagnostics

    assert "key of a table" in str(found.help)
