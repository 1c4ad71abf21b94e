"""``unused-import``: a module, or a name out of one, that nothing here uses."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Edit, Fix, Severity
from nslsm.diagnostics.span import Span
from nslsm.language.check.mentions import mentioned
from nslsm.language.check.modules import Declared, ModuleScope
from nslsm.language.check.whole import Rule, Whole
from nslsm.language.syntax import ast

UNUSED_IMPORT: Final = Code("unused-import", Severity.WARNING)


def unused_import(whole: Whole) -> Iterator[Diagnostic]:
    """What a module imports is for itself: nobody imports it through that module."""
    for scope in whole.modules.values() if whole.sound else ():
        if scope.loaded.tree is not None:
            yield from _unused(scope, scope.loaded.tree)


def _unused(scope: ModuleScope, tree: ast.Module) -> Iterator[Diagnostic]:
    uses: set[str] | None = None
    before: dict[str, Span] = {}
    for node in tree.imports:
        for written, span in _brought(node):
            if written in before:
                yield UNUSED_IMPORT.at(
                    span,
                    f"`{written}` is imported already",
                    help="remove this one",
                    related=((before[written], "it is imported here"),),
                    fix=_removed(node, span),
                )
                continue
            before[written] = span
            if written in scope.found or _has_its_tests_elsewhere(scope, written, tree):
                continue
            uses = _used(tree) if uses is None else uses
            if written not in uses:
                message = f"`{written}` is imported, and nothing here uses it"
                yield UNUSED_IMPORT.at(span, message, help="remove it", fix=_removed(node, span))


def _brought(node: ast.Import) -> Iterator[tuple[str, Span]]:
    """The names under which an import makes something known."""
    if node.names:
        yield from ((name.text, name.span) for name in node.names)
    elif node.alias is not None:
        yield node.alias.text, node.alias.span
    else:
        yield str(node.module), node.module.span


def _removed(node: ast.Import, span: Span) -> Fix | None:
    """What takes one name out of an import, or the import as a whole where it brings nothing else."""
    if len(node.names) < 2:
        return Fix("remove the import", (Edit(node.span, lines=True),))
    places = [name.span for name in node.names]
    place = places.index(span)
    first, last = (span, places[place + 1]) if place + 1 < len(places) else (places[place - 1], span)
    if first.line != last.end_line:
        return None  # a comment may stand between
    if first is span:
        last = last._replace(end_line=last.line, end_column=last.column, end=last.start)
    else:
        first = first._replace(line=first.end_line, column=first.end_column, start=first.end)
    return Fix(f"remove the name from the import of `{node.module}`", (Edit(first.to(last)),))


def _used(tree: ast.Module) -> set[str]:
    """What of the imports the names in a module begin with: of several the longest, as names are resolved."""
    brought = {tuple(written.split(".")) for node in tree.imports for written, _ in _brought(node)}
    found: set[str] = set()
    for name in mentioned(tree.items):
        heads = (name[:count] for count in range(len(name), 0, -1))
        found.update(".".join(head) for head in islice((head for head in heads if head in brought), 1))
    return found


def _has_its_tests_elsewhere(scope: ModuleScope, written: str, tree: ast.Module) -> bool:
    """Whether a namespace was imported that tests here may put tasks in, by the name of one inside it."""
    found = scope.imported.get(written)
    is_namespace = isinstance(found, Declared) and isinstance(found.node, ast.Namespace)
    return is_namespace and any(isinstance(item, ast.Test | ast.Claim) for item in tree.items)


RULE: Final = Rule(UNUSED_IMPORT, unused_import)
