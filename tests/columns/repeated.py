"""A recording in columns, its rows again and again, with lines and times of their own: long recordings for tests."""

from json import dumps, loads
from pathlib import Path

from nslsm.columns.schema import END, ENTRIES, numpy, pyarrow, schema


def repeated(columns: Path, path: Path, times: int, batch: int = 1 << 16) -> Path:
    """The rows of ``columns``, an Arrow file, ``times`` over, so many to a batch. What had no line has none."""
    arrow, arrays = pyarrow(), numpy()
    file = arrow.ipc.open_file(str(columns))
    metadata = file.get_batch_with_custom_metadata(file.num_record_batches - 1).custom_metadata
    (once,) = file.read_all().unify_dictionaries().combine_chunks().to_batches()
    rows = times * once.num_rows
    told = dumps(loads(metadata[END]) | {"events": rows}).encode()
    writer = (
        arrow.parquet.ParquetWriter(path, schema(), use_dictionary=list(ENTRIES))
        if path.suffix == ".parquet"
        else arrow.ipc.new_file(str(path), schema())
    )
    with writer:
        for first in range(0, rows, batch):
            numbers = arrays.arange(first, min(rows, first + batch))
            part = once.take(arrow.array(numbers % once.num_rows))
            part = part.set_column(0, "line", arrow.array(numbers + 1))
            part = part.set_column(1, "time", arrow.array(numbers / 1000)).cast(schema())
            if path.suffix == ".parquet":
                writer.write_batch(part)
            elif first + batch >= rows:
                writer.write_batch(part, custom_metadata={END: told})
            else:
                writer.write_batch(part)
        if path.suffix == ".parquet":
            writer.add_key_value_metadata({END: told})
    return path
