"""Tokens to profiles: the preamble, blocks, and which kind of rule stands where."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nslsm.diagnostics.span import Span
from nslsm.importers.apparmor.abi import USUAL, features
from nslsm.importers.apparmor.alias import aliased, doubled
from nslsm.importers.apparmor.codes import LIMIT, RULE, SYNTAX, VARIABLE
from nslsm.importers.apparmor.file_rule import file_rule, glob_text, is_file_rule
from nslsm.importers.apparmor.head import flags_of
from nslsm.importers.apparmor.kinds import KINDS
from nslsm.importers.apparmor.lexer import Reading, Token
from nslsm.importers.apparmor.other_rule import other_rule
from nslsm.importers.apparmor.rule import FileRule, Module, Profile, Qualifiers, Rule
from nslsm.importers.apparmor.variables import Variables
from nslsm.language.check.glob import Glob, GlobError

MAX_NESTING: Final = 32
"""How deep blocks may stand in blocks."""
MAX_RULES: Final = 100_000
"""How many rules one import may have."""

_PRIORITY: Final = re.compile(r"-?[0-9]{1,4}")
_END: Final = Token("", Span(), word=False)


def read(path: Path, reading: Reading, defined: dict[str, bool] | None = None) -> Module:
    """The profiles of a file. Raises :class:`~nslsm.diagnostics.DiagnosticError` at the first thing that is wrong."""
    return _Parser(path, reading, defined or {}).module()


class _Parser:
    """Goes through the tokens of one file."""

    def __init__(self, path: Path, reading: Reading, booleans: dict[str, bool]) -> None:
        self._path, self._reading = path, reading
        self._tokens: Iterator[Token] = reading.tokens(path)
        self._next = next(self._tokens, None)
        self._last = Span(str(path))
        self.variables = Variables(reading)
        self._booleans = booleans
        self._given = frozenset(booleans)
        self._set: set[str] = set()
        self._aliases: list[tuple[str, str]] = []
        self._abi = USUAL
        self._count = 0

    # Tokens

    def _peek(self) -> Token:
        return self._next or _END

    def _take(self) -> Token:
        token = self._next
        if token is None:
            raise self._reading.fault(SYNTAX, self._last, "the text ends in the middle of a rule or block")
        self._last = token.span
        self._next = next(self._tokens, None)
        return token

    def _skip(self, sign: str) -> bool:
        if self._next is not None and self._next.is_(sign):
            self._take()
            return True
        return False

    def _expect(self, sign: str, where: str) -> Token:
        token = self._peek()
        if not self._skip(sign):
            span = token.span if self._next is not None else self._last
            raise self._reading.fault(
                SYNTAX, span, f"`{sign}` is expected {where}, and here is `{token.text or 'the end'}`"
            )
        return token

    # The file

    def module(self) -> Module:
        """Everything in the file."""
        profiles: list[Profile] = []
        while self._next is not None:
            self._top(profiles)
        if not profiles:
            raise self._reading.fault(SYNTAX, None, f"`{self._path}` has no profile")
        names: dict[str, Span] = {}
        for profile in (inner for each in profiles for inner in each.all()):
            if profile.name in names:
                raise self._reading.fault(RULE, profile.span, f"there are two profiles called `{profile.name}`")
            names[profile.name] = profile.span
        if self._aliases and sum(doubled(each, self._aliases) for each in profiles) > MAX_RULES:
            raise self._reading.fault(LIMIT, None, f"aliases make more rules than the limit of {MAX_RULES}")
        named = tuple(aliased(each, self._aliases) for each in profiles) if self._aliases else tuple(profiles)
        return Module(str(self._path), named, self.variables.all(), tuple(self._aliases))

    def _top(self, profiles: list[Profile]) -> None:
        token = self._peek()
        if token.text.startswith("@") and not token.quoted and self._assigns():
            return
        if token.text.startswith("$") and not token.quoted:
            self._boolean()
        elif token.is_("alias"):
            self._take()
            old = self._take()
            self._expect("->", "between the two paths of an alias")
            new = self._take()
            for each in (old, new):
                if not each.text.startswith("/"):
                    raise self._reading.fault(RULE, each.span, f"an alias is of a path, and `{each.text}` is none")
            self._aliases.append((old.text, new.text))
            self._expect(",", "behind an alias")
            if profiles:
                raise self._reading.fault(SYNTAX, old.span, "an alias stands before the profiles")
        elif token.is_("abi"):
            self._abi_rule()
        elif token.is_("if"):
            for inner in self._condition(0, None):
                profiles.append(inner) if isinstance(inner, Profile) else self._misplaced(inner)
        else:
            profiles.append(self._profile(None, 0))

    def _misplaced(self, rule: FileRule | Rule) -> None:
        raise self._reading.fault(SYNTAX, rule.span, "a rule stands outside of any profile")

    def _assigns(self) -> bool:
        """An assignment to a variable, where it is one; a name that is none stays taken as the head of a profile."""
        token = self._take()
        if not (self._peek().is_("=") or self._peek().is_("+=")):
            self._pushed(token)
            return False
        adds = self._take().text == "+="
        values = []
        while self._next is not None and self._next.word and _same_line(self._next.span, self._last):
            values.append(self._take().text)
        self.variables.assign(token, values, adds=adds)
        return True

    def _pushed(self, token: Token) -> None:
        following, rest = self._next, self._tokens

        def again() -> Iterator[Token]:
            if following is not None:
                yield following
            yield from rest

        self._tokens, self._next = again(), token

    def _boolean(self) -> None:
        token = self._take()
        self._expect("=", "behind a boolean variable")
        value = self._take()
        if value.text.lower() not in ("true", "false"):
            raise self._reading.fault(VARIABLE, value.span, f"`{value.text}` is neither true nor false")
        name = token.text.strip("${}")
        if name in self._set:
            raise self._reading.fault(VARIABLE, token.span, f"`${name}` has a value already")
        self._set.add(name)
        if name not in self._given:
            self._booleans[name] = value.text.lower() == "true"

    def _abi_rule(self) -> None:
        start = self._take()
        words = []
        while not self._peek().is_(","):
            words.append(self._take())
        end = self._take()
        name = "".join(each.text for each in words)
        searched = name.startswith("<") and name.endswith(">") and not words[0].quoted
        name = name[1:-1] if searched else name
        if not name:
            raise self._reading.fault(RULE, start.span, "this abi rule names none")
        inside = None if searched else Path(start.span.source)
        self._abi = features(name, inside, start.span.to(end.span), self._reading)

    # Profiles

    def _profile(self, parent: str | None, depth: int) -> Profile:
        start = self._peek()
        is_hat, marked = False, False
        if self._skip("profile"):
            marked = True
        elif self._skip("hat") or (self._next is not None and not start.quoted and start.text.startswith("^")):
            is_hat = True
        name = self._take()
        text = name.text.removeprefix("^") if is_hat else name.text
        if not text and is_hat:
            text = self._take().text
        if not name.word or (not marked and not is_hat and not text.startswith(("/", "@{", ":"))):
            raise self._reading.fault(
                SYNTAX, name.span, f"`{name.text}` begins no rule, profile or variable",
                "a profile begins with the word `profile` or a path, a rule ends with `,`",
            )  # fmt: skip
        attachment = "" if is_hat or not (text.startswith(("/", "@{", "{/", "{,/"))) else text
        if marked and self._peek().word and not self._peek().is_("flags") and not self._peek().is_("xattrs"):
            attachment = self._take().text
            if not attachment.startswith(("/", "@{")):
                raise self._reading.fault(
                    SYNTAX, self._last, f"a profile attaches to a path, and `{attachment}` is none"
                )
        attachment = self._attachment(attachment, name.span)
        flags = self._head()
        qualified = (
            self.variables.expand(text, name.span)
            if parent is None
            else f"{parent}//{self.variables.expand(text, name.span)}"
        )
        self._expect("{", f"to open profile `{text}`")
        abi = self._abi
        items = list(self._block(qualified, depth + 1, Qualifiers()))
        own, self._abi = self._abi, abi
        rules = tuple(each for each in items if not isinstance(each, Profile))
        children = tuple(each for each in items if isinstance(each, Profile))
        span = start.span.to(name.span)
        return Profile(qualified, span, attachment, flags, rules, children, is_hat, features=own)

    def _attachment(self, text: str, span: Span) -> str:
        expanded = self.variables.expand(text, span)
        if not expanded:
            return ""
        try:
            Glob(glob_text(expanded))
        except GlobError as error:
            raise self._reading.fault(
                RULE, span, f"`{expanded}` is no pattern of AppArmor's: {error.message}"
            ) from None
        return expanded

    def _head(self) -> dict[str, str]:
        flags: dict[str, str] = {}
        if self._skip("xattrs"):
            self._expect("=", "behind `xattrs`")
            flags["xattrs"] = " ".join(each.text for each in self._group())
        if self._skip("flags"):
            self._expect("=", "behind `flags`")
            flags |= flags_of(self._group(), self._last, self._reading)
        elif self._peek().is_("("):
            flags |= flags_of(self._group(), self._last, self._reading)
        return flags

    def _group(self) -> list[Token]:
        """The words of ``(a, b)``."""
        self._expect("(", "before a list")
        found: list[Token] = []
        while not self._skip(")"):
            token = self._take()
            if token.is_("=") and found:
                found[-1] = found[-1]._replace(text=f"{found[-1].text}={self._take().text}")
            elif token.word:
                found.append(token)
            elif not token.is_(","):
                raise self._reading.fault(SYNTAX, token.span, f"`{token.text}` stands in a list")
        return found

    # Rules

    def _block(self, profile: str, depth: int, outer: Qualifiers) -> Iterator[Profile | FileRule | Rule]:
        opened = self._last
        if depth > MAX_NESTING:
            raise self._reading.fault(LIMIT, opened, f"blocks are nested deeper than the limit of {MAX_NESTING}")
        while not self._skip("}"):
            if self._next is None:
                raise self._reading.fault(SYNTAX, opened, "this block is never closed")
            self._count += 1
            if self._count > MAX_RULES:
                raise self._reading.fault(LIMIT, self._last, f"there are more rules than the limit of {MAX_RULES}")
            yield from self._item(profile, depth, outer)

    def _item(self, profile: str, depth: int, outer: Qualifiers) -> Iterator[Profile | FileRule | Rule]:
        token = self._peek()
        if token.is_("abi"):
            self._abi_rule()
            return
        if token.is_("profile") or token.is_("hat") or (token.text.startswith("^") and not token.quoted):
            yield self._profile(profile, depth)
            return
        if token.is_("if"):
            yield from self._condition(depth, profile)
            return
        qualifiers = self._qualifiers(outer)
        if self._skip("{"):
            if qualifiers.deny:
                raise self._reading.fault(
                    RULE, self._last, "`deny` stands before each rule, not before a block of them"
                )
            yield from self._block(profile, depth + 1, qualifiers)
            return
        yield from self._rule(qualifiers, profile)

    def _qualifiers(self, outer: Qualifiers) -> Qualifiers:
        """``priority=``, ``audit``, ``deny`` or ``allow``, ``owner`` or ``other``: each once, in this order."""
        deny, audit, owner, priority = outer.deny, outer.audit, outer.owner, outer.priority
        if self._peek().is_("priority"):
            priority = self._priority()
        if self._skip("audit"):
            audit = True
        if self._peek().is_("deny") or self._peek().is_("allow"):
            deny = self._take().text == "deny"
        if self._peek().is_("owner") or self._peek().is_("other"):
            owner = self._take().text == "owner"
        token = self._peek()
        if not token.quoted and token.text in ("priority", "audit", "deny", "allow", "owner", "other"):
            raise self._reading.fault(
                RULE,
                token.span,
                f"`{token.text}` stands at most once, in the order `audit`, `deny` or `allow`, `owner`",
            )
        return Qualifiers(deny, audit, owner, priority)

    def _priority(self) -> int:
        self._take()
        self._expect("=", "behind `priority`")
        number = self._take()
        if not _PRIORITY.fullmatch(number.text) or abs(int(number.text)) > 1000:
            raise self._reading.fault(RULE, number.span, f"`{number.text}` is no priority from -1000 to 1000")
        return int(number.text)

    def _rule(self, qualifiers: Qualifiers, profile: str) -> Iterator[FileRule | Rule]:
        tokens: list[Token] = []
        depth = 0
        while not (depth == 0 and self._peek().is_(",")):
            token = self._peek()
            if depth == 0 and (token.is_("{") or token.is_("}")):
                where = tokens[-1].span if tokens else token.span
                raise self._reading.fault(SYNTAX, where, "this rule has no `,` at its end")
            if self._next is None and tokens:
                raise self._reading.fault(SYNTAX, tokens[0].span, "this rule has no `,` at its end")
            tokens.append(self._take())
            depth += tokens[-1].is_("(") - tokens[-1].is_(")")
        end = self._take()
        if not tokens:
            raise self._reading.fault(SYNTAX, end.span, "here is a `,` without a rule")

        def expand(token: Token) -> str:
            return self.variables.expand(token.text, token.span, profile)

        if is_file_rule(tokens):
            yield file_rule(tokens, qualifiers, expand, self._reading)
        elif tokens[0].text in KINDS and not tokens[0].quoted:
            if qualifiers.owner is not None:
                raise self._reading.fault(RULE, tokens[0].span, f"`owner` is for files, not for `{tokens[0].text}`")
            if tokens[0].text == "set" and qualifiers != Qualifiers():
                raise self._reading.fault(RULE, tokens[0].span, "nothing stands before a limit")
            yield other_rule(tokens, qualifiers, expand, self._reading)
        else:
            raise self._reading.fault(SYNTAX, tokens[0].span, f"`{tokens[0].text}` begins no rule")

    # Conditions

    def _condition(self, depth: int, profile: str | None) -> Iterator[Profile | FileRule | Rule]:
        start = self._take()
        if depth > MAX_NESTING:
            raise self._reading.fault(
                LIMIT, start.span, f"conditions are nested deeper than the limit of {MAX_NESTING}"
            )
        holds = self._holds()
        yield from self._branch(depth, profile, taken=holds)
        if self._skip("else"):
            if self._peek().is_("if"):
                rest = list(self._condition(depth + 1, profile))
                yield from () if holds else rest
            else:
                yield from self._branch(depth, profile, taken=not holds)

    def _branch(self, depth: int, profile: str | None, *, taken: bool) -> Iterator[Profile | FileRule | Rule]:
        self._expect("{", "behind a condition")
        found: list[Profile | FileRule | Rule] = []
        if profile is not None:
            found = list(self._block(profile, depth + 1, Qualifiers()))
        else:
            while not self._skip("}"):
                found.append(self._profile(None, depth + 1))
        if taken:
            yield from found

    def _holds(self) -> bool:
        negated = False
        while self._skip("not"):
            negated = not negated
        return self._is_set() is not negated

    def _is_set(self) -> bool:
        if self._skip("defined"):
            token = self._take()
            if token.text.startswith("@"):
                return self.variables.has(token.text.strip("@{}"))
            if not token.text.startswith("$"):
                raise self._reading.fault(SYNTAX, token.span, f"`{token.text}` is no variable")
            return token.text.strip("${}") in self._booleans
        token = self._take()
        name = token.text.strip("${}")
        if not token.text.startswith("$") or name not in self._booleans:
            raise self._reading.fault(VARIABLE, token.span, f"`{token.text}` is no boolean variable that has a value")
        return self._booleans[name]


def _same_line(one: Span, other: Span) -> bool:
    return (one.source, one.line) == (other.source, other.line)
