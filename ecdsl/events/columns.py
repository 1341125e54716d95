"""Between jets in memory and the columns of a parquet file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.events.batch import JetBatch
from ecdsl.events.schema import LABEL_PREFIX, WEIGHT_PREFIX

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.ir.nodes import Constituents, Measure

MOMENTA = ("px", "py", "pz", "E")
NEEDED = (*MOMENTA, "Q", "event")
LISTS = (*MOMENTA, "charge", "pdgid")
# Charge and species: what a file may hold besides momenta.
OPTIONAL = ("charge", "pdgid")


def to_table(batch: JetBatch) -> Any:
    """Return the arrow table of a batch, one row per jet."""
    import pyarrow as pa

    offsets = pa.array(batch.offsets.astype(np.int32))

    def lists(values: NDArray[Any]) -> Any:
        # Where no value can be missing, a reader need not ask of each whether it is.
        element = pa.field("element", pa.from_numpy_dtype(values.dtype), nullable=False)
        return pa.ListArray.from_arrays(offsets, pa.array(values), type=pa.list_(element))

    species = None if batch.pdgid is None else batch.pdgid.astype(np.int32)
    held = (batch.px, batch.py, batch.pz, batch.energy, batch.charge, species)
    columns = {
        name: lists(values) for name, values in zip(LISTS, held, strict=True) if values is not None
    }
    columns["Q"] = pa.array(batch.scale)
    columns["event"] = pa.array(batch.event)
    for name, values in batch.labels.items():
        columns[LABEL_PREFIX + name] = pa.array(values)
    for name, values in batch.weights.items():
        columns[WEIGHT_PREFIX + name] = pa.array(values)
    return pa.table(columns)


def from_table(
    table: Any, constituents: Constituents, origin: str, measure: Measure | None = None
) -> JetBatch:
    """Return the batch of an arrow table, its columns checked and cast.

    Args:
        table: The columns `NEEDED`, optionally `charge`, `pdgid`, labels and weights.
        constituents: What the rows hold.
        origin: What to call the source in a message.
        measure: The geometry of subjets, where it is known.

    Raises:
        EcdslError: D307 for missing values, columns of the wrong type, and lists of one jet that
            differ in length.
    """
    offsets, px = _lists(table, "px", np.float64, origin)
    others: dict[str, NDArray[Any]] = {}
    for name in LISTS[1:]:
        if name in table.column_names:
            kind = np.int64 if name == "pdgid" else np.float64
            starts, others[name] = _lists(table, name, kind, origin)
            _same_lengths(offsets, starts, name, origin)

    def numbers(prefix: str) -> dict[str, NDArray[np.float64]]:
        return {
            name.removeprefix(prefix): number_column(table, name, np.float64, origin)
            for name in table.column_names
            if name.startswith(prefix)
        }

    return JetBatch(
        offsets=offsets,
        px=px,
        py=others["py"],
        pz=others["pz"],
        energy=others["E"],
        charge=others.get("charge"),
        pdgid=others.get("pdgid"),
        scale=number_column(table, "Q", np.float64, origin),
        event=number_column(table, "event", np.int64, origin),
        labels=numbers(LABEL_PREFIX),
        weights=numbers(WEIGHT_PREFIX),
        constituents=constituents,
        measure=measure,
        origin=f"{origin}: ",
    )


def _lists(
    table: Any, name: str, dtype: type[Any], origin: str
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    import pyarrow as pa

    array = _cast(table, name, pa.large_list(pa.from_numpy_dtype(dtype)), origin)
    values = array.flatten()
    if values.null_count:
        raise _missing_values(name, int(values.null_count), origin)
    starts = array.offsets.to_numpy()
    return (starts - starts[0]).astype(np.int64), values.to_numpy()


def number_column(table: Any, name: str, dtype: type[Any], origin: str) -> NDArray[Any]:
    """Return a column of one number per jet, cast to `dtype`.

    Raises:
        EcdslError: D307 for missing values, labels and weights that are not finite, and for what
            cannot be cast without loss.
    """
    import pyarrow as pa

    array = _cast(table, name, pa.from_numpy_dtype(dtype), origin)
    numbers: NDArray[Any] = array.to_numpy()
    if name.startswith((LABEL_PREFIX, WEIGHT_PREFIX)) and not np.isfinite(numbers).all():
        count = int((~np.isfinite(numbers)).sum())
        raise data_error(
            "D307",
            f"{origin}: the column `{name}` has {count} values that are not finite",
            hint="leave the column out where its values are not known",
        )
    return numbers


def _cast(table: Any, name: str, wanted: Any, origin: str) -> Any:
    import pyarrow as pa

    column = table[name]
    if column.null_count:
        raise _missing_values(name, int(column.null_count), origin)
    held = column.type
    is_list = pa.types.is_list(held) or pa.types.is_large_list(held)
    element = held.value_type if is_list or pa.types.is_fixed_size_list(held) else held
    try:
        # Text and dates would be cast as well, to numbers that nobody meant.
        if pa.types.is_integer(element) or pa.types.is_floating(element):
            cast = column.cast(wanted)
            # Combining copies, also where there is one chunk.
            return cast.chunk(0) if cast.num_chunks == 1 else cast.combine_chunks()
        reason = "not numbers"
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        reason = str(error)
    raise data_error(
        "D307",
        f"{origin}: the column `{name}` holds {held}: {reason}",
        hint=f"write it as {wanted}",
    )


def _missing_values(name: str, count: int, origin: str) -> Exception:
    return data_error(
        "D307",
        f"{origin}: the column `{name}` has {count} missing values",
        hint="drop these jets, or fill in the values, before writing the file",
    )


def _same_lengths(
    first: NDArray[np.int64], other: NDArray[np.int64], name: str, origin: str
) -> None:
    if not np.array_equal(first, other):
        jet = int(np.argmax(first != other)) - 1
        raise data_error(
            "D307",
            f"{origin}: the list `{name}` of jet {jet} differs in length from `px`",
            hint="each constituent needs one entry in every list column",
        )
