"""Arguments that a program gives a control of the language, as ``bind yama(scope = 2)`` gives them in a policy."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from nslsm.api.values import value_of
from nslsm.controls.policy import PolicyControl
from nslsm.hooks.types import BOOL, GLOB, PATH, STRING, Flags, SetOf, Type, Unknown
from nslsm.language.check import ir
from nslsm.language.check.cells import glob_fault
from nslsm.language.check.glob import GlobError
from nslsm.language.check.table_data import MAX_ROWS
from nslsm.language.check.types import path_fault
from nslsm.language.check.walk import nodes
from nslsm.language.program.instantiate import constant_of
from nslsm.protocol.things import Value


def arguments_of(control: ir.Control, said: Mapping[str, object]) -> tuple[tuple[str, ir.ArgumentValue], ...]:
    """What each parameter of the control is: what is said, else its default.

    TypeError for a name that no parameter has, and where one that has no default is left out; ValueError for a value that does
    not fit.
    """
    known = {each.name: each for each in control.parameters}
    for name in said:
        if name not in known:
            told = ", ".join(known) or "none"
            raise TypeError(f"control {control.name} has no parameter `{name}`; it has {told}")
    filled: dict[str, ir.ArgumentValue] = {}
    for name, parameter in known.items():
        what = f"{control.name}({name})"
        if name in said:
            type_ = parameter.type
            if isinstance(type_, ir.TableOf):
                filled[name] = _table(what, said[name], type_)
            else:
                filled[name] = ir.Constant(_value(what, said[name], type_), type_)
        elif parameter.default is None:
            raise TypeError(
                f"control {control.name} needs `{name}`: give it, {control.name.rpartition('.')[2]}({name}=…)"
            )
        else:
            filled[name] = parameter.default
    _patterns_fit(control, filled)
    return tuple(filled.items())


def _table(what: str, said: object, type_: ir.TableOf) -> ir.Table:
    """The table that a mapping, or a set of keys, means; keys are tuples where there are several.

    What it answers for other keys is nothing: false, or the empty set. Where answers are neither, the mapping says it for None.
    """
    if isinstance(said, Mapping):
        given = dict(said)
    elif type_.value == BOOL and isinstance(said, Iterable) and not isinstance(said, str):
        given = dict.fromkeys(said, True)
    else:
        raise TypeError(f"{what} is a {type_}: give it a mapping" + (" or a set of keys" * (type_.value == BOOL)))
    otherwise = given.pop(
        None, False if type_.value == BOOL else () if isinstance(type_.value, SetOf | Flags) else None
    )
    if otherwise is None:
        raise ValueError(f"{what} has an answer for a missing key, None: give it one")
    if len(given) > MAX_ROWS:
        raise ValueError(f"{what} has more rows than the limit of {MAX_ROWS}")
    rows: dict[tuple[Value, ...], Value] = {}
    for key, answer in given.items():
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) != len(type_.keys):
            raise ValueError(f"{what}: {key!r:.80} is no key: there are {len(type_.keys)} in a row")
        keys = tuple(_key(f"{what}: key", part, each) for part, each in zip(parts, type_.keys, strict=True))
        rows[keys] = _value(f"{what}: {key!r:.80}", answer, type_.value)
    return ir.Table(
        name=what,
        keys=type_.keys,
        trees=type_.trees,
        value=type_.value,
        rows=rows,
        otherwise=_value(f"{what}: else", otherwise, type_.value),
    )


def _key(what: str, said: object, type_: Type) -> Value:
    if type_ != GLOB:
        return _value(what, said, type_)
    text = _value(what, said, STRING)
    fault = glob_fault(str(text))
    if fault is not None:
        raise ValueError(f"{what}: {fault}")
    return text


def _value(what: str, said: object, type_: Type) -> Value:
    found = value_of(what, said, type_)
    if isinstance(found, Unknown):
        raise TypeError(f"{what} is a constant, and known")
    element = type_.element if isinstance(type_, SetOf) else type_
    if element == PATH:
        for text in found if isinstance(found, frozenset) else (found,):
            fault = path_fault(str(text))
            if fault is not None:
                raise ValueError(f"{what}={text!r:.80}: {fault}")
    return found


_FITTING: Final[deque[tuple[ir.Rule, ...]]] = deque(maxlen=16)
"""Rules that were looked at lately: a large control is bound many times."""


def _patterns_fit(control: ir.Control, arguments: Mapping[str, ir.ArgumentValue]) -> None:
    """ValueError where a pattern is no glob, or a directory has no name."""
    try:
        program = PolicyControl(control, arguments).program
    except GlobError as error:
        raise ValueError(f"control {control.name}: {error}") from None
    known = any(program.rules is rules for rules in _FITTING)
    for each in nodes(program.attributes if known else (program.rules, program.attributes)):
        found = constant_of(each.directories) if isinstance(each, ir.Under) else None
        if found == "" or (isinstance(found, frozenset) and "" in found):
            raise ValueError(f"control {control.name} asks what is under a directory, and this one has no name")
    if not known:
        _FITTING.append(program.rules)
