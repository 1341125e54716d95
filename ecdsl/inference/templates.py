r"""Templates: the expected correlator and its event covariance, smooth in the parameters.

Scale every parameter to :math:`t_p` in [-1, 1]. The covariance of one event's row is linear around
the pooled one,

.. math:: \Sigma(t) = R\, \mathrm{diag}\Bigl(1 + \sum_p d_p\,(t_p - \bar t_p)\Bigr)\, R^T,

where R diagonalises the pooled covariance and its slope in the first parameter at once: in the
coordinates :math:`R^{-1} (x - \bar x)` all that follows is diagonal. Of the slopes in further
parameters the diagonal there is kept. The mean is a polynomial of total degree two,

.. math:: \mu(t) = \sum_{k \ge 1} a_k\, \phi_k(t), \qquad
          \textstyle\sum_l n_l\, \phi_j(t_l)\, \phi_k(t_l) = \delta_{jk},

so that least squares weighted with the events :math:`n_l` of each simulated point gives
:math:`\hat a_k` with unit noise. `shrinkage.py` says why that noise has to be shrunk and not only
added to the error.

The covariance is averaged over the simulation. One estimated from the data that it then weights
fluctuates with them, prefers bins that fluctuated low, and shifts sparse shapes by more than
their error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.inference.samples import checked
from ecdsl.inference.shrinkage import shrink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.samples import LabelledRows

    Values = NDArray[np.float64] | float

# Directions with less variance than this, relative to the largest, are rounding: bins tied by a
# sum rule.
RANK_TOLERANCE = 1e-10
# A fitted line may not take the variance below this share of the pooled one.
MIN_VARIANCE = 0.2
# A power of the parameters is left out where the simulated points tell less than this of it apart
# from the ones before.
DETERMINED = 1e-6


@dataclass(frozen=True)
class Templates:
    """What a measured correlator should look like, for any values of the parameters.

    There are P parameters, the one that is inferred and its nuisances; methods take the values of
    each as an argument of its own, and broadcast them. B is the number of merged bins, r <= B the
    number of directions in which events vary, K that of the polynomials.

    Attributes:
        points: (L, P) simulated values of the parameters.
        groups: (B + 1,) merged bin b is bins `groups[b]:groups[b + 1]`.
        offset: (B,) the event-weighted mean over all simulated points.
        unwhiten: (B, r) the matrix R.
        whiten: (r, B) its (pseudo-)inverse.
        slope: (P, r) relative change of the variances per unit of each t, d.
        pivot: (P,) the event-weighted mean of t.
        factors: K products of parameters that the polynomials are sums of: () is 1, (0, 0) the
            square of the first parameter.
        basis: (K, K) row k holds the coefficients of these products in phi_k.
        coefficients: (K, r) a_k, shrunk.
        coefficient_variances: (K, r) their noise from the finite simulation.
        chi2: Of the simulated means around the unshrunk polynomial.
        ndf: Its degrees of freedom.
    """

    points: NDArray[np.float64]
    groups: NDArray[np.int64]
    offset: NDArray[np.float64]
    unwhiten: NDArray[np.float64]
    whiten: NDArray[np.float64]
    slope: NDArray[np.float64]
    pivot: NDArray[np.float64]
    factors: tuple[tuple[int, ...], ...]
    basis: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    coefficient_variances: NDArray[np.float64]
    chi2: float
    ndf: int

    @property
    def n_bins(self) -> int:
        """Number of bins before merging."""
        return int(self.groups[-1])

    def scaled(self, *m: Values) -> NDArray[np.float64]:
        """Return (..., P) t: each parameter with its simulated range mapped to [-1, 1]."""
        return _scaled(np.stack(np.broadcast_arrays(*m), axis=-1), self.points)

    def merge(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (..., B) merged bins of (..., n_bins)."""
        return np.add.reduceat(x, self.groups[:-1], axis=-1)

    def coordinates(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (..., r) whitened coordinates of measured correlators (..., n_bins)."""
        return (self.merge(x) - self.offset) @ self.whiten.T

    def mean_coordinates(self, *m: Values) -> NDArray[np.float64]:
        """Return (..., r) whitened coordinates of the expected correlator."""
        return self._phi(*m) @ self.coefficients

    def event_variances(self, *m: Values) -> NDArray[np.float64]:
        """Return (..., r) the variance of one event in whitened coordinates."""
        return _variance_line(self.scaled(*m) - self.pivot, self.slope)

    def mean_variances(self, *m: Values) -> NDArray[np.float64]:
        """Return (..., r) the variance of `mean_coordinates` from the finite simulation."""
        variances: NDArray[np.float64] = self._phi(*m) ** 2 @ self.coefficient_variances
        return variances

    def correlator(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (..., B) the merged correlators of (..., r) whitened coordinates."""
        return self.offset + coordinates @ self.unwhiten.T

    def mean(self, *m: Values) -> NDArray[np.float64]:
        """Return (..., B) the expected correlator at (...) values of each parameter."""
        return self.correlator(self.mean_coordinates(*m))

    def event_covariance(self, *m: float) -> NDArray[np.float64]:
        """Return (B, B) the covariance of one event's merged row."""
        return (self.unwhiten * self.event_variances(*m)) @ self.unwhiten.T

    def _phi(self, *m: Values) -> NDArray[np.float64]:
        return _products(self.scaled(*m), self.factors) @ self.basis.T


def fit_templates(
    samples: Sequence[LabelledRows], degree: int = 2, min_effective: float = 100
) -> Templates:
    """Fit means and event covariance as functions of the parameters (formulas: module docstring).

    Args:
        samples: Events at three or more values of each parameter.
        degree: Total degree of the polynomial; powers that the points do not determine are left
            out.
        min_effective: Neighbouring bins are merged until each holds this many effective events,
            (sum w)^2 / sum w^2, at every value.

    Raises:
        EcdslError: D501 to D504 for unusable samples, D505 if all bins together stay below
            `min_effective`.
    """
    samples = checked(samples)
    points = np.array([sample.point for sample in samples])
    counts = np.array([float(sample.n_events) for sample in samples])
    groups = merged_groups(samples, min_effective)
    rows = [np.add.reduceat(sample.rows, groups[:-1], axis=1) for sample in samples]
    t = _scaled(points, points)
    pivot = np.average(t, axis=0, weights=counts)
    covariances = np.array([np.atleast_2d(np.cov(label, rowvar=False)) for label in rows])
    unwhiten, whiten, slope = _covariance_line(covariances, t - pivot, counts)
    means = np.array([label.mean(axis=0) for label in rows])
    offset = np.average(means, axis=0, weights=counts)
    coordinates = (means - offset) @ whiten.T
    variances = _variance_line(t - pivot, slope) / counts[:, None]
    factors, basis = _orthonormal(t, counts, degree)
    phi = _products(t, factors) @ basis.T
    estimates = (phi.T * counts) @ coordinates
    shrunk, noise = shrink(estimates, (phi.T * counts) ** 2 @ variances)
    return Templates(
        points=points,
        groups=groups,
        offset=offset,
        unwhiten=unwhiten,
        whiten=whiten,
        slope=slope,
        pivot=pivot,
        factors=factors,
        basis=basis,
        coefficients=shrunk,
        coefficient_variances=noise,
        chi2=float(((coordinates - phi @ estimates) ** 2 / variances).sum()),
        ndf=slope.shape[1] * (len(points) - len(basis)),
    )


def with_means(
    templates: Templates, values: NDArray[np.float64], contents: NDArray[np.float64]
) -> Templates:
    """Return templates in one parameter with a surrogate's mean, and the covariance kept.

    The surrogate's contents are projected on the polynomials of the templates. The noise kept is
    that of the simulation; the surrogate's own error is not in it.

    Args:
        templates: Fitted to simulated events.
        values: (V,) values of the parameter, more than the polynomial's degree.
        contents: (V, n_bins) the surrogate's expected sum of tuple weights per event.

    Raises:
        EcdslError: D504 for shapes that do not fit or contents that are not finite, D501 for too
            few values.
    """
    if contents.shape != (len(values), templates.n_bins) or not np.isfinite(contents).all():
        raise data_error(
            "D504",
            f"the surrogate's marginals have shape {contents.shape}, finite"
            f" {(len(values), templates.n_bins)} is needed",
        )
    if len(values) < len(templates.basis):
        raise data_error(
            "D501",
            f"the surrogate's marginals at {len(values)} values cannot fix a polynomial of degree"
            f" {len(templates.basis) - 1}",
        )
    phi = _products(templates.scaled(values), templates.factors) @ templates.basis.T
    coefficients = np.linalg.lstsq(phi, templates.coordinates(contents), rcond=None)[0]
    return replace(templates, coefficients=np.asarray(coefficients, dtype=np.float64))


def merged_groups(samples: Sequence[LabelledRows], min_effective: float) -> NDArray[np.int64]:
    """Return the (B + 1,) boundaries of merged bins, each with enough effective events.

    Raises:
        EcdslError: D505 if even all bins together are too few.
    """
    boundaries = [0]
    n_bins = samples[0].rows.shape[1]
    for end in range(1, n_bins + 1):
        if _effective(samples, boundaries[-1], end) >= min_effective:
            boundaries.append(end)
    if len(boundaries) == 1:
        found = _effective(samples, 0, n_bins)
        raise data_error(
            "D505",
            f"all bins together hold {found:.0f} effective events at the emptiest simulated"
            f" value, {min_effective:g} are needed",
            hint="simulate more jets, or widen the windows of the observable",
        )
    # What is left at the upper end is too little for a bin of its own.
    boundaries[-1] = n_bins
    return np.array(boundaries)


def _effective(samples: Sequence[LabelledRows], start: int, end: int) -> float:
    """Return the smallest effective number of events of the merged bin over the samples."""
    smallest = np.inf
    for sample in samples:
        content = sample.rows[:, start:end].sum(axis=1)
        squares = float((content**2).sum())
        smallest = min(smallest, float(content.sum()) ** 2 / squares if squares > 0 else 0.0)
    return smallest


def _scaled(m: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = points.min(axis=0), points.max(axis=0)
    return np.asarray((2 * m - low - high) / (high - low), dtype=np.float64)


def _orthonormal(
    t: NDArray[np.float64], counts: NDArray[np.float64], degree: int
) -> tuple[tuple[tuple[int, ...], ...], NDArray[np.float64]]:
    """Return K products and (K, K) coefficients in them of the polynomials orthonormal in counts.

    Products come in ascending degree; one that the points do not tell from those before it, such as
    the cube where a parameter has three values, is left out.
    """
    kept: list[tuple[int, ...]] = []
    for total in range(degree + 1):
        for product in combinations_with_replacement(range(t.shape[1]), total):
            weighted = _products(t, [*kept, product]) * np.sqrt(counts)[:, None]
            if np.linalg.matrix_rank(weighted, rtol=DETERMINED) > len(kept):
                kept.append(product)
    triangle = np.linalg.qr(_products(t, kept) * np.sqrt(counts)[:, None], mode="r")
    return tuple(kept), np.asarray(np.linalg.inv(triangle).T, dtype=np.float64)


def _products(t: NDArray[np.float64], factors: Sequence[tuple[int, ...]]) -> NDArray[np.float64]:
    """Return (..., K) the products of parameters (..., P)."""
    columns = [t[..., list(product)].prod(axis=-1) for product in factors]
    return np.stack(columns, axis=-1)


def _covariance_line(
    covariances: NDArray[np.float64], t: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Diagonalise the pooled covariance and its slope in the first parameter together.

    Args:
        covariances: (L, B, B) of one event's row at each point.
        t: (L, P) with event-weighted mean 0.
        counts: (L,) events.

    Returns:
        R (B, r), its pseudo-inverse (r, B), and the slopes d (P, r).
    """
    pooled = np.average(covariances, axis=0, weights=counts)
    scale = np.sqrt(np.diagonal(pooled))
    # A bin in which no event varies has no scale of its own and drops out as a null direction.
    scale = np.where(scale > 0, scale, 1.0)
    eigenvalues, vectors = np.linalg.eigh(pooled / np.outer(scale, scale))
    kept = eigenvalues > RANK_TOLERANCE * eigenvalues[-1]
    root = np.sqrt(eigenvalues[kept])
    colour = scale[:, None] * vectors[:, kept] * root
    bleach = (vectors[:, kept] / root).T / scale
    weighted = t.T * counts
    gradients = np.tensordot(np.linalg.solve(weighted @ t, weighted), covariances, axes=1)
    _, rotation = np.linalg.eigh(bleach @ gradients[0] @ bleach.T)
    colour, bleach = colour @ rotation, rotation.T @ bleach
    slope = np.einsum("rb,pbc,rc->pr", bleach, gradients, bleach)
    return colour, bleach, slope


def _variance_line(t: NDArray[np.float64], slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (..., r) the whitened variances at (..., P), 1 at the pivot."""
    variances: NDArray[np.float64] = np.maximum(1 + t @ slope, MIN_VARIANCE)
    return variances
