"""Highest-posterior-density regions of a density given on a grid."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Region:
    """The smallest set that holds a given probability.

    Attributes:
        level: The probability held.
        parts: (low, high) of each connected part, in ascending order.
        at_lower: The region runs into the lower end of the grid, i.e. of the prior.
        at_upper: The region runs into the upper end.
    """

    level: float
    parts: tuple[tuple[float, float], ...]
    at_lower: bool
    at_upper: bool

    @property
    def half_width(self) -> float:
        """Half the total length."""
        return sum(high - low for low, high in self.parts) / 2

    def holds(self, value: float) -> bool:
        """Whether `value` lies in the region."""
        return any(low <= value <= high for low, high in self.parts)


def highest_density_region(
    grid: NDArray[np.float64], density: NDArray[np.float64], level: float
) -> Region:
    r"""Return the region :math:`\{m : p(m) \ge c\}` with the probability `level`.

    The density is linear between grid points, and the region is exact for that function: over a
    piece from a to b that crosses c the probability above is (max^2 - c^2) / (2 |slope|), so that
    between two neighbouring grid densities it is linear in c^2. A level plateau is taken whole.

    Args:
        grid: (G,) ascending.
        density: (G,) normalised, not negative.
        level: In (0, 1).
    """
    threshold = _threshold(grid, density, level)
    parts = parts_above(grid, density, threshold)
    return Region(
        level,
        parts,
        at_lower=parts[0][0] <= float(grid[0]),
        at_upper=parts[-1][1] >= float(grid[-1]),
    )


def probability_above(
    grid: NDArray[np.float64], density: NDArray[np.float64], threshold: float
) -> float:
    """Return the probability where a density, linear between grid points, exceeds a threshold."""
    return _probability_above(density[:-1], density[1:], np.diff(grid), threshold)


def parts_above(
    grid: NDArray[np.float64], density: NDArray[np.float64], c: float
) -> tuple[tuple[float, float], ...]:
    """Return the (low, high) of each part where a density, linear between points, is c or more."""
    # sqrt(c^2) may round above a plateau or the mode itself.
    inside = density >= c * (1 - 1e-12)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(np.int8)))
    parts = []
    for first, last in zip(edges[::2], edges[1::2] - 1, strict=True):
        low = _crossing(grid, density, first - 1, first, c) if first > 0 else grid[0]
        high = _crossing(grid, density, last + 1, last, c) if last < len(grid) - 1 else grid[-1]
        parts.append((float(low), float(high)))
    return tuple(parts)


def _threshold(grid: NDArray[np.float64], density: NDArray[np.float64], level: float) -> float:
    left, right, width = density[:-1], density[1:], np.diff(grid)
    wanted = level * float((width * (left + right)).sum()) / 2
    heights = np.unique(density)[::-1]
    k = bisect_left(heights, wanted, key=lambda c: _probability_above(left, right, width, c))
    below = heights[k]
    plateau = float((width * left)[(left == right) & (left == below)].sum())
    reached = _probability_above(left, right, width, below) - plateau
    if k == 0 or wanted >= reached:
        return float(below)
    above = heights[k - 1]
    started = _probability_above(left, right, width, above)
    share = (wanted - started) / (reached - started)
    return float(np.sqrt(above**2 + share * (below**2 - above**2)))


def _probability_above(
    left: NDArray[np.float64], right: NDArray[np.float64], width: NDArray[np.float64], c: float
) -> float:
    high, low = np.maximum(left, right), np.minimum(left, right)
    whole = low >= c
    crossing = (low < c) & (c <= high)
    rise = np.where(crossing, high - low, 1.0)
    part = np.where(crossing, (high - c) / rise, 0.0) * width * (high + c) / 2
    return float((width * (left + right) / 2)[whole].sum() + part.sum())


def _crossing(
    grid: NDArray[np.float64], density: NDArray[np.float64], outer: int, inner: int, c: float
) -> float:
    """Return where the density crosses c between an outer point below and an inner one above."""
    share = (density[inner] - c) / (density[inner] - density[outer])
    return float(grid[inner] + share * (grid[outer] - grid[inner]))
