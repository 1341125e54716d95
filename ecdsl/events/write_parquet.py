"""Write jets to parquet: page checksums, one row group per batch, all or nothing."""

from __future__ import annotations

import os
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from ecdsl.diagnostics import data_error
from ecdsl.events.columns import MOMENTA, to_table
from ecdsl.events.schema import (
    CHECKSUM_KEY,
    LABEL_PREFIX,
    METADATA_KEY,
    EventsMetadata,
    metadata_checksum,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ecdsl.events.batch import JetBatch


def write_events(path: Path, batches: Iterable[JetBatch], metadata: EventsMetadata) -> None:
    """Write batches as the row groups of one file; the file appears when it is complete.

    The columns are `px, py, pz, E` (lists of float64, GeV, one entry per constituent), `charge`
    where known, `Q` (GeV), `event` (int64), and `label_NAME` for each simulation parameter. A
    reader that verifies page checksums detects any flipped bit.

    Args:
        path: The file to write; an existing one is replaced.
        batches: At least one; events must not straddle two of them.
        metadata: What the file says about itself.

    Raises:
        EcdslError: D314 if the file cannot be written.
    """
    import pyarrow.parquet as pq

    tables = (to_table(batch) for batch in batches)
    first = next(tables)
    text = metadata.model_dump_json().encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            _renamed_when_complete(path) as partial,
            pq.ParquetWriter(
                partial,
                first.schema,
                compression="zstd",
                use_dictionary=["Q", *(LABEL_PREFIX + name for name in metadata.labels)],
                # The bytes of momenta that compress stand together: smaller, and read faster.
                use_byte_stream_split=[f"{name}.list.element" for name in MOMENTA],
                write_page_checksum=True,
            ) as writer,
        ):
            for table in chain([first], tables):
                writer.write_table(table, row_group_size=max(1, table.num_rows))
            writer.add_key_value_metadata(
                {METADATA_KEY: text, CHECKSUM_KEY: metadata_checksum(text)}
            )
    except OSError as error:
        raise data_error("D314", f"cannot write {path}: {error}") from error


@contextmanager
def _renamed_when_complete(path: Path) -> Iterator[Path]:
    """Yield a temporary name in the same folder; a reader sees the old file or the new one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
