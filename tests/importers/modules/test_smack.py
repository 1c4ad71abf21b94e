"""Smack's rules as they are loaded: what is read, and what a kernel would refuse."""

import pytest

from nslsm.importers.modules.smack import LABEL_BYTES, RuleError, rules


def test_the_last_line_of_a_pair_counts_whatever_the_case_of_its_letters() -> None:
    found = rules("web  db RWX\n\nweb db r-l\nUser::App::Foo web -\n")

    assert found == {("web", "db"): {"r", "l"}, ("User::App::Foo", "web"): frozenset()}


def test_a_label_is_as_long_as_the_kernel_lets_it_be() -> None:
    longest = "x" * LABEL_BYTES

    assert rules(f"{longest} _ r") == {(longest, "_"): {"r"}}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("web db", "has 2 parts"),
        ("web db r w", "has 4 parts"),
        ("web db rq", "`q` is no access"),
        (f"{'x' * (LABEL_BYTES + 1)} db r", "256 bytes, more than the limit of 255"),
        ("-web db r", "begins with `-`"),
        ("web a/b r", "a character that no label has"),
        ("web a'b r", "a character that no label has"),
        ("web caf\u00e9 r", "a character that no label has"),
        ("web \x1b[0m r", "a character that no label has"),
    ],
)
def test_what_a_kernel_would_refuse_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(RuleError, match=said) as caught:
        rules(f"web db r\n{line}")

    assert str(caught.value).startswith("line 2: ")
    assert "\x1b" not in str(caught.value)
