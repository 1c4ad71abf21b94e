"""Policies: lists of controls with their arguments, other policies unfolded into theirs.

The mode that is written nearest the namespace is the one that counts for everything in a policy; where none is written,
what stands inside does. The same control with the same arguments is one binding, whose mode is the stricter of the two;
with other arguments it needs a name of its own (Model M5.7). A policy that is used under a name (``use p as x``) gives its
bindings names that begin so: ``x.yama``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from nslsm.diagnostics.span import Span
from nslsm.hooks.types import Type
from nslsm.language.check import codes, ir
from nslsm.language.check.actions import MAX_COMPOSITION
from nslsm.language.check.annotations import annotations
from nslsm.language.check.controls import CheckedControl, ControlNames, control, parameters, table_given
from nslsm.language.check.expressions import Expressions
from nslsm.language.check.findings import Findings, listed, nearest
from nslsm.language.check.glob import Glob, GlobError
from nslsm.language.check.modules import BROKEN, RESERVED, Declared, Folder, ModuleScope
from nslsm.language.check.operators import Settling, texts
from nslsm.language.check.session import Session
from nslsm.language.check.site import CONSTANT
from nslsm.language.check.walk import nodes
from nslsm.language.syntax import ast
from nslsm.language.syntax.codes import OVER_LIMIT
from nslsm.protocol.namespace import Limits, Mode

MAX_BINDINGS: Final = Limits().bindings
"""How many bindings one policy or namespace may come to (Model M5.4)."""

Arguments = tuple[tuple[str, ir.ArgumentValue], ...]


@dataclass(frozen=True, slots=True)
class _Used:
    """What a use comes to: bindings whose modes are not settled yet (None: nothing was written)."""

    bind: ir.Bind
    mode: Mode | None


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    """What came of a policy's declaration; its uses are unfolded anew for every list of arguments."""

    parameters: tuple[ir.ParameterDeclaration, ...]
    names: ControlNames
    sound: bool


