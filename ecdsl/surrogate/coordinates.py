r"""Coordinates in which the physical region of sorted sides is a unit cube.

With the angles :math:`r_i = 2 \arcsin\sqrt{z_i}` (`ee`) or :math:`r_i = \sqrt{z_i}` (`hadron`), a
triangle with sides between `floor` and `ceil` exists where

    f <= r1 <= r2 <= r3 <= min(c, r1 + r2, 2 pi - r1 - r2)          (the last for `ee` alone)

and the coordinates are each side's place within what the sides before it leave,

    u1 = ln(r1 / f)  / ln(t1 / f)       t1 = min(c, 2 pi / 3)
    u2 = ln(r2 / r1) / ln(t2 / r1)      t2 = min(c, pi - r1 / 2)
    u3 = 1 - sqrt(1 - (r3 - r2) / h)    h  = min(r1, c - r2, 2 pi - r1 - 2 r2)

so that the collinear limit, a power law in the sides, is flat, and so is the degenerate triangle
r3 = r1 + r2, where a smooth density of the three points is one over a square root in the sides. An
order-2 correlator has u1 alone, with t1 = c.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import numpy as np
import torch

from ecdsl.diagnostics import data_error
from ecdsl.extensions import without_extensions
from ecdsl.ir.nodes import Measure, pairs
from ecdsl.surrogate import chart_kernels
from ecdsl.surrogate.chart_kernels import FLAT, Ends

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

# A degenerate triangle, r3 = r1 + r2, misses the region by rounding.
EDGE = 1e-8
# Where the density of the sides diverges as one over a root, the root is at least this: a strip of
# width EDGE on both sides of the edge then holds what the root integrates to on the inner side.
ROOT = math.sqrt(EDGE)
# Without an angular resolution the collinear limit has no end; closer pairs weigh nothing.
SHORTEST = 1e-10


@dataclass(frozen=True)
class Chart:
    """The map between sorted sides and the unit cube.

    Attributes:
        order: Particles per tuple, 2 or 3.
        measure: What a side is.
        floor: Shortest side that is described, in the measure.
        ceil: Longest side that is described, in the measure.
    """

    order: int
    measure: Measure
    floor: float
    ceil: float

    @property
    def dimension(self) -> int:
        """Number of sides, and of cube coordinates."""
        return len(pairs(self.order))

    def radius(self, sides: Tensor) -> Tensor:
        """Return the angles (or dR) of sides."""
        root = torch.sqrt(sides)
        return 2 * torch.asin(root) if self.measure == "ee" else root

    def side(self, radius: Tensor) -> Tensor:
        """Return the sides of angles (or dR)."""
        return torch.sin(radius / 2) ** 2 if self.measure == "ee" else radius**2

    def to_cube(self, sides: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map sorted sides to the cube.

        Args:
            sides: (n, P) float64.

        Returns:
            `(cube (n, P), log |d cube / d sides| (n,), inside (n,))`. Rows outside the region have
            finite, meaningless coordinates.
        """
        ordered = (sides[:, 1:] >= sides[:, :-1]).all(dim=1)
        inside = ordered & (sides[:, 0] >= self.floor) & (sides[:, -1] <= self.ceil)
        radii = self.radius(torch.nan_to_num(sides).clamp(self.floor, self.ceil))
        lengths = self._lengths(radii)
        inside &= (lengths > 0).all(dim=1)
        lengths = torch.where(lengths > 0, lengths, 1.0)
        cube = self._offsets(radii) / lengths
        inside &= ((cube >= -EDGE) & (cube <= 1 + EDGE)).all(dim=1)
        factors = (self._radius_slope(radii), lengths, radii[:, :2])
        columns = [column for factor in factors for column in factor.unbind(dim=1)]
        jacobian = -torch.log(reduce(torch.mul, columns))
        cube = cube.clamp(0, 1)
        if self.order == 3:
            root = torch.sqrt(1 - cube[:, 2:])
            jacobian = jacobian - torch.log(2 * root[:, 0].clamp(min=ROOT))
            cube = torch.cat([cube[:, :2], 1 - root], dim=1)
        return cube, jacobian, inside

    def margin(self, sides: Tensor) -> Tensor:
        """Return (...) how far inside the region sorted sides (..., P) are, negative outside.

        Continuous, and zero on its edge; in units of the condition that is closest to fail.
        """
        columns = sides.unbind(dim=-1)
        margin = torch.minimum(columns[0] - self.floor, self.ceil - columns[-1])
        if self.order == 2:
            return margin
        first, second, third = (self.radius(side.clamp(self.floor, self.ceil)) for side in columns)
        rest = [columns[1] - columns[0], columns[2] - columns[1], first + second - third]
        if self.measure == "ee":
            rest.append(2 * math.pi - first - second - third)
        return reduce(torch.minimum, rest, margin)

    def from_cube(self, cube: Tensor) -> Tensor:
        """Map cube coordinates (n, P) to sorted sides (n, P)."""
        return self.side(torch.exp(self.log_radii(cube)))

    def log_radii(self, cube: Tensor) -> Tensor:
        """Return the logarithms of the angles (n, P) at cube coordinates (n, P)."""
        floor, _ = self._radius_range
        first = floor * torch.exp(cube[:, :1] * math.log(self._longest_first() / floor))
        if self.order == 2:
            return torch.log(first)
        second = first * torch.exp(cube[:, 1:2] * torch.log(self._longest_second(first) / first))
        third = second + (1 - (1 - cube[:, 2:]) ** 2) * self._room(first, second)
        return torch.log(torch.cat([first, second, third], dim=1))

    def shrunk(self, cube: Tensor, log_factor: Tensor) -> tuple[Tensor, Tensor]:
        """Map the cube onto itself so that triangles get smaller, but for its ends.

        ln r1 goes down by `log_factor` but for a share (2 u1 - 1)^12 of it, so that the floor and
        the longest side stay; r2 / r1 is kept to first order in u2, and u3.

        Args:
            cube: (n, P) coordinates.
            log_factor: (n,), within `widest_factor`.

        Returns:
            The image (n, P), and the logarithm of the Jacobian (n,).
        """
        points = cube.cpu().double().contiguous()
        factors = log_factor.cpu().double().expand(len(points)).contiguous()
        with without_extensions():
            found = chart_kernels.shrunk(points.numpy(), factors.numpy(), self._ends)
        image, jacobian = (torch.from_numpy(array).to(cube) for array in found)
        return image, torch.log(jacobian)

    @property
    def widest_factor(self) -> float:
        """Up to which `log_factor`, up or down, `shrunk` keeps half of every length."""
        return self._log_span / (4 * FLAT)

    @property
    def _log_span(self) -> float:
        return math.log(self._longest_first() / self._radius_range[0])

    @cached_property
    def _ends(self) -> Ends:
        floor, ceil = self._radius_range
        closing = math.inf
        if self.measure == "ee":
            closing = math.log(max(2 * (math.pi - ceil), floor) / floor) / self._log_span
        return Ends(floor, self._log_span, math.log(ceil / floor), closing)

    @cached_property
    def _radius_range(self) -> tuple[float, float]:
        ends = self.radius(torch.tensor([self.floor, self.ceil], dtype=torch.float64))
        return float(ends[0]), float(ends[1])

    def _longest_first(self) -> float:
        _, ceil = self._radius_range
        closed = self.measure == "ee" and self.order == 3
        return min(ceil, 2 * math.pi / 3) if closed else ceil

    def _longest_second(self, first: Tensor) -> Tensor:
        _, ceil = self._radius_range
        if self.measure == "ee":
            return torch.clamp(math.pi - first / 2, max=ceil)
        return torch.full_like(first, ceil)

    def _room(self, first: Tensor, second: Tensor) -> Tensor:
        """What the triangle inequality, the ceiling and the sphere leave for r3 - r2."""
        _, ceil = self._radius_range
        room = torch.minimum(first, ceil - second)
        if self.measure == "ee":
            room = torch.minimum(room, 2 * math.pi - first - 2 * second)
        return room.clamp(min=0)

    def _lengths(self, radii: Tensor) -> Tensor:
        floor, _ = self._radius_range
        first = radii[:, :1]
        length = torch.full_like(first, math.log(self._longest_first() / floor))
        if self.order == 2:
            return length
        second = radii[:, 1:2]
        middle = torch.log(self._longest_second(first) / first)
        return torch.cat([length, middle, self._room(first, second)], dim=1)

    def _offsets(self, radii: Tensor) -> Tensor:
        floor, _ = self._radius_range
        first = torch.log(radii[:, :1] / floor)
        if self.order == 2:
            return first
        rest = [torch.log(radii[:, 1:2] / radii[:, :1]), radii[:, 2:] - radii[:, 1:2]]
        return torch.cat([first, *rest], dim=1)

    def _radius_slope(self, radii: Tensor) -> Tensor:
        """Return dz/dr."""
        return torch.sin(radii) / 2 if self.measure == "ee" else 2 * radii


def chart_of(sides: NDArray[np.float64], order: int, measure: Measure) -> Chart:
    """Return the chart whose floor and ceiling are the shortest and longest side of a sample.

    Args:
        sides: (n, P) sorted within each row.
        order: Particles per tuple.
        measure: What a side is.

    Raises:
        EcdslError: D402 where no two particles are apart, or a side is longer than the measure
            allows.
    """
    shortest, longest = sides[:, 0], float(sides[:, -1].max())
    apart = shortest[shortest > SHORTEST]
    if len(apart) == 0 or float(apart.min()) >= longest:
        raise data_error("D402", "the training tuples have no range of distances")
    if measure == "ee" and longest > 1:
        raise data_error(
            "D402",
            f"a training tuple has z = {longest:g}, but (1 - cos theta)/2 is at most 1",
            hint="check the measure of the correlator that made the tuples",
        )
    return Chart(order=order, measure=measure, floor=float(apart.min()), ceil=longest)
