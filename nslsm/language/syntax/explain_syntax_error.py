"""Why a text does not parse, in its author's terms: one root cause, the place, a way out.

Each explanation recognises one thing that people do; the last one always has something to say. lark's and the grammar's
own names never show.
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Final, TypeAlias, get_args

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast, codes
from nslsm.language.syntax.automaton import BAD, Stuck
from nslsm.language.syntax.build.expressions import over_nesting
from nslsm.language.syntax.build.steps import missing_outcome
from nslsm.language.syntax.expectation import Expectation
from nslsm.language.syntax.foreign_words import MARKS, PAIRS, WORDS
from nslsm.language.syntax.grammar import END, RESERVED
from nslsm.language.syntax.token import Token, shown

LISTED: Final = 4
"""How many things a message lists that were expected; more go into a note."""

_CLAUSES: Final = ("when", "where", "with", "because")
_ITEMS: Final = ("@", "let", "table", "operation", "control", "policy", "namespace", "test", "import")
_MEMBERS: Final = (
    "attr",
    "deny",
    "confine",
    "on",
    "audit",
    "inbound",
    "use",
    "bind",
    "enter",
    "seal",
    "lock",
    "limit",
)
_HOMES: Final = {
    "control": ("attr", "deny", "confine", "on", "audit", "inbound"),
    "policy": ("use",),
    "namespace": ("bind", "enter", "seal", "lock", "limit"),
    "test": ("task", "expect"),
}
_CONTAINERS: Final = (*_HOMES, "confine")
_BEGINNINGS: Final = frozenset(("control", "deny", "allow", "use", "bind", "expect"))
"""Words that only begin something: where one could stand, something may begin."""

_HEADS: Final = ("deny", "confine", "allow", "on", "audit", "denied", ":", ",")
_STARTS: Final = {
    "a declaration": "declarations begin with `let`, `table`, `operation`, `control`, `policy`, `namespace` or `test`",
    "a rule": "in a control stand `deny`, `confine`, `on`, `audit`, `inbound`, `attr` and `let`",
    "a step": "steps begin with `file`, `task`, `expect` or the name of a task",
}


def explain(stuck: Stuck, text: str) -> Diagnostic:
    """The one diagnostic for the token that does not fit."""
    here = Expectation(stuck, text)
    return next(
        (found for explanation in EXPLANATIONS if (found := explanation(here)) is not None), _unexpected(here)
    )


# What a token is


def _too_deep(here: Expectation) -> Diagnostic | None:
    return over_nesting(here.token.span) if here.stuck.too_deep else None


def _unterminated(here: Expectation) -> Diagnostic | None:
    if here.token.kind != BAD or here.token.text != '"':
        return None
    span = here.token.span
    if here.text.startswith('"""', span.start):
        return codes.UNTERMINATED_DOC.at(
            _wide(span, 3), "this doc string does not end", help='close it with `"""`'
        )
    end = here.text.find("\n", span.start)
    line = here.text[span.start : len(here.text) if end < 0 else end].rstrip()
    help_ = 'close it with `"`; a string ends on the line that it begins on'
    if line.endswith('\\"'):
        help_ = 'the `\\` escapes the `"` behind it; a `\\` that stands for itself is written `\\\\`'
    return codes.UNTERMINATED_STRING.at(_wide(span, len(line)), "this string does not end", help=help_)


def _glued_comment(here: Expectation) -> Diagnostic | None:
    if here.token.kind != "RULE":
        return None
    return codes.UNEXPECTED.at(
        here.token.span,
        f"`{shown(here.token.text)}` names a rule, and no rule is named here",
        help="a comment begins behind a blank",
    )


def _foreign_mark(here: Expectation) -> Diagnostic | None:
    span, text = here.token.span, here.text
    pair = text[max(0, span.start - len(here.before)) : span.end]
    if pair in PAIRS and here.behind.start == span.start:
        place = here.stuck.lasts[-1].to(span)
        return codes.FOREIGN_SYNTAX.at(place, f"`{pair}` is not part of the language", help=PAIRS[pair])
    pair = text[span.start : span.end + 1]
    if pair in PAIRS:
        return codes.FOREIGN_SYNTAX.at(
            _wide(span, 2), f"`{pair}` is not part of the language", help=PAIRS[pair]
        )
    if here.token.kind != BAD:
        return None
    for length in (2, 1):
        mark = text[span.start : span.start + length]
        if mark in MARKS:
            return codes.FOREIGN_SYNTAX.at(
                _wide(span, length), f"`{mark}` is not part of the language", help=MARKS[mark]
            )
    return codes.UNEXPECTED_CHARACTER.at(
        span,
        f"`{here.token.text}` begins nothing in the language",
        help="names are written with the letters a to z, digits and `_`"
        if here.token.text.isalpha()
        else None,
    )


