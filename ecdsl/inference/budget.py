r"""Where a half-width comes from: the data, the finite simulation, nuisances, and the training.

The posterior's covariance is that of the data and that of the templates, and not to know the
nuisances widens it. Leaving out what is not the data narrows it step by step,

.. math:: h_\mathrm{data} = h\, \sigma_0 / \sigma, \qquad
          h_\mathrm{simulation} = h\, \sqrt{\sigma_1^2 - \sigma_0^2} / \sigma, \qquad
          h_\mathrm{nuisances} = h\, \sqrt{\sigma^2 - \sigma_1^2} / \sigma,

with sigma the standard deviation of the binned posterior, sigma_1 that with the nuisances fixed at
their estimates, and sigma_0 that without the noise of the templates too, so that the three add in
quadrature to the half-width h. More data narrow the first, a larger simulation the second. What a
training leaves to chance is not in h: it is the spread of the estimates of trainings that differ in
their seeds alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.inference import binned
from ecdsl.inference.marginal import marginal
from ecdsl.inference.nuisances import with_measurements
from ecdsl.inference.posterior import resolved
from ecdsl.inference.results import ErrorBudget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.coverage import LogLikelihood
    from ecdsl.inference.nuisances import Nuisance
    from ecdsl.inference.templates import Templates


def error_budget(
    templates: Templates,
    x: NDArray[np.float64],
    n_events: int,
    grid: NDArray[np.float64],
    *,
    half_width: float,
    estimates: Sequence[float] = (),
    nuisances: Sequence[Nuisance] = (),
    at: Sequence[float] = (),
) -> ErrorBudget:
    """Return what a half-width is made of.

    Args:
        templates: Mean and covariance, with the noise of the simulation.
        x: (n_data,) the measured correlator, and what else was measured.
        n_events: Events in it.
        grid: (G,) values of the parameter over the prior.
        half_width: Of the 68% interval.
        estimates: Those of trainings that differ in their seeds alone; none where nothing is
            trained.
        nuisances: What the half-width is marginal over.
        at: Their estimates.
    """
    exact = replace(templates, coefficient_variances=np.zeros_like(templates.coefficient_variances))
    joint = with_measurements(partial(binned.log_likelihood, templates), nuisances)
    whole = marginal(joint, [(grid[0], grid[-1]), *(part.prior for part in nuisances)])
    spreads = [
        _spread(likelihood, x, n_events, grid)
        for likelihood in (_known(exact, at), _known(templates, at), whole)
    ]
    parts = np.diff(np.maximum.accumulate(np.square(spreads)), prepend=0.0)
    data, simulation, widening = (half_width * np.sqrt(parts / parts.sum())).tolist()
    return ErrorBudget(
        data=data,
        simulation=simulation,
        nuisances=widening if nuisances else None,
        training=float(np.std(estimates, ddof=1)) if len(estimates) > 1 else None,
    )


def with_surrogate(budget: ErrorBudget, half_width: float, share: float) -> ErrorBudget:
    """Return a budget with what a surrogate's own error adds.

    Args:
        budget: Without it, of the same half-width.
        half_width: Of the 68% interval.
        share: Standard deviation of the posterior without the surrogate's error, relative to that
            with it.
    """
    rest = min(share, 1.0)
    scaled = {
        name: rest * part
        for name in ("data", "simulation", "nuisances")
        if (part := getattr(budget, name)) is not None
    }
    own = half_width * float(np.sqrt(1 - rest**2))
    return budget.model_copy(update={**scaled, "surrogate": own})


def _known(templates: Templates, at: Sequence[float]) -> LogLikelihood:
    """Return the binned likelihood with the nuisances fixed."""

    def log_likelihood(
        x: NDArray[np.float64], n_events: int, m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        fixed = [np.full_like(m, value) for value in at]
        return binned.log_likelihood(templates, x[:, : templates.n_bins], n_events, m, *fixed)

    return log_likelihood


def _spread(
    likelihood: LogLikelihood, x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
) -> float:
    """Return the standard deviation of the posterior."""

    def tabulate(m: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(likelihood(x[None], n_events, m)[0], dtype=np.float64)

    return resolved(grid, tabulate(grid), tabulate).standard_deviation
