"""The full correlator: tuples in cells of all their sides at once, of equal weight each.

A jet of 30 particles has 4,000 triplets, of which a hundredth carry nine tenths of the weight: they
are thinned without bias (`surrogate/collect.py`), which leaves information almost as it is and can
add none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis.shapes import BLOCKS
from ecdsl.artifacts.load import load_kernel
from ecdsl.events.read_parquet import describe
from ecdsl.execute import batches
from ecdsl.in_order import in_order
from ecdsl.inference.fisher import Moments
from ecdsl.surrogate.collect import thin, thinning_for
from ecdsl.surrogate.integrate import sobol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ecdsl.analysis.samples import Report
    from ecdsl.analysis.shapes import Judge
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.events.batch import JetBatch
    from ecdsl.surrogate.surrogate import Surrogate
    from ecdsl.surrogate.thinned import Thinned

    Array = NDArray[np.float64]

# So many cells, or a few less or more: six parts of each of three sides.
CELLS = 216
# Tuples that are kept of each jet, on average.
PER_JET = 256
# Points at which a surrogate is summed into cells, some 5,000 of them in each.
SOBOL = 1 << 20
# Half the difference that a surrogate's slope is taken over, as a share of its range.
STEP = 0.1
# Jets that are filled at once; the first of them decide where cells end.
CHUNK_JETS = 5000


@dataclass(frozen=True)
class Cells:
    """Cells of equal weight, nested: of the longest side, within each of the next, and so on.

    Attributes:
        edges: One element for each side, longest first, (cells so far, parts - 1) inner edges.
    """

    edges: tuple[NDArray[np.float64], ...]

    @classmethod
    def of(cls, sides: NDArray[np.float64], weights: NDArray[np.float64]) -> Cells:
        """Return cells of equal weight for some tuples, with (n, n_sides) sorted sides."""
        parts = max(2, round(CELLS ** (1 / sides.shape[1])))
        cells, index = cls(()), np.zeros(len(sides), dtype=np.int64)
        for column in sides.T[::-1]:
            groups = range(parts ** len(cells.edges))
            rows = [_quantiles(column[index == k], weights[index == k], parts) for k in groups]
            cells = cls((*cells.edges, np.array(rows)))
            index = cells(sides)
        return cells

    def __call__(self, sides: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the cell of each tuple, (n,)."""
        index = np.zeros(len(sides), dtype=np.int64)
        for column, edges in zip(sides.T[::-1], self.edges, strict=False):
            passed = (column[:, None] >= edges[index]).sum(axis=1)
            index = index * (edges.shape[1] + 1) + passed
        return index

    @property
    def n(self) -> int:
        """Their number."""
        return self.edges[-1].size + len(self.edges[-1])


def moments_of_sides(manifest: Manifest, judge: Judge, report: Report) -> tuple[Cells, Moments]:
    """Return cells of an observable's correlator without windows, and the moments of events there.

    Args:
        manifest: An observable with a list of its tuples.
        judge: Names the events.
        report: Told (jets done, jets in all).
    """
    kernel = load_kernel(judge.build, manifest.kernels["tuples"])
    threshold = thinning_for(manifest, kernel, judge.events, PER_JET).threshold
    pilot = thin(manifest, kernel, next(_chunks(manifest, judge)), threshold, 0)
    cells = Cells.of(pilot.sides, pilot.weights)
    info = describe(judge.events)
    moments = Moments.empty(np.array(sorted(info.labels[judge.parameter])), BLOCKS, cells.n)

    def fill(numbered: tuple[int, JetBatch]) -> tuple[JetBatch, NDArray[np.float64]]:
        number, batch = numbered
        return batch, _rows(cells, thin(manifest, kernel, batch, threshold, number), batch)

    done = 0
    for batch, rows in in_order(fill, enumerate(_chunks(manifest, judge)), judge.workers):
        moments.spread(batch.labels[judge.parameter][_first_jets(batch)], rows)
        done += batch.n_jets
        report(done, info.n_jets)
    return cells, moments


def slope_of_sides(cells: Cells, surrogate: Surrogate, parameter: str, at: float) -> Array:
    """Return (n_cells,) the change of each cell's content with the parameter by a surrogate.

    A central difference, with the same Sobol points on either side: their noise drops out.

    Args:
        cells: Of the correlator's sides.
        surrogate: Of the same correlator, in one parameter.
        parameter: Its name.
        at: Where in its range.
    """
    (low,), (high,) = surrogate.total_weight.lower, surrogate.total_weight.upper
    step = STEP * (high - low)
    ends = max(at - step, low), min(at + step, high)
    cube = sobol(surrogate.chart.dimension, SOBOL, seed=0)
    reader = surrogate.reader()
    places = reader.places(cube)
    index = cells(surrogate.chart.from_cube(cube).numpy())
    contents = []
    for value in ends:
        context = surrogate.context({parameter: value})
        density = reader.density(surrogate, context)(places)[0].numpy()
        filled = np.bincount(index, weights=density, minlength=cells.n) / SOBOL
        contents.append(surrogate.weight_per_event(context) * filled)
    return np.asarray((contents[1] - contents[0]) / (ends[1] - ends[0]), dtype=np.float64)


def _chunks(manifest: Manifest, judge: Judge) -> Iterator[JetBatch]:
    return batches(manifest, [judge.events], CHUNK_JETS)


def _rows(cells: Cells, tuples: Thinned, batch: JetBatch) -> NDArray[np.float64]:
    """Return (n_events, n_cells) what each event puts into each cell."""
    numbers = batch.event[_first_jets(batch)]
    place = np.searchsorted(numbers, tuples.events) * cells.n + cells(tuples.sides)
    filled = np.bincount(place, weights=tuples.weights, minlength=len(numbers) * cells.n)
    return np.asarray(filled.reshape(len(numbers), cells.n), dtype=np.float64)


def _first_jets(batch: JetBatch) -> NDArray[np.int64]:
    """Return (n_events,) the first jet of each event."""
    event, n_events = batch.event_index()
    return np.searchsorted(event, np.arange(n_events))


def _quantiles(
    values: NDArray[np.float64], weights: NDArray[np.float64], parts: int
) -> NDArray[np.float64]:
    """Return the (parts - 1,) inner edges of parts of equal weight."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    wanted = below[-1] * np.arange(1, parts) / parts
    return np.asarray(values[order][np.searchsorted(below, wanted)], dtype=np.float64)
