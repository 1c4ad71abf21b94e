"""Where a rule can fire at all: at which of its targets its condition can hold beside what the operation and the region ask."""

from collections.abc import Iterator

from nslsm.language.check import ir
from nslsm.language.check.implication import Parts, Reasoner


def targets(actions: tuple[ir.Action, ...]) -> Iterator[ir.Target]:
    """Every way in which a request is one of ``actions``."""
    for action in actions:
        yield from action.targets


def contradicts_its_targets(reasoner: Reasoner, condition: ir.Expr | None, actions: tuple[ir.Action, ...]) -> bool:
    """Whether a condition that can hold, and operations that can be, exclude each other at every target."""
    found = list(targets(actions))
    if condition is None or any(target.guard is None for target in found) or reasoner.never((condition,), None):
        return False
    if all(reasoner.never((target.guard,), target.at) for target in found):
        return False
    return all(reasoner.never((target.guard, condition), target.at) for target in found)


def inside(region: ir.Confine, target: ir.Target) -> Parts:
    """What holds of a request that is in the region by way of ``target``."""
    return (target.guard, region.where)


def live_targets(reasoner: Reasoner, region: ir.Confine) -> dict[str, list[ir.Target]]:
    """For each action of a region, the targets at which a request can be in it."""
    return {
        action.name: [target for target in action.targets if not reasoner.never(inside(region, target), target.at)]
        for action in region.actions
    }


def lets_through(reasoner: Reasoner, region: ir.Confine, allow: ir.Allow, places: list[ir.Target]) -> bool:
    """Whether an ``allow`` may let something through at one of the targets."""
    return any(not reasoner.never((*inside(region, target), allow.when), target.at) for target in places)


def closed_actions(reasoner: Reasoner, region: ir.Confine) -> dict[str, list[ir.Allow]]:
    """Actions that are denied wherever the region holds, though it has allows for them; with those.

    Where all of an action's allows have conditions that never hold by themselves, those are what is wrong.
    """
    found = {}
    for name, places in live_targets(reasoner, region).items():
        allows = [allow for allow in region.allows if name in allow.actions]
        if not places or not allows or any(lets_through(reasoner, region, allow, places) for allow in allows):
            continue
        if not all(reasoner.never((allow.when,), None) for allow in allows):
            found[name] = allows
    return found
