r"""The published fit of histograms: the value whose correlator differs least from the measured one.

.. math:: \hat m(x) = \arg\min_m \sum_b |\mu_b(m) - x_b|

(arXiv:2508.10988). Every bin counts by its content, whatever its noise, and no error comes out of
the minimum. The error here is the scatter of the estimate over pseudo-experiments of resampled
events: they give its mean e and spread s for every true value, and the likelihood of an estimate is

.. math:: \ln L(m) = -\frac{(\hat m - e(m))^2}{2\, s^2(m)} - \ln s(m) .

The minimum is looked for beyond the simulated values too: of estimates that pile up at an end none
would say how far beyond it the data lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Polynomial
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import cdist

from ecdsl.inference.pseudo import pseudo_experiments, spread_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.coverage import LogLikelihood
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates

# How far beyond the simulated values a minimum is looked for, in units of their range.
BEYOND = 0.5
SEARCH_POINTS = 401
# Resampled fluctuations per simulated value, and pseudo-experiments that are fitted: a spread from
# so many is known to 2%.
BANK = 400
DRAWS = 2000
# A fitted line may not take the variance below this share of its average.
MIN_VARIANCE = 0.2


@dataclass(frozen=True)
class Scatter:
    """Mean and variance of the estimate over pseudo-experiments, as functions of the true value."""

    mean: Polynomial
    variance: Polynomial
    least_variance: float

    @classmethod
    def of(cls, truths: NDArray[np.float64], estimates: NDArray[np.float64]) -> Scatter:
        """Fit a quadratic mean and a linear variance to (K,) true values and (K,) estimates."""
        mean = Polynomial.fit(truths, estimates, 2)
        squares = (estimates - mean(truths)) ** 2
        return cls(mean, Polynomial.fit(truths, squares, 1), MIN_VARIANCE * float(squares.mean()))

    def log_likelihood(
        self, estimates: NDArray[np.float64], grid: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (K, G) ln L of the module's docstring."""
        variance = np.maximum(self.variance(grid), self.least_variance)
        away = estimates[:, None] - self.mean(grid)
        return np.asarray(-0.5 * (away**2 / variance + np.log(variance)), dtype=np.float64)


def histogram_fit(
    samples: Sequence[LabelledRows],
    templates: Templates,
    n_events: int,
    *,
    prior: tuple[float, float],
    seed: int,
) -> LogLikelihood:
    """Return the likelihood of the fit's estimate.

    Args:
        samples: Simulated events per value of the parameter, for the pseudo-experiments.
        templates: The expected correlator: of the same events, or a surrogate's.
        n_events: The smallest number of events in the data that it will be asked about.
        prior: Range of the true values in the pseudo-experiments.
        seed: Of the pseudo-experiments.
    """
    bank = np.random.default_rng((seed, 0))
    experiments = pseudo_experiments(samples, templates, n_events, BANK, bank)

    @cache
    def scatter(n: int) -> Scatter:
        rng = np.random.default_rng((seed, n))
        truths = spread_over(prior, DRAWS, rng)
        drawn = experiments.draw(truths, n, rng)
        return Scatter.of(truths, estimates(templates, templates.correlator(drawn)))

    def log_likelihood(
        x: NDArray[np.float64], n: int, grid: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return scatter(n).log_likelihood(estimates(templates, templates.merge(x)), grid)

    return log_likelihood


def estimates(templates: Templates, merged: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (K,) the values that minimise the sum of absolute differences to (K, B) correlators.

    The best point of a grid, then the minimum between its neighbours.
    """
    low, high = templates.points[[0, -1], 0]
    reach = BEYOND * (high - low)
    points = np.linspace(low - reach, high + reach, SEARCH_POINTS)
    best = cdist(merged, templates.mean(points), "cityblock").argmin(axis=1)
    below, above = points[np.maximum(best - 1, 0)], points[np.minimum(best + 1, len(points) - 1)]

    def refined(x: NDArray[np.float64], ends: tuple[float, float]) -> float:
        def distance(m: float) -> float:
            return float(np.abs(templates.mean(m) - x).sum())

        return float(minimize_scalar(distance, bounds=ends, method="bounded").x)

    return np.array([refined(x, (a, b)) for x, a, b in zip(merged, below, above, strict=True)])
