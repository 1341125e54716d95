"""A tabulated density: exact where it is linear, honest where it is not, in one and three sides."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecdsl.surrogate.table import DensityTable, grid_points


def tabulated(function, dimension):
    return DensityTable.of(function(grid_points(dimension).double()), dimension)


def somewhere(dimension, n=500):
    return torch.from_numpy(np.random.default_rng(3).random((n, dimension))).float()


@pytest.mark.parametrize("dimension", [1, 3])
def test_a_linear_density_is_exact_everywhere(dimension):
    slopes = torch.arange(1.0, dimension + 1, dtype=torch.float64)
    cube = somewhere(dimension)
    density, error = tabulated(lambda u: 1 + u @ slopes, dimension).at(cube)
    torch.testing.assert_close(density.double(), 1 + cube.double() @ slopes, rtol=1e-5, atol=1e-5)
    assert error.abs().max() < 1e-5


@pytest.mark.parametrize("dimension", [1, 3])
def test_the_error_of_a_smooth_density_is_covered(dimension):
    def smooth(u):
        return torch.exp(-((u[:, 0] - 0.3) ** 2) / 0.05) * (1 + torch.sin(4 * u[:, -1]))

    cube = somewhere(dimension)
    density, error = tabulated(smooth, dimension).at(cube)
    missed = (density - smooth(cube)).abs()
    assert 0 < missed.max() < 1e-3
    assert missed.mean() < error.abs().mean() + 1e-6
