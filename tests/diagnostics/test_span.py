"""Places in a text."""

from nslsm.diagnostics.span import Span


def test_a_span_from_one_to_another_covers_both() -> None:
    first, last = Span("a", 1, 5, 1, 9, 4, 8), Span("a", 3, 1, 3, 4, 20, 23)

    assert first.to(last) == Span("a", 1, 5, 3, 4, 4, 23)


def test_a_place_reads_as_compilers_write_it() -> None:
    assert Span("dir/a.nslsm", 12, 7).place == "dir/a.nslsm:12:7"
