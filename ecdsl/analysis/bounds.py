"""What the full correlator and all constituents allow: bounds to compare shapes with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis.flow import information_in_constituents, read_flow
from ecdsl.analysis.sides import moments_of_sides
from ecdsl.inference.energy_flow import LATENT
from ecdsl.inference.fisher import information
from ecdsl.inference.search import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.analysis.shapes import Judge
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.fisher import Information


def bounds(manifest: Manifest, judge: Judge, seed: int, scale: float) -> tuple[Bound, ...]:
    """Return the bounds for the shapes of an observable's correlator.

    Args:
        manifest: The observable.
        judge: What shapes are judged by.
        seed: Of the networks.
        scale: The half-width for an information of 1 per event.
    """
    # Only a correlator that a surrogate could learn has a list of its tuples.
    correlator = (_correlator(manifest, judge, scale),) if "tuples" in manifest.kernels else ()
    return (*correlator, *_constituents(manifest, judge, seed, scale))


def _correlator(manifest: Manifest, judge: Judge, scale: float) -> Bound:
    """Return what the correlator says when it is resolved in all sides of its tuples."""
    with judge.progress.stage("fill the full correlator") as report:
        moments = moments_of_sides(manifest, judge, report)
    found, n_events = information(moments, judge.at), int(moments.counts.sum())
    return _bound("the full correlator", found, scale, n_events, at_least=False)


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
