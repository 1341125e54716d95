"""Rules that integrate any density of the sides over the bins of a shape.

A rule is made of the shape alone: points of the cube of the sides, in the shape's own coordinates,
and weights. `gauss_legendre_rule` is for bins that lie within phase space; `line_rules` for those
that an edge of phase space crosses, where it finds by bisection how much of each line lies inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch

from ecdsl.surrogate.integrate import gauss_legendre, sobol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.surrogate.coordinates import Chart
    from ecdsl.surrogate.protocol import RegionModule
    from ecdsl.surrogate.table import DensityTable, Grid

# Places at which a line is first asked whether it lies within phase space, and halvings after that.
SCAN = 9
HALVINGS = 14
REPLICATES = 4


@dataclass(frozen=True)
class Bins:
    """Bins of one or more shapes.

    Attributes:
        lower: (n_axes, B) lower corners.
        upper: (n_axes, B) upper corners.
        parameters: (n_parameters, B) those of the shape that the bin is of.
    """

    lower: Tensor
    upper: Tensor
    parameters: Tensor

    @classmethod
    def of(cls, edges: Sequence[NDArray[np.float64]], parameters: NDArray[np.float64]) -> Bins:
        """Return the bins of shapes, those of one shape together, the last axis fastest.

        Args:
            edges: Per axis, (B_a + 1,) edges.
            parameters: (n_shapes, n_parameters).
        """
        lower = torch.tensor(list(product(*[e[:-1] for e in edges])), dtype=torch.float64).T
        upper = torch.tensor(list(product(*[e[1:] for e in edges])), dtype=torch.float64).T
        shapes, bins = len(parameters), lower.shape[1]
        repeated = torch.from_numpy(parameters).T.repeat_interleave(bins, dim=1)
        return cls(lower.repeat(1, shapes), upper.repeat(1, shapes), repeated)

    def __len__(self) -> int:
        return self.lower.shape[1]

    def __getitem__(self, chosen: Tensor) -> Bins:
        return Bins(self.lower[:, chosen], self.upper[:, chosen], self.parameters[:, chosen])


@dataclass(frozen=True)
class Rule:
    """S integrals of a density p(u | m): integral_s = sum_k weights_sk p(places_sk | m).

    Attributes:
        places: (S, n, 3) float32 in the grid of the table.
        weights: (S, n) float64, 0 outside of phase space.
    """

    places: Tensor
    weights: Tensor

    def of(self, table: DensityTable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (S,) the integrals of a tabulated density, and what the table is off by."""
        density = table.at(self.places.flatten(0, 1)).reshape(2, *self.weights.shape)
        contents, errors = torch.einsum("csn,sn->cs", density.double(), self.weights).numpy()
        return contents, np.abs(errors)


