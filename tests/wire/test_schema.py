"""The published schemas are those of the models, and the records are what the schemas say."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from nslsm.engine.evaluate import Walk
from nslsm.testing.events import Situation, situations
from nslsm.wire.base import Document, canonical
from nslsm.wire.forms import NoAddressForm, TaskForm, UnknownForm
from nslsm.wire.record import to_record
from nslsm.wire.schema import DOCUMENTS, file_name, publish, schema_text
from tests.wire.test_records import judged

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_published_schema_is_current(document: type[Document]) -> None:
    published = PUBLISHED / file_name(document)

    assert published.read_text(encoding="utf-8") == schema_text(document), (
        "write it anew with `python -m nslsm.wire.schema docs/schema`, and raise the version where readers would break"
    )


def test_nothing_is_published_that_no_format_has() -> None:
    assert sorted(path.name for path in PUBLISHED.iterdir()) == sorted(file_name(each) for each in DOCUMENTS)


def test_publishing_writes_every_schema(tmp_path: Path) -> None:
    publish(tmp_path / "schema")

    assert len(list((tmp_path / "schema").iterdir())) == len(DOCUMENTS)


@pytest.mark.parametrize("model", [UnknownForm, NoAddressForm, TaskForm])
def test_an_empty_object_is_no_value(model: type[UnknownForm | NoAddressForm | TaskForm]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate_json("{}")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations())
def test_a_record_is_what_its_schema_says(situation: Situation) -> None:
    schema = json.loads((PUBLISHED / "decision-1.json").read_text(encoding="utf-8"))
    record = json.loads(canonical(to_record(*judged(situation, Walk.FULL))))

    assert list(faults(record, schema, schema)) == []


def faults(value: object, schema: dict[str, object], whole: dict[str, object]) -> list[str]:
    """What of a JSON value a schema does not allow: the part of JSON Schema that the published ones use."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        schema = whole["$defs"][name] | {key: part for key, part in schema.items() if key != "$ref"}  # type: ignore[index]
    if "anyOf" in schema:
        tried = [faults(value, choice, whole) for choice in schema["anyOf"]]  # type: ignore[attr-defined]
        return [] if [] in tried else [f"{value!r} is none of the choices: {tried}"]
    known = {
        "$schema",
        "$id",
        "$defs",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "enum",
        "const",
        "minimum",
    }
    assert schema.keys() <= known, schema.keys() - known
    if "const" in schema and (value != schema["const"] or type(value) is not type(schema["const"])):
        return [f"{value!r} is not {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:  # type: ignore[operator]
        return [f"{value!r} is not in {schema['enum']!r}"]
    if "minimum" in schema and value < schema["minimum"]:  # type: ignore[operator]
        return [f"{value!r} is too small"]
    match schema.get("type"), value:
        case ("boolean", bool()) | ("string", str()) | (None, _):
            return []
        case ("integer", int()) | ("number", int() | float()) if not isinstance(value, bool):
            return []
        case "array", list():
            parts = schema.get("prefixItems") or [schema["items"]] * len(value)
            assert isinstance(parts, list)
            if len(parts) != len(value):
                return [f"{value!r} has {len(value)} parts"]
            return [fault for part, of in zip(value, parts, strict=True) for fault in faults(part, of, whole)]
        case "object", dict():
            return object_faults(value, schema, whole)
    return [f"{value!r} is no {schema.get('type')}"]


def object_faults(value: dict[str, object], schema: dict[str, object], whole: dict[str, object]) -> list[str]:
    properties = schema.get("properties", {})
    rest = schema.get("additionalProperties", False)
    assert isinstance(properties, dict)
    found = [f"{name} is missing" for name in schema.get("required", []) if name not in value]  # type: ignore[attr-defined]
    for name, part in value.items():
        of = properties.get(name, rest)
        found += faults(part, of, whole) if isinstance(of, dict) else [f"{name} is not known"]
    return found
