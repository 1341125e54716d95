"""Read jets from parquet, in fixed chunks of whole events, everything checked on the way in."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ecdsl.diagnostics import EcdslError, data_error
from ecdsl.events.batch import JetBatch, validate
from ecdsl.events.columns import NEEDED, OPTIONAL, from_table, number_column
from ecdsl.events.schema import (
    CHECKSUM_KEY,
    LABEL_PREFIX,
    METADATA_KEY,
    SCHEMA,
    WEIGHT_PREFIX,
    EventsMetadata,
    metadata_checksum,
)
from ecdsl.ir.nodes import Constituents, Particles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_MAGIC = b"PAR1"


@dataclass(frozen=True)
class EventsInfo:
    """What is in an event file.

    Attributes:
        path: The file.
        n_jets: Number of jets.
        n_events: Number of events.
        first_event: The id of the first event.
        last_event: The id of the last event.
        constituents: What the jets' columns hold; particles for files of other programs.
        has_charge: Whether constituents carry a charge.
        labels: The values of each simulation parameter that occur, in ascending order.
        metadata: What the file says about itself, None for files of other programs.
        size: Bytes of the file.
    """

    path: Path
    n_jets: int
    n_events: int
    first_event: int
    last_event: int
    constituents: Constituents
    has_charge: bool
    labels: dict[str, tuple[float, ...]]
    metadata: EventsMetadata | None
    size: int

    @cached_property
    def sha256(self) -> str:
        """Hash of the file's bytes, all of which are read where it is asked for."""
        try:
            with self.path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise _damaged(self.path, str(error)) from error


def describe(path: Path) -> EventsInfo:
    """Return what is in an event file, without reading the constituents.

    Raises:
        EcdslError: D304 to D309 as `read_events`.
    """
    with _opened(path) as (file, metadata):
        names = file.schema_arrow.names
        labels = [name for name in names if name.startswith(LABEL_PREFIX)]
        table = file.read(columns=["event", *labels])
        event = number_column(table, "event", np.int64, str(path))
        return EventsInfo(
            path=path,
            n_jets=table.num_rows,
            n_events=1 + int(np.count_nonzero(event[1:] != event[:-1])),
            first_event=int(event[0]),
            last_event=int(event[-1]),
            constituents=metadata.constituents if metadata else Particles(),
            has_charge="charge" in names,
            labels={
                name.removeprefix(LABEL_PREFIX): tuple(
                    np.unique(number_column(table, name, np.float64, str(path))).tolist()
                )
                for name in labels
            },
            metadata=metadata,
            size=path.stat().st_size,
        )


def read_metadata(path: Path) -> EventsMetadata | None:
    """Return what a file says about itself, None for files of other programs.

    Raises:
        EcdslError: D304 to D309 as `read_events`, except for damage to the jets themselves.
    """
    with _opened(path) as (_, metadata):
        return metadata


def weight_names(path: Path) -> tuple[str, ...]:
    """Return the variations of the generator that a file has weights for, in its order.

    Raises:
        EcdslError: D304 to D309 as `read_events`, except for damage to the jets themselves.
    """
    with _opened(path) as (file, _):
        names = file.schema_arrow.names
    return tuple(n.removeprefix(WEIGHT_PREFIX) for n in names if n.startswith(WEIGHT_PREFIX))


def read_events(path: Path, *, chunk_jets: int = 20000) -> Iterator[JetBatch]:
    """Iterate over the jets of a file in chunks of whole events.

    Where chunks end depends on the file's events and `chunk_jets` alone.

    Args:
        path: A parquet file with the columns that `write_events` lists; files of other programs
            need no metadata, and are taken to hold particles.
        chunk_jets: Most jets per chunk, unless one event has more.

    Raises:
        EcdslError: D304 for a file that is missing or no parquet, D305 for damage, D306 for missing
            columns, D307 for columns of the wrong type or missing values, D308 for another
            schema, D309 for a file without jets, D310 for events that are out of order, D331 for
            weights that differ within an event, and D301 to D303 for unphysical values.
    """
    with _opened(path) as (file, metadata):
        constituents = metadata.constituents if metadata else Particles()
        names = file.schema_arrow.names
        prefixes = (LABEL_PREFIX, WEIGHT_PREFIX)
        wanted = [n for n in names if n in (*NEEDED, *OPTIONAL) or n.startswith(prefixes)]
        measure = metadata.clustered_in if metadata else None
        last = None
        for table in _chunks(file.iter_batches(chunk_jets, columns=wanted), chunk_jets):
            batch = from_table(table, constituents, str(path), measure)
            last = _check_order(batch.event, last, path)
            _check_weights(batch, path)
            yield validate(batch, str(path))


