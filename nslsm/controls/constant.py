"""Values of Python that stay what they are: what a control in Python may be made with, and what it may keep.

A value that could be changed in place would change snapshots and digests behind everybody's back.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum


def require_constant(value: object, what: str) -> None:
    """TypeError, which names ``what``, for a value that could be changed in place.

    >>> require_constant((1, frozenset({"a"})), "state")
    >>> require_constant([1], "state")
    Traceback (most recent call last):
        ...
    TypeError: state is a list, which could be changed in place: say a tuple, a frozenset, a number, a text
    """
    try:
        hash(value)
    except TypeError:
        raise _changeable(value, what) from None
    if value is None or isinstance(value, type):
        return
    if type(value).__hash__ is object.__hash__:
        raise _changeable(value, what)  # it is equal to nothing but itself, whatever happens to it
    if isinstance(value, tuple | frozenset):
        for each in value:
            require_constant(each, what)
    elif is_dataclass(value):
        for part in fields(value):
            require_constant(getattr(value, part.name), what)


def _changeable(value: object, what: str) -> TypeError:
    return TypeError(
        f"{what} is a {type(value).__name__}, which could be changed in place: say a tuple, a frozenset, a number, a text"
    )


def canonical(value: object) -> str:
    """The value as a text that is the same in every run; TypeError for what has none.

    >>> canonical(frozenset({"b", "a"})), canonical((1, True, None))
    ("frozenset('a', 'b')", 'tuple(1, True, None)')
    """
    name = type(value).__qualname__
    if isinstance(value, Enum):
        return f"{name}.{value.name}"
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, tuple):
        return f"{name}({', '.join(canonical(each) for each in value)})"
    if isinstance(value, frozenset):
        return f"{name}({', '.join(sorted(canonical(each) for each in value))})"
    if isinstance(value, Mapping):
        pairs = sorted(f"{canonical(key)}: {canonical(each)}" for key, each in value.items())
        return f"{name}({', '.join(pairs)})"
    if is_dataclass(value):
        parts = (f"{part.name}={canonical(getattr(value, part.name))}" for part in fields(value))
        return f"{name}({', '.join(parts)})"
    shown = repr(value)
    if " at 0x" in shown:
        raise TypeError(f"{shown[:120]} is another text in each run")
    return shown
