"""The energy flow of simulated jets, as a network reads it, and what it says at the most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis.shapes import BLOCKS
from ecdsl.events.selection import require_directions
from ecdsl.execute import batches
from ecdsl.inference.energy_flow import EnergyFlowConfig, Flow, learned_scores
from ecdsl.inference.fisher import Information, Moments, information

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.events.batch import JetBatch
    from ecdsl.ir.nodes import Measure

    Array = NDArray[np.float64]

_CHUNK_JETS = 20000


def information_in_constituents(
    flow: Flow,
    values: NDArray[np.float64],
    at: float,
    *,
    order: int,
    seed: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[int, Information]:
    """Return how many events a network was trained on, and its information on the others.

    Args:
        flow: Jets of all events.
        values: (n_events,) the parameter that each was simulated at.
        at: Where in its range.
        order: Of the network's moments, from 1 to 4.
        seed: Of the training.
        progress: Called with (steps done, all steps).

    Raises:
        NumericalError: If training diverges.
    """
    train = np.arange(flow.n_events) % 2 == 0
    config = EnergyFlowConfig.of_order(order)
    scores = learned_scores(flow, values, train, seed=seed, config=config, progress=progress)
    moments = Moments.empty(np.unique(values), BLOCKS, 1)
    moments.spread(values[~train], scores[~train, None])
    return int(train.sum()), information(moments, at)


def read_flow(manifest: Manifest, events: Path, parameter: str) -> tuple[Flow, NDArray[np.float64]]:
    """Return the constituents that an observable's correlator sums over, and (n_events,) labels.

    Raises:
        EcdslError: As filling the observable from these events.
    """
    fractions, places, counts, jets, labels = [], [], [], [], []
    for batch in batches(manifest, [events], _CHUNK_JETS):
        require_directions(batch, manifest.observable)
        x, place = positions(batch, manifest.observable.correlator.measure)
        fractions.append(x.astype(np.float32))
        places.append(place.astype(np.float32))
        counts.append(np.diff(batch.offsets))
        index, n_events = batch.event_index()
        jets.append(np.bincount(index, minlength=n_events))
        labels.append(batch.labels[parameter][np.searchsorted(index, np.arange(n_events))])
    flow = Flow(
        fractions=np.concatenate(fractions),
        places=np.concatenate(places),
        offsets=_offsets(np.concatenate(counts)),
        events=_offsets(np.concatenate(jets)),
    )
    return flow, np.concatenate(labels)


def positions(batch: JetBatch, measure: Measure) -> tuple[Array, Array]:
    """Return (n_constituents,) fractions of Q, and (n_constituents, 2) positions.

    On the sphere (`ee`) these are of energy, and the angle to the jet's axis in a direction about
    it; in the cylinder (`hadron`) of transverse momentum, and the differences of pseudorapidity and
    azimuth to the jet. Each jet is turned so that its energy spreads along the first axis: how it
    lies says nothing on the parameter, and a network would have to learn that.
    """
    size = batch.energy if measure == "ee" else np.hypot(batch.px, batch.py)
    x = size / batch.scale[batch.jet_of()]
    place = _about_axis(batch) if measure == "ee" else _in_cylinder(batch)
    return x, _turned(batch, x, place)


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(counts)))


def _about_axis(batch: JetBatch) -> Array:
    """Return (n, 2) the angle to the jet's axis, times the direction about it."""
    axis = batch.jet_momenta()[:3]
    axis = axis / np.sqrt((axis**2).sum(axis=0))
    # Any direction that is not the axis: the least of its components is surely not it.
    aside = np.eye(3)[np.argmin(np.abs(axis), axis=0)].T
    first = np.cross(axis, aside, axis=0)
    first /= np.sqrt((first**2).sum(axis=0))
    second = np.cross(axis, first, axis=0)
    jet = batch.jet_of()
    p = np.stack([batch.px, batch.py, batch.pz])
    along, x, y = ((p * frame[:, jet]).sum(axis=0) for frame in (axis, first, second))
    away = np.hypot(x, y)
    scale = np.divide(np.arctan2(away, along), away, out=np.zeros_like(away), where=away > 0)
    return np.stack([x * scale, y * scale], axis=1)


def _in_cylinder(batch: JetBatch) -> Array:
    """Return (n, 2) differences of pseudorapidity and azimuth to the jet's."""
    px, py, pz, _ = batch.jet_momenta()[:, batch.jet_of()]
    azimuth = np.arctan2(batch.py, batch.px) - np.arctan2(py, px)
    rapidity = np.arcsinh(batch.pz / np.hypot(batch.px, batch.py)) - np.arcsinh(
        pz / np.hypot(px, py)
    )
    return np.stack([rapidity, (azimuth + np.pi) % (2 * np.pi) - np.pi], axis=1)


def _turned(batch: JetBatch, x: Array, places: Array) -> Array:
    """Return positions turned so that the energy of each jet spreads along the first axis."""
    a, b = places.T
    spread = (batch.sum_over_jets(x * part) for part in (a * a - b * b, 2 * a * b))
    difference, product = spread
    angle = (np.arctan2(product, difference) / 2)[batch.jet_of()]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([cos * a + sin * b, cos * b - sin * a], axis=1)