@dataclass(frozen=True)
class Box:
    """A shape's own coordinates: the unit cube onto each bin, and on to the grid of a table."""

    chart: Chart
    grid: Grid
    region: RegionModule
    dimension: int

    def pulled(self, number: int, bins: Bins, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return where points lie in the cube of the sides, and the volume each stands for.

        Args:
            number: Of the region.
            bins: B of them.
            points: (B, n, D) in the unit cube.

        Returns:
            `(cube (B, n, P), volume (B, n))`; the volume is 0 outside of phase space.
        """
        sides, jacobian = self._sides(number, bins, points)
        cube, log_jacobian, inside = self.chart.to_cube(sides.reshape(-1, sides.shape[-1]))
        # A degenerate box has no width: 0 times an infinite density is none.
        exists = inside.reshape(jacobian.shape) & (jacobian > 0)
        volume = jacobian * torch.exp(log_jacobian).reshape(jacobian.shape)
        return cube.reshape(sides.shape), torch.where(exists, volume, 0.0)

    def holds(self, number: int, bins: Bins, points: Tensor) -> Tensor:
        """Return (B, n) whether points (B, n, D) lie within phase space."""
        sides, jacobian = self._sides(number, bins, points)
        return self.chart.holds(sides) & (jacobian > 0)

    def _sides(self, number: int, bins: Bins, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sides (B, n, P) at points (B, n, D) of the box, and the Jacobian (B, n)."""
        lower, upper, parameters = (
            column[..., None] for column in (bins.lower, bins.upper, bins.parameters)
        )
        return self.region.from_cube(
            number, points, lower, upper, parameters, self.chart.floor, self.chart.ceil
        )


def gauss_legendre_rule(box: Box, bins: Bins, order: int) -> tuple[Rule, Tensor]:
    """Return the tensor rule of `order` for each bin, and (B,) where phase space fills the bin.

    It also does where it leaves all of the bin empty.
    """
    points, weights = gauss_legendre(box.dimension, order)
    everywhere = points.expand(len(bins), *points.shape)
    parts, whole = [], torch.ones(len(bins), dtype=torch.bool)
    for number, share in enumerate(box.region.SHARES):
        cube, volume = box.pulled(number, bins, everywhere)
        whole &= (volume > 0).all(dim=1) | (volume == 0).all(dim=1)
        parts.append(Rule(box.grid.places(cube), share * volume * weights))
    return _joined(parts), whole


def line_rules(box: Box, bins: Bins, lines: int, on_line: int) -> tuple[Rule, ...]:
    """Return `REPLICATES` rules for each bin, from lines at differently scrambled Sobol points.

    A line varies the last coordinate of the box. Only the part of it that lies within phase space
    is integrated over, with both of its ends made smooth by t = 3 x^2 - 2 x^3; the part must be
    one piece. The seeds are fixed: contexts share their points, so that most of the error does not
    fake a dependence on the context.
    """
    sample = torch.cat([sobol(box.dimension, lines, seed) for seed in range(REPLICATES)])
    x = (torch.arange(on_line) + sample[:, -1:]) / on_line
    place, slope = x**2 * (3 - 2 * x), 6 * x * (1 - x) / (lines * on_line)
    parts: list[list[Rule]] = [[] for _ in range(REPLICATES)]
    for number, share in enumerate(box.region.SHARES):
        start, width = _within(box, number, bins, sample[:, :-1])
        points = _on_lines(sample[:, :-1], start[..., None] + width[..., None] * place)
        cube, volume = box.pulled(number, bins, points.flatten(1, 2))
        weights = share * (width[..., None] * slope).flatten(1) * volume
        everywhere = box.grid.places(cube)
        replicates = zip(everywhere.chunk(REPLICATES, 1), weights.chunk(REPLICATES, 1), strict=True)
        for part, (places, values) in zip(parts, replicates, strict=True):
            part.append(Rule(places, values))
    return tuple(_joined(part) for part in parts)


def _joined(parts: Sequence[Rule]) -> Rule:
    """Return the sum of rules for the same integrals."""
    places = torch.cat([part.places for part in parts], dim=1)
    return Rule(places, torch.cat([part.weights for part in parts], dim=1))


def _within(box: Box, number: int, bins: Bins, others: Tensor) -> tuple[Tensor, Tensor]:
    """Return (B, lines) where the part of each line within phase space starts, and its length.

    A line is what is left free by `others` (lines, D - 1), all coordinates but the last.
    """
    scan = torch.linspace(0, 1, SCAN, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
    points = _on_lines(others, scan.expand(len(bins), len(others), SCAN))
    seen = box.holds(number, bins, points.flatten(1, 2)).reshape(points.shape[:-1])
    first = seen.double().argmax(dim=-1)
    last = SCAN - 1 - seen.flip(-1).double().argmax(dim=-1)
    held = torch.stack([scan[first], scan[last]], dim=-1)
    beyond = torch.stack([scan[(first - 1).clamp(min=0)], scan[(last + 1).clamp(max=SCAN - 1)]], -1)
    crossed = seen.any(dim=-1)[..., None] & (held != beyond)
    bin_, line, _ = torch.nonzero(crossed, as_tuple=True)
    inner, outer, part, fixed = held[crossed], beyond[crossed], bins[bin_], others[line]
    for _ in range(HALVINGS if len(bin_) else 0):
        middle = (inner + outer) / 2
        points = torch.cat([fixed, middle[:, None]], dim=1)[:, None]
        found = box.holds(number, part, points)[:, 0]
        inner, outer = torch.where(found, middle, inner), torch.where(found, outer, middle)
    held[crossed] = inner
    width = torch.where(seen.any(dim=-1), held[..., 1] - held[..., 0], 0.0)
    return held[..., 0], width


def _on_lines(others: Tensor, place: Tensor) -> Tensor:
    """Return (B, lines, n, D) points from (lines, D - 1) and places (B, lines, n) on each line."""
    fixed = others[None, :, None, :].expand(*place.shape, others.shape[1])
    return torch.cat([fixed, place[..., None]], dim=-1)
