"""Rules, made into the typed program: what they are about, when they hold, what they are called.

A rule is called by its own name, or by its kind and its position among the control's rules of that kind, those with names
counted too: ``deny-2``, ``confine-1``, ``confine-1.allow-3``. So giving one rule a name renames no other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from nslsm.diagnostics.span import Span
from nslsm.hooks.linux import Errno
from nslsm.language.check import codes, ir
from nslsm.language.check.expressions import ControlNames, Expressions
from nslsm.language.check.findings import listed
from nslsm.language.check.literals import errno_of
from nslsm.language.check.modules import ModuleScope
from nslsm.language.check.session import Session
from nslsm.language.check.things import attribute_of, is_thing, kind_of, lacking
from nslsm.language.check.types import members_of_kind
from nslsm.language.syntax import ast


class RuleChecker:
    """Checks the rules of one control."""

    def __init__(self, session: Session, module: ModuleScope, names: ControlNames) -> None:
        self._session = session
        self._module = module
        self._names = names
        self._called: dict[str, Span] = {}
        self._positions: Counter[str] = Counter()
        self._places: dict[int, Expressions] = {}

    def rules(self, nodes: Sequence[ast.Rule]) -> tuple[ir.Rule, ...]:
        """All rules that came out; the others were reported."""
        found = [self._rule(node) for node in nodes]
        return tuple(rule for rule in found if rule is not None)

    def _rule(self, node: ast.Rule) -> ir.Rule | None:
        match node:
            case ast.Deny():
                return self._deny(node)
            case ast.Confine():
                return self._confine(node)
            case ast.On():
                return self._effect(node)
            case ast.Audit():
                return self._audit(node)

    def _id(self, kind: str, node: ast.Rule) -> str:
        self._positions[kind] += 1
        return self._unique(f"{kind}-{self._positions[kind]}" if node.name is None else node.name.text, node)

    def _unique(self, identifier: str, node: ast.Rule | ast.Allow) -> str:
        span = node.span if node.name is None else node.name.span
        before = self._called.setdefault(identifier, span)
        if before is not span:
            message = f"two rules of this control are called `{identifier}`"
            self._session.findings.add(codes.DUPLICATE_NAME, span, message, related=((before, "the other is here"),))
        return identifier

    def _actions(self, refs: tuple[ast.HookRef, ...], *, judged: bool) -> tuple[ir.Action, ...]:
        return self._session.actions.resolve(self._module, refs, judged=judged)

    def _here(self, actions: tuple[ir.Action, ...]) -> Expressions:
        site = self._session.actions.site(actions)
        if id(site) not in self._places:
            self._places[id(site)] = self._session.expressions(self._module, self._names, site)
        return self._places[id(site)]

    def _errno(self, node: ast.ErrnoLiteral | None) -> Errno | None:
        return None if node is None else errno_of(self._session.findings, node)

    def _deny(self, node: ast.Deny) -> ir.Deny | None:
        identifier = self._id("deny", node)
        actions = self._actions(node.hooks, judged=True)
        errno = self._errno(node.errno)
        if not actions:
            return None
        when, sound = self._here(actions).condition(node.when)
        if node.inbound:
            sound = self._has_home(node, actions) and sound
        if not sound:
            return None
        return ir.Deny(
            id=identifier,
            span=node.span,
            inbound=node.inbound,
            actions=actions,
            when=when,
            errno=errno,
            because=_text(node.because),
        )

    def _audit(self, node: ast.Audit) -> ir.Audit | None:
        identifier = self._id("audit", node)
        actions = self._actions(node.hooks, judged=False)
        if not actions:
            return None
        when, sound = self._here(actions).condition(node.when)
        if node.inbound:
            sound = self._has_home(node, actions) and sound
        if not sound:
            return None
        return ir.Audit(
            id=identifier,
            span=node.span,
            inbound=node.inbound,
            actions=actions,
            when=when,
            because=_text(node.because),
        )

    def _has_home(self, node: ast.Deny | ast.Audit, actions: tuple[ir.Action, ...]) -> bool:
        """Whether anybody is outside: an inbound rule asks about what has a home (Model M4.2)."""
        hooks = {target.hook: self._session.actions.hook(target.hook) for each in actions for target in each.targets}
        homeless = [
            name for name, hook in hooks.items() if hook.object is None or "foreign" not in members_of_kind(hook.object)
        ]
        if not homeless:
            return True
        message = f"an inbound rule is about what belongs to a namespace, and at {listed(homeless)} nothing does"
        self._session.findings.add(
            codes.INBOUND_WITHOUT_HOME,
            node.span,
            message,
            notes=("tasks, sockets, IPC objects and keys have a home; files have none",),
        )
        return False

    def _confine(self, node: ast.Confine) -> ir.Confine | None:
        identifier = self._id("confine", node)
        named = [self._actions((ref,), judged=True) for ref in node.hooks]
        around = {action.name: action for each in named for action in each}
        actions = tuple(around.values())
        errno = self._errno(node.errno)
        where, sound = self._here(actions).condition(node.where) if actions else (None, False)
        region = around if all(named) else None
        allows = [self._allow(each, place, identifier, region) for place, each in enumerate(node.allows, 1)]
        found = tuple(allow for allow in allows if allow is not None)
        if not sound or len(found) < len(allows):
            return None
        return ir.Confine(
            id=identifier,
            span=node.span,
            actions=actions,
            where=where,
            errno=errno,
            because=_text(node.because),
            allows=found,
        )

    def _allow(
        self, node: ast.Allow, place: int, region: str, around: Mapping[str, ir.Action] | None
    ) -> ir.Allow | None:
        """One ``allow``; ``around`` are the actions of its region, None where not all of them came out."""
        identifier = self._unique(f"{region}.{f'allow-{place}' if node.name is None else node.name.text}", node)
        chosen: dict[str, ir.Action] = {}
        sound = True
        for ref in node.hooks:
            named = self._actions((ref,), judged=True)
            members = [action for action in named if around is None or action.name in around]
            if named and around is not None and not members:
                message = f"`{ref.name}` is no action of the region around this: nothing denies it there"
                self._session.findings.add(
                    codes.ALLOW_OUTSIDE_REGION,
                    ref.span,
                    message,
                    help=f"the region is about {listed(_short(name) for name in around)}",
                )
            sound = sound and bool(members)
            chosen.update((action.name, action) for action in members)
        if not chosen:
            return None
        when, condition_sound = self._here(tuple(chosen.values())).condition(node.when)
        if not (sound and condition_sound):
            return None
        return ir.Allow(id=identifier, span=node.span, actions=tuple(chosen), when=when)

    def _effect(self, node: ast.On) -> ir.Effect | None:
        identifier = self._id("on", node)
        actions = self._actions(node.hooks, judged=False)
        if not actions:
            return None
        here = self._here(actions)
        when, sound = here.condition(node.when)
        assignments = [self._assign(here, each) for each in node.assignments]
        found = tuple(assign for assign in assignments if assign is not None)
        if not sound or len(found) < len(assignments):
            return None
        return ir.Effect(
            id=identifier,
            span=node.span,
            denied=node.denied,
            actions=actions,
            when=when,
            assignments=found,
        )

    def _assign(self, here: Expressions, node: ast.Assign) -> ir.Assign | None:
        """``set thing.attribute = value``."""
        base = here.check(node.target.base)
        name = node.target.name
        if base is None or not is_thing(base):
            if base is not None:
                here.findings.add(codes.NOT_ASSIGNABLE, node.target.span, "only an attribute of a thing can be set")
            return None
        target = attribute_of(here, base, name)
        if target is None:
            if name.text in self._names.broken:
                return None
            if name.text in members_of_kind(kind_of(base)):
                message = (
                    f"`{name.text}` is a fact of a {kind_of(base).name}: the kernel's to know, not a rule's to set"
                )
                here.findings.add(codes.NOT_ASSIGNABLE, name.span, message)
            else:
                lacking(here, base, name, "attribute")
            return None
        value = here.typed(node.value, target.type, f"attribute `{target.attribute}`")
        return None if value is None else ir.Assign(base, target.attribute, value)


def _text(node: ast.String | None) -> str:
    return "" if node is None else node.value


def _short(name: str) -> str:
    """An operation's name without its module."""
    return name.rpartition(".")[2]
