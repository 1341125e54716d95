"""Weighted points that are distributed as a surrogate's density says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ecdsl.surrogate.table import Grid

if TYPE_CHECKING:
    from torch import Tensor

    from ecdsl.surrogate.surrogate import Surrogate

# Cells that points are drawn in, by number of sides.
CELLS = {1: (512, 1, 1), 3: (48, 32, 24)}
# Share of the points that are spread evenly: no weight is larger than one over it.
EVEN = 0.05


def weighted_points(
    surrogate: Surrogate, context: Tensor, number: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return points of the cube (n, P) and weights (n,) of mean one, at one context.

    A cell is drawn by its share of the density, a point evenly within; its weight is what the
    density there differs by, so that any mean is that of the surrogate.

    Args:
        surrogate: Whose density.
        context: (C,) where.
        number: Of points.
        generator: What draws them.
    """
    dimension = surrogate.chart.dimension
    counts = torch.tensor(CELLS[dimension][:dimension])
    grid = Grid.equidistant([n + 1 if n > 1 else 1 for n in CELLS[dimension]])
    corners = grid.points(dimension).double()
    rows = context.expand(len(corners), -1)
    density = torch.exp(surrogate.log_cube_density(corners, rows)).reshape(grid.shape)
    for axis in range(dimension):
        low, high = (density.narrow(axis, k, grid.shape[axis] - 1) for k in (0, 1))
        density = (low + high) / 2
    share = (1 - EVEN) * density.flatten() / density.sum() + EVEN / density.numel()
    cell = torch.multinomial(share, number, replacement=True, generator=generator)
    place = torch.stack(torch.unravel_index(cell, tuple(counts.tolist())), dim=1)
    within = torch.rand(number, dimension, dtype=torch.float64, generator=generator)
    cube = (place + within) / counts
    found = surrogate.log_cube_density(cube, context.expand(number, -1))
    weights = torch.exp(found) / (share[cell] * density.numel())
    return cube, weights / weights.mean()
