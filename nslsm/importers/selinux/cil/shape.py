"""What each statement is made of, and what may stand in it: looked at everywhere, also where nothing is taken from."""

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Final

from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.codes import DUPLICATE, SYNTAX

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,2046}")
"""What can be declared."""

_SHAPES: Final = {
    "n": "type typealias typeattribute role roleattribute user userattribute classpermission sid "
    "sensitivity sensitivityalias category categoryalias",
    "s": "blockabstract blockinherit typepermissive typeneveraudit policycap handleunknown mls",
    "n *": "block optional",
    "n L *": "macro",
    "s L?": "call",
    "n L": "class",
    "n l": "classmap common permissionx level levelrange context",
    "l": "classorder categoryorder sensitivityorder sidorder",
    "s x": "classpermissionset sidcontext userattributeset roleattributeset typeattributeset userlevel userrange "
    "sensitivitycategory selinuxuserdefault pirqcon pcidevicecon devicetreecon",
    "n x": "categoryset",
    "s s x": "classmapping selinuxuser allow auditallow dontaudit neverallow deny allowx auditallowx dontauditx "
    "neverallowx ibendportcon fsuse",
    "n s": "boolean tunable ipaddr",
    "s s": "classcommon userprefix userrole roletype roleallow typealiasactual sensitivityaliasactual "
    "categoryaliasactual typebounds rolebounds userbounds",
    "s s s s": "roletransition typechange typemember",
    "s s s s s?": "typetransition",
    "x s": "expandtypeattribute defaultuser defaultrole defaulttype",
    "x s s?": "defaultrange",
    "s s s x": "rangetransition",
    "x l l?": "booleanif tunableif",
    "x l": "constrain mlsconstrain",
    "s l": "validatetrans mlsvalidatetrans",
    "s s X": "filecon",
    "s x x": "ibpkeycon portcon netifcon",
    "x x x": "nodecon",
    "x x": "iomemcon ioportcon",
    "s s x x?": "genfscon",
    "s s s *": "src_info",
}
_PLAIN: Final = {
    "s": "a word",
    "n": "a name",
    "l": "a list",
    "L": "a list",
    "x": "a word or a list",
    "X": "a word or a list",
}
STATEMENTS: Final = frozenset((*(each for words in _SHAPES.values() for each in words.split()), "in"))

PARAMETERS: Final = frozenset(
    (
        *("type", "role", "user", "sensitivity", "category", "categoryset", "level", "levelrange", "class", "classmap"),
        *("classpermission", "ipaddr", "boolean", "string", "name"),
    )
)
"""What a macro can be handed."""
IN_CONDITIONS: Final = frozenset(
    ("tunableif", "call", "allow", "dontaudit", "auditallow", "typetransition", "typechange", "typemember")
)
_NOT_IN: Final[Mapping[str, frozenset[str]]] = {
    "tunableif": frozenset(("tunable",)),
    "in": frozenset(("tunable", "in")),
    "in after": frozenset(("blockinherit", "blockabstract")),
    "macro": frozenset(("tunable", "in", "block", "blockinherit", "blockabstract", "macro")),
    "optional": frozenset(("tunable", "in", "block", "blockabstract", "macro")),
    "block": frozenset(("category", "sensitivity")),
}
_CHECKS: Final[Mapping[str, Callable[[object], bool]]] = {
    "s": lambda item: isinstance(item, str),
    "n": lambda item: isinstance(item, str),
    "l": lambda item: not isinstance(item, str) and bool(item),
    "L": lambda item: not isinstance(item, str),
    "x": bool,
    "X": lambda _: True,
}
_TABLE: Final = {
    word: (
        tuple(each.rstrip("?") for each in shape.split() if each != "*"),
        sum("?" in each for each in shape.split()),
        shape.endswith("*"),
    )
    for shape, words in _SHAPES.items()
    for word in words.split()
}


def check(forms: Sequence[Item], within: tuple[str, ...] = (), parent: Form | None = None) -> None:
    """Statements that stand somewhere: raises at the first that is none, or that has no place there."""
    for form in forms:
        if isinstance(form, str):
            assert parent is not None
            raise fault(SYNTAX, parent, f"`{form[:60]}` stands in this where a statement should")
        word = form[0] if form else None
        if not isinstance(word, str):
            raise fault(SYNTAX, form, "a statement begins with a word")
        if word == "in":
            _in(form, within)
            continue
        known = _TABLE.get(word)
        if known is None:
            raise fault(SYNTAX, form, f"`{word[:60]}` is no statement")
        _parts(form, word, *known)
        if within:
            _placed(form, word, within)
        inner = _INNER.get(word)
        if inner is not None:
            inner(form, within)


