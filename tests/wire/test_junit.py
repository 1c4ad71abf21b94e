"""JUnit XML: what its readers agree on, and nothing that XML cannot hold."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nslsm.library import Library, Selection, Written
from nslsm.resources import policies_root
from nslsm.simulation.cases import Result, run_case
from nslsm.wire.junit import to_junit
from tests.audit.samples import TEXT

TESTS = """
test "a visitor opens no chart" { task visitor in host.ward { uid = 7 }  visitor open "/srv/phi/7" -> allow }
test "programs run" { task visitor in host { uid = 7 }  visitor exec "/usr/bin/ehr" -> allow }
"""

REQUIRED = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"classname", "name", "time", "file", "line"},
    "failure": {"message", "type"},
}
"""The elements and their attributes, as in the schemas that Jenkins, GitLab and Surefire publish."""

INSIDE = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure"}, "failure": set()}


def results() -> list[Result]:
    checked = Selection(
        ("ward",), Library((policies_root(),), {"ward": Written(Path("/nowhere"), TEXT + TESTS)})
    ).check()
    return [replace(run_case(case), seconds=0.25) for case in checked.require().tests]


def document(known: list[Result], text: str = "at length") -> ET.Element:
    return ET.fromstring(to_junit(known, lambda _: text).encode())


def test_it_has_the_structure_that_readers_expect() -> None:
    root = document(results())

    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.attrib) == REQUIRED[element.tag]
        assert {child.tag for child in element} <= INSIDE[element.tag]
    for element in [root, *root.iter("testsuite")]:
        inside = list(element.iter("testcase"))
        assert int(element.attrib["tests"]) == len(inside) == 2
        assert (
            int(element.attrib["failures"]) == len([case for case in inside if case.find("failure") is not None]) == 1
        )
        assert float(element.attrib["time"]) == pytest.approx(sum(float(case.attrib["time"]) for case in inside))


def test_a_case_says_which_test_it_is_and_a_failure_what_did_not_hold() -> None:
    first, second = document(results()).iter("testcase")
    failure = first.find("failure")

    line = (TEXT + TESTS).split("\n").index(TESTS.split("\n")[1]) + 1
    assert (first.get("classname"), first.get("name")) == ("ward", "a visitor opens no chart")
    assert (first.get("file"), first.get("line")) == ("<standard input>", str(line))
    assert failure is not None
    assert failure.text == "at length"
    assert "expected allow, got deny EACCES by charts#confine-1 in host.ward" in failure.attrib["message"]
    assert list(second) == []


def test_what_xml_cannot_hold_is_written_out() -> None:
    (failed, _) = results()
    hostile = replace(failed.case, title='\x00\x1b[2J\ud800 <a b="c">&amp;\ufffe')

    (case,) = document([replace(failed, case=hostile)], "\x07]]>").iter("testcase")

    assert case.get("name") == '\\x00\\x1b[2J\\u{d800} <a b="c">&amp;\\u{fffe}'
    assert case.find("failure").text == "\\x07]]>"


def test_two_runs_differ_in_nothing_but_times() -> None:
    known = results()

    assert to_junit(known, lambda _: "x") == to_junit(results(), lambda _: "x")
    assert to_junit(known, lambda _: "x") != to_junit([replace(each, seconds=9) for each in known], lambda _: "x")


def test_each_module_is_a_suite() -> None:
    first, second = results()
    other = replace(second, case=replace(second.case, module="other"))

    assert [suite.get("name") for suite in document([first, other, first])] == ["ward", "other"]
