"""The JSON Schemas of the wire formats, as published in ``docs/schema``.

``python -m nslsm.wire.schema docs/schema`` writes them anew; a test holds the published ones against the models.
"""

import json
import sys
from pathlib import Path
from typing import Final

from nslsm.wire.base import Document
from nslsm.wire.coverage import CoverageRecord
from nslsm.wire.decision import DecisionRecord
from nslsm.wire.explanation import ExplanationRecord
from nslsm.wire.exploration import ExplorationRecord
from nslsm.wire.fidelity import FidelityRecord
from nslsm.wire.finding import FindingsRecord
from nslsm.wire.results import ResultsRecord
from nslsm.wire.semantics import SemanticsRecord
from nslsm.wire.simulation import ManifestRecord, MatrixRecord
from nslsm.wire.summary import SummaryRecord
from nslsm.wire.tree import TreeRecord

DOCUMENTS: Final[tuple[type[Document], ...]] = (
    DecisionRecord,
    SummaryRecord,
    FindingsRecord,
    ExplanationRecord,
    TreeRecord,
    ResultsRecord,
    CoverageRecord,
    SemanticsRecord,
    FidelityRecord,
    ManifestRecord,
    MatrixRecord,
    ExplorationRecord,
)
"""Every wire format that stands for itself."""


def file_name(document: type[Document]) -> str:
    """The published schema's name: one for each version, so that an older one stays readable."""
    return f"{document.name}-{document.current}.json"


def schema_text(document: type[Document]) -> str:
    """The schema of what is written and read, as text."""
    schema = document.model_json_schema(mode="serialization")
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": file_name(document), **schema}
    return json.dumps(_described(whole), indent=2, sort_keys=False, ensure_ascii=False) + "\n"


def _described(schema: object) -> object:
    """The schema as records are written: what a record does not have is left out, never null.

    The titles that only repeat a field's name are left out as well.
    """
    if isinstance(schema, list):
        return [_described(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    told = {
        key: _described(value)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str) or "properties" in schema
    }
    properties = schema.get("properties")
    if isinstance(properties, dict):
        told["required"] = [name for name, field in properties.items() if not _may_be_absent(field)]
    if "const" in told:
        told.pop("default", None)
    return _never_null(told)


def _may_be_absent(field: object) -> bool:
    return isinstance(field, dict) and "default" in field and field["default"] is None


def _never_null(schema: dict[str, object]) -> dict[str, object]:
    choices = schema.get("anyOf")
    if not _may_be_absent(schema) or not isinstance(choices, list):
        return schema
    known = [choice for choice in choices if choice != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**known[0], **rest} if len(known) == 1 else {"anyOf": known, **rest}


def publish(folder: Path) -> None:
    """Write all schemas into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for document in DOCUMENTS:
        (folder / file_name(document)).write_text(schema_text(document), encoding="utf-8")


if __name__ == "__main__":
    publish(Path(sys.argv[1]))