def _equality(here: Expectation) -> Diagnostic | None:
    """``=`` for ``==``, and the other way round."""
    if here.token.kind == "=" and "==" in here.shifts:
        return codes.FOREIGN_SYNTAX.at(
            here.token.span, "`=` gives a value, it does not compare", help="equality is `==`"
        )
    if here.token.kind == "==" and "=" in here.shifts:
        return codes.FOREIGN_SYNTAX.at(
            here.token.span, "`==` compares, it does not give a value", help="say `=`"
        )
    return None


def _capitals(here: Expectation) -> Diagnostic | None:
    word = here.token.text
    if here.token.kind not in ("NAME", "ERRNO") or word.islower() or word.lower() not in here.shifts:
        return None
    return codes.FOREIGN_SYNTAX.at(
        here.token.span, f"keywords are written small, not `{shown(word)}`", help=f"say `{word.lower()}`"
    )


# What stands where it should not


def _claim(here: Expectation) -> Diagnostic | None:
    if here.token.text != "claim" or "control" not in here.shifts:
        return None
    return codes.UNSUPPORTED_CLAIM.at(here.token.span, "claims are not part of version 1 of the language yet")


def _misplaced_allow(here: Expectation) -> Diagnostic | None:
    if here.token.text != "allow" or not ({"deny", "control", "use"} & here.shifts.keys()):
        return None
    return codes.MISPLACED_ALLOW.at(
        here.token.span,
        "`allow` stands only inside `confine`",
        help="confine what is allowed to some only: `confine read { allow read when … }`",
        notes=("no rule takes back another's denial, and what nothing denies is granted anyway",),
    )


def _misplaced_rule(here: Expectation) -> Diagnostic | None:
    """A rule outside of a control, a binding outside of a namespace, …"""
    word = here.token.text
    home = next((home for home, words in _HOMES.items() if word in words), None)
    containers = [place.what for place in here.open if place.what in _CONTAINERS]
    container = containers[-1] if containers else ""
    if home is None or home == container or not (_BEGINNINGS & here.shifts.keys()):
        return None
    if container == "confine":
        message = "only `allow` stands inside `confine`"
    else:
        message = f"`{word}` stands in a {home}, not {f'in a {container}' if container else 'by itself'}"
    bound = {"use": "a namespace says `bind`", "bind": "a policy says `use`"}.get(word)
    related = here.open[-1].start.to(here.open[-1].bracket.span) if container else None
    return codes.MISPLACED_RULE.at(
        here.token.span,
        message,
        help=bound if container in ("policy", "namespace") else None,
        related=() if related is None else ((related, f"this `{container}` is still open"),),
    )


def _misplaced_header(here: Expectation) -> Diagnostic | None:
    order = "a module begins with `language`, `module`, its doc string and its imports, in this order"
    if here.token.text not in ("language", "module", "import") or "control" not in here.shifts:
        return None
    return codes.MISPLACED_HEADER.at(here.token.span, f"`{here.token.text}` cannot stand here", help=order)


def _statement(here: Expectation) -> Diagnostic | None:
    """``if`` where a rule or a declaration belongs, or where a rule's condition does."""
    if here.token.text != "if":
        return None
    if "deny" in here.shifts or "control" in here.shifts or "allow" in here.shifts:
        help_ = "a rule says its condition itself: `deny read when …`"
    elif "when" in here.shifts:
        help_ = "say `when`"
    elif "where" in here.shifts:
        help_ = "say `where`"
    else:
        return None
    return codes.FOREIGN_SYNTAX.at(here.token.span, "there are no `if` statements", help=help_)


def _everything(here: Expectation) -> Diagnostic | None:
    """``deny all``."""
    if (
        here.previous not in _HEADS
        or here.token.text not in ("all", "any", "*")
        or "FAMILY" not in here.shifts
    ):
        return None
    return codes.FOREIGN_SYNTAX.at(
        here.token.span,
        "there is no word for all hooks",
        help="name hooks, families (`inode_*`) or operations; `hooks` in the command line lists them",
    )


