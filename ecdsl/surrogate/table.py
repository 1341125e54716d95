"""A surrogate's density on a grid of the cube: evaluated once per context, then interpolated.

A network takes microseconds per point, an interpolation nanoseconds, and every shape of the
correlator reads the same table. Linear interpolation is wrong by O(h^2): the same with every other
plane left out tells by how much, and Richardson's extrapolation takes it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import grid_sample, interpolate

if TYPE_CHECKING:
    from torch import Tensor

# Points along each coordinate of the cube, by number of sides; odd, to be halved.
GRID = {1: (2049, 1, 1), 3: (97, 65, 49)}


def grid_shape(dimension: int, *, coarse: bool = False) -> tuple[int, ...]:
    """Return (n1, n2, n3) the points along each axis, of every other plane where `coarse`."""
    return tuple((n + 1) // 2 if coarse else n for n in GRID[dimension])


def grid_points(dimension: int, *, coarse: bool = False) -> Tensor:
    """Return (n, dimension) the grid's points in C order, float32."""
    axes = [torch.linspace(0, 1, n) for n in grid_shape(dimension, coarse=coarse)[:dimension]]
    return torch.cartesian_prod(*axes).reshape(-1, dimension)


@dataclass(frozen=True)
class DensityTable:
    """A density that is linear between the points of a grid, and how far off that is.

    Attributes:
        values: (2, n1, n2, n3) float32, extrapolated; and what the extrapolation took out.
    """

    values: Tensor

    @classmethod
    def of(cls, density: Tensor, dimension: int, *, coarse: bool = False) -> DensityTable:
        """Return the table of a density (n,) at `grid_points`."""
        fine = density.float().reshape(1, 1, *grid_shape(dimension, coarse=coarse))
        half = fine[..., ::2, ::2, ::2]
        step = fine - interpolate(half, fine.shape[2:], mode="trilinear", align_corners=True)
        return cls(torch.cat([fine + step / 3, step / 3], dim=1)[0])

    def at(self, cube: Tensor) -> Tensor:
        """Return (2, n) the density at points of the cube (n, P) float32, and its error."""
        # grid_sample wants three coordinates from -1 to 1, that of the last axis first.
        places = torch.cat([2 * cube - 1, cube.new_zeros(len(cube), 3 - cube.shape[1])], dim=1)
        sampled = grid_sample(
            self.values[None], places.flip(1)[None, None, None], align_corners=True
        )
        return sampled.reshape(2, -1)
