"""Write jets to parquet: page checksums, one row group per batch, all or nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ecdsl.diagnostics import data_error
from ecdsl.events.columns import to_table
from ecdsl.events.schema import (
    CHECKSUM_KEY,
    LABEL_PREFIX,
    METADATA_KEY,
    EventsMetadata,
    metadata_checksum,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
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

    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    writer = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for batch in batches:
            table = to_table(batch)
            if writer is None:
                repetitive = [
                    c for c in table.column_names if c == "Q" or c.startswith(LABEL_PREFIX)
                ]
                writer = pq.ParquetWriter(
                    partial,
                    table.schema,
                    compression="zstd",
                    use_dictionary=repetitive,
                    write_page_checksum=True,
                )
                text = metadata.model_dump_json().encode()
                writer.add_key_value_metadata(
                    {METADATA_KEY: text, CHECKSUM_KEY: metadata_checksum(text)}
                )
            writer.write_table(table, row_group_size=max(1, table.num_rows))
        if writer is not None:
            writer.close()
        partial.replace(path)
    except OSError as error:
        raise data_error("D314", f"cannot write {path}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
