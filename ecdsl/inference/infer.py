"""Infer parameters from one observable, and test the intervals that this gives."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.inference import binned
from ecdsl.inference.budget import error_budget, with_surrogate
from ecdsl.inference.coverage import coverage, is_calibrated, leave_out
from ecdsl.inference.likelihoods import joint_likelihood, log_likelihood
from ecdsl.inference.marginal import marginal
from ecdsl.inference.nuisances import measured, with_measurements
from ecdsl.inference.posterior import resolved
from ecdsl.inference.profile import profile_interval
from ecdsl.inference.results import PosteriorResult
from ecdsl.inference.samples import check_rows, checked
from ecdsl.inference.templates import fit_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.coverage import LogLikelihood
    from ecdsl.inference.learned import LearnedTemplates
    from ecdsl.inference.likelihoods import Method
    from ecdsl.inference.posterior import GridPosterior
    from ecdsl.inference.results import CoverageResult, Likelihood
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates

GRID_POINTS = 401
# What a network is trained for.
LEARNED: tuple[Likelihood, ...] = ("nre", "ansatz")
# Whose width is a sum of the errors in the covariance.
BUDGETED: tuple[Likelihood, ...] = ("binned", *LEARNED, "surrogate")
# What takes seconds to make, of networks or of fits.
SLOW: tuple[Likelihood, ...] = (*LEARNED, "histogram")
# Trainings whose estimates tell what training leaves to chance; the first gives the posterior.
TRAININGS = 3
# Simulated values left out together when these are tested: two trainings instead of one each.
NRE_FOLDS = 2


def infer_observable(
    name: str,
    samples: Sequence[LabelledRows],
    observed_rows: NDArray[np.float64],
    *,
    parameter: str,
    method: Method,
    grid: int = GRID_POINTS,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[PosteriorResult, ...]:
    """Return the posteriors of each of the method's likelihoods, the binned ones first.

    For each there is one of the parameter and, behind it, one of each nuisance. None is called
    calibrated: that is for `calibrate_observable` and `with_calibration`.

    Args:
        name: The observable.
        samples: Its simulated events per point.
        observed_rows: (n_events, n_bins) the data, event by event.
        parameter: What is inferred, e.g. `mt`.
        method: The likelihoods.
        grid: Points at which the posterior is tabulated.
        progress: Called with (done, total) while the ratio estimator trains.

    Raises:
        EcdslError: D501 to D505 for unusable samples or data, D506 for a prior beyond the
            simulated values.
        NumericalError: If training diverges.
    """
    samples = checked(samples)
    check_rows(observed_rows, samples[0].rows.shape[1], "the data")
    points = prior_grid(samples, method.prior, grid)
    templates = fit_templates(samples)
    return tuple(
        result
        for kind in method.kinds
        for result in _results(
            name,
            parameter,
            kind,
            method=method,
            samples=samples,
            templates=templates,
            rows=observed_rows,
            grid=points,
            progress=progress,
        )
    )


def infer_surrogate(
    name: str,
    samples: Sequence[LabelledRows],
    learned: LearnedTemplates,
    observed_rows: NDArray[np.float64],
    *,
    parameter: str,
    method: Method,
) -> tuple[PosteriorResult, ...]:
    """Return the posteriors with a surrogate's marginals as templates.

    None is ever called calibrated: that its ensemble covers the surrogate's error was not tested.

    Args:
        name: The observable.
        samples: Its simulated events per value of the parameter.
        learned: The surrogate's means and those of its ensemble.
        observed_rows: (n_events, n_bins) the data, event by event.
        parameter: What is inferred.
        method: The likelihoods.
    """
    check_rows(observed_rows, learned.templates.n_bins, "the data")
    points = prior_grid(samples, method.prior)
    return tuple(
        result
        for kind in method.surrogate_kinds
        for result in _results(
            name,
            parameter,
            kind,
            method=method,
            samples=samples,
            templates=learned.templates,
            rows=observed_rows,
            grid=points,
            learned=learned if kind == "surrogate" and learned.members else None,
        )
    )


def calibrate_observable(
    name: str,
    samples: Sequence[LabelledRows],
    *,
    method: Method,
    grid: int = GRID_POINTS,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[CoverageResult, ...]:
    """Return the coverage of all likelihoods at values and on events that they never saw.

    What takes seconds to make leaves out every other simulated value, all else one at a time.

    Args:
        name: The observable.
        samples: Simulated events per point.
        method: The likelihoods; experiments have the smaller of its numbers of events, or those of
            the smallest sample if that has fewer.
        grid: Points at which the posterior is tabulated.
        progress: Called with (done, total) while the networks train.

    Raises:
        EcdslError: D501 to D507 for unusable samples.
    """
    samples = checked(samples)
    points = prior_grid(samples, method.prior, grid)
    n_events = min(method.n_events[0], *(sample.n_events for sample in samples))
    method = replace(method, n_events=(n_events, n_events))
    trials = {}
    for kind in method.kinds:
        slow = kind in SLOW

        def build(kept: Sequence[LabelledRows], kind: Likelihood = kind) -> LogLikelihood:
            return log_likelihood(kind, method, kept, fit_templates(kept))

        trials[kind] = leave_out(
            samples,
            build,
            n_events,
            points,
            folds=NRE_FOLDS if slow else None,
            nuisances=method.nuisances,
            seed=method.seed,
            progress=progress if slow else lambda _done, _total: None,
        )
    return tuple(
        result
        for kind, tested in trials.items()
        for result in coverage(tested, trials["binned"], observable=name, likelihood=kind)
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


def _reseeded(method: Method, count: int) -> list[Method]:
    """Return the method, and others that differ in the seed of their networks."""
    seeds = np.random.SeedSequence(method.seed).generate_state(count - 1)
    return [method, *(replace(method, seed=int(seed)) for seed in seeds)]


def _results(
    name: str,
    parameter: str,
    kind: Likelihood,
    *,
    method: Method,
    samples: Sequence[LabelledRows],
    templates: Templates,
    rows: NDArray[np.float64],
    grid: NDArray[np.float64],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    learned: LearnedTemplates | None = None,
) -> list[PosteriorResult]:
    """Return the posteriors of all parameters as the data that tables, JSON and reports show.

    The first of the trainings gives them, or the likelihood with a surrogate's ensemble.
    """
    start = perf_counter()
    trainings = [
        joint_likelihood(kind, again, samples, templates, progress)
        for again in _reseeded(method, TRAININGS if kind in LEARNED else 1)
    ]
    if learned is not None:
        exact = trainings[0]
        trainings = [with_measurements(learned.log_likelihood, method.nuisances)]
    n_events, correlator = len(rows), rows.mean(axis=0)
    x = np.append(correlator, [value for value, _ in measured(method.nuisances)])
    densities = [_posterior(marginal(t, method.priors), x, n_events, grid) for t in trainings]
    others = [
        _posterior(
            marginal(trainings[0], method.priors, k), x, n_events, np.linspace(*limits, len(grid))
        )
        for k, limits in enumerate(method.priors[1:], 1)
    ]
    best = [density.mode for density in (densities[0], *others)]
    described = partial(
        _result,
        observable=name,
        likelihood=kind,
        n_events=n_events,
        goodness_of_fit=binned.goodness_of_fit(templates, correlator, n_events, *best),
        seconds=perf_counter() - start,
    )
    first = described(parameter, densities[0])
    if kind == "binned":
        profile = profile_interval(trainings[0], x, n_events, grid, method.priors[1:])
        first = first.model_copy(update={"profile68": profile})
    if kind in BUDGETED:
        budget = error_budget(
            templates,
            x,
            n_events,
            grid,
            half_width=first.half_width68,
            estimates=[density.mode for density in densities],
            nuisances=method.nuisances,
            at=best[1:],
        )
        if learned is not None:
            known = _posterior(marginal(exact, method.priors), x, n_events, grid)
            share = known.standard_deviation / densities[0].standard_deviation
            budget = with_surrogate(budget, first.half_width68, share)
        first = first.model_copy(update={"budget": budget})
    return [first, *map(described, (part.name for part in method.nuisances), others)]


def _result(
    parameter: str,
    density: GridPosterior,
    *,
    observable: str,
    likelihood: Likelihood,
    n_events: int,
    seconds: float,
    goodness_of_fit: float,
) -> PosteriorResult:
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


def _posterior(
    likelihood: LogLikelihood, x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
) -> GridPosterior:
    def tabulate(m: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(likelihood(x[None], n_events, m)[0], dtype=np.float64)

    return resolved(grid, tabulate(grid), tabulate)
