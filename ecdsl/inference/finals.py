r"""Play out the leading shapes: pseudo-experiments, and what their posteriors were worth.

The simulated values are dealt in turn to a few simulations that share no event. The likelihood made
of each is asked about the events of the next, so that the scatter between them is that of all there
is: of data, of templates and of training. All shapes are played with the same events and seeds.

The information is the Donsker-Varadhan bound, in nat, on the mutual information of the parameter,
drawn evenly from the prior, and the correlator x of N events,

.. math:: I(x; m) \ge \langle f(x, m) \rangle_{p(x, m)}
                      - \ln \langle e^{f(x, m)} \rangle_{p(x)\, p(m)} ,

with f the ratio estimator, on experiments that it never saw; the last mean is an integral over m.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp
from scipy.stats import t as student

from ecdsl.diagnostics import data_error
from ecdsl.inference.coverage import coverage, joined, run_trials
from ecdsl.inference.infer import prior_grid
from ecdsl.inference.likelihoods import log_likelihood
from ecdsl.inference.pseudo import disjoint_experiments
from ecdsl.inference.samples import MIN_LABELS, checked
from ecdsl.inference.search import Ranking
from ecdsl.inference.templates import fit_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.coverage import LogLikelihood
    from ecdsl.inference.likelihoods import Method
    from ecdsl.inference.pseudo import Experiments
    from ecdsl.inference.results import CoverageResult, Likelihood
    from ecdsl.inference.samples import LabelledRows

# Simulations that the values are dealt to: enough to see their scatter.
REPLICAS = 5
# Pseudo-experiments of one shape, at least, if its events allow for so many.
EXPERIMENTS = 60


@dataclass(frozen=True)
class Played:
    """What the posteriors of one shape were worth.

    Attributes:
        coverage: At 68% and 95%.
        n_events: Events of one experiment.
        widths: (R,) mean half-width of the 68% regions, by simulation.
        nats: (R,) the bound on the mutual information, by simulation.
    """

    coverage: tuple[CoverageResult, ...]
    n_events: int
    widths: NDArray[np.float64]
    nats: NDArray[np.float64]


def play(
    name: str,
    samples: Sequence[LabelledRows],
    method: Method,
    kind: Likelihood,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Played:
    """Return what the posteriors of a shape were worth.

    Args:
        name: The observable.
        samples: Simulated events per value of the parameter.
        method: How the likelihood is made; experiments have the smaller of its numbers of events,
            or fewer where that would leave less than 60 experiments.
        kind: Which likelihood. The bound on the information means something where it is a ratio to
            the evidence.
        progress: Called with (simulations done, all).

    Raises:
        EcdslError: D501 to D506 for unusable samples, D507 for too few values.
    """
    samples = checked(samples)
    grid = prior_grid(samples, method.prior)
    replicas = min(REPLICAS, len(samples) // MIN_LABELS)
    if replicas < 2:
        raise data_error(
            "D507",
            f"{len(samples)} simulated values are too few to make a likelihood of some and test it"
            " on others",
            hint=f"simulate {2 * MIN_LABELS} values or more",
        )
    smallest = min(sample.n_events for sample in samples)
    n_events = min(method.n_events[0], max(1, smallest // -(-EXPERIMENTS // len(samples))))
    trials, nats = [], []
    for replica in range(replicas):
        made, asked = samples[replica::replicas], samples[(replica + 1) % replicas :: replicas]
        inside = [sample for sample in asked if grid[0] <= sample.value <= grid[-1]]
        experiments = [disjoint_experiments(sample, n_events) for sample in inside]
        here = replace(method, n_events=(n_events, n_events), seed=method.seed + replica)
        likelihood = log_likelihood(kind, here, made, fit_templates(made))
        trials.append(run_trials(likelihood, experiments, grid, replica=replica))
        nats.append(information_bound(likelihood, experiments, grid))
        progress(replica + 1, replicas)
    every = joined(trials)
    return Played(
        coverage=coverage(every, every, observable=name, likelihood=kind),
        n_events=n_events,
        widths=np.array(
            [np.mean([p.region(0.68).half_width for p in part.posteriors]) for part in trials]
        ),
        nats=np.array(nats),
    )


def information_bound(
    log_ratio: LogLikelihood, experiments: Sequence[Experiments], grid: NDArray[np.float64]
) -> float:
    """Return the bound of the module's docstring, in nat.

    Args:
        log_ratio: f, of correlators and values of the parameter.
        experiments: None of whose events f is made of, at values spread evenly over the prior.
        grid: (G,) evenly spaced values over the prior.
    """
    joint, evidence = [], []
    weights = np.full(len(grid), 1.0)
    weights[[0, -1]] = 0.5
    for measured in experiments:
        tabulated = log_ratio(measured.x, measured.n_events, grid)
        joint += [float(np.interp(measured.value, grid, row)) for row in tabulated]
        evidence += list(logsumexp(tabulated, axis=1, b=weights / weights.sum()))
    return float(np.mean(joint) - logsumexp(evidence) + np.log(len(evidence)))


def decide(merits: NDArray[np.float64]) -> Ranking:
    """Return the order of shapes by their mean over simulations, the largest first.

    That the leading shape beats another has the probability that Student's t gives to the mean of
    their differences being positive.

    Args:
        merits: (n_shapes, R) in the same simulations.
    """
    order = np.argsort(-merits.mean(axis=1))
    apart = merits[order[0]] - merits
    error = apart.std(axis=1, ddof=1) / np.sqrt(merits.shape[1])
    ratio = np.divide(apart.mean(axis=1), error, out=np.zeros(len(merits)), where=error > 0)
    beaten = student.cdf(ratio, merits.shape[1] - 1)
    return Ranking(order=tuple(map(int, order)), beaten=tuple(map(float, beaten)))
