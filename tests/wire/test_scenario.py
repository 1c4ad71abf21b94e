from pathlib import Path

import pytest

from nslsm.diagnostics import Diagnostic, DiagnosticError
from nslsm.simulation.scenarios.script import prepared
from nslsm.wire.scenario import read_scenario
from tests.simulation.scenarios.scenes import HEAD, written


def refusal(folder: Path, text: str) -> Diagnostic:
    """What is wrong with a scenario: one thing."""
    with pytest.raises(DiagnosticError) as refused:
        prepared(read_scenario(written(folder, text)))
    (found,) = refused.value.diagnostics
    return found


@pytest.mark.parametrize(
    ("more", "code", "excerpt", "words"),
    [
        ("stepz: []\nsteps: [nurse exit]", "scenario-unknown-key", "stepz", "steps"),
        ("steps: [nurse exit]\nparameter: {}", "scenario-unknown-key", "parameter", "parameters"),
        ("steps:\n  - {repeat: 2, step: [nurse exit]}", "scenario-unknown-key", "step", "steps"),
        ("steps:\n  - {rnadom: 2, steps: [nurse exit]}", "scenario-malformed", "", "repeat"),
        ("steps:\n  - {repeat: 0, steps: [nurse exit]}", "scenario-malformed", "0", "greater"),
        ("steps: 7", "scenario-malformed", "7", ""),
        ("tags: [a, 7]\nsteps: [nurse exit]", "scenario-malformed", "7", "string"),
        ("seed: [1, x]\nsteps: [nurse exit]", "scenario-malformed", "x", "integer"),
        ("seed: 99999999999999999999\nsteps: [nurse exit]", "scenario-too-large", "", "64 bits"),
        ("steps: []", "scenario-malformed", "[]", ""),
        ("kernel: 5.4\nsteps: [nurse exit]", "scenario-malformed", "5.4", "6.12"),
        ("world: round\nsteps: [nurse exit]", "scenario-malformed", "round", "closed"),
        ("steps: ['${who} exit']", "scenario-unknown-parameter", "'${who} exit'", ""),
        ("parameters: {who: [nurse]}\nsteps: ['${woh} exit']", "scenario-unknown-parameter", "'${woh} exit'", "who"),
        ("parameters: {who: []}\nsteps: [nurse exit]", "scenario-malformed", "[]", "no values"),
        ("cases: [{a: 1}, {b: 2}]\nsteps: [nurse exit]", "scenario-malformed", "{a: 1}", "`b`"),
        ("cases: [{a: 1}]\nparameters: {a: [1]}\nsteps: [nurse exit]", "scenario-malformed", "a", "cases"),
        ("steps: ['nruse exit']", "unknown-task", "nruse", ""),
        ('steps:\n  - nurse opne "/x"', "unknown-call", "opne", ""),
        ("steps:\n  - nurse open /x", "", "", ""),
        ("always: [nurse exit]\nsteps: [nurse exit]", "scenario-no-expectation", "nurse exit", "expect"),
        ("steps:\n  - |\n    nurse exit\n    nurse exit", "scenario-step-lines", "", ""),
        ("hierarchy: {a: {}, b: {}}\nsteps: [nurse exit]", "scenario-malformed", "", "one root"),
        ("hierarchy: {a: {bnid: x}}\nsteps: [nurse exit]", "scenario-unknown-key", "bnid", "bind"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(tmp_path: Path, more: str, code: str, excerpt: str, words: str) -> None:
    found = refusal(tmp_path, HEAD + more)

    said = f"{found.message} {found.help or ''} {' '.join(found.notes)}"
    assert found.span is not None
    assert found.span.source.endswith("scenario.yaml")
    if code:
        assert found.code.name == code
    if excerpt:
        assert (HEAD + more)[found.span.start : found.span.end] == excerpt
    assert words in said


@pytest.mark.parametrize("missing", ["title", "policy", "steps"])
def test_what_a_scenario_cannot_do_without_is_asked_for(tmp_path: Path, missing: str) -> None:
    keys = {"title": "a", "policy": "clinic.nslsm", "steps": "[x exit]"}
    text = "".join(f"{key}: {value}\n" for key, value in keys.items() if key != missing)

    assert refusal(tmp_path, text).message == f"`{missing}` is missing"


def test_facts_are_texts_or_words_as_the_language_has_them(tmp_path: Path) -> None:
    text = """
title: facts
policy: clinic.nslsm
files:
  /srv/${name}: {type: fifo, xattrs: [user.a=1], sha256: "9f", mode: 0o600, owner: "${owner}"}
tasks: {nurse: {in: clinic, exe: /usr/bin/n, groups: [1, 2], effective: [CAP_KILL], no_new_privs: true}}
cases: [{name: x, owner: 5}]
steps: [nurse exit]
"""
    script = prepared(read_scenario(written(tmp_path, text)))
    file, task = ({name: str(value) for name, value in each.facts} for each in script.fixtures[0])

    assert (file["type"], file["owner"], file["mode"], file["sha256"]) == ("fifo", "5", str(0o600), "9f")
    assert (task["exe"], task["no_new_privs"]) == ("/usr/bin/n", "True")


def test_a_policy_outside_of_the_scenarios_folder_is_not_read_for_it(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "clinic.nslsm").write_text("control c {}")
    file = written(tmp_path / "inner", HEAD.replace("clinic.nslsm", "../clinic.nslsm") + "steps: [nurse exit]")

    with pytest.raises(DiagnosticError) as refused:
        read_scenario(file)

    assert refused.value.diagnostics[0].code.name == "scenario-policy-outside"
    assert read_scenario(file, ("elsewhere.nslsm",)).policies == ("elsewhere.nslsm",)


def test_a_mistake_in_the_policy_is_shown_in_the_policy(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + "steps: [nurse exit]")
    (tmp_path / "clinic.nslsm").write_text("control c { deny file_opne }\n")

    with pytest.raises(DiagnosticError) as refused:
        prepared(read_scenario(file))

    assert any("file_opne" in str(each.message) for each in refused.value.diagnostics)


@pytest.mark.parametrize(
    "more",
    [
        f"parameters: {{a: {list(range(200))}, b: {list(range(200))}}}\nsteps: [nurse exit]",
        "steps: [{repeat: 10000, steps: [{repeat: 10000, steps: [nurse exit]}]}]",
        "steps: [{repeat: 30000, as: n, steps: ['nurse fork a${n}']}]",
    ],
)
def test_what_would_take_for_ever_is_refused_at_once(tmp_path: Path, more: str) -> None:
    assert "limit" in refusal(tmp_path, HEAD + more).message or "more than" in refusal(tmp_path, HEAD + more).message
