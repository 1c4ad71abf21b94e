"""Tables: finite typed relations, their rows in the text or in a file beside it."""

import posixpath
from collections.abc import Callable, Iterable

from nslsm.hooks.types import BOOL, GLOB, PATH, STRING, Flags, SetOf, Type
from nslsm.language.check import codes, ir
from nslsm.language.check.cells import glob_fault
from nslsm.language.check.expressions import Expressions
from nslsm.language.check.findings import Findings
from nslsm.language.check.modules import Declared, ModuleScope
from nslsm.language.check.site import CONSTANT, Site
from nslsm.language.check.table_data import Columns, DataFault, decoded, rows
from nslsm.language.check.table_rows import Rows, Signature
from nslsm.language.check.type_names import TREE, parameter_type, single_type
from nslsm.language.syntax import ast
from nslsm.protocol.things import Value


class Tables:
    """Checks each table once: its declaration where it is looked up, its rows where a program needs them."""

    def __init__(self, findings: Findings, checker: Callable[[ModuleScope, Site], Expressions]) -> None:
        self._findings = findings
        self._checker = checker
        self._signatures: dict[int, Signature | None] = {}
        self._declared: dict[str, Declared] = {}
        self._tables: dict[str, ir.Table | None] = {}
        self.texts: dict[str, str] = {}
        """The texts of files in which something was found, for excerpts."""

    def signature(self, declared: Declared) -> Signature | None:
        """The types of a table's keys and value; None where its declaration is wrong, which is reported."""
        node = declared.node
        assert isinstance(node, ast.Table)
        if id(node) not in self._signatures:
            self._signatures[id(node)] = self._signature(node)
        self._declared[declared.qualified] = declared
        return self._signatures[id(node)]

    def named(self, names: Iterable[str]) -> tuple[ir.Table, ...]:
        """The tables of those qualified names, which were looked up before."""
        found = [self.table(self._declared[name]) for name in names]
        return tuple(table for table in found if table is not None)

    def table(self, declared: Declared) -> ir.Table | None:
        """The table with its rows, or None where it is wrong, which is reported."""
        signature = self.signature(declared)
        name = declared.qualified
        if signature is None:
            return None
        if name not in self._tables:
            self._tables[name] = self._table(declared, signature)
        return self._tables[name]

    def type_of(self, node: ast.TypeName) -> ir.TableOf | None:
        """The type of a parameter that is a table; None where it is wrong, which is reported."""
        signature = self._signature_of(node.keys, node.element)
        return None if signature is None else signature.type

    def _signature(self, node: ast.Table) -> Signature | None:
        return self._signature_of(node.keys, node.value)

    def _signature_of(self, written: tuple[ast.Parameter, ...], answer: ast.TypeName | None) -> Signature | None:
        keys: list[Type | None] = []
        trees = []
        for place, key in enumerate(written):
            if key.name.text in [each.name.text for each in written[:place]]:
                message = f"key `{key.name.text}` is declared twice"
                self._findings.add(codes.DUPLICATE_NAME, key.name.span, message)
            is_tree = key.type.name == TREE and key.type.element is None
            trees.append(is_tree)
            is_glob = key.type.name == GLOB.name and key.type.element is None
            keys.append(PATH if is_tree else GLOB if is_glob else single_type(self._findings, key.type))
        value: Type | None = BOOL if answer is None else parameter_type(self._findings, answer)
        found = tuple(key for key in keys if key is not None)
        if value is None or len(found) < len(keys):
            return None
        if any(trees) and answer is not None and not isinstance(value, SetOf | Flags):
            message = "a key of type `tree` unites the answers of all directories above: the value must be a set"
            self._findings.add(codes.TABLE_TYPE, answer.span, message)
            return None
        return Signature(found, tuple(trees), value, answer is not None)

    def _table(self, declared: Declared, signature: Signature) -> ir.Table | None:
        node = declared.node
        assert isinstance(node, ast.Table)
        before = self._findings.errors
        file = (
            posixpath.join(posixpath.dirname(declared.module.loaded.source), node.source.value) if node.source else ""
        )
        rows_ = Rows(self._findings, declared.name, signature, file)
        here = self._checker(declared.module, CONSTANT)
        if node.source is None:
            _fill_from_text(here, node, rows_)
        else:
            self._fill_from_file(declared, node.source, rows_)
        otherwise = self._otherwise(here, node, signature)
        if rows_.unread:
            return None
        if self._findings.errors > before or otherwise is None:
            return None
        if not rows_.found:
            self._findings.add(codes.TABLE_EMPTY, declared.span, f"table `{declared.name}` has no rows")
        return ir.Table(
            name=declared.qualified,
            keys=signature.keys,
            trees=signature.trees,
            value=signature.value,
            rows=rows_.finished(),
            otherwise=otherwise,
        )

    def _otherwise(self, here: Expressions, node: ast.Table, signature: Signature) -> Value | None:
        """What a missing key answers: false for a table without a value, which needs no ``else``."""
        if node.value is None:
            if node.otherwise is not None:
                message = "a table without a value answers `false` for a missing key: it takes no `else`"
                self._findings.add(codes.TABLE_OTHERWISE, node.otherwise.span, message)
            return False
        if node.otherwise is None:
            message = f"nothing says what table `{node.name.text}` answers for a missing key"
            help_ = "write `else` and a value behind the rows" + (": `else {}`" if signature.accumulates else "")
            self._findings.add(codes.TABLE_OTHERWISE, node.name.span, message, help=help_)
            return None
        constant = here.constant(node.otherwise, signature.value, "what is behind `else`")
        return None if constant is None else constant.value

    def _fill_from_file(self, declared: Declared, source: ast.String, rows_: Rows) -> None:
        node = declared.node
        assert isinstance(node, ast.Table)
        loaded = declared.module.loaded
        data = loaded.data.get(source.value)
        if data is None:
            rows_.unread = True
            return
        columns = Columns(tuple(key.name.text for key in node.keys), node.value is not None)
        is_json = source.value.endswith(".json")
        readers = rows_.signature.readers(is_json=is_json)
        text = ""
        before = self._findings.errors
        try:
            text = decoded(data)
            for row in rows(text, columns, is_json=is_json):
                rows_.read(row.line, row.cells, readers)
                if rows_.full:
                    break
        except DataFault as fault:
            code = codes.TABLE_HEADER if fault.header else codes.TABLE_DATA
            span = rows_.span(fault.line) if fault.line else source.span
            self._findings.add(code, span, fault.message)
        if self._findings.errors > before:
            self.texts[rows_.file] = text


