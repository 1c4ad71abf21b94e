"""Coverage of small policies: what the tests in a text see of it."""

from collections.abc import Mapping
from textwrap import dedent

from nslsm.simulation.cases import run
from nslsm.simulation.coverage import Condition, Coverage, Covered, Role, Rule
from tests.language.check.memory import checked


def covered(text: str, others: Mapping[str, str] | None = None) -> Covered:
    """What the tests in ``text`` see of it; all of them must pass."""
    package = checked(dedent(text), others).require()
    coverage = Coverage([package])
    results = list(run(package.tests, coverage=coverage))
    assert [result.failures for result in results if not result.passed] == []
    return coverage.covered()


def rule(found: Covered, name: str) -> Rule:
    """The rule of that id."""
    (one,) = [each for _, _, each in found.rules() if each.id == name]
    return one


def conditions(found: Covered, name: str) -> dict[str, tuple[bool, ...]]:
    """The conditions of a rule that count, by their texts, with what was not seen of each; what it names apart."""
    return {
        each.text: each.missing for each in rule(found, name).conditions if each.role is not Role.ACTION and each.live
    }


def actions(found: Covered, name: str) -> dict[str, tuple[bool, ...]]:
    """What a rule names, with what was not seen of it."""
    return {each.text: each.missing for each in rule(found, name).conditions if each.role is Role.ACTION}


def lets(found: Covered) -> dict[str, Condition]:
    """The conditions that stand in lets, by their texts."""
    return {each.text: each for module in found.modules for group in module.groups for each in group.lets}