def _clause(here: Expectation) -> Diagnostic | None:
    """A clause twice, too late, or of another kind of rule."""
    word = here.token.text
    if word not in _CLAUSES or not ({"deny", "allow", "{", "set", "bind", "}"} & here.shifts.keys()):
        return None
    if word == "when" and "where" in here.shifts:
        return codes.UNEXPECTED.at(
            here.token.span,
            "a region has no `when`",
            help="`confine … where` says where it is, `allow … when` inside it what passes",
        )
    if word == "where" and "when" in here.shifts:
        return codes.UNEXPECTED.at(here.token.span, "only `confine` has a `where`", help="say `when`")
    return codes.UNEXPECTED.at(
        here.token.span,
        f"`{word}` cannot stand here",
        help="`deny` has `when`, `with`, `because`; `confine` has `where`, `with`, `because`; "
        "`allow` and `on` have `when`; `audit` has `when`, `because`; in this order, each once",
    )


def _comma(here: Expectation) -> Diagnostic | None:
    """``deny read, when …``: the clause's word was taken for another hook."""
    if here.before not in _CLAUSES or here.previous != "NAME" or here.token.kind in (",", "."):
        return None
    return codes.UNEXPECTED.at(
        here.stuck.lasts[-1],
        f"`{here.before}` is read as a name here, behind a comma",
        help="leave out the comma, or name what is missing behind it",
    )


def _foreign_word(here: Expectation) -> Diagnostic | None:
    word = here.token.text.lower()
    if here.token.kind == END or word not in WORDS:
        return None
    if "WOULD_DENY" in here.shifts:
        return codes.UNEXPECTED.at(
            here.token.span,
            f"`{shown(here.token.text)}` is no outcome",
            help="the outcomes are `allow`, `deny`, `would-deny`, `unknown` and a fact, or the kernel's errno",
        )
    return codes.FOREIGN_SYNTAX.at(
        here.token.span, f"`{shown(here.token.text)}` is not part of the language", help=WORDS[word]
    )


# Brackets


def _unclosed(here: Expectation) -> Diagnostic | None:
    """Something new begins, or the text ends, while a bracket is open that could be closed here."""
    begins = here.token.kind in (END, "}", ")") or here.token.text in (*_ITEMS, *_MEMBERS)
    if not (begins and here.open and here.open[-1].closing in here.shifts):
        return None
    innermost = here.open[-1]
    what = f"`{innermost.what}`" if innermost.what else f"`{innermost.bracket.kind}`"
    place = here.behind if here.token.kind == END else here.token.span
    return codes.UNCLOSED.at(
        place,
        f"expected `{innermost.closing}` to close the {what} opened at line {innermost.start.line}",
        label=_said(here),
        related=((innermost.start.to(innermost.bracket.span), "opened here"),),
    )


def _stray_bracket(here: Expectation) -> Diagnostic | None:
    if here.token.kind not in ("}", ")") or here.open:
        return None
    return codes.UNEXPECTED.at(here.token.span, f"this `{here.token.kind}` closes nothing")


# Expressions


def _chained(here: Expectation) -> Diagnostic | None:
    top = here.stuck.values[-1] if here.stuck.values else None
    operator = here.stuck.values[-2] if len(here.stuck.values) > 1 else None
    if here.token.kind not in ast.COMPARISONS or not (
        isinstance(top, ast.Compare) or operator in ast.COMPARISONS
    ):
        return None
    return codes.CHAINED_COMPARISON.at(
        here.token.span, "comparisons do not chain", help="say `a < b and b < c`, or put one in brackets"
    )


def _negation(here: Expectation) -> Diagnostic | None:
    """``a not matches b``, ``a has not b``, ``a == not b``."""
    if here.previous == "not" and "in" in here.shifts and here.token.kind in ast.COMPARISONS:
        word = here.token.kind
        return codes.UNEXPECTED.at(
            here.token.span, f"there is no `not {word}`", help=f"say `not (a {word} b)`"
        )
    if here.token.kind == "not" and "(" in here.shifts:
        return codes.UNEXPECTED.at(
            here.token.span,
            f"`not` binds looser than `{here.before}`",
            help=f"say `not (a {here.before} b)`, or put it in brackets: `(not …)`",
        )
    return None


def _decimal(here: Expectation) -> Diagnostic | None:
    if here.previous != "." or here.token.kind != "INT":
        return None
    return codes.BAD_NUMBER.at(
        here.token.span, "numbers are whole", help="an IPv4 address has four parts: `10.0.0.1`"
    )


# Names and strings


