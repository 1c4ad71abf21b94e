"""Modules to a policy: what is optional is tried until what is left agrees, then everything is read."""

import gc
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from nslsm.diagnostics import Diagnostic, DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.importers.selinux.cil import labelling
from nslsm.importers.selinux.cil.build import Build
from nslsm.importers.selinux.cil.finish import Finish
from nslsm.importers.selinux.cil.forms import Form, fault, forms
from nslsm.importers.selinux.cil.names import Names, Unresolved
from nslsm.importers.selinux.cil.neverallow import exceeded, violations
from nslsm.importers.selinux.cil.places import Scope, Statement
from nslsm.importers.selinux.cil.shape import check
from nslsm.importers.selinux.cil.sources import texts
from nslsm.importers.selinux.cil.statements import LATER, define, rule
from nslsm.importers.selinux.cil.structure import Structure
from nslsm.importers.selinux.codes import LIMIT, SYNTAX, UNDEFINED
from nslsm.importers.selinux.policy import Policy, Triple

MAX_ROUNDS: Final = 100
"""How often optional parts are tried."""


def read(
    paths: Sequence[Path], *, booleans: Mapping[str, bool] | None = None, tunables: Mapping[str, bool] | None = None
) -> tuple[Policy, tuple[Diagnostic, ...], Sources]:
    """The policy that files, folders and archives of modules make together, what was found in it, and the texts for excerpts.

    ``booleans`` and ``tunables``: values instead of those that are declared. Raises
    :class:`~nslsm.diagnostics.DiagnosticError` where it is no policy.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read(paths, booleans or {}, tunables or {})
    finally:
        if collecting:
            gc.enable()


def _read(
    paths: Sequence[Path], booleans: Mapping[str, bool], tunables: Mapping[str, bool]
) -> tuple[Policy, tuple[Diagnostic, ...], Sources]:
    modules = texts(paths)
    sources = Sources({each.name: each.text for each in modules})
    if not any("(" in each.text for each in modules):
        raise DiagnosticError([SYNTAX.at(None, "a policy has statements, and here are none")], sources)
    try:
        read_forms: list[Form] = []
        count = 0
        for module in modules:
            found, count = forms(module, count)
            check(found)
            read_forms += found
        structure = Structure(read_forms, tunables)
        statements = list(structure.statements())
        names = Names()
        for form, scope, optional in statements:
            names.declare(form, scope, optional)
        mls = any(form[:2] == ["mls", "true"] for form, _, _ in statements)
        _settle(statements, names, mls=mls)
        policy, places = _finished(statements, names, mls=mls)
    except DiagnosticError as error:
        raise DiagnosticError(error.diagnostics, sources) from None
    except RecursionError:
        message = "sets, blocks or macros hang on one another deeper than an import follows"
        raise DiagnosticError([LIMIT.at(None, message)], sources) from None
    policy = replace(policy, booleans=_set(policy.booleans, booleans, "boolean"), tunables=dict(structure.tunables))
    _set(structure.tunables, tunables, "tunable")
    forbidden = violations(policy, places) or exceeded(policy, places)
    if forbidden:
        raise DiagnosticError(forbidden, sources)
    return policy, (), sources


def _set(declared: Mapping[str, bool], said: Mapping[str, bool], kind: str) -> dict[str, bool]:
    unknown = sorted(said.keys() - declared.keys())
    if unknown:
        raise DiagnosticError([UNDEFINED.at(None, f"the policy has no {kind} `{unknown[0]}`")])
    return {**declared, **said}


def _settle(statements: Sequence[Statement], names: Names, *, mls: bool) -> None:
    """Parts that speak of what is not there are left out, until what is left agrees."""
    optional = [each for each in statements if each.optional is not None]
    left = len(optional) + 1
    rounds = 0
    while len(optional) < left:
        left = len(optional)
        rounds += 1
        if rounds > MAX_ROUNDS:
            raise fault(
                LIMIT, optional[0].form, f"optional parts hang on one another longer than the limit of {MAX_ROUNDS}"
            )
        build = Build(names)
        for each in statements:
            if each.optional is None and each.form[0] not in SETS:
                with suppress(Unresolved):
                    define(build, each)
        finish = Finish(build, mls=mls, trial=True)
        for each in optional:
            _tried(each, partial(define, build))
        for each in optional:
            _tried(each, partial(_try, build, finish))
        # The other way round each time: a chain of parts goes at once, whichever way it hangs.
        optional = [each for each in reversed(optional) if each.optional is not None and each.optional.counts]
        names.settle()


SETS: Final = ("typeattributeset", "roleattributeset", "userattributeset")
"""What names hang on no more than on their own: these need no second look while optional parts are tried."""


def _try(build: Build, finish: Finish, statement: Statement) -> None:
    word = str(statement.form[0])
    if word == "call":
        raise Unresolved("macro", str(statement.form[1]))
    if word in LATER:
        _late(finish, word, statement.form, statement.scope)
    else:
        rule(build, statement)


def _late(finish: Finish, word: str, form: Form, scope: Scope) -> None:
    handler = labelling.HANDLERS.get(word)
    if handler is not None:
        handler(finish, form, scope)
    else:
        finish.read(word, form, scope)


def _tried(statement: Statement, what: Callable[[Statement], None]) -> None:
    """See whether a statement's names are there; its part is left out where not."""
    part = statement.optional
    assert part is not None
    if part.counts:
        try:
            what(statement)
        except Unresolved:
            part.enabled = False


def _finished(statements: Sequence[Statement], names: Names, *, mls: bool) -> tuple[Policy, list[dict[Triple, Form]]]:
    """The policy, and where allow rules stand: its own, and those of each conditional part."""
    build = Build(names)
    counted = [each for each in statements if each.optional is None or each.optional.counts]
    for what in (define, rule):
        for each in counted:
            try:
                what(build, each)
            except Unresolved as missing:
                raise _undefined(each.form, missing) from None
    finish = Finish(build, mls=mls)
    for word, held in build.lists.items():
        for form, scope in held:
            try:
                _late(finish, word, form, scope)
            except Unresolved as missing:
                raise _undefined(form, missing) from None
    try:
        return finish.policy(), [build.rules.places, *(each.places for _, each in build.conditionals)]
    except Unresolved as missing:
        raise _undefined(build.looked_at, missing) from None


def _undefined(form: Form, missing: Unresolved) -> DiagnosticError:
    if missing.family == "permission":
        class_, _, permission = missing.name.partition(":")
        return fault(UNDEFINED, form, f"class `{class_}` has no permission `{permission}`")
    if missing.name == "(…)":
        return fault(SYNTAX, form, f"a name of a {missing.family} stands here, and no list")
    return fault(UNDEFINED, form, f"no {missing.family} is called `{missing.name}`")
