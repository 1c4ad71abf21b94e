"""A record reads back into the decision that it came from, and equal decisions have equal bytes (Model M6)."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rpds import HashTrieMap

from nslsm.audit.occasion import Occasion
from nslsm.controls.policy import PolicyControl
from nslsm.diagnostics.error import DiagnosticError
from nslsm.engine.decide import decide
from nslsm.engine.decision import Decision, Judgement, Move, Verdict
from nslsm.engine.evaluate import Walk
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.linux import Errno
from nslsm.hooks.types import UNKNOWN
from nslsm.protocol.namespace import NamespaceTree
from nslsm.protocol.request import Request
from nslsm.protocol.things import Credentials, File, Identity, Task
from nslsm.testing.events import Situation, situations
from nslsm.wire.base import canonical
from nslsm.wire.record import as_recorded, to_record
from nslsm.wire.restore import from_record, occasion_of, read_record
from tests.audit import samples

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

TASK = Task(pid=7, tgid=7, ppid=1, credentials=Credentials(uid=1000), exe="/bin/\udcff", comm="sh")


def occasion(walk: Walk = Walk.FULL, task: Task = TASK) -> Occasion:
    return Occasion(
        sequence=3, policy="ab" * 32, walk=walk, task=task, namespace="host", call="openat", line=12, time=1.25
    )


def judged(situation: Situation, walk: Walk, *, happened: bool = False) -> tuple[Decision, Occasion, NamespaceTree]:
    decision, _ = decide(situation.state, situation.steps(), walk=walk, happened=happened)
    return decision, occasion(walk, situation.requests[0].subject), situation.state.namespaces


@QUICK
@given(situations(), st.sampled_from(Walk), st.booleans())
def test_a_record_reads_back_into_the_decision_that_it_came_from(
    situation: Situation, walk: Walk, happened: bool
) -> None:
    decision, when, tree = judged(situation, walk, happened=happened)

    line = canonical(to_record(decision, when, tree))
    record = read_record(line)

    assert from_record(record, tree) == as_recorded(decision, walk)
    assert occasion_of(record) == when
    if walk is Walk.FULL:
        assert from_record(record, tree) == decision
    assert canonical(record) == line


@QUICK
@given(situations())
def test_short_records_hold_nothing_that_the_order_of_asking_could_change(situation: Situation) -> None:
    short, when, tree = judged(situation, Walk.SHORT)
    full, _, _ = judged(situation, Walk.FULL)
    faultless = replace(full, faults=short.faults)

    assert canonical(to_record(faultless, when, tree)) == canonical(to_record(short, when, tree))


@QUICK
@given(situations())
def test_L8_the_same_event_has_the_same_bytes_whatever_order_its_maps_were_made_in(situation: Situation) -> None:
    decision, when, tree = judged(situation, Walk.FULL)
    again = NamespaceTree(HashTrieMap(), HashTrieMap(), tree.root)
    for identifier in sorted(tree.members):
        again = again.with_namespace(tree[identifier])

    assert canonical(to_record(decision, when, tree)) == canonical(to_record(decision, when, again))


@QUICK
@given(situations())
def test_a_decision_reads_back_against_a_policy_that_was_loaded_again(situation: Situation) -> None:
    decision, when, tree = judged(situation, Walk.FULL)
    again = tree
    for identifier in tree.members:
        namespace = tree[identifier]
        bindings = []
        for binding in namespace.bindings:
            assert isinstance(binding.control, PolicyControl)
            bindings.append(replace(binding, control=PolicyControl(binding.control.program)))
        again = again.with_namespace(replace(namespace, bindings=tuple(bindings)))

    assert from_record(to_record(decision, when, tree), again) == decision


@pytest.fixture
def denied() -> tuple[Decision, Occasion, NamespaceTree]:
    """A denial by a control that says what it covers."""
    person = samples.task()
    decision, _ = samples.decided(samples.state(person), samples.opened(person))
    return decision, samples.occasion(person), samples.tree()


def test_a_denial_says_who_which_rule_why_and_what_it_covers(denied: tuple[Decision, Occasion, NamespaceTree]) -> None:
    record = to_record(*denied)

    assert record.blame is not None
    assert (record.blame.by, record.blame.namespace, record.blame.rule) == (
        "control",
        "host.ward",
        "ward.charts#confine-1",
    )
    assert record.blame.reason == "only a clinician's program opens PHI"
    assert record.blame.severity == "high"
    assert record.blame.references is not None
    assert [(each.catalogue, each.id) for each in record.blame.references] == [("hipaa", "164.312(a)(1)")]
    assert record.policy == samples.digest()
    assert record.requests[0].lineage == ("host.ward", "host")
    assert [opinion.binding for opinion in record.requests[0].opinions] == ["charts"]


def test_a_request_keeps_every_argument_by_name_and_things_that_nobody_knows() -> None:
    hook = CATALOGUE["path_rename"]
    old = File("/srv/\udce9", Identity("file", 12), type="regular", xattrs=HashTrieMap({"user.\udcff": "\udc80"}))
    arguments = tuple(File(UNKNOWN, UNKNOWN) if fact.name == "new" else old for fact in hook.facts)
    request = Request(hook, TASK, UNKNOWN, arguments)
    judgement = Judgement(
        request=request, verdict=Verdict.GRANT, errno=None, deciding=None, unknown=frozenset(), opinions=()
    )
    decision = Decision(verdict=Verdict.GRANT, errno=None, blame=None, unknown=(), judgements=(judgement,), result=4)
    tree = one_namespace()

    record = to_record(decision, occasion(), tree)

    assert list(record.requests[0].arguments) == [fact.name for fact in hook.facts]
    assert from_record(read_record(canonical(record)), tree) == decision


def test_a_subject_that_the_event_has_changed_is_in_its_own_request() -> None:
    before, after = samples.task("host"), samples.task("host.ward")
    decision, _ = samples.decided(samples.state(before), samples.opened(before, "/etc/passwd"))
    told, _ = samples.decided(samples.state(after), samples.opened(after, "/etc/passwd"))
    both = replace(decision, judgements=(*decision.judgements, *told.judgements))

    record = to_record(both, samples.occasion(before), samples.tree())

    assert record.requests[0].subject is None
    assert from_record(read_record(canonical(record)), samples.tree()) == both


def test_an_event_without_requests_and_with_moves_reads_back() -> None:
    tree = one_namespace()
    root = tree[0]
    decision = Decision(
        verdict=Verdict.GRANT,
        errno=None,
        blame=None,
        unknown=(),
        judgements=(),
        moves=(Move(root, None), Move(root, root, counterfactual=True), Move(root, None, refused="m.c#deny-1")),
        recorded_errno=Errno.ENOENT,
    )

    assert from_record(read_record(canonical(to_record(decision, occasion(), tree))), tree) == decision


def test_one_namespace_before_and_after_a_change_has_two_names() -> None:
    tree = one_namespace()
    changed = replace(tree[0], sequence=1)
    decision = Decision(
        verdict=Verdict.GRANT, errno=None, blame=None, unknown=(), judgements=(), moves=(Move(tree[0], changed),)
    )
    after = tree.with_namespace(changed)

    record = to_record(decision, occasion(), tree, after)

    assert [reference.name for reference in record.namespaces] == ["host", "host@1"]
    assert from_record(record, tree, after) == decision


def one_namespace() -> NamespaceTree:
    from nslsm.controls.declare import empty_tree

    return empty_tree("host")


def test_a_record_of_another_policy_does_not_read_back(denied: tuple[Decision, Occasion, NamespaceTree]) -> None:
    decision, when, tree = denied
    record = to_record(decision, when, tree)

    with pytest.raises(DiagnosticError, match=r"as it was then|does not bind"):
        from_record(record, one_namespace())


def test_a_namespace_of_the_same_number_and_another_name_is_another(
    denied: tuple[Decision, Occasion, NamespaceTree],
) -> None:
    decision, when, tree = denied
    record = to_record(decision, when, tree)
    ward = tree[samples.namespace("host.ward")]

    with pytest.raises(DiagnosticError, match="as it was then"):
        from_record(record, tree.with_namespace(replace(ward, name="yard", path="host.yard")))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "version 2; this program reads version 1"),
        ({"record": "summary"}, '"record": "decision"'),
        ({"surprise": 1}, "surprise"),
        ({"sequence": "3"}, "sequence"),
        ({"verdict": "maybe"}, "verdict"),
    ],
)
def test_what_is_no_decision_record_is_one_clear_error(
    denied: tuple[Decision, Occasion, NamespaceTree], change: dict[str, object], why: str
) -> None:
    line = json.dumps(json.loads(canonical(to_record(*denied))) | change)

    with pytest.raises(DiagnosticError, match=why):
        read_record(line)


@pytest.mark.parametrize("line", ["", "{", "[]", "null", "1", "[" * 100_000, '"\\ud800"', b"\xff\xfe"])
def test_what_is_no_json_is_one_clear_error(line: str | bytes) -> None:
    with pytest.raises(DiagnosticError, match="no decision record"):
        read_record(line)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("requests", 0, "hook"), "file_opne", "file_opne"),
        (("requests", 0, "arguments"), {"nothing": 1}, "has the facts"),
        (("requests", 0, "deciding"), 99, "out of range"),
        (("errno"), "EFLY", "EFLY"),
        (("blame", "opinion", "mode"), "complain", "mode"),
        (("blame", "opinion", "binding"), "other", "does not bind"),
        (("blame", "opinion", "rule"), "other#rule", "no rule of"),
    ],
)
def test_a_record_that_contradicts_the_catalogue_or_the_policy_is_one_clear_error(
    denied: tuple[Decision, Occasion, NamespaceTree], path: tuple[str | int, ...], value: object, why: str
) -> None:
    decision, when, tree = denied
    whole = json.loads(canonical(to_record(decision, when, tree)))
    part = whole
    path = (path,) if isinstance(path, str) else path
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value

    with pytest.raises(DiagnosticError, match=why):
        from_record(read_record(json.dumps(whole)), tree)
