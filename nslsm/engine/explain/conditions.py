"""Why a rule answered as it did: each of its conditions with its truth for the request, as a tree."""

from collections.abc import Iterator
from dataclasses import dataclass

from nslsm.diagnostics.span import Span
from nslsm.engine.explain.propositions import Asked, Reading, alike, allows_for, condition_of, readings
from nslsm.engine.explain.wording import worded
from nslsm.hooks.linux import Errno
from nslsm.language.check import ir
from nslsm.language.check.operators import parts_of
from nslsm.language.program.interpret import Missing, Scene, Truth, both, either, negated, truth_of


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and its truth; ``parts`` where it has any, ``readings`` where it has none."""

    text: str
    truth: Truth
    joined: str = ""
    """How its parts make it: ``and``, ``or``, ``not``, ``if``, or the name of the ``let`` that it stands for."""
    parts: tuple["Condition", ...] = ()
    readings: tuple[Reading, ...] = ()

    def leaves(self) -> Iterator["Condition"]:
        """The conditions without parts, in the order of the text."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule, in its role: a guard of the operation, ``when``, ``where``."""

    role: str
    """``when``, ``where``, or ``operation``: what the operation that the rule names means for this hook."""
    span: Span
    """The rule that it stands in, or the ``allow``."""
    condition: Condition


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which the request is what a rule speaks of, and what became of it."""

    action: str
    """The operation or hook that the rule names."""
    aim: str | None
    """The fact of the hook that ``object`` stands for, where it is not the request's object."""
    truth: Truth
    """Whether the rule denies this way (whether an ``allow`` lets it through)."""
    clauses: tuple[Clause, ...]
    allows: tuple["Let", ...] = ()


@dataclass(frozen=True, slots=True)
class Let:
    """An ``allow`` of a region, and whether it lets the request through."""

    id: str
    span: Span
    truth: Truth
    clause: Clause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAccount:
    """A rule that denied, that hangs on unknown facts, or that allowed."""

    id: str
    kind: str
    """``deny``, ``confine`` or ``allow``."""
    span: Span
    because: str
    errno: Errno | None
    truth: Truth
    """Whether it denies; for an ``allow``, whether it lets through."""
    ways: tuple[Way, ...]


def rules_that_deny(asked: Asked) -> tuple[RuleAccount, ...]:
    """Every rule that definitely denies, the one that answered first."""
    found = [account for account in _accounts(asked) if account.truth is True]
    answered = asked.opinion.answer.rule
    return tuple(sorted(found, key=lambda account: account.id != answered))


def rules_in_doubt(asked: Asked) -> tuple[RuleAccount, ...]:
    """Every rule of which nobody knows whether it denies."""
    return tuple(account for account in _accounts(asked) if isinstance(account.truth, Missing))


def rules_that_allow(asked: Asked) -> tuple[RuleAccount, ...]:
    """The ``allow`` that let the request through."""
    return tuple(
        RuleAccount(
            id=allow.id,
            kind="allow",
            span=allow.span,
            because="",
            errno=None,
            truth=True,
            ways=tuple(_allow_ways(asked, region, allow)),
        )
        for region in asked.regions()
        for allow in region.allows
        if allow.id == asked.opinion.answer.rule
    )


def condition_tree(asked: Asked, condition: ir.Expr, written: ir.Expr | None, scene: Scene) -> Condition:
    """The condition with its truth, taken apart down to what reads facts, in its author's words."""
    text = alike(condition, condition if written is None else written)
    words, truth = worded(text), truth_of(condition, scene)
    joined = _joined(condition)
    if not joined:
        return Condition(words, truth, readings=readings(condition, text, scene))
    pairs = zip(parts_of(condition), parts_of(text), strict=True)
    return Condition(words, truth, joined, tuple(condition_tree(asked, *pair, scene) for pair in pairs))


def _joined(condition: ir.Expr) -> str:
    """How a condition is made of others; empty for one that is not."""
    match condition:
        case ir.Not():
            return "not"
        case ir.And():
            return "and"
        case ir.Or():
            return "or"
        case ir.Conditional():
            return "if"
        case ir.Named():
            return condition.name
    return ""


def _accounts(asked: Asked) -> Iterator[RuleAccount]:
    for deny in asked.denies():
        ways = tuple(_deny_ways(asked, deny))
        yield _account(deny, "deny", ways)
    for region in asked.regions():
        ways = tuple(_region_ways(asked, region))
        yield _account(region, "confine", ways)


def _account(rule: ir.Deny | ir.Confine, kind: str, ways: tuple[Way, ...]) -> RuleAccount:
    return RuleAccount(
        id=rule.id,
        kind=kind,
        span=rule.span,
        because=rule.because,
        errno=rule.errno,
        truth=either(way.truth for way in ways),
        ways=ways,
    )


def _deny_ways(asked: Asked, rule: ir.Deny) -> Iterator[Way]:
    for action, target, aimed in asked.aims(rule.actions):
        clauses = _clauses(asked, target, aimed, rule)
        yield Way(action.name, aimed.object_at, both(clause.condition.truth for clause in clauses), clauses)


def _region_ways(asked: Asked, region: ir.Confine) -> Iterator[Way]:
    for action, target, aimed in asked.aims(region.actions):
        clauses = _clauses(asked, target, aimed, region)
        lets = tuple(_let(asked, allow, aimed) for allow in allows_for(region, action))
        inside = both(clause.condition.truth for clause in clauses)
        truth = both((inside, negated(either(let.truth for let in lets))))
        yield Way(action.name, aimed.object_at, truth, clauses, lets)


def _allow_ways(asked: Asked, region: ir.Confine, allow: ir.Allow) -> Iterator[Way]:
    for action, _, aimed in asked.aims(region.actions):
        if action.name in allow.actions:
            let = _let(asked, allow, aimed)
            yield Way(action.name, aimed.object_at, let.truth, () if let.clause is None else (let.clause,))


def _let(asked: Asked, allow: ir.Allow, aimed: Scene) -> Let:
    if allow.when is None:
        return Let(allow.id, allow.span, True, None)
    clause = Clause("when", allow.span, condition_tree(asked, allow.when, asked.as_written(allow), aimed))
    return Let(allow.id, allow.span, clause.condition.truth, clause)


def _clauses(asked: Asked, target: ir.Target, aimed: Scene, rule: ir.Deny | ir.Confine) -> tuple[Clause, ...]:
    """What an operation means for the hook, then what the rule says itself."""
    role = "where" if isinstance(rule, ir.Confine) else "when"
    conditions = (("operation", target.guard, target.guard), (role, condition_of(rule), asked.as_written(rule)))
    return tuple(
        Clause(which, rule.span, condition_tree(asked, condition, written, aimed))
        for which, condition, written in conditions
        if condition is not None
    )
