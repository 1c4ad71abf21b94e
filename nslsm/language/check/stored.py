"""What came of checking, as JSON and back: for a cache, so that what was checked once need not be checked again.

It is a list of values, each written once and before whatever has it: a number, a text, a truth value, or a list whose first
element says what is made of the others. Only the classes named here can come out of it, and they are values without behaviour;
nothing of a text that somebody else has written could do more than make a wrong policy.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from types import MemberDescriptorType
from typing import Final, TypeAlias, cast

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Edit, Fix, Related, Severity
from nslsm.diagnostics.span import Span
from nslsm.hooks import kinds, types
from nslsm.hooks.linux import Capability, Errno, Signal
from nslsm.language.check import cases, ir
from nslsm.language.check.glob import Glob
from nslsm.language.check.package import Package
from nslsm.protocol.namespace import Limits, Mode

Json: TypeAlias = "bool | int | str | list[Json] | None"

_KINDS: Final = {kind.name: kind for kind in vars(kinds).values() if isinstance(kind, types.Kind)}

_RECORDS: Final[tuple[type, ...]] = (
    *(each for each in vars(ir).values() if isinstance(each, type) and each.__module__ == ir.__name__),
    *(each for each in vars(cases).values() if isinstance(each, type) and each.__module__ == cases.__name__),
    types.Scalar,
    types.Flags,
    types.Enumeration,
    types.SetOf,
    Limits,
    Code,
    Diagnostic,
)
"""Classes whose values are made of their fields."""

_TUPLES: Final[tuple[type, ...]] = (Related, Fix, Edit)
"""Named tuples."""

_ENUMS: Final[tuple[type[Enum], ...]] = (Severity, Errno, Capability, Signal, Mode, types.Unknown, types.NoAddress)

_TEXTS: Final[tuple[type, ...]] = (IPv4Address, IPv6Address, IPv4Network, IPv6Network, Glob)
"""Classes whose values are made of their text."""

_SCALARS: Final = (bool, int, str, type(None))
_UNSTORED: Final = {"sources", "arranged"}
"""Fields that are known otherwise, or made again."""


class NotStored(Exception):
    """A value that cannot be stored, or a text that is none of this format."""


class _Names(dict[type, tuple[str, ...]]):
    """The names of the fields of records."""

    def __missing__(self, class_: type) -> tuple[str, ...]:
        self[class_] = tuple(part.name for part in fields(class_) if part.name not in _UNSTORED)
        return self[class_]


_FIELDS: Final = _Names()
_CLASSES: Final = (*_RECORDS, Package, *_TUPLES, *_ENUMS, *_TEXTS, types.Kind, Span, tuple, frozenset, dict)
_TAGS: Final = {class_: tag for tag, class_ in enumerate(_CLASSES)}


def layout() -> str:
    """What the classes are made of, as text: stored values are good for this layout only."""
    return repr([(class_.__qualname__, _FIELDS[class_]) for class_ in (*_RECORDS, Package)])


def stored(root: object) -> list[Json]:
    """``root`` and everything that it is made of; :class:`NotStored` where there is no way to write something."""
    table: list[Json] = []
    places: dict[object, int] = {}
    alive: list[object] = []
    pending: list[tuple[object, tuple[object, ...] | None]] = [(root, None)]
    while pending:
        value, parts = pending.pop()
        key = _key(value)
        if key in places:
            continue
        if parts is None and type(value) not in _SCALARS:
            parts = tuple(_parts(value))
            if parts:
                pending.append((value, parts))
                pending.extend((part, None) for part in parts)
                continue
        places[key] = len(table)
        alive.append(value)
        table.append(_entry(value, [places[_key(part)] for part in parts or ()]))
    return table


def _key(value: object) -> object:
    """What tells a value from others: scalars by type and worth, everything else by being it."""
    class_ = type(value)
    if class_ in _SCALARS:
        return (class_, value)
    if class_ is Span or isinstance(value, Enum):
        return value
    return id(value)


def _parts(value: object) -> Iterator[object]:
    """What a value is made of, as far as that is stored apart from it."""
    class_ = type(value)
    if class_ is tuple or class_ in _TUPLES:
        yield from cast("tuple[object, ...]", value)
    elif class_ is frozenset:
        yield from sorted(cast("frozenset[object]", value), key=repr)
    elif class_ is dict:
        for key, each in cast("dict[object, object]", value).items():
            yield key
            yield each
    elif class_ is Span:
        yield cast("Span", value).source
    elif class_ in _TAGS and class_ not in _TEXTS and not isinstance(value, Enum | types.Kind):
        for name in _FIELDS[class_]:
            yield getattr(value, name)


def _entry(value: object, places: list[int]) -> Json:
    class_ = type(value)
    if class_ in _SCALARS:
        return cast("Json", value)
    tag = _TAGS.get(class_)
    if tag is None:
        raise NotStored(f"a {class_.__name__} is not stored")
    if isinstance(value, Enum):
        return [tag, value.name]
    if isinstance(value, types.Kind):
        return [tag, value.name]
    if isinstance(value, Glob):
        return [tag, value.text]
    if class_ in _TEXTS:
        return [tag, str(value)]
    if isinstance(value, Span):
        return [tag, places[0], *value[1:]]
    return [tag, *cast("list[Json]", places)]


def restored(table: list[Json]) -> object:
    """What :func:`stored` was given; :class:`NotStored` where the table is none of its making."""
    values: list[object] = []
    add = values.append
    try:
        makers = [_maker(class_, values) for class_ in _CLASSES]
        for entry in table:
            if type(entry) is list:
                tag, *places = entry
                add(makers[cast("int", tag)](places))
            else:
                add(entry)
        return values[-1]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise NotStored(f"this is nothing that was stored: {error}") from None


Maker: TypeAlias = Callable[[list[Json]], object]


def _maker(class_: type, values: list[object]) -> Maker:
    """What makes a value of an entry without its tag: a text, or places that lead into ``values``."""
    at = cast("Callable[[Json], object]", values.__getitem__)
    if class_ is tuple or class_ is frozenset:
        return lambda places: class_(map(at, places))
    if class_ is dict:
        return lambda places: dict(zip(map(at, places[::2]), map(at, places[1::2]), strict=True))
    if class_ is Span:
        return lambda places: tuple.__new__(Span, (at(places[0]), *places[1:]))
    if class_ is types.Kind:
        return lambda text: _KINDS[cast("str", text[0])]
    if issubclass(class_, Enum):
        return lambda text: class_[cast("str", text[0])]
    if class_ in _TEXTS:
        of_text = cast("Callable[[str], object]", class_)
        return lambda text: of_text(cast("str", text[0]))
    if class_ in _TUPLES:
        return lambda places: class_(*map(at, places))
    return _record_maker(class_, at)


def _record_maker(class_: type, at: Callable[[Json], object]) -> Maker:
    slots: dict[str, MemberDescriptorType] = {
        name: slot for base in class_.__mro__ for name, slot in vars(base).items() if type(slot) is MemberDescriptorType
    }
    setters = tuple(slots[name].__set__ for name in _FIELDS[class_]) if slots else ()
    empty = slots["arranged"].__set__ if "arranged" in slots else None
    names = _FIELDS[class_]
    new: Callable[[type], object] = object.__new__

    def make(places: list[Json]) -> object:
        made = new(class_)
        for put, place in zip(setters, places, strict=True):
            put(made, at(place))
        if empty is not None:
            empty(made, {})
        return made

    def make_without_slots(places: list[Json]) -> object:
        made = new(class_)
        vars(made).update(zip(names, map(at, places), strict=True))
        return made

    return make if slots or not names else make_without_slots
