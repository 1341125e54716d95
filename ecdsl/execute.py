"""Run compiled observables over events: chunk by chunk, on threads, in a fixed order.

The result does not depend on the number of threads: chunks are cut by the file and the observable
alone, each is filled by one thread, and they are merged in the order of the file.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from ecdsl.artifacts.load import load_kernel, rebuild_kernel
from ecdsl.artifacts.manifest import edges
from ecdsl.diagnostics import EcdslError, data_error
from ecdsl.diagnostics.suggest import likely
from ecdsl.event_sums import EventSums
from ecdsl.events.read_parquet import describe, read_events
from ecdsl.events.selection import kernel_columns, select_constituents
from ecdsl.execute_grid import as_grids
from ecdsl.execute_resolution import CHECKED_JETS, resolved, summed, to_check, unresolved
from ecdsl.execute_rows import Rows, checked, sharing
from ecdsl.extensions import without_extensions
from ecdsl.in_order import in_order
from ecdsl.resolution import ResolutionError
from ecdsl.spectrum import MAX_COVARIANCE_CELLS, Spectrum
from ecdsl.variations import VariedSums, common_variations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import KernelFile, Manifest
    from ecdsl.events.batch import JetBatch
    from ecdsl.events.read_parquet import EventsInfo
    from ecdsl.execute_grid import Grid
    from ecdsl.execute_resolution import Arguments
    from ecdsl.execute_rows import Sharing
    from ecdsl.ir.nodes import Group

# Rows of one chunk: large enough to amortise Python, small enough to stay in memory on a thread.
_ROW_BYTES = 32_000_000
# While the first is read and the last is filled, other threads wait.
_MAX_CHUNK_JETS = 2500
# Events are added up within a chunk: which of them share a row must not depend on the shapes.
SHARED_CHUNK_JETS = 2000


def fill(
    manifest: Manifest,
    build: Path,
    events: Sequence[Path],
    *,
    parameters: Mapping[str, float] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Spectrum:
    """Return the histogram of an observable over all events of some files.

    Args:
        manifest: The compiled observable, with its kernels under `build`.
        build: The build folder.
        events: Parquet files of jets.
        parameters: Values of the shape's parameters that differ from the declared ones.
        workers: Threads.
        progress: Told (jets done, jets in all).

    Raises:
        EcdslError: D206 for an unknown parameter, D207 for a value outside its range, D208 for an
            observable without a histogram, D30x for events that cannot be used.
    """
    values = parameter_values(manifest, parameters or {})
    full = n_cells(manifest) <= MAX_COVARIANCE_CELLS
    total = EventSums(n_cells(manifest), pairs=full)
    varied = VariedSums(common_variations(events), n_cells(manifest))
    n_jets = n_undefined = 0
    # How many threads share a product decides its last bits, and those that wait for one are busy.
    with threadpool_limits(limits=1, user_api="blas"):
        for chunk in iterate_rows(
            manifest, build, events, parameters=values, workers=workers, progress=progress
        ):
            total.add(chunk.rows)
            varied.add(chunk.rows, chunk.weights)
            n_jets += chunk.n_jets
            n_undefined += chunk.n_undefined
    covariance = total.covariance()
    return Spectrum(
        manifest=manifest,
        error=resolution_error(manifest, build, events, values),
        variations=dict(varied.each()),
        parameters=values,
        sums=total.sums,
        variances=np.diag(covariance).copy() if full else covariance,
        covariance=covariance if full else None,
        n_events=total.n_events,
        n_jets=n_jets,
        n_undefined=n_undefined,
    )


def resolution_error(
    manifest: Manifest, build: Path, events: Sequence[Path], parameters: Mapping[str, float]
) -> ResolutionError | None:
    """Compare a sum over dynamic subjets with the exact one, over the first jets of each file."""
    resolution = manifest.observable.correlator.resolution
    if resolution is None:
        return None
    fills = [filler(one, build, [parameters]) for one in (manifest, unresolved(manifest))]
    sums = np.zeros((2, n_cells(manifest)))
    n_jets = 0
    for path in events:
        most = min(CHECKED_JETS, chunk_size(8 * n_cells(manifest)))
        first = next(batches(manifest, [path], most))
        some = to_check(first, manifest.observable.correlator.order, len(events))
        sums += [fill_one(some)[0].rows.sum(axis=0) for fill_one in fills]
        n_jets += some.n_jets
    found, exact = inner(manifest, sums)
    return ResolutionError.between(found, exact, resolution=resolution, n_jets=n_jets)


def iterate_rows(
    manifest: Manifest,
    build: Path,
    events: Sequence[Path],
    *,
    parameters: Mapping[str, float],
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Rows]:
    """Yield the rows of all events, chunk by chunk in the order of the files."""
    for (rows,) in iterate_points(
        manifest, build, events, points=[parameters], workers=workers, progress=progress
    ):
        yield rows


def iterate_points(
    manifest: Manifest,
    build: Path,
    events: Sequence[Path],
    *,
    points: Sequence[Mapping[str, float]],
    together: int | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[Rows, ...]]:
    """Yield the rows at several values of the shape's parameters, in one pass over the events.

    Args:
        manifest: The compiled observable, with its kernels under `build`.
        build: The build folder.
        events: Parquet files of jets.
        points: The values of all parameters, one mapping per point.
        together: Up to how many events of the same labels share a row, the same ones for any
            points; None gives each event a row of its own.
        workers: Threads.
        progress: Told (jets done, jets in all).
    """
    row_bytes = 8 * n_cells(manifest) * len(points)
    chunk_jets = SHARED_CHUNK_JETS if together else chunk_size(row_bytes)
    run = filler(manifest, build, points, together or 1)
    total = count_jets(events, manifest.observable.correlator.group)
    done = 0
    for rows in in_order(run, batches(manifest, events, chunk_jets), workers):
        yield rows
        done += rows[0].n_jets
        if progress:
            progress(done, total)


def filler(
    manifest: Manifest, build: Path, points: Sequence[Mapping[str, float]], together: int = 1
) -> Callable[[JetBatch], tuple[Rows, ...]]:
    """Return the function that fills an observable from some jets, at each of `points`.

    Args:
        manifest: The compiled observable, with its kernels under `build`.
        build: The build folder.
        points: The values of all parameters, one mapping per point.
        together: Up to how many events share a row.

    Raises:
        EcdslError: D208 for an observable without a histogram, D203-D205 for a kernel that cannot
            be used.
    """
    if not manifest.histogram.available:
        raise data_error(
            "D208",
            f"`{manifest.name}` cannot be histogrammed: {manifest.histogram.reason}",
            hint="give its delta a width (`within [lo, hi]`), or integrate a surrogate",
        )
    names = [spec.name for spec in manifest.observable.parameters]
    values = [np.array([point[name] for name in names], dtype=float) for point in points]
    file, grids = _kernel_for(manifest, build, values)
    files = [file, *([manifest.kernels["resolve"]] if "resolve" in manifest.kernels else [])]
    kernels = [load_kernel(build, file) for file in files]

    def fill_with(kernels: Sequence[ModuleType], batch: JetBatch) -> tuple[Rows, ...]:
        shared = sharing(batch, together)
        resolution = manifest.observable.correlator.resolution
        with without_extensions():
            parts: tuple[Arguments, ...] = (_arguments(manifest, batch, shared),)
            if resolution is not None:
                parts = resolved(kernels[1], resolution, *parts)
            if grids:
                return _fill_grids(manifest, kernels[0], batch, shared, parts=parts, grids=grids)
            return tuple(
                _fill_batch(manifest, kernels[0], batch, shared, parts=parts, parameters=point)
                for point in values
            )

    def run(batch: JetBatch) -> tuple[Rows, ...]:
        try:
            return fill_with(kernels, batch)
        except (EcdslError, ArithmeticError, MemoryError, OSError):
            raise
        except Exception:
            # Most likely a damaged cache of machine code: a fresh kernel fails again if it is not.
            rebuilt = [rebuild_kernel(build, *each) for each in zip(files, kernels, strict=True)]
            return fill_with(rebuilt, batch)

    return run


def _kernel_for(
    manifest: Manifest, build: Path, points: Sequence[NDArray[np.float64]]
) -> tuple[KernelFile, list[Grid] | None]:
    """Return the kernel that fills some points in the fewest passes, and the grids they are."""
    if len(points) > 1 and "grid" in manifest.kernels:
        file = manifest.kernels["grid"]
        grids = as_grids(points, load_kernel(build, file).GRID)
        if grids:
            return file, grids
    return manifest.kernels["numba"], None


def chunk_size(row_bytes: int) -> int:
    """Return how many jets to fill at a time where an event takes `row_bytes` of rows."""
    return max(200, min(_MAX_CHUNK_JETS, _ROW_BYTES // row_bytes))


def count_jets(events: Sequence[Path], group: Group = "jet") -> int:
    """Return the number of jets (or events) of all files, of which each holds its own events.

    Raises:
        EcdslError: D316 for files of the same bytes, D329 for an event that goes on in the next.
    """
    infos = [describe(path) for path in events]
    _refuse_repeated(infos)
    for before, after in pairwise(infos):
        _refuse_split(before, after)
    return sum(info.n_jets if group == "jet" else info.n_events for info in infos)


def _refuse_repeated(infos: Sequence[EventsInfo]) -> None:
    sizes = Counter(info.size for info in infos)
    seen: dict[str, Path] = {}
    for info in (one for one in infos if sizes[one.size] > 1):
        if info.sha256 in seen:
            raise data_error(
                "D316",
                f"{info.path} holds the same bytes as {seen[info.sha256]}",
                hint="give each sample once: repeated events would pass for independent ones",
            )
        seen[info.sha256] = info.path


def _refuse_split(before: EventsInfo, after: EventsInfo) -> None:
    # A file that starts at the number at which the one before it started counts anew.
    if before.last_event == after.first_event != before.first_event:
        raise data_error(
            "D329",
            f"{before.path} ends with event {before.last_event}, and {after.path} goes on with it",
            hint="write all rows of an event into one file; if these are two events, number them"
            " differently",
        )


def batches(manifest: Manifest, events: Sequence[Path], chunk_jets: int) -> Iterator[JetBatch]:
    """Yield the jets of some files with the constituents that the correlator sums over."""
    for path in events:
        for batch in read_events(path, chunk_jets=chunk_jets):
            yield select_constituents(batch, manifest.observable.correlator)


def parameter_values(manifest: Manifest, given: Mapping[str, float]) -> dict[str, float]:
    """Return the value of every parameter: the given one, else the declared one.

    Raises:
        EcdslError: D206 for an unknown parameter, D207 for a value outside its range.
    """
    specs = {spec.name: spec for spec in manifest.observable.parameters}
    for name, value in given.items():
        if name not in specs:
            hint = likely(name, specs, otherwise=f"parameters: {', '.join(specs) or 'none'}")
            raise data_error("D206", f"`{manifest.name}` has no parameter `{name}`", hint=hint)
        if not specs[name].contains(value):
            spec = specs[name]
            raise data_error(
                "D207",
                f"`{name} = {value:g}` lies outside its declared range"
                f" {'(' if spec.lower_open else '['}{spec.lower:g}, {spec.upper:g}"
                f"{')' if spec.upper_open else ']'}",
                hint="widen the range in the `.obs` file if the shape is meant to go there",
            )
    return {name: given.get(name, spec.value) for name, spec in specs.items()}


def n_cells(manifest: Manifest) -> int:
    """Return the number of bins with under- and overflow of all axes."""
    return int(np.prod([axis.bins.n + 2 for axis in manifest.observable.axes]))


def inner(manifest: Manifest, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows (..., n_cells) without under- and overflow, (..., n_bins)."""
    shape = [axis.bins.n + 2 for axis in manifest.observable.axes]
    inside = np.zeros(shape, dtype=bool)
    inside[tuple(slice(1, -1) for _ in shape)] = True
    return rows[..., inside.ravel()]


