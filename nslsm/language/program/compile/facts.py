"""The facts that a generated function reads: once where they are read often, where they are read otherwise.

While a function is being written, a mark stands for each fact, because only in the end is it known how often each is read.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from nslsm.language.program.compile.names import Names

MARK: Final = re.compile("\x02([a-z]+[0-9]+)\x03")

OFTEN: Final = 4
"""Facts that are read in so many places are looked at first, once and for all."""


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
                known = self._marked(key, lambda: body, "kept")
        return known

    def simple(self, text: str) -> str:
        """The same value as text that may be written several times."""
        if MARK.fullmatch(text) or text.isidentifier():
            return text
        return self.kept(("text", text), lambda: text)

    def sure(self, text: str) -> str:
        """A fact that is read in one place, and slow to read."""
        name = self._names.fresh("w")
        return f"({name} if ({name} := {text}) is not UNKNOWN else undecided())"

    def function(self, head: str, lines: list[str], *, on_unknown: str) -> str:
        """The function whole: ``lines`` with every mark replaced, behind the facts that are read first."""
        uses = self._uses("\n".join(lines))
        before: list[str] = []
        names: dict[str, str] = {}
        for name, fact in self._facts.items():
            count = uses[name]
            if not count:
                continue
            text = _filled(fact.text, names)
            if fact.sort == "thing":
                before += [f"{name} = {text}", f"if {name} is UNKNOWN or {name} is None: {on_unknown}"]
                names[name] = name
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
        return "\n".join((f"def {head}:", *(f"    {line}" for line in body), ""))

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
