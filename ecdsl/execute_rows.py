"""Rows of a histogram: what one event put into each cell, or a few events next to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ecdsl.events.batch import JetBatch


@dataclass(frozen=True)
class Rows:
    """What each event of a batch, or a few of them together, put into each cell.

    Attributes:
        rows: (n_rows, n_cells) flow included.
        sizes: (n_rows,) events in each row.
        n_jets: Jets that were looked at (events, where tuples are drawn per event).
        n_undefined: Tuples in the overflow of an axis on which they have no value (0/0).
        labels: Per simulation parameter, (n_rows,).
        weights: Per variation of the generator, (n_rows,) of the first event of each row.
    """

    rows: NDArray[np.float64]
    sizes: NDArray[np.int64]
    n_jets: int
    n_undefined: int
    labels: Mapping[str, NDArray[np.float64]]
    weights: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Sharing:
    """The rows of some jets.

    Attributes:
        row: (n_jets,) the row of each.
        first: (n_rows,) the first jet of each row.
        sizes: (n_rows,) how many events each row holds.
    """

    row: NDArray[np.int64]
    first: NDArray[np.int64]
    sizes: NDArray[np.int64]


def sharing(batch: JetBatch, together: int) -> Sharing:
    """Return the rows of jets, of up to `together` events each, that have the same labels."""
    event, n_events = batch.event_index()
    first = np.searchsorted(event, np.arange(n_events))
    new = np.zeros(n_events, dtype=bool)
    for column in batch.labels.values():
        new[1:] |= column[first][1:] != column[first][:-1]
    new[:1] = True
    starts = np.flatnonzero(new)
    within = np.arange(n_events) - starts[np.cumsum(new) - 1]
    of_event = np.cumsum(within % together == 0) - 1
    firsts = np.flatnonzero(within % together == 0)
    sizes = np.diff(np.append(firsts, n_events))
    return Sharing(row=of_event[event], first=first[firsts], sizes=sizes)


def checked(
    name: str,
    batch: JetBatch,
    shared: Sharing,
    rows: NDArray[np.float64],
    n_undefined: int,
) -> Rows:
    """Return the filled rows of an observable.

    Raises:
        EcdslError: D319 for a content that is no finite number.
    """
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        bad = int(np.argmin(finite))
        among = f"one of {shared.sizes[bad]} events from " if shared.sizes[bad] > 1 else "event "
        raise data_error(
            "D319",
            f"{batch.origin}{among}{batch.event[shared.first[bad]]} adds a weight to"
            f" `{name}` that is no finite number",
            notes=(f"{int((~finite).sum())} of {len(rows)} rows of this chunk do",),
            hint="leave out where the weight divides by 0, e.g. by `window pt_jet > 1 GeV`",
        )
    labels = {label: column[shared.first] for label, column in batch.labels.items()}
    weights = {name: column[shared.first] for name, column in batch.weights.items()}
    return Rows(rows, shared.sizes, batch.n_jets, n_undefined, labels, weights)
