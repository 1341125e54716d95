"""One pass over the events that fills several observables.

What costs most of a pass is shared: events are read and checked once, and constituents are
clustered and selected once for all correlators that sum over the same ones. Each observable keeps
the kernel that is best for it alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.events.read_parquet import read_events
from ecdsl.events.selection import select_constituents
from ecdsl.execute import (
    chunk_size,
    count_jets,
    filler,
    n_cells,
    parameter_values,
    resolution_error,
)
from ecdsl.in_order import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.events.batch import JetBatch
    from ecdsl.execute_rows import Rows
    from ecdsl.ir.nodes import Correlator, Group


def iterate_together(
    manifests: Sequence[Manifest],
    build: Path,
    events: Sequence[Path],
    *,
    points: Sequence[Mapping[str, float]],
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[Rows, ...]]:
    """Yield the rows of each observable, chunk by chunk in the order of the files.

    They are those of `ecdsl.execute.iterate_rows` to the last bit.

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

    def run(batches: Sequence[JetBatch]) -> tuple[Rows, ...]:
        return tuple(fill(batch)[0] for fill, batch in zip(fillers, batches, strict=True))

    row_bytes = 8 * sum(n_cells(manifest) for manifest in manifests)
    group: Group = "event" if all(c.group == "event" for c in correlators) else "jet"
    total, done = count_jets(events, group), 0
    for rows in in_order(run, _chosen(correlators, events, chunk_size(row_bytes)), workers):
        yield rows
        done += max(one.n_jets for one in rows)
        if progress:
            progress(done, total)


def approximations(manifests: Sequence[Manifest], build: Path, events: Path) -> tuple[str, ...]:
    """Return how far the observables that are summed over dynamic subjets are off, in sentences."""
    errors = ((m, resolution_error(m, build, [events], parameter_values(m, {}))) for m in manifests)
    return tuple(f"{manifest.name}: {error.remark()}" for manifest, error in errors if error)


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
            yield tuple(known[_constituents(correlator)] for correlator in correlators)


def _constituents(c: Correlator) -> Hashable:
    """Return what decides which constituents of an event a correlator sums over."""
    resolved = c.resolution is not None
    return (c.constituents, c.group, c.where, c.hardest, c.measure, c.ranked, resolved)
