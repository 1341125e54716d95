"""One pass over the events that fills several observables, each event's bins side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.events.read_parquet import read_events
from ecdsl.events.selection import require_directions, select_constituents
from ecdsl.execute import chunk_size, count_jets, filler, in_order, inner, n_cells
from ecdsl.ir.columns import correlator_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.events.batch import JetBatch
    from ecdsl.ir.nodes import Correlator, Group


@dataclass(frozen=True)
class JointRows:
    """What each event of a batch put into the bins of each observable.

    Attributes:
        rows: (n_events, n_all) the bins of one observable after another, without flow.
        n_jets: Jets that were looked at (events, where all observables draw tuples per event).
        n_undefined: Tuples of all observables without a value on an axis.
    """

    rows: NDArray[np.float64]
    n_jets: int
    n_undefined: int


def joint_rows(
    manifests: Sequence[Manifest],
    build: Path,
    events: Sequence[Path],
    *,
    points: Sequence[Mapping[str, float]],
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[JointRows]:
    """Yield the rows of all events, chunk by chunk in the order of the files.

    Events are read once, and constituents are clustered and selected once for all correlators that
    sum over the same ones.

    Args:
        manifests: The observables.
        build: The build folder with their kernels.
        events: Parquet files of jets.
        points: The values of each observable's parameters.
        workers: Threads.
        progress: Told (jets done, jets in all).

    Raises:
        EcdslError: D208 for an observable without a histogram, D3xx for events that cannot be used.
    """
    fillers = [filler(m, build, [point]) for m, point in zip(manifests, points, strict=True)]
    correlators = [manifest.observable.correlator for manifest in manifests]

    def run(batches: Sequence[JetBatch]) -> JointRows:
        filled = [fill(batch)[0] for fill, batch in zip(fillers, batches, strict=True)]
        bins = [inner(m, found.rows) for m, found in zip(manifests, filled, strict=True)]
        n_undefined = sum(found.n_undefined for found in filled)
        n_jets = max(found.n_jets for found in filled)
        return JointRows(np.concatenate(bins, axis=1), n_jets, n_undefined)

    row_bytes = 8 * sum(n_cells(manifest) for manifest in manifests)
    group: Group = "event" if all(c.group == "event" for c in correlators) else "jet"
    total, done = count_jets(events, group), 0
    for rows in in_order(run, _chosen(correlators, events, chunk_size(row_bytes)), workers):
        yield rows
        done += rows.n_jets
        if progress:
            progress(done, total)


def _chosen(
    correlators: Sequence[Correlator], events: Sequence[Path], chunk_jets: int
) -> Iterator[tuple[JetBatch, ...]]:
    """Yield some jets as each correlator sums over them."""
    for path in events:
        for batch in read_events(path, chunk_jets=chunk_jets):
            known: dict[Hashable, JetBatch] = {}
            for correlator in correlators:
                kind = _constituents(correlator)
                if kind not in known:
                    known[kind] = select_constituents(batch, correlator)
                require_directions(known[kind], correlator_alone(correlator))
            yield tuple(known[_constituents(correlator)] for correlator in correlators)


def _constituents(c: Correlator) -> Hashable:
    """Return what decides which constituents of an event a correlator sums over."""
    return (c.constituents, c.group, c.where, c.hardest, c.measure, c.ranked)
