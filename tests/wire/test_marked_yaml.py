import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics import DiagnosticError
from nslsm.wire.marked_yaml import MAX_BYTES, MAX_DEPTH, read_yaml

scalars = st.one_of(st.integers(), st.booleans(), st.none(), st.text(st.characters(codec="ascii"), max_size=5))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values)
def test_what_json_says_is_read_as_json_says_it(value: object) -> None:
    assert read_yaml(json.dumps(value), "x.yaml").value == value


def test_every_value_knows_its_place() -> None:
    found = read_yaml("a:\n  - x y\n  - 'z'\nb: 7\n", "x.yaml")

    assert found.place(("a", 0)).span.place == "x.yaml:2:5"
    assert found.place(("a", 1)).exact
    assert found.keys[("b",)].place == "x.yaml:4:1"
    assert found.place(("a", 1, "deeper")) == found.place(("a", 1))


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: [", "yaml-malformed", "x:1:5"),
        ("a: &b 1", "yaml-not-read", "x:1:4"),
        ("a: *b", "yaml-not-read", "x:1:4"),
        ("a: !!python/object/apply:os.system [ls]", "yaml-not-read", "x:1:4"),
        ("a: !mine x", "yaml-not-read", "x:1:4"),
        ("a: 1\na: 2", "yaml-not-read", "x:2:1"),
        ("? [a]\n: b", "yaml-not-read", "x:1:3"),
        ("a\n---\nb", "yaml-not-read", "x:2:1"),
        ("[" * (MAX_DEPTH + 1), "yaml-too-large", f"x:1:{MAX_DEPTH + 1}"),
        ("a: 0b", None, ""),
    ],
)
def test_what_is_not_read_is_refused_where_it_stands(text: str, code: str | None, place: str) -> None:
    if code is None:
        assert read_yaml(text, "x").value == {"a": "0b"}
        return
    with pytest.raises(DiagnosticError) as refused:
        read_yaml(text, "x")

    (found,) = refused.value.diagnostics
    assert found.code.name == code
    assert found.span is not None
    assert found.span.place == place


def test_a_file_beyond_the_limit_is_not_looked_into() -> None:
    with pytest.raises(DiagnosticError, match="larger than"):
        read_yaml("x" * (MAX_BYTES + 1), "x")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_diagnostic(text: str) -> None:
    with suppress(DiagnosticError):
        assert read_yaml(text, "x").places
