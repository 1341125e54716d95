r"""Fisher information of a shape: what one event, or one tuple, says about the parameter.

With :math:`\mu(m)` the expected row of an event and :math:`\Sigma` its covariance,

.. math:: I_\text{event} = \mu'^T \Sigma^{-1} \mu', \qquad
          I_\text{tuple} = \sum_b \frac{(p_b')^2}{p_b}, \quad p_b = \mu_b / \textstyle\sum \mu,

and N events determine m to :math:`1 / \sqrt{N I_\text{event}}`. The second is what a tuple drawn
from the density would say if tuples were independent; they are not, and the two rank shapes
differently (arXiv:2508.10988 uses tuples).

The slope :math:`\mu'` is that of a polynomial through the simulated values, a sum over events with
fixed coefficients. Its noise adds to a square: that expectation is subtracted, so that fine bins
find no information that is not there. :math:`\Sigma` is the average over the values. Errors and
comparisons of shapes come from blocks of events, the same blocks for every shape, so that
fluctuations which shapes share drop out of their differences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.polynomial import polyvander

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Directions with less variance than this, relative to the largest, are rounding.
RANK_TOLERANCE = 1e-10


@dataclass
class Moments:
    r"""Sums over events that the information of a shape is made of, block by block.

    K blocks of events, L simulated values, B bins; several shapes stand along leading axes (...).
    Of events that were added up before, g in a row, the squares are divided by g: with events
    i.i.d., such a row has g times the covariance of one.

    Attributes:
        values: (L,) simulated values of the parameter.
        counts: (K, L) events.
        n_rows: (K, L) rows that these were added up in.
        sums: (..., K, L, B) sum of the rows.
        squares: (..., K, B, B) sum of their outer products over their events, over all values.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.float64]
    n_rows: NDArray[np.float64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def empty(
        cls,
        values: NDArray[np.float64],
        n_blocks: int,
        n_bins: int,
        shapes: tuple[int, ...] = (),
    ) -> Moments:
        """Return the moments of no events."""
        shape = (n_blocks, len(values))
        return cls(
            values,
            counts=np.zeros(shape),
            n_rows=np.zeros(shape),
            sums=np.zeros((*shapes, *shape, n_bins)),
            squares=np.zeros((*shapes, n_blocks, n_bins, n_bins)),
        )

    def of(self, shape: int) -> Moments:
        """Return the moments of one of several shapes."""
        return replace(self, sums=self.sums[shape], squares=self.squares[shape])

    def add(
        self,
        block: int,
        label: int,
        rows: NDArray[np.float64],
        sizes: NDArray[np.int64] | None = None,
    ) -> None:
        """Add (..., n, B) rows at one value to a block, each of one event or of (n,) events."""
        sizes = np.ones(rows.shape[-2], dtype=np.int64) if sizes is None else sizes
        scaled = rows / np.sqrt(sizes)[:, None]
        self.counts[block, label] += sizes.sum()
        self.n_rows[block, label] += len(sizes)
        self.sums[..., block, label, :] += rows.sum(axis=-2)
        self.squares[..., block, :, :] += scaled.swapaxes(-1, -2) @ scaled

    def spread(
        self,
        values: NDArray[np.float64],
        rows: NDArray[np.float64],
        sizes: NDArray[np.int64] | None = None,
    ) -> None:
        """Add (..., n, B) rows at (n,) values, of one event or (n,) each; neighbours to all blocks.

        The blocks of a row depend on the rows before it alone: they are the same for all shapes
        that are filled from the same events.
        """
        sizes = np.ones(len(values), dtype=np.int64) if sizes is None else sizes
        n_blocks = len(self.counts)
        for value in np.unique(values):
            label = int(np.searchsorted(self.values, value))
            mine = np.flatnonzero(values == value)
            blocks = (int(self.n_rows[:, label].sum()) + np.arange(len(mine))) % n_blocks
            for block in np.unique(blocks):
                those = mine[blocks == block]
                self.add(int(block), label, rows[..., those, :], sizes[those])

    def merged(self, groups: NDArray[np.int64]) -> Moments:
        """Return the moments of merged bins `groups[b]:groups[b + 1]`."""
        starts = groups[:-1]
        squares = np.add.reduceat(self.squares, starts, axis=-1)
        return replace(
            self,
            sums=np.add.reduceat(self.sums, starts, axis=-1),
            squares=np.add.reduceat(squares, starts, axis=-2),
        )

    def groups(self, min_effective: float) -> NDArray[np.int64]:
        """Return boundaries of merged bins of one shape that hold `min_effective` events in all.

        The effective number of events of a bin is (sum w)^2 / sum w^2, where what events that were
        added up hold on average of the latter is taken. The slope of a bin is a sum over the events
        of all values, so that their number decides whether its error is Gaussian. One boundary
        alone is returned where all bins together hold fewer.
        """
        sums, squares = self.sums.sum(axis=0), self.squares.sum(axis=0)
        counts, per_row = self.counts.sum(axis=0), self.counts.sum() / self.n_rows.sum()
        boundaries = [0]
        for end in range(1, len(squares) + 1):
            part = slice(boundaries[-1], end)
            content = sums[:, part].sum(axis=1)
            means = (content**2 / counts).sum()
            spread = (squares[part, part].sum() - means) * per_row + means
            if content.sum() ** 2 >= min_effective * spread > 0:
                boundaries.append(end)
        if len(boundaries) > 1:
            boundaries[-1] = len(squares)
        return np.array(boundaries)


@dataclass(frozen=True)
class Information:
    """Fisher information of one shape, and its blocks' share in it.

    Attributes:
        per_event: In 1 / unit^2 of the parameter.
        per_tuple: The same for one independent tuple.
        event_error: Jackknife error of `per_event`.
        tuple_error: Jackknife error of `per_tuple`.
        event_blocks: (K,) `per_event` without each block.
        tuple_blocks: (K,) `per_tuple` without each block.
    """

    per_event: float
    per_tuple: float
    event_error: float
    tuple_error: float
    event_blocks: NDArray[np.float64]
    tuple_blocks: NDArray[np.float64]


def information(moments: Moments, at: float, degree: int = 2) -> Information:
    """Return the information at the value `at` of the parameter.

    Args:
        moments: Of merged bins; every value needs events outside of each block.
        at: Where the slope is taken.
        degree: Of the polynomial in the parameter.
    """
    sums = (moments.n_rows.sum(axis=1), moments.counts, moments.sums, moments.squares)
    total = [part.sum(axis=0) for part in sums]
    slope = _slope_coefficients(moments.values, total[1], at, degree)
    # All events first, then all without each block.
    both = _both(
        slope,
        *(
            np.concatenate([whole[None], whole - part])
            for whole, part in zip(total, sums, strict=True)
        ),
    )
    (event, *_), (single, *_) = both
    errors = _jackknife(np.array(both).T[1:])
    return Information(float(event), float(single), errors[0], errors[1], both[0][1:], both[1][1:])


def information_of(moments: Moments, slope: NDArray[np.float64]) -> float:
    """Return the information per event of a slope that comes from elsewhere, without noise.

    Args:
        moments: Of the events, for the covariance of their rows.
        slope: (B,) d mu / dm.
    """
    parts = (moments.counts, moments.sums, moments.squares)
    inverse = _inverse(moments.n_rows.sum(), *(part.sum(axis=0) for part in parts))[1]
    return float(slope @ inverse @ slope)


def _slope_coefficients(
    values: NDArray[np.float64], counts: NDArray[np.float64], at: float, degree: int
) -> NDArray[np.float64]:
    """Return (L,) c with mu'(at) = sum_l c_l mean_l: weighted least squares of a polynomial."""
    powers = polyvander(values - at, min(degree, len(values) - 1))
    weighted = powers * counts[:, None]
    solved = np.linalg.solve(powers.T @ weighted, weighted.T)
    return np.asarray(solved[1], dtype=np.float64)


def _both(
    slope: NDArray[np.float64],
    n_rows: NDArray[np.float64],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the information per event and per tuple of (...,), (..., L), (..., L, B) sums."""
    pooled, inverse = _inverse(n_rows, counts, sums, squares)
    derivative = slope @ (sums / counts[..., None])
    noise = (slope**2 / counts).sum(axis=-1)[..., None, None] * pooled
    per_event = np.einsum("...b,...bc,...c", derivative, inverse, derivative)
    per_event -= np.einsum("...bc,...cb", inverse, noise)
    mean = sums.sum(axis=-2) / counts.sum(axis=-1)[..., None]
    return per_event, _per_tuple(mean, derivative, noise)


def _inverse(
    n_rows: NDArray[np.float64],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the (..., B, B) covariance of an event, averaged over the values, and its inverse."""
    freedom = (n_rows - counts.shape[-1])[..., None, None]
    means = sums / counts[..., None]
    pooled = (squares - sums.swapaxes(-1, -2) @ means) / freedom
    scale = np.sqrt(np.maximum(np.diagonal(pooled, axis1=-2, axis2=-1), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    units = scale[..., :, None] * scale[..., None, :]
    inverse = np.linalg.pinv(pooled / units, rcond=RANK_TOLERANCE, hermitian=True) / units
    # The inverse of an estimated covariance is too large by this factor (Hartlap et al.,
    # astro-ph/0608064); the rows are many, so it matters little.
    return pooled, inverse * ((freedom - pooled.shape[-1] - 1) / freedom)


def _per_tuple(
    mean: NDArray[np.float64], derivative: NDArray[np.float64], noise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return sum_b (p_b')^2 / p_b without the noise of p'."""
    total = mean.sum(axis=-1, keepdims=True)
    held = mean > 0
    density = mean / total
    # d(mu_b / sum mu) = (delta_bc - p_b) dmu_c / sum mu
    project = (np.eye(mean.shape[-1]) - density[..., None]) / total[..., None]
    change = np.einsum("...bc,...c", project, derivative)
    scatter = np.einsum("...bc,...cd,...bd->...b", project, noise, project)
    share = (change**2 - scatter) / np.where(held, density, 1.0)
    return np.asarray(np.where(held, share, 0.0).sum(axis=-1), dtype=np.float64)


def _jackknife(without: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the error of (K, ...) values without each block."""
    k = len(without)
    spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(spread * (k - 1) / k), dtype=np.float64)
