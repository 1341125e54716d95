"""Fill shapes from simulated events, and say what each is worth."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.events.read_parquet import describe
from ecdsl.execute import SHARED_CHUNK_JETS, inner, iterate_points, n_cells, parameter_values
from ecdsl.inference.fisher import Information, Moments, information
from ecdsl.inference.search import LeftOut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.analysis import samples
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.search import Merit
    from ecdsl.progress import Progress

BLOCKS = 40
MIN_EFFECTIVE = 300
# Events are added up to so many rows at each value: the covariance of bins is known to a few per
# cent, and a grid of shapes is summed up once per row.
ROWS_PER_VALUE = 200
# What shapes that are filled together may take of the memory.
_ROOM = 500_000_000


@dataclass(frozen=True)
class Shape:
    """An observable at some values of its parameters."""

    manifest: Manifest
    parameters: dict[str, float]


def shape_at(manifest: Manifest, point: Mapping[str, float]) -> Shape:
    """Return an observable at those values of a point that it has a parameter for.

    Raises:
        EcdslError: D207 for a value outside of its range.
    """
    own = {spec.name for spec in manifest.observable.parameters}
    given = {name: value for name, value in point.items() if name in own}
    return Shape(manifest, parameter_values(manifest, given))


def crossed(manifest: Manifest, points: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Return some points without repetition, and all combinations of their values.

    Where a kernel fills a grid in one pass over the tuples those cost next to nothing; an
    observable without such a kernel has only the points.
    """
    if points and "grid" in manifest.kernels:
        axes = [sorted({point[name] for point in points}) for name in points[0]]
        points = [dict(zip(points[0], values, strict=True)) for values in product(*axes)]
    return [dict(point) for k, point in enumerate(points) if point not in points[:k]]


@dataclass(frozen=True)
class Judged:
    """A shape, its information and the number of its bins after merging."""

    shape: Shape
    information: Information
    bins: int

    def width(self, merit: Merit) -> float:
        """Return the half-width that one event, or one tuple, allows."""
        found = self.information
        return float((found.per_tuple if merit == "tuple" else found.per_event) ** -0.5)


@dataclass(frozen=True)
class Judge:
    """What all shapes of a scan are judged by: the same events, at the same place.

    Attributes:
        build: The build folder.
        events: The simulation, on a grid of `parameter`.
        parameter: What is inferred.
        at: Where in its range.
        workers: Threads; numbers do not depend on it.
        progress: Told of every pass over the events.
    """

    build: Path
    events: Path
    parameter: str
    at: float
    workers: int
    progress: Progress

    def __call__(self, shapes: Sequence[Shape]) -> list[Judged | LeftOut]:
        """Return what each shape is worth."""
        found: dict[int, Judged | LeftOut] = {}
        info = describe(self.events)
        values = np.array(sorted(info.labels[self.parameter]))
        together = max(1, info.n_events // (ROWS_PER_VALUE * len(values)))
        for numbers in _parts(shapes, together, len(values)):
            part = [shapes[k] for k in numbers]
            with self.progress.stage(f"fill {len(part)} x {part[0].manifest.name}") as report:
                moments = self._moments(part, values, together, report)
            for place, k in enumerate(numbers):
                found[k] = _judged(shapes[k], moments.of(place), self.at)
        return [found[k] for k in range(len(shapes))]

    def _moments(
        self,
        shapes: Sequence[Shape],
        values: NDArray[np.float64],
        together: int,
        report: samples.Report,
    ) -> Moments:
        """Return the moments of shapes of one observable, in one pass over the events."""
        manifest = shapes[0].manifest
        moments = Moments.empty(values, BLOCKS, _n_bins(manifest), (len(shapes),))
        for chunk in iterate_points(
            manifest,
            self.build,
            [self.events],
            points=[shape.parameters for shape in shapes],
            together=together,
            workers=self.workers,
            progress=report,
        ):
            rows = inner(manifest, np.array([one.rows for one in chunk]))
            moments.spread(chunk[0].labels[self.parameter], rows, chunk[0].sizes)
        return moments


def _parts(shapes: Sequence[Shape], together: int, n_values: int) -> list[list[int]]:
    """Return the numbers of shapes that are filled in one pass: of one observable, as memory goes.

    They are cut at values of the first parameter that varies, so that parts of a grid are grids.
    """
    of: dict[str, list[int]] = {}
    for k, shape in enumerate(shapes):
        of.setdefault(shape.manifest.name, []).append(k)
    parts = []
    for numbers in of.values():
        most = max(1, _ROOM // _bytes(shapes[numbers[0]].manifest, together, n_values))
        parts += _cut([shapes[k] for k in numbers], numbers, most)
    return parts


def _cut(shapes: Sequence[Shape], numbers: Sequence[int], most: int) -> list[list[int]]:
    varied = [n for n in shapes[0].parameters if len({s.parameters[n] for s in shapes}) > 1]
    slabs: dict[float, list[int]] = {}
    for k, shape in zip(numbers, shapes, strict=True):
        slabs.setdefault(shape.parameters[varied[0]] if varied else 0.0, []).append(k)
    parts: list[list[int]] = [[]]
    for slab in slabs.values():
        if parts[-1] and len(parts[-1]) + len(slab) > most:
            parts.append([])
        parts[-1] += slab
    return parts


def _bytes(manifest: Manifest, together: int, n_values: int) -> int:
    """Return what a shape's moments, and its rows while they are filled, take of the memory."""
    n_bins = _n_bins(manifest)
    rows = SHARED_CHUNK_JETS // together * n_cells(manifest)
    return 8 * (BLOCKS * n_bins * (n_values + n_bins) + 4 * rows)


def _n_bins(manifest: Manifest) -> int:
    return int(np.prod([axis.bins.n for axis in manifest.observable.axes]))


def _judged(shape: Shape, moments: Moments, at: float) -> Judged | LeftOut:
    groups = moments.groups(MIN_EFFECTIVE)
    reason = f"fewer than {MIN_EFFECTIVE} effective events in all bins together"
    if len(groups) > 1:
        item = information(moments.merged(groups), at)
        if min(item.per_event, item.per_tuple) > 0:
            return Judged(shape, item, len(groups) - 1)
        reason = "its information is zero within the statistics"
    return LeftOut(observable=shape.manifest.name, parameters=shape.parameters, reason=reason)
