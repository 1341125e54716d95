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

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.polynomial import polyvander

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Directions with less variance than this, relative to the largest, are rounding.
RANK_TOLERANCE = 1e-10


@dataclass
class Moments:
    """Sums over events that the information of one shape is made of, block by block.

    K blocks of events, L simulated values, B bins.

    Attributes:
        values: (L,) simulated values of the parameter.
        counts: (K, L) events.
        sums: (K, L, B) sum of the events' rows.
        squares: (K, B, B) sum of the rows' outer products, over all values.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.float64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def empty(cls, values: NDArray[np.float64], n_blocks: int, n_bins: int) -> Moments:
        """Return the moments of no events."""
        shape = (n_blocks, len(values))
        squares = np.zeros((n_blocks, n_bins, n_bins))
        return cls(values, np.zeros(shape), np.zeros((*shape, n_bins)), squares)

    def add(self, block: int, label: int, rows: NDArray[np.float64]) -> None:
        """Add the (n, B) rows of events at one value to a block."""
        self.counts[block, label] += len(rows)
        self.sums[block, label] += rows.sum(axis=0)
        self.squares[block] += rows.T @ rows

    def spread(self, values: NDArray[np.float64], rows: NDArray[np.float64]) -> None:
        """Add the (n, B) rows of events at (n,) values, neighbours to different blocks.

        The blocks of an event depend on the events before it alone: they are the same for all
        shapes that are filled from the same events.
        """
        n_blocks = len(self.counts)
        for value in np.unique(values):
            label = int(np.searchsorted(self.values, value))
            mine = rows[values == value]
            blocks = (int(self.counts[:, label].sum()) + np.arange(len(mine))) % n_blocks
            for block in range(n_blocks):
                self.add(block, label, mine[blocks == block])

    def merged(self, groups: NDArray[np.int64]) -> Moments:
        """Return the moments of merged bins `groups[b]:groups[b + 1]`."""
        starts = groups[:-1]
        sums = np.add.reduceat(self.sums, starts, axis=-1)
        squares = np.add.reduceat(self.squares, starts, axis=-1)
        return Moments(self.values, self.counts, sums, np.add.reduceat(squares, starts, axis=-2))

    def groups(self, min_effective: float) -> NDArray[np.int64]:
        """Return boundaries of merged bins that hold `min_effective` events over all values.

        The effective number of events of a bin is (sum w)^2 / sum w^2. The slope of a bin is a sum
        over the events of all values, so that their number decides whether its error is Gaussian.
        One boundary alone is returned where all bins together hold fewer.
        """
        sums, squares = self.sums.sum(axis=(0, 1)), self.squares.sum(axis=0)
        boundaries = [0]
        for end in range(1, len(sums) + 1):
            part = slice(boundaries[-1], end)
            content, spread = sums[part].sum(), squares[part, part].sum()
            if content**2 >= min_effective * spread > 0:
                boundaries.append(end)
        if len(boundaries) > 1:
            boundaries[-1] = len(sums)
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
    total = tuple(part.sum(axis=0) for part in (moments.counts, moments.sums, moments.squares))
    without = tuple(
        whole - part
        for whole, part in zip(total, (moments.counts, moments.sums, moments.squares), strict=True)
    )
    slope = _slope_coefficients(moments.values, total[0], at, degree)
    event, single = _both(slope, *total)
    blocks = np.array(
        [_both(slope, *(part[k] for part in without)) for k in range(len(moments.counts))]
    )
    errors = _jackknife(blocks)
    return Information(event, single, errors[0], errors[1], blocks[:, 0], blocks[:, 1])


def information_of(moments: Moments, slope: NDArray[np.float64]) -> float:
    """Return the information per event of a slope that comes from elsewhere, without noise.

    Args:
        moments: Of the events, for the covariance of their rows.
        slope: (B,) d mu / dm.
    """
    sums = moments.sums.sum(axis=0), moments.squares.sum(axis=0)
    inverse = _inverse(moments.counts.sum(axis=0), *sums)[1]
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
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> tuple[float, float]:
    """Return the information per event and per tuple of (L,), (L, B), (B, B) sums."""
    pooled, inverse = _inverse(counts, sums, squares)
    derivative = slope @ (sums / counts[:, None])
    noise = (slope**2 / counts).sum() * pooled
    per_event = derivative @ inverse @ derivative - np.trace(inverse @ noise)
    mean = sums.sum(axis=0) / counts.sum()
    return float(per_event), _per_tuple(mean, derivative, noise)


def _inverse(
    counts: NDArray[np.float64], sums: NDArray[np.float64], squares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the (B, B) covariance of a row, averaged over the values, and its inverse."""
    n = counts.sum()
    means = sums / counts[:, None]
    pooled = (squares - sums.T @ means) / (n - len(counts))
    scale = np.sqrt(np.diagonal(pooled))
    scale = np.where(scale > 0, scale, 1.0)
    units = np.outer(scale, scale)
    inverse = np.linalg.pinv(pooled / units, rcond=RANK_TOLERANCE, hermitian=True) / units
    # The inverse of an estimated covariance is too large by this factor (Hartlap et al.,
    # astro-ph/0608064); the events are many, so it matters little.
    inverse *= (n - len(counts) - len(pooled) - 1) / (n - len(counts))
    return pooled, inverse


def _per_tuple(
    mean: NDArray[np.float64], derivative: NDArray[np.float64], noise: NDArray[np.float64]
) -> float:
    """Return sum_b (p_b')^2 / p_b without the noise of p'."""
    total = mean.sum()
    held = mean > 0
    density = mean / total
    # d(mu_b / sum mu) = (delta_bc - p_b) dmu_c / sum mu
    project = (np.eye(len(mean)) - density[:, None]) / total
    change = project @ derivative
    scatter = np.diagonal(project @ noise @ project.T)
    return float(((change**2 - scatter)[held] / density[held]).sum())


def _jackknife(without: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the error of (K, ...) values without each block."""
    k = len(without)
    spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(spread * (k - 1) / k), dtype=np.float64)
