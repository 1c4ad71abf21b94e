"""Results as JUnit XML, the form that continuous integration reads: a suite for each module, a case for each test.

It has no one schema; what is written here is what the common readers agree on. Apart from times it is the same for the same
results, and characters that XML cannot hold are written out.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from nslsm.diagnostics.escape import escape_character
from nslsm.simulation.cases import Result

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, written in any way: https://www.w3.org/TR/xml/#charsets."""


def to_junit(results: Sequence[Result], text_of: Callable[[Result], str]) -> str:
    """The results as a document; ``text_of`` says at length what did not hold of a test that failed."""
    root = Element("testsuites", {"name": "nslsm", **_counts(results)})
    for module in dict.fromkeys(result.case.module for result in results):
        inside = [result for result in results if result.case.module == module]
        suite = SubElement(root, "testsuite", {"name": xml_text(module), **_counts(inside)})
        for result in inside:
            _case(suite, result, text_of)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def xml_text(text: str) -> str:
    r"""The text with everything that XML cannot hold written out.

    >>> xml_text("a\x1b[31m\ud800b")
    'a\\x1b[31m\\u{d800}b'
    """
    return _FORBIDDEN.sub(lambda found: escape_character(found.group()), text)


def _counts(results: Sequence[Result]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(not result.passed for result in results)),
        "errors": "0",
        "skipped": "0",
        "time": _seconds(sum(result.seconds for result in results)),
    }


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _case(suite: Element, result: Result, text_of: Callable[[Result], str]) -> None:
    case = result.case
    about = {
        "classname": case.module,
        "name": case.title,
        "time": _seconds(result.seconds),
        "file": case.span.source,
        "line": str(case.span.line),
    }
    element = SubElement(suite, "testcase", {name: xml_text(value) for name, value in about.items()})
    if not result.passed:
        reasons = "; ".join(reason for failure in result.failures for reason in failure.reasons)
        failure = SubElement(element, "failure", {"message": xml_text(reasons), "type": "expectation"})
        failure.text = xml_text(text_of(result))
