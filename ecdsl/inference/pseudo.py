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


@dataclass(frozen=True)
class PseudoExperiments:
    """Draws of the measured correlator at any value of the parameter.

    x(m) = mu(m) + fluctuation + template noise. The fluctuation is that of N real events resampled
    from the nearest simulated value, taken around that sample's own mean, so that its shape is that
    of real events and the mean moves smoothly with m. The template noise is a fresh draw of
    Cov[mu(m)]: the true mean is known only up to it, and a posterior learned from such draws
    marginalises over what the finite simulation leaves open. Without it the network would take
    the templates' own noise for signal and its intervals would not cover.

    Attributes:
        templates: Mean and covariance.
        n_events: N.
        bank: (L, J, r) fluctuations in whitened coordinates, in units of their expected spread.
    """

    templates: Templates
    n_events: int
    bank: NDArray[np.float64]

    def draw(self, m: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return (K, r) whitened coordinates of one correlator at each of (K,) values."""
        templates = self.templates
        middles = (templates.values[1:] + templates.values[:-1]) / 2
        nearest = np.searchsorted(middles, m)
        fluctuation = self.bank[nearest, rng.integers(self.bank.shape[1], size=len(m))]
        noise = rng.standard_normal(fluctuation.shape)
        return (
            templates.mean_coordinates(m)
            + fluctuation * np.sqrt(templates.event_variances(m) / self.n_events)
            + noise * np.sqrt(templates.mean_variances(m))
        )


def pseudo_experiments(
    samples: Sequence[LabelledRows],
    templates: Templates,
    n_events: int,
    draws: int,
    rng: np.random.Generator,
) -> PseudoExperiments:
    """Resample events into a bank of `draws` fluctuations per simulated value.

    Args:
        samples: The events the templates were fitted to.
        templates: Their templates.
        n_events: Events per pseudo-experiment.
        draws: Fluctuations per simulated value.
        rng: Source of randomness.
    """
    bank = []
    for sample in sorted(samples, key=lambda sample: sample.value):
        rows = templates.coordinates(sample.rows)
        means = resampled_means(rows - rows.mean(axis=0), n_events, draws, rng)
        # A resampled event misses the part of the variance that its sample's mean took up.
        shrinkage = (sample.n_events - 1) / sample.n_events
        spread = templates.event_variances(sample.value) * shrinkage / n_events
        bank.append(means / np.sqrt(spread))
    return PseudoExperiments(templates, n_events, np.array(bank))


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


def disjoint_experiments(rows: NDArray[np.float64], n_events: int) -> NDArray[np.float64]:
    """Return (K, n_bins) correlators of disjoint runs of `n_events` events; the rest is left out.

    Args:
        rows: (n, n_bins) events in the order of their generation.
        n_events: Events per experiment, at most n.
    """
    experiments = len(rows) // n_events
    used = rows[: experiments * n_events].reshape(experiments, n_events, rows.shape[1])
    return np.asarray(used.mean(axis=1), dtype=np.float64)
