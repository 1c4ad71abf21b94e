"""Catalogues of requirements, which ``@ref`` names: the ids that a law or a standard has, with a paraphrase of each.

A catalogue is a CSV file with the columns ``id`` and one more, whatever it is called, ``catalogues/hipaa.csv`` in the root of a
package. The language brings none along; the library does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.language.check import codes
from nslsm.language.check.findings import Findings, listed, nearest
from nslsm.language.check.table_data import Columns, DataFault, decoded, rows
from nslsm.language.syntax import ast

FOLDER: Final = "catalogues"
"""The folder of catalogues in the root of a package."""

_COLUMNS: Final = Columns(("id",), valued=True)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The requirements of one law or standard, by id. ``titles`` None: it cannot be read, which was reported."""

    name: str
    titles: Mapping[str, str] | None = field(repr=False)


def read_catalogue(name: str, source: str, data: bytes, problems: list[Diagnostic]) -> Catalogue:
    """A catalogue from the bytes of its file, which spans call ``source``; what is wrong goes to ``problems``."""
    try:
        return Catalogue(name, _titles(data))
    except DataFault as fault:
        line = max(fault.line, 1)
        span = Span(source, line, 1, line, 1)
        message = f"catalogue `{name}` cannot be read: {fault.message}"
        problems.append(codes.BAD_CATALOGUE.at(span, message, help="its columns are `id,title`"))
        return Catalogue(name, None)


def _titles(data: bytes) -> dict[str, str]:
    titles: dict[str, str] = {}
    for row in rows(decoded(data), _COLUMNS, is_json=False):
        identifier, title = (str(cell).strip() for cell in row.cells)
        if not identifier or not title:
            raise DataFault("a requirement has an id and a title", row.line)
        if identifier in titles:
            raise DataFault(f"requirement `{identifier}` is there twice", row.line)
        titles[identifier] = title
    if not titles:
        raise DataFault("the catalogue has no requirements")
    return titles


def names_of_catalogues(tree: ast.Module) -> Iterator[str]:
    """The catalogues that the annotations of a module name."""
    pending = [item for item in tree.items if isinstance(item, ast.Control | ast.Policy | ast.Namespace)]
    while pending:
        item = pending.pop()
        if isinstance(item, ast.Namespace):
            pending.extend(member for member in item.members if isinstance(member, ast.Namespace))
        for node in item.annotations:
            if node.name.text == "ref" and node.arguments and isinstance(node.arguments[0].value, ast.Reference):
                yield node.arguments[0].value.name


def is_known(
    findings: Findings, catalogues: Mapping[str, Catalogue], catalogue: ast.Reference, identifier: ast.String
) -> bool:
    """Whether a catalogue has a requirement of that id; the contrary is reported."""
    found = catalogues.get(catalogue.name)
    if found is None:
        file = f"`{FOLDER}/{catalogue.name}.csv`"
        help_ = (
            nearest(catalogue.name, list(catalogues)) or f"put {file}, with the columns `id,title`, into the package"
        )
        message = f"no catalogue of requirements is called `{catalogue.name}`"
        findings.add(codes.UNKNOWN_CATALOGUE, catalogue.span, message, help=help_)
        return False
    if found.titles is None or identifier.value in found.titles:
        return True
    message = f"catalogue `{catalogue.name}` has no requirement `{identifier.value}`"
    within = [each for each in found.titles if each.startswith(identifier.value)]
    way_out = f"it has {listed(within, most=4)}" if within else nearest(identifier.value, list(found.titles))
    findings.add(codes.UNKNOWN_REQUIREMENT, identifier.span, message, help=way_out)
    return False
