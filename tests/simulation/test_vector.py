"""The verdict vector is whole: whoever could be asked is in it, in the order in which they are asked."""

from dataclasses import replace

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.model import HookClass
from nslsm.protocol.request import Request
from nslsm.simulation.vector import vector
from tests.audit import samples


def test_everybody_is_in_it_nearest_first_those_without_a_rule_too() -> None:
    person = samples.task()
    before = samples.state(person)
    decision, _ = samples.decided(before, samples.opened(person))

    (entries,) = [vector(each, before) for each in decision.judgements if each.request.hook.name == "file_open"]

    assert [(each.namespace.path, each.binding.name) for each in entries] == [
        ("host.ward", "charts"),
        ("host.ward", "egress"),
        ("host", "genuine"),
    ]
    assert [each.opinion is None for each in entries] == [False, True, True]
    assert [each.decides for each in entries] == [True, False, False]


def test_without_the_state_there_are_those_who_answered() -> None:
    person = samples.task()
    decision, _ = samples.decided(samples.state(person), samples.opened(person))

    (entries,) = [vector(each, None) for each in decision.judgements if each.request.hook.name == "file_open"]

    assert [each.binding.name for each in entries] == ["charts"]


def test_a_hook_that_only_tells_has_nobody() -> None:
    person = samples.task()
    before = samples.state(person)
    (judgement,) = samples.decided(before, samples.opened(person))[0].judgements
    told = next(hook for hook in CATALOGUE.values() if hook.hook_class is HookClass.NOTIFY)
    request = Request(told, person, None)

    assert vector(judgement, before)
    assert vector(replace(judgement, request=request), before) == ()