def _parts(form: Form, word: str, shape: tuple[str, ...], optional: int, more: bool) -> None:  # noqa: FBT001
    given = len(form) - 1
    if given > len(shape) and more:
        for each in form[len(shape) + 1 :]:
            if isinstance(each, str) or not each:
                raise fault(SYNTAX, form, f"in `{word}` stand statements, and no `{each or '()'}`")
    elif not len(shape) - optional <= given <= len(shape):
        wanted = len(shape) if not optional else f"{len(shape) - optional} or {len(shape)}"
        raise fault(SYNTAX, form, f"`{word}` has {wanted} part{'s' * (wanted != 1)}, and here are {given}")
    for place, kind in enumerate(shape[:given], 1):
        if not _CHECKS[kind](form[place]):
            raise fault(SYNTAX, form, f"part {place} of `{word}` is {_PLAIN[kind]}")
        if kind == "n" and not NAME.fullmatch(str(form[place])):
            raise fault(
                SYNTAX, form, f"`{str(form[place])[:60]}` is no name for a {word}",
                "a name has letters, digits, `_` and `-`, and begins with a letter",
            )  # fmt: skip


def _placed(form: Form, word: str, within: tuple[str, ...]) -> None:
    for place in within:
        if word in _NOT_IN.get(place, ()) or (place == "booleanif" and word not in IN_CONDITIONS):
            raise fault(SYNTAX, form, f"`{word}` does not stand in `{place}`")
    if "booleanif" in within and word == "typetransition" and len(form) == 6:
        raise fault(SYNTAX, form, "a transition for one name does not hang on booleans")


def _in(form: Form, within: tuple[str, ...]) -> None:
    _placed(form, "in", within)
    after = form[1:2] == ["after"] and len(form) > 2 and isinstance(form[2], str)
    start = 3 if after or (form[1:2] == ["before"] and len(form) > 2 and isinstance(form[2], str)) else 2
    if not all(isinstance(each, str) for each in form[1:start]) or len(form) < start:
        raise fault(SYNTAX, form, "`in` is `(in BLOCK STATEMENTS…)`")
    check(form[start:], (*within, "in", "in after") if after else (*within, "in"), form)


def _inside(start: int) -> Callable[[Form, tuple[str, ...]], None]:
    return lambda form, within: check(form[start:], (*within, str(form[0])), form)


def _branches(form: Form, within: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for branch in form[2:]:
        word = branch[0]
        if word not in ("true", "false") or not all(isinstance(each, Form) and each for each in branch[1:]):
            raise fault(SYNTAX, form, f"a branch of `{form[0]}` is `(true …)` or `(false …)`")
        if word in seen or len(branch) < 2:
            raise fault(SYNTAX, form, f"`{form[0]}` has one branch `{word}`, and something in it")
        seen.add(str(word))
        check(branch[1:], (*within, str(form[0])), form)


def _macro(form: Form, within: tuple[str, ...]) -> None:
    names: set[str] = set()
    for parameter in form[2]:
        if isinstance(parameter, str) or len(parameter) != 2 or not all(isinstance(each, str) for each in parameter):
            raise fault(SYNTAX, form, f"a parameter of macro `{form[1]}` is `(KIND NAME)`")
        kind, name = map(str, parameter)
        if kind not in PARAMETERS:
            raise fault(SYNTAX, form, f"macro `{form[1]}` cannot be handed a `{kind}`")
        if name in names:
            raise fault(DUPLICATE, form, f"macro `{form[1]}` has two parameters `{name}`")
        names.add(name)
    check(form[3:], (*within, "macro"), form)
    for each in form[3:]:
        assert isinstance(each, Form)
        if _TABLE.get(str(each[0]), ((), 0, False))[0][:1] == ("n",) and each[1] in names:
            raise fault(SYNTAX, each, f"`{each[1]}` is declared here, and is a parameter of macro `{form[1]}`")


def _one_of(*words: str) -> Callable[[Form, tuple[str, ...]], None]:
    def inner(form: Form, _within: tuple[str, ...]) -> None:
        if form[-1] not in words:
            raise fault(SYNTAX, form, f"`{form[0]}` is one of {', '.join(words)}, and not `{form[-1]!s:.60}`")

    return inner


def _address(form: Form, _within: tuple[str, ...]) -> None:
    try:
        ip_address(str(form[2]))
    except ValueError:
        raise fault(SYNTAX, form, f"`{form[2]!s:.60}` is no address") from None


_TRUTH: Final = _one_of("true", "false")
_INNER: Final[Mapping[str, Callable[[Form, tuple[str, ...]], None]]] = {
    "block": _inside(2),
    "optional": _inside(2),
    "macro": _macro,
    "tunableif": _branches,
    "booleanif": _branches,
    "boolean": _TRUTH,
    "tunable": _TRUTH,
    "mls": _TRUTH,
    "ipaddr": _address,
    "expandtypeattribute": _TRUTH,
    "handleunknown": _one_of("allow", "deny", "reject"),
    "defaultuser": _one_of("source", "target"),
    "defaultrole": _one_of("source", "target"),
    "defaulttype": _one_of("source", "target"),
}
