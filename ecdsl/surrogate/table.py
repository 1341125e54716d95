"""A surrogate's density on a grid of the cube: evaluated once per context, then interpolated.

A network takes microseconds per point, an interpolation nanoseconds, and every shape of the
correlator reads the same table. The planes of the grid lie closer where the density bends. Linear
interpolation is wrong by O(h^2); the same with every other plane left out tells by how much, and
Richardson's extrapolation takes it out. What a grid of every other plane would have been off by
after that says how good the result is: splines have kinks, so it is better by about four.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import avg_pool1d, grid_sample, pad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

# Points along each coordinate of the cube, by number of sides: 4 k + 1, to be halved twice.
GRID = {1: (2049, 1, 1), 3: (97, 65, 49)}
# Points of the equidistant grid on which it is seen where the density bends.
PILOT = {1: (257, 1, 1), 3: (49, 33, 25)}
# Planes lie as close as if the density bent at least by this share of its mean everywhere.
STRAIGHT = 0.1
# A coarse table has every so many-th plane.
COARSE = 2


@dataclass(frozen=True, eq=False)
class Grid:
    """Planes of the cube.

    Attributes:
        axes: Three times (n_a,) float64 from 0 to 1, ascending; (1,) where there is no coordinate.
    """

    axes: tuple[Tensor, Tensor, Tensor]

    @classmethod
    def equidistant(cls, counts: Sequence[int]) -> Grid:
        """Return the grid with (n1, n2, n3) planes at equal distances."""
        first, second, third = (torch.linspace(0, 1, n, dtype=torch.float64) for n in counts)
        return cls((first, second, third))

    @classmethod
    def following(
        cls, density: Callable[[Tensor], Tensor], dimension: int, counts: Sequence[int]
    ) -> Grid:
        """Return (n1, n2, n3) planes for a density of points (n, dimension), closer where it bends.

        The error of linear interpolation, h^3 f'' per cell, is smallest for h ~ f''^(-1/3).
        """
        pilot = cls.equidistant(PILOT[dimension])
        values = density(pilot.points(dimension)).reshape(pilot.shape)
        axes = [_following(values, axis, n) for axis, n in enumerate(counts)]
        return cls((axes[0], axes[1], axes[2]))

    @property
    def shape(self) -> tuple[int, ...]:
        """(n1, n2, n3) planes."""
        return tuple(len(axis) for axis in self.axes)

    def points(self, dimension: int) -> Tensor:
        """Return (n, dimension) the grid's points in C order, float32."""
        axes = [axis.float() for axis in self.axes[:dimension]]
        return torch.cartesian_prod(*axes).reshape(-1, dimension)

    def every(self, step: int) -> Grid:
        """Return the grid of every `step`-th plane."""
        first, second, third = (axis[::step].contiguous() for axis in self.axes)
        return Grid((first, second, third))

    def places(self, cube: Tensor) -> Tensor:
        """Return where points (..., P) of the cube lie between the planes (..., 3) float32.

        As `grid_sample` wants them: from -1 to 1 along each axis, the last axis first.
        """
        axes = self.axes[: cube.shape[-1]]
        columns = [_place(axis, cube[..., k]) for k, axis in enumerate(axes)]
        columns += [torch.zeros_like(columns[0])] * (3 - len(columns))
        return torch.stack(columns[::-1], dim=-1)


def _place(axis: Tensor, coordinate: Tensor) -> Tensor:
    planes, coordinate = axis.float(), coordinate.float()
    below = torch.bucketize(coordinate, planes, right=True).sub_(1).clamp_(0, len(planes) - 2)
    within = (coordinate - planes[below]) * (1 / planes.diff())[below]
    return (below + within) * (2 / (len(planes) - 1)) - 1


def _following(values: Tensor, axis: int, count: int) -> Tensor:
    """Return (count,) planes across one axis of a density on an equidistant grid."""
    if count == 1:
        return torch.zeros(1, dtype=torch.float64)
    bend = values.diff(n=2, dim=axis).abs().movedim(axis, 0).flatten(1).sum(dim=1)
    # The pilot's planes may miss where exactly: their neighbours count as well.
    smooth = avg_pool1d(pad(bend[None], (3, 3), mode="replicate"), 5, stride=1)[0]
    closeness = (smooth / smooth.mean().clamp(min=1e-30) + STRAIGHT) ** (1 / 3)
    steps = (closeness[1:] + closeness[:-1]) / 2
    reached = pad(torch.cumsum(steps, 0), (1, 0))
    wanted = torch.linspace(0, 1, count, dtype=torch.float64) * reached[-1]
    below = (torch.searchsorted(reached, wanted, right=True) - 1).clamp(0, len(steps) - 1)
    planes = (below + (wanted - reached[below]) / steps[below]) / len(steps)
    planes[0], planes[-1] = 0, 1
    return planes


@dataclass(frozen=True)
class DensityTable:
    """A density that is linear between the points of a grid, and how far off that is.

    Attributes:
        values: (2, n1, n2, n3) float32, extrapolated; and its error, with a sign.
    """

    values: Tensor

    @classmethod
    def of(cls, density: Tensor, grid: Grid) -> DensityTable:
        """Return the table of a density (n,) at the points of a grid."""
        fine = density.float().reshape(grid.shape)
        best = _extrapolated(fine, grid)
        half = _extrapolated(fine[::2, ::2, ::2], grid.every(2))
        return cls(torch.stack([best, (best - _refined(half, grid)) / 3]))

    def at(self, places: Tensor) -> Tensor:
        """Return (2, n) the density at places (n, 3) of its grid, and its error."""
        sampled = grid_sample(self.values[None], places[None, None, None], align_corners=True)
        return sampled.reshape(2, -1)


def _extrapolated(values: Tensor, grid: Grid) -> Tensor:
    """Return values (n1, n2, n3) with what linear interpolation is wrong by taken out."""
    return values + (values - _refined(values[::2, ::2, ::2], grid)) / 3


def _refined(values: Tensor, grid: Grid) -> Tensor:
    """Return values at every other plane, interpolated to all planes of the grid."""
    for axis in grid.axes:
        # Takes the first axis and puts it last: after three, all are where they were.
        values = torch.tensordot(values, _interpolation(axis), dims=([0], [1]))
    return values


def _interpolation(axis: Tensor) -> Tensor:
    """Return (n, (n + 1) / 2) the matrix from every other plane to all n."""
    known = axis[::2]
    matrix = torch.zeros(len(axis), len(known))
    matrix[::2] = torch.eye(len(known))
    share = (axis[1::2] - known[:-1]) / known.diff()
    rows = torch.arange(len(share))
    matrix[2 * rows + 1, rows] = (1 - share).float()
    matrix[2 * rows + 1, rows + 1] = share.float()
    return matrix
