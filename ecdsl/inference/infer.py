"""Infer the parameter from one observable, and test the intervals that this gives."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.inference import binned
from ecdsl.inference.coverage import coverage, is_calibrated, leave_out
from ecdsl.inference.nre import train_ratio
from ecdsl.inference.posterior import posterior
from ecdsl.inference.results import PosteriorResult
from ecdsl.inference.samples import check_rows, checked
from ecdsl.inference.templates import fit_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.coverage import LogLikelihood
    from ecdsl.inference.posterior import GridPosterior
    from ecdsl.inference.results import CoverageResult, Likelihood
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates

GRID_POINTS = 401
# Simulated values left out together when the network is tested: two trainings instead of one each.
NRE_FOLDS = 2


def infer_observable(
    name: str,
    samples: Sequence[LabelledRows],
    observed_rows: NDArray[np.float64],
    *,
    parameter: str,
    prior: tuple[float, float],
    seed: int,
    grid: int = GRID_POINTS,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[PosteriorResult, PosteriorResult]:
    """Return the posterior of the binned likelihood and that of the ratio estimator.

    Neither is called calibrated: that is for `calibrate_observable` and `with_calibration`.

    Args:
        name: The observable.
        samples: Its simulated events per value of the parameter.
        observed_rows: (n_events, n_bins) the data, event by event.
        parameter: What is inferred, e.g. `mt`.
        prior: Range of the flat prior, within the simulated values.
        seed: Of the ratio estimator.
        grid: Points at which the posterior is tabulated.
        progress: Called with (done, total) while the ratio estimator trains.

    Raises:
        EcdslError: D501 to D505 for unusable samples or data, D506 for a prior beyond the
            simulated values.
        NumericalError: If training diverges or the posterior is narrower than the grid resolves.
    """
    samples = checked(samples)
    check_rows(observed_rows, samples[0].rows.shape[1], "the data")
    points = prior_grid(samples, prior, grid)
    start = perf_counter()
    templates = fit_templates(samples)
    oracle = _template_result(
        name, parameter, "binned", templates=templates, rows=observed_rows, grid=points, start=start
    )
    n_events, x = len(observed_rows), observed_rows.mean(axis=0)
    start = perf_counter()
    ratio = train_ratio(samples, templates, n_events, prior=prior, seed=seed, progress=progress)
    density = posterior(points, ratio.log_ratio(x, points))
    learned = _result(
        name,
        parameter,
        "nre",
        density=density,
        n_events=n_events,
        goodness_of_fit=binned.goodness_of_fit(templates, x, n_events, density.mode),
        seconds=perf_counter() - start,
    )
    return oracle, learned


def infer_surrogate(
    name: str,
    templates: Templates,
    observed_rows: NDArray[np.float64],
    *,
    parameter: str,
    grid: NDArray[np.float64],
) -> PosteriorResult:
    """Return the posterior with a surrogate's marginals as templates (`with_means`).

    Never called calibrated: a surrogate's error is not in the likelihood's covariance.

    Args:
        name: The observable.
        templates: With the surrogate's means.
        observed_rows: (n_events, n_bins) the data, event by event.
        parameter: What is inferred.
        grid: (G,) from `prior_grid`.
    """
    check_rows(observed_rows, templates.n_bins, "the data")
    start = perf_counter()
    return _template_result(
        name,
        parameter,
        "surrogate",
        templates=templates,
        rows=observed_rows,
        grid=grid,
        start=start,
    )


def calibrate_observable(
    name: str,
    samples: Sequence[LabelledRows],
    *,
    n_events: int,
    prior: tuple[float, float],
    seed: int,
    grid: int = GRID_POINTS,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[CoverageResult, ...]:
    """Return the coverage of both likelihoods at values and on events that they never saw.

    The binned likelihood leaves out one simulated value at a time, the network every other one.

    Args:
        name: The observable.
        samples: Simulated events per value.
        n_events: Events per pseudo-experiment; at most those of the smallest sample are used.
        prior: Range of the flat prior, within the simulated values.
        seed: Of the networks.
        grid: Points at which the posterior is tabulated.
        progress: Called with (done, total) while the networks train.

    Raises:
        EcdslError: D501 to D507 for unusable samples.
    """
    samples = checked(samples)
    points = prior_grid(samples, prior, grid)
    n_events = min(n_events, *(sample.n_events for sample in samples))

    def build_binned(kept: Sequence[LabelledRows]) -> LogLikelihood:
        templates = fit_templates(kept)
        return lambda x: binned.log_likelihood(templates, x, n_events, points)

    def build_ratio(kept: Sequence[LabelledRows]) -> LogLikelihood:
        ratio = train_ratio(kept, fit_templates(kept), n_events, prior=prior, seed=seed)
        return lambda x: ratio.log_ratio(x, points)

    oracle = leave_out(samples, build_binned, n_events, points)
    learned = leave_out(samples, build_ratio, n_events, points, folds=NRE_FOLDS, progress=progress)
    return (
        *coverage(oracle, oracle, observable=name, likelihood="binned"),
        *coverage(learned, oracle, observable=name, likelihood="nre"),
    )


def with_calibration(
    posteriors: Sequence[PosteriorResult], coverages: Sequence[CoverageResult]
) -> tuple[PosteriorResult, ...]:
    """Return the posteriors with `calibrated` set by the coverage of their own likelihood."""
    return tuple(
        result.model_copy(
            update={
                "calibrated": is_calibrated(
                    [
                        c
                        for c in coverages
                        if (c.observable, c.likelihood) == (result.observable, result.likelihood)
                    ]
                )
            }
        )
        for result in posteriors
    )


def prior_grid(
    samples: Sequence[LabelledRows], prior: tuple[float, float], points: int = GRID_POINTS
) -> NDArray[np.float64]:
    """Return the evenly spaced grid over the prior's range.

    Raises:
        EcdslError: D506 if the prior is no range within the simulated values.
    """
    values = [sample.value for sample in samples]
    low, high = prior
    if not min(values) <= low < high <= max(values):
        raise data_error(
            "D506",
            f"the prior [{low:g}, {high:g}] is not a range within the simulated values,"
            f" {min(values):g} to {max(values):g}",
            hint="simulate a wider grid, or narrow the prior",
        )
    return np.linspace(low, high, points)


def _template_result(
    name: str,
    parameter: str,
    likelihood: Likelihood,
    *,
    templates: Templates,
    rows: NDArray[np.float64],
    grid: NDArray[np.float64],
    start: float,
) -> PosteriorResult:
    """Return the result of the Gaussian likelihood; `start` is when its work began."""
    n_events, x = len(rows), rows.mean(axis=0)
    density = posterior(grid, binned.log_likelihood(templates, x, n_events, grid))
    return _result(
        name,
        parameter,
        likelihood,
        density=density,
        n_events=n_events,
        goodness_of_fit=binned.goodness_of_fit(templates, x, n_events, density.mode),
        seconds=perf_counter() - start,
    )


def _result(
    observable: str,
    parameter: str,
    likelihood: Likelihood,
    *,
    density: GridPosterior,
    n_events: int,
    goodness_of_fit: float,
    seconds: float,
) -> PosteriorResult:
    """Return a posterior as the data that tables, JSON and the report are made of."""
    narrow, wide = density.region(0.68), density.region(0.95)
    return PosteriorResult(
        observable=observable,
        parameter=parameter,
        estimate=density.mode,
        interval68=narrow.parts,
        interval95=wide.parts,
        half_width68=narrow.half_width,
        likelihood=likelihood,
        calibrated=False,
        n_events=n_events,
        seconds=seconds,
        at_boundary=narrow.at_lower or narrow.at_upper,
        goodness_of_fit=goodness_of_fit,
        grid=tuple(density.grid.tolist()),
        density=tuple(density.density.tolist()),
    )
