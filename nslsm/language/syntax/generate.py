"""Makes the parser's tables out of ``grammar/policy.lark``: ``python -m nslsm.language.syntax.generate``.

The only place that knows lark. lark reads the grammar and computes the LALR(1) automaton; ``strict`` makes it refuse any
conflict, between productions and (where ``interegular`` is installed) between the patterns of tokens.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from lark import Lark
from lark.grammar import NonTerminal, Rule, Symbol, Terminal
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import IntParseTable

from nslsm.language.syntax.grammar import END, TABLES_FILE, TableData, checksum
from nslsm.resources import grammar_text

START: Final = "start"
"""The rule that is a whole module."""

NOTE: Final = "Made from grammar/policy.lark by `python -m nslsm.language.syntax.generate`; edit the grammar, not this."


def generate(text: str, *, strict: bool = False) -> TableData:
    """The tables of the grammar ``text``. Raises ``lark.exceptions.LarkError`` where it is wrong or has conflicts."""
    lark = Lark(text, parser="lalr", lexer="contextual", strict=strict)
    table: IntParseTable = lark.parser.parser._parse_table  # noqa: SLF001 - lark's own generators read it too
    kinds = {terminal.name: _kind(terminal) for terminal in lark.terminals} | {"$END": END}
    symbols = _Symbols(kinds)
    numbers = {rule: number for number, rule in enumerate(lark.rules)}
    states = _numbered(table)
    plain = [terminal for terminal in lark.terminals if isinstance(terminal.pattern, PatternStr)]
    patterns = [terminal for terminal in lark.terminals if not isinstance(terminal.pattern, PatternStr)]
    return {
        "note": NOTE,
        "grammar": checksum(text),
        "productions": [_production(rule, symbols) for rule in lark.rules],
        "rows": [
            [
                number
                for name, target in _actions(table, state)
                for number in (
                    symbols[name],
                    ~numbers[target] if isinstance(target, Rule) else states[target],
                )
            ]
            for state in states
        ],
        "first": {
            f"<{name}>": sorted(symbols[kind] for kind in kinds) for name, kinds in sorted(_first(lark.rules).items())
        },
        "patterns": [
            (terminal.name, terminal.pattern.to_regexp())
            for terminal in sorted(patterns, key=lambda terminal: -terminal.priority)
        ],
        "words": sorted(terminal.pattern.value for terminal in plain if terminal.pattern.value.isalpha()),
        "marks": sorted(
            (terminal.pattern.value for terminal in plain if not terminal.pattern.value.isalpha()),
            key=lambda mark: (-len(mark), mark),
        ),
        "symbols": symbols.names,
    }


class _Symbols:
    """Numbers for symbols, given as they are asked for. Words and marks are called what they read, nonterminals ``<name>``."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self.names: list[str] = []
        self._kinds = kinds
        self._numbers: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        name = self._kinds.get(name, f"<{name}>")
        if name not in self._numbers:
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]


def _kind(terminal: TerminalDef) -> str:
    return terminal.pattern.value if isinstance(terminal.pattern, PatternStr) else terminal.name


def _numbered(table: IntParseTable) -> dict[int, int]:
    """Numbers for states, in the order in which the start reaches them, so that the same grammar gives the same file."""
    states = {table.start_states[START]: 0}
    pending = list(states)
    for state in pending:
        for _, target in _actions(table, state):
            if not isinstance(target, Rule) and target not in states:
                states[target] = len(states)
                pending.append(target)
    return states


def _actions(table: IntParseTable, state: int) -> list[tuple[str, int | Rule]]:
    """By symbol, the state to go to or the production to reduce; without the step past a whole module."""
    row = table.states[state]
    return [(name, row[name][1]) for name in sorted(row) if name != START]


def _production(rule: Rule, symbols: _Symbols) -> tuple[str, int, int, list[int], list[int]]:
    size = len(rule.expansion)
    kept = [
        place - size
        for place, symbol in enumerate(rule.expansion)
        if rule.options.keep_all_tokens or not (isinstance(symbol, Terminal) and symbol.filter_out)
    ]
    spliced = [place for place in kept if _is_list(rule.expansion[place])]
    name = str(rule.origin.name)
    if rule.alias is None and rule.options.expand1 and len(kept) <= 1 and not spliced:
        build = ""
    elif _is_list(rule.origin):
        build = "_"
    else:
        build = rule.alias or name
    return build, symbols[name], size, kept, spliced


def _is_list(symbol: Symbol) -> bool:
    return isinstance(symbol, NonTerminal) and str(symbol.name).startswith("_")


def _first(rules: Sequence[Rule]) -> dict[str, set[str]]:
    """By nonterminal, the terminals that it can begin with."""
    first: defaultdict[str, set[str]] = defaultdict(set)
    empty = {str(rule.origin.name) for rule in rules if not rule.expansion}
    known = -1
    while known != sum(map(len, first.values())) + len(empty):
        known = sum(map(len, first.values())) + len(empty)
        for rule in rules:
            origin = str(rule.origin.name)
            for symbol in rule.expansion:
                name = str(symbol.name)
                first[origin] |= {name} if isinstance(symbol, Terminal) else first[name]
                if name not in empty:
                    break
            else:
                empty.add(origin)
    return {name: kinds for name, kinds in first.items() if not name.startswith("_")}


def dump(data: TableData) -> str:
    """The file's text: one line a production and a state, so that changes can be read."""
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {_json(value)}" for key, value in data.items()) + "\n}\n"


def _json(value: object) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "\n]"
    return json.dumps(value, separators=(",", ":"))


def main() -> None:
    """Writes the tables."""
    TABLES_FILE.write_text(dump(generate(grammar_text(), strict=True)), encoding="utf-8")


if __name__ == "__main__":
    main()
