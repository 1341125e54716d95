"""Training tuples from events: thinned without bias, so that memory does not grow with tuples.

A jet of 30 subjets has 4,000 triplets, and a few of them carry nearly all of the weight. A tuple of
weight w is kept if w >= w0, else with probability w/w0 and weight w0: every expectation is that of
all tuples, and most of what is dropped would have added variance to nothing. What learns how often
tuples occur, whatever they weigh, needs an even share of them instead.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.artifacts.load import load_kernel
from ecdsl.events.read_parquet import describe
from ecdsl.events.selection import kernel_columns
from ecdsl.execute import batches
from ecdsl.in_order import in_order
from ecdsl.ir.columns import correlator_alone
from ecdsl.ir.nodes import pairs
from ecdsl.surrogate.sample import TupleSample
from ecdsl.surrogate.thinned import PER_TUPLE, Thinned
from ecdsl.surrogate.train import require_surrogate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import ModuleType

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.events.batch import JetBatch

CHUNK_JETS = 5000
# The same where all their tuples are held at once: 5,000 for each.
WHOLE_JETS = 250
# Jets whose every tuple is looked at to choose the threshold.
_PILOT_JETS = 200


@dataclass(frozen=True)
class Thinning:
    """How tuples are thinned.

    Attributes:
        threshold: w0, in units of the tuple weight; below it a tuple is kept with probability w/w0.
        share: Of the tuples that is kept of these, with its weight as it is.
        inflation: E[sum w'^2] / sum w^2 of the kept and of all tuples: what the variance of sums
            over independent tuples is multiplied by. Tuples of one jet are not independent, so that
            of what jets scatter it adds less.
    """

    threshold: float
    share: float
    inflation: float


def collect_tuples(
    manifest: Manifest,
    build: Path,
    events: Path,
    *,
    per_jet: float = 16.0,
    uniform: bool = False,
    seed: int = 0,
    workers: int = 1,
    keep: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TupleSample:
    """Return about `per_jet` tuples of each jet of a labelled sample.

    Args:
        manifest: Any observable of the correlator.
        build: The build folder.
        events: Parquet file of simulated jets.
        per_jet: Tuples that are kept per jet, on average.
        uniform: Keep every tuple with the same probability.
        seed: Of the thinning.
        workers: Threads; the result does not depend on it.
        keep: A folder for the tuples of finished chunks; what it holds of the same collection is
            not made again.
        progress: Told (jets done, jets in all).

    Raises:
        EcdslError: D401 where no surrogate is possible; D30x for events that cannot be used.
    """
    require_surrogate(manifest)
    kernel = load_kernel(build, manifest.kernels["tuples"])
    thinning = thinning_for(manifest, kernel, events, per_jet, uniform=uniform)
    info = describe(events)
    kind = ("uniform", thinning.share) if uniform else (thinning.threshold,)
    key = _key(manifest.kernels["tuples"].sha256, info.sha256, *kind, seed)
    chunk_jets = WHOLE_JETS if uniform else CHUNK_JETS

    def run(numbered: tuple[int, JetBatch]) -> Thinned:
        number, batch = numbered
        path = keep and keep / key / f"{number}.npz"
        if path and (stored := Thinned.stored(path)):
            return stored
        stream = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        made = thin(manifest, kernel, batch, thinning.threshold, stream)
        if uniform:
            made = _share(made, thinning.share, stream)
        if path:
            made.save(path)
        return made

    parts, done = [], 0
    for part in in_order(run, enumerate(batches(manifest, [events], chunk_jets)), workers):
        parts.append(part)
        done += part.n_jets
        if progress:
            progress(done, info.n_jets)
    return _joined(parts, tuple(info.labels), thinning.inflation)


def thinning_for(
    manifest: Manifest, kernel: ModuleType, events: Path, per_jet: float, *, uniform: bool = False
) -> Thinning:
    """Return the thinning that keeps `per_jet` tuples per jet, sum min(1, w/w0), of the first jets.

    A uniform one keeps this share of all.
    """
    for batch in batches(manifest, [events], _PILOT_JETS):
        weights = np.sort(thin(manifest, kernel, batch, 0.0, 0).weights)
        wanted = per_jet * batch.n_jets
        if len(weights) <= wanted:
            return Thinning(0.0, 1.0, 1.0)
        if uniform:
            share = wanted / len(weights)
            return Thinning(0.0, share, 1 / share)
        # With the k largest kept whole, the rest shares what is left: w0 = rest / (wanted - k).
        below = np.concatenate(([0.0], np.cumsum(weights)))
        kept_whole = np.arange(len(weights), -1, -1)
        room = wanted - kept_whole
        levels = np.divide(below, room, out=np.full(len(below), np.inf), where=room > 0)
        fits = levels[:-1] <= weights
        threshold = float(levels[int(np.argmax(fits))] if fits.any() else levels[-1])
        inflation = (weights * np.maximum(weights, threshold)).sum() / np.square(weights).sum()
        return Thinning(threshold, 1.0, float(inflation))
    return Thinning(0.0, 1.0, 1.0)


def thin(
    manifest: Manifest, kernel: ModuleType, batch: JetBatch, threshold: float, seed: int
) -> Thinned:
    """Return the tuples of some jets that the threshold w0 leaves; zero leaves all.

    Args:
        manifest: Any observable of the correlator.
        kernel: Its compiled `tuples` module.
        batch: The jets.
        threshold: w0, in units of the tuple weight.
        seed: Of the thinning.
    """
    correlator = manifest.observable.correlator
    order = correlator.order
    columns = kernel_columns(batch, correlator_alone(correlator))
    totals = np.zeros(batch.n_jets)
    capacity = 64 * (batch.n_jets + 16)
    while True:
        sides = np.empty((capacity, len(pairs(order))))
        weights, jets = np.empty(capacity), np.empty(capacity, dtype=np.int64)
        count = kernel.thin(
            batch.offsets,
            batch.px,
            batch.py,
            batch.pz,
            batch.energy,
            batch.scale,
            columns.particles,
            columns.jets,
            threshold,
            seed,
            sides,
            weights,
            jets,
            totals,
        )
        if count >= 0:
            break
        capacity *= 4
    # A weight of exactly zero passes a threshold of zero and says nothing.
    kept = np.flatnonzero(weights[:count] > 0)
    sides, weights, jets = sides[kept], weights[kept], jets[kept]
    labels = np.stack([*batch.labels.values(), np.zeros(batch.n_jets)], axis=1)[:, :-1]
    event, n_events = batch.event_index()
    return Thinned(
        sides=sides,
        weights=weights,
        events=batch.event[jets],
        labels=labels[jets],
        event_labels=labels[np.searchsorted(event, np.arange(n_events))],
        event_totals=_sums(event, totals, n_events),
        n_jets=batch.n_jets,
    )


def _share(tuples: Thinned, share: float, seed: int) -> Thinned:
    """Return a share of some tuples, each kept with the same probability."""
    kept = np.flatnonzero(np.random.default_rng(seed).random(len(tuples.weights)) < share)
    columns = {name: getattr(tuples, name)[kept] for name in PER_TUPLE}
    return replace(tuples, **columns)


def _key(*parts: object) -> str:
    text = json.dumps([CHUNK_JETS, *parts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _joined(parts: Sequence[Thinned], names: tuple[str, ...], inflation: float) -> TupleSample:
    def column(name: str) -> Iterator[NDArray[np.float64]]:
        return (getattr(part, name) for part in parts)

    labels = np.concatenate(list(column("labels")))
    event_labels = np.concatenate(list(column("event_labels")))
    points, position = np.unique(event_labels, axis=0, return_inverse=True)
    totals = np.concatenate(list(column("event_totals")))
    return TupleSample(
        sides=np.concatenate(list(column("sides"))),
        weights=np.concatenate(list(column("weights"))),
        events=np.concatenate([part.events for part in parts]),
        labels={name: labels[:, k] for k, name in enumerate(names)},
        points={name: points[:, k] for k, name in enumerate(names)},
        total_weight=_sums(position.ravel(), totals, len(points)),
        n_events=np.bincount(position.ravel(), minlength=len(points)).astype(np.int64),
        inflation=inflation,
    )


def _sums(
    groups: NDArray[np.int64], values: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return (count,) the sum of the values of each group."""
    return np.asarray(np.bincount(groups, weights=values, minlength=count), dtype=np.float64)
