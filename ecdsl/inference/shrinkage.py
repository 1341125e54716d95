r"""Shrink noisy polynomial coefficients of templates towards zero, by as much as the data ask for.

The information on the parameter grows with the square of the templates' slope, and noise adds to a
square: with r bins each slope known to unit noise, the squared slope is overestimated by r. A
posterior that uses the fitted slopes as they are, even with their noise in its covariance, is then
narrower than it should be: this is the errors-in-variables problem, and with some 30,000 simulated
events it is as large as the signal of a sparse shape.

The remedy is to infer the r coefficients of one order k together. With :math:`\hat a \sim N(a, 1)`
and :math:`a \sim N(0, \tau^2)`, a flat prior on :math:`\tau^2` gives for :math:`b = 1/(1+\tau^2)`
a Gamma density of shape r/2 - 1 and rate :math:`S/2`, :math:`S = \sum \hat a^2`, cut at b = 1, and

.. math:: E[a] = (1 - E[b])\, \hat a, \qquad
          \mathrm{Var}[a] = (1 - E[b]) + \mathrm{Var}[b]\, \hat a^2 .

A clear signal (S >> r) is left alone, pure noise (S ~ r) is removed, and what cannot be told stays
in the variance. Reference: C. Morris, J. Am. Stat. Assoc. 78 (1983) 47, sect. 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainc, hyp1f1, poch

if TYPE_CHECKING:
    from numpy.typing import NDArray


def shrink(
    estimates: NDArray[np.float64], variances: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance of the coefficients given their estimates.

    The constant (order 0) is not shrunk, nor are fewer than three coefficients: two cannot tell
    how large a third should be.

    Args:
        estimates: (degree + 1, r) least-squares coefficients.
        variances: (degree + 1, r) their noise.
    """
    means, noises = estimates.copy(), variances.copy()
    r = estimates.shape[1]
    for k in range(1, len(estimates)) if r > 2 else ():
        squares = float((estimates[k] ** 2 / variances[k]).sum())
        b, b_variance = _cut_gamma(r / 2 - 1, squares / 2)
        means[k] = (1 - b) * estimates[k]
        noises[k] = (1 - b) * variances[k] + b_variance * estimates[k] ** 2
    return means, noises


def _cut_gamma(shape: float, rate: float) -> tuple[float, float]:
    """Return mean and variance of a Gamma variable given that it is below 1."""
    first, second = (_cut_gamma_moment(shape, rate, n) for n in (1, 2))
    return first, second - first**2


def _cut_gamma_moment(shape: float, rate: float, n: int) -> float:
    # Each of the two forms of the incomplete Gamma function underflows where the other is safe.
    if rate > shape:
        ratio = gammainc(shape + n, rate) / gammainc(shape, rate)
        return float(poch(shape, n) / rate**n * ratio)
    ratio = hyp1f1(1, shape + n + 1, rate) / hyp1f1(1, shape + 1, rate)
    return float(shape / (shape + n) * ratio)
