r"""Compress a measured correlator to the few numbers that know about the parameter.

Near a value m the best linear summary of x is the score :math:`\mu'(m)^T C(m)^{-1} x`. The scores
over the whole prior range span few directions, because the mean is a low polynomial; a singular
value decomposition finds those that hold all but a thousandth of the information. What is left out
is noise that a classifier would have to learn to ignore. Reference: Alsing and Wandelt,
arXiv:1712.00012.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.polynomial import polyfit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.templates import Templates

MAX_LOST = 1e-3
POINTS = 65


@dataclass(frozen=True)
class Scores:
    """A linear map from whitened coordinates (..., r) to k scores of unit noise.

    Attributes:
        directions: (r, k).
        expected: (degree + 1, k) the scores of the expected correlator, as coefficients of the
            powers of the parameter scaled to [-1, 1] over the prior.
    """

    directions: NDArray[np.float64]
    expected: NDArray[np.float64]

    def __call__(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (..., k) scores of (..., r) coordinates."""
        return coordinates @ self.directions


def leading_scores(templates: Templates, n_events: int, prior: tuple[float, float]) -> Scores:
    """Return the scores that hold the information of `n_events` events over the prior range."""
    m = np.linspace(*prior, POINTS)
    noise = templates.event_variances(m) / n_events + templates.mean_variances(m)
    slope = np.gradient(templates.mean_coordinates(m), m, axis=0)
    _, singular, rows = np.linalg.svd(slope / noise, full_matrices=False)
    held = np.cumsum(singular**2) / (singular**2).sum()
    kept = rows[: int(np.argmax(held >= 1 - MAX_LOST)) + 1]
    noise_root = np.linalg.cholesky((kept * noise.mean(axis=0)) @ kept.T)
    directions = np.asarray(np.linalg.solve(noise_root, kept).T, dtype=np.float64)
    expected = polyfit(
        np.linspace(-1, 1, POINTS),
        templates.mean_coordinates(m) @ directions,
        len(templates.basis) - 1,
    )
    return Scores(directions, np.asarray(expected, dtype=np.float64))
