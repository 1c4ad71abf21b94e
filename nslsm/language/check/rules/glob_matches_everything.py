"""``glob-matches-everything``: a glob that selects nothing, since every path matches."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.diagnostics.span import Span
from nslsm.language.check.glob_language import ABSOLUTE, NAMES, PATHS, TEXTS, takes_all
from nslsm.language.check.patterns import Budget, Patterns, patterns
from nslsm.language.check.whole import Rule, Whole

GLOB_MATCHES_EVERYTHING: Final = Code("glob-matches-everything", Severity.WARNING)


def glob_matches_everything(whole: Whole) -> Iterator[Diagnostic]:
    """What every path matches looks as if it told some from others. As a parameter's value it says that all are meant."""
    budget = Budget()
    for found in patterns(whole):
        if not found.given and all(len(glob.prefix) <= 1 for glob in found.globs) and found.globs and budget.one():
            yield from _finding(found)
        elif not found.given:
            for glob, span in found.globs.items():
                if len(glob.prefix) <= 1 and budget.one():
                    yield from _finding(found._replace(globs={glob: span}, span=span))


def _finding(found: Patterns) -> Iterator[Diagnostic]:
    globs = list(found.globs)
    span: Span = next(iter(found.globs.values())) if len(globs) == 1 else found.span
    written = "this" if len(globs) > 1 else f"`{globs[0].text}`"
    if found.shapes is not PATHS:
        what = "name" if found.shapes == (NAMES,) else "text"
        if takes_all(globs, NAMES if found.shapes == (NAMES,) else TEXTS):
            yield GLOB_MATCHES_EVERYTHING.at(span, f"every {what} matches {written}", help="leave it out")
        return
    if not takes_all(globs, ABSOLUTE):
        return
    if all(takes_all(globs, shape) for shape in PATHS):
        yield GLOB_MATCHES_EVERYTHING.at(span, f"every path matches {written}", help="leave it out")
        return
    yield GLOB_MATCHES_EVERYTHING.at(
        span,
        f"every file that has a path matches {written}",
        help='leave it out; or write `under "/"` where the rule is about files that have a path, and not about pipes',
    )


RULE: Final = Rule(GLOB_MATCHES_EVERYTHING, glob_matches_everything)
