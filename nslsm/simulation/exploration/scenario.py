"""A sequence that breaks a claim as a scenario: YAML that ``nslsm simulate`` replays."""

import json
from collections.abc import Mapping
from typing import Final

from nslsm.language.check.cases import FileFixture
from nslsm.language.check.claims import Fixture
from nslsm.protocol.things import Value
from nslsm.simulation.exploration.outcome import Exploration
from nslsm.simulation.exploration.telling import told

_MODE: Final = "mode"


def scenario_text(found: Exploration, policy: str, profile: str) -> str | None:
    """The scenario; None where no sequence was found. ``policy`` is what it names the policy by."""
    sequence = told(found)
    if sequence is None:
        return None
    files = [each for each in found.vocabulary.given if isinstance(each, FileFixture)]
    tasks = [each for each in found.vocabulary.given if not isinstance(each, FileFixture)]
    lines = [f"title: {_text(f'{found.claim.name} is broken')}", f"policy: {_text(policy)}", f'kernel: "{profile}"']
    lines.append("world: open")
    lines += _mapping("files", {each.path: _facts(each) for each in files})
    lines += _mapping("tasks", {each.name: _facts(each) for each in tasks})
    lines += ["steps:", *(f"  - {_text(step)}" for step in sequence.judged)]
    return "\n".join(lines) + "\n"


def _mapping(name: str, entries: Mapping[str, str]) -> list[str]:
    return [f"{name}:", *(f"  {_text(key)}: {facts}" for key, facts in entries.items())] if entries else []


def _facts(fixture: Fixture) -> str:
    said = [] if isinstance(fixture, FileFixture) else [f"in: {_text(fixture.namespace)}"]
    said += [f"{name}: {_value(name, value)}" for name, value in fixture.facts]
    return f"{{{', '.join(said)}}}"


def _value(name: str, value: Value) -> str:
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(_value(name, each) for each in value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) is int:
        return f"0o{value:o}" if name == _MODE else str(value)
    return _text(getattr(value, "name", str(value)))


def _text(text: str) -> str:
    """A text in double quotes, its escapes JSON's, which are YAML's too; a dollar sign is no parameter's."""
    return json.dumps(text.replace("$", "$$"), ensure_ascii=False)
