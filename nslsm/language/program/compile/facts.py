"""The facts that a generated function reads: once where they are read often, where they are read otherwise.

While a function is being written, a mark stands for each fact, because only in the end is it known how often each is read.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from nslsm.language.program.compile.names import Names

MARK: Final = re.compile("\x02([a-z]+[0-9]+)\x03")

OFTEN: Final = 4
"""Facts that are read in so many places are looked at first, once and for all."""

_NAME: Final = re.compile(r"\b[a-z]+[0-9]+\b")
_NONE: Final[Mapping[str, str]] = MappingProxyType({})

HEAVY: Final = re.compile(r"\b(context|level|look_up|builtin)\(|\.(match|hold|of)\(")
"""Text that takes a while."""
_OUTSIDE: Final = re.compile(r"\b([qvw][0-9]*|thing|call)\b")
"""Names of what a text may hang on beside its facts."""


@dataclass(frozen=True, slots=True)
class _Fact:
    text: str
    """What reads it; it may hold marks of others, all older."""
    sort: str
    """``thing``: it must be known. ``fact``: it may be unknown. ``kept``: it has a value, or raises."""


class Facts:
    """The facts that one function reads."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._facts: dict[str, _Fact] = {}
        self._known: dict[Hashable, str] = {}
        self._hanging: dict[str, frozenset[str]] = {}

    def thing(self, text: str) -> str:
        """A thing, which must be known."""
        return self._marked(("thing", text), lambda: text, "thing")

    def fact(self, text: str) -> str:
        """A fact that may be unknown, quick to read."""
        return self._marked(("fact", text), lambda: text, "fact")

    def kept(self, key: Hashable, text: Callable[[], str]) -> str:
        """A value that is not to be computed twice, and only where it is wanted; ``text`` raises where it is unknown."""
        known = self._known.get(key)
        if known is None:
            body = text()
            if MARK.fullmatch(body) or body.isidentifier() or body.isdecimal():
                known = self._known[key] = body
            else:
                known = self._known[key] = self._marked(("text", body), lambda: body, "kept")
        return known

    def shared(self, text: str) -> str:
        """A condition that takes a while and hangs on a single fact, so that it can be remembered with that."""
        if HEAVY.search(text) and not _OUTSIDE.search(text) and len(self._roots(text)) == 1:
            return self.kept(("text", text), lambda: text)
        return text

    def simple(self, text: str) -> str:
        """The same value as text that may be written several times."""
        if MARK.fullmatch(text) or text.isidentifier():
            return text
        return self.kept(("text", text), lambda: text)

    def sure(self, text: str) -> str:
        """A fact that is read in one place, and slow to read."""
        name = self._names.fresh("w")
        return f"({name} if ({name} := {text}) is not UNKNOWN else undecided())"

    def function(self, head: str, lines: list[str], *, on_unknown: str, first: Mapping[str, str] = _NONE) -> str:
        """The function whole: ``lines`` with every mark replaced, behind the facts that are read first.

        ``first``: what makes a name that lines and facts may use, by that name.
        """
        uses = self._uses("\n".join(lines))
        parts = self._parts(uses)
        inside = frozenset(name for members in parts.values() for name in members)
        beside: list[str] = []
        before: list[str] = []
        names: dict[str, str] = {}
        for name, fact in self._facts.items():
            count = uses[name]
            if not count or name in inside:
                continue
            text = _filled(fact.text, names)
            if fact.sort == "thing":
                before += [f"{name} = {text}", f"if {name} is UNKNOWN or {name} is None: {on_unknown}"]
                names[name] = name
            elif name in parts:
                names.update({name: name, **{each: f"{each}()" for each in parts[name]}})
                remembered = self._names.fresh("parts")
                wanted = self._wanted(parts[name], lines, uses)
                beside.append(self._part(name, parts[name], wanted, remembered))
                before += [f"{name} = {text}", f"if {name} is UNKNOWN: {on_unknown}"]
                before.append(f"{wanted} = {remembered}[{name}]")
            elif fact.sort == "kept":
                names[name] = text if count == 1 else f"{name}()"
                before += _once(name, text) if count > 1 else []
            elif count == 1:
                names[name] = f"({name} if ({name} := {text}) is not UNKNOWN else undecided())"
            else:
                before.append(f"{name} = {text}")
                if count >= OFTEN:
                    before.append(f"if {name} is UNKNOWN: {on_unknown}")
                names[name] = name if count >= OFTEN else f"({name} if {name} is not UNKNOWN else undecided())"
        body = [*before, *(_filled(line, names) for line in lines)]
        used = frozenset(_NAME.findall("\n".join(body))) if first else frozenset()
        body = [*(line for name, line in first.items() if name in used), *body]
        return "\n\n".join((*beside, "\n".join((f"def {head}:", *(f"    {line}" for line in body), ""))))

    # What hangs on one fact

    def _roots(self, text: str) -> frozenset[str]:
        """The facts that a text hangs on in the end."""
        return frozenset[str]().union(*(self._root(name) for name in MARK.findall(text)))

    def _root(self, name: str) -> frozenset[str]:
        known = self._hanging.get(name)
        if known is None:
            fact = self._facts[name]
            alone = fact.sort != "kept" or _OUTSIDE.search(fact.text) is not None
            roots = frozenset[str]() if alone else self._roots(fact.text)
            known = self._hanging[name] = roots or frozenset({name})
        return known

    def _parts(self, uses: "Counter[str]") -> dict[str, tuple[str, ...]]:
        """For each fact on which much hangs that takes a while: what hangs on it alone, the older first."""
        found: dict[str, list[str]] = {}
        for name in self._facts:
            roots = self._root(name)
            if uses[name] and len(roots) == 1 and name not in roots:
                found.setdefault(next(iter(roots)), []).append(name)
        return {
            root: tuple(names)
            for root, names in found.items()
            if uses[root] >= OFTEN and self._facts[root].sort != "thing"
            if any(HEAVY.search(self._facts[name].text) for name in names)
        }

    def _wanted(self, names: tuple[str, ...], lines: list[str], uses: "Counter[str]") -> str:
        """Those parts that others than parts read, as a tuple's text."""
        others = (fact.text for name, fact in self._facts.items() if name not in names and uses[name])
        read = frozenset(MARK.findall("\n".join((*lines, *others))))
        return "".join(f"{name}, " for name in names if name in read).rstrip()

    def _part(self, root: str, names: tuple[str, ...], wanted: str, remembered: str) -> str:
        """What makes the parts of one value, and remembers them."""
        texts = {root: root, **{name: f"{name}()" for name in names}}
        lines = [line for name in names for line in _once(name, _filled(self._facts[name].text, texts))]
        made = f"make_{remembered}"
        body = "\n".join(f"    {line}" for line in (*lines, f"return ({wanted})"))
        return f"def {made}({root}):\n{body}\n\n{remembered} = Remembered({made})\n"

    def _marked(self, key: Hashable, text: Callable[[], str], sort: str) -> str:
        known = self._known.get(key)
        if known is None:
            body = text()
            name = self._names.fresh({"thing": "t", "fact": "f", "kept": "n"}[sort])
            self._facts[name] = _Fact(body, sort)
            known = self._known[key] = f"\x02{name}\x03"
        return known

    def _uses(self, text: str) -> "Counter[str]":
        """How often each fact is read by ``text``, and by what that reads."""
        uses = Counter(MARK.findall(text))
        for name, fact in reversed(self._facts.items()):
            if uses[name]:
                uses.update(MARK.findall(fact.text))
        return uses


def _once(name: str, text: str) -> list[str]:
    """A function inside the function that computes a value when it is first asked for."""
    return [
        f"{name}_ = UNSET",
        f"def {name}():",
        f"    nonlocal {name}_",
        f"    if {name}_ is UNSET: {name}_ = {text}",
        f"    return {name}_",
    ]


def _filled(text: str, names: dict[str, str]) -> str:
    return MARK.sub(lambda found: names[found[1]], text)
