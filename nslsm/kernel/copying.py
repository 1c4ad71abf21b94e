"""Changed copies of the kernel's values, as :func:`dataclasses.replace` makes them, in a fifth of the time.

A system call makes some twenty of them. ``dataclasses.replace`` looks at each field of a class anew, collects what was there
in a dictionary, and has the class's ``__init__`` set a frozen value's fields one by one. Here that is found out once for each
class: a function is generated that fills an object of the same layout which is not frozen yet, and gives it its class.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Final, TypeAlias, cast

if TYPE_CHECKING:
    from dataclasses import replace  # so that fields and their types are checked
else:

    def replace(value: object, /, **changes: object) -> object:
        """A copy of a frozen, slotted dataclass with some of its fields changed; TypeError for a field that it has not.

        >>> from nslsm.kernel.process import Place
        >>> replace(Place(1, 2, 0o022), users=3)
        Place(directory=1, root=2, mask=18, users=3)
        """
        copy = _COPIES.get(type(value))
        return (copier(type(value)) if copy is None else copy)(value, changes)


Copier: TypeAlias = Callable[[object, Mapping[str, object]], object]
"""Makes changed copies of the values of one class."""

_COPIES: Final[dict[type, Copier]] = {}


def copier(kind: type) -> Copier:
    """What makes changed copies of the values of a class: generated where its values are nothing but their slots."""
    known = _COPIES.get(kind)
    if known is None:
        plain = kind.__bases__ == (object,) and "__slots__" in vars(kind) and not hasattr(kind, "__post_init__")
        parts = fields(kind)  # what is no dataclass raises TypeError
        known = _COPIES[kind] = _generated(kind) if plain and all(part.init for part in parts) else _usual
    return known


def _usual(value: object, changes: Mapping[str, object]) -> object:
    return dataclasses.replace(value, **changes)  # type: ignore[type-var]


def _generated(kind: type) -> Copier:
    names = [part.name for part in fields(kind)]
    draft = _draft_of(kind)
    setters = {name: getattr(kind, name).__set__ for name in names}
    scope: dict[str, object] = {"_kind": kind, "_refused": _refused}
    if draft is None:
        scope |= {"_set": setters, "_made": object.__new__, **{f"_set_{name}": setters[name] for name in names}}
        lines = ["_copy = _made(_kind)", *(f"_set_{name}(_copy, _value.{name})" for name in names)]
        change, end = "_set[_name](_copy, _changes[_name])", []
    else:
        scope |= {"_set": setattr, "_made": draft}
        lines = ["_copy = _made()", *(f"_copy.{name} = _value.{name}" for name in names)]
        change, end = "_set(_copy, _name, _changes[_name])", ["_copy.__class__ = _kind"]
    lines += ["try:", f"    for _name in _changes: {change}"]
    lines += ["except (AttributeError, KeyError):", "    raise _refused(_kind, _name) from None", *end, "return _copy"]
    text = "\n".join(("def copied(_value, _changes):", *(f"    {line}" for line in lines)))
    exec(text, scope)  # noqa: S102 - the names of a dataclass's fields, nothing else
    return cast("Copier", scope["copied"])


def _refused(kind: type, name: str) -> TypeError:
    return TypeError(f"{kind.__name__} has no field {name!r}")


def _draft_of(kind: type) -> type | None:
    """A class of the same layout whose objects can be filled; None where the interpreter knows of none (weak references)."""
    draft = type(f"{kind.__name__}Draft", (), {"__slots__": vars(kind)["__slots__"]})
    try:
        draft().__class__ = kind
    except TypeError:
        return None
    return draft


__all__ = ["Copier", "copier", "replace"]
