"""The Gaussian template likelihood of a measured correlator: the oracle every other is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2 as chi2_distribution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.templates import Templates


def log_likelihood(
    templates: Templates, x: NDArray[np.float64], n_events: int, *m: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Return ln p(x | m) for every point m, up to a constant.

    .. math:: -\tfrac12 (x - \mu)^T C^{-1} (x - \mu) - \tfrac12 \ln\det C, \qquad
              C(m) = \Sigma(m) / N + \mathrm{Cov}[\mu(m)]

    with absolute normalisation, the simulation-averaged covariance of one event's row and the
    noise of the finite simulation. A sum of many events is Gaussian whatever one event is.

    Args:
        templates: Mean and covariance.
        x: (..., n_bins) correlators, each the mean of the rows of `n_events` events.
        n_events: N, the number of independent events in each x.
        m: (M,) values of each parameter.

    Returns:
        (..., M).
    """
    return log_density(templates, templates.coordinates(x), n_events, *m)


def log_density(
    templates: Templates,
    coordinates: NDArray[np.float64],
    n_events: float,
    *m: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (..., M) the same for (..., r) whitened coordinates."""
    variance = templates.event_variances(*m) / n_events + templates.mean_variances(*m)
    expected = templates.mean_coordinates(*m)
    # The square is expanded, so that all pairs of data and parameters are one matrix product.
    data = np.concatenate([coordinates**2, coordinates], axis=-1)
    weights = np.concatenate([-0.5 / variance, expected / variance], axis=-1)
    rest = -0.5 * (expected**2 / variance + np.log(variance)).sum(axis=-1)
    return np.asarray(data @ weights.T + rest, dtype=np.float64)


def goodness_of_fit(
    templates: Templates, x: NDArray[np.float64], n_events: int, *estimate: float
) -> float:
    """Return the probability of a chi^2 as large as that of one x (n_bins,) at the estimate.

    One degree of freedom is taken off for each fitted parameter. A small value says that no value
    of the parameters describes the data, and then no posterior of them means anything.
    """
    variance = templates.event_variances(*estimate) / n_events + templates.mean_variances(*estimate)
    residual = templates.coordinates(x) - templates.mean_coordinates(*estimate)
    degrees = max(residual.size - len(estimate), 1)
    return float(chi2_distribution.sf((residual**2 / variance).sum(), degrees))
