"""Controls in Python: what they may answer, keep and say; whatever else they do grants nothing and leaves nothing behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nslsm
from nslsm import Answer, Errno, Stance
from nslsm.controls.python import PythonControl
from nslsm.protocol.opinion import ABSTAIN
from tests.api.controls import OPENING, Part, Puppet, Says, always, bound, forever, raising, state_of

# What it is


class Named(nslsm.Control):
    """Has everything that makes a digest."""

    handles = OPENING
    version = "2"

    def __init__(self, one: object = 1) -> None:
        self.one = one


def test_a_control_is_known_by_its_class_its_version_and_what_it_was_made_with() -> None:
    class Other(Named):
        version = "3"

    made = PythonControl(Named())

    assert made.name == f"{__name__}.Named"
    assert made == PythonControl(Named(1))
    assert hash(made) == hash(PythonControl(Named(1)))
    assert made.digest != PythonControl(Named(2)).digest != PythonControl(Other()).digest
    assert made.origin == PythonControl(Named(2)).origin != PythonControl(Other()).origin
    assert len({made.digest, made.origin}) == 2
    assert repr(made) == f"PythonControl('{__name__}.Named', {made.digest[:12]})"


@pytest.mark.parametrize(
    ("handles", "error", "says"),
    [
        ("file_open", TypeError, r'is a set of names: \{"file_open"\}'),
        ({"file_opne"}, ValueError, "no hook is called 'file_opne'; did you mean 'file_open'"),
        ({"file_open", "fly"}, ValueError, "no hook is called 'fly'"),
        (set(), ValueError, "would never be asked"),
        ({7}, ValueError, "no hook is called '7'"),
        (None, TypeError, "handles is a set of hooks' names, not None"),
    ],
)
def test_hooks_that_there_are_not_raise_when_it_is_bound(handles: object, error: type[Exception], says: str) -> None:
    kernel = nslsm.Kernel()
    before = kernel.state

    with pytest.raises(error, match=says):
        kernel.init.lsm_bind("root", Puppet(handles=handles))
    assert kernel.state is before


@pytest.mark.parametrize("value", [[], {}, set(), object(), (1, [])])
def test_what_it_is_made_with_and_begins_with_cannot_be_changed_in_place(value: object) -> None:
    class Begins(nslsm.Control):
        handles = OPENING
        initial = value

    kernel = nslsm.Kernel()
    before = kernel.state

    with pytest.raises(TypeError, match=r"Named\.one is a .*, which could be changed in place"):
        kernel.init.lsm_bind("root", Named(value))
    with pytest.raises(TypeError, match=r"Begins\.initial is a .*, which could be changed in place"):
        kernel.init.lsm_bind("root", Begins())
    assert kernel.state is before


def test_what_is_no_control_is_not_bound() -> None:
    for wrong in (Named, object(), "Named"):
        with pytest.raises(TypeError, match="is no control"):
            PythonControl(wrong)  # type: ignore[arg-type]


def test_it_keeps_nothing_on_itself_once_it_is_bound() -> None:
    control = Named()
    control.one = 2
    before = PythonControl(control).digest

    with pytest.raises(AttributeError, match="is bound, and keeps nothing on itself: return `one` in its state"):
        control.one = 3
    with pytest.raises(AttributeError, match="keeps nothing on itself"):
        del control.one
    assert PythonControl(control).digest == before
    assert control.arguments == (("one", 2),)


def test_a_control_that_would_remember_by_itself_is_a_fault() -> None:
    def remember(control: nslsm.Control, request: nslsm.Request, state: object) -> object:  # noqa: ARG001
        control.seen = getattr(control, "seen", 0) + 1  # type: ignore[attr-defined]
        return None

    control = Puppet(judge=remember)
    kernel = bound(control)
    before = kernel.state

    decision = kernel.init.open("/a")

    assert decision.errno is Errno.EACCES
    assert "keeps nothing on itself" in decision.faults[0].answer.fault
    assert not hasattr(control, "seen")
    assert kernel.state == before


# What it answers

SAYS = [
    (None, None, "ABSTAIN", ""),
    (True, None, "ALLOW", "judge"),
    (False, Errno.EACCES, "DENY", "judge"),
    (Errno.EIO, Errno.EIO, "DENY", "judge"),
    (1, Errno.EPERM, "DENY", "judge"),
    (Answer(Stance.DENY), Errno.EACCES, "DENY", "judge"),
    (Answer(Stance.DENY, "quota", Errno.EDQUOT), Errno.EDQUOT, "DENY", "quota"),
    (Answer(Stance.DENY, "quota", 122), Errno.EDQUOT, "DENY", "quota"),  # type: ignore[arg-type]
    (Answer(Stance.ALLOW, "listed"), None, "ALLOW", "listed"),
    (ABSTAIN, None, "ABSTAIN", ""),
]


@pytest.mark.parametrize(("said", "errno", "stance", "rule"), SAYS)
def test_each_answer_and_what_it_comes_to(said: object, errno: Errno | None, stance: str, rule: str) -> None:
    kernel = bound(Puppet(judge=always(said)))

    decision = kernel.init.open("/a")

    (opinion,) = next(each.opinions for each in decision.judgements if each.opinions)
    assert decision.errno is errno
    assert (opinion.answer.stance.name, opinion.answer.rule, opinion.answer.fault) == (stance, rule, "")
    assert not decision.faults


def test_an_answer_may_hang_on_what_nobody_knows() -> None:
    unsure = Answer(Stance.UNKNOWN, unknown=frozenset({"object.sha256"}))
    kernel = bound(Puppet(judge=always(unsure)))
    before = kernel.state

    decision = kernel.init.open("/a")

    assert decision.verdict is nslsm.Verdict.INDETERMINATE
    assert (decision.errno, decision.unknown) == (Errno.EACCES, ("object.sha256",))
    assert kernel.state == before


RUBBISH = [
    "yes",
    0,
    -1,
    9_999,
    1.0,
    object(),
    [],
    Stance.ALLOW,
    Answer("allow"),  # type: ignore[arg-type]
    Answer(Stance.DENY, errno=9_999),  # type: ignore[arg-type]
    Answer(Stance.DENY, errno="EPERM"),  # type: ignore[arg-type]
    Answer(Stance.DENY, rule=7),  # type: ignore[arg-type]
    Answer(Stance.DENY, because=None),  # type: ignore[arg-type]
    Answer(Stance.UNKNOWN, unknown="object.path"),  # type: ignore[arg-type]
    Answer(Stance.UNKNOWN, unknown=frozenset({7})),  # type: ignore[arg-type]
    Answer(Stance.UNKNOWN, unknown=None),  # type: ignore[arg-type]
    Answer(Stance.UNKNOWN),
]


@pytest.mark.parametrize("said", RUBBISH)
def test_what_is_no_answer_is_a_fault(said: object) -> None:
    kernel = bound(Puppet(judge=always(said)))
    before = kernel.state

    decision = kernel.init.open("/a")

    assert decision.errno is Errno.EACCES
    assert str(decision.blame) == "tests.puppet#fault in root"
    assert len(decision.faults) == 1
    assert decision.faults[0].answer.fault
    assert kernel.state == before
    assert repr(decision)
    assert decision.explain()


ERRORS = [
    ValueError("x"),
    KeyError(),
    AssertionError(),
    StopIteration(),
    MemoryError(),
    PermissionError(1, "x"),
    OSError(),
]


@pytest.mark.parametrize("part", ["judge", "commit"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_it_raises_is_a_fault_and_leaves_nothing(part: str, error: Exception) -> None:
    kernel = bound(Puppet(**{part: raising(error)}))
    before = kernel.state

    decision = kernel.init.open("/a")

    assert decision.errno is Errno.EACCES
    assert decision.faults[0].answer.fault.startswith(type(error).__name__)
    assert kernel.state == before
    assert kernel.init.stat("/a")  # about which it is not asked


@pytest.mark.parametrize("part", ["judge", "commit"])
def test_recursion_without_end_ends_in_a_fault(part: str) -> None:
    kernel = bound(Puppet(**{part: forever}))
    before = kernel.state

    for _ in range(3):
        decision = kernel.init.open("/a")
        assert decision.errno is Errno.EACCES
        assert "RecursionError" in decision.faults[0].answer.fault
    assert kernel.state == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit], ids=lambda error: error.__name__)
@pytest.mark.parametrize("part", ["judge", "commit", "observe"])
def test_an_interrupt_goes_to_the_program_and_the_event_has_not_happened(part: str, error: type[BaseException]) -> None:
    fails = [True]

    def interrupt(control: nslsm.Control, request: nslsm.Request, state: object) -> object:  # noqa: ARG001
        if fails.pop():
            raise error
        return ()

    kernel = bound(Puppet(**{part: interrupt}))
    before = kernel.state

    with pytest.raises(error):
        kernel.init.open("/a")
    assert kernel.state is before
    assert kernel.init.stat("/a").sequence == 2


def test_a_fault_in_complain_mode_is_recorded_and_does_not_count() -> None:
    kernel = nslsm.Kernel()
    for number, part in enumerate(("judge", "commit")):
        assert kernel.init.lsm_bind("root", {f"x{number}": nslsm.complaining(Puppet(**{part: forever}))[0]})

    decision = kernel.init.open("/a")

    assert decision.granted
    assert [opinion.binding.name for opinion in decision.faults] == ["x0", "x1"]


def test_a_control_that_breaks_does_not_mask_who_denies() -> None:
    kernel = bound(Puppet(judge=forever))
    task = kernel.init.fork()
    assert task.lsm_unshare("box", Says(Errno.EIO))

    decision = task.open("/a")

    assert (decision.errno, str(decision.blame)) == (Errno.EIO, "tests.api.controls.Says#judge in root.box")
    assert len(decision.faults) == 1


# What it says


def test_observers_say_their_part_whatever_the_verdict_is() -> None:
    def tell(control: nslsm.Control, request: nslsm.Request, state: object) -> object:  # noqa: ARG001
        return [f"{request.object.path} by {request.subject.pid}", "again"]

    kernel = bound(Puppet(observe=tell))
    task = kernel.init.fork()
    assert task.lsm_unshare("box", Says(False))

    for who in (kernel.init, task):
        decision = who.open("/a")
        assert [each.observation.because for each in decision.observed] == [f"/a by {who.pid}", "again"]


@pytest.mark.parametrize(("said", "lines"), [("one line", ["one line"]), ((), []), ((1, None), ["1", "None"])])
def test_what_is_said_is_lines(said: object, lines: list[str]) -> None:
    decision = bound(Puppet(observe=always(said))).init.open("/a")

    assert [each.observation.because for each in decision.observed] == lines


@pytest.mark.parametrize("part", [raising(ValueError("x")), forever, always(None), always(7)])
def test_an_observer_that_breaks_is_on_record_and_decides_nothing(part: Part) -> None:
    decision = bound(Puppet(observe=part)).init.open("/a")

    assert decision.granted
    (observed,) = decision.observed
    assert observed.observation.because.startswith("`observe` broke: ")


# From outside


def test_a_request_from_outside_asks_for_another_answer() -> None:
    kernel = nslsm.Kernel()
    signals = frozenset({"task_kill"})
    host = {"x": Puppet(handles=signals, judge=always(True), judge_inbound=always(Errno.EIO))}
    one, other = kernel.init.fork(), kernel.init.fork()
    assert one.lsm_unshare("one")
    assert other.lsm_unshare("other")
    assert kernel.init.lsm_bind("one", host)

    assert one.kill(one.fork())
    assert other.kill(one).errno is Errno.EIO
    assert kernel.init.kill(one).errno is Errno.EIO  # made by the root, it counts for the root
    assert one.kill(other)


def test_what_breaks_for_those_outside_is_a_denial() -> None:
    kernel = nslsm.Kernel()
    one, other = kernel.init.fork(), kernel.init.fork()
    assert one.lsm_unshare("one", Puppet(handles=frozenset({"task_kill"}), judge_inbound=forever))
    assert other.lsm_unshare("other")

    assert other.kill(one).errno is Errno.EACCES
    assert kernel.init.kill(one)  # which the child cannot shut out


# Whatever it does

answers = st.sampled_from([each[0] for each in SAYS] + RUBBISH)
states = st.sampled_from([None, 0, 1, (1, 2), "x", frozenset({1}), [1], {}, object()])
parts = st.one_of(answers.map(always), st.sampled_from(ERRORS).map(raising), st.just(forever))
keeping = st.one_of(states.map(always), st.sampled_from(ERRORS).map(raising))


@given(judge=parts, commit=keeping, on_denied=keeping, observe=st.one_of(parts, keeping))
def test_L4_L6_whatever_it_does_nothing_broken_is_granted_and_nothing_denied_leaves_a_trace(
    judge: Part, commit: Part, on_denied: Part, observe: Part
) -> None:
    kernel = bound(Puppet(initial=5, judge=judge, commit=commit, on_denied=on_denied, observe=observe))
    before = kernel.state

    decision = kernel.init.open("/a")

    assert repr(decision)
    if decision:
        assert not decision.faults
        assert state_of(kernel, "root", "x") is not None or decision.changes == ()
    else:
        changed = {change.attribute for change in decision.changes}
        assert changed <= {"namespace.state"}
        if not changed:
            assert kernel.state == before
        assert kernel.state.descriptions == before.descriptions
    if decision.faults:
        assert decision.errno is not None
