"""Arguments that a program gives a control of the language, as ``bind yama(scope = 2)`` gives them in a policy."""

from collections.abc import Mapping

from nslsm.api.values import value_of
from nslsm.controls.policy import PolicyControl
from nslsm.hooks.types import PATH, SetOf, Type, Unknown
from nslsm.language.check import ir
from nslsm.language.check.glob import GlobError
from nslsm.language.check.types import path_fault
from nslsm.language.check.walk import nodes
from nslsm.language.program.instantiate import constant_of
from nslsm.protocol.things import Value


def arguments_of(control: ir.Control, said: Mapping[str, object]) -> tuple[tuple[str, ir.Constant], ...]:
    """What each parameter of the control is: what is said, else its default.

    TypeError for a name that no parameter has, and where one that has no default is left out; ValueError for a value that does
    not fit.
    """
    known = {each.name: each for each in control.parameters}
    for name in said:
        if name not in known:
            told = ", ".join(known) or "none"
            raise TypeError(f"control {control.name} has no parameter `{name}`; it has {told}")
    filled = {}
    for name, parameter in known.items():
        if name in said:
            filled[name] = ir.Constant(_value(f"{control.name}({name})", said[name], parameter.type), parameter.type)
        elif parameter.default is None:
            raise TypeError(
                f"control {control.name} needs `{name}`: give it, {control.name.rpartition('.')[2]}({name}=…)"
            )
        else:
            filled[name] = parameter.default
    _patterns_fit(control, filled)
    return tuple(filled.items())


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


def _patterns_fit(control: ir.Control, arguments: Mapping[str, ir.Constant]) -> None:
    """ValueError where a pattern is no glob, or a directory has no name."""
    try:
        program = PolicyControl(control, arguments).program
    except GlobError as error:
        raise ValueError(f"control {control.name}: {error}") from None
    for each in nodes((program.rules, program.attributes)):
        found = constant_of(each.directories) if isinstance(each, ir.Under) else None
        if found == "" or (isinstance(found, frozenset) and "" in found):
            raise ValueError(f"control {control.name} asks what is under a directory, and this one has no name")
