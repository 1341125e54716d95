"""`ecdsl scan`: judge a grid of shapes, look between its points, and rank them all."""

from __future__ import annotations

from itertools import product
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis import samples
from ecdsl.analysis.between import between
from ecdsl.analysis.bounds import bounds
from ecdsl.analysis.feeding import require_file, require_simulation
from ecdsl.analysis.finals import Finals, standings
from ecdsl.analysis.provenance import unit
from ecdsl.analysis.shapes import BLOCKS, Judge, Judged, shape_at
from ecdsl.diagnostics import data_error
from ecdsl.diagnostics.suggest import likely
from ecdsl.events.read_parquet import describe
from ecdsl.execute import n_cells
from ecdsl.inference.search import LeftOut, Merit, PlayedResult, ScanResult, ShapeResult
from ecdsl.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.analysis.finals import Standings
    from ecdsl.analysis.shapes import Shape
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.finals import Played
    from ecdsl.inference.results import Likelihood
    from ecdsl.progress import Progress
    from ecdsl.project import Project

# Moments of a shape with many bins would fill the memory: (blocks x bins^2) numbers.
MAX_BINS = 1000


def scan(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    *,
    grid: Mapping[str, tuple[float, ...]],
    events: Path | None = None,
    at: float | None = None,
    merit: Merit = "event",
    trials: int = 0,
    bound: bool = False,
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
        trials: Shapes to judge between the grid's points, of observables that may be the best.
        bound: Whether to look at the full correlator and, with networks, at all constituents, to
            compare the shapes of the first observable's correlator with.
        workers: Threads; numbers do not depend on it.
        progress: Told of every stage.

    Raises:
        EcdslError: D206 for a parameter that no observable has, D207 for a value outside its
            range, D506 for a place outside of the simulation, D507 where posteriors are to be
            ranked and values are too few, D510 where no shape can be judged, D511 for observables
            that the events cannot feed.
    """
    start = perf_counter()
    progress = progress or Silent()
    name, prior = project.inference.parameter, project.inference.prior
    at = sum(prior) / 2 if at is None else at
    _check_grid(manifests, grid)
    if events is None:
        require_simulation(project, manifests)
    else:
        require_file(events, manifests)
    events = events or _simulation(project, build, workers, progress)
    samples.require_grid(events, name)
    _check_place(events, name, at)
    judge = Judge(build, events, name, at, workers, progress)
    found = judge([shape for manifest in manifests for shape in _shapes(manifest, grid)])
    if trials:
        found += between(found, grid, judge, merit, trials=trials, seed=project.inference.seed)
    judged = _informative(found)
    n_jets, info = project.data.jets, describe(events)
    scale = np.sqrt(info.n_jets / info.n_events / n_jets)
    finals = Finals(judge, project.inference, merit, round(n_jets * info.n_events / info.n_jets))
    outcome = standings(judged, finals)
    return ScanResult(
        parameter=name,
        unit=unit(name),
        at=at,
        merit=merit,
        n_jets=n_jets,
        n_events=info.n_events,
        blocks=BLOCKS,
        grid=dict(grid),
        shapes=_ranked(judged, outcome, finals.kind, scale),
        left_out=tuple(item for item in found if isinstance(item, LeftOut)),
        not_covering=outcome.not_covering,
        bounds=bounds(project, manifests[0], judge, scale) if bound else (),
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


def _shapes(manifest: Manifest, grid: Mapping[str, tuple[float, ...]]) -> list[Shape]:
    """Return the observable at every point of the part of the grid that concerns it."""
    if n_cells(manifest) > MAX_BINS:
        raise data_error(
            "D510",
            f"`{manifest.name}` has {n_cells(manifest)} bins, a scan takes up to {MAX_BINS}",
            hint="give its axes fewer bins",
        )
    own = [spec.name for spec in manifest.observable.parameters if spec.name in grid]
    points = product(*(grid[name] for name in own))
    return [shape_at(manifest, dict(zip(own, point, strict=True))) for point in points]


def _informative(found: Sequence[Judged | LeftOut]) -> list[Judged]:
    """Return the shapes that have enough events.

    Raises:
        EcdslError: D510 where there is none.
    """
    judged = [item for item in found if isinstance(item, Judged)]
    if not judged:
        left_out = [item for item in found if isinstance(item, LeftOut)]
        raise data_error(
            "D510",
            "none of these shapes can be judged",
            notes=tuple(f"`{item.observable}`: {item.reason}" for item in left_out[:3]),
            hint="simulate more jets, or open the windows",
        )
    return judged


def _ranked(
    judged: Sequence[Judged], outcome: Standings, kind: Likelihood, scale: float
) -> tuple[ShapeResult, ...]:
    """Return the shapes from the best to the worst."""
    shapes = []
    for k in outcome.ranking.order:
        item, played = judged[k].information, outcome.played.get(k)
        width, tuple_width = scale / np.sqrt(item.per_event), 1 / np.sqrt(item.per_tuple)
        shapes.append(
            ShapeResult(
                observable=judged[k].shape.manifest.name,
                parameters=judged[k].shape.parameters,
                width=float(width),
                width_error=float(width * item.event_error / item.per_event / 2),
                tuple_width=float(tuple_width),
                tuple_width_error=float(tuple_width * item.tuple_error / item.per_tuple / 2),
                beaten=outcome.ranking.beaten[k],
                candidate=outcome.ranking.may_lead(k),
                bins=judged[k].bins,
                played=_played(played, kind) if played else None,
            )
        )
    return tuple(shapes)


def _played(played: Played, kind: Likelihood) -> PlayedResult:
    narrow, wide = played.coverage
    nats, nats_error = _mean(played.nats) if kind == "nre" else (None, None)
    width, width_error = _mean(played.widths)
    return PlayedResult(
        likelihood=kind,
        n_events=played.n_events,
        experiments=narrow.pseudo_experiments,
        covered68=narrow.covered,
        covered95=wide.covered,
        width=width,
        width_error=width_error,
        nats=nats,
        nats_error=nats_error,
    )


def _mean(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