def _chunks(record_batches: Iterator[Any], chunk_jets: int) -> Iterator[Any]:
    """Cut a stream of record batches into tables of whole events."""
    import pyarrow as pa

    pending = None
    for record_batch in record_batches:
        table = pa.Table.from_batches([record_batch])
        pending = pa.concat_tables([pending, table]) if pending else table
        while cut := _cut(pending["event"].to_numpy(), chunk_jets):
            yield pending.slice(0, cut)
            pending = pending.slice(cut)
    if pending:
        yield pending


def _cut(event: NDArray[np.int64], chunk_jets: int) -> int:
    """Return where the next chunk ends, 0 while that cannot be told yet."""
    if len(event) <= chunk_jets:
        return 0
    starts = np.flatnonzero(event[1:] != event[:-1]) + 1
    if len(starts) == 0:
        return 0
    whole_events = int(np.searchsorted(starts, chunk_jets, side="right"))
    return int(starts[max(0, whole_events - 1)])


def _check_order(event: NDArray[np.int64], last: int | None, path: Path) -> int:
    before = event[:1] if last is None else np.array([last])
    falls = np.diff(np.concatenate((before, event))) < 0
    if falls.any():
        jet = int(np.argmax(falls))
        raise data_error(
            "D310",
            f"{path}: event {event[jet]} comes after a larger event id",
            hint="sort the file by `event`, so that the jets of one event stand together",
        )
    return int(event[-1])


def _check_weights(batch: JetBatch, path: Path) -> None:
    same_event = batch.event[1:] == batch.event[:-1]
    for name, values in batch.weights.items():
        differs = same_event & (values[1:] != values[:-1])
        if differs.any():
            raise data_error(
                "D331",
                f"{path}: the rows of event {batch.event[int(np.argmax(differs))]} differ in the"
                f" column `{WEIGHT_PREFIX}{name}`",
                notes=(f"{int(differs.sum())} pairs of rows do",),
                hint="a generator's weight is that of the event: write it into each of its rows",
            )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, EventsMetadata | None]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    _check_magic(path)
    try:
        # Else all of the file stays in memory until its end.
        with pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
            metadata = _metadata(file, path)
            _check_columns(file, path)
            yield file, metadata
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error


def _check_magic(path: Path) -> None:
    remedy = "give a parquet file, such as `ecdsl simulate` writes"
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
            size = stream.seek(0, 2)
            stream.seek(max(0, size - 4))
            tail = stream.read(4)
    except OSError as error:
        raise data_error("D304", f"cannot open {path}: {error.strerror}", hint=remedy) from error
    if size == 0:
        raise data_error("D309", f"{path} is empty", hint=remedy)
    if head != _MAGIC:
        raise data_error(
            "D304", f"{path} is not a parquet file: it starts with {head!r}", hint=remedy
        )
    if tail != _MAGIC:
        raise _damaged(path, "the end of the file is missing")


def _metadata(file: Any, path: Path) -> EventsMetadata | None:
    stored = file.metadata.metadata or {}
    text = stored.get(METADATA_KEY)
    if text is None and CHECKSUM_KEY not in stored:
        return None
    if text is None or stored.get(CHECKSUM_KEY) != metadata_checksum(text):
        raise _damaged(path, "its description does not match its checksum")
    schema = json.loads(text).get("schema")
    if schema != SCHEMA:
        raise data_error(
            "D308",
            f"{path} has the schema {schema}, and this version reads {SCHEMA}",
            hint="use the version of ecdsl that wrote it, or simulate again",
        )
    metadata = EventsMetadata.model_validate_json(text)
    if metadata.n_jets != file.metadata.num_rows:
        raise _damaged(path, f"{file.metadata.num_rows} of {metadata.n_jets} jets are there")
    for prefix, told in ((LABEL_PREFIX, metadata.labels), (WEIGHT_PREFIX, metadata.weights)):
        found = [n.removeprefix(prefix) for n in file.schema_arrow.names if n.startswith(prefix)]
        if set(told) != set(found):
            raise _damaged(path, f"its columns `{prefix}..` are not {', '.join(told) or 'none'}")
    return metadata


def _check_columns(file: Any, path: Path) -> None:
    found = file.schema_arrow.names
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise data_error(
            "D306",
            f"{path} has no column {', '.join(f'`{name}`' for name in missing)}",
            notes=(f"columns found: {', '.join(found)}", f"columns needed: {', '.join(NEEDED)}"),
            hint="px, py, pz, E are lists in GeV, one entry per constituent; Q is the hard scale "
            "in GeV; event numbers the events",
        )
    repeated = sorted({name for name in found if found.count(name) > 1})
    if repeated:
        raise data_error(
            "D307",
            f"{path} has several columns of the name {', '.join(f'`{name}`' for name in repeated)}",
            hint="keep one of them",
        )
    if file.metadata.num_rows == 0:
        raise data_error("D309", f"{path} holds no jets", hint="check what wrote it")


def _damaged(path: Path, what: str) -> EcdslError:
    return data_error(
        "D305",
        f"{path} is damaged: {what}",
        hint="copy it again from its source, or remove it and simulate again",
    )
