"""What the full correlator and all constituents allow: bounds to compare shapes with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis.flow import information_in_constituents, read_flow
from ecdsl.analysis.sides import moments_of_sides, slope_of_sides
from ecdsl.analysis.surrogates import shared_surrogates
from ecdsl.inference.energy_flow import LATENT
from ecdsl.inference.fisher import information, information_of
from ecdsl.inference.search import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.analysis.shapes import Judge
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.fisher import Information
    from ecdsl.project import Project


def bounds(project: Project, manifest: Manifest, judge: Judge, scale: float) -> tuple[Bound, ...]:
    """Return the bounds for the shapes of an observable's correlator.

    Args:
        project: Settings of the surrogate, and the seed of the networks.
        manifest: The observable.
        judge: What shapes are judged by.
        scale: The half-width for an information of 1 per event.
    """
    constituents = _constituents(manifest, judge, project.inference.seed, scale)
    # Only a correlator that a surrogate can learn has a list of its tuples.
    if not manifest.surrogate.available:
        return tuple(constituents)
    return (*_correlator(project, manifest, judge, scale), *constituents)


def _correlator(
    project: Project, manifest: Manifest, judge: Judge, scale: float
) -> Iterator[Bound]:
    """Yield what the correlator says when it is resolved in all sides of its tuples.

    First with its change with the parameter measured on the events, then with that of a surrogate
    that was trained on them, whose error is the spread of its ensemble.
    """
    with judge.progress.stage("fill the full correlator") as report:
        cells, moments = moments_of_sides(manifest, judge, report)
    found, n_events = information(moments, judge.at), int(moments.counts.sum())
    yield _bound("the full correlator", found, scale, n_events, at_least=False)
    trained = shared_surrogates(
        project,
        [manifest],
        judge.build,
        judge.events,
        workers=judge.workers,
        progress=judge.progress,
    )[manifest.correlator_fingerprint]
    with judge.progress.stage("read the surrogate's full correlator"):
        width, *others = (
            scale / np.sqrt(information_of(moments, slope))
            for slope in (
                slope_of_sides(cells, member, judge.parameter, judge.at)
                for member in (trained.surrogate, *trained.members)
            )
        )
    yield Bound(
        source="the full correlator, as the surrogate sees it change",
        at_least=False,
        width=float(width),
        width_error=float(np.sqrt(np.mean(np.square(np.array(others) - width)))) if others else 0.0,
        n_events=n_events,
    )


def _constituents(manifest: Manifest, judge: Judge, seed: int, scale: float) -> Iterator[Bound]:
    """Yield what networks with moments of each order make of all constituents."""
    with judge.progress.stage("read all constituents"):
        flow, values = read_flow(manifest, judge.events, judge.parameter)
    for order in LATENT:
        with judge.progress.stage(f"train on moments up to order {order}") as report:
            trained, found = information_in_constituents(
                flow, values, judge.at, order=order, seed=seed, progress=report
            )
        source = f"all constituents, moments up to order {order}"
        yield _bound(source, found, scale, flow.n_events - trained, at_least=True)


def _bound(
    source: str, found: Information, scale: float, n_events: int, *, at_least: bool
) -> Bound:
    width = error = None
    if found.per_event > 0:
        width = float(scale / np.sqrt(found.per_event))
        error = float(width * found.event_error / found.per_event / 2)
    return Bound(
        source=source, at_least=at_least, width=width, width_error=error, n_events=n_events
    )
