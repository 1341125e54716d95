"""`ecdsl scan`: fill a grid of shapes from the same events, and rank them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis import samples
from ecdsl.analysis.provenance import unit
from ecdsl.diagnostics import data_error
from ecdsl.diagnostics.suggest import likely
from ecdsl.events.read_parquet import describe
from ecdsl.execute import inner, iterate_points, n_cells, parameter_values
from ecdsl.inference.fisher import Information, Moments, information
from ecdsl.inference.search import CONFIDENCE, LeftOut, Merit, ScanResult, ShapeResult, rank
from ecdsl.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.progress import Progress
    from ecdsl.project import Project

BLOCKS = 40
MIN_EFFECTIVE = 300
# Moments of a shape with many bins would fill the memory: (blocks x values x bins^2) numbers.
MAX_BINS = 200


@dataclass(frozen=True)
class _Shape:
    """An observable at some values of its parameters."""

    manifest: Manifest
    parameters: dict[str, float]


def scan(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    *,
    grid: Mapping[str, tuple[float, ...]],
    events: Path | None = None,
    at: float | None = None,
    merit: Merit = "event",
    workers: int = 1,
    progress: Progress | None = None,
) -> ScanResult:
    """Return every shape of a grid, ranked by what it says about the project's parameter.

    Observables that have none of the grid's parameters take part as they are.

    Args:
        project: Its settings say what is inferred and from which simulation.
        manifests: The compiled observables.
        build: The build folder.
        grid: Values of shape parameters.
        events: The simulation; None takes (or makes) that of the settings.
        at: Where in the parameter's range; its middle where it is None.
        merit: Which information the ranking goes by.
        workers: Threads; numbers do not depend on it.
        progress: Told of every stage.

    Raises:
        EcdslError: D206 for a parameter that no observable has, D207 for a value outside its
            range, D506 for a place outside of the simulation, D510 where no shape can be judged.
    """
    start = perf_counter()
    progress = progress or Silent()
    name, prior = project.inference.parameter, project.inference.prior
    at = sum(prior) / 2 if at is None else at
    _check_grid(manifests, grid)
    events = events or _simulation(project, build, workers, progress)
    samples.require_grid(events, name)
    _check_place(events, name, at)
    found: list[tuple[_Shape, Moments]] = []
    for manifest in manifests:
        shapes = _shapes(manifest, grid)
        with progress.stage(f"fill {len(shapes)} x {manifest.name}") as report:
            moments = _moments(shapes, build, events, name, workers=workers, report=report)
        found += zip(shapes, moments, strict=True)
    judged, left_out = _judge(found, at)
    n_jets, info = project.data.jets, describe(events)
    scale = np.sqrt(info.n_jets / info.n_events / n_jets)
    return ScanResult(
        parameter=name,
        unit=unit(name),
        at=at,
        merit=merit,
        n_jets=n_jets,
        n_events=info.n_events,
        blocks=BLOCKS,
        scanned=tuple(grid),
        shapes=_ranked(judged, merit, project.inference.seed, scale),
        left_out=tuple(left_out),
        seconds=perf_counter() - start,
    )


def _simulation(project: Project, build: Path, workers: int, progress: Progress) -> Path:
    with progress.stage("simulate") as report:
        return samples.simulation(project, build, workers, report)


def _check_place(events: Path, parameter: str, at: float) -> None:
    values = describe(events).labels[parameter]
    if not min(values) <= at <= max(values):
        raise data_error(
            "D506",
            f"{parameter} = {at:g} lies outside of the simulated {min(values):g} to"
            f" {max(values):g}",
            hint="judge shapes at a simulated value: `--at`",
        )


def _check_grid(manifests: Sequence[Manifest], grid: Mapping[str, tuple[float, ...]]) -> None:
    known = {spec.name for manifest in manifests for spec in manifest.observable.parameters}
    for name in grid:
        if name not in known:
            raise data_error(
                "D206",
                f"no observable of the scan has a parameter `{name}`",
                hint=likely(
                    name, known, otherwise=f"parameters: {', '.join(sorted(known)) or 'none'}"
                ),
            )


def _shapes(manifest: Manifest, grid: Mapping[str, tuple[float, ...]]) -> list[_Shape]:
    """Return the observable at every point of the part of the grid that concerns it."""
    if n_cells(manifest) > MAX_BINS:
        raise data_error(
            "D510",
            f"`{manifest.name}` has {n_cells(manifest)} bins, a scan takes up to {MAX_BINS}",
            hint="give its axes fewer bins",
        )
    own = [spec.name for spec in manifest.observable.parameters if spec.name in grid]
    points = product(*(grid[name] for name in own))
    return [
        _Shape(manifest, parameter_values(manifest, dict(zip(own, point, strict=True))))
        for point in points
    ]


def _moments(
    shapes: Sequence[_Shape],
    build: Path,
    events: Path,
    parameter: str,
    *,
    workers: int,
    report: samples.Report,
) -> list[Moments]:
    """Fill all shapes of one observable in one pass over the events."""
    manifest = shapes[0].manifest
    values = np.array(sorted(describe(events).labels[parameter]))
    n_bins = int(np.prod([axis.bins.n for axis in manifest.observable.axes]))
    moments = [Moments.empty(values, BLOCKS, n_bins) for _ in shapes]
    seen = np.zeros(len(values), dtype=np.int64)
    points = [shape.parameters for shape in shapes]
    for chunk in iterate_points(
        manifest, build, [events], points=points, workers=workers, progress=report
    ):
        labels = np.searchsorted(values, chunk[0].labels[parameter])
        for label in np.unique(labels):
            mine = np.flatnonzero(labels == label)
            # Neighbouring events go to different blocks, the same for every shape.
            blocks = (seen[label] + np.arange(len(mine))) % BLOCKS
            seen[label] += len(mine)
            for one, rows in zip(moments, chunk, strict=True):
                bins = inner(manifest, rows.rows[mine])
                for block in range(BLOCKS):
                    one.add(block, int(label), bins[blocks == block])
    return moments


def _judge(
    found: Sequence[tuple[_Shape, Moments]], at: float
) -> tuple[list[tuple[_Shape, Information, int]], list[LeftOut]]:
    """Return the information of every shape that has enough events, and the others."""
    judged: list[tuple[_Shape, Information, int]] = []
    left_out: list[LeftOut] = []
    for shape, moments in found:
        groups = moments.groups(MIN_EFFECTIVE)
        reason = f"fewer than {MIN_EFFECTIVE} effective events in all bins together"
        if len(groups) > 1:
            item = information(moments.merged(groups), at)
            if min(item.per_event, item.per_tuple) > 0:
                judged.append((shape, item, len(groups) - 1))
                continue
            reason = "its information is zero within the statistics"
        left_out.append(
            LeftOut(observable=shape.manifest.name, parameters=shape.parameters, reason=reason)
        )
    if not judged:
        raise data_error(
            "D510",
            "none of these shapes can be judged",
            notes=tuple(f"`{item.observable}`: {item.reason}" for item in left_out[:3]),
            hint="simulate more jets, or open the windows",
        )
    return judged, left_out


def _ranked(
    judged: Sequence[tuple[_Shape, Information, int]], merit: Merit, seed: int, scale: float
) -> tuple[ShapeResult, ...]:
    """Return the shapes from the best to the worst."""
    ranking = rank([item for _, item, _ in judged], merit, seed)
    return tuple(
        _result(*judged[k], beaten=ranking.beaten[k], leads=k == ranking.order[0], scale=scale)
        for k in ranking.order
    )


def _result(
    shape: _Shape, item: Information, bins: int, *, beaten: float, leads: bool, scale: float
) -> ShapeResult:
    width, tuple_width = scale / np.sqrt(item.per_event), 1 / np.sqrt(item.per_tuple)
    return ShapeResult(
        observable=shape.manifest.name,
        parameters=shape.parameters,
        width=float(width),
        width_error=float(width * item.event_error / item.per_event / 2),
        tuple_width=float(tuple_width),
        tuple_width_error=float(tuple_width * item.tuple_error / item.per_tuple / 2),
        beaten=beaten,
        candidate=leads or beaten < CONFIDENCE,
        bins=bins,
    )
