"""``# nslsm: allow(code) reason``: a finding that is known and meant, silenced where it stands.

One comment silences one kind of finding at one place: on the line that it ends, or, on a line of its own, on what follows it.
The reason is required, for whoever reads the policy next. Errors cannot be silenced; a comment that silences nothing is a
finding itself, so that none outlives its cause.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Edit, Fix, Severity
from nslsm.diagnostics.span import Span
from nslsm.language.check.findings import nearest
from nslsm.language.check.modules import LoadedModule
from nslsm.language.syntax import ast

BAD_ALLOW: Final = Code("bad-allow")
UNUSED_ALLOW: Final = Code("unused-allow", Severity.WARNING)

_ADDRESSED: Final = re.compile(r"#+\s*nslsm\s*:")
_ALLOW: Final = re.compile(r"#+\s*nslsm\s*:\s*allow\s*\(\s*(?P<code>[^()]*?)\s*\)\s*(?P<reason>.*)")
_FORM: Final = "it is written `# nslsm: allow(code) reason`"

_BLOCKS: Final = (ast.Control, ast.Policy, ast.Namespace, ast.Test, ast.Claim, ast.Given, ast.Table)
"""Declarations with others inside: a comment before one speaks of its head."""

_STATEMENTS: Final = (
    *_BLOCKS,
    ast.Confine,
    ast.Import,
    ast.Let,
    ast.Operation,
    ast.OperationHook,
    ast.Attribute,
    ast.Deny,
    ast.Allow,
    ast.On,
    ast.Audit,
    ast.Try,
    ast.Never,
    ast.Use,
    ast.Enter,
    ast.Seal,
    ast.Lock,
    ast.Limit,
    ast.Row,
    ast.FileStep,
    ast.TaskStep,
    ast.CallStep,
    ast.Expect,
)


@dataclass(frozen=True, slots=True)
class _Allowance:
    """A comment that silences ``code`` on the lines from ``first`` to ``last``."""

    comment: ast.Comment
    code: str
    first: int
    last: int

    def covers(self, diagnostic: Diagnostic) -> bool:
        span = diagnostic.span
        return (
            span is not None
            and diagnostic.code.name == self.code
            and diagnostic.severity is Severity.WARNING
            and span.source == self.comment.span.source
            and self.first <= span.line <= self.last
        )


def silenced(
    found: Sequence[Diagnostic],
    modules: Mapping[str, LoadedModule],
    texts: Mapping[str, str],
    *,
    roots: Collection[str],
    codes: Mapping[str, Severity],
    sound: bool,
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """What of ``found`` no comment silences, and what is wrong with the comments.

    ``codes`` are the findings that there can be. Comments that silence nothing are reported for the modules that were asked
    for, and only where the program is ``sound``: with errors in it, rules about whole programs did not look everywhere.
    """
    problems: list[Diagnostic] = []
    left = list(found)
    for name, module in modules.items():
        if module.tree is None or not any(_ADDRESSED.match(each.text) for each in module.tree.comments):
            continue
        for allowance in _allowances(module.tree, texts.get(module.source, ""), codes, problems):
            kept = [each for each in left if not allowance.covers(each)]
            if len(kept) == len(left) and name in roots and sound:
                problems.append(_unused(allowance))
            left = kept
    return left, problems


def _unused(allowance: _Allowance) -> Diagnostic:
    span = allowance.comment.span
    fix = Fix("remove the comment", (Edit(span, lines=True),))
    return UNUSED_ALLOW.at(span, f"there is no `{allowance.code}` here to silence", fix=fix)


def _allowances(
    tree: ast.Module, text: str, codes: Mapping[str, Severity], problems: list[Diagnostic]
) -> Iterator[_Allowance]:
    """The comments of a module that silence something; what is wrong with the others goes to ``problems``."""
    lines = text.split("\n")
    extents = _extents(tree)
    for comment in tree.comments:
        if not _ADDRESSED.match(comment.text):
            continue
        problem = _problem(comment, codes)
        if problem is not None:
            problems.append(problem)
            continue
        match = _ALLOW.fullmatch(comment.text)
        assert match is not None
        line = _line_meant(comment.span, lines)
        yield _Allowance(comment, match["code"], line, max(line, extents.get(line, line)))


def _problem(comment: ast.Comment, codes: Mapping[str, Severity]) -> Diagnostic | None:
    match = _ALLOW.fullmatch(comment.text)
    if match is None:
        return BAD_ALLOW.at(comment.span, "this comment speaks to nslsm and is not understood", help=_FORM)
    code = match["code"]
    place = _within(comment.span, match.start("code"), match.end("code"))
    if code not in codes:
        warnings = sorted(name for name, severity in codes.items() if severity is Severity.WARNING)
        return BAD_ALLOW.at(place, f"no finding is called `{code}`", help=nearest(code, warnings) or _FORM)
    if codes[code] is not Severity.WARNING:
        return BAD_ALLOW.at(place, f"`{code}` is an error, and errors cannot be silenced", help="mend what is wrong")
    if not match["reason"].strip(" -:."):
        message = f"this silences `{code}` and does not say why"
        return BAD_ALLOW.at(comment.span, message, help="write the reason behind it, for whoever reads the policy next")
    return None


def _within(span: Span, start: int, end: int) -> Span:
    """Some characters of a comment, which is on one line."""
    end = max(end, start + 1)
    column = span.column
    return Span(span.source, span.line, column + start, span.line, column + end, span.start + start, span.start + end)


def _line_meant(span: Span, lines: Sequence[str]) -> int:
    """The line that a comment speaks of: its own, or the next that has more than a comment on it."""
    number = span.line
    if number <= len(lines) and not lines[number - 1][: span.column - 1].strip():
        while number < len(lines) and lines[number - 1].lstrip()[:1] in ("", "#"):
            number += 1
    return number


def _extents(tree: ast.Module) -> dict[int, int]:
    """For each line that a statement begins on, the line that it, or the head of what is a block, ends on."""
    found: dict[int, int] = {}
    for node in tree.walk():
        if isinstance(node, _STATEMENTS):
            last = _head(node) if isinstance(node, _BLOCKS) else node.span.end_line
            if isinstance(node, ast.Confine):
                last = min([node.span.end_line, *(allow.span.line - 1 for allow in node.allows)])
            found[node.span.line] = max(found.get(node.span.line, 0), last)
    return found


def _head(node: ast.Node) -> int:
    name = getattr(node, "name", None) or getattr(node, "title", None)
    return name.span.end_line if isinstance(name, ast.Node) else node.span.line
