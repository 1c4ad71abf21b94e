"""Rules about other things than files, from tokens; errors where AppArmor's parser has them."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from nslsm.hooks.linux import Capability
from nslsm.importers.apparmor.codes import RULE
from nslsm.importers.apparmor.file_rule import label_text
from nslsm.importers.apparmor.kinds import (
    ACCESS,
    COUNTED,
    FAMILIES,
    KINDS,
    MANY,
    NOT_WITH_PEER,
    OPTIONS,
    PROTOCOLS,
    RESOURCES,
    SIGNALS,
    SIZES,
    TIMES,
    TYPES,
)
from nslsm.importers.apparmor.lexer import Reading, Token
from nslsm.importers.apparmor.rule import Qualifiers, Rule
from nslsm.language.check.glob import Glob, GlobError

Expand = Callable[[Token], str]

_WITH: Final = {"tcp": ("inet", "inet6"), "udp": ("inet", "inet6"), "icmp": ("inet",)}
"""The families that have a protocol."""
_AMOUNT: Final = re.compile(r"(-?)([0-9]+)([A-Za-z]*)")
_REAL_TIME: Final = re.compile(r"rtmin\+(?:[0-9]|[12][0-9]|3[012])")


def other_rule(tokens: Sequence[Token], qualifiers: Qualifiers, expand: Expand, reading: Reading) -> Rule:
    """The rule; an error where AppArmor's parser has one."""
    return _Reader(tokens, qualifiers, expand, reading).read()


