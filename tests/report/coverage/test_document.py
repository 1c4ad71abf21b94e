"""The page about coverage: whole, harmless, and right about the source."""

import re
from html.parser import HTMLParser

from nslsm.diagnostics.sources import Sources
from nslsm.report.coverage import coverage_document
from nslsm.simulation.cases import run
from nslsm.simulation.coverage import Coverage
from tests.language.check.memory import checked

TEXT = """\
let odd = object.path == "/a" or
    object.path == "/b"
control gate {
    confine file_open where odd and not (subject.uid == 0) because "<script>alert(1)</script>" {
        allow file_open when subject.uid == 1000
    }
    deny inode_unlink when object.path == "/a&b"
}
namespace host { bind gate  namespace web { bind gate as two } }
test "t" { task t in host.web { uid = 1000 } t open "/a" -> allow }
"""
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """The page as a browser would take it: what is nested in what, and the text of each line of the source."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.marks: dict[str, list[str]] = {}
        self.lines: list[str] = []
        self.names: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in ("src", "href") or str(value).startswith("#")
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))
        if tag == "code" and self._line():
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open and self._line() and any(tag == "code" for tag, _ in self.open) and not self._in("note"):
            self.lines[-1] += data
            for tag, attributes in self.open:
                if tag == "mark":
                    said = self.marks.setdefault(str(attributes["title"]), [])
                    said.append(data)

    def _line(self) -> bool:
        return self._in("l") and not self._in("note")

    def _in(self, name: str) -> bool:
        return any(name in str(attributes.get("class")).split() for _, attributes in self.open)


def page(text: str = TEXT) -> str:
    package = checked(text).require()
    coverage = Coverage([package])
    list(run(package.tests, coverage=coverage))
    return coverage_document(coverage.covered(), package.sources)


def test_the_page_shows_the_source_as_it_is() -> None:
    assert Reader(page()).lines == TEXT.split("\n")


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    reader = Reader(page())

    assert {"script", "link", "img", "iframe", "object"}.isdisjoint(reader.names)
    assert not re.search(r"url\(|@import|https?:", page())


def test_conditions_are_marked_where_they_stand_with_what_was_seen_in_each_namespace() -> None:
    marks = {title: "".join(words) for title, words in Reader(page()).marks.items()}

    assert marks["never true\nhost gate: true 0, false 1\nhost.web two: true 0, false 1"] == 'object.path == "/b"'
    assert marks["never true\nhost gate: true 0\nhost.web two: true 0"] == "inode_unlink"
    assert 'object.path == "/a"' in marks["never false\nhost gate: true 1, false 0\nhost.web two: true 1, false 0"]


def test_a_condition_over_two_lines_is_marked_on_both() -> None:
    text = TEXT.replace(
        'deny inode_unlink when object.path == "/a&b"', 'deny file_open when object.path ==\n        "/c"'
    )

    marks = ["".join(words) for words in Reader(page(text)).marks.values()]

    assert any("object.path ==" in each and '"/c"' in each for each in marks)


def test_the_margin_says_what_was_never_seen_and_where() -> None:
    shown = page()

    assert "never let anything through" not in shown
    assert '<b>gate#deny-1</b> <span class="none">never asked</span>' in shown
    assert "<summary>in 2 places</summary>" in shown


def test_a_policy_cannot_write_on_the_page() -> None:
    shown = page()

    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "/a&amp;b" in shown


def test_a_source_that_is_not_at_hand_leaves_the_numbers() -> None:
    package = checked(TEXT).require()
    coverage = Coverage([package])

    shown = coverage_document(coverage.covered(), Sources())

    assert "0 of 3" in shown