def _fill_batch(
    manifest: Manifest,
    kernel: ModuleType,
    batch: JetBatch,
    shared: Sharing,
    *,
    parts: tuple[Arguments, ...],
    parameters: NDArray[np.float64],
) -> Rows:
    rows = np.zeros((len(shared.sizes), n_cells(manifest)))
    n_undefined = summed(lambda given, row: kernel.fill(*given, parameters, row), parts, rows)
    return checked(manifest.name, batch, shared, rows, n_undefined)


def _fill_grids(
    manifest: Manifest,
    kernel: ModuleType,
    batch: JetBatch,
    shared: Sharing,
    *,
    parts: tuple[Arguments, ...],
    grids: Sequence[Grid],
) -> tuple[Rows, ...]:
    """Return the rows at all points of some grids, in the order of the points' numbers."""
    found: dict[int, Rows] = {}
    for grid in grids:
        rows = np.zeros((len(grid.points), len(shared.sizes), n_cells(manifest)))
        n_undefined = summed(partial(_fill_grid, kernel, grid), parts, rows)
        for k, point in enumerate(grid.points):
            found[int(point)] = checked(manifest.name, batch, shared, rows[k], int(n_undefined[k]))
    return tuple(found[k] for k in sorted(found))


def _fill_grid(
    kernel: ModuleType, grid: Grid, given: Arguments, rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fill the rows of all points of a grid; return how many tuples of each are undefined."""
    n_undefined = np.zeros(len(grid.points))
    axes = np.concatenate(grid.axes)
    kernel.fill_grid(*given, grid.parameters, axes, grid.offsets, rows, n_undefined)
    return n_undefined


def _arguments(manifest: Manifest, batch: JetBatch, shared: Sharing) -> Arguments:
    """Return what every kernel of an observable is given of some jets and of its bins."""
    all_edges = [edges(axis.bins) for axis in manifest.observable.axes]
    offsets = np.cumsum([0, *(len(e) for e in all_edges)])
    columns = kernel_columns(batch, manifest.observable)
    momenta = (batch.px, batch.py, batch.pz, batch.energy)
    read = (batch.scale, columns.particles, columns.jets, shared.row)
    return (batch.offsets, *momenta, *read, np.concatenate(all_edges), offsets)
