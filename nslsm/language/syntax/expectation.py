"""What could have stood where the parser got stuck, and what is still open there, in the author's terms."""

from functools import cached_property
from typing import Final, NamedTuple

from nslsm.diagnostics.span import Span
from nslsm.language.syntax.automaton import Stuck
from nslsm.language.syntax.grammar import END, START, grammar
from nslsm.language.syntax.token import Token, shown

PHRASES: Final = {
    "<hook>": "a hook or an operation",
    "<item>": "a declaration",
    "<import_>": "`import`",
    "<member>": "a rule",
    "<allow>": "`allow`",
    "<use>": "`use`",
    "<namespace_member>": "`bind`, `enter on`, `seal`, `lock`, `limit` or `namespace`",
    "<step>": "a step",
    "<outcome>": "an outcome",
    "<assign>": "`set`",
    "<row>": "a row",
    "<operand_value>": "a value",
    "<operand>": "an operand",
    "<cell>": "a value",
    "<type>": "a type",
    "<parameter>": "a parameter",
    "<key>": "a key",
    "<argument>": "an argument",
    "<annotation>": "an annotation",
    "<annotation_argument>": "an argument",
    "<annotation_value>": "a name, a string or a number",
    "<expr>": "an expression",
    "<or_>": "an expression",
    "<and_>": "an expression",
    "<not_>": "an expression",
    "<operator>": "an operator",
    "<sum>": "a value",
    "<postfix>": "a value",
    "<string>": "a string",
    "<integer>": "a number",
    "<errno>": "an errno",
    "<path>": "an attribute",
    "<dotted>": "a name",
    "<name>": "a name",
}
"""How nonterminals are called, those first that say most about what is meant."""

KINDS: Final = {
    "NAME": "a name",
    "INT": "a number",
    "STRING": "a string",
    "DOC": "a doc string",
    "ERRNO": "an errno",
    "RULE": "`#` and a rule's name",
    "WOULD_DENY": "`would-deny`",
    END: "the end",
    **dict.fromkeys(("and", "or", "if", "+", "-", "&"), "an operator"),
}
"""How tokens are called that are not simply what they read."""

UNSAID: Final = frozenset((".", "(", "DOC", "RULE", END))
"""What can almost always follow, and is hardly ever what is missing."""


CALLS: Final = frozenset(("NAME", "fork", "exit"))
"""What can follow the name of a task."""


class Open(NamedTuple):
    """A bracket that waits to be closed."""

    bracket: Token
    what: str
    """The keyword of what it belongs to; empty for a bracket of an expression."""
    start: Span
    """Where that begins."""

    @property
    def closing(self) -> str:
        """The mark that closes it."""
        return "}" if self.bracket.kind == "{" else ")"


class Expectation:
    """The situation around a token that does not fit."""

    def __init__(self, stuck: Stuck, text: str) -> None:
        self.stuck = stuck
        self.token = stuck.token
        self.text = text

    @cached_property
    def shifts(self) -> dict[str, tuple[int, ...]]:
        """By each kind of token that could have come, the states that would have led to taking it."""
        kinds = {kind for kind in grammar().rows[self.stuck.states[-1]] if not kind.startswith("<")}
        found = ((kind, self._shift(kind)) for kind in sorted(kinds))
        return {kind: states for kind, states in found if states}

    def _shift(self, kind: str) -> tuple[int, ...]:
        """Does what the automaton would do, on a copy of its states; empty where it would get stuck too."""
        rows, productions = grammar().rows, grammar().productions
        states = list(self.stuck.states)
        visited = [states[-1]]
        while (action := rows[states[-1]].get(kind)) is not None:
            if action >= 0:
                return tuple(visited)
            production = productions[~action]
            if production.size:
                del states[-production.size :]
            if production.origin == START:
                return tuple(visited)
            states.append(rows[states[-1]][production.origin])
            visited.append(states[-1])
        return ()

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """What could have come, in words, what says most first."""
        if self.shifts.keys() >= CALLS:
            return ("a system call or a hook",)
        ranked: dict[str, int] = {}
        for kind in self.shifts.keys() - UNSAID or self.shifts.keys():
            rank, phrase = self._phrase(kind)
            ranked[phrase] = min(rank, ranked.get(phrase, rank))
        return tuple(sorted(ranked, key=lambda phrase: (ranked[phrase], phrase)))

    def _phrase(self, kind: str) -> tuple[int, str]:
        first = grammar().first
        begun = {name for state in self.shifts[kind] for name in grammar().rows[state] if name.startswith("<")}
        for rank, (nonterminal, phrase) in enumerate(PHRASES.items()):
            if nonterminal in begun and kind in first[nonterminal]:
                return rank, phrase
        rank = len(PHRASES) + (not kind.isalpha()) + (kind in ("}", ")"))
        return rank, KINDS.get(kind, f"`{kind}`")

    @property
    def names_only(self) -> bool:
        """Whether a name, and nothing like it, was to come."""
        return "NAME" in self.shifts and "STRING" not in self.shifts

    @property
    def before(self) -> str:
        """The text of the token before; empty at the start."""
        last = self.stuck.lasts[-1] if self.stuck.lasts else self.token.span
        return "" if last == self.token.span else self.text[last.start : last.end]

    @property
    def said(self) -> str:
        """What stands there instead of what was expected."""
        return "the text ends here" if self.token.kind == END else f"found `{shown(self.token.text)}`"

    @property
    def behind(self) -> Span:
        """The place just behind the token before."""
        last = self.stuck.lasts[-1] if self.stuck.lasts else self.token.span
        return last._replace(line=last.end_line, column=last.end_column, start=last.end)

    @property
    def previous(self) -> str:
        """The kind of the token before; empty at the start."""
        value = self.stuck.values[-1] if self.stuck.values else None
        return value.kind if isinstance(value, Token) else ""

    @cached_property
    def open(self) -> tuple[Open, ...]:
        """The brackets that are open here, outermost first."""
        found: list[Open] = []
        start: tuple[str, Span] | None = None
        for value in self.stuck.values:
            if not isinstance(value, Token):
                continue
            if value.kind in ("{", "("):
                what, place = start or ("", value.span)
                found.append(Open(value, what, place))
                start = None
            elif value.kind in ("}", ")") and found:
                found.pop()
            elif value.kind in _OPENERS:
                start = value.kind, value.span
            elif value.kind in _CLAUSES:
                start = None
        return tuple(found)


_OPENERS: Final = frozenset(
    (
        "control",
        "confine",
        "policy",
        "namespace",
        "test",
        "claim",
        "given",
        "lock",
        "table",
        "operation",
        "file",
        "task",
        "import",
        "enum",
    )
)
_CLAUSES: Final = frozenset(("=", "else", "in", "set"))


def wide(span: Span, length: int) -> Span:
    """``length`` characters from the start of ``span``, on one line."""
    return span._replace(end_line=span.line, end_column=span.column + length, end=span.start + length)