def _fill_from_text(here: Expressions, node: ast.Table, rows_: Rows) -> None:
    signature = rows_.signature
    for row in node.rows:
        if len(row.keys) != len(signature.keys) or (row.value is None) != (node.value is None):
            wanted = f"{len(signature.keys)} key{'s' if len(signature.keys) > 1 else ''}"
            wanted += " and no value" if node.value is None else " and a value behind `->`"
            message = f"a row of table `{node.name.text}` has {wanted}"
            here.findings.add(codes.TABLE_CELL, row.span, message)
            continue
        cells: list[Value] = []
        for cell, type_, key in zip(row.keys, signature.keys, node.keys, strict=True):
            constant = here.constant(cell, STRING if type_ == GLOB else type_, f"key `{key.name.text}`")
            fault = None if constant is None or type_ != GLOB else glob_fault(str(constant.value))
            if fault is not None:
                here.findings.add(codes.TABLE_CELL, cell.span, fault)
            elif constant is not None:
                cells.append(constant.value)
        value: Value | None = True
        if row.value is not None:
            constant = here.constant(row.value, signature.value, f"the value of table `{node.name.text}`")
            value = None if constant is None else constant.value
        if len(cells) == len(row.keys) and value is not None:
            rows_.put(row.span, tuple(cells), value)
        else:
            rows_.unread = True
        if rows_.full:
            break
