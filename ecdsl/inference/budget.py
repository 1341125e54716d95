r"""Where a half-width comes from: the data, the finite simulation, and the training.

The posterior's covariance is that of the data and that of the templates. Leaving the second out
narrows it to what these data would give with templates known exactly,

.. math:: h_\mathrm{data} = h\, \sigma_0 / \sigma, \qquad
          h_\mathrm{simulation} = h\, \sqrt{1 - \sigma_0^2 / \sigma^2},

with sigma and sigma_0 the standard deviations of the binned posterior with and without the noise of
the templates, so that the two add in quadrature to the half-width h. More data narrow the first, a
larger simulation the second. What a training leaves to chance is not in h: it is the spread of the
estimates of trainings that differ in their seeds alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.inference import binned
from ecdsl.inference.posterior import resolved
from ecdsl.inference.results import ErrorBudget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.templates import Templates


def error_budget(
    templates: Templates,
    x: NDArray[np.float64],
    n_events: int,
    grid: NDArray[np.float64],
    *,
    half_width: float,
    estimates: Sequence[float] = (),
) -> ErrorBudget:
    """Return what a half-width is made of.

    Args:
        templates: Mean and covariance, with the noise of the simulation.
        x: (n_bins,) the measured correlator.
        n_events: Events in it.
        grid: (G,) values of the parameter over the prior.
        half_width: Of the 68% interval.
        estimates: Those of trainings that differ in their seeds alone; none where nothing is
            trained.
    """
    exact = replace(templates, coefficient_variances=np.zeros_like(templates.coefficient_variances))
    share = min(_spread(exact, x, n_events, grid) / _spread(templates, x, n_events, grid), 1.0)
    return ErrorBudget(
        data=half_width * share,
        simulation=half_width * float(np.sqrt(1 - share**2)),
        training=float(np.std(estimates, ddof=1)) if len(estimates) > 1 else None,
    )


def _spread(
    templates: Templates, x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
) -> float:
    """Return the standard deviation of the binned posterior."""

    def tabulate(m: NDArray[np.float64]) -> NDArray[np.float64]:
        return binned.log_likelihood(templates, x, n_events, m)

    return resolved(grid, tabulate(grid), tabulate).standard_deviation
