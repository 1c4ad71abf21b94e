"""Why a text does not parse, in its author's terms: one root cause, the place, a way out.

Each explanation recognises one thing that people do; where none does, what could have stood there is listed. lark's and
the grammar's own names never show.
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Final, TypeAlias

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.language.syntax import codes
from nslsm.language.syntax import mistakes_of_spelling as spelling
from nslsm.language.syntax import mistakes_of_structure as structure
from nslsm.language.syntax.automaton import Stuck
from nslsm.language.syntax.build.expressions import over_nesting
from nslsm.language.syntax.expectation import Expectation
from nslsm.language.syntax.grammar import END
from nslsm.language.syntax.token import shown

LISTED: Final = 4
"""How many things a message lists that were expected; more go into a note."""

_STARTS: Final = {
    "a declaration": "declarations begin with `let`, `table`, `operation`, `control`, `policy`, `namespace` or `test`",
    "a rule": "in a control stand `deny`, `confine`, `on`, `audit`, `inbound`, `attr` and `let`",
    "a step": "steps begin with `file`, `task`, `expect` or the name of a task",
}


def explain(stuck: Stuck, text: str) -> Diagnostic:
    """The one diagnostic for the token that does not fit."""
    here = Expectation(stuck, text)
    for explanation in EXPLANATIONS:
        found = explanation(here)
        if found is not None:
            return found
    return _unexpected(here)


def _too_deep(here: Expectation) -> Diagnostic | None:
    return over_nesting(here.token.span) if here.stuck.too_deep else None


def _unexpected(here: Expectation) -> Diagnostic:
    """Whatever else: what could have stood there."""
    behind = f" after `{shown(here.before)}`" if here.before else ""
    span = here.behind if here.token.kind == END else here.token.span
    words = [kind for kind in here.shifts if kind.isalpha()] if here.token.kind == "NAME" else []
    near = get_close_matches(here.token.text.lower(), words, n=1, cutoff=0.7)
    help_ = f"did you mean `{near[0]}`?" if near else None
    phrases = here.phrases
    if len(phrases) <= LISTED:
        notes = tuple(_STARTS[phrase] for phrase in phrases if phrase in _STARTS)
        return codes.UNEXPECTED.at(
            span, f"expected {_listed(phrases)}{behind}, but {here.said}", help=help_, notes=notes
        )
    unfit = "the text cannot end" if here.token.kind == END else f"`{shown(here.token.text)}` cannot stand"
    listed = f"what can stand here: {', '.join(phrases)}"
    return codes.UNEXPECTED.at(span, f"{unfit}{behind or ' here'}", help=help_, notes=(listed,))


def _listed(phrases: tuple[str, ...]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


Explanation: TypeAlias = Callable[[Expectation], Diagnostic | None]

EXPLANATIONS: Final[tuple[Explanation, ...]] = (
    _too_deep,
    spelling.unterminated,
    spelling.glued_comment,
    structure.everything,
    spelling.foreign_mark,
    spelling.equality,
    spelling.capitals,
    structure.misplaced_allow,
    structure.misplaced_rule,
    structure.misplaced_header,
    structure.statement,
    structure.outcome,
    structure.clause,
    structure.comma,
    structure.chained,
    structure.negation,
    spelling.decimal,
    spelling.foreign_word,
    structure.unclosed,
    structure.stray_bracket,
    spelling.reserved,
    spelling.quotes,
)
"""In the order to try them."""
