r"""The template likelihood with a surrogate's marginals, whose error an ensemble gives.

Member k of the ensemble has learned other events; its mean is off the surrogate's by
:math:`\delta_k(m)`. What is off in one bin is off in its neighbours and at other masses: the error
is a covariance and not a number for each bin,

.. math:: C(m) = \Sigma(m) / N + \mathrm{Cov}[\mu(m)] + \frac1K \sum_k \delta_k(m)\,\delta_k(m)^T,

diagonal but for the last term of rank K, which Woodbury's identity inverts. The members' events are
those of the simulation, resampled: the second term stays, so that the sum errs on the safe side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.inference import binned
from ecdsl.inference.templates import with_means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.templates import Templates, Values


@dataclass(frozen=True)
class LearnedTemplates:
    """Templates with a surrogate's means, and those of the other members of its ensemble.

    Attributes:
        templates: With the surrogate's means.
        members: With those of each member; none where its error is not known.
    """

    templates: Templates
    members: tuple[Templates, ...] = ()

    def deviations(self, *m: Values) -> NDArray[np.float64]:
        """Return (..., r, K) how far each member's expected correlator is off, whitened."""
        mean = self.templates.mean_coordinates(*m)
        return np.stack([member.mean_coordinates(*m) - mean for member in self.members], axis=-1)

    def log_likelihood(
        self, x: NDArray[np.float64], n_events: int, *m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (..., M) ln p(x | m) up to a constant, as `binned.log_likelihood` does.

        Args:
            x: (..., n_bins) correlators, each the mean of the rows of `n_events` events.
            n_events: Independent events in each x.
            m: (M,) values of each parameter.
        """
        exact = binned.log_likelihood(self.templates, x, n_events, *m)
        if not self.members:
            return exact
        templates, count = self.templates, len(self.members)
        variance = templates.event_variances(*m) / n_events + templates.mean_variances(*m)
        off = self.deviations(*m) / np.sqrt(count)
        weighted = (off / variance[..., None]).swapaxes(-1, -2)
        root = np.linalg.cholesky(np.eye(count) + weighted @ off)
        residual = templates.coordinates(x)[..., None, :] - templates.mean_coordinates(*m)
        along = np.linalg.solve(root, weighted @ residual[..., None])[..., 0]
        log_determinant = np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
        return np.asarray(exact + 0.5 * (along**2).sum(axis=-1) - log_determinant)


def learned_templates(
    templates: Templates,
    values: NDArray[np.float64],
    contents: NDArray[np.float64],
    members: NDArray[np.float64],
) -> LearnedTemplates:
    """Return templates with the means of a surrogate and of its ensemble.

    Args:
        templates: Fitted to simulated events.
        values: (V,) values of the parameter.
        contents: (V, n_bins) the surrogate's expected sum of tuple weights per event.
        members: (K, V, n_bins) those of the other members of its ensemble.

    Raises:
        EcdslError: As `with_means`.
    """
    return LearnedTemplates(
        with_means(templates, values, contents),
        tuple(with_means(templates, values, member) for member in members),
    )
