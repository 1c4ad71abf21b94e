"""Where compositions must agree they do, in random situations; and each can be told from its mutants."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nslsm.engine import decide as deciding
from nslsm.engine.compositions import COMPOSITIONS, Composition
from nslsm.engine.compositions.apparmor_stack import APPARMOR_STACK, _heard, profiles
from nslsm.engine.compositions.composition import (
    Seat,
    always,
    enforced,
    first,
    hear_all,
    judging,
    last,
    lineage,
    object_side,
    observing,
    those_asked,
)
from nslsm.engine.compositions.conjunction import CONJUNCTION
from nslsm.engine.compositions.ima import IMA
from nslsm.engine.compositions.landlock import LANDLOCK, _denying_layer, _hooks_own, _layers
from nslsm.engine.compositions.lsm_core import LSM_CORE, modules
from nslsm.engine.compositions.selinux_ns import SELINUX_NS, _policies
from nslsm.engine.decide import decide
from nslsm.engine.decision import Judgement, Opinion, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.linux import Errno
from nslsm.kernel.state import State
from nslsm.protocol.request import Request
from nslsm.testing.events import Situation, situations
from tests.engine.compositions.agreements import AGREEMENTS, Agreement, without_on_denied
from tests.engine.compositions.crossings import crossings
from tests.engine.compositions.tables import CASES, assert_as_told
from tests.laws import laws

BY_NAME = {composition.name: composition for composition in COMPOSITIONS}
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
LAWS_OF_ALL = (
    "L1 more bindings",
    "L1 more levels",
    "L3 walks",
    "L4 nothing on denial",
    "L6 faults deny",
    "L8 deterministic",
)
"""Those that no rule of composition may break. Law L2's effects, for one, hang on who is asked at all."""


@PROPERTY
@given(crossings())
def test_compositions_agree(situation: Situation) -> None:
    for agreement in AGREEMENTS:
        agreement(BY_NAME, situation)


@pytest.mark.sweep
@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda each: each.__name__)
def test_compositions_agree_in_many_more_situations(agreement: Agreement) -> None:
    @settings(PROPERTY, max_examples=1000)
    @given(crossings())
    def holds(situation: Situation) -> None:
        agreement(BY_NAME, situation)

    holds()


@PROPERTY
@given(crossings())
def test_where_verdicts_agree_and_nobody_asks_for_denials_the_same_state_is_left(situation: Situation) -> None:
    """Attributes part only after verdicts have, or by ``on denied`` rules of those who do not hear of the denial."""
    quiet = replace(situation, state=without_on_denied(situation.state))
    model, after = decide(quiet.state, quiet.steps())

    for composition in COMPOSITIONS[1:]:
        decision, state = decide(quiet.state, quiet.steps(), composition=composition)
        same = [each.verdict for each in decision.judgements] == [each.verdict for each in model.judgements]
        if same and decision.verdict is model.verdict:
            assert state == after


