from pathlib import Path

from nslsm.simulation.outcomes import got
from nslsm.simulation.scenarios.run import Happened, happen
from nslsm.simulation.scenarios.script import Script
from nslsm.simulation.scenarios.tally import Tally
from tests.simulation.scenarios.scenes import HEAD, script


def course(made: Script) -> list[Happened]:
    return [happened for run in made.runs for happened in happen(made, run)]


def outcomes(made: Script) -> list[str]:
    return [got(each.decision) if each.decision is not None else each.impossible or "holds" for each in course(made)]


def test_steps_happen_one_after_another_and_say_what_came(tmp_path: Path) -> None:
    made = script(
        tmp_path,
        """
steps:
  - nurse open "/srv/a"
  - nurse connect 192.0.2.1:443
  - expect nurse.charts.reads == 1
""",
    )

    assert outcomes(made) == ["allow", "deny EHOSTUNREACH by quiet#calls in host.clinic", "holds"]


def test_a_step_without_an_outcome_expects_nothing_and_one_with_it_fails_otherwise(tmp_path: Path) -> None:
    made = script(tmp_path, 'steps: [nurse open "/srv/lab/1", nurse open "/srv/lab/1" -> allow]')

    free, bound = course(made)

    assert (free.expected, free.failures) == (False, ())
    assert bound.expected
    assert "got deny EACCES by quiet#files" in str(bound.failures[0].mismatches[0])


def test_files_that_nobody_declares_are_not_there_unless_the_world_is_open(tmp_path: Path) -> None:
    steps = 'steps: [nurse open "/etc/hosts"]'

    assert "ENOENT" in outcomes(script(tmp_path, steps))[0]
    assert outcomes(script(tmp_path, steps, HEAD + "world: open\n")) == ["allow"]


def test_repeated_steps_know_which_time_it_is(tmp_path: Path) -> None:
    made = script(
        tmp_path,
        """
steps:
  - repeat: 3
    as: n
    steps: ["root fork child${n}"]
""",
    )

    assert [each.text for each in course(made)] == ["root fork child1", "root fork child2", "root fork child3"]


def test_chance_is_repeated_by_its_seed_and_not_by_another(tmp_path: Path) -> None:
    steps = """
steps:
  - random: 40
    steps:
      - nurse open "/srv/${file}"
      - {step: root open "/srv/a", weight: 3}
    vary: {file: [a, b, lab/1]}
"""
    one, again, other = (
        [each.text for each in course(script(tmp_path, f"seed: {seed}\n{steps}"))] for seed in (1, 1, 2)
    )

    assert one == again != other
    assert len(one) == 40
    assert one.count('root open "/srv/a"') > 20


def test_every_combination_of_parameters_runs_with_every_case_and_seed(tmp_path: Path) -> None:
    made = script(
        tmp_path,
        """
seed: [1, 2]
parameters: {file: [a, b]}
cases: [{who: nurse}, {who: root}]
steps: ['${who} open "/srv/${file}" -> allow']
""",
    )

    found = [(run.values["who"], run.values["file"], run.seed) for run in made.runs]

    assert len(found) == len(set(found)) == 8
    assert all(not each.failures for each in course(made))


def test_a_step_that_cannot_be_done_says_why_and_ends_the_run_only_where_something_is_expected(tmp_path: Path) -> None:
    free = script(tmp_path, 'steps: [nurse read "/srv/a", nurse open "/srv/a"]')
    bound = script(tmp_path, 'steps: [nurse read "/srv/a" -> allow, nurse open "/srv/a"]')

    assert [bool(each.impossible) for each in course(free)] == [True, False]
    assert [len(each.failures) for each in course(bound)] == [1]


def test_what_must_always_hold_is_looked_at_after_each_step_and_ends_the_run(tmp_path: Path) -> None:
    made = script(
        tmp_path,
        """
always: [expect nurse.charts.reads < 2]
steps:
  - {repeat: 5, steps: [nurse open "/srv/a"]}
""",
    )

    first, second = course(made)

    assert not first.failures
    assert str(second.failures[0].mismatches[0]) == "expected nurse.charts.reads < 2, got 2"


def test_a_hierarchy_of_its_own_binds_what_the_policy_declares(tmp_path: Path) -> None:
    made = script(
        tmp_path,
        """
title: own
policy: clinic.nslsm
files: {/srv/a: {}}
parameters: {mode: [enforce, complain]}
hierarchy:
  machine:
    namespaces:
      ward:
        bind: ["clinic.quiet in ${mode}", clinic.charts]
        sealed: true
        limits: {depth: 3}
tasks: {nurse: {in: ward}}
steps: [nurse connect 192.0.2.1:443]
""",
        head="",
    )

    assert outcomes(made) == ["deny EHOSTUNREACH by quiet#calls in machine.ward", "allow"]


def test_a_tally_counts_what_came_of_each_step(tmp_path: Path) -> None:
    made = script(tmp_path, 'steps: [{repeat: 3, steps: [nurse open "/srv/a", nurse connect 192.0.2.1:443 -> allow]}]')
    (run,) = made.runs
    tally = Tally(run)

    for each in happen(made, run):
        tally.add(each)

    assert tally.steps['nurse open "/srv/a"'] == {"allow": 3}
    assert (tally.done, tally.expected, tally.failed) == (6, 3, 3)
