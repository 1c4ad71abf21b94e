"""Mistakes in how things stand together: rules out of place, clauses out of order, brackets, comparisons, steps."""

from typing import Final, get_args

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.language.syntax import ast, codes
from nslsm.language.syntax.build.steps import missing_outcome
from nslsm.language.syntax.expectation import Expectation
from nslsm.language.syntax.grammar import END
from nslsm.language.syntax.token import Token

_CLAUSES: Final = ("when", "where", "with", "because")
_ITEMS: Final = ("@", "let", "table", "operation", "control", "policy", "namespace", "test", "claim", "import")
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
    "claim": ("given", "try", "never"),
}
_CONTAINERS: Final = (*_HOMES, "confine")
_BEGINNINGS: Final = frozenset(("control", "deny", "allow", "use", "bind", "expect"))
"""Words that only begin something: where one could stand, something may begin."""
_HEADS: Final = ("deny", "confine", "allow", "on", "audit", "denied", ":", ",")


def misplaced_allow(here: Expectation) -> Diagnostic | None:
    """``allow`` outside of ``confine``."""
    if here.token.text != "allow" or not ({"deny", "control", "use"} & here.shifts.keys()):
        return None
    return codes.MISPLACED_ALLOW.at(
        here.token.span,
        "`allow` stands only inside `confine`",
        help="confine what is allowed to some only: `confine read { allow read when … }`",
        notes=("no rule takes back another's denial, and what nothing denies is granted anyway",),
    )


def misplaced_rule(here: Expectation) -> Diagnostic | None:
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


def misplaced_header(here: Expectation) -> Diagnostic | None:
    """``import`` behind the first declaration."""
    order = "a module begins with `language`, `module`, its doc string and its imports, in this order"
    if here.token.text not in ("language", "module", "import") or "control" not in here.shifts:
        return None
    return codes.MISPLACED_HEADER.at(here.token.span, f"`{here.token.text}` cannot stand here", help=order)


def statement(here: Expectation) -> Diagnostic | None:
    """``if`` where a rule or a declaration belongs, or where a rule's condition does."""
    if here.token.text != "if":
        return None
    if "deny" in here.shifts or "control" in here.shifts or "allow" in here.shifts:
        help_ = "a rule says its condition itself: `deny read when …`"
    elif "when" in here.shifts:
        help_ = "say `when`"
    elif "where" in here.shifts:
        help_ = "say `where`"
    elif "not" in here.shifts:
        help_ = "a choice between values is written `a if c else b`"
    else:
        return None
    return codes.FOREIGN_SYNTAX.at(here.token.span, "there are no `if` statements", help=help_)


def everything(here: Expectation) -> Diagnostic | None:
    """``deny all``."""
    if here.previous not in _HEADS or here.token.text not in ("all", "any", "*") or "FAMILY" not in here.shifts:
        return None
    return codes.FOREIGN_SYNTAX.at(
        here.token.span,
        "there is no word for all hooks",
        help="name hooks, families (`inode_*`) or operations; `nslsm hooks` lists them",
    )


def clause(here: Expectation) -> Diagnostic | None:
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


def comma(here: Expectation) -> Diagnostic | None:
    """``deny read, when …``: the clause's word was taken for another hook."""
    if here.before not in _CLAUSES or here.previous != "NAME" or here.token.kind in (",", "."):
        return None
    return codes.UNEXPECTED.at(
        here.stuck.lasts[-1],
        f"`{here.before}` is read as a name here, behind a comma",
        help="leave out the comma, or name what is missing behind it",
    )


def unclosed(here: Expectation) -> Diagnostic | None:
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
        label=here.said,
        related=((innermost.start.to(innermost.bracket.span), "opened here"),),
    )


def stray_bracket(here: Expectation) -> Diagnostic | None:
    """A bracket too many."""
    if here.token.kind not in ("}", ")") or here.open:
        return None
    return codes.UNEXPECTED.at(here.token.span, f"this `{here.token.kind}` closes nothing")


def chained(here: Expectation) -> Diagnostic | None:
    """``a < b < c``."""
    top = here.stuck.values[-1] if here.stuck.values else None
    operator = here.stuck.values[-2] if len(here.stuck.values) > 1 else None
    if here.token.kind not in ast.COMPARISONS or not (isinstance(top, ast.Compare) or operator in ast.COMPARISONS):
        return None
    return codes.CHAINED_COMPARISON.at(
        here.token.span, "comparisons do not chain", help="say `a < b and b < c`, or put one in brackets"
    )


def negation(here: Expectation) -> Diagnostic | None:
    """``a not matches b``, ``a has not b``, ``a == not b``."""
    if here.previous == "not" and "in" in here.shifts and here.token.kind in ast.COMPARISONS:
        word = here.token.kind
        return codes.UNEXPECTED.at(here.token.span, f"there is no `not {word}`", help=f"say `not (a {word} b)`")
    if here.token.kind == "not" and "(" in here.shifts:
        return codes.UNEXPECTED.at(
            here.token.span,
            f"`not` binds looser than `{here.before}`",
            help=f"say `not (a {here.before} b)`, or put it in brackets: `(not …)`",
        )
    return None


def outcome(here: Expectation) -> Diagnostic | None:
    """A step without an arrow, that ran on into the next one."""
    if "->" not in here.shifts:
        return None
    values, firsts, lasts = here.stuck.values, here.stuck.firsts, here.stuck.lasts
    task = next((place for place in range(len(values) - 1, 0, -1) if _begins_step(values, place)), None)
    if task is None:
        return None
    end = firsts[task]
    for value, last in zip(values[task:], lasts[task:], strict=True):
        parts = [part.span for part in value if isinstance(part, ast.Node)] if isinstance(value, list) else [last]
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