class _Reader:
    def __init__(self, tokens: Sequence[Token], qualifiers: Qualifiers, expand: Expand, reading: Reading) -> None:
        self._tokens, self._qualifiers, self._expand, self._reading = tokens, qualifiers, expand, reading
        self._span = tokens[0].span.to(tokens[-1].span)
        self._name = {"unmount": "umount", "set": "rlimit"}.get(tokens[0].text, tokens[0].text)
        self._kind = KINDS[tokens[0].text]
        self._at = 1
        self._conditions: dict[str, tuple[str, ...]] = {}

    def read(self) -> Rule:
        """The rule."""
        access: set[str] = set()
        words: list[str] = []
        given = False
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            following = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else None
            if following is not None and (following.is_("=") or following.is_("in")) and token.word:
                if words and self._name != "network":
                    raise self._fault(f"`{token.text}=` stands behind a path, and belongs before it")
                self._condition(token, following)
            elif not given and not words and not self._conditions and token.is_("(") and self._kind.access:
                access, given = self._accesses(self._list()), True
            elif not given and not words and not self._conditions and self._is_access(token):
                access, given = self._accesses([token]), True
                self._at += 1
            elif self._kind.words and (token.word or token.text in ("->", "<=")):
                if token.quoted and self._name in ("capability", "network"):
                    raise self._fault(f"`{token.text}` stands in quotes, and is a name")
                words.append(self._expand(token))
                self._at += 1
            else:
                raise self._fault(f"`{token.text}` is not expected in a rule about {self._name}")
        self._check(access, words)
        return Rule(self._span, self._qualifiers, self._name, frozenset(access), tuple(words), self._conditions)

    def _is_access(self, token: Token) -> bool:
        return token.text in self._kind.access and not token.quoted

    def _accesses(self, tokens: Sequence[Token]) -> set[str]:
        found: set[str] = set()
        for token in tokens:
            if not self._is_access(token):
                raise self._fault(f"`{token.text}` is no access that a rule about {self._name} can give")
            found |= ACCESS.get(self._name, {}).get(token.text, {token.text})
        return found

    # Conditions

    def _condition(self, name: Token, sign: Token) -> None:
        if name.text not in self._kind.conditions:
            raise self._fault(f"a rule about {self._name} has no `{name.text}=`")
        has_peer = any(each.partition(".")[0] == "peer" for each in self._conditions)
        if has_peer and (self._name in ("unix", "dbus") or name.text == "peer"):
            raise self._fault("the peer stands last, once")
        if sign.text == "in" and name.text not in MANY:
            raise self._fault(f"`{name.text}` takes no `in`")
        self._at += 2
        if self._at >= len(self._tokens):
            raise self._fault(f"`{name.text}=` has no value")
        key = f"{name.text} in" if sign.text == "in" else name.text
        if name.text == "peer":
            self._peer()
            return
        if self._tokens[self._at].is_("("):
            values = tuple(self._expand(each) for each in self._list())
        elif sign.text == "in":
            raise self._fault(f"behind `{name.text} in` stands a list")
        else:
            values = (self._expand(self._tokens[self._at]),)
            self._at += 1
        if not values:
            raise self._fault(f"`{name.text}=` has no value")
        if self._kind.once and (len(values) > 1 or key in self._conditions):
            raise self._fault(f"`{name.text}=` stands once, with one value")
        self._conditions[key] = (*self._conditions.get(key, ()), *values)

    def _peer(self) -> None:
        """``peer=name``, or ``peer=(label=name addr=address)``, as its kind has it."""
        listed = self._tokens[self._at].is_("(")
        if listed is (self._name in ("signal", "ptrace")):
            raise self._fault("the peer is one name, without brackets" if listed else "the peer stands in brackets")
        if not listed:
            self._conditions["peer"] = (self._expand(self._tokens[self._at]),)
            self._at += 1
            return
        known = {"unix": ("label", "addr"), "dbus": ("label", "name")}.get(self._name, ("ip", "port", "label"))
        self._at += 1
        while not self._tokens[self._at].is_(")"):
            token = self._tokens[self._at]
            if token.is_(","):
                self._at += 1
                continue
            if token.text not in known or not self._tokens[self._at + 1].is_("="):
                raise self._fault(f"`{token.text}` is nothing that a peer has")
            self._at += 2
            values = self._list() if self._tokens[self._at].is_("(") else [self._tokens[self._at]]
            if len(values) != 1 or not values[0].word or f"peer.{token.text}" in self._conditions:
                raise self._fault(f"`{token.text}=` stands once, with one value")
            self._conditions[f"peer.{token.text}"] = (self._expand(values[0]),)
            self._at += not self._tokens[self._at - 1].is_(")")
        self._at += 1

    def _list(self) -> list[Token]:
        found = []
        self._at += 1
        while not self._tokens[self._at].is_(")"):
            if not self._tokens[self._at].is_(","):
                found.append(self._tokens[self._at])
            self._at += 1
        self._at += 1
        return found

    # What they may be

    def _check(self, access: set[str], words: list[str]) -> None:
        match self._name:
            case "capability":
                known = {name.removeprefix("CAP_").lower() for name in Capability.__members__}
                self._all_of(words, known, "no capability is called")
            case "signal":
                chosen = [each for each in self._conditions.get("set", ()) if not _REAL_TIME.fullmatch(each)]
                self._all_of(chosen, {*SIGNALS, "exists", "emt"}, "no signal is called")
            case "network":
                self._network(words)
            case "unix":
                self._unix(access)
            case "dbus":
                self._dbus(access)
            case "mount" | "remount" | "umount":
                self._mount(words)
            case "pivot_root":
                self._arrow(words, 1, "a path")
            case "rlimit":
                self._limit(words)
            case "change_profile":
                self._change(words)
        for each in (*self._conditions.get("peer", ()), *self._conditions.get("peer.label", ())):
            self._glob(each)

    def _glob(self, text: str) -> None:
        try:
            Glob(label_text(text))
        except GlobError as error:
            raise self._fault(f"`{text}` is no pattern of AppArmor's: {error.message}") from None

    def _all_of(self, said: Iterable[str], known: Collection[str], message: str) -> None:
        for each in said:
            if each not in known:
                raise self._fault(f"{message} `{each}`")

    def _network(self, words: list[str]) -> None:
        if len(words) > 2:
            raise self._fault("a network rule is a family, and a type or protocol")
        for each in words:
            if each not in FAMILIES | TYPES | PROTOCOLS:
                raise self._fault(f"`{each}` is no family, type or protocol of sockets")
        if len(words) == 2 and (words[0] not in FAMILIES or words[1] not in TYPES | PROTOCOLS):
            raise self._fault("a network rule is a family, and a type or protocol")
        if len(words) == 2 and words[1] in PROTOCOLS and words[0] not in _WITH[words[1]]:
            raise self._fault(f"sockets of family {words[0]} have no protocol {words[1]}")

    def _unix(self, access: set[str]) -> None:
        self._all_of(self._conditions.get("type", ()), TYPES, "no socket is of type")
        for each in (*self._conditions.get("addr", ()), *self._conditions.get("peer.addr", ())):
            if each != "none" and not each.startswith("@"):
                raise self._fault(f"`{each}` is no address of a unix socket, which is `none` or begins with `@`")
            self._glob(each)
        if access & NOT_WITH_PEER and any(each.startswith("peer") for each in self._conditions):
            raise self._fault(f"`{min(access & NOT_WITH_PEER)}` is done to a socket itself, and has no peer")

    def _dbus(self, access: set[str]) -> None:
        said = {each.partition(".")[0] for each in self._conditions}
        if access & {"send", "receive"} and "name" in said:
            raise self._fault("`name=` is for `bind`; whom one sends to is the peer's name")
        if "name" in said and said & {"path", "interface", "member", "peer"}:
            raise self._fault("`name=` is for `bind`, which is about no message")
        if "bind" in access and said & {"path", "interface", "member", "peer"}:
            raise self._fault("`bind` is about no message")
        if "eavesdrop" in access and said - {"bus"}:
            raise self._fault("`eavesdrop` is about a bus, and all that is on it")

    def _mount(self, words: list[str]) -> None:
        options = [each for key, values in self._conditions.items() if key.startswith("option") for each in values]
        self._all_of(options, OPTIONS, "no mount has an option")
        self._arrow(words, 1, "a path", target=self._name == "mount")

    def _arrow(self, words: list[str], most: int, what: str, *, target: bool = True) -> None:
        """Whether there is so much before an arrow, and one name behind it."""
        before = words[: words.index("->")] if "->" in words else words
        if len(before) > most:
            raise self._fault(f"a rule about {self._name} has {what}, and here are several")
        if "->" in words and (not target or len(words) != len(before) + 2 or words[-1] == "->"):
            raise self._fault("behind `->` stands one name" if target else f"a rule about {self._name} has no `->`")
        if self._name == "pivot_root" and before and not before[0].startswith("/"):
            raise self._fault(f"`{before[0]}` is no absolute path")

    def _change(self, words: list[str]) -> None:
        marked = words[:1] in (["safe"], ["unsafe"])
        rest = words[marked:]
        self._arrow(rest, 1, "a program")
        program = rest[0] if rest and rest[0] != "->" else ""
        if marked and not program:
            raise self._fault(f"`{words[0]}` is about a program, and there is none")
        if program and not program.startswith("/"):
            raise self._fault(f"`{program}` is no absolute path")
        if "->" in rest and re.fullmatch(r":[^:]*:(?://)?", rest[-1]):
            raise self._fault(f"`{rest[-1]}` names no profile")
        for each in filter(None, (program, rest[-1] if "->" in rest else "")):
            self._glob(each)

    def _limit(self, words: list[str]) -> None:
        written = re.sub(r"<=", " <= ", " ".join(words[words[:1] == ["rlimit"] :])).split()
        if self._tokens[0].text != "set" or words[:1] != ["rlimit"] or len(written) < 3 or written[1] != "<=":
            raise self._fault("a limit is written `set rlimit nofile <= 1024,`")
        resource, value = written[0], "".join(written[2:])
        if resource not in RESOURCES:
            raise self._fault(f"no limit is called `{resource}`")
        if value != "infinity" and not _is_amount(resource, value):
            raise self._fault(f"`{value}` is no amount of {resource}")
        words[:] = written

    def _fault(self, message: str) -> Exception:
        return self._reading.fault(RULE, self._span, message)


def _is_amount(resource: str, value: str) -> bool:
    found = _AMOUNT.fullmatch(value)
    if found is None:
        return False
    sign, digits, unit = found.groups()
    if resource == "nice":
        return not unit and -20 <= int(sign + digits[:3]) <= 19
    if sign or (resource in COUNTED and unit):
        return False
    if resource in ("cpu", "rttime"):
        return not unit or (unit in TIMES and (resource == "rttime" or TIMES[unit] >= 10**6))
    return resource in COUNTED or unit in SIZES
