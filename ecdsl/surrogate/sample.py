"""Training data of a surrogate: the weighted tuples of many simulated jets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True)
class TupleSample:
    """Weighted tuples of labelled events, thinned without bias.

    `n` tuples, `P = N (N - 1) / 2` sides, `K` points in label space at which events were simulated.

    Attributes:
        sides: (n, P) distances in the correlator's measure, sorted within each row.
        weights: (n,) positive; only their ratios matter.
        events: (n,) the event that each tuple comes from; tuples of one event are correlated.
        labels: Per simulation parameter, (n,) its value, e.g. `mt` in GeV.
        points: Per simulation parameter, (K,) the values that were simulated.
        total_weight: (K,) sum of the weights of all tuples as the correlator counts them
            (`distinct`: N! per set of particles), over all events of that point.
        n_events: (K,) simulated events of that point, those without any tuple included.
        inflation: By what thinning has multiplied the variance of sums over independent tuples.
    """

    sides: NDArray[np.float64]
    weights: NDArray[np.float64]
    events: NDArray[np.int64]
    labels: Mapping[str, NDArray[np.float64]]
    points: Mapping[str, NDArray[np.float64]]
    total_weight: NDArray[np.float64]
    n_events: NDArray[np.int64]
    inflation: float = 1.0

    @property
    def contexts(self) -> NDArray[np.float64]:
        """(n, C) the labels of each tuple, in the order of `labels`."""
        return np.stack([np.asarray(v, dtype=np.float64) for v in self.labels.values()], axis=1)

    @property
    def context_points(self) -> NDArray[np.float64]:
        """(K, C) the simulated points, in the order of `labels`."""
        return np.stack([np.asarray(self.points[name]) for name in self.labels], axis=1)

    def fingerprint(self) -> str:
        """Return the SHA-256 of every number in the sample."""
        digest = hashlib.sha256()
        arrays = (self.sides, self.weights, self.events, self.total_weight, self.n_events)
        for array in (*arrays, self.contexts, self.context_points):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update("\0".join(self.labels).encode())
        return digest.hexdigest()


def resampled(sample: TupleSample, seed: int, member: int) -> TupleSample:
    """Return a sample whose events weigh differently: what another simulation might have been.

    Every event gets a weight from an exponential distribution of mean 1, the Bayesian bootstrap
    (D. B. Rubin, Ann. Statist. 9 (1981) 130): anything learned from it scatters as from one
    simulation to the next. Total weights move with the tuples that were kept.

    Args:
        sample: The simulation.
        seed: Of the training.
        member: A number from 1; the same gives the same sample.
    """
    events, place = np.unique(sample.events, return_inverse=True)
    random = np.random.default_rng(np.random.SeedSequence([seed, 2, member]))
    factors = random.exponential(size=len(events))[place]
    points, contexts = sample.context_points, sample.contexts
    moved = []
    for point, total in zip(points, sample.total_weight, strict=True):
        here = (contexts == point).all(axis=1)
        kept = sample.weights[here]
        moved.append(total * (factors[here] @ kept) / kept.sum() if here.any() else total)
    return replace(sample, weights=sample.weights * factors, total_weight=np.array(moved))


def validate(sample: TupleSample) -> TupleSample:
    """Return `sample` if a density can be learned from it.

    Raises:
        EcdslError: D402 for tuples that are empty, not finite, not sorted or not positively
            weighted; D403 where a label has fewer than two values.
    """
    if len(sample.weights) == 0:
        raise data_error(
            "D402",
            "no tuple was selected from the training events",
            hint="check that the jets have at least as many constituents as the correlator's order",
        )
    finite = np.isfinite(sample.sides).all() and np.isfinite(sample.weights).all()
    if not finite or not np.isfinite(sample.contexts).all():
        raise data_error(
            "D402", "the training tuples hold NaN or infinite numbers", hint="validate the events"
        )
    if (sample.weights <= 0).any():
        raise data_error(
            "D402",
            f"{int((sample.weights <= 0).sum())} training tuples have no positive weight",
            hint="a density can only be learned for a correlator with a positive weight",
        )
    if (np.diff(sample.sides, axis=1) < 0).any():
        raise data_error("D402", "the sides of the training tuples are not sorted")
    for name, values in sample.points.items():
        if len(np.unique(values)) < 2:
            raise data_error(
                "D403",
                f"the training events have a single value of `{name}`, {values[0]:g}",
                hint=f"simulate a grid, e.g. --param {name}=170:180:0.5",
            )
    return sample
