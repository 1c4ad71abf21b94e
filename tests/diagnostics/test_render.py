"""Three renderings of one diagnostic."""

from hypothesis import given
from hypothesis import strategies as st

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.diagnostics.render import Part, render_human, render_line
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span

UNKNOWN = Code("unknown-hook")
POLICY = "control a {\n    deny file_opne when object.phi\n\tdeny read\n}\n"
HOOK = Span("hipaa.nslsm", 2, 10, 2, 19, 21, 30)
HIPAA = Sources({"hipaa.nslsm": POLICY})


def human(found: Diagnostic, sources: Sources = HIPAA) -> list[str]:
    return render_human(found, sources).split("\n")


def test_people_see_the_line_with_carets_the_label_and_the_way_out() -> None:
    found = UNKNOWN.at(
        HOOK,
        "no hook is called `file_opne`",
        label="not in the catalogue of Linux 7.2",
        help="did you mean `file_open`?",
    )

    assert human(found) == [
        "error[unknown-hook]: no hook is called `file_opne`",
        "  --> hipaa.nslsm:2:10",
        " 2 |     deny file_opne when object.phi",
        "   |          ^^^^^^^^^ not in the catalogue of Linux 7.2",
        "   = help: did you mean `file_open`?",
    ]


def test_notes_come_before_the_way_out() -> None:
    found = UNKNOWN.at(None, "no such hook", notes=("a note", "another"), help="try")

    assert human(found)[1:] == ["   = note: a note", "   = note: another", "   = help: try"]


def test_a_span_over_several_lines_shows_the_first_and_the_last() -> None:
    found = UNKNOWN.at(Span("hipaa.nslsm", 1, 1, 4, 2, 0, 58), "too much", label="all of this")

    assert human(found) == [
        "error[unknown-hook]: too much",
        "  --> hipaa.nslsm:1:1",
        " 1 | control a {",
        "   | ^^^^^^^^^^^",
        " ...",
        " 4 | }",
        "   | ^ all of this",
    ]


def test_a_span_over_two_lines_leaves_nothing_out() -> None:
    found = UNKNOWN.at(Span("hipaa.nslsm", 2, 5, 3, 6, 16, 52), "too much")

    assert human(found)[2:] == [
        " 2 |     deny file_opne when object.phi",
        "   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        " 3 |     deny read",
        "   |     ^^^^",
    ]


def test_a_span_that_ends_in_the_indentation_of_its_last_line_is_marked_there() -> None:
    found = UNKNOWN.at(Span("hipaa.nslsm", 1, 11, 2, 3, 10, 14), "too much")

    assert human(found)[2:] == [
        " 1 | control a {",
        "   |           ^",
        " 2 |     deny file_opne when object.phi",
        "   |  ^",
    ]


def test_related_places_may_be_in_other_files_and_have_excerpts_of_their_own() -> None:
    sources = HIPAA.with_text("std.nslsm", "operation read = file_open")
    related = ((Span("std.nslsm", 1, 11, 1, 15, 10, 14), "declared here"), (Span("gone.nslsm", 7, 3), "used here"))

    found = UNKNOWN.at(HOOK, "twice", related=related)

    assert human(found, sources)[4:] == [
        "  ::: std.nslsm:1:11",
        " 1 | operation read = file_open",
        "   |           ---- declared here",
        "  ::: gone.nslsm:7:3: used here",
    ]


def test_a_place_in_a_text_that_is_not_known_is_named_without_an_excerpt() -> None:
    assert human(UNKNOWN.at(HOOK, "no hook", label="here"), Sources()) == [
        "error[unknown-hook]: no hook",
        "  --> hipaa.nslsm:2:10",
        "   | here",
    ]


def test_a_place_at_the_end_of_the_file_is_marked_behind_the_last_character() -> None:
    end = Span("a", 1, 11, 1, 11, 10, 10)

    assert human(UNKNOWN.at(end, "open"), Sources({"a": "control a "}))[2:] == [" 1 | control a", "   |           ^"]


def test_line_numbers_are_aligned_with_the_widest() -> None:
    text = "x\n" * 120
    found = UNKNOWN.at(Span("a", 9, 1, 9, 2, 16, 17), "far", related=((Span("a", 117, 1, 117, 2, 232, 233), "there"),))

    assert human(found, Sources({"a": text})) == [
        "error[unknown-hook]: far",
        "    --> a:9:1",
        "   9 | x",
        "     | ^",
        "    ::: a:117:1",
        " 117 | x",
        "     | - there",
    ]


def test_a_line_for_grep_is_one_line_whatever_the_message() -> None:
    found = UNKNOWN.at(Span("a\nb", 3, 4), "no hook `x\ny`", help="not shown")

    assert render_line(found) == r"a\nb:3:4: error[unknown-hook]: no hook `x\ny`"
    assert render_line(Code("odd", Severity.WARNING).at(None, "hm")) == "warning[odd]: hm"


def test_a_style_dresses_the_parts_and_changes_no_text() -> None:
    seen: set[Part] = set()

    def style(part: Part, text: str) -> str:
        seen.add(part)
        assert "\n" not in text
        return text

    found = UNKNOWN.at(HOOK, "no hook", label="here", help="try", related=((HOOK, "r"),))

    assert render_human(found, HIPAA, style) == render_human(found, HIPAA)
    assert seen == {Part.ERROR, Part.MESSAGE, Part.GUTTER, Part.MARK, Part.RELATED}


@given(st.text(), st.text(), st.text(), st.text(max_size=200))
def test_no_rendering_lets_through_what_does_not_print(message: str, source: str, label: str, text: str) -> None:
    place = Span(source, 1, 2, 1, 5, 1, 4)
    found = UNKNOWN.at(place, message, label=label, help=message, notes=(label,), related=((place, message),))

    shown = render_human(found, Sources({source: text}))

    assert all(line.isprintable() for line in shown.split("\n"))
    assert render_line(found).isprintable()
