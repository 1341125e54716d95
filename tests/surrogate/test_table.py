"""A tabulated density: exact where it is linear, honest where it is not, in one and three sides."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecdsl.surrogate.table import GRID, DensityTable, Grid


def bent(dimension):
    """Return a density that is straight but for a peak in the first coordinate."""
    return lambda u: 1 + torch.exp(-((u[:, 0].double() - 0.2) ** 2) / 2e-3)


def tabulated(function, dimension):
    grid = Grid.following(bent(dimension), dimension, GRID[dimension])
    table = DensityTable.of(function(grid.points(dimension).double()), grid)
    return lambda cube: table.at(grid.places(cube))


def somewhere(dimension, n=500):
    return torch.from_numpy(np.random.default_rng(3).random((n, dimension)))


@pytest.mark.parametrize("dimension", [1, 3])
def test_a_linear_density_is_exact_everywhere(dimension):
    slopes = torch.arange(1.0, dimension + 1, dtype=torch.float64)
    cube = somewhere(dimension)
    density, error = tabulated(lambda u: 1 + u @ slopes, dimension)(cube)
    torch.testing.assert_close(density.double(), 1 + cube @ slopes, rtol=1e-5, atol=1e-5)
    assert error.abs().max() < 1e-5


@pytest.mark.parametrize("dimension", [1, 3])
def test_the_error_of_a_smooth_density_is_covered(dimension):
    def smooth(u):
        return torch.exp(-((u[:, 0] - 0.3) ** 2) / 0.05) * (1 + torch.sin(4 * u[:, -1]))

    cube = somewhere(dimension)
    density, error = tabulated(smooth, dimension)(cube)
    missed = (density - smooth(cube)).abs()
    assert 0 < missed.max() < 2e-3
    assert missed.mean() < 2 * error.abs().mean() + 1e-6


def test_planes_lie_closer_where_the_density_bends():
    first, second, _ = Grid.following(bent(3), 3, GRID[3]).axes
    distances = first.diff()
    bends = (first[1:] > 0.12) & (first[1:] < 0.28)
    assert distances[bends].max() < 0.6 * distances[~bends].median()
    torch.testing.assert_close(second, torch.linspace(0, 1, len(second), dtype=torch.float64))


def test_closer_planes_are_worth_having():
    cube = somewhere(3, 5000)
    density, _ = tabulated(bent(3), 3)(cube)
    equidistant = Grid.equidistant(GRID[3])
    plain = DensityTable.of(bent(3)(equidistant.points(3)), equidistant)
    off = [
        float((found.double() - bent(3)(cube)).abs().mean())
        for found in (density, plain.at(equidistant.places(cube))[0])
    ]
    assert off[0] < 0.7 * off[1]
