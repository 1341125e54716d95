r"""The published likelihood: a product over tuples as if each were an independent draw.

With :math:`p_b(m) = \mu_b(m) / \sum_b \mu_b(m)` the energy-weighted density of the shape variable,
in bins, and :math:`f_b = x_b / \sum_b x_b` the measured one,

.. math:: \ln L(m) = n \sum_b f_b \ln p_b(m) .

A classifier between (z, m) drawn together and independently learns ln p_b(m) up to a constant, so
that this is the product of its ratios over n tuples at the best it can be (arXiv:2508.10988). It is
NOT CALIBRATED: tuples of an event share its particles, and n, the number of tuples, says nothing of
how well they know the parameter. Two exponents n are more honest:

- the effective number of tuples, (sum w)^2 / sum w^2, which knows of the weights alone;
- that of the sandwich of per-event scores :math:`s_b = \partial_m \ln p_b`,

.. math:: n = \frac{\sum_b p_b s_b^2}{s^T C s / (\sum_b \mu_b)^2}, \qquad
          C = \Sigma / N + \mathrm{Cov}[\mu],

with which the curvature of ln L is the inverse of its maximum's variance over events (Varin, Reid,
Firth, Statistica Sinica 21 (2011) 5). Its intervals have the right size; what the product loses
of the information, it does not bring back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import NumericalError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.templates import Templates


@dataclass(frozen=True)
class TupleCounts:
    """How many tuples of one event fall into the bins of an observable.

    Attributes:
        tuples: Mean number of tuples.
        effective: The effective number (sum w)^2 / sum w^2 over that of the events.
    """

    tuples: float
    effective: float


def log_likelihood(
    templates: Templates,
    x: NDArray[np.float64],
    exponent: float | NDArray[np.float64],
    grid: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ln L for every m of a grid.

    Args:
        templates: Of simulated events, or with a surrogate's means.
        x: (K, n_bins) measured correlators.
        exponent: n, one for all or (K,).
        grid: (G,) values of the parameter.

    Returns:
        (K, G).

    Raises:
        NumericalError: If the density is not positive in every bin.
    """
    measured = templates.merge(x)
    shares = measured / measured.sum(axis=-1, keepdims=True)
    log_p = shares @ np.log(_density(templates, grid)).T
    return np.asarray(log_p * np.reshape(exponent, (-1, 1)), dtype=np.float64)


def sandwich_exponent(
    templates: Templates, x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (K,) the exponent of the module's docstring at the maximum of each x (K, n_bins)."""
    density = _density(templates, grid)
    scores = np.gradient(np.log(density), grid, axis=0)
    variance = templates.event_variances(grid) / n_events + templates.mean_variances(grid)
    spread = ((scores @ templates.unwhiten) ** 2 * variance).sum(axis=1)
    total = templates.mean(grid).sum(axis=1)
    information = (density * scores**2).sum(axis=1)
    # A single bin has no shape: its share is 1 for every m, whatever the exponent.
    exponent = np.divide(
        information * total**2, spread, out=np.zeros_like(spread), where=spread > 0
    )
    best = log_likelihood(templates, x, 1.0, grid).argmax(axis=1)
    return np.asarray(exponent[best], dtype=np.float64)


def _density(templates: Templates, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (G, B) the share of each merged bin."""
    mean = templates.mean(grid)
    if mean.min() <= 0:
        raise NumericalError(
            "the expected correlator is not positive in every bin: there is no density of tuples"
        )
    return np.asarray(mean / mean.sum(axis=1, keepdims=True), dtype=np.float64)
