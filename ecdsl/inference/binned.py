"""The Gaussian template likelihood of a measured correlator: the oracle every other is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2 as chi2_distribution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.templates import Templates


def log_likelihood(
    templates: Templates, x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Return ln p(x | m) for every m of a grid, up to a constant.

    .. math:: -\tfrac12 (x - \mu)^T C^{-1} (x - \mu) - \tfrac12 \ln\det C, \qquad
              C(m) = \Sigma(m) / N + \mathrm{Cov}[\mu(m)]

    with absolute normalisation, the simulation-averaged covariance of one event's row and the
    noise of the finite simulation. A sum of many events is Gaussian whatever one event is.

    Args:
        templates: Mean and covariance.
        x: (..., n_bins) correlators, each the mean of the rows of `n_events` events.
        n_events: N, the number of independent events in each x.
        grid: (G,) values of the parameter.

    Returns:
        (..., G).
    """
    variance = templates.event_variances(grid) / n_events + templates.mean_variances(grid)
    residual = templates.coordinates(x)[..., None, :] - templates.mean_coordinates(grid)
    log_p: NDArray[np.float64] = -0.5 * (residual**2 / variance + np.log(variance)).sum(axis=-1)
    return log_p


def goodness_of_fit(
    templates: Templates, x: NDArray[np.float64], n_events: int, estimate: float
) -> float:
    """Return the probability of a chi^2 as large as that of one x (n_bins,) at the estimate.

    One degree of freedom is taken off for the fitted parameter. A small value says that no value
    of the parameter describes the data, and then no posterior of it means anything.
    """
    variance = templates.event_variances(estimate) / n_events + templates.mean_variances(estimate)
    residual = templates.coordinates(x) - templates.mean_coordinates(estimate)
    degrees = max(residual.size - 1, 1)
    return float(chi2_distribution.sf((residual**2 / variance).sum(), degrees))
