"""One pass over the events that fills several observables, each event's bins side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.execute import inner
from ecdsl.execute_together import iterate_together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest


@dataclass(frozen=True)
class JointRows:
    """What each event of a batch put into the bins of each observable.

    Attributes:
        rows: (n_events, n_all) the bins of one observable after another, without flow.
        n_jets: Jets that were looked at (events, where all observables draw tuples per event).
        n_undefined: Tuples of all observables without a value on an axis.
        weights: Per variation of the generator, (n_events,).
    """

    rows: NDArray[np.float64]
    n_jets: int
    n_undefined: int
    weights: Mapping[str, NDArray[np.float64]]


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
    for filled in iterate_together(
        manifests, build, events, points=points, workers=workers, progress=progress
    ):
        bins = [inner(m, found.rows) for m, found in zip(manifests, filled, strict=True)]
        yield JointRows(
            np.concatenate(bins, axis=1),
            n_jets=max(found.n_jets for found in filled),
            n_undefined=sum(found.n_undefined for found in filled),
            weights=filled[0].weights,
        )
