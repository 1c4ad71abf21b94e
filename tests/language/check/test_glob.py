"""Globs: AppArmor's meaning, linear time, and agreement with a matcher that is slow and obviously right."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.language.check.glob import MAX_GLOB, Glob, GlobError, disjoint


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/a/*", "/a/", False),
        ("/a/**", "/a/", False),
        ("/a/*.conf", "/a/.conf", True),
        ("/a/{,**}", "/a/", True),
        ("/a/*/b", "/a//b", False),
        ("/a/*/b", "/a/x/b", True),
        ("/a/*", "/a/b/c", False),
        ("/a/**", "/a/b/c", True),
        ("/a/**", "/a//c", False),
        ("/a**", "/a", True),
        ("/a?c", "/a/c", False),
        ("/a?c", "/abc", True),
        ("/a??c", "/aäc", True),
        ("/a?c", "/aäc", False),
        ("/a[b-d]e", "/ace", True),
        ("/a[^b-d]e", "/ace", False),
        ("/a[^b]e", "/a/e", True),
        ("/a[b-]e", "/a-e", True),
        ("/a[\\]]e", "/a]e", True),
        ("/{a,b{c,d}}/x", "/bd/x", True),
        ("/{a,b{c,d}}/x", "/b/x", False),
        ("/a,b", "/a,b", True),
        ("/a\\*", "/a*", True),
        ("/a\\*", "/ab", False),
        ("/\\{a\\,b\\}", "/{a,b}", True),
        ("/ä*", "/äö", True),
        ("/{ä,å}", "/å", True),
        ("/lib/**.so*", "/lib/x/y.so.6", True),
        ("/a\udcff*", "/a\udcffb", True),
        ("/a*", "/a\ud800", True),
    ],
)
def test_a_glob_means_what_it_means_to_apparmor(pattern: str, path: str, expected: bool) -> None:
    assert Glob(pattern).matches(path) is expected


@pytest.mark.parametrize(
    ("pattern", "offset"),
    [
        ("", 0),
        ("/a/[bc", 3),
        ("/a/[", 3),
        ("/a/[]", 3),
        ("/a/[!b]", 4),
        ("/a/[c-a]", 4),
        ("/a/[ä]", 4),
        ("/a/{b,c", 3),
        ("/a/{b}", 3),
        ("/a/b}", 4),
        ("/a\\", 2),
        ("/" + "a" * MAX_GLOB, MAX_GLOB),
        ("{a," * 60, 150),
    ],
)
def test_a_glob_that_cannot_be_read_says_where(pattern: str, offset: int) -> None:
    with pytest.raises(GlobError) as caught:
        Glob(pattern)

    assert caught.value.offset == offset


def test_prefix_and_exactness_are_known_without_matching() -> None:
    assert Glob("/etc/passwd").exact == "/etc/passwd"
    assert Glob("/a\\*b").exact == "/a*b"
    assert Glob("/srv/{phi,lab}").prefix == "/srv/"
    assert Glob("/srv/{phi,lab}").exact is None
    assert Glob("/å{ä,å}").prefix == "/å"
    assert Glob("/a**").prefix == "/a"
    assert Glob("{,/a}").prefix == ""


def test_globs_of_one_text_are_equal_and_survive_pickling() -> None:
    assert Glob("/a/*") == Glob("/a/*") != Glob("/a/?")
    assert pickle.loads(pickle.dumps(Glob("/a/*"))).matches("/a/b")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("{a*,a*}" * 100, "a" * 100_000 + "b", True),
        ("{a*,a*}" * 100 + "c", "a" * 100_000 + "b", False),
        ("/" + "*a" * 200 + "b", "/" + "a" * 100_000, False),
        ("**a" + "?" * 60 + "b", "ab" * 50_000, True),
        ("{a,aa,aaa,}" * 300, "a" * 50_000, False),
        ("{**,*}" * 600, "/a" * 20_000, True),
    ],
    ids=range(6),
)
def test_a_hostile_pattern_takes_no_longer_than_another(pattern: str, text: str, expected: bool) -> None:
    # Backtracking would not come back from any of these.
    assert Glob(pattern).matches(text) is expected


def test_distinct_steps_beyond_the_memory_are_computed_anew() -> None:
    pattern = "**a" + "?" * 14 + "b"
    glob = Glob(pattern)
    text = "".join("ab"[hash((i * 2654435761) >> 7) % 2] for i in range(30_000))

    assert glob.matches(text + "a" + "x" * 14 + "b")
    assert not glob.matches(text + "a" + "x" * 14 + "c")


# The slow and obviously right: which ends can each part of a pattern reach.


def ends(pattern: list, text: str, start: int) -> set[int]:
    """The places up to which ``pattern``, a list of parts, can match from ``start``."""
    reached = {start}
    for part in pattern:
        reached = {end for place in reached for end in part_ends(part, text, place)}
    return reached


def part_ends(part: tuple, text: str, start: int) -> set[int]:
    kind = part[0]
    if kind == "literal":
        return {start + 1} if text[start : start + 1] == part[1] else set()
    if kind == "any":
        return {start + 1} if start < len(text) and text[start] != "/" else set()
    if kind == "class":
        inside = start < len(text) and (text[start] in part[2])
        return {start + 1} if start < len(text) and inside != part[1] else set()
    if kind == "group":
        return {end for alternative in part[1] for end in ends(alternative, text, start)}
    stop = start
    found = {start} if not part[1] else set()
    while stop < len(text) and (kind == "deep" or text[stop] != "/"):
        if stop == start and part[1] and text[stop] == "/":
            break
        stop += 1
        found.add(stop)
    return found


def spelled(pattern: list) -> str:
    return "".join(spell(part) for part in pattern)


def spell(part: tuple) -> str:
    match part:
        case ("literal", character):
            return f"\\{character}" if character in "*?[]{},\\" else character
        case ("any",):
            return "?"
        case ("class", negated, members):
            return "[" + ("^" if negated else "") + "".join(sorted(members)) + "]"
        case ("group", alternatives):
            return "{" + ",".join(spelled(each) for each in alternatives) + "}"
        case ("shallow", _):
            return "*"
        case _:
            return "**"


def tidy(parts: list) -> list:
    """Stars merged where they touch, and marked where they stand for a whole name."""
    merged: list = []
    for part in parts:
        if part[0] in ("shallow", "deep") and merged and merged[-1][0] in ("shallow", "deep"):
            merged[-1] = ("deep", False)
        elif part[0] == "group":
            merged.append(("group", [tidy(each) for each in part[1]]))
        else:
            merged.append(part)
    return merged


def marked(parts: list, outermost: bool) -> list:
    """Stars right behind a slash, at the end or before another slash, need a character."""
    found = []
    for place, part in enumerate(parts):
        if part[0] == "group":
            part = ("group", [marked(each, outermost=False) for each in part[1]])
        elif part[0] in ("shallow", "deep"):
            behind = place > 0 and parts[place - 1] == ("literal", "/")
            last = place + 1 == len(parts)
            ahead = outermost if last else parts[place + 1] == ("literal", "/")
            part = (part[0], behind and ahead)
        found.append(part)
    return found


leaves = st.one_of(
    st.sampled_from("/ab*,").map(lambda c: ("literal", c)),
    st.just(("any",)),
    st.just(("shallow", False)),
    st.just(("deep", False)),
    st.tuples(st.just("class"), st.booleans(), st.sets(st.sampled_from("ab/"), min_size=1).map(frozenset)),
)
sequences = st.recursive(
    st.lists(leaves, max_size=5),
    lambda inner: st.lists(
        st.one_of(leaves, st.lists(inner, min_size=2, max_size=3).map(lambda each: ("group", each))), max_size=4
    ),
    max_leaves=12,
)


@given(sequences, st.lists(st.text("/ab*,", max_size=9), min_size=1, max_size=12))
def test_the_automaton_agrees_with_the_obvious_matcher(parts: list, texts: list[str]) -> None:
    pattern = tidy(parts)
    if not spelled(pattern):
        return
    glob = Glob(spelled(pattern))
    meaning = marked(pattern, outermost=True)

    for text in texts:
        assert glob.matches(text) is (len(text) in ends(meaning, text, 0)), text
        if glob.matches(text):
            assert text.startswith(glob.prefix)
            assert glob.exact in (None, text)


@given(sequences, sequences, st.lists(st.text("/ab", max_size=6), min_size=1, max_size=20))
def test_globs_called_disjoint_match_no_common_path(one: list, other: list, texts: list[str]) -> None:
    patterns = [spelled(tidy(one)), spelled(tidy(other))]
    if not all(patterns):
        return
    first, second = map(Glob, patterns)

    if disjoint(first, second):
        assert not any(first.matches(text) and second.matches(text) for text in texts)
