"""Pseudo-experiments: correlators as they could have been measured, made of simulated events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates

# Event indices held at once while resampling: 32 MB of int64.
CHUNK = 4_000_000
# More blocks than this do not change the shape of a fluctuation: it is Gaussian.
MAX_BLOCKS = 64


@dataclass(frozen=True)
class PseudoExperiments:
    """Draws of the measured correlator at any values of the parameters, for any number of events N.

    x(m) = mu(m) + fluctuation + template noise. The fluctuation is that of N real events resampled
    from the nearest simulated point, taken around that sample's own mean, so that its shape is that
    of real events and the mean moves smoothly with m. The template noise is a fresh draw of
    Cov[mu(m)]: the true mean is known only up to it, and a posterior learned from such draws
    marginalises over what the finite simulation leaves open. Without it the network would take
    the templates' own noise for signal and its intervals would not cover.

    N events are made of the nearest number of blocks of `block` events; the spread is that of N.

    Attributes:
        templates: Mean and covariance.
        block: Events of one fluctuation of the bank.
        bank: (L, J, r) fluctuations in whitened coordinates, in units of their expected spread.
    """

    templates: Templates
    block: int
    bank: NDArray[np.float64]

    def draw(
        self,
        m: NDArray[np.float64],
        n_events: float,
        rng: np.random.Generator,
        *nuisances: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return (K, r) whitened coordinates of a correlator of N events at each of K points.

        Args:
            m: (K,) values of the parameter.
            n_events: N.
            rng: Source of randomness.
            nuisances: (K,) values of each nuisance.
        """
        templates, points = self.templates, (m, *nuisances)
        simulated = templates.scaled(*templates.points.T)
        away = templates.scaled(*points)[:, None] - simulated
        nearest = (away**2).sum(axis=-1).argmin(axis=1)
        blocks = min(max(round(n_events / self.block), 1), MAX_BLOCKS)
        fluctuation = np.zeros((len(m), self.bank.shape[2]))
        for _ in range(blocks):
            fluctuation += self.bank[nearest, rng.integers(self.bank.shape[1], size=len(m))]
        noise = rng.standard_normal(fluctuation.shape)
        return (
            templates.mean_coordinates(*points)
            + fluctuation * np.sqrt(templates.event_variances(*points) / (blocks * n_events))
            + noise * np.sqrt(templates.mean_variances(*points))
        )


def pseudo_experiments(
    samples: Sequence[LabelledRows],
    templates: Templates,
    block: int,
    draws: int,
    rng: np.random.Generator,
) -> PseudoExperiments:
    """Resample events into a bank of `draws` fluctuations per simulated point.

    Args:
        samples: The events the templates were fitted to.
        templates: Their templates.
        block: Events per fluctuation, the smallest number that an experiment will have.
        draws: Fluctuations per simulated point.
        rng: Source of randomness.
    """
    bank = []
    for sample in sorted(samples, key=lambda sample: sample.point):
        rows = templates.coordinates(sample.rows)
        means = resampled_means(rows - rows.mean(axis=0), block, draws, rng)
        # What the bank is off by would add up over the blocks of an experiment.
        means -= means.mean(axis=0)
        # Variance that the means of the sample and of the bank took up is missing.
        shrinkage = (1 - 1 / sample.n_events) * (1 - 1 / draws)
        spread = templates.event_variances(*sample.point) * shrinkage / block
        bank.append(means / np.sqrt(spread))
    return PseudoExperiments(templates, block, np.array(bank))


def spread_over(
    prior: tuple[float, float], size: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return (size,) values of the parameter, one in each of as many equal slices of the prior.

    That is less noise than independent ones; their order is random.
    """
    low, high = prior
    return np.asarray(low + (high - low) * (rng.permutation(size) + rng.random(size)) / size)


def resampled_means(
    rows: NDArray[np.float64], n_events: int, draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return (draws, r) means of `n_events` rows drawn with replacement from (n, r)."""
    means = np.empty((draws, rows.shape[1]))
    size = max(1, CHUNK // max(n_events, len(rows)))
    for start in range(0, draws, size):
        part = min(size, draws - start)
        chosen = rng.integers(len(rows), size=(part, n_events))
        chosen += np.arange(part)[:, None] * len(rows)
        counts = np.bincount(chosen.ravel(), minlength=part * len(rows))
        means[start : start + part] = counts.reshape(part, len(rows)) @ rows / n_events
    return means


@dataclass(frozen=True)
class Experiments:
    """Correlators measured on events that were simulated at one point.

    Attributes:
        value: The parameter.
        n_events: Events of each.
        x: (K, n_data) one correlator each, and what else was measured (`nuisances.py`).
        nuisances: The value of each nuisance.
    """

    value: float
    n_events: int
    x: NDArray[np.float64]
    nuisances: tuple[float, ...] = ()


def disjoint_experiments(sample: LabelledRows, n_events: int) -> Experiments:
    """Cut a sample into disjoint runs of `n_events` events; the rest is left out.

    Args:
        sample: Events in the order of their generation.
        n_events: Events per experiment; a sample with fewer gives none.
    """
    return drawn_experiments(sample, n_events, range(sample.n_events // n_events), seed=0)


def drawn_experiments(
    sample: LabelledRows, n_events: int, numbers: range, seed: int
) -> Experiments:
    """Return some of an endless list of experiments that one sample is cut into.

    The first are disjoint runs of `n_events` events. When the sample is used up it is cut again,
    in a new random order. Experiments of two cuts have a share N/n of their events in common, and
    their estimates that correlation. Whether their intervals hold the truth is correlated only by
    about its square, so that a sample of 20 experiments counts coverage nearly as well as new
    events would. The mean of all estimates is never known better than the sample allows.

    Args:
        sample: n events.
        n_events: N, events per experiment, at most n.
        numbers: Which of the list.
        seed: Of the random orders.
    """
    per_cut = sample.n_events // n_events
    x = np.empty((len(numbers), sample.rows.shape[1]))
    for i, number in enumerate(numbers):
        cut, place = divmod(number, per_cut)
        run = slice(place * n_events, (place + 1) * n_events)
        if cut > 0:
            order = np.random.default_rng((seed, cut)).permutation(sample.n_events)
            x[i] = sample.rows[np.sort(order[run])].mean(axis=0)
        else:
            x[i] = sample.rows[run].mean(axis=0)
    return Experiments(sample.value, n_events, x, sample.nuisances)
