r"""Compress a measured correlator to the few numbers that know about the parameters.

Near a point m the best linear summary of x is, for each parameter, the score
:math:`\partial_p \mu(m)^T C(m)^{-1} x`. The scores over the whole prior range, and for all numbers
of events N that are asked about, span few directions, because the mean is a low polynomial; a
singular value decomposition finds those that hold all but a thousandth of the information. What is
left out is noise that a classifier would have to learn to ignore. Reference: Alsing and Wandelt,
arXiv:1712.00012.

Within these directions the noise of events and the noise of the templates are diagonalised at once,

.. math:: D^T \bar\Sigma D = 1, \qquad D^T \,\overline{\mathrm{Cov}[\mu]}\, D = \mathrm{diag}(b)
          \quad\Rightarrow\quad D^T \bar C(N) D = \mathrm{diag}(1/N + b),

so that the scores have independent noise at every N.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.templates import Templates

MAX_LOST = 1e-3
# Points of the prior at which directions are looked for: on a grid of about so many.
POINTS = 65
MIN_VALUES = 5
# Numbers of events between the smallest and the largest at which directions are looked for.
SIZES = 5


@dataclass(frozen=True)
class Scores:
    """A linear map from whitened coordinates (..., r) to k standardised scores.

    Attributes:
        directions: (r, k) the matrix D.
        template_noise: (k,) b, the variance from the finite simulation.
        centre: (k,) mean of the expected scores over the prior.
        scatter: (k,) their variance over the prior.
    """

    directions: NDArray[np.float64]
    template_noise: NDArray[np.float64]
    centre: NDArray[np.float64]
    scatter: NDArray[np.float64]

    def __call__(self, coordinates: NDArray[np.float64], n_events: float) -> NDArray[np.float64]:
        """Return (..., k) scores with mean 0 and variance 1 over prior and noise of N events."""
        spread = np.sqrt(self.scatter + self.template_noise + 1 / n_events)
        return (coordinates @ self.directions - self.centre) / spread


def leading_scores(
    templates: Templates, n_events: tuple[int, int], *prior: tuple[float, float]
) -> Scores:
    """Return the scores that hold the information over the prior range.

    Args:
        templates: Mean and covariance.
        n_events: The smallest and the largest number of events.
        prior: Range of each parameter.
    """
    values = max(MIN_VALUES, round(POINTS ** (1 / len(prior))))
    axes = [np.linspace(*limits, values) for limits in prior]
    m = np.meshgrid(*axes, indexing="ij")
    means = templates.mean_coordinates(*m)
    slopes = np.array([np.gradient(means, axis, axis=p) for p, axis in enumerate(axes)])
    expected, event, template = (
        part.reshape(-1, part.shape[-1])
        for part in (means, templates.event_variances(*m), templates.mean_variances(*m))
    )
    slopes = slopes.reshape(len(prior), *expected.shape)
    sizes = np.geomspace(*n_events, SIZES)
    kept = _leading([slope / (event / n + template) for slope in slopes for n in sizes])
    noise, rotation = eigh(
        (kept * template.mean(axis=0)) @ kept.T, (kept * event.mean(axis=0)) @ kept.T
    )
    directions = np.asarray(kept.T @ rotation, dtype=np.float64)
    scores = expected @ directions
    return Scores(directions, np.maximum(noise, 0), scores.mean(axis=0), scores.var(axis=0))


def _leading(scores: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return (k, r) orthonormal rows that hold what (M, r) scores at each size say."""
    alike = np.concatenate([part / np.linalg.norm(part) for part in scores])
    _, singular, rows = np.linalg.svd(alike, full_matrices=False)
    held = np.cumsum(singular**2) / (singular**2).sum()
    return np.asarray(rows[: int(np.argmax(held >= 1 - MAX_LOST)) + 1], dtype=np.float64)
