"""Findings as SARIF 2.1.0, the format that code hosts and editors read results of static analysis in.

Regions count characters (``unicodeCodePoints``), lines and columns from 1, as spans do. Each rule carries its page, so that a
viewer can show it. See https://docs.oasis-open.org/sarif/sarif/v2.1.0/.
"""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final, TypeAlias
from urllib.parse import quote

from nslsm.diagnostics import Diagnostic, Edit, Severity, Sources, Span, escape
from nslsm.diagnostics.fixing import extent
from nslsm.diagnostics.pages import explanation
from nslsm.version import __version__

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json]"

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION: Final = "2.1.0"

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def to_sarif(diagnostics: Sequence[Diagnostic], sources: Sources) -> dict[str, Json]:
    """A SARIF log with one run: all findings, the rules that they are of, and the fixes that are certain."""
    codes = sorted({diagnostic.code.name: diagnostic.code for diagnostic in diagnostics}.items())
    places = {name: number for number, (name, _) in enumerate(codes)}
    driver: dict[str, Json] = {
        "name": "nslsm",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(name, code.severity) for name, code in codes],
    }
    results: list[Json] = [_result(each, places[each.code.name], sources) for each in diagnostics]
    run: dict[str, Json] = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rule(name: str, severity: Severity) -> Json:
    rule: dict[str, Json] = {"id": name, "defaultConfiguration": {"level": _LEVELS[severity]}}
    page = explanation(name)
    if page is not None:
        rule["shortDescription"] = {"text": page.first_sentence}
        rule["fullDescription"] = {"text": page.why}
        rule["help"] = {"text": page.text, "markdown": page.text}
    return rule


def _result(diagnostic: Diagnostic, rule: int, sources: Sources) -> Json:
    words = [diagnostic.message, *(f"note: {note}" for note in diagnostic.notes)]
    words += [] if diagnostic.help is None else [f"help: {diagnostic.help}"]
    result: dict[str, Json] = {
        "ruleId": diagnostic.code.name,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": "\n".join(map(escape, words))},
    }
    if diagnostic.span is not None:
        result["locations"] = [{"physicalLocation": _place(diagnostic.span)}]
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": escape(text)}, "physicalLocation": _place(span)}
            for number, (span, text) in enumerate(diagnostic.related, 1)
        ]
    if diagnostic.fix is not None and diagnostic.span is not None:
        replacements: list[Json] = [_replacement(edit, sources) for edit in diagnostic.fix.edits]
        change: dict[str, Json] = {
            "artifactLocation": {"uri": _uri(diagnostic.span.source)},
            "replacements": replacements,
        }
        result["fixes"] = [{"description": {"text": escape(diagnostic.fix.title)}, "artifactChanges": [change]}]
    return result


def _place(span: Span) -> Json:
    region: dict[str, Json] = {"startLine": span.line, "startColumn": span.column}
    if (span.end_line, span.end_column) >= (span.line, span.column):
        region |= {"endLine": span.end_line, "endColumn": span.end_column}
        region |= {"charOffset": span.start, "charLength": max(0, span.end - span.start)}
    return {"artifactLocation": {"uri": _uri(span.source)}, "region": region}


def _replacement(edit: Edit, sources: Sources) -> Json:
    start, end, text = extent(sources.texts.get(edit.span.source, ""), edit)
    replacement: dict[str, Json] = {"deletedRegion": {"charOffset": start, "charLength": end - start}}
    if text:
        replacement["insertedContent"] = {"text": text}
    return replacement


def _uri(source: str) -> str:
    """The name of a source as a URI reference: a file's path, with whatever is no character of one in percents."""
    path = PurePath(source)
    if path.is_absolute():
        return "file://" + quote(source.encode(errors="surrogateescape"))
    return quote(source.encode(errors="surrogateescape"))
