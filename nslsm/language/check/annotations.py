"""Annotations: what a control, policy or namespace says about itself, typed."""

from collections.abc import Mapping
from typing import Final, cast

from nslsm.diagnostics.span import Span
from nslsm.language.check import codes, ir
from nslsm.language.check.findings import Findings, listed, nearest
from nslsm.language.check.requirements import Catalogue, is_known
from nslsm.language.syntax import ast

SEVERITIES: Final = ("low", "medium", "high", "critical")
"""How bad it is if the control fails, least first."""

COVERAGES: Final = ("supports", "partial", "full")
"""How much of a requirement is met, least first; without a word it is the least."""

ANNOTATIONS: Final = ("ref", "severity", "title", "owner")
"""All there are."""


def annotations(
    findings: Findings, catalogues: Mapping[str, Catalogue], nodes: tuple[ast.Annotation, ...]
) -> ir.Annotations:
    """The annotations of one declaration; what is wrong is reported and left out."""
    references: dict[tuple[str, str], tuple[ir.Reference, Span]] = {}
    single: dict[str, str] = {}
    for node in nodes:
        name = node.name.text
        if name not in ANNOTATIONS:
            message = f"no annotation is called `@{name}`"
            way_out = nearest(name, ANNOTATIONS, "did you mean `@{}`?") or f"there are {listed(ANNOTATIONS)}"
            findings.add(codes.UNKNOWN_ANNOTATION, node.name.span, message, help=way_out)
        elif name == "ref":
            found = _reference(findings, catalogues, node)
            if found is not None:
                _, before = references.setdefault((found.catalogue, found.id), (found, node.span))
                if before is not node.span:
                    message = f"`{found.catalogue}` {found.id} is referred to twice, and one coverage counts"
                    related = ((before, "the other is here"),)
                    findings.add(codes.BAD_ANNOTATION, node.span, message, help="leave one of them", related=related)
        elif name in single:
            findings.add(codes.BAD_ANNOTATION, node.span, f"`@{name}` is said twice")
        else:
            value = _single(findings, node)
            if value is not None:
                single[name] = value
    found_references = tuple(reference for reference, _ in references.values())
    return ir.Annotations(
        found_references, single.get("severity", ""), single.get("title", ""), single.get("owner", "")
    )


def _single(findings: Findings, node: ast.Annotation) -> str | None:
    """The one argument of ``@severity``, ``@title`` or ``@owner``."""
    name = node.name.text
    if len(node.arguments) != 1 or node.arguments[0].name is not None:
        findings.add(codes.BAD_ANNOTATION, node.span, f"`@{name}` takes one argument")
        return None
    value = node.arguments[0].value
    if name != "severity":
        if isinstance(value, ast.String):
            return value.value
        findings.add(codes.BAD_ANNOTATION, value.span, f"`@{name}` takes a text in quotes")
        return None
    return _word(findings, value, "severity", SEVERITIES)


def _word(findings: Findings, value: ast.Expr, what: str, words: tuple[str, ...]) -> str | None:
    text = value.name if isinstance(value, ast.Reference) else None
    if text in words:
        return text
    findings.add(codes.BAD_ANNOTATION, value.span, f"a {what} is one of {listed(words)}")
    return None


def _reference(findings: Findings, catalogues: Mapping[str, Catalogue], node: ast.Annotation) -> ir.Reference | None:
    """``@ref(catalogue, "id", coverage = partial)``."""
    form = '`@ref(catalogue, "id", coverage = partial)`'
    positional = [argument.value for argument in node.arguments if argument.name is None]
    named = [argument for argument in node.arguments if argument.name is not None]
    catalogue = positional[0] if positional else None
    identifier = positional[1] if len(positional) == 2 else None
    if not isinstance(catalogue, ast.Reference) or not isinstance(identifier, ast.String):
        findings.add(
            codes.BAD_ANNOTATION, node.span, "a reference is a catalogue's name and an id in quotes", help=form
        )
        return None
    coverage: str | None = COVERAGES[0]
    for place, argument in enumerate(named):
        name = cast("ast.Name", argument.name)
        if name.text != "coverage" or place:
            findings.add(codes.BAD_ANNOTATION, name.span, f"`@ref` takes no argument `{name.text}` here", help=form)
            return None
        coverage = _word(findings, argument.value, "coverage", COVERAGES)
    if not identifier.value.strip():
        findings.add(codes.BAD_ANNOTATION, identifier.span, "the id is empty")
        return None
    if not is_known(findings, catalogues, catalogue, identifier):
        return None
    return None if coverage is None else ir.Reference(catalogue.name, identifier.value, coverage)
