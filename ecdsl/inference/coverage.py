"""Do the intervals cover? Posteriors of pseudo-experiments, held against what was true.

Coverage is counted on independent events: simulated values that the likelihood never saw, in
experiments that share no event. Draws from the templates or from the surrogate would test the
likelihood against its own assumptions and always pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, kstest

from ecdsl.diagnostics import data_error
from ecdsl.inference.nuisances import measured_anew
from ecdsl.inference.posterior import GridPosterior, resolved
from ecdsl.inference.pseudo import disjoint_experiments
from ecdsl.inference.results import CoverageResult, RankResult
from ecdsl.inference.samples import LabelledRows, checked, enough

if TYPE_CHECKING:
    from ecdsl.inference.nuisances import Nuisance
    from ecdsl.inference.pseudo import Experiments
    from ecdsl.inference.results import Likelihood

LEVELS = (0.68, 0.95)
CONFIDENCE = 0.99
# With fewer experiments the band is so wide that passing says nothing.
MIN_EXPERIMENTS = 20
# Experiments that share their templates are not independent, so that even ranks come out less
# even than independent ones would.
MIN_UNIFORMITY = 1e-3

LogLikelihood = Callable[[NDArray[np.float64], int, NDArray[np.float64]], NDArray[np.float64]]
"""Maps (K, n_data) data of N events and (G,) values to (K, G) log-likelihoods."""

Build = Callable[[Sequence[LabelledRows]], LogLikelihood]
"""Makes a log-likelihood from simulated samples, and from them alone."""


@dataclass(frozen=True)
class Trials:
    """Posteriors of pseudo-experiments.

    Attributes:
        truths: (K,) the parameter each experiment was simulated at.
        posteriors: K of them.
        n_events: Events per experiment.
        replicas: (K,) which simulation each one's likelihood was made of.
    """

    truths: NDArray[np.float64]
    posteriors: tuple[GridPosterior, ...]
    n_events: int
    replicas: NDArray[np.int64]


def run_trials(
    likelihood: LogLikelihood,
    experiments: Sequence[Experiments],
    grid: NDArray[np.float64],
    *,
    replica: int = 0,
) -> Trials:
    """Return the posteriors of experiments of equal size.

    Args:
        likelihood: Built without any of these events.
        experiments: At known values.
        grid: (G,) where the likelihood is tabulated.
        replica: A number of the simulation that the likelihood was built from.
    """
    truths: list[float] = []
    posteriors: list[GridPosterior] = []
    for measured in experiments:
        truths += [measured.value] * len(measured.x)
        rows = likelihood(measured.x, measured.n_events, grid)
        for x, row in zip(measured.x, rows, strict=True):
            tabulate = partial(_tabulated, likelihood, x, measured.n_events)
            posteriors.append(resolved(grid, row, tabulate))
    return Trials(
        np.array(truths),
        tuple(posteriors),
        experiments[0].n_events,
        np.full(len(truths), replica),
    )


def _tabulated(
    likelihood: LogLikelihood, x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(likelihood(x[None], n_events, grid)[0], dtype=np.float64)


def joined(parts: Sequence[Trials]) -> Trials:
    """Return all trials of experiments of equal size."""
    return Trials(
        np.concatenate([part.truths for part in parts]),
        tuple(post for part in parts for post in part.posteriors),
        parts[0].n_events,
        np.concatenate([part.replicas for part in parts]),
    )


def leave_out(
    samples: Sequence[LabelledRows],
    build: Build,
    n_events: int,
    grid: NDArray[np.float64],
    *,
    folds: int | None = None,
    nuisances: Sequence[Nuisance] = (),
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Trials:
    """Return trials at each simulated point, by likelihoods that were built without it.

    The ends of a nuisance's range, simulated to enclose what is believed of it, are not tried.

    Args:
        samples: Simulated events per point.
        build: Makes a likelihood from the samples of one fold's complement.
        n_events: Events per experiment.
        grid: (G,) where the likelihood is tabulated; its range is the prior.
        folds: Every `folds`-th value is left out together, of several parameters like the fields
            of a chessboard; None leaves out one point at a time.
        nuisances: What the likelihoods are marginal over.
        seed: Of the measurements of the nuisances.
        progress: Called with (folds done, folds).

    Raises:
        EcdslError: D507 if too few values would be left, or no sample has `n_events` events.
    """
    samples = checked(samples)
    fold_of = np.arange(len(samples)) if folds is None else _places(samples) % folds
    folds = folds or len(samples)
    fewest = len(samples) - int(np.bincount(fold_of).max())
    if not enough(fewest, len(samples[0].point)):
        raise data_error(
            "D507",
            f"of {len(samples)} simulated values too few remain when one in {folds} is left out",
            hint="coverage needs more simulated values than a quadratic polynomial",
        )
    if n_events > max(sample.n_events for sample in samples):
        raise data_error(
            "D507",
            f"no simulated value has the {n_events} events of one pseudo-experiment",
            hint="simulate more jets per value, or test with fewer events",
        )
    believed = _inside(samples)
    parts = []
    for fold in np.unique(fold_of[believed]):
        kept = [samples[i] for i in np.flatnonzero(fold_of != fold)]
        cut = [
            measured_anew(disjoint_experiments(samples[i], n_events), nuisances, (seed, int(i)))
            for i in np.flatnonzero(believed & (fold_of == fold))
        ]
        parts.append(run_trials(build(kept), cut, grid))
        progress(int(fold) + 1, folds)
    return joined(parts)


def _places(samples: Sequence[LabelledRows]) -> NDArray[np.int64]:
    """Return the place of each point on the grid of simulated points, summed over parameters."""
    columns = np.array([sample.point for sample in samples]).T
    places = [np.unique(values, return_inverse=True)[1] for values in columns]
    return np.asarray(np.sum(places, axis=0), dtype=np.int64)


def _inside(samples: Sequence[LabelledRows]) -> NDArray[np.bool_]:
    """Return which points are at no end of a nuisance's range."""
    nuisances = np.array([sample.nuisances for sample in samples])
    low, high = nuisances.min(axis=0), nuisances.max(axis=0)
    return np.asarray(((low < nuisances) & (nuisances < high)).all(axis=1))


