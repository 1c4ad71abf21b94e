"""Fixes: made where they belong, each whole or not at all, none twice."""

from nslsm.diagnostics import Code, Diagnostic, Edit, Fix, Span
from nslsm.diagnostics.fixing import fixed

CODE = Code("odd")


def place(text: str, part: str, source: str = "a") -> Span:
    start = text.index(part)
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    return Span(source, line, column, line, column + len(part), start, start + len(part))


def finding(text: str, *changes: tuple[str, str], lines: bool = False, source: str = "a") -> Diagnostic:
    edits = tuple(Edit(place(text, part, source), new, lines) for part, new in changes)
    return CODE.at(edits[0].span, "odd", fix=Fix("mend it", edits))


def test_every_fix_is_made_at_its_place_whatever_the_order() -> None:
    text = "a && b || c"

    outcome = fixed(text, "a", [finding(text, ("||", "or")), finding(text, ("&&", "and"))])

    assert outcome.text == "a and b or c"
    assert len(outcome.made) == 2


def test_of_two_fixes_that_touch_the_first_is_made_and_the_other_waits() -> None:
    text = "one two three"

    outcome = fixed(text, "a", [finding(text, ("two", "2")), finding(text, ("two three", "5"), ("one", "1"))])

    assert outcome.text == "one 2 three"
    assert len(outcome.made) == 1


def test_a_line_goes_as_a_whole_where_nothing_else_stands_on_it() -> None:
    text = "a\n    gone\nb gone2  # kept\nc gone3 \n"

    whole = fixed(text, "a", [finding(text, ("gone\n"[:-1], ""), lines=True)])
    part = fixed(text, "a", [finding(text, ("gone2", ""), lines=True)])
    end = fixed(text, "a", [finding(text, ("gone3", ""), lines=True)])

    assert whole.text == "a\nb gone2  # kept\nc gone3 \n"
    assert part.text == "a\n    gone\nb   # kept\nc gone3 \n"
    assert end.text == "a\n    gone\nb gone2  # kept\nc \n"


def test_a_fix_of_another_text_is_not_made() -> None:
    assert fixed("x", "a", [finding("x", ("x", "y"), source="b")]).text == "x"
