"""``glob-matches-nothing``: a glob that no path can match."""

from collections.abc import Iterator
from typing import Final

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.language.check.glob_language import NAMES, Shape
from nslsm.language.check.patterns import Budget, patterns
from nslsm.language.check.whole import Rule, Whole

GLOB_MATCHES_NOTHING: Final = Code("glob-matches-nothing", Severity.WARNING)


def glob_matches_nothing(whole: Whole) -> Iterator[Diagnostic]:
    """Paths are absolute and normalised, and a last name has no ``/``: a glob that asks for anything else asks for nothing."""
    budget = Budget()
    for found in patterns(whole):
        for glob, span in found.globs.items():
            if budget.takes_none(glob, found.shapes):
                what = "name" if found.shapes == (NAMES,) else "path"
                yield GLOB_MATCHES_NOTHING.at(
                    span, f"no {what} matches `{glob.text}`", help=_help(glob.text, found.shapes)
                )


def _help(text: str, shapes: tuple[Shape, ...]) -> str:
    if shapes == (NAMES,):
        return "a file's last name has no `/`: match the whole path, or leave the directories out"
    if text.startswith("/"):
        return "a path has no `/` at its end, and no part that is empty, `.` or `..`"
    if text.startswith(("~", "$")):
        return "nothing is filled in here: write the directory"
    return f"paths are absolute: write `/{text}`, or `/**/{text}` for wherever it is"


RULE: Final = Rule(GLOB_MATCHES_NOTHING, glob_matches_nothing)