def coverage(
    trials: Trials,
    oracle: Trials,
    *,
    observable: str,
    likelihood: Likelihood,
    levels: Sequence[float] = LEVELS,
) -> tuple[CoverageResult, ...]:
    """Count how often the highest-density regions hold the truth, per level.

    Args:
        trials: Posteriors under test.
        oracle: Those of the binned likelihood on the same experiments, for the width to compare.
        observable: Its name.
        likelihood: Which likelihood is under test.
        levels: Probabilities of the regions.
    """
    shifts = np.array([p.mode for p in trials.posteriors]) - trials.truths
    pulls = shifts / [p.standard_deviation for p in trials.posteriors]
    where = ranks(trials, observable=observable, likelihood=likelihood)
    results = []
    for level in levels:
        regions = [p.region(level) for p in trials.posteriors]
        pairs = zip(regions, trials.truths, strict=True)
        held = np.array([region.holds(truth) for region, truth in pairs])
        results.append(
            CoverageResult(
                observable=observable,
                likelihood=likelihood,
                level=level,
                covered=int(held.sum()),
                covered_error=_error(held.astype(np.float64), trials.replicas),
                pseudo_experiments=len(held),
                n_events=trials.n_events,
                bias=float(shifts.mean()),
                bias_error=_error(shifts, trials.replicas) / len(shifts),
                half_width=float(np.mean([r.half_width for r in regions])),
                oracle_half_width=float(
                    np.mean([p.region(level).half_width for p in oracle.posteriors])
                ),
                pull_mean=float(pulls.mean()),
                pull_width=float(pulls.std()),
                rank_p=uniformity(where.ranks),
                credibility_p=uniformity(where.credibilities),
            )
        )
    return tuple(results)


def _error(values: NDArray[np.float64], replicas: NDArray[np.int64]) -> float:
    """Return the standard error of the sum of values of experiments.

    Experiments that one simulation judges share the fluctuation of its templates. Where there are
    several simulations, the error is that of the scatter between them; else between experiments.
    """
    shifts = values - values.mean()
    of = np.unique(replicas, return_inverse=True)[1]
    sums = np.bincount(of, weights=shifts)
    if len(sums) == 1:
        return float(np.sqrt((shifts**2).sum()))
    return float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()))


def ranks(trials: Trials, *, observable: str, likelihood: Likelihood) -> RankResult:
    """Return where the truth stood in each posterior."""
    pairs = list(zip(trials.posteriors, trials.truths.tolist(), strict=True))
    return RankResult(
        observable=observable,
        likelihood=likelihood,
        n_events=trials.n_events,
        truths=tuple(truth for _, truth in pairs),
        estimates=tuple(p.mode for p, _ in pairs),
        ranks=tuple(p.rank(truth) for p, truth in pairs),
        credibilities=tuple(p.credibility(truth) for p, truth in pairs),
    )


def uniformity(values: Sequence[float]) -> float:
    """Return the probability that uniform values are as uneven as these (Kolmogorov-Smirnov)."""
    return float(kstest(values, "uniform").pvalue)


def binomial_band(level: float, experiments: int, confidence: float = CONFIDENCE) -> range:
    """Return the numbers covered that an exact `level` gives in the central `confidence`."""
    low, high = binom.interval(confidence, experiments, level)
    return range(int(low), int(high) + 1)


def is_calibrated(results: Sequence[CoverageResult]) -> bool:
    """Whether 20 or more experiments cover within the band at every level, without a bias.

    A bias of half an interval hardly lowers the coverage, but the ranks of the truth show it.
    """
    return bool(results) and all(
        r.pseudo_experiments >= MIN_EXPERIMENTS
        and r.covered in binomial_band(r.level, r.pseudo_experiments)
        and min(r.rank_p, r.credibility_p) > MIN_UNIFORMITY
        for r in results
    )
