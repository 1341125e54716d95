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
    from ecdsl.surrogate.table import DensityTable

# Places at which a line is first asked whether it lies within phase space, and halvings after that.
SCAN = 9
HALVINGS = 14
# Points on each line.
ON_LINE = 8
REPLICATES = 4


@dataclass(frozen=True)
class Bins:
    """Lower and upper corners (n_axes, B) of the bins, the last axis fastest."""

    lower: Tensor
    upper: Tensor

    @classmethod
    def of(cls, edges: Sequence[NDArray[np.float64]]) -> Bins:
        """Return the bins between the edges (B_a + 1,) of each axis."""
        lower = list(product(*[e[:-1] for e in edges]))
        upper = list(product(*[e[1:] for e in edges]))
        return cls(torch.tensor(lower).double().T, torch.tensor(upper).double().T)

    def __len__(self) -> int:
        return self.lower.shape[1]

    def __getitem__(self, chosen: Tensor) -> Bins:
        return Bins(self.lower[:, chosen], self.upper[:, chosen])


@dataclass(frozen=True)
class Rule:
    """S integrals of a density p(u | m): integral_s = sum_k weights_sk p(cube_sk | m).

    Attributes:
        cube: (S, n, P) float32.
        weights: (S, n) float64, 0 outside of phase space.
    """

    cube: Tensor
    weights: Tensor

    def of(self, table: DensityTable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (S,) the integrals of a tabulated density, and what the table is off by."""
        density = table.at(self.cube.flatten(0, 1)).reshape(2, *self.weights.shape)
        contents, errors = torch.einsum("csn,sn->cs", density.double(), self.weights).numpy()
        return contents, np.abs(errors)


@dataclass(frozen=True)
class Box:
    """A shape's own coordinates: the unit cube onto each bin, and on to the cube of the sides."""

    chart: Chart
    region: RegionModule
    parameters: Tensor
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
        lower, upper = bins.lower[..., None], bins.upper[..., None]
        sides, jacobian = self.region.from_cube(
            number, points, lower, upper, self.parameters, self.chart.floor, self.chart.ceil
        )
        cube, log_jacobian, inside = self.chart.to_cube(sides.reshape(-1, sides.shape[-1]))
        # A degenerate box has no width: 0 times an infinite density is none.
        exists = inside.reshape(jacobian.shape) & (jacobian > 0)
        volume = jacobian * torch.exp(log_jacobian).reshape(jacobian.shape)
        return cube.reshape(sides.shape).float(), torch.where(exists, volume, 0.0)


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
        parts.append(Rule(cube, share * volume * weights))
    return _joined(parts), whole


def line_rules(box: Box, bins: Bins, lines: int) -> tuple[Rule, ...]:
    """Return `REPLICATES` rules for each bin, from lines at differently scrambled Sobol points.

    A line varies the last coordinate of the box. Only the part of it that lies within phase space
    is integrated over, with both of its ends made smooth by t = 3 x^2 - 2 x^3; the part must be
    one piece. The seeds are fixed: contexts share their points, so that most of the error does not
    fake a dependence on the context.
    """
    sample = torch.cat([sobol(box.dimension, lines, seed) for seed in range(REPLICATES)])
    x = (torch.arange(ON_LINE) + sample[:, -1:]) / ON_LINE
    place, slope = x**2 * (3 - 2 * x), 6 * x * (1 - x) / (lines * ON_LINE)
    parts: list[list[Rule]] = [[] for _ in range(REPLICATES)]
    for number, share in enumerate(box.region.SHARES):
        start, width = _within(box, number, bins, sample[:, :-1])
        points = _on_lines(sample[:, :-1], start[..., None] + width[..., None] * place)
        cube, volume = box.pulled(number, bins, points.flatten(1, 2))
        weights = share * (width[..., None] * slope).flatten(1) * volume
        replicates = zip(cube.chunk(REPLICATES, 1), weights.chunk(REPLICATES, 1), strict=True)
        for part, (places, values) in zip(parts, replicates, strict=True):
            part.append(Rule(places, values))
    return tuple(_joined(part) for part in parts)


def _joined(parts: Sequence[Rule]) -> Rule:
    """Return the sum of rules for the same integrals."""
    cube = torch.cat([part.cube for part in parts], dim=1)
    return Rule(cube, torch.cat([part.weights for part in parts], dim=1))


def _within(box: Box, number: int, bins: Bins, others: Tensor) -> tuple[Tensor, Tensor]:
    """Return (B, lines) where the part of each line within phase space starts, and its length.

    A line is what is left free by `others` (lines, D - 1), all coordinates but the last.
    """
    scan = torch.linspace(0, 1, SCAN, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
    points = _on_lines(others, scan.expand(len(bins), len(others), SCAN))
    seen = (box.pulled(number, bins, points.flatten(1, 2))[1] > 0).reshape(points.shape[:-1])
    first = seen.double().argmax(dim=-1)
    last = SCAN - 1 - seen.flip(-1).double().argmax(dim=-1)
    held = torch.stack([scan[first], scan[last]], dim=-1)
    beyond = torch.stack([scan[(first - 1).clamp(min=0)], scan[(last + 1).clamp(max=SCAN - 1)]], -1)
    crossed = seen.any(dim=-1) & ~seen.all(dim=-1)
    bin_, line = torch.nonzero(crossed, as_tuple=True)
    inner, outer = held[crossed], beyond[crossed]
    for _ in range(HALVINGS if len(bin_) else 0):
        middle = (inner + outer) / 2
        points = torch.cat([others[line][:, None].expand(-1, 2, -1), middle[..., None]], dim=-1)
        found = box.pulled(number, bins[bin_], points)[1] > 0
        inner, outer = torch.where(found, middle, inner), torch.where(found, outer, middle)
    held[crossed] = inner
    width = torch.where(seen.any(dim=-1), held[..., 1] - held[..., 0], 0.0)
    return held[..., 0], width


def _on_lines(others: Tensor, place: Tensor) -> Tensor:
    """Return (B, lines, n, D) points from (lines, D - 1) and places (B, lines, n) on each line."""
    fixed = others[None, :, None, :].expand(*place.shape, others.shape[1])
    return torch.cat([fixed, place[..., None]], dim=-1)