def _reserved(here: Expectation) -> Diagnostic | None:
    if not here.names_only:
        return None
    word = shown(here.token.text)
    if here.token.kind == "ERRNO":
        return codes.RESERVED_WORD.at(
            here.token.span,
            f"`{word}` reads as an errno and cannot be a name",
            help="words of `E`, capitals and digits are errnos; a small letter or a `_` makes it a name",
        )
    if here.token.kind in RESERVED or here.token.kind == "WOULD_DENY":
        return codes.RESERVED_WORD.at(
            here.token.span,
            f"`{word}` is a word of the language and cannot be a name here",
            help="the words of expressions are names behind a dot only",
        )
    if here.token.kind == "INT":
        return codes.UNEXPECTED.at(
            here.token.span, f"`{word}` is no name", help="names don't start with a digit"
        )
    if here.token.kind == "STRING":
        return codes.UNEXPECTED.at(
            here.token.span, f"{word} is no name", help="names are written without quotes"
        )
    return None


def _quotes(here: Expectation) -> Diagnostic | None:
    """A doc string for a string, and the other way round."""
    if here.token.kind == "DOC":
        help_ = "it stands first in what it describes"
        if "STRING" in here.shifts:
            help_ = 'here stands a string in plain quotes, `"…"`'
        return codes.UNEXPECTED.at(_wide(here.token.span, 3), "a doc string cannot stand here", help=help_)
    if here.token.kind == "STRING" and "DOC" in here.shifts:
        return codes.UNEXPECTED.at(
            here.token.span, "a string cannot stand here", help='doc strings have three quotes, `"""…"""`'
        )
    return None


# Tests


def _outcome(here: Expectation) -> Diagnostic | None:
    """A step without an arrow, that ran on into the next one."""
    if "->" not in here.shifts:
        return None
    values, firsts, lasts = here.stuck.values, here.stuck.firsts, here.stuck.lasts
    task = next((place for place in range(len(values) - 1, 0, -1) if _begins_step(values, place)), None)
    if task is None:
        return None
    end = firsts[task]
    for value, last in zip(values[task:], lasts[task:], strict=True):
        parts = (
            [part.span for part in value if isinstance(part, ast.Node)] if isinstance(value, list) else [last]
        )
        for part in parts:
            if part.line > end.end_line:
                return missing_outcome(firsts[task].to(end))
            end = part
    if here.token.kind in ("}", END) or here.token.span.line > end.end_line:
        return missing_outcome(firsts[task].to(end))
    return None


def _begins_step(values: tuple[object, ...], place: int) -> bool:
    """Whether a step begins there: a name behind the test's brace, or behind the steps before."""
    before = values[place - 1]
    behind_steps = isinstance(before, list) and all(isinstance(step, get_args(ast.Step)) for step in before)
    opened = isinstance(before, Token) and before.kind == "{"
    return isinstance(values[place], ast.Name) and (opened or behind_steps)


# Whatever else


def _unexpected(here: Expectation) -> Diagnostic:
    phrases = here.phrases
    behind = f" after `{shown(here.before)}`" if here.before else ""
    span = here.behind if here.token.kind == END else here.token.span
    near = get_close_matches(
        here.token.text.lower(), [kind for kind in here.shifts if kind.isalpha()], n=1, cutoff=0.7
    )
    help_ = f"did you mean `{near[0]}`?" if near and here.token.kind == "NAME" else None
    notes: tuple[str, ...] = ()
    if len(phrases) <= LISTED:
        notes = tuple(_STARTS[phrase] for phrase in phrases if phrase in _STARTS)
        message = f"expected {_listed(phrases)}{behind}, but {_said(here)}"
    else:
        message = f"{'the text cannot end' if here.token.kind == END else f'`{shown(here.token.text)}` cannot stand'}{behind or ' here'}"
        notes = (f"what can stand here: {', '.join(phrases)}",)
    return codes.UNEXPECTED.at(span, message, help=help_, notes=notes)


def _said(here: Expectation) -> str:
    return "the text ends here" if here.token.kind == END else f"found `{shown(here.token.text)}`"


def _listed(phrases: tuple[str, ...]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _wide(span: Span, length: int) -> Span:
    """``length`` characters from the start of ``span``, on one line."""
    return span._replace(end_line=span.line, end_column=span.column + length, end=span.start + length)


Explanation: TypeAlias = Callable[[Expectation], Diagnostic | None]

EXPLANATIONS: Final[tuple[Explanation, ...]] = (
    _too_deep,
    _unterminated,
    _glued_comment,
    _foreign_mark,
    _equality,
    _capitals,
    _claim,
    _misplaced_allow,
    _misplaced_rule,
    _misplaced_header,
    _statement,
    _everything,
    _outcome,
    _clause,
    _comma,
    _chained,
    _negation,
    _decimal,
    _foreign_word,
    _unclosed,
    _stray_bracket,
    _reserved,
    _quotes,
)
"""In the order to try them."""
