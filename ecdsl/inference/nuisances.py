r"""Nuisances: parameters that the correlator depends on, and that nobody asked about.

A nuisance has a flat prior on its simulated range. What is known of it from elsewhere is a
measurement of its own, :math:`a \sim N(\nu, \sigma)`, and a part of the datum: columns behind the
bins of the correlator. In a pseudo-experiment it fluctuates around the truth like everything that
is measured; with the same a in all of them intervals could not cover at any one value of
:math:`\nu`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, truncnorm, uniform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.marginal import Joint, Range
    from ecdsl.inference.pseudo import Experiments


@dataclass(frozen=True)
class Nuisance:
    """A parameter that is inferred together with the one that is asked about.

    Attributes:
        name: E.g. `jes`.
        prior: Range of its flat prior.
        measured: Value and standard deviation of a measurement from elsewhere; None without.
    """

    name: str
    prior: Range
    measured: tuple[float, float] | None = None

    @property
    def quartiles(self) -> tuple[float, ...]:
        """Values that pseudo-data are made at: the quartiles of what is known of it."""
        low, high = self.prior
        if self.measured is None:
            known = uniform(low, high - low)
        else:
            value, sigma = self.measured
            known = truncnorm((low - value) / sigma, (high - value) / sigma, value, sigma)
        return tuple(float(known.ppf(share)) for share in (0.25, 0.5, 0.75))


def measured(nuisances: Sequence[Nuisance]) -> tuple[tuple[float, float], ...]:
    """Return value and error of each measurement, in the order of its column of the datum."""
    return tuple(part.measured for part in nuisances if part.measured is not None)


def with_measurements(joint: Joint, nuisances: Sequence[Nuisance]) -> Joint:
    """Return the likelihood of correlator and measurements from that of the correlator."""
    indices = [k for k, part in enumerate(nuisances) if part.measured is not None]
    sigmas = [sigma for _, sigma in measured(nuisances)]

    def log_likelihood(
        x: NDArray[np.float64], n_events: int, *m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        n_bins = x.shape[-1] - len(sigmas)
        total = joint(x[..., :n_bins], n_events, *m)
        for column, (k, sigma) in enumerate(zip(indices, sigmas, strict=True), n_bins):
            total = total + norm.logpdf(x[..., column, None], m[1 + k], sigma)
        return total

    return log_likelihood


def measured_anew(
    experiments: Experiments, nuisances: Sequence[Nuisance], seed: Sequence[int]
) -> Experiments:
    """Return experiments whose data hold a measurement of each nuisance around its truth.

    Args:
        experiments: Correlators (K, n_bins) simulated at one point.
        nuisances: In the order of the point.
        seed: Of the measurements.
    """
    truths = [
        truth
        for part, truth in zip(nuisances, experiments.nuisances, strict=True)
        if part.measured is not None
    ]
    sigmas = [sigma for _, sigma in measured(nuisances)]
    rng = np.random.default_rng(seed)
    drawn = rng.normal(truths, sigmas, (len(experiments.x), len(sigmas)))
    return replace(experiments, x=np.hstack([experiments.x, drawn]))
