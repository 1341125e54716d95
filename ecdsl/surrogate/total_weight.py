"""How the correlator's total weight per event depends on the simulation parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.surrogate.label_terms import label_degree, label_terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.surrogate.sample import TupleSample


@dataclass(frozen=True)
class TotalWeight:
    """A polynomial in the context scaled to [-1, 1], fitted to the simulated points.

    Attributes:
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        degree: 1, or 2 where enough points were simulated.
        coefficients: Of the terms of `_terms`.
    """

    lower: tuple[float, ...]
    upper: tuple[float, ...]
    degree: int
    coefficients: tuple[float, ...]

    def at(self, context: NDArray[np.float64]) -> float:
        """Return the weight per event of all tuples within the chart, at one context (C,)."""
        terms = _terms(context[None, :], self.lower, self.upper, self.degree)
        return float(terms[0] @ np.asarray(self.coefficients))


def fit_total_weight(sample: TupleSample, described: float) -> TotalWeight:
    """Fit the total weight per event.

    The weight of an event varies as much at one point as at another, so that a point counts by its
    number of events.

    Args:
        sample: Simulated points, their total weights and numbers of events.
        described: Fraction of the weight that lies within the chart.
    """
    points = sample.context_points
    lower, upper = tuple(points.min(axis=0).tolist()), tuple(points.max(axis=0).tolist())
    degree = label_degree([len(np.unique(column)) for column in points.T])
    terms = _terms(points, lower, upper, degree)
    per_event = described * sample.total_weight / sample.n_events
    root = np.sqrt(sample.n_events)
    solution = np.linalg.lstsq(terms * root[:, None], per_event * root, rcond=None)[0]
    return TotalWeight(lower, upper, degree, tuple(solution.tolist()))


def _terms(
    points: NDArray[np.float64], lower: tuple[float, ...], upper: tuple[float, ...], degree: int
) -> NDArray[np.float64]:
    """Return (K, n_terms) the terms at (K, C) contexts."""
    low, high = np.asarray(lower), np.asarray(upper)
    scaled = (2 * points - low - high) / (high - low)
    return np.stack(label_terms(list(scaled.T), degree), axis=1)
