"""Globs within others: the quick answers are those of a plain search, and all of them together have an end."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from nslsm.language.check.glob import Glob
from nslsm.language.check.glob_automaton import Automaton, members
from nslsm.language.check.glob_inclusion import Inclusions, samples

parts = st.sampled_from(
    [
        "/",
        "/",
        "a",
        "b",
        "a",
        "*",
        "**",
        "?",
        ".",
        "[ab]",
        "[^a]",
        "[^/]",
        "{a,/b}",
        "{,b}",
        "{*,/}",
        "{a,b*}",
        "{,**}",
        "ä",
    ]
)
globs = st.lists(parts, min_size=1, max_size=6).map(lambda chosen: Glob("".join(chosen)))
rooted = globs.map(lambda glob: Glob(f"/a/{glob.text}"))


def plainly_within(one: Glob, others: Sequence[Glob]) -> bool:
    """The same by the book: no text leads to an end of the one and to none of the others, whichever bytes it has."""
    automata = [each.automaton for each in others]
    start = (1, tuple(1 for _ in automata))
    letters = {*b"/x\x01", 255, *"".join(each.text for each in (one, *others)).encode()}
    seen = {start}
    pending = [start]
    while pending:
        own, rest = pending.pop()
        ends = any(at & each.accepting for at, each in zip(rest, automata, strict=True))
        if own & one.automaton.accepting and not ends:
            return False
        for byte in letters:
            after = (
                taken(one.automaton, own, byte),
                tuple(taken(each, at, byte) for each, at in zip(automata, rest, strict=True)),
            )
            if after[0] and after not in seen:
                seen.add(after)
                pending.append(after)
    return True


def taken(automaton: Automaton, at: int, byte: int) -> int:
    reached = 0
    for position in members(at):
        reached |= automaton.follows[position]
    return sum(1 << each for each in members(reached) if automaton.classes[each] >> byte & 1)


@settings(max_examples=400, deadline=None)
@given(globs, st.lists(globs, min_size=1, max_size=4))
def test_the_answer_is_that_of_a_plain_search(one: Glob, others: list[Glob]) -> None:
    assert Inclusions().within(one, others) == plainly_within(one, others)


@settings(max_examples=400, deadline=None)
@given(globs, st.data())
def test_the_answer_is_that_of_a_plain_search_where_the_others_are_made_of_the_one(
    one: Glob, data: st.DataObject
) -> None:
    widened = [
        Glob(one.text.replace(old, new, 1) or "*")
        for old, new in data.draw(
            st.lists(
                st.sampled_from(
                    [("a", "?"), ("*", "**"), ("?", "{a,[^a]}"), ("a", "*"), ("/", "**"), ("**", "*"), (".", ".?")]
                ),
                min_size=1,
                max_size=3,
            )
        )
    ]

    assert Inclusions().within(one, widened) == plainly_within(one, widened)


@settings(max_examples=100, deadline=None)
@given(st.lists(rooted | globs, min_size=1, max_size=3), st.lists(rooted | globs, min_size=1, max_size=4))
def test_several_are_within_where_each_is_and_an_answer_stays_what_it_was(ones: list[Glob], others: list[Glob]) -> None:
    known = Inclusions()

    first = known.all_within(tuple(ones), tuple(others))

    assert first == all(plainly_within(one, others) for one in ones)
    assert known.all_within(tuple(ones), tuple(others)) == first


@settings(max_examples=200, deadline=None)
@given(globs)
def test_samples_are_taken(glob: Glob) -> None:
    assert [text for text in samples(glob) if not glob.matches(text)] == []


def test_alternatives_may_each_be_within_another() -> None:
    known = Inclusions()

    assert known.within(Glob("/{usr/,}lib{,32,64}/*.so"), [Glob("/usr/lib*/*"), Glob("/lib*/*.so")])
    assert not known.within(Glob("/{usr/,}lib{,32,64}/*.so"), [Glob("/usr/lib*/*"), Glob("/lib{32,64}/*.so")])


def test_one_that_takes_all_is_found_among_many_that_would_lead_a_search_astray() -> None:
    astray = [Glob(f"/**{first}**{second}**") for first in "abcdefgh" for second in "ijklmnop"]
    one = Glob("/usr/**a*.so")
    known = Inclusions(work=20_000)

    assert known.within(one, [*astray, Glob("/**.so")])
    assert not known.exhausted


def test_what_takes_too_long_is_not_proved_and_nothing_is_proved_afterwards() -> None:
    # Whether the last letter but twenty is an `a` takes a million states to keep in mind.
    others = (
        Glob(f"**a{'?' * 20}"),
        Glob(f"**[^a]{'?' * 20}"),
        Glob("**/{,**}"),
        *(Glob("?" * n) for n in range(1, 21)),
    )
    few, patient = Inclusions(work=10_000), Inclusions()

    assert not few.within(Glob("?{,**}"), others)
    assert few.exhausted
    assert not few.within(Glob("/{a,b}"), (Glob("/[ab]"), Glob("/c*")))
    assert not patient.within(Glob("?{,**}"), others)
    assert not patient.exhausted
    assert patient.within(Glob("/{a,b}"), (Glob("/[ab]"), Glob("/c*")))