@pytest.mark.parametrize("law", LAWS_OF_ALL)
def test_a_law_holds_under_every_composition(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    under = [CONJUNCTION]
    monkeypatch.setattr(deciding, "decide", lambda *given, **named: decide(*given, **named, composition=under[0]))

    @settings(PROPERTY, max_examples=30)
    @given(situations(), st.sampled_from(COMPOSITIONS[1:]), st.data())
    def holds(situation: Situation, composition: Composition, data: st.DataObject) -> None:
        under[:] = [composition]
        laws.LAWS[law](situation, data.draw)

    holds()


@pytest.fixture(scope="module")
def many() -> list[Situation]:
    """Random situations, the same in every run."""
    drawn: list[Situation] = []

    @settings(PROPERTY, max_examples=350, derandomize=True, database=None, phases=[Phase.generate])
    @given(crossings())
    def draw(situation: Situation) -> None:
        drawn.append(situation)

    draw()
    return drawn


def test_the_situations_have_what_compositions_part_over(many: list[Situation]) -> None:
    """Else the agreements say nothing: verdicts that differ, complaints and objections of the object's side that weigh."""
    seen: Counter[str] = Counter()
    for situation in many:
        for request in situation.requests:
            said = {name: each.judge(request, situation.state, Walk.FULL) for name, each in BY_NAME.items()}
            model = said["conjunction"]
            seen["another verdict under landlock"] += said["landlock"].verdict is not model.verdict
            seen["another verdict under selinux-ns"] += said["selinux-ns"].verdict is not model.verdict
            seen["another verdict under apparmor-stack"] += said["apparmor-stack"].verdict is not model.verdict
            seen["another errno under lsm-core"] += said["lsm-core"].errno != model.errno

    assert min(seen.values()) >= 5, seen


# Mutants


def everybody(judgement: Judgement, state: State) -> Iterable[Seat]:
    """Whoever has a say, asked or not."""
    yield from lineage(judgement.request, state)
    yield from object_side(judgement.request, state)


def called(
    seats: Iterable[Seat], request: Request, state: State, *, complaints_stop: bool = False
) -> Iterator[Opinion]:
    """The LSM core's walk."""
    for opinion in hear_all(seats, request, state):
        yield opinion
        if opinion.denies or (complaints_stop and opinion.would_deny):
            return


def both(request: Request, state: State) -> Iterator[Seat]:
    """Both sides, nearest first."""
    yield from lineage(request, state)
    yield from object_side(request, state)


def namespace_by_namespace(request: Request, state: State, *, permissive_ends: bool = False) -> Iterator[Opinion]:
    """SELinux's walk, binding by binding; or one that a permissive namespace ends."""
    for opinion in hear_all(lineage(request, state), request, state):
        yield opinion
        if opinion.denies or (permissive_ends and opinion.would_deny):
            return


def as_bound(request: Request, state: State) -> Iterator[Opinion]:
    """AppArmor's stack in the order of the text within each namespace."""
    yield from _counting(sorted(lineage(request, state), key=lambda seat: seat.namespace.depth), request, state)
    yield from _counting(object_side(request, state), request, state)


def _counting(seats: Iterable[Seat], request: Request, state: State) -> Iterator[Opinion]:
    known = {(each.namespace.id, each.binding.name, each.inbound): each for each in _heard(request, state)}
    for seat in seats:
        if (key := (seat.namespace.id, seat.binding.name, seat.inbound)) in known:
            yield known[key]


def faults_count(request: Request, state: State) -> Iterator[Opinion]:
    """AppArmor's stack where a complaining binding that breaks denies."""
    for opinion in _heard(request, state):
        yield enforced(opinion) if opinion.answer.fault else opinion


def regions_count(request: Request, state: State) -> Iterator[Opinion]:
    """AppArmor's stack where complain mode is ignored altogether."""
    for opinion in hear_all(profiles(request, state), request, state):
        yield opinion if opinion.answer.fault else enforced(opinion)


def oldest_layer(opinions: Iterable[Opinion]) -> Opinion | None:
    """The first denial of the oldest layer that denied."""
    denials = [opinion for opinion in opinions if opinion.denies]
    return next((each for each in denials if each.namespace == denials[-1].namespace), None)


def doubts_count_less(judgement: Judgement, state: State) -> Iterable[Seat]:
    """Landlock's log with what was in doubt in it as well."""
    if judgement.verdict is Verdict.INDETERMINATE:
        return lineage(judgement.request, state)
    return _denying_layer(judgement, state)


MUTANTS: dict[str, tuple[tuple[str, Composition], ...]] = {
    "conjunction": (
        (
            "blames the farthest",
            replace(CONJUNCTION, judge=judging(lambda r, s: hear_all(both(r, s), r, s), decides=last)),
        ),
        (
            "forgets the object's side",
            replace(CONJUNCTION, judge=judging(lambda r, s: hear_all(lineage(r, s), r, s), decides=first)),
        ),
        (
            "shows only those who were asked",
            replace(CONJUNCTION, judge=LSM_CORE.judge, observations=LSM_CORE.observations),
        ),
    ),
    "lsm-core": (
        (
            "begins with the nearest",
            replace(LSM_CORE, judge=judging(lambda r, s: called(both(r, s), r, s), decides=first)),
        ),
        (
            "asks on after a denial",
            replace(LSM_CORE, judge=judging(lambda r, s: hear_all(modules(r, s), r, s), decides=first)),
        ),
        (
            "a complaint ends the call",
            replace(
                LSM_CORE, judge=judging(lambda r, s: called(modules(r, s), r, s, complaints_stop=True), decides=first)
            ),
        ),
        ("later modules see the event", replace(LSM_CORE, observations=observing(everybody))),
        (
            "has one errno",
            replace(
                LSM_CORE,
                judge=judging(lambda r, s: called(modules(r, s), r, s), decides=first, errno=always(Errno.EACCES)),
            ),
        ),
    ),
    "selinux-ns": (
        (
            "ends within a namespace",
            replace(SELINUX_NS, judge=judging(namespace_by_namespace, decides=first, errno=always(Errno.EACCES))),
        ),
        (
            "a permissive namespace speaks for its parents",
            replace(
                SELINUX_NS,
                judge=judging(
                    lambda r, s: namespace_by_namespace(r, s, permissive_ends=True),
                    decides=first,
                    errno=always(Errno.EACCES),
                ),
            ),
        ),
        ("keeps the rule's errno", replace(SELINUX_NS, judge=judging(_policies, decides=first))),
        (
            "asks the object's side",
            replace(
                SELINUX_NS,
                judge=judging(lambda r, s: called(both(r, s), r, s), decides=first, errno=always(Errno.EACCES)),
            ),
        ),
        ("ancestors always see", replace(SELINUX_NS, observations=observing(lambda j, s: lineage(j.request, s)))),
    ),
    "apparmor-stack": (
        ("returns the first error", replace(APPARMOR_STACK, judge=judging(_heard, decides=first))),
        (
            "stops at a denial",
            replace(APPARMOR_STACK, judge=judging(lambda r, s: called(profiles(r, s), r, s), decides=last)),
        ),
        ("does not sort a namespace's profiles", replace(APPARMOR_STACK, judge=judging(as_bound, decides=last))),
        (
            "complain mode holds for deny rules",
            replace(APPARMOR_STACK, judge=judging(lambda r, s: hear_all(profiles(r, s), r, s), decides=last)),
        ),
        ("complain mode is ignored", replace(APPARMOR_STACK, judge=judging(regions_count, decides=last))),
        (
            "a complaining binding that breaks denies",
            replace(APPARMOR_STACK, judge=judging(faults_count, decides=last)),
        ),
    ),
    "landlock": (
        (
            "lets a layer complain",
            replace(
                LANDLOCK, judge=judging(lambda r, s: hear_all(lineage(r, s), r, s), decides=first, errno=_hooks_own)
            ),
        ),
        ("has one errno", replace(LANDLOCK, judge=judging(_layers, decides=first, errno=always(Errno.EACCES)))),
        ("keeps the rule's errno", replace(LANDLOCK, judge=judging(_layers, decides=first))),
        ("blames the oldest", replace(LANDLOCK, judge=judging(_layers, decides=oldest_layer, errno=_hooks_own))),
        ("every layer sees", replace(LANDLOCK, observations=observing(those_asked(lineage)))),
        ("doubts are logged", replace(LANDLOCK, observations=observing(doubts_count_less))),
    ),
    "ima": (
        (
            "stops at a denial",
            replace(
                IMA, judge=judging(lambda r, s: called(lineage(r, s), r, s), decides=first, errno=always(Errno.EACCES))
            ),
        ),
        (
            "keeps the rule's errno",
            replace(IMA, judge=judging(lambda r, s: hear_all(lineage(r, s), r, s), decides=first)),
        ),
        (
            "asks the object's side",
            replace(
                IMA, judge=judging(lambda r, s: hear_all(both(r, s), r, s), decides=first, errno=always(Errno.EACCES))
            ),
        ),
        (
            "remembers the last",
            replace(
                IMA, judge=judging(lambda r, s: hear_all(lineage(r, s), r, s), decides=last, errno=always(Errno.EACCES))
            ),
        ),
    ),
}
"""Compositions that are nearly the ones that they are taken for."""


@pytest.mark.parametrize(
    "mutant",
    [pytest.param(mutant, id=f"{name}: {label}") for name in MUTANTS for label, mutant in MUTANTS[name]],
)
def test_the_tables_find_a_mutant(mutant: Composition) -> None:
    def told_apart() -> None:
        for case in CASES.values():
            assert_as_told(mutant, case)

    with pytest.raises(AssertionError):
        told_apart()


FOUND_BY_AGREEMENTS = {
    "lsm-core": ("asks on after a denial", "a complaint ends the call", "later modules see the event", "has one errno"),
    "selinux-ns": (
        "a permissive namespace speaks for its parents",
        "keeps the rule's errno",
        "asks the object's side",
        "ancestors always see",
    ),
    "apparmor-stack": ("returns the first error", "stops at a denial"),
    "landlock": (
        "lets a layer complain",
        "has one errno",
        "keeps the rule's errno",
        "blames the oldest",
        "every layer sees",
    ),
    "ima": ("stops at a denial", "keeps the rule's errno", "asks the object's side", "remembers the last"),
    "conjunction": ("forgets the object's side", "shows only those who were asked"),
}
"""Mutants that random situations find as well, by agreements alone."""


@pytest.mark.parametrize(
    ("name", "label"),
    [
        pytest.param(name, label, id=f"{name}: {label}")
        for name, labels in FOUND_BY_AGREEMENTS.items()
        for label in labels
    ],
)
def test_agreements_find_a_mutant(name: str, label: str, many: list[Situation]) -> None:
    mutant = next(each for known, each in MUTANTS[name] if known == label)

    by_name = {**BY_NAME, name: mutant}

    assert any(_is_broken(agreement, by_name, situation) for situation, agreement in product(many, AGREEMENTS))


def _is_broken(agreement: Agreement, by_name: dict[str, Composition], situation: Situation) -> bool:
    try:
        agreement(by_name, situation)
    except AssertionError:
        return True
    return False
