"""JSON is read strictly, with places, and in bounds."""

from pathlib import Path

import pytest

from nslsm.diagnostics import DiagnosticError
from nslsm.importers.oci.document import MAX_BYTES, Document, read


def fault(text: str) -> tuple[str, int, int]:
    with pytest.raises(DiagnosticError) as caught:
        Document("c", text).read()
    (found,) = caught.value.diagnostics
    assert found.span is not None
    return found.code.name, found.span.line, found.span.column


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ('{"a": 1,\n "a": 2}', "oci-syntax", 2, 2),
        ('{"a": NaN}', "oci-syntax", 1, 7),
        ('{"a": Infinity}', "oci-syntax", 1, 7),
        ('{"a" 1}', "oci-syntax", 1, 6),
        ("[1,]", "oci-syntax", 1, 4),
        ("[1", "oci-syntax", 1, 3),
        ("[01]", "oci-syntax", 1, 3),
        ('{"a": "b', "oci-syntax", 1, 7),
        ("", "oci-syntax", 1, 1),
        ("{} {}", "oci-syntax", 1, 4),
        ("[" * 100_000, "oci-over-limit", 1, 66),
        ("9" * 5000, "oci-over-limit", 1, 1),
    ],
    ids=range(12),
)
def test_what_is_no_json_is_one_error_with_its_place(text: str, code: str, line: int, column: int) -> None:
    assert fault(text) == (code, line, column)


def test_values_know_where_they_stand_and_what_they_are_called() -> None:
    node = Document("c", '{"process": {\n  "user": {"uid": 7}}}').read().find("process", "user", "uid")

    assert node is not None
    assert (node.number(), node.path, node.span.place) == (7, "process.user.uid", "c:2:19")


@pytest.mark.parametrize("value", ['"0"', "true", "1.5", "-1", "18446744073709551616"])
def test_what_is_no_number_is_an_error_there(value: str) -> None:
    node = Document("c", f'{{"uid": {value}}}').read().get("uid")

    assert node is not None
    with pytest.raises(DiagnosticError, match="uid"):
        node.number()


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES * 100)

    with pytest.raises(DiagnosticError, match="larger than 16 MiB"):
        read(path)
