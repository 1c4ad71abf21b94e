"""What all wire formats share: strict frozen models, canonical JSON, and one clear error for what cannot be read.

A model is written as canonical JSON (:mod:`nslsm.audit.canonical`); what it does not have is left out. Equal values therefore
have equal bytes (Model M6.2), and no byte of them steers a terminal (Model, Trust).
"""

import json
from typing import ClassVar, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from nslsm.audit.canonical import canonical_json
from nslsm.diagnostics.diagnostic import Code
from nslsm.diagnostics.error import DiagnosticError

UNREADABLE_RECORD: Final = Code("unreadable-record")

SHOWN_FAULTS: Final = 5
"""How many of the faults of an unreadable record are told."""


class Model(BaseModel):
    """A part of a wire format: immutable, strictly typed, and closed to names that it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Document(Model):
    """A wire format that stands for itself: it says what it is, and in which version."""

    name: ClassVar[str]
    """What it is called, in its ``record`` field and in the name of its schema."""
    current: ClassVar[int] = 1
    """The version that this program writes, and the only one that it reads."""


M = TypeVar("M", bound=Document)


def canonical(model: Model) -> str:
    """The model as one line of canonical JSON, without a line's end."""
    return canonical_json(model.model_dump(mode="json", exclude_none=True))


def read(document: type[M], text: str | bytes) -> M:
    """The document that a line of JSON holds; DiagnosticError where it is none, or is of another version."""
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise unreadable(document.name, f"it is no JSON: {broken}") from None
    if not isinstance(head, dict) or head.get("record") != document.name:
        raise unreadable(document.name, f'it does not say `"record": "{document.name}"`')
    if head.get("version") != document.current:
        raise unreadable(
            document.name, f"it has version {head.get('version')!r}; this program reads version {document.current}"
        )
    try:
        return document.model_validate_json(text)
    except ValidationError as wrong:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in wrong.errors()[:SHOWN_FAULTS]]
        raise unreadable(document.name, *faults) from None


def unreadable(name: str, why: str, *notes: str) -> DiagnosticError:
    """The error for a record that cannot be used."""
    return DiagnosticError([UNREADABLE_RECORD.at(None, f"this is no {name} record: {why}", notes=notes)])
