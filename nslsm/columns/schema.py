"""The columns of a recording: their names and types, and the version of both (``docs/formats/requests.md``)."""

from types import ModuleType
from typing import TYPE_CHECKING, Final

from nslsm.diagnostics import Code
from nslsm.diagnostics.error import DiagnosticError

if TYPE_CHECKING:
    import pyarrow as pa

VERSION: Final = 1
"""The version that is written, and the newest that is read."""
KEY: Final = b"nslsm.requests"
"""Where the schema's metadata has the version."""
END: Final = b"nslsm.recording"
"""Where the end of the file has what is known once the recording has been read: a JSON object."""

ENTRIES: Final = ("subject", "program", "things", "meanwhile")
"""The columns whose entries are JSON."""

UNREADABLE: Final = Code("columns-unreadable")
NOT_HELD: Final = Code("columns-not-held")

SUFFIXES: Final = (".arrow", ".parquet")
"""What files of columns are called: Arrow's IPC format, and Parquet."""


class Missing(ImportError):
    """What columns are made of is not installed."""


class ColumnsError(DiagnosticError):
    """A file is no recording in columns, or cannot answer what it is asked."""


def pyarrow() -> "pa":
    """The library; :class:`Missing` where it is not installed."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - 50 MB: only who asks for columns pays for it
        import pyarrow.ipc  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise Missing("columns need pyarrow and numpy: install `nslsm[arrow]`") from error
    return pa


def numpy() -> ModuleType:
    """The library; :class:`Missing` where it is not installed."""
    try:
        import numpy as np  # noqa: PLC0415 - only who asks for columns pays for it
    except ImportError as error:
        raise Missing("columns need pyarrow and numpy: install `nslsm[arrow]`") from error
    return np


def schema() -> "pa.Schema":
    """One row for each system call, in the order in which they ended."""
    arrow = pyarrow()
    entry = arrow.dictionary(arrow.int32(), arrow.string())
    return arrow.schema(
        [
            ("line", arrow.int64()),
            ("time", arrow.float64()),
            ("result", arrow.int64()),
            ("call", entry),
            ("errno", entry),
            ("subject", entry),
            ("program", entry),
            ("things", entry),
            ("meanwhile", entry),
        ],
        metadata={KEY: str(VERSION)},
    )
