"""The posterior of one parameter on a grid, with a flat prior on the grid's range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import NumericalError
from ecdsl.inference.intervals import highest_density_region, probability_above

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ecdsl.inference.intervals import Region

# Points within one standard deviation of the mode that resolve a posterior; where there are fewer,
# 129 take the place of four neighbours on either side.
RESOLVED = 8
NEIGHBOURS = 4
FINE = 129


@dataclass(frozen=True)
class GridPosterior:
    """A normalised density, linear between grid points.

    Attributes:
        grid: (G,) ascending values of the parameter; its ends are the prior's.
        density: (G,) per unit of the parameter; the trapezoid rule gives 1.
    """

    grid: NDArray[np.float64]
    density: NDArray[np.float64]

    @property
    def mode(self) -> float:
        """The most probable value: the vertex of ln p through the highest grid point."""
        k = int(np.argmax(self.density))
        if k in (0, len(self.grid) - 1) or self.density[k - 1 : k + 2].min() <= 0:
            return float(self.grid[k])
        below, at, above = np.log(self.density[k - 1 : k + 2])
        curvature = below - 2 * at + above
        shift = 0.0 if curvature == 0 else 0.5 * (below - above) / curvature
        return float(self.grid[k] + shift * (self.grid[k + 1] - self.grid[k]))

    @property
    def mean(self) -> float:
        """The posterior mean."""
        return float(np.trapezoid(self.grid * self.density, self.grid))

    @property
    def standard_deviation(self) -> float:
        """The posterior standard deviation."""
        square = np.trapezoid((self.grid - self.mean) ** 2 * self.density, self.grid)
        return float(np.sqrt(square))

    def rank(self, value: float) -> float:
        """Return the probability below `value`."""
        steps = np.diff(self.grid) * (self.density[1:] + self.density[:-1]) / 2
        below = np.concatenate(([0.0], np.cumsum(steps)))
        return float(np.interp(value, self.grid, below))

    def credibility(self, value: float) -> float:
        """Return the probability of the smallest highest-density region that holds `value`."""
        return probability_above(
            self.grid, self.density, float(np.interp(value, self.grid, self.density))
        )

    def region(self, level: float) -> Region:
        """Return the highest-posterior-density region of probability `level`."""
        return highest_density_region(self.grid, self.density, level)


def posterior(grid: NDArray[np.float64], log_likelihood: NDArray[np.float64]) -> GridPosterior:
    """Return the posterior for a flat prior on the range of a grid.

    Args:
        grid: (G,) ascending values of the parameter, evenly spaced around the mode.
        log_likelihood: (G,) natural logarithm, up to a constant.

    Raises:
        NumericalError: If the likelihood is not finite, or narrower than the grid resolves.
    """
    if not np.isfinite(log_likelihood).all():
        raise NumericalError("the log-likelihood is not finite everywhere on the parameter's grid")
    density = np.exp(log_likelihood - log_likelihood.max())
    if np.count_nonzero(density > np.exp(-0.5)) < 2 and 0 < np.argmax(density) < len(grid) - 1:
        step = grid[1] - grid[0]
        raise NumericalError(
            f"the posterior is narrower than the parameter's grid, whose step is {step:g}:"
            " use a finer grid or a narrower prior"
        )
    return GridPosterior(grid, density / np.trapezoid(density, grid))


def resolved(
    grid: NDArray[np.float64],
    log_likelihood: NDArray[np.float64],
    tabulate: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> GridPosterior:
    """Return the posterior on a grid that is made finer around a mode it does not resolve.

    Args:
        grid: (G,) ascending, evenly spaced values of the parameter.
        log_likelihood: (G,) there.
        tabulate: Returns the log-likelihood at other values.

    Raises:
        NumericalError: If the likelihood is not finite.
    """
    while np.count_nonzero(log_likelihood > log_likelihood.max() - 0.5) < RESOLVED:
        mode = int(np.argmax(log_likelihood))
        low, high = max(mode - NEIGHBOURS, 0), min(mode + NEIGHBOURS, len(grid) - 1)
        fine = np.linspace(grid[low], grid[high], FINE)
        if not (np.isfinite(log_likelihood).all() and fine[0] < fine[1] < fine[-2] < fine[-1]):
            break  # no likelihood, or one that numbers cannot resolve: `posterior` says so
        grid = np.concatenate([grid[:low], fine, grid[high + 1 :]])
        log_likelihood = tabulate(grid)
    return posterior(grid, log_likelihood)
