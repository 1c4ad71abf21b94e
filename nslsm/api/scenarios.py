"""Scenarios, run: what ``nslsm simulate`` does, for a program."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Final

from nslsm.diagnostics import Code, DiagnosticError
from nslsm.language.check.findings import nearest
from nslsm.simulation.scenarios.matrix import Row, matrix
from nslsm.simulation.scenarios.run import Happened, happen
from nslsm.simulation.scenarios.scenario import Scenario
from nslsm.simulation.scenarios.script import Script, prepared
from nslsm.wire.scenario import read_scenario

SUFFIXES: Final = (".yaml", ".yml")
"""What the names of scenarios' files end in."""

NO_SCENARIO: Final = Code("no-scenario")
NO_PARAMETER: Final = Code("scenario-unknown-parameter")


def scenarios_in(targets: Iterable[str | PathLike[str]]) -> tuple[Path, ...]:
    """The files of scenarios that files and folders stand for; a folder for all in it, by name.

    Raises :class:`~nslsm.diagnostics.DiagnosticError` where one stands for none.
    """
    found: list[Path] = []
    for target in targets:
        path = Path(fspath(target))
        files = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES) if path.is_dir() else [path]
        if not files:
            raise DiagnosticError([NO_SCENARIO.at(None, f"no scenario (`*.yaml`) is in `{path}`")])
        found.extend(files)
    return tuple(found)


def load_scenario(
    file: str | PathLike[str],
    *,
    policies: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
    seeds: Sequence[int] = (),
    profile: str = "",
) -> Script:
    """A scenario, read and checked with its policy.

    ``policies``: instead of those that it names. ``values``: only the runs in which parameters have these. ``seeds`` and
    ``profile``, the kernel, instead of its own. Raises :class:`~nslsm.diagnostics.DiagnosticError`.
    """
    scenario = read_scenario(Path(fspath(file)), tuple(policies))
    if values:
        scenario = _narrowed(scenario, values)
    if seeds:
        scenario = replace(scenario, seeds=tuple(seeds))
    if profile:
        scenario = replace(scenario, profile=profile)
    return prepared(scenario)


def _narrowed(scenario: Scenario, values: Mapping[str, str]) -> Scenario:
    known = scenario.rows[0]
    for name in values:
        if name not in known:
            way_out = nearest(name, tuple(known)) or f"it has {', '.join(f'`{each}`' for each in known) or 'none'}"
            raise DiagnosticError([NO_PARAMETER.at(None, f"the scenario has no parameter `{name}`", help=way_out)])
    rows = [row for row in scenario.rows if all(row[name] == value for name, value in values.items())]
    if not rows:  # a value of which the scenario says nothing: every row, with it
        rows = [dict(each) for each in {tuple({**row, **values}.items()): None for row in scenario.rows}]
    return replace(scenario, rows=tuple(rows))


def simulate(script: Script) -> Iterator[Happened]:
    """All runs of a scenario, step by step.

    >>> from nslsm.resources import examples_root
    >>> script = load_scenario(examples_root() / "06-container-escapes" / "07-kernel-module.yaml")
    >>> [happened.failures for happened in simulate(script)][:1]
    [()]
    """
    for run in script.runs:
        yield from happen(script, run)


def boundaries(scripts: Iterable[Script]) -> Iterator[Row]:
    """Which boundary stops each run of each scenario first, and which would have been second."""
    for script in scripts:
        yield from matrix(script)