class Policies:
    """Checks controls and policies once each, and unfolds what uses them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._controls: dict[int, CheckedControl] = {}
        self._policies: dict[int, CheckedPolicy] = {}
        self._unfolded: dict[tuple[int, Arguments], tuple[_Used, ...] | None] = {}
        self._under_way: dict[int, Declared] = {}
        self.lacking = False
        """Whether a name of a control or a policy, or one that would be given to a binding, led to nothing."""
        self._patterns: dict[str, tuple[ir.Matches | ir.Under, ...]] = {}

    def control(self, declared: Declared) -> CheckedControl:
        """A control, checked once."""
        if id(declared.node) not in self._controls:
            self._controls[id(declared.node)] = control(self._session, declared)
        return self._controls[id(declared.node)]

    def policy(self, declared: Declared) -> ir.Policy | None:
        """A policy with its defaults filled in, where it needs no argument; None where it does, or is wrong."""
        node = declared.node
        assert isinstance(node, ast.Policy)
        notes = annotations(self._session.findings, self._session.catalogues, node.annotations)
        checked = self._policy(declared)
        if not checked.sound:
            return None
        arguments = tuple((each.name, each.default) for each in checked.parameters if each.default is not None)
        if len(arguments) < len(checked.parameters):
            self._probe(declared, checked)
            return None
        used = self._unfold(declared, arguments)
        if used is None:
            return None
        return ir.Policy(
            name=declared.qualified,
            doc="" if node.doc is None else node.doc.value,
            annotations=notes,
            binds=merged(self._session.findings, used),
            span=node.name.span,
        )

    def uses(
        self, module: ModuleScope, nodes_: Iterable[ast.Use], names: ControlNames | None = None
    ) -> tuple[ir.Bind, ...]:
        """The bindings that ``use``, ``bind`` or ``with`` ask for; what is wrong is reported and left out."""
        here = self._session.expressions(module, names, CONSTANT)
        found = [each for node in nodes_ for each in self._use(here, node, None) or ()]
        return merged(self._session.findings, found)

    def controls_of(self, module: ModuleScope, name: ast.Dotted) -> tuple[ir.Control, ...]:
        """The controls that a lock names: one, or all of a policy, whatever their arguments."""
        declared = self._find(module, name)
        if declared is None:
            return ()
        found: dict[str, ir.Control] = {}
        seen: set[int] = set()
        pending = [declared]
        while pending:
            each = pending.pop(0)
            if id(each.node) in seen:
                continue
            seen.add(id(each.node))
            if isinstance(each.node, ast.Policy):
                inner = [self._find(each.module, use.target) for use in each.node.uses]
                pending.extend(one for one in inner if one is not None)
                continue
            checked = self.control(each).control
            if checked is not None:
                found[checked.name] = checked
        return tuple(found.values())

    def _find(self, module: ModuleScope, name: ast.Dotted) -> Declared | None:
        """The control or policy of that name; its absence is reported."""
        found = module.find(name.parts)
        if isinstance(found, Declared) and isinstance(found.node, ast.Control | ast.Policy):
            return found
        self.lacking = True
        if found is BROKEN:
            return None
        written = str(name)
        near = nearest(written, module.names_like(ast.Control, ast.Policy))
        if isinstance(found, Declared):
            message = f"`{written}` is a {found.kind}, not a control or a policy"
        elif isinstance(found, Folder):
            last = found.name.rpartition(".")[2]
            message = f"`{written}` is a module, and it declares no control or policy called `{last}`"
        else:
            message = f"no control or policy is called `{written}` here"
            if near is None and name.parts[0] not in module.names():
                near = f"does an `import {'.'.join(name.parts[:-1]) or written}` lack?"
        self._session.findings.add(codes.UNKNOWN_CONTROL, name.span, message, help=near)
        return None

    # Unfolding

    def _use(
        self, here: Expressions, node: ast.Use, outer: Mapping[str, ir.ArgumentValue] | None
    ) -> tuple[_Used, ...] | None:
        """What one use comes to; ``outer`` are the arguments of the policy that it stands in."""
        used = self._used(here, node, outer)
        self.lacking = self.lacking or (used is None and node.alias is not None)
        return used

    def _used(
        self, here: Expressions, node: ast.Use, outer: Mapping[str, ir.ArgumentValue] | None
    ) -> tuple[_Used, ...] | None:
        declared = self._find(here.module, node.target)
        if declared is None:
            return None
        is_control = isinstance(declared.node, ast.Control)
        signature = self.control(declared) if is_control else self._policy(declared)
        arguments = self._arguments(here, node, declared, signature.parameters, outer, sound=signature.sound)
        if arguments is None:
            return None
        mode = None if node.mode is None else Mode(node.mode.text)
        if not is_control:
            unfolded = self._unfold(declared, arguments)
            return None if unfolded is None else tuple(_renamed(used, node, mode) for used in unfolded)
        checked = self.control(declared).control
        if checked is None or not self._patterns_fit(node, checked, arguments):
            return None
        name = declared.name if node.alias is None else node.alias.text
        if name in RESERVED:
            self._session.findings.add(codes.RESERVED_NAME, node.span, f"nothing can be bound as `{name}`")
        bind = ir.Bind(name=name, control=checked, arguments=arguments, mode=mode or Mode.ENFORCE, span=node.span)
        return (_Used(bind, mode),)

    def _policy(self, declared: Declared) -> CheckedPolicy:
        node = declared.node
        assert isinstance(node, ast.Policy)
        if id(node) not in self._policies:
            names = ControlNames()
            found = parameters(self._session, declared, node.parameters, names)
            self._policies[id(node)] = CheckedPolicy(found, names, len(found) == len(node.parameters))
        return self._policies[id(node)]

    def _unfold(self, declared: Declared, arguments: Arguments) -> tuple[_Used, ...] | None:
        """The bindings of a policy with its arguments."""
        node = declared.node
        assert isinstance(node, ast.Policy)
        key = (id(node), arguments)
        if key in self._unfolded:
            return self._unfolded[key]
        if id(node) in self._under_way:
            chain = [*self._under_way.values()]
            start = next(place for place, each in enumerate(chain) if each.node is node)
            names = " → ".join(f"`{each.name}`" for each in (*chain[start:], declared))
            self._session.findings.add(codes.CYCLIC_DEFINITION, declared.span, f"this policy uses itself: {names}")
            return None
        if len(self._under_way) >= MAX_COMPOSITION:
            message = f"policies use one another deeper than the limit of {MAX_COMPOSITION}"
            self._session.findings.add(OVER_LIMIT, declared.span, message)
            return None
        self._under_way[id(node)] = declared
        here = self._session.expressions(declared.module, self._policy(declared).names, CONSTANT)
        found: list[_Used] | None = []
        for use in node.uses:
            used = self._use(here, use, dict(arguments))
            if used is None or found is None:
                found = None
                continue
            found.extend(used)
            if len(found) > MAX_BINDINGS:
                message = f"policy `{declared.name}` comes to more bindings than the limit of {MAX_BINDINGS}"
                self._session.findings.add(OVER_LIMIT, declared.span, message)
                found = None
                break
        del self._under_way[id(node)]
        self._unfolded[key] = None if found is None else tuple(found)
        return self._unfolded[key]

    def _arguments(
        self,
        here: Expressions,
        node: ast.Use,
        declared: Declared,
        declarations: Sequence[ir.ParameterDeclaration],
        outer: Mapping[str, ir.ArgumentValue] | None,
        *,
        sound: bool,
    ) -> Arguments | None:
        """The arguments with defaults filled in, in the order of the parameters."""
        known = {each.name: each for each in declarations}
        given: dict[str, ir.ArgumentValue] = {}
        findings = self._session.findings
        for argument in node.arguments:
            name = argument.name.text
            if name in given:
                findings.add(codes.DUPLICATE_NAME, argument.name.span, f"argument `{name}` is given twice")
            if name not in known:
                if not sound:
                    continue
                message = f"{declared.kind} `{declared.name}` has no parameter `{name}`"
                way_out = nearest(name, known.keys()) or (f"it has {listed(known)}" if known else "it has none")
                findings.add(codes.UNKNOWN_ARGUMENT, argument.name.span, message, help=way_out)
                continue
            constant = self._argument(here, argument.value, known[name].type, name, outer)
            if constant is not None:
                given[name] = constant
        written = {argument.name.text for argument in node.arguments}
        missing = [each.name for each in declarations if each.default is None and each.name not in written]
        misnamed = len(written - known.keys())  # as many may be meant for those that seem to be missing
        if len(missing) > misnamed and sound:
            plural = "s" if len(missing) > 1 else ""
            message = f"{declared.kind} `{declared.name}` needs the argument{plural} {listed(missing)}"
            findings.add(codes.MISSING_ARGUMENT, node.target.span, message)
        filled = [(each.name, given.get(each.name, each.default)) for each in declarations]
        arguments = tuple((name, constant) for name, constant in filled if constant is not None)
        complete = sound and len(arguments) == len(declarations) and written <= given.keys()
        return arguments if complete else None

    def _argument(
        self,
        here: Expressions,
        node: ast.Expr,
        type_: Type | ir.TableOf,
        name: str,
        outer: Mapping[str, ir.ArgumentValue] | None,
    ) -> ir.ArgumentValue | None:
        """One argument: a table, or constant once the parameters of the policy that it stands in are filled in."""
        if isinstance(type_, ir.TableOf):
            return self._table(here, node, type_, name, outer)
        checked = here.typed(node, type_, f"argument `{name}`")
        if checked is None or isinstance(checked, ir.Constant):
            return checked
        value = Settling(outer).value(checked)
        if value is None:
            self._session.findings.add(codes.NOT_CONSTANT, node.span, f"argument `{name}` must be constant")
            return None
        return ir.Constant(value, type_)

    def _table(
        self,
        here: Expressions,
        node: ast.Expr,
        type_: ir.TableOf,
        name: str,
        outer: Mapping[str, ir.ArgumentValue] | None,
    ) -> ir.Table | None:
        """A table that is given as an argument: one that is declared, or what the policy around was given."""
        passed = node.name if isinstance(node, ast.Reference) and here.control is not None else None
        known = None if passed is None or here.control is None else here.control.tables.get(passed)
        if known is None:
            return table_given(self._session, here.module, node, type_, f"argument `{name}`")
        if known != type_:
            message = f"argument `{name}` must be a `{type_}`, and `{passed}` is a `{known}`"
            self._session.findings.add(codes.TYPE_MISMATCH, node.span, message)
            return None
        given = (outer or {}).get(passed or "")
        return given if isinstance(given, ir.Table) else None

    def _patterns_fit(self, node: ast.Use, checked: ir.Control, arguments: Arguments) -> bool:
        """Whether the globs and directories that the arguments make can be held against a path."""
        if checked.name not in self._patterns:
            found = nodes((checked.rules, checked.attributes))
            self._patterns[checked.name] = tuple(each for each in found if isinstance(each, ir.Matches | ir.Under))
        sound = True
        settling = Settling(dict(arguments))
        for each in self._patterns[checked.name]:
            right = each.patterns if isinstance(each, ir.Matches) else each.directories
            value = None if isinstance(right, ir.Constant) else settling.value(right)
            for text in () if value is None else texts(value):
                sound = self._pattern_fits(node, text, is_glob=isinstance(each, ir.Matches)) and sound
        return sound

    def _pattern_fits(self, node: ast.Use, text: str, *, is_glob: bool) -> bool:
        findings = self._session.findings
        if not is_glob:
            if not text:
                message = f"`{node.target}` asks what is under a directory, and this one has no name"
                findings.add(codes.BAD_PATH, node.span, message)
            return bool(text)
        try:
            Glob(text)
        except GlobError as error:
            message = f"`{node.target}` holds paths against `{text}`, and that is no glob: {error.message}"
            findings.add(codes.BAD_GLOB, node.span, message)
            return False
        return True

    def _probe(self, declared: Declared, checked: CheckedPolicy) -> None:
        """Look at the uses of a policy that nothing can unfold without arguments: all but the constants is checked."""
        node = declared.node
        assert isinstance(node, ast.Policy)
        here = self._session.expressions(declared.module, checked.names, CONSTANT)
        for use in node.uses:
            target = self._find(here.module, use.target)
            if target is not None:
                signature = self.control(target) if isinstance(target.node, ast.Control) else self._policy(target)
                known = {each.name: each.type for each in signature.parameters}
                for argument in use.arguments:
                    name = argument.name.text
                    type_ = known.get(name)
                    if isinstance(type_, ir.TableOf):
                        self._table(here, argument.value, type_, name, None)
                    elif type_ is not None:
                        here.typed(argument.value, type_, f"argument `{name}`")


def _renamed(used: _Used, node: ast.Use, mode: Mode | None) -> _Used:
    """A binding of a policy as the one who uses the policy sees it."""
    bind = used.bind
    if node.alias is not None:
        bind = replace(bind, name=f"{node.alias.text}.{bind.name}")
    if mode is not None:
        bind = replace(bind, mode=mode)
    return _Used(replace(bind, span=node.span), mode or used.mode)


def merged(findings: Findings, used: Iterable[_Used]) -> tuple[ir.Bind, ...]:
    """Bindings of one policy or namespace: equal ones are one, and the names are unique."""
    by_content: dict[tuple[str, Arguments], ir.Bind] = {}
    for each in used:
        bind = each.bind
        key = (bind.control.name, bind.arguments)
        before = by_content.get(key)
        if before is None:
            by_content[key] = bind
        elif bind.mode is Mode.ENFORCE:
            by_content[key] = replace(before, mode=Mode.ENFORCE)
    names: dict[str, ir.Bind] = {}
    for bind in by_content.values():
        before = names.setdefault(bind.name, bind)
        if before is not bind:
            _clash(findings, bind, before)
    return tuple(names.values())


def _clash(findings: Findings, bind: ir.Bind, before: ir.Bind) -> None:
    same = before.control.name == bind.control.name
    what = (
        f"control `{bind.control.name}` is bound twice, with different arguments"
        if same
        else (f"`{before.control.name}` and `{bind.control.name}` are both bound as `{bind.name}`")
    )
    related: tuple[tuple[Span, str], ...] = ((before.span, "the other is here"),)
    findings.add(
        codes.BINDING_CLASH, bind.span, what, help="give one of them a name of its own with `as`", related=related
    )
