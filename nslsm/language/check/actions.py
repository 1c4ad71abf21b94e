"""What a rule is about: hooks, families of hooks and operations, as actions with their targets.

A family (``inode_*``) is every hook whose name starts so: for ``deny``, ``confine`` and ``allow`` those whose answer counts
(class ``access``), for ``on`` and ``audit`` all of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nslsm.hooks.model import Hook, HookClass
from nslsm.hooks.types import Kind
from nslsm.language.check import codes, ir
from nslsm.language.check.expressions import Expressions
from nslsm.language.check.findings import Findings, nearest
from nslsm.language.check.modules import BROKEN, Declared, ModuleScope
from nslsm.language.check.site import Aim, Site
from nslsm.language.syntax import ast
from nslsm.language.syntax.codes import OVER_LIMIT

MAX_TARGETS: Final = 4096
"""How many hooks one operation may come to, the operations in it unfolded."""

MAX_COMPOSITION: Final = 32
"""How deep operations may include one another, and policies use one another."""

Checker = Callable[[ModuleScope, Site], Expressions]
"""Makes what checks the expressions of an operation, at a site."""

_WHY_NOT: Final = {
    HookClass.NOTIFY: "the kernel only tells of this: it does not ask, and takes no answer",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """A checked operation: its action, and the first of its hooks whose answer does not count, if any."""

    action: ir.Action
    undeniable: Hook | None
    depth: int = 1
    """How deep it includes others."""


class Actions:
    """Resolves what rules name, and checks each operation once."""

    def __init__(self, findings: Findings, catalogue: Mapping[str, Hook], checker: Checker) -> None:
        self._findings = findings
        self._catalogue = catalogue
        self._checker = checker
        self._known: dict[int, Operation | None] = {}
        self._under_way: dict[int, Declared] = {}
        self._deepest = 0
        self._families: dict[str, tuple[Hook, ...]] = {}
        self._sites: dict[tuple[tuple[str, str | None], ...], Site] = {}

    def resolve(self, module: ModuleScope, refs: Sequence[ast.HookRef], *, judged: bool) -> tuple[ir.Action, ...]:
        """The actions that a rule names, each once; what cannot be is reported and left out.

        ``judged``: the rule gives an answer, so that every hook must be one whose answer counts.
        """
        found: dict[str, ir.Action] = {}
        for ref in refs:
            for action in self._resolve(module, ref, judged=judged):
                found.setdefault(action.name, action)
        return tuple(found.values())

    def site(self, actions: Iterable[ir.Action]) -> Site:
        """What the expressions of a rule on ``actions`` can read."""
        key = tuple(dict.fromkeys((target.hook, target.at) for action in actions for target in action.targets))
        if key not in self._sites:
            self._sites[key] = Site(tuple(Aim(self._catalogue[hook], at) for hook, at in key))
        return self._sites[key]

    def hook(self, name: str) -> Hook:
        """The hook of that name."""
        return self._catalogue[name]

    def names(self, module: ModuleScope) -> list[str]:
        """What a rule of the module could name."""
        return [*module.names_like(ast.Operation), *self._catalogue]

    def force(self, declared: Declared) -> None:
        """Check an operation even where no rule names it."""
        self._operation(declared)

    def _resolve(self, module: ModuleScope, ref: ast.HookRef, *, judged: bool) -> tuple[ir.Action, ...]:
        parts = ref.name.parts
        name = str(ref.name)
        if name.endswith("*"):
            return tuple(
                ir.Action(hook.name, (ir.Target(hook.name),)) for hook in self._family(ref, name, judged=judged)
            )
        found = module.find(parts)
        if found is BROKEN:
            return ()
        if isinstance(found, Declared) and isinstance(found.node, ast.Operation):
            operation = self._operation(found)
            if operation is None:
                return ()
            if judged and operation.undeniable is not None:
                self._undeniable(
                    ref, operation.undeniable, f"operation `{name}` includes `{operation.undeniable.name}`"
                )
                return ()
            return (operation.action,)
        if name not in self._catalogue:
            self._unknown(module, ref, found)
            return ()
        hook = self._catalogue[name]
        if judged and hook.hook_class is not HookClass.ACCESS:
            self._undeniable(ref, hook, f"no answer counts at `{name}`")
            return ()
        return (ir.Action(name, (ir.Target(name),)),)

    def _family(self, ref: ast.HookRef, name: str, *, judged: bool) -> tuple[Hook, ...]:
        if name not in self._families:
            stem = name.removesuffix("*")
            self._families[name] = tuple(hook for hook in self._catalogue.values() if hook.name.startswith(stem))
        family = self._families[name]
        if not family:
            self._findings.add(codes.UNKNOWN_HOOK, ref.span, f"no hook's name starts with `{name.removesuffix('*')}`")
            return ()
        if not judged:
            return family
        deniable = tuple(hook for hook in family if hook.hook_class is HookClass.ACCESS)
        if not deniable:
            self._undeniable(ref, family[0], f"no answer counts at any hook of `{name}`")
        return deniable

    def _unknown(self, module: ModuleScope, ref: ast.HookRef, found: object) -> None:
        name = str(ref.name)
        if isinstance(found, Declared):
            message = f"`{name}` is a {found.kind}, not a hook or an operation"
            self._findings.add(codes.UNKNOWN_HOOK, ref.span, message)
            return
        message = f"no hook or operation is called `{name}`"
        self._findings.add(codes.UNKNOWN_HOOK, ref.span, message, help=nearest(name, self.names(module)))

    def _undeniable(self, ref: ast.HookRef, hook: Hook, message: str) -> None:
        why = hook.why_other or _WHY_NOT.get(hook.hook_class, "")
        self._findings.add(
            codes.UNDENIABLE_HOOK,
            ref.span,
            message,
            notes=(f"`{hook.name}`: {why}",) if why else (),
            help="`on` and `audit` may be about it; `deny`, `confine` and `allow` may not",
        )

    # Operations

    def _operation(self, declared: Declared) -> Operation | None:
        node = declared.node
        assert isinstance(node, ast.Operation)
        if id(node) in self._known:
            known = self._known[id(node)]
            self._deepest = max(self._deepest, 0 if known is None else known.depth)
            return known
        if id(node) in self._under_way:
            chain = [*self._under_way.values()]
            start = next(place for place, each in enumerate(chain) if each.node is node)
            names = " → ".join(f"`{each.name}`" for each in (*chain[start:], declared))
            self._findings.add(codes.CYCLIC_DEFINITION, declared.span, f"this operation includes itself: {names}")
            return None
        if declared.name in self._catalogue:
            message = f"`{declared.name}` is a hook: an operation of that name would hide it"
            self._findings.add(codes.RESERVED_NAME, declared.span, message)
        if len(self._under_way) >= MAX_COMPOSITION:
            self._too_deep(declared)
            return None
        self._under_way[id(node)] = declared
        outside, self._deepest = self._deepest, 0
        targets: dict[tuple[str, str | None, int], ir.Target] = {}
        sound = True
        for part in node.hooks:
            found = self._part(declared.module, part)
            sound = sound and found is not None
            targets.update({(each.hook, each.at, id(each.guard)): each for each in found or ()})
            if len(targets) > MAX_TARGETS:
                message = f"operation `{declared.name}` comes to more hooks than the limit of {MAX_TARGETS}"
                self._findings.add(OVER_LIMIT, declared.span, message)
                sound = False
                break
        del self._under_way[id(node)]
        depth = self._deepest + 1
        self._deepest = max(outside, depth)
        if depth > MAX_COMPOSITION:
            self._too_deep(declared)
            sound = False
        if not sound or not targets:
            self._known[id(node)] = None
            return None
        hooks = (self.hook(target.hook) for target in targets.values())
        undeniable = next((hook for hook in hooks if hook.hook_class is not HookClass.ACCESS), None)
        operation = Operation(ir.Action(declared.qualified, tuple(targets.values())), undeniable, depth)
        self._known[id(node)] = operation
        return operation

    def _too_deep(self, declared: Declared) -> None:
        message = f"operations include one another deeper than the limit of {MAX_COMPOSITION}"
        self._findings.add(OVER_LIMIT, declared.span, message)

    def _part(self, module: ModuleScope, part: ast.OperationHook) -> tuple[ir.Target, ...] | None:
        actions = self._resolve(module, part.hook, judged=False)
        if not actions:
            return None
        targets = [target for action in actions for target in action.targets]
        if part.at is not None:
            aimed = [self._aimed(target, part.at) for target in targets]
            if not all(aimed):
                return None
            targets = [target for target in aimed if target is not None]
        if part.when is None:
            return tuple(targets)
        guarded = [self._guarded(module, target, part.when) for target in targets]
        found = [target for target in guarded if target is not None]
        return tuple(found) if len(found) == len(guarded) else None

    def _aimed(self, target: ir.Target, at: ast.Name) -> ir.Target | None:
        hook = self.hook(target.hook)
        fact = hook.fact(at.text)
        if target.at is not None or target.guard is not None:
            message = "only a hook can be aimed `at` another of its facts, not an operation"
            self._findings.add(codes.NOT_A_THING, at.span, message)
            return None
        if fact is not None and isinstance(fact.type, Kind):
            return ir.Target(target.hook, at.text)
        things = [each.name for each in hook.facts if isinstance(each.type, Kind)]
        message = f"`{hook.name}` has no fact `{at.text}`" if fact is None else f"`{at.text}` is no thing"
        way_out = f"it has {', '.join(f'`{name}`' for name in things)}" if things else None
        code = codes.FACT_NOT_ON_HOOK if fact is None else codes.NOT_A_THING
        self._findings.add(code, at.span, message, help=way_out)
        return None

    def _guarded(self, module: ModuleScope, target: ir.Target, when: ast.Expr) -> ir.Target | None:
        here = self._checker(module, self.site((ir.Action("", (target,)),)))
        guard, sound = here.condition(when)
        if not sound:
            return None
        if guard is None:
            return target
        if target.guard is not None:
            before = target.guard.operands if isinstance(target.guard, ir.And) else (target.guard,)
            guard = ir.And((*before, guard), guard.type)
        return ir.Target(target.hook, target.at, guard)
